//! What the rules get to see, and what is kept of what they say.

use jiff::Timestamp;

use super::{Fixture, OTHER, OWNER, PROFILE, ROLE, assumption, at, bare_event, coverage, owner};
use crate::model::{
    Account, AccountVerdict, Basis, Evidence, Finding, FindingChange, FindingEvent, FindingStatus, FindingUpdate,
    Fix, Fixer, Judgement, JudgingSettings, Outcome, Provider, RolePresence, RoleUse, Severity, StoreCount,
    StoredFinding, Verdict,
};
use crate::store::{FindingFilter, HistoryFilter};

const DAY: i64 = 24 * 60;

pub(super) fn judgement(as_of: Timestamp) -> Judgement {
    Judgement {
        account: owner(),
        as_of,
        findings: Vec::new(),
        undecided: Vec::new(),
        cleared: Vec::new(),
        verdicts: vec![AccountVerdict {
            account: owner(),
            profile: PROFILE.to_owned(),
            role: RolePresence::Present,
            stores: StoreCount::default(),
            verdict: Verdict::Unknown,
            basis: Basis::Inferred,
            regions_expected: 2,
            regions_complete: 1,
            missing: vec![coverage("eu-west-2", Outcome::Denied, 5)],
            judged_at: as_of,
        }],
        recheck_at: None,
    }
}

fn evidence(fixture: &Fixture, as_of: Timestamp) -> Evidence {
    fixture.store.evidence(&owner(), as_of, JudgingSettings::default()).expect("evidence")
}

#[test]
fn evidence_lists_what_is_notable_and_counts_what_is_ordinary() {
    let fixture = Fixture::new();
    let mut elsewhere = assumption("elsewhere", 2, false);
    elsewhere.account = OTHER.to_owned();
    let mut events = vec![assumption("late", 90, false), assumption("a", 1, false), elsewhere, bare_event("bare", 3)];
    events.extend((0..30).map(|number| assumption(&format!("r{number:02}"), 10 + number, true)));
    fixture.ingest("o1", &events);
    let seen = evidence(&fixture, at(60));
    let ids: Vec<_> = seen.events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["a", "elsewhere"]);
    assert_eq!(seen.uses.len(), 1);
    let uses = &seen.uses[0];
    assert_eq!((uses.count, uses.first, uses.last), (30, at(10), at(39)));
    assert_eq!(
        (uses.profile.as_str(), uses.role.as_deref(), uses.role_id.as_deref()),
        (PROFILE, Some(ROLE), Some("AROA1"))
    );
    assert_eq!(uses.recent.len(), RoleUse::RECENT);
    assert_eq!(uses.recent.first(), Some(&(at(39), "r29".to_owned())));
    assert_eq!(uses.recent.last(), Some(&(at(20), "r10".to_owned())));
}

#[test]
fn evidence_of_an_earlier_moment_knows_nothing_of_later_events() {
    let fixture = Fixture::new();
    let events: Vec<_> = (0..50).map(|number| assumption(&format!("r{number:02}"), number * 100, true)).collect();
    fixture.ingest("o1", &events);
    for as_of in [0, 50, DAY - 1, DAY, 2 * DAY + 7, 4900, 10_000] {
        let seen = evidence(&fixture, at(as_of));
        let expected: Vec<_> = events.iter().filter(|event| event.time <= at(as_of)).collect();
        assert_eq!(seen.uses[0].count, expected.len() as u64, "at {as_of}");
        assert_eq!(seen.uses[0].last, expected[expected.len() - 1].time, "at {as_of}");
        assert_eq!(seen.uses[0].recent.len(), expected.len().min(RoleUse::RECENT), "at {as_of}");
    }
    assert!(evidence(&fixture, at(-1)).uses.is_empty());
}

