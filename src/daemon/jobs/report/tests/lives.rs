//! Properties of movement and status over any life of a finding and any borders of periods.

use jiff::Timestamp;
use proptest::prelude::*;

use crate::daemon::jobs::report::Moments;
use crate::daemon::jobs::report::standing::{Standing, findings_of};
use crate::exports::reports::{Movement, ReportPeriod};
use crate::model::{
    Account, Basis, Finding, FindingChange, FindingStatus, Fix, Fixer, Judgement, Provider, Severity, StoredFinding,
};
use crate::store::{ChangeRow, FindingLife, LifeStep, RunId};

/// Days of the tests' time.
const DAYS: i64 = 40;

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(number * 86_400).expect("a time")
}

fn finding(first_seen: i64) -> Finding {
    Finding {
        rule: "trust-drift".to_owned(),
        severity: Severity::Critical,
        account: Account::new(Provider::Aws, "111122223333"),
        region: None,
        profile: Some("aws-kms-custom-key-stores".to_owned()),
        role: None,
        store: None,
        actor: None,
        outcome: None,
        subject: None,
        basis: Basis::Observed,
        summary: "Something is wrong.".to_owned(),
        first_seen: day(first_seen),
        last_seen: day(first_seen),
        count: 1,
        events: Vec::new(),
        fix: Fix { who: Fixer::Customer, how: "Mend it.".to_owned() },
        clears_when: "it is mended".to_owned(),
    }
}

/// A life: when it was first so, and the days of its steps with whether each resolves it.
#[derive(Debug, Clone)]
struct Told {
    first_seen: i64,
    steps: Vec<(i64, bool)>,
}

fn lives() -> impl Strategy<Value = Told> {
    let steps = proptest::collection::btree_map(0..DAYS, any::<bool>(), 1..6);
    (steps, 0_i64..10).prop_map(|(steps, before)| {
        let mut steps: Vec<_> = steps.into_iter().collect();
        // Nothing is resolved before it was opened.
        steps[0].1 = false;
        Told { first_seen: steps[0].0 - before, steps }
    })
}

fn life(told: &Told) -> FindingLife {
    let mut resolved = None;
    let mut steps = Vec::new();
    for (number, (at, resolves)) in told.steps.iter().enumerate() {
        let change = match (number, resolves, resolved.is_some()) {
            (0, ..) => FindingChange::Opened,
            (_, true, false) => FindingChange::Resolved { because: "it was mended".to_owned() },
            (_, true, true) => continue,
            (_, false, true) => FindingChange::Reopened,
            (_, false, false) => FindingChange::SeenAgain,
        };
        resolved = matches!(change, FindingChange::Resolved { .. }).then(|| day(*at));
        let row = ChangeRow { at: day(*at), run: RunId(1), change };
        steps.push(LifeStep { row, severity: Severity::Critical, count: 1, last_seen: day(*at) });
    }
    let finding = finding(told.first_seen);
    let stored = StoredFinding {
        id: finding.id(),
        finding,
        status: if resolved.is_some() { FindingStatus::Resolved } else { FindingStatus::Open },
        opened_at: steps[0].row.at,
        resolved_at: resolved,
        resolved_because: None,
        stale: false,
    };
    FindingLife { stored, steps }
}

/// The judgement for the last moment before a day, which finds it or does not.
fn judgement(at: i64, finds: Option<i64>) -> Judgement {
    let findings = finds.filter(|first_seen| *first_seen < at).map(finding).into_iter().collect();
    Judgement {
        account: Account::new(Provider::Aws, "111122223333"),
        as_of: day(at) - super::super::MOMENT,
        findings,
        undecided: Vec::new(),
        cleared: Vec::new(),
        verdicts: vec![super::small::verdict("aws-kms-custom-key-stores")],
        recheck_at: None,
    }
}

