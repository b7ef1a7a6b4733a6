use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::{
    Account, AccountVerdict, Basis, Cleared, FindingEvent, Fix, Fixer, Provider, RolePresence, Severity, StoreCount,
    Verdict,
};

const PROFILE: &str = "profile";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn account() -> Account {
    Account::new(Provider::Aws, "111122223333")
}

fn finding(rule: &str, store: Option<&str>, last_seen: i64) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity: Severity::Medium,
        account: account(),
        region: None,
        profile: Some(PROFILE.to_owned()),
        role: None,
        store: store.map(str::to_owned),
        actor: None,
        outcome: None,
        subject: None,
        basis: Basis::Observed,
        summary: "Something is wrong.".to_owned(),
        first_seen: at(10),
        last_seen: at(last_seen),
        count: 1,
        events: Vec::new(),
        fix: Fix { who: Fixer::Customer, how: "Mend it.".to_owned() },
        clears_when: "it is mended".to_owned(),
    }
}

fn judgement(as_of: i64, findings: Vec<Finding>) -> Judgement {
    let verdict = AccountVerdict {
        account: account(),
        profile: PROFILE.to_owned(),
        role: RolePresence::Present,
        stores: StoreCount::default(),
        verdict: Verdict::Clean,
        basis: Basis::Observed,
        regions_expected: 1,
        regions_complete: 1,
        missing: Vec::new(),
        judged_at: at(as_of),
    };
    Judgement {
        account: account(),
        as_of: at(as_of),
        findings,
        undecided: Vec::new(),
        cleared: Vec::new(),
        verdicts: vec![verdict],
        recheck_at: None,
    }
}

fn undecided(rule: &str) -> Undecided {
    Undecided { rule: rule.to_owned(), profile: Some(PROFILE.to_owned()), because: "a Region is missing".to_owned() }
}

/// Stores what a judgement changes, as the store does.
fn apply(stored: &mut Vec<StoredFinding>, judgement: &Judgement) -> Vec<FindingChange> {
    let updates = reconcile(stored, judgement);
    for update in &updates {
        stored.retain(|known| known.id != update.stored.id);
        stored.push(update.stored.clone());
    }
    updates.into_iter().filter_map(|update| update.change).collect()
}

#[test]
fn a_finding_lives_from_opening_to_resolution_and_back() {
    let mut stored = Vec::new();
    assert_eq!(apply(&mut stored, &judgement(100, vec![finding("r", None, 20)])), [FindingChange::Opened]);
    assert_eq!(apply(&mut stored, &judgement(200, vec![finding("r", None, 20)])), []);
    assert_eq!(apply(&mut stored, &judgement(250, vec![finding("r", None, 30)])), [], "a later sighting is no step");
    assert_eq!(stored[0].finding.last_seen, at(30));
    let twice = Finding { count: 2, ..finding("r", None, 30) };
    assert_eq!(apply(&mut stored, &judgement(300, vec![twice])), [FindingChange::SeenAgain]);
    let because = "no longer so; it was to clear when it is mended".to_owned();
    assert_eq!(apply(&mut stored, &judgement(400, vec![])), [FindingChange::Resolved { because: because.clone() }]);
    assert_eq!((stored[0].status, stored[0].resolved_at), (FindingStatus::Resolved, Some(at(400))));
    assert_eq!(stored[0].resolved_because, Some(because));
    assert_eq!(apply(&mut stored, &judgement(500, vec![])), []);
    assert_eq!(apply(&mut stored, &judgement(600, vec![finding("r", None, 40)])), [FindingChange::Reopened]);
    assert_eq!((stored[0].status, stored[0].opened_at, stored[0].resolved_at), (FindingStatus::Open, at(100), None));
}

#[test]
fn what_could_not_be_judged_stays_open_and_becomes_stale_once() {
    let mut stored = Vec::new();
    apply(&mut stored, &judgement(100, vec![finding("r", None, 20)]));
    let blind = Judgement { undecided: vec![undecided("r")], ..judgement(200, vec![]) };
    let because = "a Region is missing".to_owned();
    assert_eq!(apply(&mut stored, &blind), [FindingChange::BecameStale { because }]);
    assert_eq!((stored[0].status, stored[0].stale), (FindingStatus::Open, true));
    assert_eq!(apply(&mut stored, &blind), []);
    assert_eq!(apply(&mut stored, &judgement(300, vec![finding("r", None, 20)])), [FindingChange::SeenAgain]);
    assert!(!stored[0].stale);
}

#[test]
fn another_rules_blindness_does_not_keep_a_finding() {
    let mut stored = Vec::new();
    apply(&mut stored, &judgement(100, vec![finding("r", None, 20)]));
    let blind = Judgement { undecided: vec![undecided("other")], ..judgement(200, vec![]) };
    assert!(matches!(apply(&mut stored, &blind)[..], [FindingChange::Resolved { .. }]));
}

