//! Inventory: states over time, and the coverage that they rest on.

use super::{Fixture, OWNER, PROFILE, at, coverage, key_store, observation, owner, role};
use crate::model::{
    Collection, Coverage, CoverageKey, DeletionTask, JudgingSettings, Outcome, Provider, StoreState, TaskStatus, api,
};
use crate::store::HistoryFilter;

const KIND: &str = "aws-custom-key-store";

fn collection(minutes: i64) -> Collection {
    let mut collection = Collection::new(Provider::Aws, OWNER, at(minutes));
    collection.kind_apis.insert(KIND.to_owned(), api::AWS_KEY_STORES.to_owned());
    collection
}

fn save(fixture: &Fixture, collection: &Collection) {
    fixture.store.save_collection(fixture.run, collection).expect("saved");
}

fn save_role(fixture: &Fixture, minutes: i64, role_id: Option<&str>) {
    let mut collection = collection(minutes);
    collection.roles.push(observation(role_id.map(role)));
    save(fixture, &collection);
}

/// Role states as (role id, from, to, last seen) in minutes.
fn role_spans(fixture: &Fixture) -> Vec<(Option<String>, i64, Option<i64>, i64)> {
    let minutes = |time: jiff::Timestamp| time.duration_since(at(0)).as_mins();
    fixture
        .store
        .roles(&HistoryFilter::default())
        .expect("listed")
        .into_iter()
        .map(|row| {
            let span = row.span;
            let id = span.role.map(|role| role.role_id);
            (id, minutes(span.valid_from), span.valid_to.map(minutes), minutes(span.last_seen))
        })
        .collect()
}

#[test]
fn equal_states_are_one_span_and_changes_begin_another() {
    let fixture = Fixture::new();
    for (minutes, id) in
        [(10, None), (20, Some("A")), (30, Some("A")), (40, Some("B")), (50, None), (60, None), (70, Some("B"))]
    {
        save_role(&fixture, minutes, id);
    }
    let expected = [
        (None, 10, Some(20), 10),
        (Some("A".to_owned()), 20, Some(40), 30),
        (Some("B".to_owned()), 40, Some(50), 40),
        (None, 50, Some(70), 60),
        (Some("B".to_owned()), 70, None, 70),
    ];
    assert_eq!(role_spans(&fixture), expected);
    for (minutes, id) in [
        (5, None),
        (10, Some(None)),
        (35, Some(Some("A".to_owned()))),
        (40, Some(Some("B".to_owned()))),
        (65, Some(None)),
    ] {
        let filter = HistoryFilter { at: Some(at(minutes)), ..HistoryFilter::default() };
        let rows = fixture.store.roles(&filter).expect("listed");
        let ids: Vec<_> = rows.into_iter().map(|row| row.span.role.map(|role| role.role_id)).collect();
        assert_eq!(ids, id.into_iter().collect::<Vec<_>>(), "at {minutes}");
    }
}

#[test]
fn observations_in_any_order_give_spans_that_do_not_overlap() {
    let observations = [(10, Some("A")), (20, Some("A")), (30, Some("B")), (40, None), (50, Some("B"))];
    for rotation in 0..observations.len() {
        let fixture = Fixture::new();
        let mut order = observations;
        order.rotate_left(rotation);
        for (minutes, id) in order {
            save_role(&fixture, minutes, id);
        }
        let spans = role_spans(&fixture);
        for pair in spans.windows(2) {
            assert!(pair[0].2.is_some_and(|end| end <= pair[1].1), "rotated by {rotation}: {spans:?}");
        }
        for (id, from, to, seen) in &spans {
            assert!(from <= seen && to.is_none_or(|to| *seen < to), "rotated by {rotation}: {spans:?}");
            let begun = observations.iter().any(|seen| seen.0 == *from && seen.1 == id.as_deref());
            assert!(begun, "rotated by {rotation}: {spans:?}");
        }
        assert_eq!(spans.last().map(|span| (span.0.clone(), span.2)), Some((Some("B".to_owned()), None)));
    }
}

