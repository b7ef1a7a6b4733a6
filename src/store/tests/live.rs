//! What live collection needs of the history: trails, deletion tasks that are polled, readings that go on.

use jiff::Timestamp;

use super::{Fixture, OWNER, PROFILE, assumption, at, coverage, identity, key_store, owner};
use crate::model::{
    Account, Collection, Coverage, CoverageKey, DeletionTask, JudgingSettings, LookupProgress, Outcome, Provider,
    Reject, SourceSummary, StoreState, TaskStatus, TrailSettings, api,
};
use crate::store::{HistoryFilter, ObjectFate, ObjectIdentity};

fn trail(name: &str, logging: Option<bool>) -> TrailSettings {
    let arn = format!("arn:aws:cloudtrail:eu-west-1:{OWNER}:trail/{name}");
    TrailSettings { logging, ..TrailSettings::new(name, arn) }
}

fn save_trails(fixture: &Fixture, minutes: i64, trails: Option<Vec<TrailSettings>>) {
    let collection = Collection { trails, ..Collection::new(Provider::Aws, OWNER, at(minutes)) };
    fixture.store.save_collection(fixture.run, &collection).expect("saved");
}

/// Trail states at a moment as (name, from, to, last seen) in minutes.
fn spans(fixture: &Fixture, as_of: Timestamp) -> Vec<(String, i64, Option<i64>, i64)> {
    let minutes = |time: Timestamp| time.duration_since(at(0)).as_mins();
    let evidence = fixture.store.evidence(&owner(), as_of, JudgingSettings::default()).expect("evidence");
    let read = |span: crate::model::TrailSpan| {
        (span.trail.name, minutes(span.valid_from), span.valid_to.map(minutes), minutes(span.last_seen))
    };
    evidence.trails.into_iter().map(read).collect()
}

#[test]
fn trails_are_kept_over_time_and_end_only_with_a_complete_list() {
    let fixture = Fixture::new();
    save_trails(&fixture, 10, Some(vec![trail("a", Some(true)), trail("b", Some(true))]));
    save_trails(&fixture, 20, None);
    save_trails(&fixture, 30, Some(vec![trail("a", Some(false)), trail("b", Some(true))]));
    save_trails(&fixture, 40, Some(vec![trail("b", Some(true))]));
    let named = |name: &str, from, to, seen| (name.to_owned(), from, to, seen);
    let expected = [named("a", 10, Some(30), 10), named("b", 10, None, 40), named("a", 30, Some(40), 30)];
    assert_eq!(spans(&fixture, at(40)), expected);
    assert_eq!(fixture.store.trails(&owner()).expect("listed").len(), 3);
    assert_eq!(spans(&fixture, at(25)), [named("a", 10, None, 10), named("b", 10, None, 25)]);
    save_trails(&fixture, 50, Some(Vec::new()));
    assert!(spans(&fixture, at(50)).iter().all(|(_, _, to, _)| to.is_some()));
}

#[test]
fn a_change_of_a_trail_makes_its_account_due() {
    let fixture = Fixture::new();
    let mut news = Vec::new();
    for (minutes, logging) in [(10, true), (20, true), (30, false)] {
        let before = fixture.sql::<i64>("SELECT ifnull(max(changes), 0) FROM accounts");
        save_trails(&fixture, minutes, Some(vec![trail("a", Some(logging))]));
        news.push(fixture.sql::<i64>("SELECT max(changes) FROM accounts") != before);
    }
    assert_eq!(news, [true, false, true]);
}

fn progress(region: &str, query: &str, reached: Option<i64>, done: bool) -> LookupProgress {
    LookupProgress {
        region: region.to_owned(),
        query: query.to_owned(),
        window_from: at(0),
        window_to: at(60),
        reached: reached.map(at),
        done,
    }
}

#[test]
fn progress_is_kept_by_account_region_and_query_until_it_is_cleared() {
    let fixture = Fixture::new();
    let (store, other) = (&fixture.store, Account::new(Provider::Aws, "444455556666"));
    assert_eq!(store.lookup_progress(&owner(), "eu-west-1").expect("read"), []);
    let rows = [progress("eu-west-1", "name=A", None, false), progress("eu-west-1", "name=B", Some(30), false)];
    store.save_lookup_progress(&owner(), &rows).expect("saved");
    store.save_lookup_progress(&owner(), &[progress("us-east-1", "name=A", None, false)]).expect("saved");
    store.save_lookup_progress(&other, &[progress("eu-west-1", "name=A", None, true)]).expect("saved");
    let further = progress("eu-west-1", "name=A", Some(10), true);
    store.save_lookup_progress(&owner(), std::slice::from_ref(&further)).expect("saved");
    assert_eq!(store.lookup_progress(&owner(), "eu-west-1").expect("read"), [further, rows[1].clone()]);
    store.clear_lookup_progress(&owner(), "eu-west-1").expect("cleared");
    assert_eq!(store.lookup_progress(&owner(), "eu-west-1").expect("read"), []);
    assert_eq!(store.lookup_progress(&owner(), "us-east-1").expect("read").len(), 1);
    assert_eq!(store.lookup_progress(&other, "eu-west-1").expect("read").len(), 1);
}

