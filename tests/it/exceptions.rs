//! Findings that somebody has accepted: what counts as open, what is shown, and what the commands write.

use serde_json::{Value, json};

use crate::records::{ACCOUNT, PERSON, delivered, intrusion, person, routine, with};
use crate::support::Workplace;

/// Who decides, in the words that every exception needs.
pub const DECIDED: [&str; 6] = ["--owner", "platform", "--reason", "known since spring", "--ticket", "SEC-142"];

/// A history in which people have assumed the role.
pub fn intruded(people: &[&str]) -> Workplace {
    let place = Workplace::new();
    let of = |name: &&str| {
        let arn = PERSON.replace("mallory", name);
        with(intrusion(name), json!({"userIdentity": with(person(), json!({"arn": arn, "userName": name}))}))
    };
    let records: Vec<_> = people.iter().map(of).chain([routine("r-1")]).collect();
    place.write("a.json", delivered(&records));
    place.ingest(&["a.json"], 0);
    place
}

/// Adds an exception; answers what is printed.
pub fn add(place: &Workplace, arguments: &[&str], code: i32) -> Value {
    let arguments = [&["exceptions", "add"][..], arguments, &DECIDED].concat();
    if code == 0 { place.json(&arguments, 0) } else { place.ends(&arguments, code).stderr.into() }
}

/// The id of the only open finding of the rule.
pub fn finding(place: &Workplace) -> String {
    let found = place.list(&["findings", "--rule", "unexpected-assumer"]);
    let [one] = &found[..] else { panic!("one finding: {found:?}") };
    one["id"].as_str().expect("an id").to_owned()
}

#[test]
fn an_excepted_finding_is_open_nowhere_and_fails_nothing() {
    let place = intruded(&["mallory"]);
    let before = place.json(&["analyze"], 1);
    assert_eq!(
        (&before["findings_open"]["critical"], &before["findings_excepted"]["critical"]),
        (&json!(1), &json!(0))
    );
    let verdict = place.verdict(ACCOUNT, "aws-kms-custom-key-stores")["verdict"].clone();
    let id = finding(&place);
    let added = add(&place, &["--finding", &id[..6], "--expires", "90d"], 0);
    assert_eq!((&added["written"], &added["exception"]["finding"]), (&json!(true), &json!(id)));
    assert_eq!(added["exception"]["actor"], PERSON);
    assert_eq!(added["findings"][0]["id"], id.as_str());

    let after = place.json(&["analyze"], 0);
    assert_eq!(
        (&after["findings_open"]["critical"], &after["findings_excepted"]["critical"]),
        (&json!(0), &json!(1))
    );
    assert!(place.list(&["findings"]).is_empty());
    place.ends(&["findings", "--status", "all", "--fail-on", "info"], 0);
    for status in ["excepted", "all"] {
        let listed = place.list(&["findings", "--status", status]);
        assert_eq!((listed.len(), &listed[0]["status"], &listed[0]["id"]), (1, &json!("excepted"), &json!(id)));
        assert_eq!(
            (&listed[0]["exception"]["id"], &listed[0]["exception"]["owner"]),
            (&json!("SEC-142"), &json!("platform"))
        );
    }
    let shown = place.ends(&["findings", "show", &id, "--format", "table"], 0).stdout;
    for part in
        ["excepted by SEC-142 until ", "owner       platform", "ticket      SEC-142", "known since spring", &id]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let summary = place.ends(&["analyze", "--format", "table"], 0).stdout;
    assert!(summary.contains("findings  none\nexcepted  1 critical\n"), "{summary}");
    assert_eq!(place.verdict(ACCOUNT, "aws-kms-custom-key-stores")["verdict"], verdict, "a verdict says what is");

    let ended = place.json(&["exceptions", "expire", "SEC-142"], 0);
    assert_eq!(ended["changed"], true);
    assert_eq!(place.json(&["exceptions", "expire", "SEC-142"], 0)["changed"], false);
    place.json(&["analyze"], 1);
    assert_eq!(finding(&place), id);
    let listed = place.list(&["exceptions"]);
    assert_eq!(
        (&listed[0]["state"], &listed[0]["covers"], &listed[0]["in_scope"]),
        (&json!("expired"), &json!(0), &json!(1))
    );
}

