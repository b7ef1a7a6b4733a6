mod hostile;
mod scene;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;

use super::{Query, Trouble};
use crate::model::{FindingStatus, Outcome, Severity, Verdict};
use scene::{ACCOUNT, Scene, finding};

fn query(text: &str) -> Result<Query, Trouble> {
    Query::of(&format!("/?{text}").parse().expect("an address"))
}

#[test]
fn without_a_history_the_page_tells_the_next_command_and_no_all_clear() {
    let scene = Scene::new();
    let page = scene.start("");
    for part in ["There is no history yet", "This is no all-clear", "roletrail scan", "roletrail demo --serve"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("No finding is open"), "{page}");
    scene.begun();
    assert!(scene.start("").contains("The first collection is under way; nothing is known yet."));
}

#[test]
fn nothing_found_is_an_all_clear_only_where_everything_was_read() {
    let scene = Scene::new();
    scene.judged(&[], &[Scene::verdict(Verdict::Clean, 3, 3, &[])]);
    scene.covered(&[]);
    let page = scene.start("");
    assert!(
        page.contains("No finding is open, and everything that was expected could be read and judged."),
        "{page}"
    );
    assert!(page.contains("class=\"notice good\""), "{page}");

    let scene = Scene::new();
    let gap = Scene::gap("eu-west-1", Outcome::Denied, "AccessDeniedException: no");
    scene.judged(&[], &[Scene::verdict(Verdict::Unknown, 3, 2, std::slice::from_ref(&gap))]);
    scene.covered(&[gap]);
    let page = scene.start("");
    let sentence =
        "No findings known; 1 Region unread, 1 place could not be read, 1 verdict unknown: this is not an all-clear.";
    assert!(page.contains(sentence), "{page}");
    assert!(page.contains("No finding is open. This is no all-clear"), "{page}");
    assert!(page.contains("AccessDeniedException: no") && page.contains(">denied</span>"), "{page}");
    assert!(!page.contains("notice good"), "{page}");
}

#[test]
fn findings_are_counted_listed_and_linked_to_and_gaps_stay_beside_them() {
    let scene = Scene::new();
    let found = [
        finding("orphaned-role", Severity::Low, ACCOUNT, "one"),
        finding("unexpected-assumer", Severity::Critical, ACCOUNT, "two"),
    ];
    scene.judged(&found, &[Scene::verdict(Verdict::Findings, 3, 3, &[])]);
    scene.covered(&[Scene::gap("eu-west-1", Outcome::TimedOut, "late")]);
    let page = scene.start("");
    assert!(
        page.contains("2 findings open: 1 <span class=\"badge severity critical\">critical</span>, 1 "),
        "{page}"
    );
    assert!(page.contains("There may be more: 1 place could not be read."), "{page}");
    let (worst, other) =
        (page.find("Something by two").expect("listed"), page.find("Something by one").expect("listed"));
    assert!(worst < other, "the worst comes first");
    for stored in &found {
        assert!(page.contains(&format!("href=\"/findings/{}\"", stored.id())), "{page}");
    }
}

#[test]
fn filters_narrow_the_list_and_say_so_when_nothing_is_left() {
    let scene = Scene::new();
    let found = [
        finding("orphaned-role", Severity::Low, ACCOUNT, "one"),
        finding("unexpected-assumer", Severity::Critical, ACCOUNT, "two"),
    ];
    scene.judged(&found, &[Scene::verdict(Verdict::Findings, 3, 3, &[])]);
    for (text, one, two) in [
        ("severity=high", false, true),
        ("rule=orphaned-role", true, false),
        ("provider=aws", true, true),
        ("provider=alibaba", false, false),
        ("account=999999999999", false, false),
        ("status=resolved", false, false),
        ("status=all&severity=low", true, true),
        ("nonsense=1", true, true),
        ("q=by-none", false, false),
        ("q=AN+ACTOR", false, false),
        ("q=one", true, false),
        ("q=ONE&provider=aws", true, false),
        ("q=one&severity=high", false, false),
        ("q=1111", true, true),
        ("q=%25", false, false),
        ("q=+", true, true),
    ] {
        let page = scene.start(text);
        assert_eq!(
            (page.contains("Something by one"), page.contains("Something by two")),
            (one, two),
            "{text}\n{page}"
        );
        assert_eq!(page.contains("No finding matches."), !one && !two, "{text}");
    }
}

#[test]
fn what_was_asked_for_stands_beside_the_list_and_in_its_place_where_it_is_empty() {
    let scene = Scene::new();
    let found = finding("orphaned-role", Severity::Low, ACCOUNT, "one");
    scene.judged(std::slice::from_ref(&found), &[Scene::verdict(Verdict::Findings, 3, 3, &[])]);
    let page = scene.start("q=one&rule=orphaned-role");
    assert!(
        page.contains("Only those that are asked for: open, rule orphaned-role, “<bdi>one</bdi>” in role"),
        "{page}"
    );
    let page = scene.start("status=all&q=%3Cb%3E%22%27&severity=high&provider=aws&account=7");
    let words = "Asked for: of every status, severity high or worse, provider aws, account <bdi>7</bdi>, \
                 “<bdi>&lt;b&gt;&quot;'</bdi>” in role, key store, account or actor. <a href=\"/#findings\">Show all";
    assert!(page.contains(words), "{page}");
    assert!(page.contains("value=\"&lt;b&gt;&quot;'\""), "the form keeps it: {page}");
    assert!(page.contains("Listed are those of aws of account <bdi>7</bdi>"), "{page}");
    let page = scene.start("");
    assert!(!page.contains("Only those") && !page.contains("Listed are those"), "{page}");
}

