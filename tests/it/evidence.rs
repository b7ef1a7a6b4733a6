//! The evidence log, through the program.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rusqlite::Connection;
use serde_json::Value;

use crate::daemon::{Daemon, OPEN, with_source};
use crate::records::{intrusion, routine};
use crate::support::Workplace;

/// Keys for tests, known to everybody.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHMKW3iHmDzkcyPHIcF5EjZE03imDswIqUbL9I5D6tzu
-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEABgcf2W40zD2Wh/dPZhyMRArixGGYKKIkEHYmM2qH0AQ=
-----END PUBLIC KEY-----\n";

const SIGNED: &str = "[evidence]\nkey_file = \"evidence.key\"\norigin = \"example.org/log\"\n";

fn verify(place: &Workplace, more: &[&str], code: i32) -> Value {
    place.json(&[&["verify", "store"], more].concat(), code)
}

/// A place with a history of two readings, signed.
fn signed() -> Workplace {
    let place = Workplace::new();
    place.write("roletrail.toml", SIGNED);
    place.write("evidence.key", KEY);
    fs::set_permissions(place.path("evidence.key"), fs::Permissions::from_mode(0o600)).expect("changed");
    place.write("evidence.pub", PUBLIC);
    place.json(&["demo", "--directory", "it"], 0);
    for trail in ["it/trail", "it/trail"] {
        place.json(&["ingest", trail], 0);
    }
    place
}

fn change(place: &Workplace, statement: &str) {
    let database = Connection::open(place.path("roletrail.db")).expect("the history opens");
    assert!(0 < database.execute(statement, []).expect(statement), "{statement}");
}

#[test]
fn the_history_of_the_demo_verifies_until_somebody_changes_it() {
    let place = Workplace::new();
    place.json(&["demo", "--directory", "it"], 0);
    let demo = ["--database", "sqlite://it/roletrail.db"];
    let found = verify(&place, &demo, 0);
    assert_eq!((&found["verified"], &found["checkpoint"]["signature"]), (&true.into(), &"none".into()), "{found}");
    assert!(found["rows"]["events"].as_u64().is_some_and(|events| 100 < events), "{found}");
    let told = place.ends(&[&["--format", "table", "verify", "store"][..], &demo].concat(), 0);
    assert!(told.stdout.contains("verified    all of it holds"), "{}", told.stdout);

    let database = Connection::open(place.path("it/roletrail.db")).expect("the history opens");
    let row: i64 = database.query_row("SELECT max(id) FROM events", [], |row| row.get(0)).expect("an event");
    database.execute("UPDATE events SET actor_arn = 'nobody' WHERE id = ?1", [row]).expect("changed");
    let found = verify(&place, &demo, 1);
    let problem = &found["problems"][0];
    assert_eq!((&problem["kind"], &problem["table"]), (&"row-edited".into(), &"events".into()), "{found}");
    assert_eq!((&problem["row"], &found["problems_found"]), (&row.to_string().into(), &1.into()), "{found}");
    assert!(problem["leaf"].is_u64(), "{found}");
    let told = place.ends(&[&["--format", "table", "verify", "store"][..], &demo].concat(), 1);
    assert!(told.stdout.contains(&format!("events {row}: ")), "{}", told.stdout);
}

#[test]
fn signed_checkpoints_are_checked_with_the_key_of_whoever_asks() {
    let place = signed();
    for more in [&[][..], &["--public-key", "evidence.pub"], &["--public-key", PUBLIC]] {
        let found = verify(&place, more, 0);
        assert_eq!(found["checkpoint"]["signature"], "valid", "{more:?} {found}");
    }
    let doctor = place.json(&["doctor"], 0);
    let details: Vec<_> = doctor["checks"].as_array().into_iter().flatten().map(|check| &check["detail"]).collect();
    let line = details.iter().find_map(|detail| detail.as_str()?.split("public key is ").nth(1)).expect("a key");
    verify(&place, &["--public-key", line], 0);
    assert!(details.iter().any(|detail| detail.as_str().is_some_and(|text| text.contains("newest checkpoint"))));
    let stranger = "example.org/log+00000000+AQ==";
    place.ends(&["verify", "store", "--public-key", stranger], 3);

    change(
        &place,
        "UPDATE evidence_checkpoints SET note = substr(note, 1, length(note) - 9) || 'AAAAAAA=' || char(10)",
    );
    let found = verify(&place, &[], 1);
    assert_eq!(found["problems"][0]["kind"], "signature-invalid", "{found}");
}

