use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};

use super::*;
use crate::exports::hostile::corpus;
use crate::exports::html::{SHOWN, disguises};
use crate::exports::json::FindingJson;
use crate::exports::reports::document::tests::{empty, many};
use crate::exports::reports::sample::sample;
use crate::exports::reports::tools;

const GOLDEN: &str = include_str!("golden.html");

fn written(report: &Report) -> String {
    let [file] = &write(report)[..] else { panic!("one file") };
    String::from_utf8(file.bytes().expect("it can be written")).expect("UTF-8")
}

fn elements<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).expect("a selector")).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// A page line by line, without its stylesheet: what the stylesheet does is for the eye to judge.
fn in_lines(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").expect("a style");
    let (style, rest) = rest.split_once("</style>").expect("the end of the style");
    let hash = STANDARD.encode(Sha256::digest(style));
    format!("{}<style></style>{rest}\n", head.replace(&hash, "HASH")).replace("><", ">\n<")
}

/// To renew it after a change that is meant: replace `golden.html` with the page that the failure prints.
#[test]
fn the_report_is_the_golden_report() {
    let page = in_lines(&written(&sample("arn:aws:iam::111122223333:user/Straße <\u{202e}>")));
    assert!(page == GOLDEN, "the report differs from golden.html:\n{page}");
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(written(&many(50)), written(&many(50)));
}

/// Elements and attributes that the report is made of; a hostile text can add to neither.
const ELEMENTS: [&str; 51] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "nav",
    "section",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "div",
    "span",
    "strong",
    "code",
    "pre",
    "a",
    "bdi",
    "time",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "svg",
    "desc",
    "rect",
    "line",
    "text",
    "details",
    "summary",
    "b",
    "i",
    "em",
    "g",
    "path",
];
const ATTRIBUTES: [&str; 27] = [
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "id",
    "class",
    "aria-labelledby",
    "href",
    "scope",
    "role",
    "viewBox",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "width",
    "height",
    "text-anchor",
    "title",
    "datetime",
    "xmlns",
    "colspan",
    "start",
    "d",
];

fn is_harmless(page: &Html, hostile: &str) {
    for element in elements(page, "*") {
        let name = element.value().name();
        assert!(ELEMENTS.contains(&name), "{hostile:?}: <{name}>");
        for (attribute, value) in element.value().attrs() {
            assert!(ATTRIBUTES.contains(&attribute), "{hostile:?}: {name} {attribute}={value:?}");
            assert!(attribute != "href" || value.starts_with('#'), "{hostile:?}: {value}");
            assert!(attribute != "xmlns" || value == "http://www.w3.org/2000/svg", "{hostile:?}: {value}");
        }
    }
    assert_eq!(elements(page, "style").len(), 1, "{hostile:?}");
}

/// A report with `text` also where only our own words are expected.
fn hostile_everywhere(text: &str) -> Report {
    let mut report = sample(text);
    let (finding, control) = (&mut report.findings[0], &mut report.controls[0]);
    let own = [
        &mut report.id,
        &mut report.title,
        &mut report.scope.name,
        &mut report.tool.command,
        &mut control.framework,
        &mut control.rules[0],
        &mut report.exceptions[0].id,
    ];
    for field in own {
        text.clone_into(field);
    }
    let FindingJson { id, rule, .. } = &mut finding.finding;
    for field in [id, rule, &mut finding.title, &mut report.evidence[0].kind] {
        *field = text.into();
    }
    report
}

/// A text as the report shows it.
fn visible(text: &str) -> String {
    let written = |found: char| {
        if disguises(found) { format!("U+{:04X}", u32::from(found)) } else { found.to_string() }
    };
    text.chars().take(SHOWN).map(written).collect()
}

#[test]
fn hostile_text_stays_text_wherever_it_stands() {
    let texts = corpus();
    assert!(200 <= texts.len());
    for hostile in texts {
        let page = written(&hostile_everywhere(&hostile));
        let parsed = Html::parse_document(&page);
        is_harmless(&parsed, &hostile);
        let (shown, expected) = (text(parsed.root_element()), visible(&hostile));
        assert!(30 <= shown.matches(&expected).count(), "{hostile:?} is not there as {expected:?}");
        assert!(page.len() < 400_000, "{hostile:?} makes {} bytes", page.len());
    }
}