#[test]
fn a_profile_that_was_not_judged_resolves_nothing() {
    let mut stored = Vec::new();
    apply(&mut stored, &judgement(100, vec![finding("r", None, 20)]));
    let without = Judgement { verdicts: Vec::new(), ..judgement(200, vec![]) };
    assert!(matches!(apply(&mut stored, &without)[..], [FindingChange::BecameStale { .. }]));
}

#[test]
fn the_reason_for_the_very_store_is_given() {
    let mut stored = Vec::new();
    apply(&mut stored, &judgement(100, vec![finding("r", Some("cks-1"), 20), finding("r", Some("cks-2"), 20)]));
    let cleared = |store: Option<&str>, because: &str| Cleared {
        rule: "r".to_owned(),
        profile: Some(PROFILE.to_owned()),
        store: store.map(str::to_owned),
        because: because.to_owned(),
    };
    let reasons = vec![cleared(Some("cks-1"), "it was deleted"), cleared(None, "all is well")];
    apply(&mut stored, &Judgement { cleared: reasons, ..judgement(200, vec![]) });
    for (store, because) in [("cks-1", "it was deleted"), ("cks-2", "all is well")] {
        let known = stored.iter().find(|known| known.finding.store.as_deref() == Some(store)).expect("is stored");
        assert_eq!(known.resolved_because.as_deref(), Some(because));
    }
}

#[test]
fn an_excepted_finding_keeps_its_status_while_it_is_seen() {
    let mut stored = Vec::new();
    apply(&mut stored, &judgement(100, vec![finding("r", None, 20)]));
    stored[0].status = FindingStatus::Excepted;
    apply(&mut stored, &judgement(200, vec![finding("r", None, 30)]));
    assert_eq!((stored[0].status, stored[0].finding.last_seen), (FindingStatus::Excepted, at(30)));
}

#[test]
fn the_order_of_events_is_no_news_and_another_event_is() {
    let event = |id: &str| FindingEvent { time: at(15), id: id.to_owned() };
    let with =
        |events: &[&str]| Finding { events: events.iter().map(|id| event(id)).collect(), ..finding("r", None, 20) };
    let mut stored = Vec::new();
    apply(&mut stored, &judgement(100, vec![with(&["a", "b"])]));
    assert_eq!(apply(&mut stored, &judgement(200, vec![with(&["b", "a"])])), []);
    assert_eq!(apply(&mut stored, &judgement(300, vec![with(&["b", "c"])])), [FindingChange::SeenAgain]);
}

#[test]
fn a_finding_does_not_grow_younger() {
    let mut stored = Vec::new();
    apply(&mut stored, &judgement(100, vec![finding("r", None, 20)]));
    let later = Finding { first_seen: at(15), ..finding("r", None, 20) };
    assert_eq!(apply(&mut stored, &judgement(200, vec![later])), []);
    assert_eq!(stored[0].finding.first_seen, at(10));
}

/// One judgement: which of some rules fire, and which cannot decide.
fn judgements() -> impl Strategy<Value = Vec<(Vec<bool>, Vec<bool>, i64)>> {
    let flags = || proptest::collection::vec(any::<bool>(), 4);
    proptest::collection::vec((flags(), flags(), 20i64..25), 1..12)
}

proptest! {
    #[test]
    fn judging_twice_changes_nothing_and_nothing_undecided_is_resolved(steps in judgements()) {
        let mut stored = Vec::new();
        for (number, (fires, blind, last_seen)) in steps.into_iter().enumerate() {
            let chosen = |flags: &[bool]| {
                flags.iter().enumerate().filter(|(_, on)| **on).map(|(rule, _)| format!("rule-{rule}")).collect::<Vec<_>>()
            };
            let findings = chosen(&fires).iter().map(|rule| finding(rule, None, last_seen)).collect();
            let as_of = 100 + i64::try_from(number).expect("few steps");
            let blind = chosen(&blind);
            let judgement = Judgement {
                undecided: blind.iter().map(|rule| undecided(rule)).collect(),
                ..judgement(as_of, findings)
            };
            let before = stored.clone();
            apply(&mut stored, &judgement);
            prop_assert_eq!(reconcile(&stored, &judgement), vec![]);
            for known in &before {
                let now = stored.iter().find(|now| now.id == known.id).expect("nothing is forgotten");
                if blind.contains(&known.finding.rule) && known.status == FindingStatus::Open {
                    prop_assert_eq!(now.status, FindingStatus::Open);
                }
            }
            let open = stored.iter().filter(|known| known.status == FindingStatus::Open && !known.stale).count();
            prop_assert_eq!(open, judgement.findings.len());
        }
    }
}