#[test]
fn an_older_copy_of_the_history_is_told_by_a_checkpoint_that_was_kept() {
    let place = signed();
    fs::copy(place.path("roletrail.db"), place.path("older.db")).expect("copied");
    place.json(&["ingest", "it/trail"], 0);
    let found = verify(&place, &[], 0);
    let note = found["checkpoint"]["note"].as_str().expect("a checkpoint").to_owned();
    place.write("checkpoint.txt", &note);
    let short = format!("{}:{}", found["size"], found["root"].as_str().expect("a root"));
    for kept in ["checkpoint.txt", note.as_str(), &short] {
        verify(&place, &["--min-checkpoint", kept], 0);
    }
    fs::copy(place.path("older.db"), place.path("roletrail.db")).expect("put back");
    verify(&place, &[], 0);
    for kept in ["checkpoint.txt", note.as_str(), &short] {
        let found = verify(&place, &["--min-checkpoint", kept], 1);
        assert_eq!(found["problems"][0]["kind"], "rolled-back", "{found}");
    }
    for wrong in ["nowhere.txt", "12:beef", "a\nb\nc"] {
        let told = place.ends(&["verify", "store", "--min-checkpoint", wrong], 3);
        assert!(told.stderr.contains("checkpoint") || told.stderr.contains(wrong), "{}", told.stderr);
    }
}

#[test]
fn a_report_names_a_checkpoint_and_tells_a_history_that_does_not_verify() {
    let place = signed();
    let report = |code| {
        let ran = place.json(&["report", "--format", "json", "--output", "out"], code);
        let directory = ran["directory"].as_str().expect("a directory").to_owned();
        let files = fs::read_dir(place.path(&directory)).expect("a pack");
        let path = files.map(|file| file.expect("a file").path()).find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with("roletrail-report-") && path.extension().is_some_and(|extension| extension == "json")
        });
        let text = fs::read(path.expect("the report")).expect("readable");
        serde_json::from_slice::<Value>(&text).expect("JSON")["integrity"].clone()
    };
    let log = report(2)["evidence_log"].clone();
    assert_eq!((&log["verified"], &log["signed_by"]), (&true.into(), &"example.org/log".into()), "{log}");
    let kept = format!("{}:{}", log["size"], log["root"].as_str().expect("a root"));
    let found = verify(&place, &["--min-checkpoint", &kept], 0);
    assert_eq!(found["anchors"], 2, "that of the report's register, and the one that was given: {found}");

    change(&place, "DELETE FROM events WHERE id = (SELECT min(id) FROM events)");
    let integrity = report(2);
    assert_eq!(integrity["evidence_log"]["verified"], false, "{integrity}");
    assert!(integrity["statements"].to_string().contains("DOES NOT VERIFY"), "{integrity}");
}

#[test]
fn nothing_to_verify_and_no_history_are_told_apart() {
    let place = Workplace::new();
    place.ends(&["verify", "store"], 4);
    place.ends(&["db", "migrate"], 0);
    let told = place.ends(&["verify", "store"], 3);
    assert!(told.stderr.contains("nothing to verify"), "{}", told.stderr);
}

#[test]
fn a_key_that_others_can_read_keeps_the_program_from_writing() {
    let place = signed();
    fs::set_permissions(place.path("evidence.key"), fs::Permissions::from_mode(0o644)).expect("changed");
    let told = place.ends(&["ingest", "it/trail"], 3);
    assert!(told.stderr.contains("chmod 600"), "{}", told.stderr);
    // Reading needs no key; without it signatures cannot be checked.
    assert_eq!(verify(&place, &[], 0)["checkpoint"]["signature"], "not-checked");
}

#[test]
fn the_daemon_says_whether_its_history_verifies() {
    let place = with_source(&[intrusion("v-1"), routine("v-2")]);
    let daemon = Daemon::start(&place);
    daemon.shows(OPEN, "1");
    daemon.shows("roletrail_evidence_verified", "1");
    assert_eq!(daemon.end(), 0);
    change(&place, "UPDATE event_concerns SET routine = 1, trusted = 1 WHERE routine = 0");
    let daemon = Daemon::start(&place);
    daemon.shows("roletrail_evidence_verified", "0");
    assert!(daemon.sample("roletrail_evidence_log_size").is_some_and(|size| size != "0"));
    let log = fs::read_to_string(place.path("daemon.log")).expect("a log");
    assert!(log.contains("the evidence log does not verify") && log.contains("row-edited"), "{log}");
}