#[test]
fn events_and_progress_are_stored_together_or_not_at_all() {
    let fixture = Fixture::new();
    let row = progress("eu-west-1", "name=A", Some(10), false);
    for commit in [false, true] {
        let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
        let mut object = batch.object().expect("an object");
        object.add_event(&assumption("one", 10, false)).expect("stored");
        let counts = SourceSummary::default();
        object.finish(&identity("page"), ObjectFate::Read, Some(Provider::Aws), &counts).expect("finished");
        batch.save_lookup_progress(&owner(), std::slice::from_ref(&row)).expect("noted");
        if commit {
            batch.commit().expect("committed");
        }
        let stored = (fixture.event_ids().len(), fixture.store.lookup_progress(&owner(), "eu-west-1").expect("read"));
        let expected = if commit { (1, vec![row.clone()]) } else { (0, Vec::new()) };
        assert_eq!(stored, expected, "committed: {commit}");
    }
    let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
    batch.clear_lookup_progress(&owner(), "eu-west-1").expect("cleared");
    batch.commit().expect("committed");
    assert_eq!(fixture.store.lookup_progress(&owner(), "eu-west-1").expect("read"), []);
}

#[test]
fn parts_of_an_object_add_up_until_its_version_changes() {
    let fixture = Fixture::new();
    let part = |version: &str, record: Option<u64>| {
        let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
        let mut writer = batch.object().expect("an object");
        let object = ObjectIdentity { version: version.to_owned(), ..identity("lookup://a/q") };
        if let Some(record) = record {
            let reason = format!("broken {record}");
            let reject =
                Reject { object: object.name.clone(), record: Some(record), offset: None, reason, raw: Vec::new() };
            writer.add_reject(&reject).expect("stored");
        }
        let rejected = u64::from(record.is_some());
        let counts = SourceSummary { records_read: 2, records_rejected: rejected, ..SourceSummary::default() };
        let whole = writer.finish_part(&object, Some(Provider::Aws), &counts).expect("finished");
        batch.commit().expect("committed");
        let rejects = fixture.store.rejects(&HistoryFilter::default()).expect("listed");
        let stored = fixture.store.object_versions("lookup://a/").expect("listed");
        assert_eq!(stored, [("lookup://a/q".to_owned(), version.to_owned(), whole.records_rejected)]);
        (whole.records_read, rejects.iter().filter_map(|reject| reject.record).collect::<Vec<_>>())
    };
    assert_eq!(part("1", Some(1)), (2, vec![1]));
    assert_eq!(part("1", None), (4, vec![1]));
    assert_eq!(part("1", Some(3)), (6, vec![3, 1]));
    assert_eq!(part("2", Some(4)), (2, vec![4]));
    assert_eq!(part("3", None), (2, vec![]));
    assert_eq!(fixture.store.object_versions("lookup://b/").expect("listed"), []);
}

#[test]
fn rows_of_regions_that_are_not_read_any_more_end_and_what_they_covered_stays_known() {
    let fixture = Fixture::new();
    let row = |region: &str, api: &str, minutes| {
        let mut row = coverage(region, Outcome::Complete, minutes);
        api.clone_into(&mut row.key.api);
        row
    };
    for (region, api, minutes) in
        [("gone", api::TRAIL_LOOKUP, 10), ("read", api::TRAIL_LOOKUP, 20), ("old", api::TRAIL_S3, 10)]
    {
        fixture.store.save_coverage(fixture.run, at(minutes), &[row(region, api, minutes)]).expect("saved");
    }
    fixture.store.end_unread_lookups(&owner(), at(20), at(30)).expect("ended");
    let rows = fixture.store.coverage(&HistoryFilter { at: Some(at(30)), ..HistoryFilter::default() });
    let regions: Vec<_> = rows.expect("listed").into_iter().filter_map(|row| row.coverage.key.region).collect();
    assert_eq!(regions, ["read", "old"]);
    let gone = row("gone", api::TRAIL_LOOKUP, 10).key;
    assert_eq!(fixture.store.trail_span(&gone).expect("read"), Some((at(10), at(10))));
}

fn task(id: &str, status: TaskStatus, checked: Option<i64>) -> DeletionTask {
    DeletionTask {
        account: OWNER.to_owned(),
        profile: PROFILE.to_owned(),
        id: id.to_owned(),
        submitted_at: at(1),
        submitted_by: None,
        event_id: None,
        status,
        checked_at: checked.map(at),
        reason: None,
        usage: Vec::new(),
    }
}

