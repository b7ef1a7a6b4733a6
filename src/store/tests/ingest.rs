//! Trail objects: once each, whole or not at all.

use super::{Fixture, OTHER, OWNER, PROFILE, assumption, at, bare_event, identity, owner};
use crate::model::{Account, ConcernKind, FindingEvent, Provider, Reject, SourceSummary, TaskStatus, TrailEvent};
use crate::store::{EventRow, HistoryFilter, LedgerEntry, ObjectFate, StoreError};

fn events(fixture: &Fixture, filter: &HistoryFilter) -> Vec<EventRow> {
    let mut rows = Vec::new();
    let mut visit = |row| {
        rows.push(row);
        true
    };
    fixture.store.events(filter, &mut visit).expect("listed");
    rows
}

fn ids(rows: &[EventRow]) -> Vec<&str> {
    rows.iter().map(|row| row.event.id.as_str()).collect()
}

fn reject(object: &str, record: Option<u64>) -> Reject {
    Reject { object: object.to_owned(), record, offset: Some(7), reason: "broken".to_owned(), raw: b"{".to_vec() }
}

#[test]
fn an_event_comes_back_as_it_was_stored() {
    let fixture = Fixture::new();
    let mut event = assumption("e1", 3, false);
    event.store = Some("cks-1".to_owned());
    event.error_code = Some("AccessDenied".to_owned());
    event.shared_id = Some("shared".to_owned());
    assert_eq!(fixture.ingest("o1", std::slice::from_ref(&event)), 1);
    let rows = events(&fixture, &HistoryFilter::default());
    assert_eq!(rows, [EventRow { event, ingested_at: at(0) }]);
}

#[test]
fn the_event_of_a_finding_is_that_of_its_account_or_else_the_one_of_that_id() {
    let fixture = Fixture::new();
    let here = assumption("e1", 3, false);
    let mut there = here.clone();
    OTHER.clone_into(&mut there.account);
    let mut twin = there.clone();
    "e2".clone_into(&mut twin.id);
    fixture.ingest("o1", &[there, here.clone(), twin]);
    let wanted = |id: &str| FindingEvent { time: at(3), id: id.to_owned() };
    let found = |account: &str, id| {
        let event = fixture.store.event(&Account::new(Provider::Aws, account), &wanted(id)).expect("read");
        event.map(|row| (row.event.account, row.event.id))
    };
    for account in [here.account.as_str(), OTHER] {
        assert_eq!(found(account, "e1"), Some((account.to_owned(), "e1".to_owned())));
        assert_eq!(found(account, "e2"), Some((OTHER.to_owned(), "e2".to_owned())), "asked for {account}");
        assert_eq!(found(account, "e3"), None);
    }
}

#[test]
fn a_repeated_event_is_stored_and_counted_once() {
    let fixture = Fixture::new();
    let event = assumption("5b2c3d4e-0000-4000-8000-00000000abcd", 3, true);
    let mut upper = event.clone();
    upper.id = upper.id.to_ascii_uppercase();
    assert_eq!(fixture.ingest("o1", &[event.clone(), event.clone(), upper]), 1);
    assert_eq!(fixture.ingest("o2", std::slice::from_ref(&event)), 0);
    let mut elsewhere = event.clone();
    elsewhere.account = OTHER.to_owned();
    assert_eq!(fixture.ingest("o3", &[elsewhere]), 1, "the same id in another account is another record");
    assert_eq!(fixture.sql::<i64>("SELECT sum(routine) FROM role_use"), 2);
    let count = fixture.store.assumptions(&owner(), PROFILE, at(0), at(10)).expect("counted");
    assert_eq!((count.total, count.by_trusted), (1, 1), "one assumption in two records is one");
}

#[test]
fn a_record_that_replaces_another_takes_its_place_and_its_counts() {
    let fixture = Fixture::new();
    let old = assumption("old", 3, true);
    let mut new = assumption("new", 3, false);
    new.replaces = Some("old".to_owned());
    for (name, order) in
        [("o1", vec![old.clone(), assumption("kept", 4, true)]), ("o2", vec![new.clone()]), ("o3", vec![old])]
    {
        fixture.ingest(name, &order);
    }
    assert_eq!(fixture.event_ids(), ["new", "kept"]);
    assert_eq!(fixture.sql::<i64>("SELECT sum(routine) FROM role_use"), 1);
    assert_eq!(fixture.sql::<i64>("SELECT sum(trusted_assumptions) FROM role_use"), 1);
    assert_eq!(fixture.sql::<i64>("SELECT sum(assumptions) FROM role_use"), 2);
    assert_eq!(fixture.sql::<i64>("SELECT count(*) FROM event_concerns"), 2);
}

#[test]
fn a_record_may_replace_an_earlier_one_of_its_own_id() {
    let fixture = Fixture::new();
    let old = assumption("same", 3, true);
    let mut new = assumption("same", 3, false);
    new.replaces = Some("same".to_owned());
    assert_eq!(fixture.ingest("o1", &[old.clone(), new.clone(), old, new.clone()]), 2);
    let rows = events(&fixture, &HistoryFilter::default());
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].event, new);
}