#[test]
fn a_filter_that_nobody_knows_is_refused_and_not_taken_for_all() {
    for text in ["status=gone", "severity=worst", "provider=gcp", "rule=none", "account=%00&rule=%3Cscript%3E"] {
        assert!(matches!(query(text), Err(Trouble::Question(_))), "{text}");
    }
    let long = format!("account={}", "9".repeat(10_000));
    assert!(matches!(query(&long), Err(Trouble::Question(_))));
    for hidden in ["q=%E2%80%AE", "q=a%00", "account=%0A1%0D2"] {
        let Err(Trouble::Question(sentence)) = query(hidden) else { unreachable!("{hidden} was read") };
        assert!(sentence.contains("nobody can see, U+"), "{sentence}");
    }
    assert!(query(&format!("q={}", "%C3%A9".repeat(512))).is_ok());
    assert!(matches!(query(&format!("q={}", "9".repeat(513))), Err(Trouble::Question(_))));
    let read = query("status=all&account=a+b%26c&severity=&after=2").unwrap_or_default();
    assert_eq!((read.account.as_str(), read.wanted_status(), read.after.as_str()), ("a b&c", None, "2"));
    assert_eq!(query("").unwrap_or_default().wanted_status(), Some(FindingStatus::Open));
}

#[test]
fn a_hundred_findings_are_a_page_and_links_lead_through_all_of_them() {
    let scene = Scene::new();
    let found: Vec<_> = (0..250)
        .map(|number| finding("orphaned-role", Severity::Low, ACCOUNT, &format!("actor-{number:03}")))
        .collect();
    scene.judged(&found, &[Scene::verdict(Verdict::Findings, 3, 3, &[])]);
    let mut text = "rule=orphaned-role".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = scene.start(&text);
        pages.push(page.matches("class=\"finding\"").count());
        assert!(page.contains("250 findings open"), "the count is of all of them");
        let Some(next) = Scene::next(&page) else { break };
        assert!(next.contains("rule=orphaned-role"), "{next}");
        text = next;
    }
    assert_eq!(pages, [100, 100, 50]);
}

#[test]
fn the_page_of_a_finding_has_all_that_is_known_of_it() {
    let scene = Scene::new();
    let found = finding("unexpected-assumer", Severity::Critical, ACCOUNT, "arn:aws:iam::1:user/x");
    scene.judged(std::slice::from_ref(&found), &[Scene::verdict(Verdict::Findings, 3, 3, &[])]);
    let page = scene.finding(&found.id().0);
    for part in [
        "Something by arn:aws:iam::1:user/x",
        "Mend it.",
        "it is mended",
        "the customer",
        "PCI DSS",
        "<strong>opened</strong>",
        "no longer in the history",
        "href=\"/rules/unexpected-assumer\"",
        "<svg class=\"picture\"",
        "The same as a table",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(page.len() < 200_000);
}

#[test]
fn what_does_not_exist_is_told_as_such() {
    let scene = Scene::new();
    for id in ["", "0000", "%", "~", "../x", "<script>"] {
        assert!(matches!(super::finding::page(&scene.view(), id), Err(Trouble::Nothing(_))), "{id}");
        assert!(matches!(super::rule::page(&scene.view(), id), Err(Trouble::Nothing(_))), "{id}");
    }
    assert!(matches!(super::known_account("gcp", String::new()), Err(Trouble::Nothing(_))));
    let account = crate::model::Account::new(crate::model::Provider::Aws, "1");
    assert!(matches!(super::account::page(&scene.view(), &account), Err(Trouble::Nothing(_))));
}

#[test]
fn every_rule_has_a_page() {
    let scene = Scene::new();
    for rule in crate::rules::all() {
        let page = scene.rule(rule.doc().id);
        for heading in ["What it finds", "Why it matters", "When it stays silent", "What to do", "Controls"] {
            assert!(page.contains(heading), "{} {heading}", rule.doc().id);
        }
    }
}

#[test]
fn a_browser_gets_a_page_about_what_is_not_there_and_a_program_does_not() {
    let mut headers = HeaderMap::new();
    assert!(super::not_found(&headers).is_none() && super::not_allowed(&headers, &Method::POST).is_none());
    headers.insert(header::ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml"));
    let status = |answer: Option<Response>| answer.map(|answer| answer.status().as_u16());
    assert_eq!(status(super::not_found(&headers)), Some(404));
    assert_eq!(status(super::not_allowed(&headers, &Method::POST)), Some(405));
}