#[test]
fn last_use_is_kept_beside_the_state_and_never_goes_back() {
    let fixture = Fixture::new();
    for (minutes, used) in [(10, Some(5)), (20, Some(15)), (30, Some(12)), (40, None)] {
        let mut collection = collection(minutes);
        let mut observed = observation(Some(role("A")));
        observed.last_used = used.map(|used| (at(used), Some("eu-west-1".to_owned())));
        collection.roles.push(observed);
        save(&fixture, &collection);
    }
    let rows = fixture.store.roles(&HistoryFilter::default()).expect("listed");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].span.last_used, Some((at(15), Some("eu-west-1".to_owned()))));
    assert_eq!(rows[0].span.last_seen, at(40));
}

#[test]
fn a_store_that_is_not_listed_is_gone_only_where_the_list_was_complete() {
    for (outcome, region, gone) in [
        (Some(Outcome::Complete), "eu-west-1", true),
        (Some(Outcome::Complete), "eu-west-2", false),
        (Some(Outcome::Denied), "eu-west-1", false),
        (Some(Outcome::Partial), "eu-west-1", false),
        (Some(Outcome::NotEnabled), "eu-west-1", false),
        (None, "eu-west-1", false),
    ] {
        let fixture = Fixture::new();
        let mut first = collection(10);
        first.stores = vec![key_store("cks-1", StoreState::Connected)];
        save(&fixture, &first);
        let mut second = collection(20);
        second.coverage = outcome.map(|outcome| coverage(region, outcome, 20)).into_iter().collect();
        save(&fixture, &second);
        let rows = fixture.store.stores(&HistoryFilter::default()).expect("listed");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].span.valid_to, gone.then(|| at(20)), "{outcome:?} in {region}");
    }
}

#[test]
fn two_rows_for_one_place_prove_absence_only_together() {
    let fixture = Fixture::new();
    let mut first = collection(10);
    first.stores = vec![key_store("cks-1", StoreState::Connected)];
    save(&fixture, &first);
    let mut second = collection(20);
    second.coverage = vec![coverage("eu-west-1", Outcome::Complete, 20), coverage("eu-west-1", Outcome::Partial, 20)];
    save(&fixture, &second);
    assert_eq!(fixture.store.stores(&HistoryFilter::default()).expect("listed")[0].span.valid_to, None);
}

#[test]
fn states_of_a_store_are_spans() {
    let fixture = Fixture::new();
    for (minutes, state) in [(10, StoreState::Connected), (20, StoreState::Connected), (30, StoreState::Failed)] {
        let mut collection = collection(minutes);
        collection.stores = vec![key_store("cks-1", state)];
        save(&fixture, &collection);
    }
    let rows = fixture.store.stores(&HistoryFilter::default()).expect("listed");
    let spans: Vec<_> =
        rows.iter().map(|row| (row.span.store.state, row.span.valid_from, row.span.valid_to)).collect();
    assert_eq!(spans, [(StoreState::Connected, at(10), Some(at(30))), (StoreState::Failed, at(30), None)]);
    let gauges = fixture.store.gauges().expect("gauges");
    assert_eq!(gauges.stores.len(), 1);
    assert_eq!((gauges.stores[0].state, gauges.stores[0].count), (StoreState::Failed, 1));
}

fn save_coverage(fixture: &Fixture, minutes: i64, rows: &[Coverage]) {
    fixture.store.save_coverage(fixture.run, at(minutes), rows).expect("saved");
}

#[test]
fn coverage_is_one_row_while_a_place_ends_the_same_way() {
    let fixture = Fixture::new();
    let outcomes = [Outcome::Complete, Outcome::Complete, Outcome::Denied, Outcome::Denied, Outcome::Complete];
    for (number, outcome) in (1_i64..).zip(outcomes) {
        save_coverage(&fixture, number * 10, &[coverage("eu-west-1", outcome, number * 10)]);
    }
    // Older than what is known: left out.
    save_coverage(&fixture, 15, &[coverage("eu-west-1", Outcome::Error, 15)]);
    let rows = fixture.store.coverage(&HistoryFilter::default()).expect("listed");
    let spans: Vec<_> = rows.iter().map(|row| (row.coverage.outcome, row.since, row.checked_at)).collect();
    assert_eq!(
        spans,
        [(Outcome::Complete, at(10), at(20)), (Outcome::Denied, at(30), at(40)), (Outcome::Complete, at(50), at(50))]
    );
    let evidence = fixture.store.evidence(&owner(), at(45), JudgingSettings::default()).expect("evidence");
    assert_eq!(evidence.coverage.len(), 1);
    let span = &evidence.coverage[0];
    assert_eq!((span.coverage.outcome, span.since, span.last_complete), (Outcome::Denied, at(30), Some(at(20))));
    let at_15 = HistoryFilter { at: Some(at(15)), ..HistoryFilter::default() };
    let rows = fixture.store.coverage(&at_15).expect("listed");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].coverage.outcome, rows[0].checked_at), (Outcome::Complete, at(15)));
    assert_eq!(fixture.store.gauges().expect("gauges").gaps, []);
}