#[test]
fn the_policy_allows_the_one_style_and_nothing_else() {
    let page = written(&sample("x"));
    let parsed = Html::parse_document(&page);
    let style = text(elements(&parsed, "style")[0]);
    let hash = STANDARD.encode(Sha256::digest(&style));
    let policy = elements(&parsed, "meta[http-equiv]")[0].value().attr("content").expect("a policy").to_owned();
    let expected = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    assert_eq!(policy, expected);
    assert!(
        !style.contains("url(") && !style.contains("@import") && !style.contains('<'),
        "the style refers to nothing"
    );
    assert!(style.contains("\"r-0123456789abcdef\""), "the report's id stands in the margins");
    let first = elements(&parsed, "head > *").iter().position(|one| one.value().name() == "style");
    assert!(Some(1) < first, "the policy stands before what it allows");
}

#[test]
fn ids_statuses_and_severities_are_those_of_the_report() {
    let report = many(700);
    let page = written(&report);
    let parsed = Html::parse_document(&page);
    let rows = elements(&parsed, "section[aria-labelledby=all-findings] tbody tr");
    assert_eq!(rows.len(), 700);
    let cells = Selector::parse("td").expect("a selector");
    for (row, found) in rows.iter().zip(&report.findings) {
        let cells: Vec<String> = row.select(&cells).map(text).collect();
        let finding = &found.finding;
        assert_eq!(cells[..3], [finding.id.as_ref(), finding.severity.as_str(), finding.status.as_str()]);
        assert_eq!(cells[3], found.movement.as_str());
    }
    let cards = elements(&parsed, "section.card[aria-labelledby^=finding-]");
    assert_eq!(cards.len(), 500, "details of the worst");
}

#[test]
fn ids_are_there_once_and_links_lead_to_them() {
    let page = written(&many(600));
    let parsed = Html::parse_document(&page);
    let ids: Vec<_> = elements(&parsed, "[id]").iter().filter_map(|one| one.value().id()).collect();
    let known: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len(), "an id is there twice");
    for link in elements(&parsed, "a[href]") {
        let to = link.value().attr("href").expect("a link").trim_start_matches('#');
        assert!(known.contains(to), "{to} is nowhere");
    }
}

/// The checker does not compare hashes, and says of every style under a policy that it is not allowed.
const NOT_CHECKED: &str = ".*Inline style violates Content Security Policy.*";

#[test]
fn independent_validators_have_nothing_to_say() {
    let reports = [sample("x"), sample(&corpus().concat()), many(30), empty()];
    let pages = reports.each_ref().map(written);
    let remedy = "npm install vnu-jar html-validate, and set VNU_JAR to its jar";
    let jar = std::env::var("VNU_JAR").unwrap_or_default();
    let vnu = tools::has("java", &["-jar", &jar, "--version"], remedy);
    let validate = tools::has("html-validate", &["--version"], remedy);
    let files = pages.each_ref().map(|page| tools::file(page.as_bytes(), ".html"));
    let [first, second, third, fourth] = files.each_ref().map(|file| file.path().to_str().expect("UTF-8"));
    if vnu {
        let arguments = ["-jar", &jar, "--Werror", "--filterpattern", NOT_CHECKED, first, second, third];
        let output = tools::call("java", &arguments, fourth);
        assert!(output.status.success(), "{}", tools::said(&output));
    }
    if validate {
        let output = tools::call("html-validate", &[first, second, third], fourth);
        assert!(output.status.success(), "{}", tools::said(&output));
    }
    if vnu {
        // It would speak up.
        let broken = tools::file(pages[0].replacen("<h1>", "<h1 id=\"summary\">", 1).as_bytes(), ".html");
        let path = broken.path().to_str().expect("UTF-8");
        assert!(!tools::call("java", &["-jar", &jar, "--Werror"], path).status.success());
    }
}

#[test]
fn pictures_are_sound_outside_of_the_page_too() {
    let remedy = "apt-get install libxml2-utils librsvg2-bin";
    let drawn = tools::file(b"", ".png");
    let drawn = drawn.path().to_str().expect("UTF-8");
    let programs = [("xmllint", vec!["--noout"]), ("rsvg-convert", vec!["--output", drawn])];
    let programs: Vec<_> =
        programs.into_iter().filter(|(program, _)| tools::has(program, &["--version"], remedy)).collect();
    let page = written(&many(30));
    let pictures: Vec<&str> = page
        .split("<svg ")
        .skip(1)
        .filter_map(|rest| rest.split_once("</svg>"))
        .map(|(picture, _)| picture)
        .collect();
    assert_eq!(pictures.len(), 6);
    for picture in pictures {
        let file = tools::file(format!("<svg {picture}</svg>").as_bytes(), ".svg");
        for (program, arguments) in &programs {
            let output = tools::call(program, arguments, file.path().to_str().expect("UTF-8"));
            assert!(output.status.success(), "{program}: {}", tools::said(&output));
        }
    }
}