#[test]
fn what_covers_more_than_one_finding_has_to_be_said() {
    let place = intruded(&["mallory", "eve"]);
    let scope = ["--rule", "unexpected-assumer", "--account", ACCOUNT, "--expires", "30d"];
    let refused = add(&place, &scope, 3);
    let told = refused.as_str().expect("a text");
    for part in ["covers 2 findings", "--covers 2", "nothing was written", "user/mallory", "user/eve"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    add(&place, &[&scope[..], &["--covers", "3"]].concat(), 3);
    assert!(!place.path("exceptions.toml").exists());
    let tried = add(&place, &[&scope[..], &["--covers", "2", "--dry-run"]].concat(), 0);
    assert_eq!((&tried["written"], &tried["exception"]["covers"]), (&json!(false), &json!(2)));
    assert!(!place.path("exceptions.toml").exists());
    // Narrowed down, it hides one and leaves the other open.
    add(&place, &[&scope[..], &["--actor", "glob:*/mallory"]].concat(), 0);
    let open = place.list(&["findings"]);
    assert_eq!((open.len(), &open[0]["actor"]), (1, &json!(PERSON.replace("mallory", "eve"))));
    add(&place, &[&scope[..], &["--covers", "2"]].concat(), 0);
    assert!(place.list(&["findings"]).is_empty());
    let ids: Vec<_> = place.list(&["exceptions"]).iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, ["SEC-142", "SEC-142-2"]);
}

#[test]
fn mistakes_of_the_options_are_told_at_the_options_and_write_nothing() {
    let place = intruded(&["mallory"]);
    let usual = [("--rule", "unexpected-assumer"), ("--account", ACCOUNT), ("--expires", "30d"), ("--id", "E-1")];
    for (option, wrong, parts) in [
        ("--rule", "unexpected-asumer", &["--rule: ", "did you mean \"unexpected-assumer\""][..]),
        ("--rule", "glob:*", &["--rule: ", "names every rule"]),
        ("--account", "glob:*", &["--account: ", "names every account"]),
        ("--account", " 1", &["--account: ", "spaces around it"]),
        ("--expires", "400d", &["--expires: ", "more than 366d"]),
        ("--expires", "tomorrow", &["--expires: ", "\"tomorrow\""]),
        ("--id", "a b", &["--id: ", "cannot be used"]),
        ("--outcome", "refused", &["--outcome: ", "allowed, denied, failed"]),
        ("--actor", "glob:mallory", &["--actor: ", "no * and no ?"]),
    ] {
        let kept = usual.into_iter().filter(|(name, _)| *name != option).chain([(option, wrong)]);
        let arguments: Vec<_> = kept.flat_map(|(name, value)| [name, value]).collect();
        let told = add(&place, &arguments, 3);
        for part in parts {
            assert!(told.as_str().expect("a text").contains(part), "{option} {wrong}: {part}: {told}");
        }
    }
    for arguments in
        [&["--rule", "unexpected-assumer"][..], &["--finding", "ffff"], &["--finding", "a", "--rule", "b"]]
    {
        add(&place, &[arguments, &["--expires", "30d"]].concat(), 3);
    }
    let scope = ["--rule", "trust-drift", "--account", ACCOUNT, "--expires", "30d"];
    place.ends(&[&["exceptions", "add"][..], &scope, &["--owner", "x", "--reason", "y"]].concat(), 3);
    assert!(!place.path("exceptions.toml").exists());
    // One that covers nothing now may be meant; it is told.
    assert_eq!(add(&place, &scope, 0)["exception"]["state"], "unused");
}