#[test]
fn a_failure_that_goes_on_with_another_detail_is_as_old_as_its_outcome() {
    let fixture = Fixture::new();
    for (minutes, detail) in [(10, "AccessDenied: one"), (20, "AccessDenied: two"), (30, "AccessDenied: two")] {
        let row = Coverage { detail: detail.to_owned(), ..coverage("eu-west-1", Outcome::Denied, minutes) };
        save_coverage(&fixture, minutes, &[row]);
    }
    let rows = fixture.store.coverage(&HistoryFilter::default()).expect("listed");
    let since: Vec<_> = rows.iter().map(|row| (row.coverage.detail.as_str(), row.since)).collect();
    assert_eq!(since, [("AccessDenied: one", at(10)), ("AccessDenied: two", at(20))]);
    let evidence = fixture.store.evidence(&owner(), at(40), JudgingSettings::default()).expect("evidence");
    assert_eq!((evidence.coverage.len(), evidence.coverage[0].since), (1, at(10)));
}

#[test]
fn subjects_are_places_of_their_own() {
    let fixture = Fixture::new();
    let of = |subject: &str, outcome| {
        let mut row = coverage("eu-west-1", outcome, 10);
        row.key.subject = Some(subject.to_owned());
        row
    };
    save_coverage(&fixture, 10, &[of("one", Outcome::Complete), of("two", Outcome::Denied)]);
    let evidence = fixture.store.evidence(&owner(), at(20), JudgingSettings::default()).expect("evidence");
    let outcomes: Vec<_> =
        evidence.coverage.iter().map(|span| (span.coverage.key.subject.as_deref(), span.coverage.outcome)).collect();
    assert_eq!(outcomes, [(Some("one"), Outcome::Complete), (Some("two"), Outcome::Denied)]);
    assert_eq!(fixture.store.gauges().expect("gauges").gaps[0].count, 1);
}

#[test]
fn an_account_that_nobody_reads_any_more_has_no_gap_and_no_late_collector() {
    for outcome in [Outcome::NotConfigured, Outcome::NotEnabled] {
        let fixture = Fixture::new();
        let place = |api: &str, region: Option<&str>, outcome, at| {
            let mut row = coverage("eu-west-1", outcome, at);
            (row.key.api, row.key.region) = (api.to_owned(), region.map(str::to_owned));
            row
        };
        let stores = place(api::AWS_KEY_STORES, Some("eu-west-1"), Outcome::Complete, 10);
        save_coverage(&fixture, 10, &[stores, place(api::AWS_GET_ROLE, None, Outcome::Denied, 10)]);
        let gauges = fixture.store.gauges().expect("gauges");
        assert_eq!((gauges.gaps.len(), gauges.collectors.len()), (1, 1));
        save_coverage(&fixture, 20, &[place(api::ACCOUNT, None, outcome, 20)]);
        let gauges = fixture.store.gauges().expect("gauges");
        assert_eq!((gauges.gaps, gauges.collectors), (Vec::new(), Vec::new()));
        // Read again, it is watched again.
        save_coverage(&fixture, 30, &[place(api::ACCOUNT, None, Outcome::Complete, 30)]);
        assert_eq!(fixture.store.gauges().expect("gauges").gaps.len(), 1);
    }
}

fn trail(from: i64, to: i64, outcome: Outcome) -> Coverage {
    let key = CoverageKey {
        provider: Provider::Aws,
        account: Some(OWNER.to_owned()),
        region: None,
        api: api::TRAIL_FILES.to_owned(),
        subject: None,
    };
    Coverage { key, outcome, detail: String::new(), from: at(from), to: at(to) }
}