#[test]
fn a_dropped_object_leaves_no_trace_and_its_neighbours_stay() {
    let fixture = Fixture::new();
    let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
    for (name, finish) in [("good", true), ("bad", false), ("fine", true)] {
        let mut object = batch.object().expect("an object");
        let mut event = assumption(name, 3, true);
        event.account = format!("{name}-account");
        assert!(object.add_event(&event).expect("stored"));
        object.add_reject(&reject(name, Some(1))).expect("stored");
        if finish {
            object.finish(&identity(name), ObjectFate::Read, None, &SourceSummary::default()).expect("finished");
        }
    }
    batch.commit().expect("committed");
    assert_eq!(fixture.event_ids(), ["good", "fine"]);
    assert_eq!(fixture.sql::<i64>("SELECT count(*) FROM rejects WHERE object = 'bad'"), 0);
    assert_eq!(fixture.sql::<i64>("SELECT count(*) FROM accounts WHERE account = 'bad-account'"), 0);
    assert_eq!(fixture.sql::<i64>("SELECT sum(routine) FROM role_use"), 2);
    assert_eq!(fixture.store.ledger_entry(&identity("bad")).expect("asked"), None);
}

#[test]
fn a_dropped_batch_leaves_no_trace() {
    let fixture = Fixture::new();
    let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
    let mut object = batch.object().expect("an object");
    object.add_event(&assumption("e", 3, true)).expect("stored");
    object.finish(&identity("o"), ObjectFate::Read, None, &SourceSummary::default()).expect("finished");
    drop(batch);
    assert!(fixture.event_ids().is_empty());
    assert_eq!(fixture.ingest("o", &[assumption("e", 3, true)]), 1, "the writer is usable again");
}

/// A full disk ends an object in its middle: what the batch says to be stored is stored, and nothing else.
#[test]
fn a_full_disk_loses_nothing_that_was_said_to_be_stored() {
    let fixture = Fixture::new();
    let limit = |pages: i64| {
        let mut writer = fixture.store.writer().expect("the writer");
        let connection = writer.connection().expect("open");
        connection.pragma_update(None, "max_page_count", pages).expect("a limit");
    };
    limit(fixture.sql::<i64>("PRAGMA page_count") + 3);
    let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
    let mut object = batch.object().expect("an object");
    object.add_event(&assumption("first", 1, true)).expect("stored");
    object.finish(&identity("o1"), ObjectFate::Read, None, &SourceSummary::default()).expect("finished");
    let mut object = batch.object().expect("an object");
    let failed = (0..500).find_map(|number| object.add_event(&assumption(&format!("e{number}"), 2, true)).err());
    assert!(matches!(failed, Some(StoreError::Sqlite(_))), "{failed:?}");
    drop(object);
    let committed = batch.commit().is_ok();
    assert_eq!(fixture.event_ids(), if committed { vec!["first"] } else { vec![] });
    limit(1 << 20);
    assert_eq!(fixture.ingest("o2", &[assumption("e0", 2, true)]), 1, "usable again without a restart");
    assert_eq!(fixture.store.quick_check().expect("checked"), Vec::<String>::new());
}

#[test]
fn a_batch_of_many_objects_says_that_it_should_be_committed() {
    let fixture = Fixture::new();
    let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
    let mut due_after = None;
    for number in 0..300 {
        if due_after.is_none() && batch.is_due() {
            due_after = Some(number);
        }
        let object = batch.object().expect("an object");
        let name = format!("o{number}");
        object.finish(&identity(&name), ObjectFate::Read, None, &SourceSummary::default()).expect("finished");
    }
    assert!(due_after.is_some_and(|number| number <= 256), "{due_after:?}");
    assert_eq!(fixture.sql::<i64>("SELECT count(*) FROM objects"), 0, "nothing is stored before the commit");
    batch.commit().expect("committed");
    assert_eq!(fixture.sql::<i64>("SELECT count(*) FROM objects"), 300);
}

#[test]
fn the_ledger_knows_the_very_version_of_an_object() {
    let fixture = Fixture::new();
    fixture.ingest("o1", &[]);
    let entry = fixture.store.ledger_entry(&identity("o1")).expect("asked");
    assert_eq!(
        entry,
        Some(LedgerEntry { fate: ObjectFate::Read, records: Some(0), rejected_records: 0, hashed: false })
    );
    for changed in [
        identity("o2"),
        crate::store::ObjectIdentity { size: 11, ..identity("o1") },
        crate::store::ObjectIdentity { version: "2".to_owned(), ..identity("o1") },
    ] {
        assert_eq!(fixture.store.ledger_entry(&changed).expect("asked"), None, "{changed:?}");
    }
}