#[test]
fn unfinished_tasks_are_those_that_have_to_be_asked_for() {
    let fixture = Fixture::new();
    let tasks: Vec<_> = TaskStatus::ALL.into_iter().map(|status| task(status.as_str(), status, Some(10))).collect();
    let never = task("never asked", TaskStatus::Unknown, None);
    let all = [tasks.as_slice(), &[never]].concat();
    fixture.store.save_tasks(fixture.run, at(10), &owner(), &all, &[]).expect("saved");
    let unfinished = || -> Vec<String> {
        let rows = fixture.store.unfinished_tasks(Provider::Aws).expect("listed");
        rows.into_iter().map(|row| row.task.id).collect()
    };
    let expected: Vec<_> = all.iter().filter(|task| !task.status.is_final()).map(|task| task.id.clone()).collect();
    assert_eq!((unfinished(), expected.len()), (expected, 4));
    let ended = task("IN_PROGRESS", TaskStatus::Succeeded, Some(20));
    fixture.store.save_tasks(fixture.run, at(20), &owner(), &[ended], &[]).expect("saved");
    assert_eq!(unfinished(), ["NOT_STARTED", "UNKNOWN", "never asked"]);
    assert_eq!(fixture.store.unfinished_tasks(Provider::Alibaba).expect("listed"), []);
}

#[test]
fn polling_tasks_ends_no_other_coverage_and_makes_the_account_due_only_with_news() {
    let fixture = Fixture::new();
    let mut collection = Collection::new(Provider::Aws, OWNER, at(5));
    collection.coverage.push(coverage("eu-west-1", Outcome::Complete, 5));
    fixture.store.save_collection(fixture.run, &collection).expect("saved");
    let asked = |minutes| {
        let mut row = coverage("eu-west-1", Outcome::Complete, minutes);
        (row.key.api, row.key.region) = (api::AWS_DELETION_STATUS.to_owned(), None);
        row
    };
    let mut news = Vec::new();
    for (minutes, status) in [(10, TaskStatus::InProgress), (20, TaskStatus::InProgress), (30, TaskStatus::Failed)] {
        let before = fixture.sql::<i64>("SELECT changes FROM accounts");
        let tasks = [task("t", status, Some(minutes))];
        fixture.store.save_tasks(fixture.run, at(minutes), &owner(), &tasks, &[asked(minutes)]).expect("saved");
        news.push(fixture.sql::<i64>("SELECT changes FROM accounts") != before);
    }
    assert_eq!(news, [true, false, true]);
    let rows = fixture.store.coverage(&HistoryFilter { at: Some(at(30)), ..HistoryFilter::default() });
    let apis: Vec<_> = rows.expect("listed").into_iter().map(|row| row.coverage.key.api).collect();
    assert_eq!(apis, [api::AWS_DELETION_STATUS, api::AWS_KEY_STORES]);
}

#[test]
fn regions_with_stores_are_those_of_stores_that_stand() {
    let fixture = Fixture::new();
    assert_eq!(fixture.store.regions_with_stores(&owner()).expect("listed"), Vec::<String>::new());
    let mut collection = Collection::new(Provider::Aws, OWNER, at(10));
    collection.kind_apis.insert("aws-custom-key-store".to_owned(), api::AWS_KEY_STORES.to_owned());
    for (id, region) in [("a", "us-east-1"), ("b", "eu-west-1"), ("c", "us-east-1")] {
        let mut store = key_store(id, StoreState::Connected);
        region.clone_into(&mut store.region);
        collection.stores.push(store);
    }
    fixture.store.save_collection(fixture.run, &collection).expect("saved");
    assert_eq!(fixture.store.regions_with_stores(&owner()).expect("listed"), ["eu-west-1", "us-east-1"]);
    collection.stores.retain(|store| store.region != "eu-west-1");
    collection.observed_at = at(20);
    collection.coverage.push(coverage("eu-west-1", Outcome::Complete, 20));
    fixture.store.save_collection(fixture.run, &collection).expect("saved");
    assert_eq!(fixture.store.regions_with_stores(&owner()).expect("listed"), ["us-east-1"]);
}

#[test]
fn the_span_of_a_trail_is_that_of_its_last_complete_reading() {
    let fixture = Fixture::new();
    let key = CoverageKey {
        provider: Provider::Aws,
        account: Some(OWNER.to_owned()),
        region: Some("eu-west-1".to_owned()),
        api: api::TRAIL_LOOKUP.to_owned(),
        subject: None,
    };
    assert_eq!(fixture.store.trail_span(&key).expect("read"), None);
    for (from, to, outcome) in
        [(0, 60, Outcome::Complete), (50, 90, Outcome::Complete), (90, 120, Outcome::Throttled)]
    {
        let row = Coverage { key: key.clone(), outcome, detail: String::new(), from: at(from), to: at(to) };
        fixture.store.save_coverage(fixture.run, at(to), &[row]).expect("saved");
    }
    assert_eq!(fixture.store.trail_span(&key).expect("read"), Some((at(0), at(90))));
}