#[test]
fn spans_of_a_trail_grow_and_are_never_stretched_over_a_gap() {
    const DAY: i64 = 24 * 60;
    let newest = |fixture: &Fixture| {
        let evidence = fixture.store.evidence(&owner(), at(100 * DAY), JudgingSettings::default()).expect("evidence");
        let coverage = &evidence.coverage[0].coverage;
        (coverage.outcome, coverage.from, coverage.to)
    };
    let fixture = Fixture::new();
    for (run, from, to, outcome, expected) in [
        (50 * DAY, 10 * DAY, 12 * DAY, Outcome::Complete, (10 * DAY, 12 * DAY)),
        (51 * DAY, 12 * DAY, 14 * DAY, Outcome::Complete, (10 * DAY, 14 * DAY)),
        // Older, and not joined: the newest part stays.
        (52 * DAY, DAY, 2 * DAY, Outcome::Complete, (10 * DAY, 14 * DAY)),
        (53 * DAY, 14 * DAY, 14 * DAY, Outcome::Error, (14 * DAY, 14 * DAY)),
        // Complete again: what was covered before counts.
        (54 * DAY, 14 * DAY, 15 * DAY, Outcome::Complete, (10 * DAY, 15 * DAY)),
        // A gap of days: only the new part.
        (55 * DAY, 30 * DAY, 31 * DAY, Outcome::Complete, (30 * DAY, 31 * DAY)),
    ] {
        save_coverage(&fixture, run, &[trail(from, to, outcome)]);
        assert_eq!(newest(&fixture), (outcome, at(expected.0), at(expected.1)), "run {}", run / DAY);
    }
    assert_eq!(fixture.store.gauges().expect("gauges").watermarks[0].until, at(31 * DAY));
}

#[test]
fn trouble_of_a_whole_provider_concerns_each_of_its_accounts() {
    let fixture = Fixture::new();
    save_coverage(&fixture, 10, &[coverage("eu-west-1", Outcome::Complete, 10)]);
    let evidence = fixture.store.evidence(&owner(), at(11), JudgingSettings::default()).expect("evidence");
    assert_eq!(evidence.coverage.len(), 1);
    let judged = super::judging::judgement(at(11));
    fixture.store.save_judgement(fixture.run, &judged, &[]).expect("saved");
    assert_eq!(fixture.store.accounts_to_judge(at(12), false).expect("asked"), []);
    let mut row = trail(0, 20, Outcome::Partial);
    row.key.account = None;
    save_coverage(&fixture, 20, &[row]);
    assert_eq!(fixture.store.accounts_to_judge(at(21), false).expect("asked"), [owner()]);
    let evidence = fixture.store.evidence(&owner(), at(30), JudgingSettings::default()).expect("evidence");
    assert_eq!(evidence.coverage.len(), 2);
    assert_eq!(evidence.coverage[1].coverage.key.account, None);
}

#[test]
fn each_status_of_a_deletion_task_is_kept() {
    let fixture = Fixture::new();
    for (minutes, status) in [(10, TaskStatus::InProgress), (20, TaskStatus::InProgress), (30, TaskStatus::Failed)] {
        let mut collection = collection(minutes);
        collection.tasks.push(DeletionTask {
            account: OWNER.to_owned(),
            profile: PROFILE.to_owned(),
            id: "task/1".to_owned(),
            submitted_at: at(5),
            submitted_by: None,
            event_id: None,
            status,
            checked_at: Some(at(minutes)),
            reason: (status == TaskStatus::Failed).then(|| "in use".to_owned()),
            usage: Vec::new(),
        });
        save(&fixture, &collection);
    }
    for (minutes, status) in [
        (7, TaskStatus::Unknown),
        (15, TaskStatus::InProgress),
        (25, TaskStatus::InProgress),
        (30, TaskStatus::Failed),
    ] {
        let evidence = fixture.store.evidence(&owner(), at(minutes), JudgingSettings::default()).expect("evidence");
        assert_eq!(evidence.tasks[0].status, status, "at {minutes}");
    }
    assert_eq!(fixture.sql::<i64>("SELECT count(*) FROM deletion_task_statuses"), 2);
    let evidence = fixture.store.evidence(&owner(), at(4), JudgingSettings::default()).expect("evidence");
    assert!(evidence.tasks.is_empty());
}
