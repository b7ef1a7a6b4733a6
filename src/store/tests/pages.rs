//! Lists in pages: whatever the size of the pages, they are the whole list.

use proptest::prelude::*;

use super::judging::{finding, judgement, stored};
use super::{Fixture, OTHER, OWNER, PROFILE, assumption, at, coverage, key_store, observation, role};
use crate::model::{
    Account, AccountVerdict, Collection, Coverage, DeletionTask, Finding, FindingChange, FindingUpdate, Judgement,
    Outcome, Provider, Severity, StoreState, TaskStatus,
};
use crate::store::{EventReading, FindingFilter, HistoryFilter, StoreError};

/// Follows the pages of a list, whose sizes come round again and again.
fn follow<P, T>(sizes: &[u64], mut page: impl FnMut(Option<&P>, u64) -> Result<Vec<(P, T)>, StoreError>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut after = None;
    for size in sizes.iter().cycle() {
        let found = page(after.as_ref(), *size).expect("a page");
        if found.is_empty() {
            return rows;
        }
        assert!(found.len() as u64 <= *size);
        for (place, row) in found {
            after = Some(place);
            rows.push(row);
        }
    }
    rows
}

/// A history in which much is alike: equal times, equal places, equal severities.
fn alike() -> Fixture {
    let fixture = Fixture::new();
    let mut updates = Vec::new();
    for number in 0..23_i64 {
        let severity = Severity::ALL[usize::try_from(number).expect("small") % 3];
        let row = Finding { subject: Some(number.to_string()), ..finding(severity, &[(1, "a")]) };
        let mut row = stored(row, (number % 5 == 0).then_some(20));
        row.opened_at = at(number % 4);
        updates.push(FindingUpdate { stored: row, change: Some(FindingChange::Opened) });
    }
    let verdict = judgement(at(30)).verdicts.remove(0);
    let verdicts = ["b", "a", "c"].map(|profile| AccountVerdict { profile: profile.to_owned(), ..verdict.clone() });
    let events: Vec<_> = (0..40)
        .map(|number| {
            let mut event = assumption(&format!("e{number}"), number % 7, number % 2 == 0);
            if number % 3 == 0 {
                event.account = OTHER.to_owned();
                event.concerns.clear();
            }
            event
        })
        .collect();
    fixture.ingest("o", &events);
    fixture
        .store
        .save_judgement(fixture.run, &Judgement { verdicts: verdicts.to_vec(), ..judgement(at(30)) }, &updates)
        .expect("saved");
    for account in [OWNER, OTHER] {
        inventory(&fixture, account);
    }
    fixture
}

fn inventory(fixture: &Fixture, account: &str) {
    for minutes in 0..6 {
        let mut collection = Collection::new(Provider::Aws, account, at(minutes));
        let mut seen = observation(Some(role(&format!("AROA{minutes}"))));
        account.clone_into(&mut seen.account);
        collection.roles.push(seen);
        for id in ["s1", "s2"] {
            let state = if minutes % 2 == 0 { StoreState::Connected } else { StoreState::Failed };
            collection.stores.push(key_store(id, state));
        }
        collection.tasks.push(DeletionTask {
            account: account.to_owned(),
            profile: PROFILE.to_owned(),
            id: format!("task/{minutes}"),
            submitted_at: at(minutes / 3),
            submitted_by: None,
            event_id: None,
            status: TaskStatus::Succeeded,
            checked_at: Some(at(minutes)),
            reason: None,
            usage: Vec::new(),
        });
        fixture.store.save_collection(fixture.run, &collection).expect("saved");
        for (region, outcome) in [("eu-west-1", Outcome::Complete), ("eu-west-2", Outcome::Denied)] {
            let mut row = Coverage { detail: minutes.to_string(), ..coverage(region, outcome, minutes) };
            row.key.account = Some(account.to_owned());
            fixture.store.save_coverage(fixture.run, at(minutes), &[row]).expect("saved");
        }
    }
}

fn check_findings(fixture: &Fixture, sizes: &[u64]) {
    let all = FindingFilter::default();
    for filter in [
        all.clone(),
        FindingFilter { severity: Some(Severity::High), ..all.clone() },
        FindingFilter { status: Some(crate::model::FindingStatus::Open), ..all.clone() },
        FindingFilter { at: Some(at(30)), ..all },
    ] {
        let whole = fixture.store.findings(&filter).expect("listed");
        assert!(5 < whole.len(), "{filter:?}");
        let paged = follow(sizes, |after, limit| {
            fixture.store.findings_after(&FindingFilter { limit: Some(limit), ..filter.clone() }, after)
        });
        assert_eq!(paged, whole, "{filter:?}");
    }
}

fn check_history(fixture: &Fixture, sizes: &[u64]) {
    let all = HistoryFilter::default();
    for filter in [
        all.clone(),
        HistoryFilter { account: Some(OWNER.to_owned()), ..all.clone() },
        HistoryFilter { at: Some(at(2)), ..all.clone() },
        HistoryFilter { since: Some(at(1)), until: Some(at(4)), ..all.clone() },
        HistoryFilter { gaps: true, ..all },
    ] {
        let some = |limit| HistoryFilter { limit: Some(limit), ..filter.clone() };
        let store = &fixture.store;
        let paged = follow(sizes, |after, limit| store.roles_after(&some(limit), after));
        assert_eq!(paged, store.roles(&filter).expect("listed"), "{filter:?}");
        let paged = follow(sizes, |after, limit| store.stores_after(&some(limit), after));
        assert_eq!(paged, store.stores(&filter).expect("listed"), "{filter:?}");
        let paged = follow(sizes, |after, limit| store.tasks_after(&some(limit), after));
        assert_eq!(paged, store.tasks(&filter).expect("listed"), "{filter:?}");
        let paged = follow(sizes, |after, limit| store.coverage_after(&some(limit), after));
        let whole = store.coverage(&filter).expect("listed");
        assert_eq!(paged, whole, "{filter:?}");
        assert!(!whole.is_empty() && (!filter.gaps || whole.iter().all(|row| row.coverage.outcome.is_gap())));
        let paged = follow(sizes, |after, limit| {
            let rows = store.verdicts_after(&some(limit), after)?;
            let place = |row: &AccountVerdict| crate::store::VerdictPlace::new(&row.account, &row.profile);
            Ok(rows.into_iter().map(|row| (place(&row), row)).collect())
        });
        assert_eq!(paged, store.verdicts(&filter).expect("listed"), "{filter:?}");
    }
}