#[test]
fn a_check_tells_what_is_covered_and_what_deserves_a_look() {
    let place = intruded(&["mallory"]);
    let id = finding(&place);
    add(&place, &["--finding", &id, "--expires", "10d", "--id", "soon"], 0);
    add(&place, &["--rule", "trust-drift", "--account", ACCOUNT, "--expires", "60d", "--id", "idle"], 0);
    let scope = ["--rule", "unexpected-assumer", "--account", ACCOUNT];
    add(&place, &[&scope[..], &["--expires", "60d", "--id", "over"]].concat(), 0);
    add(&place, &[&scope[..], &["--expires", "60d", "--id", "star", "--actor", "*/mallory"]].concat(), 0);
    place.ends(&["exceptions", "expire", "over"], 0);
    let checked = place.json(&["exceptions", "check"], 0);
    assert_eq!((&checked["valid"], &checked["history"]), (&json!(true), &json!(true)));
    let states: Vec<_> = checked["exceptions"].as_array().expect("a list").iter().map(|row| &row["state"]).collect();
    assert_eq!(states, ["expiring", "unused", "expired", "unused"]);
    assert_eq!(checked["exceptions"][0]["findings"][0]["id"], id.as_str());
    let warnings: Vec<_> = checked["warnings"].as_array().expect("a list").iter().map(Value::to_string).collect();
    for (number, parts) in [
        (0, ["soon", "is open again"]),
        (1, ["idle", "no open finding"]),
        (2, ["over", "1 finding that it names are open again"]),
        (3, ["star", "stand for themselves"]),
        (4, ["star", "no open finding"]),
    ] {
        for part in parts {
            assert!(warnings[number].contains(part), "{part}: {warnings:?}");
        }
    }
    let table = place.ends(&["exceptions", "check", "--format", "table"], 0).stdout;
    assert!(table.contains("\nwarnings\n") && table.contains(&id), "{table}");

    let why = place.json(&["exceptions", "check", "--finding", &id[..5]], 0);
    assert_eq!((&why["covered_by"], &why["status"]), (&json!("soon"), &json!("excepted")));
    let answers = why["exceptions"].to_string();
    for part in ["rule is \\\"unexpected-assumer\\\", it names \\\"trust-drift\\\"", "it ended ", "actor is "] {
        assert!(answers.contains(part), "{part}: {answers}");
    }
    // Where there is no history, a file can be checked all the same.
    let elsewhere = Workplace::new();
    elsewhere.write("e.toml", std::fs::read(place.path("exceptions.toml")).expect("written"));
    let checked = elsewhere.json(&["exceptions", "check", "e.toml"], 0);
    assert_eq!((&checked["valid"], &checked["history"]), (&json!(true), &json!(false)));
    elsewhere.ends(&["exceptions", "check", "no.toml"], 3);
}

#[test]
fn the_list_is_printed_in_every_format_and_hostile_texts_are_harmless() {
    let place = intruded(&["mallory"]);
    let id = finding(&place);
    let hostile = "=HYPERLINK(\"x\")\u{1b}[31m\nsecond\u{202e}line";
    let arguments = ["exceptions", "add", "--finding", &id, "--expires", "60d", "--owner", hostile];
    place.json(&[&arguments[..], &["--reason", hostile, "--ticket", &"T".repeat(10_000)]].concat(), 0);
    assert_eq!(place.list(&["exceptions"])[0]["reason"], hostile);
    for (format, parts) in [
        ("table", &["STATE", "active", "finding ", "\\u{1b}["][..]),
        ("ndjson", &["\"state\":\"active\"", "\\u001b[31m"]),
        ("csv", &["id,state,covers", "\"'=HYPERLINK"]),
    ] {
        let printed = place.ends(&["exceptions", "list", "--format", format], 0).stdout;
        for part in parts {
            assert!(printed.contains(part), "{format} {part}: {printed}");
        }
        assert!(!printed.contains('\u{1b}'), "{format}: {printed}");
    }
    let shown = place.ends(&["findings", "show", &id, "--format", "table"], 0).stdout;
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && shown.contains("\\u{202e}"), "{shown}");
    assert_eq!(Workplace::new().ends(&["exceptions"], 4).stdout, "");
}
