use proptest::prelude::*;

use super::*;
use crate::config::{EditError, NewException, add_exception, end_exception};

const EXAMPLE: &str = include_str!("../../../config/exceptions.example.toml");
const RULES: [&str; 3] = ["orphaned-role", "role-tampering", "trust-drift"];

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn law() -> ExceptionsLaw<'static> {
    ExceptionsLaw { rules: &RULES, longest: Period::from_hours(366 * 24), now: time("2026-03-01T12:00:00Z") }
}

fn parse(text: &str) -> Result<Vec<Exception>, ConfigError> {
    parse_exceptions(text, Path::new("exceptions.toml"), &law())
}

/// An exception in which nothing is wrong, but with some lines written otherwise; those without a value are left out.
fn row(other: &[&str]) -> String {
    let usual = [
        "id = \"E-1\"",
        "rule = \"orphaned-role\"",
        "account = \"111122223333\"",
        "owner = \"us\"",
        "reason = \"because\"",
        "ticket = \"T-1\"",
        "expires = \"2026-12-31\"",
    ];
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let kept = usual.into_iter().filter(|line| !other.iter().any(|other| key(other) == key(line)));
    let added = other.iter().copied().filter(|line| line.contains('='));
    let lines: Vec<_> = kept.chain(added).collect();
    format!("[[exception]]\n{}\n", lines.join("\n"))
}

/// Checks that a text has these problems, in their order, each with all of its parts.
fn check(text: &str, problems: &[&[&str]]) {
    let found = match parse(text) {
        Err(ConfigError::Invalid { problems }) => problems.iter().map(Problem::to_string).collect::<Vec<_>>(),
        other => panic!("problems were expected of\n{text}\n{other:?}"),
    };
    assert_eq!(found.len(), problems.len(), "{text}\n{found:#?}");
    for (found, parts) in found.iter().zip(problems) {
        for part in *parts {
            assert!(found.contains(part), "{part:?} is not in {found:?}");
        }
    }
}

#[test]
fn the_example_is_right_and_says_what_its_comments_say() {
    let law = ExceptionsLaw { rules: &RULES, ..law() };
    let read = parse_exceptions(EXAMPLE, Path::new("exceptions.toml"), &law).expect("the example is right");
    let [one, narrow] = &read[..] else { panic!("two exceptions: {read:?}") };
    assert_eq!(
        one.scope,
        ExceptionScope { finding: Some("0123456789abcdef".to_owned()), ..ExceptionScope::default() }
    );
    assert_eq!((one.created, one.expires), (Some(time("2026-01-10T00:00:00Z")), time("2026-06-30T23:59:59Z")));
    assert_eq!(narrow.scope.account, Some(Pattern::Exact("011122223333".to_owned())));
    let actor = "arn:aws:sts::011122223333:assumed-role/deploy/*".to_owned();
    assert_eq!(narrow.scope.actor, Some(Pattern::Glob(actor)));
    assert_eq!(narrow.expires, time("2026-04-30T12:00:00Z"));
    assert_eq!(narrow.approver.as_deref(), Some("head of security"));
}

#[test]
fn no_file_text_is_no_exception() {
    assert_eq!(parse("").expect("right"), []);
    assert_eq!(parse("# nothing yet\n").expect("right"), []);
}

#[test]
fn nothing_that_is_mandatory_may_be_missing_or_empty() {
    for key in ["owner", "reason", "ticket", "expires", "id"] {
        check(&row(&[key]), &[&[&format!("exceptions.toml:1:1: exception[0].{key}: is missing")]]);
        check(&row(&[&format!("{key} = \"\"")]), &[&[&format!("exception[0].{key}"), "\"\" cannot be used"]]);
        check(&row(&[&format!("{key} = \" \"")]), &[&[&format!("exception[0].{key}")]]);
    }
}

#[test]
fn all_problems_are_told_at_once_each_at_its_place() {
    let text = row(&["rule = \"orphan-role\"", "expires = \"soon\"", "onwer = \"x\""]);
    check(
        &text,
        &[
            &["exceptions.toml:7:8", "exception[0].rule", "did you mean \"orphaned-role\""],
            &["exceptions.toml:8:11", "exception[0].expires", "\"soon\"", "2026-12-31"],
            &["exceptions.toml:9:1", "exception[0].onwer", "did you mean \"owner\""],
        ],
    );
}

