//! Whatever a log holds, the pages hold no script, no handler, no foreign address and no disguise. They are read as a
//! browser reads them.

use scraper::node::Node;
use scraper::{Html, Selector};

use super::scene::{PROFILE, Scene, at, finding};
use crate::exports::hostile::{ATTACKS, corpus};
use crate::model::{
    Account, Actor, Concern, ConcernKind, Coverage, EventOutcome, Finding, Outcome, Provider, Severity, StoreEffect,
    TrailEvent, Verdict,
};

/// An event with the text in every field that takes any.
fn event(text: &str, number: i64) -> TrailEvent {
    let some = || Some(text.to_owned());
    let concern = |kind| Concern { profile: PROFILE.to_owned(), kind, trusted: false, account: text.to_owned() };
    TrailEvent {
        provider: Provider::Aws,
        account: text.to_owned(),
        region: some(),
        id: format!("event of {text}"),
        time: at(2),
        delivered_at: None,
        name: text.to_owned(),
        source: text.to_owned(),
        actor: Actor { kind: some(), arn: some(), invoked_by: some(), account: some(), principal_id: some() },
        role: some(),
        role_id: some(),
        store: some(),
        store_type: some(),
        deletion_task: some(),
        outcome: if number % 2 == 0 { EventOutcome::Allowed } else { EventOutcome::Denied },
        error_code: some(),
        error_message: some(),
        source_ip: some(),
        user_agent: some(),
        shared_id: some(),
        replaces: None,
        object: text.to_owned(),
        sha256: text.to_owned(),
        raw: "{}".to_owned(),
        concerns: vec![
            concern(ConcernKind::Assumption),
            concern(ConcernKind::RoleDeletion),
            concern(ConcernKind::RoleTampering),
            concern(ConcernKind::Store(StoreEffect::Created)),
        ],
    }
}

/// A finding with the text in every field that takes any.
fn hostile(text: &str) -> Finding {
    let some = || Some(text.to_owned());
    let mut found = finding("unexpected-assumer", Severity::Critical, text, text);
    found.region = some();
    found.role = some();
    found.store = some();
    found.subject = some();
    found.summary = text.to_owned();
    found.fix.how = text.to_owned();
    found.clears_when = text.to_owned();
    found
}

fn gap(text: &str) -> Coverage {
    let mut gap = Scene::gap(text, Outcome::Denied, text);
    gap.key.account = Some(text.to_owned());
    gap.key.subject = Some(text.to_owned());
    gap
}

#[test]
fn no_text_of_a_log_becomes_more_than_text() {
    let corpus = corpus();
    assert!(200 <= corpus.len());
    let scene = Scene::new();
    let gaps: Vec<_> = corpus.iter().map(|text| gap(text)).collect();
    for (number, text) in (0_i64..).zip(&corpus) {
        let mut verdict = Scene::verdict(Verdict::Findings, 3, 2, &[gap(text)]);
        verdict.account.id.clone_from(text);
        scene.ingested(&[event(text, number)]);
        scene.judged(&[hostile(text)], &[verdict]);
    }
    scene.covered(&gaps);
    let mut next = Some("status=all".to_owned());
    let mut listed = 0;
    while let Some(query) = next {
        let page = scene.start(&query);
        listed += harmless(&page, "start").select(&Selector::parse(".finding").expect("a selector")).count();
        next = Scene::next(&page);
    }
    assert_eq!(listed, corpus.len());
    for text in &corpus {
        harmless(&scene.finding(&hostile(text).id().0), text);
        harmless(&scene.account(&Account::new(Provider::Aws, text.as_str())), text);
    }
}

/// Elements that the pages are made of.
const ELEMENTS: [&str; 62] = [
    "a",
    "bdi",
    "body",
    "br",
    "button",
    "caption",
    "code",
    "dd",
    "defs",
    "desc",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "head",
    "header",
    "html",
    "input",
    "label",
    "li",
    "line",
    "link",
    "main",
    "meta",
    "nav",
    "ol",
    "option",
    "p",
    "path",
    "pattern",
    "rect",
    "section",
    "select",
    "span",
    "strong",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "tspan",
    "ul",
    "use",
    "em",
    "abbr",
    "small",
    "g",
    "hr",
    "circle",
];