fn check_events(fixture: &Fixture, sizes: &[u64], skip: u64) {
    let all = HistoryFilter::default();
    for (filter, expected) in [
        (all.clone(), 40),
        (HistoryFilter { provider: Some(Provider::Alibaba), ..all.clone() }, 0),
        (HistoryFilter { profile: Some(PROFILE.to_owned()), ..all.clone() }, 26),
        (HistoryFilter { account: Some(OTHER.to_owned()), ..all.clone() }, 14),
        (HistoryFilter { account: Some(OWNER.to_owned()), profile: Some(PROFILE.to_owned()), ..all.clone() }, 26),
        (HistoryFilter { since: Some(at(2)), until: Some(at(5)), ..all }, 18),
    ] {
        let mut whole = Vec::new();
        let mut take = |row: crate::store::EventRow| {
            whole.push(row.event.id);
            true
        };
        fixture.store.events(&filter, &mut take).expect("listed");
        assert_eq!(whole.len(), expected, "{filter:?}");
        let mut read = Vec::new();
        let (mut after, mut pages) = (None, 0);
        for size in sizes.iter().cycle() {
            let mut rows = Vec::new();
            let some = HistoryFilter { limit: Some(*size), ..filter.clone() };
            let reading = EventReading { raw: false, skip };
            let stopped = fixture
                .store
                .events_after(&some, reading, after.as_ref(), &mut |place, row| {
                    let room = (rows.len() as u64) < *size;
                    if room {
                        rows.push((place, row));
                    }
                    room
                })
                .expect("a page");
            let full = rows.len() as u64 == *size;
            after = if full { rows.last().map(|(place, _)| place.clone()) } else { stopped };
            read.extend(rows.into_iter().map(|(_, row)| row.event.id));
            pages += 1;
            if after.is_none() {
                break;
            }
            assert!(pages < 200, "{filter:?}");
        }
        assert_eq!(read, whole, "{filter:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_any_size_are_the_whole_list(sizes in proptest::collection::vec(1..9_u64, 1..4), skip in 1..9_u64) {
        let fixture = alike();
        check_findings(&fixture, &sizes);
        check_history(&fixture, &sizes);
        check_events(&fixture, &sizes, skip);
    }
}

#[test]
fn what_comes_while_a_list_is_read_moves_nothing_of_it() {
    let fixture = alike();
    let all = HistoryFilter { limit: Some(10), ..HistoryFilter::default() };
    let reading = EventReading { raw: false, skip: u64::MAX };
    let ids = |after: Option<&crate::store::EventPlace>| {
        let mut rows = Vec::new();
        let mut visit = |place, row: crate::store::EventRow| {
            rows.push((place, row.event.id));
            rows.len() < 10
        };
        fixture.store.events_after(&all, reading, after, &mut visit).expect("a page");
        rows
    };
    let first = ids(None);
    let second = ids(first.last().map(|(place, _)| place));
    fixture.ingest("later", &[assumption("new", 90, true)]);
    assert_eq!(ids(first.last().map(|(place, _)| place)), second);
    let now = ids(None);
    assert_eq!((now[0].1.as_str(), &now[1..]), ("new", &first[..9]));
}

#[test]
fn a_place_that_nobody_gave_out_is_only_a_place_to_begin_at() {
    let fixture = alike();
    for text in ["[\"critical\",9223372036854775807,\"\"]", "[\"info\",-9223372036854775808,\"' OR 1=1 --\"]"] {
        let place = serde_json::from_str(text).expect("a place");
        fixture.store.findings_after(&FindingFilter::default(), Some(&place)).expect("a page");
        let at = FindingFilter { at: Some(at(30)), ..FindingFilter::default() };
        fixture.store.findings_after(&at, Some(&place)).expect("a page");
    }
    for text in ["[\"aws\",\"\",\"\",0,0]", "[\"alibaba\",\"\\u0000\",\"x\",-1,9223372036854775807]"] {
        let place = serde_json::from_str(text).expect("a place");
        fixture.store.roles_after(&HistoryFilter::default(), Some(&place)).expect("a page");
    }
    let account = Account::new(Provider::Alibaba, "\u{10ffff}");
    let place = crate::store::VerdictPlace::behind_account(&account);
    assert_eq!(fixture.store.verdicts_after(&HistoryFilter::default(), Some(&place)).expect("a page").len(), 3);
}

#[test]
fn the_index_of_gaps_knows_every_outcome_that_is_a_gap() {
    let migration = include_str!("../../../migrations/sqlite/0004_pages.sql");
    for outcome in Outcome::ALL {
        let named = format!("'{outcome}'");
        for text in [migration, crate::store::coverage::LIST_GAPS] {
            assert_eq!(text.contains(&named), outcome.is_gap(), "{outcome}");
        }
    }
}