#[test]
fn what_names_too_much_is_refused_with_what_to_write_instead() {
    for glob in ["glob:*", "glob:**", "glob:?*", "glob:????????????"] {
        check(&row(&[&format!("account = \"{glob}\"")]), &[&["names every account", "for each account"]]);
    }
    for glob in ["glob:*", "glob:*-*", "glob:*r*"] {
        check(&row(&[&format!("rule = \"{glob}\"")]), &[&["names every rule", "for each rule"]]);
    }
    for part in ["rule", "account"] {
        check(&row(&[part]), &[&[&format!("exception[0].{part}: is missing"), "finding = \"ID\""]]);
    }
    assert!(parse(&row(&["rule = \"glob:*-role\""])).is_ok(), "some rules are not all of them");
    assert!(parse(&row(&["account = \"glob:1111*\""])).is_ok());
}

#[test]
fn a_word_that_can_never_match_is_a_mistake() {
    check(&row(&["provider = \"amazon\""]), &[&["no provider is \"amazon\"", "aws, alibaba"]]);
    check(&row(&["provider = \"AWS\""]), &[&["no provider is \"AWS\"", "did you mean \"aws\""]]);
    check(&row(&["outcome = \"refused\""]), &[&["no outcome is \"refused\"", "allowed, denied, failed"]]);
    check(&row(&["rule = \"glob:orphan-*\""]), &[&["no rule is \"glob:orphan-*\""]]);
    check(&row(&["store = \"glob:cks-1\""]), &[&["no * and no ?", "write \"cks-1\""]]);
    check(&row(&["store = \"glob:glob:x\""]), &[&["write \"exact:glob:x\""]]);
    check(&row(&["store = \" cks-1\""]), &[&["spaces around it"]]);
    check(&row(&["store = \"exact:\""]), &[&["is empty"]]);
    check(&row(&["finding = \"0123\""]), &[&["no id of a finding", "16 characters"]]);
    check(&row(&["finding = \"0123456789ABCDEF\""]), &[&["no id of a finding"]]);
    check(&row(&[&format!("store = \"glob:{}*\"", "x".repeat(600))]), &[&["more than 512 characters"]]);
}

#[test]
fn an_account_is_a_text() {
    check(&row(&["account = 111122223333"]), &[&["the number 111122223333", "in quotes"]]);
    check(&row(&["account = 011122223333"]), &[&["exceptions.toml:8:", "with their leading zeros"]]);
}

#[test]
fn ids_are_plain_and_unique() {
    check(&(row(&[]) + &row(&[])), &[&["exceptions.toml:10:6", "\"E-1\" is the id of exception[0] as well"]]);
    for id in ["a b", "a\\u001b", "ä", &"x".repeat(65)] {
        check(&row(&[&format!("id = \"{id}\"")]), &[&["cannot be used", "A-Z a-z 0-9"]]);
    }
}

#[test]
fn expiry_is_a_near_day_or_time() {
    for (written, meant) in [
        ("\"2026-12-31\"", "2026-12-31T23:59:59Z"),
        ("2026-12-31", "2026-12-31T23:59:59Z"),
        ("\"2026-12-31T10:00:00+02:00\"", "2026-12-31T08:00:00Z"),
        ("2026-12-31T10:00:00Z", "2026-12-31T10:00:00Z"),
        ("\"2025-01-01\"", "2025-01-01T23:59:59Z"),
        // 366 days from the first of March.
        ("\"2027-03-02\"", "2027-03-02T23:59:59Z"),
    ] {
        let read = parse(&row(&[&format!("expires = {written}")])).expect(written);
        assert_eq!(read[0].expires, time(meant), "{written}");
    }
    for written in
        ["\"2026-12-31T10:00:00\"", "2026-12-31T10:00:00", "10:00:00", "\"2026-02-30\"", "20261231", "\"2026-1-1\""]
    {
        check(&row(&[&format!("expires = {written}")]), &[&["expires", "cannot be used", "in UTC"]]);
    }
    check(&row(&["expires = \"2027-03-03\""]), &[&["lies more than 366d after today", "2027-03-02 at the latest"]]);
    check(&row(&["expires = \"2027-03-02T12:00:01Z\""]), &[&["more than 366d"]]);
    check(&row(&["expires = \"9999-12-31\""]), &[&["expires"]]);
    let created = "created = \"2026-02-01\"";
    check(&row(&[created, "expires = \"2026-01-31\""]), &[&["lies before created"]]);
    check(&row(&[created, "expires = \"2027-02-03\""]), &[&["after created", "2027-02-02 at the latest"]]);
    assert!(parse(&row(&[created, "expires = \"2026-02-01\""])).is_ok(), "one day is a time");
}

