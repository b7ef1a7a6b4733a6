//! The ledger of trail objects: what it lists, the hashes in it, and what is left out for speed.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::records::{delivered, delivered_texts, gzip, intrusion, irrelevant, routine};
use crate::support::{Workplace, sorted};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hashes of one object in the ledger.
fn hashes(place: &Workplace, object: &str) -> [Value; 2] {
    let rows = place.list(&["objects", "--prefix", object]);
    let [row] = &rows[..] else { panic!("one object: {rows:?}") };
    ["sha256", "sha256_uncompressed"].map(|member| row[member].clone())
}

#[test]
fn objects_are_hashed_as_stored_and_uncompressed_when_asked_for() {
    let content = delivered(&[intrusion("a-1"), irrelevant("a-2")]);
    let packed = gzip(&content);
    for threads in ["1", "4"] {
        let place = Workplace::new();
        place.write("logs/plain.json", &content);
        place.write("logs/packed.json.gz", &packed);
        place.write("logs/cut.json.gz", &packed[..packed.len() - 9]);
        place.json(&["ingest", "logs", "--sha256", "--threads", threads], 2);
        assert_eq!(hashes(&place, "logs/plain.json"), [sha256(&content), sha256(&content)]);
        assert_eq!(hashes(&place, "logs/packed.json.gz"), [sha256(&packed), sha256(&content)]);
        assert_eq!(hashes(&place, "logs/cut.json.gz"), [Value::Null, Value::Null], "it could not be read");
        // A new version that is read without being asked for its hash must not keep the old one's.
        place.write("logs/plain.json", delivered(&[intrusion("a-1")]));
        place.json(&["ingest", "logs/plain.json", "--threads", threads], 0);
        assert_eq!(hashes(&place, "logs/plain.json"), [Value::Null, Value::Null]);
    }
}

#[test]
fn an_object_that_was_read_without_its_hash_is_hashed_later_and_not_parsed_again() {
    for threads in ["1", "4"] {
        let place = Workplace::new();
        let content = delivered_texts(&[&intrusion("a-1").to_string(), "{\"eventID\":17,"]);
        place.write("logs/a.json.gz", gzip(&content));
        place.write("logs/gone.json", delivered(&[routine("b-1")]));
        place.ingest(&["logs"], 2);
        place.write("c.toml", "[collect]\nsha256 = true\n");
        place.json(&["ingest", "logs", "--config", "c.toml"], 2);
        assert_eq!(hashes(&place, "logs/a"), [Value::Null, Value::Null], "the setting is for what is read");
        let report = place.json(&["ingest", "logs", "--sha256", "--threads", threads], 2);
        assert_eq!((&report["objects"]["already_ingested"], &report["records"]["read"]), (&2.into(), &0.into()));
        assert_eq!(hashes(&place, "logs/a"), [sha256(&gzip(&content)), sha256(&content)]);
        let rows = place.list(&["objects", "--prefix", "logs/a"]);
        assert_eq!(
            (&rows[0]["records"]["rejected"], &rows[0]["records"]["kept"]),
            (&1.into(), &1.into()),
            "{rows:?}"
        );
        // Nothing is left to be hashed.
        place.json(&["ingest", "logs", "--sha256", "--threads", threads], 2);
    }
}

#[test]
fn the_ledger_is_listed_by_name_and_can_be_narrowed() {
    let place = Workplace::new();
    place.write("logs/b.json", delivered(&[intrusion("b-1"), irrelevant("b-2")]));
    place.write("logs/a.json", "no log");
    let digest = json!({"awsAccountId": "1", "digestStartTime": "x", "digestEndTime": "y", "logFiles": []});
    place.write("logs/c/digest.json", digest.to_string());
    place.write("more.json", delivered(&[routine("m-1")]));
    place.run(&["ingest", "logs", "more.json"]);
    let listed = |more: &[&str]| sorted(&place.list(&[&["objects"], more].concat()), "object");
    assert_eq!(listed(&[]), ["logs/a.json", "logs/b.json", "logs/c/digest.json", "more.json"]);
    assert_eq!(listed(&["--prefix", "logs/"]).len(), 3);
    assert_eq!(listed(&["--fate", "rejected"]), ["logs/a.json"]);
    assert_eq!(listed(&["--fate", "skipped"]), ["logs/c/digest.json"]);
    assert_eq!(listed(&["--fate", "read", "--prefix", "m"]), ["more.json"]);
    assert_eq!(listed(&["--limit", "2"]), ["logs/a.json", "logs/b.json"]);
    assert_eq!((listed(&["--since", "1h"]).len(), listed(&["--until", "1h"]).len()), (4, 0));
    let rows = place.list(&["objects", "--prefix", "logs/b"]);
    let expected = json!({"read": 2, "kept": 1, "duplicate": 0, "irrelevant": 1, "rejected": 0});
    assert_eq!((&rows[0]["records"], &rows[0]["fate"]), (&expected, &"read".into()));
    assert!(0 < rows[0]["size"].as_u64().expect("a size") && rows[0]["read_at"].is_string(), "{rows:?}");
    let table = place.ends(&["objects", "--format", "table", "--limit", "1"], 0);
    assert!(table.stdout.contains("logs/a.json") && table.stderr.contains("the first 1 of more"), "{table:?}");
}

#[test]
fn what_is_not_counted_is_said_and_what_is_found_is_the_same() {
    let place = Workplace::new();
    place.write("a.json", delivered(&[intrusion("a-1"), irrelevant("a-2"), routine("a-3"), intrusion("a-1")]));
    // Its name promises five events, which nobody can compare then.
    let name = "Actiontrail_cn-hangzhou_20260304050607_1002_5_100_0123456789abcdef.gz";
    place.write(name, gzip(&json!([crate::records::alibaba_routine("o-1")]).to_string().into_bytes()));
    let report = place.json(&["ingest", "a.json", name, "--no-count", "--threads", "2"], 0);
    let records = json!({"read": null, "kept": 3, "duplicate": 1, "irrelevant": null, "rejected": 0});
    assert_eq!(report["records"], records);
    assert_eq!(sorted(&place.list(&["events"]), "event_id"), ["a-1", "a-3", "o-1"]);
    let rows = place.list(&["objects", "--prefix", "a.json"]);
    assert_eq!(rows[0]["records"]["read"], Value::Null, "{rows:?}");
    let again = place.ends(&["ingest", "a.json", name, "--no-count", "--format", "table"], 0).stdout;
    let last = again.lines().last().expect("a line");
    assert_eq!(last, "records   not counted (--no-count) · 0 kept · 0 duplicate · 0 rejected");
    let counted = place.ends(&["ingest", "a.json", "--format", "table"], 0).stdout;
    assert!(counted.lines().last().is_some_and(|line| line.starts_with("records   0 read · ")), "{counted}");
}