#[test]
fn events_ahead_of_the_clock_are_part_of_the_present() {
    let fixture = Fixture::new();
    fixture.ingest("o1", &[assumption("ahead", 5 * DAY, false), assumption("routine", 6 * DAY, true)]);
    let earlier = evidence(&fixture, at(60));
    assert_eq!((earlier.events.len(), earlier.uses.len()), (0, 0));
    let now = fixture.store.present_evidence(&owner(), at(60), JudgingSettings::default()).expect("evidence");
    assert_eq!(now.as_of, at(60));
    assert_eq!(now.events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["ahead"]);
    assert_eq!(now.uses.iter().map(|uses| uses.count).collect::<Vec<_>>(), [1]);
}

#[test]
fn assumptions_are_counted_to_the_minute() {
    let fixture = Fixture::new();
    let events: Vec<_> =
        (0..60).map(|number| assumption(&format!("r{number:02}"), number * 100, number % 3 > 0)).collect();
    fixture.ingest("o1", &events);
    for (since, until) in
        [(0, 6000), (50, 5050), (DAY, 3 * DAY), (100, 200), (1500, 1600), (DAY - 1, DAY + 1), (7, 7), (9, 3)]
    {
        let count = fixture.store.assumptions(&owner(), PROFILE, at(since), at(until)).expect("counted");
        let inside = |event: &&crate::model::TrailEvent| at(since) <= event.time && event.time < at(until);
        let total = events.iter().filter(inside).count() as u64;
        let trusted = events.iter().filter(inside).filter(|event| event.is_routine()).count() as u64;
        assert_eq!((count.total, count.by_trusted), (total, trusted), "{since} to {until}");
    }
}

#[test]
fn an_account_is_due_until_everything_new_was_judged() {
    let fixture = Fixture::new();
    let due = |as_of| fixture.store.accounts_to_judge(at(as_of), false).expect("asked").len();
    fixture.ingest("o1", &[assumption("a", 1, false)]);
    assert_eq!(due(10), 1);
    evidence(&fixture, at(10));
    fixture.ingest("o2", &[assumption("b", 2, false)]);
    fixture.store.save_judgement(fixture.run, &judgement(at(10)), &[]).expect("saved");
    assert_eq!(due(10), 1, "b came after the evidence was read");
    evidence(&fixture, at(11));
    let recheck_at = Some(at(100));
    fixture.store.save_judgement(fixture.run, &Judgement { recheck_at, ..judgement(at(11)) }, &[]).expect("saved");
    assert_eq!((due(11), due(99), due(100)), (0, 0, 1));
    fixture.ingest("o3", &[assumption("b", 2, false)]);
    assert_eq!(due(11), 0, "a repetition is nothing new");
    assert_eq!(fixture.store.accounts_to_judge(at(11), true).expect("asked"), [owner()]);
}

#[test]
fn a_judgement_of_other_evidence_does_not_clear_an_account() {
    let fixture = Fixture::new();
    fixture.ingest("o1", &[assumption("a", 1, false)]);
    evidence(&fixture, at(10));
    evidence(&fixture, at(5));
    fixture.store.save_judgement(fixture.run, &judgement(at(10)), &[]).expect("saved");
    assert_eq!(fixture.store.accounts_to_judge(at(10), false).expect("asked").len(), 1);
}

#[test]
fn verdicts_replace_the_earlier_ones_and_only_our_accounts_have_them() {
    let fixture = Fixture::new();
    let mut event = assumption("a", 1, false);
    event.account = OTHER.to_owned();
    fixture.ingest("o1", &[event]);
    let all = HistoryFilter::default();
    fixture.store.save_judgement(fixture.run, &judgement(at(10)), &[]).expect("saved");
    assert_eq!(fixture.store.verdicts(&all).expect("listed"), [], "the owner is not ours yet");
    fixture.ingest("o2", &[assumption("b", 1, false)]);
    for minutes in [10, 20] {
        fixture.store.save_judgement(fixture.run, &judgement(at(minutes)), &[]).expect("saved");
        assert_eq!(fixture.store.verdicts(&all).expect("listed"), judgement(at(minutes)).verdicts);
    }
    let other = HistoryFilter { account: Some(OTHER.to_owned()), ..HistoryFilter::default() };
    assert_eq!(fixture.store.verdicts(&other).expect("listed"), []);
}