#[test]
fn other_shapes_are_told_apart_from_the_right_one() {
    check("[exception]\nid = \"x\"\n", &[&["write [[exception]]"]]);
    check("[[exceptions]]\nid = \"x\"\n", &[&["did you mean \"exception\""]]);
    check("[[exception]\n", &[&["exceptions.toml:1:"]]);
    let inline = format!("exception = [{{{}}}]", row(&[]).lines().skip(1).collect::<Vec<_>>().join(", "));
    assert_eq!(parse(&inline).expect("right"), parse(&row(&[])).expect("right"));
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "\\PC{1,20}",
        1 => "(glob:|exact:)?[*?a\\n\"'\\\\\\u{202e}\\u{1b}\\t]{1,10}",
        1 => "x{10000}",
    ]
    .prop_filter("the file holds no spaces at the ends", |text| text.trim() == text && !text.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a finding's parts are, the exception that is written for them names exactly them.
    #[test]
    fn what_is_written_is_what_is_read(store in texts(), actor in texts(), owner in texts(), reason in texts()) {
        let scope = ExceptionScope {
            finding: Some("0123456789abcdef".to_owned()),
            account: Some(Pattern::Exact("111122223333".to_owned())),
            store: Some(Pattern::Exact(store)),
            actor: Some(Pattern::Exact(actor)),
            ..ExceptionScope::default()
        };
        let new = NewException {
            id: "E-2".to_owned(),
            scope: scope.clone(),
            owner: owner.clone(),
            reason: reason.clone(),
            ticket: "T".to_owned(),
            created: "2026-03-01".to_owned(),
            expires: "2026-03-02".to_owned(),
            ..NewException::default()
        };
        let ended_by_comment = format!("{}# the end", row(&[]));
        for before in [String::new(), row(&[]), ended_by_comment, row(&[]).replace('\n', "\r\n")] {
            let text = add_exception(&before, &new).expect("a list");
            prop_assert!(text.starts_with(&before), "{before:?} became {text:?}");
            let mut read = parse(&text).expect("right");
            let added = read.pop().expect("it was added");
            prop_assert_eq!(read, parse(&before).expect("right"));
            prop_assert_eq!((&added.scope, &added.owner, &added.reason), (&scope, &owner, &reason));

            let ended = end_exception(&text, "E-2", "2026-03-01T11:00:00Z").expect("it is there");
            let mut expected = parse(&text).expect("right");
            expected.last_mut().expect("it is there").expires = time("2026-03-01T11:00:00Z");
            prop_assert_eq!(parse(&ended).expect("right"), expected);
        }
    }

    #[test]
    fn no_text_makes_the_reader_fail_otherwise_than_with_problems(text in "\\PC{0,60}") {
        for text in [text.clone(), row(&[&format!("store = {text}")]), row(&[&format!("expires = \"{text}\"")])] {
            let _ = parse(&text);
        }
    }
}

#[test]
fn a_list_in_brackets_gets_one_more_item() {
    let before = "# mine\nexception = [] # none\n";
    let text =
        add_exception(before, &NewException { id: "E-1".to_owned(), ..NewException::default() }).expect("a list");
    assert!(text.starts_with("# mine\nexception = [{ id = \"E-1\"") && text.ends_with("# none\n"), "{text}");
    assert_eq!(add_exception("exception = 1", &NewException::default()), Err(EditError::NoList));
}

#[test]
fn ending_one_keeps_comments_order_and_the_others() {
    let before =
        format!("# mine\n{}# between\n{}", row(&["expires = \"2026-12-31\" # soon"]), row(&["id = \"E-2\""]));
    let before = before.replace('\n', "\r\n");
    let after = end_exception(&before, "E-1", "2026-03-01T12:00:00Z").expect("it is there");
    assert_eq!(after, before.replacen("\"2026-12-31\" # soon", "\"2026-03-01T12:00:00Z\" # soon", 1));
    assert!(end_exception(&before, "E-3", "2026-03-01T12:00:00Z").is_err());
    let inline = "exception = [{ id = \"E-1\", expires = \"2026-12-31\" }]\n";
    let ended = end_exception(inline, "E-1", "2026-03-01T12:00:00Z").expect("it is there");
    assert_eq!(ended, inline.replace("2026-12-31", "2026-03-01T12:00:00Z"));
}

#[test]
fn a_file_that_is_none_or_too_large_is_told_by_its_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = directory.path().join("no.toml");
    assert_eq!(read_exceptions(&missing, false, &law()).expect("it need not exist"), (String::new(), Vec::new()));
    let told = read_exceptions(&missing, true, &law()).expect_err("it must exist").to_string();
    assert!(told.contains("no.toml") && told.contains("exceptions.file"), "{told}");
    let told = read_exceptions(directory.path(), true, &law()).expect_err("no file").to_string();
    assert!(told.contains("it is no file"), "{told}");
    std::fs::write(&missing, b"# \xff").expect("written");
    let told = read_exceptions(&missing, true, &law()).expect_err("no text").to_string();
    assert!(told.contains("not UTF-8 at byte 2"), "{told}");
}
