use super::*;
use crate::model::{Account, Basis, Provider, Severity, Verdict};
use jiff::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a valid time")
}

#[test]
fn text_is_escaped_isolated_and_what_nobody_sees_is_written_out() {
    assert_eq!(shown("a<b>&\"c\"").into_string(), "<bdi>a&lt;b&gt;&amp;&quot;c&quot;</bdi>");
    assert_eq!(
        shown("gpj\u{202e}.exe\0").into_string(),
        "<bdi>gpj<span class=\"written-out\">U+202E</span>.exe<span class=\"written-out\">U+0000</span></bdi>"
    );
    assert_eq!(shown("Straße 東京 🙂").into_string(), "<bdi>Straße 東京 🙂</bdi>");
    for hidden in ["\u{7}", "\n", "\u{85}", "\u{ad}", "\u{200b}", "\u{2066}", "\u{feff}", "\u{e0041}"] {
        assert!(!shown(hidden).into_string().contains(hidden), "{hidden:?}");
    }
}

#[test]
fn a_long_text_is_cut_and_the_whole_of_it_stays_within_reach() {
    let long = "ä".repeat(10_000);
    let cut = shown(&long).into_string();
    assert!(cut.ends_with("<span class=\"cut\">… (9,700 more characters)</span>"), "{cut}");
    assert_eq!(cut.matches('ä').count(), SHOWN);
    assert_eq!(shown_whole(&long).into_string().matches('ä').count(), SHOWN + 10_000);
    assert_eq!(shown_whole("short").into_string(), "<bdi>short</bdi>");
    let endless = shown_whole(&"x".repeat(1_000_000)).into_string();
    assert!(endless.len() < 21_000 && endless.contains("980,000 more characters: see the API"), "{}", endless.len());
}

#[test]
fn commands_of_an_instruction_are_code_and_names_in_it_stay_text() {
    let written = instruction("Run `roletrail events`, then ask <b>.").into_string();
    assert_eq!(written, "<bdi>Run </bdi><code><bdi>roletrail events</bdi></code><bdi>, then ask &lt;b&gt;.</bdi>");
    let odd = instruction("Ask `x why.").into_string();
    assert_eq!(odd, "<bdi>Ask `x why.</bdi>");
    let long = format!("Ask `{}`.", "x".repeat(SHOWN));
    assert!(instruction(&long).into_string().starts_with("<details"));
}

#[test]
fn a_name_from_a_log_is_one_segment_of_a_path() {
    let account = |id: &str| account_path(&Account::new(Provider::Aws, id));
    assert_eq!(account("111122223333"), "/accounts/aws/111122223333");
    assert_eq!(account("../../x?y#z"), "/accounts/aws/..%2F..%2Fx%3Fy%23z");
    assert_eq!(account(".."), "/accounts/aws/%2E%2E");
    assert_eq!(finding_path("javascript:alert(1)"), "/findings/javascript%3Aalert%281%29");
    assert_eq!(query("/", &[("rule", "a b"), ("text", ""), ("page", "2")]), "/?rule=a%20b&page=2");
    assert_eq!(query("/", &[("rule", "")]), "/");
}

#[test]
fn badges_say_in_words_what_they_say_in_colour() {
    assert_eq!(severity(Severity::Critical).into_string(), "<span class=\"badge severity critical\">critical</span>");
    assert_eq!(
        verdict(Verdict::NotInUse).into_string(),
        "<span class=\"badge verdict not-in-use\">not-in-use</span>"
    );
    assert_eq!(basis(Basis::Observed).into_string(), "");
    assert!(basis(Basis::Inferred).into_string().contains(">inferred</span>"));
}

#[test]
fn numbers_and_ages_read_well() {
    assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    let now = at("2026-10-10T12:00:00Z");
    for (then, words) in [
        ("2026-10-10T12:00:00Z", "less than a minute ago"),
        ("2026-10-10T13:00:00Z", "less than a minute ago"),
        ("2026-10-10T11:59:00Z", "1 minute ago"),
        ("2026-10-10T10:01:00Z", "119 minutes ago"),
        ("2026-10-10T10:00:00Z", "2 hours ago"),
        ("2026-10-08T12:01:00Z", "47 hours ago"),
        ("2026-10-08T12:00:00Z", "2 days ago"),
    ] {
        assert_eq!(age(at(then), now), words);
    }
}

#[test]
fn documentation_becomes_paragraphs_lists_and_code() {
    assert_eq!(
        prose("One `role`.\n- a\n- b\n\nTwo.").into_string(),
        "<p>One <code>role</code>.</p><ul><li>a</li><li>b</li></ul><p>Two.</p>"
    );
}

#[test]
fn coverage_is_complete_only_where_something_was_expected() {
    let all = CoverageCounts { accounts_expected: 1, accounts_complete: 1, regions_expected: 3, regions_complete: 3 };
    assert!(all.is_complete());
    assert!(!CoverageCounts::default().is_complete());
    assert!(!CoverageCounts { regions_complete: 2, ..all }.is_complete());
    assert_eq!(
        coverage(&CoverageCounts { regions_complete: 2, ..all }).into_string(),
        "<strong>1 of 1 account</strong> and <strong>2 of 3 Regions</strong> complete"
    );
}

/// Colours by name, for light or for dark.
fn colours(dark: bool) -> std::collections::BTreeMap<&'static str, [f64; 3]> {
    let part = STYLE.split(":root {").nth(1 + usize::from(dark)).and_then(|part| part.split('}').next());
    let lines = part.expect("both sets are in the sheet").lines();
    lines
        .filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.trim_end_matches(';').split_once(": #")?;
            let channel = |from: usize| u8::from_str_radix(value.get(from..from + 2)?, 16).ok().map(f64::from);
            Some((name, [channel(0)?, channel(2)?, channel(4)?]))
        })
        .collect()
}

/// WCAG 2.2: relative luminance.
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = colour.map(|channel| {
        let part = channel / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(left: [f64; 3], right: [f64; 3]) -> f64 {
    let (left, right) = (luminance(left), luminance(right));
    (left.max(right) + 0.05) / (left.min(right) + 0.05)
}

#[test]
fn every_text_and_every_mark_stands_out_from_what_is_behind_it_in_light_and_in_dark() {
    const TEXT: f64 = 4.5;
    const MARK: f64 = 3.0;
    for dark in [false, true] {
        let colours = colours(dark);
        assert!(20 < colours.len(), "{colours:?}");
        let check = |front: &str, back: &str, least: f64| {
            let ratio = contrast(colours[front], colours[back]);
            assert!(least <= ratio, "{front} on {back}, dark: {dark}: {ratio:.2} is less than {least}");
        };
        for back in ["paper", "panel"] {
            for text in ["ink", "quiet", "link"] {
                check(text, back, TEXT);
            }
            for mark in ["present", "others", "refused", "gap"] {
                check(mark, back, MARK);
            }
        }
        check("paper", "link", TEXT);
        for badge in ["critical", "high", "medium", "low", "good", "bad", "warn", "unknown", "plain"] {
            check(&format!("{badge}-ink"), &format!("{badge}-back"), TEXT);
        }
    }
}