/// How the finding stands in each period between the borders; `finds` tells of each border whether a judgement for it
/// finds it. A life that begins only after the first border was first so before that, or not.
fn stands(told: Option<&Told>, borders: &[i64], finds: &[bool]) -> Vec<Option<Standing>> {
    let first_seen = told.map_or(0, |told| told.first_seen);
    let at = |place: usize| judgement(borders[place], finds[place].then_some(first_seen));
    let all: Vec<FindingLife> = told.map(life).into_iter().collect();
    let pairs = borders.windows(2).enumerate();
    let stand = pairs.map(|(place, pair)| {
        let moments = Moments::of(ReportPeriod { from: day(pair[0]), to: day(pair[1]) });
        // As the store hands them out: what was not so before the end is not among them.
        let lives: Vec<_> = all.iter().filter(|life| life.stored.finding.first_seen < moments.to).cloned().collect();
        let mut found = findings_of(&lives, &[at(place)], &at(place + 1), &moments);
        assert!(found.len() < 2, "one finding, one movement: {found:?}");
        found.pop()
    });
    stand.collect()
}

fn borders() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::btree_set(-5..DAYS + 5, 3..8).prop_map(|days| days.into_iter().collect())
}

fn is_open(standing: Option<&Standing>) -> bool {
    standing.is_some_and(|standing| standing.stored.status == FindingStatus::Open)
}

proptest! {
    #[test]
    fn a_finding_that_is_open_at_the_end_of_a_period_is_in_the_next_one(
        told in proptest::option::weighted(0.8, lives()),
        borders in borders(),
        finds in proptest::collection::vec(any::<bool>(), 8),
    ) {
        let standings = stands(told.as_ref(), &borders, &finds);
        for pair in standings.windows(2) {
            prop_assert!(!is_open(pair[0].as_ref()) || pair[1].is_some(), "{:?}", standings);
        }
    }

    #[test]
    fn it_is_resolved_exactly_where_its_movement_says_so(
        told in lives(),
        borders in borders(),
        finds in proptest::collection::vec(any::<bool>(), 8),
    ) {
        for standing in stands(Some(&told), &borders, &finds).into_iter().flatten() {
            let resolved = standing.stored.status == FindingStatus::Resolved;
            prop_assert_eq!(resolved, standing.movement == Movement::Resolved);
            prop_assert_eq!(resolved, standing.stored.resolved_at.is_some());
            prop_assert!(!resolved || standing.resolved_later.is_none());
        }
    }

    #[test]
    fn what_a_judgement_for_the_end_finds_is_open_then(told in lives(), borders in borders()) {
        let finds = vec![true; borders.len()];
        for (pair, standing) in borders.windows(2).zip(stands(Some(&told), &borders, &finds)) {
            prop_assert_eq!(is_open(standing.as_ref()), told.first_seen < pair[1]);
        }
    }

    #[test]
    fn where_judgements_agree_with_the_life_the_life_alone_tells(told in lives(), borders in borders()) {
        let life = life(&told);
        let open_at = |border: &i64| {
            let last = life.steps.iter().rfind(|step| step.row.at < day(*border));
            last.is_some_and(|step| !matches!(step.row.change, FindingChange::Resolved { .. }))
        };
        let finds: Vec<_> = borders.iter().map(open_at).collect();
        let standings = stands(Some(&told), &borders, &finds);
        for (place, (pair, standing)) in borders.windows(2).zip(standings).enumerate() {
            let (from, to) = (day(pair[0]), day(pair[1]));
            let within = |at: Timestamp| from <= at && at < to;
            let unheard = to <= life.stored.opened_at && life.stored.finding.first_seen < to;
            prop_assert_eq!(is_open(standing.as_ref()), finds[place + 1] || unheard);
            let Some(standing) = standing else { continue };
            prop_assert_eq!(standing.found_after, to <= life.stored.opened_at);
            prop_assert!(standing.life.iter().all(|step| step.at < to));
            let reopened = life.steps.iter().any(|step| {
                within(step.row.at) && step.row.change == FindingChange::Reopened
            });
            prop_assert_eq!(standing.movement == Movement::Reopened, reopened && finds[place + 1]);
            let begun = within(life.stored.opened_at) || from <= life.stored.finding.first_seen;
            if is_open(Some(&standing)) && !reopened {
                prop_assert_eq!(standing.movement == Movement::New, begun);
            }
        }
    }
}