#[test]
fn the_rejects_of_a_later_try_take_the_place_of_the_earlier_ones() {
    let fixture = Fixture::new();
    let tries: [&[Option<u64>]; 3] = [&[None], &[Some(3), Some(9)], &[]];
    for records in tries {
        let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
        let mut object = batch.object().expect("an object");
        for record in records {
            object.add_reject(&reject("o1", *record)).expect("stored");
        }
        let counts = SourceSummary { records_rejected: records.len() as u64, ..SourceSummary::default() };
        object.finish(&identity("o1"), ObjectFate::Rejected, Some(Provider::Aws), &counts).expect("finished");
        batch.commit().expect("committed");
        let stored = fixture.store.rejects(&HistoryFilter::default()).expect("listed");
        let mut stored: Vec<Option<u64>> = stored.iter().map(|reject| reject.record).collect();
        stored.reverse();
        assert_eq!(stored, records);
        let entry = fixture.store.ledger_entry(&identity("o1")).expect("asked").expect("known");
        assert_eq!(entry.rejected_records, records.len() as u64);
    }
}

#[test]
fn only_the_beginning_of_a_rejected_record_is_kept() {
    let fixture = Fixture::new();
    let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
    let mut object = batch.object().expect("an object");
    object.add_reject(&Reject { raw: vec![b'x'; 1 << 20], ..reject("o1", Some(1)) }).expect("stored");
    object.finish(&identity("o1"), ObjectFate::Read, None, &SourceSummary::default()).expect("finished");
    batch.commit().expect("committed");
    assert_eq!(fixture.sql::<i64>("SELECT max(length(raw)) FROM rejects"), 64 << 10);
}

#[test]
fn listings_follow_account_profile_and_time_newest_first() {
    let fixture = Fixture::new();
    let mut elsewhere = assumption("elsewhere", 2, false);
    elsewhere.account = OTHER.to_owned();
    let mut all: Vec<TrailEvent> =
        vec![assumption("a", 1, false), elsewhere, bare_event("bare", 3), assumption("b", 4, true)];
    // More than a page, several in the same instant.
    all.extend((0..1200).map(|number| bare_event(&format!("n{number}"), 10 + number / 7)));
    fixture.ingest("o1", &all);
    let account = Some(OWNER.to_owned());
    let until = Some(at(5));
    let profile = Some(PROFILE.to_owned());
    let base = HistoryFilter { until, ..HistoryFilter::default() };
    for (filter, expected) in [
        (base.clone(), vec!["b", "bare", "elsewhere", "a"]),
        (HistoryFilter { account: account.clone(), ..base.clone() }, vec!["b", "bare", "a"]),
        (
            HistoryFilter { account: account.clone(), profile: profile.clone(), ..base.clone() },
            vec!["b", "elsewhere", "a"],
        ),
        (HistoryFilter { profile, ..base.clone() }, vec!["b", "elsewhere", "a"]),
        (HistoryFilter { since: Some(at(3)), ..base.clone() }, vec!["b", "bare"]),
        (HistoryFilter { at: Some(at(2)), ..base.clone() }, vec!["elsewhere", "a"]),
        (HistoryFilter { limit: Some(2), ..base.clone() }, vec!["b", "bare"]),
        (HistoryFilter { provider: Some(Provider::Alibaba), ..base.clone() }, vec![]),
    ] {
        assert_eq!(ids(&events(&fixture, &filter)), expected, "{filter:?}");
    }
    assert_eq!(events(&fixture, &HistoryFilter::default()).len(), 1204);
    let rows = events(&fixture, &HistoryFilter { account, ..HistoryFilter::default() });
    assert_eq!(rows.len(), 1203);
    assert!(rows.is_sorted_by(|left, right| left.event.time >= right.event.time));
}

#[test]
fn an_event_makes_its_account_known_and_the_owner_due() {
    let fixture = Fixture::new();
    let mut event = assumption("e", 3, false);
    event.account = OTHER.to_owned();
    fixture.ingest("o1", &[event.clone()]);
    let due = fixture.store.accounts_to_judge(at(10), false).expect("asked");
    assert_eq!(due, [owner(), Account::new(Provider::Aws, OTHER)]);
    assert_eq!(fixture.sql::<i64>("SELECT own FROM accounts WHERE account = '111122223333'"), 0);
    assert_eq!(fixture.sql::<i64>("SELECT own FROM accounts WHERE account = '444455556666'"), 1);
    event.account = OWNER.to_owned();
    fixture.ingest("o2", &[event]);
    assert_eq!(fixture.sql::<i64>("SELECT own FROM accounts WHERE account = '111122223333'"), 1);
}

#[test]
fn a_deletion_event_makes_a_task_that_inventory_updates() {
    let fixture = Fixture::new();
    let mut event = assumption("delete", 3, false);
    event.concerns[0].kind = ConcernKind::RoleDeletion;
    event.deletion_task = Some("task/1".to_owned());
    fixture.ingest("o1", &[event]);
    let tasks = fixture.store.tasks(&HistoryFilter::default()).expect("listed");
    assert_eq!(tasks.len(), 1);
    let task = &tasks[0].task;
    assert_eq!((task.status, task.submitted_at, task.checked_at), (TaskStatus::Unknown, at(3), None));
    assert_eq!(task.submitted_by.as_deref(), Some("arn:aws:iam::444455556666:user/eve"));
    assert_eq!((task.account.as_str(), task.event_id.as_deref()), (OWNER, Some("delete")));
}