/// Attributes that the pages use.
const ATTRIBUTES: [&str; 48] = [
    "action",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "autocomplete",
    "charset",
    "class",
    "content",
    "d",
    "datetime",
    "fill",
    "for",
    "height",
    "href",
    "id",
    "lang",
    "maxlength",
    "method",
    "name",
    "patternTransform",
    "patternUnits",
    "rel",
    "role",
    "scope",
    "selected",
    "spellcheck",
    "tabindex",
    "text-anchor",
    "title",
    "type",
    "value",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
    "patterntransform",
    "patternunits",
    "viewbox",
    "open",
    "rx",
    "cx",
    "cy",
    "r",
    "transform",
];

/// Reads a page as a browser does and looks at everything in it.
fn harmless(page: &str, text: &str) -> Html {
    let html = Html::parse_document(page);
    let shown: String = text.chars().take(60).collect();
    for node in html.tree.values() {
        match node {
            Node::Element(element) => {
                assert!(ELEMENTS.contains(&element.name()), "{shown:?}: <{}>", element.name());
                for (name, value) in element.attrs() {
                    assert!(ATTRIBUTES.contains(&name), "{shown:?}: {name}={value}");
                    if ["href", "action"].contains(&name) {
                        let own = value.starts_with('#') || value.starts_with('/') && !value.starts_with("//");
                        assert!(own && !value.contains(['\\', '<', '"']), "{shown:?}: {name}={value}");
                    }
                    if name == "fill" {
                        assert!(value.starts_with("url(#"), "{shown:?}: {value}");
                    }
                    if name == "content" {
                        assert!(!value.contains("url"), "{shown:?}: {value}");
                    }
                    undisguised(value, &shown);
                }
            }
            Node::Text(written) => undisguised(written, &shown),
            Node::Comment(comment) => unreachable!("{shown:?}: a comment: {:?}", &**comment),
            _ => {}
        }
    }
    html
}

fn undisguised(written: &str, shown: &str) {
    let hidden = written.chars().find(|c| crate::exports::html::disguises(*c) && *c != '\n');
    assert_eq!(hidden, None, "{shown:?}: {written:?}");
}

#[test]
fn no_text_that_is_searched_for_becomes_more_than_text() {
    let scene = Scene::new();
    // What nobody can see is refused before it is searched for.
    let asked_for = || ATTACKS.into_iter().filter(|text| !text.contains(char::is_control));
    for text in asked_for() {
        scene.judged(&[hostile(text)], &[]);
    }
    scene.covered(&[]);
    for opener in ["", "\"'>", "</title></textarea></style>", "%", "_", "\\"] {
        for text in asked_for() {
            let asked = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
            let opened = percent_encoding::utf8_percent_encode(opener, percent_encoding::NON_ALPHANUMERIC);
            let page = scene.start(&format!("status=all&account={opened}{asked}&q={opened}{asked}"));
            harmless(&page, text);
            let page = scene.start(&format!("status=all&q={opened}{asked}"));
            let found = harmless(&page, text).select(&Selector::parse(".finding").expect("a selector")).count();
            assert_eq!(0 < found, opener.is_empty(), "{opener}{text}: {found} found");
        }
    }
}

#[test]
fn the_reader_of_the_test_sees_what_a_browser_would() {
    for bad in [
        "<p><script>alert(1)</script></p>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='//evil.example'>x</a>",
        "<a href='https://evil.example'>x</a>",
        "<p style='color:red'>x</p>",
        "<p>\u{202e}x</p>",
        "<form action='https://evil.example'></form>",
        "<meta content='0;url=https://evil.example'>",
        "<p onclick=alert(1)>x</p>",
        "<p><!-- x --></p>",
    ] {
        assert!(std::panic::catch_unwind(|| harmless(bad, "bad")).is_err(), "{bad}");
    }
    harmless("<!DOCTYPE html><html><body><p class='x'>fine <a href='/findings/1'>x</a></p></body></html>", "good");
}

#[test]
fn what_was_written_is_still_readable() {
    let scene = Scene::new();
    let text = "<script>alert(1)</script>\u{202e}";
    scene.judged(&[hostile(text)], &[]);
    let page = scene.finding(&hostile(text).id().0);
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;<span class=\"written-out\">U+202E</span>"),
        "{page}"
    );
}