pub(super) fn finding(severity: Severity, events: &[(i64, &str)]) -> Finding {
    Finding {
        rule: "unexpected-assumer".to_owned(),
        severity,
        account: owner(),
        region: None,
        profile: Some(PROFILE.to_owned()),
        role: Some(ROLE.to_owned()),
        store: None,
        actor: Some("arn:aws:iam::444455556666:user/eve".to_owned()),
        outcome: Some(crate::model::EventOutcome::Allowed),
        subject: None,
        basis: Basis::Observed,
        summary: "eve assumed the role".to_owned(),
        first_seen: at(1),
        last_seen: at(events.iter().map(|event| event.0).max().unwrap_or(1)),
        count: events.len() as u64,
        events: events
            .iter()
            .map(|(minutes, id)| FindingEvent { time: at(*minutes), id: (*id).to_owned() })
            .collect(),
        fix: Fix { who: Fixer::Customer, how: "remove the trust".to_owned() },
        clears_when: "never".to_owned(),
    }
}

pub(super) fn stored(finding: Finding, resolved: Option<i64>) -> StoredFinding {
    StoredFinding {
        id: finding.id(),
        finding,
        status: if resolved.is_some() { FindingStatus::Resolved } else { FindingStatus::Open },
        opened_at: at(10),
        resolved_at: resolved.map(at),
        resolved_because: resolved.map(|_| "gone".to_owned()),
        stale: false,
    }
}

fn save_finding(fixture: &Fixture, minutes: i64, stored: StoredFinding, change: Option<FindingChange>) {
    let update = FindingUpdate { stored, change };
    fixture.store.save_judgement(fixture.run, &judgement(at(minutes)), &[update]).expect("saved");
}

#[test]
fn the_life_of_a_finding_is_kept_and_can_be_asked_at_any_time() {
    let fixture = Fixture::new();
    let medium = stored(finding(Severity::Medium, &[(1, "a")]), None);
    let critical = stored(finding(Severity::Critical, &[(1, "a"), (12, "b")]), None);
    let because = "gone".to_owned();
    save_finding(&fixture, 10, medium.clone(), Some(FindingChange::Opened));
    save_finding(&fixture, 15, critical.clone(), Some(FindingChange::SeenAgain));
    save_finding(&fixture, 20, stored(critical.finding.clone(), Some(20)), Some(FindingChange::Resolved { because }));
    let changes = fixture.store.finding_changes(&medium.id).expect("listed");
    let names: Vec<_> = changes.iter().map(|row| (row.change.name(), row.at)).collect();
    assert_eq!(names, [("opened", at(10)), ("seen-again", at(15)), ("resolved", at(20))]);
    assert_eq!(fixture.store.findings_of(&owner()).expect("listed"), [stored(critical.finding.clone(), Some(20))]);
    for (minutes, expected) in [
        (5, None),
        (10, Some((FindingStatus::Open, Severity::Medium, 1, None))),
        (17, Some((FindingStatus::Open, Severity::Critical, 2, None))),
        (25, Some((FindingStatus::Resolved, Severity::Critical, 2, Some(at(20))))),
    ] {
        let filter = FindingFilter { at: Some(at(minutes)), ..FindingFilter::default() };
        let rows = fixture.store.findings(&filter).expect("listed");
        let seen = rows.first().map(|row| (row.status, row.finding.severity, row.finding.count, row.resolved_at));
        assert_eq!(seen, expected, "at {minutes}");
    }
    let open = FindingFilter { status: Some(FindingStatus::Open), at: Some(at(25)), ..FindingFilter::default() };
    assert!(fixture.store.findings(&open).expect("listed").is_empty());
}

