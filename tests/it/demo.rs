//! The demo: the real pipeline on the simulated organisation says what its story says.

use std::collections::BTreeSet;

use jiff::Timestamp;
use roletrail::simulation;
use serde_json::Value;

use crate::support::{Workplace, reconcile};

const DATABASE: &str = "sqlite://it/roletrail.db";

fn demo(place: &Workplace) -> Value {
    place.json(&["demo", "--directory", "it"], 0)
}

#[test]
fn every_account_is_judged_as_the_story_says_and_nothing_else_is_found() {
    let place = Workplace::new();
    let scan = demo(&place);
    reconcile(&scan["trail"]);
    assert_eq!(scan["schema"], 1);
    let verdicts = place.list(&["verdicts", "--database", DATABASE]);
    let all = place.list(&["findings", "--database", DATABASE]);
    let counts = |finding: &&Value| finding["severity"] != "info" && finding["rule"] != "collection-gap";
    let findings: Vec<_> = all.iter().filter(counts).collect();
    // The story's accounts do not depend on when it is told.
    let expected = simulation::demo(Timestamp::UNIX_EPOCH).expected;
    let mut explained = 0;
    for account in &expected {
        let of_account =
            |row: &&Value| row["account"] == account.account.as_str() && row["profile"] == account.profile.as_str();
        let verdict = verdicts.iter().find(of_account).unwrap_or_else(|| panic!("no verdict of {account:?}"));
        assert_eq!(verdict["verdict"], account.verdict.as_str(), "{account:?} {verdict}");
        assert_eq!(verdict["basis"], "observed", "{verdict}");
        let found: Vec<_> = findings.iter().copied().filter(|row| of_account(row)).collect();
        let rules: BTreeSet<_> = found.iter().filter_map(|finding| finding["rule"].as_str()).collect();
        assert_eq!(rules, account.rules.iter().map(String::as_str).collect(), "{account:?}");
        explained += found.len();
    }
    assert_eq!(explained, findings.len(), "a finding that no account of the story explains: {findings:?}");
    let others: Vec<_> = verdicts
        .iter()
        .filter(|row| !expected.iter().any(|known| row["profile"] == known.profile.as_str()))
        .filter(|row| row["verdict"] != "unknown")
        .collect();
    assert!(others.is_empty(), "nothing is known of the other profiles: {others:?}");
    the_clean_accounts_show_their_positive_proof(&place, &verdicts);
}

/// What a clean account shows for it. Part of the test above: a demo takes its time.
fn the_clean_accounts_show_their_positive_proof(place: &Workplace, verdicts: &[Value]) {
    let clean: Vec<_> = verdicts.iter().filter(|row| row["verdict"] == "clean").collect();
    assert_eq!(clean.len(), 2);
    for row in clean {
        let proof = &row["assumptions"];
        assert!(10 < proof["total"].as_u64().expect("a count"), "{row}");
        assert_eq!(proof["total"], proof["by_trusted"], "{row}");
        let coverage = &row["coverage"];
        assert!(0 < coverage["regions_expected"].as_u64().expect("a count"), "{row}");
        assert_eq!(coverage["regions_expected"], coverage["regions_complete"], "{row}");
        assert_eq!(coverage["missing"], Value::Array(Vec::new()), "{row}");
        assert_eq!((&row["role"], &row["stores"]["needing_role"]), (&"present".into(), &1.into()), "{row}");
    }
    // The events say the same as the verdict.
    let events =
        place.ends(&["events", "--database", DATABASE, "--account", "111122223333", "--format", "ndjson"], 0);
    let assumed = events.stdout.lines().filter(|line| line.contains("\"name\":\"AssumeRole\"")).count();
    let verdict = verdicts.iter().find(|row| row["account"] == "111122223333" && row["verdict"] == "clean");
    assert_eq!(verdict.expect("a verdict")["assumptions"]["total"], assumed);
}

#[test]
fn a_demo_replaces_its_own_directory_and_no_other() {
    let place = Workplace::new();
    place.write("mine/precious.txt", "precious");
    let refused = place.ends(&["demo", "--directory", "mine"], 3);
    assert!(refused.stderr.contains("was not made by"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(place.path("mine/precious.txt")).expect("is there"), "precious");
    let first = demo(&place);
    assert!(first["verdicts"]["clean"].as_u64().is_some_and(|clean| 0 < clean), "{first}");
    let table = place.ends(&["demo", "--directory", "it", "--format", "table"], 0);
    for part in ["Regions complete", "unexpected-assumer", "What to try next"] {
        assert!(table.stdout.contains(part), "{part}: {}", table.stdout);
    }
}
