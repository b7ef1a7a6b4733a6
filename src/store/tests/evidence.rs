//! The evidence log over histories that nobody has touched.

use rusqlite::Connection;

use super::random_history::{opened, write};
use super::{Fixture, at, bare_event, open};
use crate::evidence::{SignatureState, SigningKey, Verification};
use crate::model::{RunKind, SourceSummary};
use crate::store::{Access, EvidenceCheck, Store};

pub(super) fn verify(store: &Store, check: &EvidenceCheck) -> Verification {
    store.verify_evidence(check, &|| false).expect("read").expect("not stopped").0
}

pub(super) fn with_key() -> EvidenceCheck {
    let key = SigningKey::from_pem(super::random_history::KEY).expect("a key");
    EvidenceCheck { keys: vec![*key.public()], least: None }
}

#[test]
fn whatever_runs_did_and_however_they_ended_the_log_speaks_for_it() {
    for seed in 0..12 {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("history.db");
        write(&path, seed, 9);
        let store = open(&path, Access::Read).expect("a history");
        let found = verify(&store, &with_key());
        assert_eq!((found.problems, found.gaps), (vec![], Vec::<String>::new()), "seed {seed}");
        assert!(found.verified && 20 < found.size, "seed {seed}");
        assert_eq!(found.checkpoint.map(|last| last.signature), Some(SignatureState::Valid));
        let tables = found.rows.len();
        assert!(16 < tables, "seed {seed}: {:?}", found.rows);
    }
}

#[test]
fn observing_the_same_again_adds_no_leaf() {
    let fixture = Fixture::new();
    let save = |minutes| {
        let mut collection = crate::model::Collection::new(crate::model::Provider::Aws, super::OWNER, at(minutes));
        collection.roles.push(super::observation(Some(super::role("AROA1"))));
        collection.coverage.push(super::coverage("eu-west-1", crate::model::Outcome::Complete, minutes));
        fixture.store.save_collection(fixture.run, &collection).expect("saved");
        fixture.store.evidence_size().expect("counted")
    };
    let first = save(10);
    assert_eq!(save(20), first);
    assert_eq!(save(30), first);
}

#[test]
fn a_run_is_a_leaf_at_its_begin_and_at_its_end_and_a_checkpoint() {
    let fixture = Fixture::new();
    fixture.ingest("o1", &[bare_event("a", 1)]);
    fixture.store.finish_run(fixture.run, at(9), true, &SourceSummary::default()).expect("finished");
    let whats: String = fixture.sql("SELECT group_concat(json_extract(payload, '$.what'), ' ') FROM evidence");
    assert_eq!(whats, "genesis run-began rows run-finished");
    let payload: String = fixture.sql("SELECT payload FROM evidence WHERE leaf = 3");
    assert!(payload.contains("\"complete\":true") && payload.contains("\"origin\":\"roletrail\""), "{payload}");
    let head = fixture.store.checkpoint_before(at(10)).expect("read").expect("one");
    assert_eq!((head.made_at, head.checkpoint.checkpoint.size), (at(9), 4));
    assert_eq!(fixture.store.checkpoint_before(at(9)).expect("read"), None);
}

#[test]
fn the_checkpoint_of_the_news_stays_while_nothing_new_comes() {
    let fixture = Fixture::new();
    let run = |minutes| {
        let run = fixture.store.begin_run(RunKind::Analyze, at(minutes)).expect("begun");
        fixture.store.finish_run(run, at(minutes), true, &SourceSummary::default()).expect("finished");
        fixture.store.checkpoint_of_news().expect("read").map(|head| head.made_at)
    };
    assert_eq!(run(1), None);
    fixture.ingest("o1", &[bare_event("a", 1)]);
    assert_eq!([run(2), run(3), run(4)], [Some(at(2)); 3]);
    fixture.ingest("o2", &[bare_event("b", 1)]);
    assert_eq!([run(5), run(6)], [Some(at(5)); 2]);
}

#[test]
fn a_history_from_before_the_log_is_taken_over_as_it_stands() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("history.db");
    write(&path, 3, 6);
    let rows = verify(&open(&path, Access::Read).expect("a history"), &with_key()).rows;
    let sql = "DELETE FROM evidence; DELETE FROM evidence_checkpoints; UPDATE reports SET checkpoint = NULL";
    Connection::open(&path).and_then(|connection| connection.execute_batch(sql)).expect("put back");
    let found = verify(&opened(&path), &EvidenceCheck::default());
    assert_eq!((found.problems, &found.rows), (vec![], &rows));
    assert_eq!(found.inherited_rows, rows.values().sum::<u64>());
    assert!(!found.verified && found.gaps[0].contains("no checkpoint"), "{:?}", found.gaps);
}

#[test]
fn news_are_verified_without_the_rest() {
    let fixture = Fixture::new();
    let (_, mut log) =
        fixture.store.verify_evidence(&EvidenceCheck::default(), &|| false).expect("read").expect("not stopped");
    fixture.ingest("o1", &[bare_event("a", 1), bare_event("b", 1)]);
    fixture.ingest("o1", &[bare_event("c", 2)]);
    fixture.store.finish_run(fixture.run, at(9), true, &SourceSummary::default()).expect("finished");
    assert!(fixture.store.verify_news(&mut log).expect("read"));
    let size = fixture.store.evidence_size().expect("counted");
    let run = fixture.store.begin_run(RunKind::Ingest, at(10)).expect("begun");
    fixture.ingest("o2", &[bare_event("d", 1)]);
    fixture.store.finish_run(run, at(11), true, &SourceSummary::default()).expect("finished");
    fixture.sql_run("UPDATE events SET raw = '{}' WHERE event_id = 'd'");
    assert!(!fixture.store.verify_news(&mut log).expect("read"));
    fixture.sql_run("UPDATE events SET raw = '{\"a\":1}' WHERE event_id = 'd'");
    assert!(size < fixture.store.evidence_size().expect("counted"));
    assert!(!log.is_sound(), "what was broken once stays so until everything is verified again");
}

#[test]
fn a_verification_that_is_told_to_stop_says_nothing() {
    let fixture = Fixture::new();
    assert!(fixture.store.verify_evidence(&EvidenceCheck::default(), &|| true).expect("read").is_none());
}