#[test]
fn findings_are_listed_worst_first_and_found_by_the_beginning_of_their_id() {
    let fixture = Fixture::new();
    let mut updates = Vec::new();
    for (severity, subject, opened) in [
        (Severity::Low, "1", 10),
        (Severity::Critical, "2", 30),
        (Severity::Critical, "3", 20),
        (Severity::Info, "4", 5),
    ] {
        let mut row = stored(Finding { subject: Some(subject.to_owned()), ..finding(severity, &[(1, "a")]) }, None);
        row.opened_at = at(opened);
        updates.push(FindingUpdate { stored: row, change: Some(FindingChange::Opened) });
    }
    fixture.store.save_judgement(fixture.run, &judgement(at(40)), &updates).expect("saved");
    let subjects = |filter: &FindingFilter| -> Vec<String> {
        let rows = fixture.store.findings(filter).expect("listed");
        rows.into_iter().filter_map(|row| row.finding.subject).collect()
    };
    assert_eq!(subjects(&FindingFilter::default()), ["3", "2", "1", "4"]);
    let low = FindingFilter { severity: Some(Severity::Low), ..FindingFilter::default() };
    assert_eq!(subjects(&low), ["3", "2", "1"]);
    for filter in [
        FindingFilter { account: Some(OTHER.to_owned()), ..FindingFilter::default() },
        FindingFilter { rule: Some("orphaned-role".to_owned()), ..FindingFilter::default() },
        FindingFilter { since: Some(at(2)), ..FindingFilter::default() },
        FindingFilter { status: Some(FindingStatus::Resolved), ..FindingFilter::default() },
    ] {
        assert_eq!(subjects(&filter), Vec::<String>::new(), "{filter:?}");
    }
    let wanted = &updates[1].stored;
    let found = fixture.store.finding(&wanted.id.0[..12].to_uppercase()).expect("asked").expect("it is there");
    assert_eq!((&found.id, &found.finding.subject), (&wanted.id, &wanted.finding.subject));
    assert_eq!(fixture.store.finding("").expect("asked"), None, "four begin with nothing");
    assert_eq!(fixture.store.finding("zz").expect("asked"), None);
}

#[test]
fn every_event_of_a_finding_is_kept_and_the_newest_are_told_first() {
    let fixture = Fixture::new();
    let names: Vec<String> = (0..50).map(|number| format!("e{number:02}")).collect();
    let events: Vec<(i64, &str)> = (0..).zip(names.iter().map(String::as_str)).collect();
    let row = stored(finding(Severity::High, &events), None);
    save_finding(&fixture, 10, row.clone(), Some(FindingChange::Opened));
    let all = fixture.store.finding_events(&row.id, None).expect("listed");
    assert_eq!((all.len(), all[0].id.as_str()), (50, "e49"));
    assert_eq!(fixture.store.finding_events(&row.id, Some(3)).expect("listed").len(), 3);
    let up_to = fixture.store.finding_events_up_to(&row.id, all[10].time, Some(20)).expect("listed");
    assert_eq!(up_to, all[10..30]);
    assert_eq!(fixture.store.findings_of(&owner()).expect("listed"), std::slice::from_ref(&row));
    let fewer = stored(finding(Severity::High, &events[..10]), None);
    save_finding(&fixture, 20, fewer.clone(), Some(FindingChange::SeenAgain));
    assert_eq!(fixture.store.findings_of(&owner()).expect("listed"), [fewer]);
}

#[test]
fn an_account_without_history_has_empty_evidence() {
    let fixture = Fixture::new();
    let nobody = Account::new(Provider::Alibaba, OWNER);
    let seen = fixture.store.evidence(&nobody, at(1), JudgingSettings::default()).expect("evidence");
    assert!(seen.events.is_empty() && seen.coverage.is_empty() && seen.roles.is_empty());
    assert!(fixture.store.findings_of(&nobody).expect("listed").is_empty());
    assert_eq!(fixture.store.accounts_to_judge(at(1), true).expect("asked"), []);
}
