//! How the findings of an account stand at the end of a period, and what became of them in it. Pure.
//!
//! What a finding's life tells is what analyses knew at the time. The account is judged for the end of the period anew,
//! from all that is known by now: what that judgement finds is open then, whether or not anybody knew.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Moments;
use crate::exports::reports::Movement;
use crate::findings::reconcile;
use crate::model::{Finding, FindingChange, FindingId, FindingStatus, Judgement, StoredFinding};
use crate::rules::COLLECTION_GAP;
use crate::store::{ChangeRow, FindingLife, LifeStep};

/// A finding of the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// The finding as it stood at the end of the period, before exceptions.
    pub(super) stored: StoredFinding,
    /// What became of it.
    pub(super) movement: Movement,
    /// Nobody had found it by the end of the period.
    pub(super) found_after: bool,
    /// When it was resolved, where that was later.
    pub(super) resolved_later: Option<Timestamp>,
    /// Its life up to the end of the period.
    pub(super) life: Vec<ChangeRow>,
    /// Whether the history holds it, with its events; else the judgement for this report found it.
    pub(super) is_stored: bool,
}

/// The findings of the period: those that were so before its end and were not resolved before it began. `before` has the
/// judgement for its start, last, and earlier ones where that one could not decide everything.
pub(super) fn findings_of(
    lives: &[FindingLife],
    before: &[Judgement],
    at_end: &Judgement,
    moments: &Moments,
) -> Vec<Standing> {
    let judged: BTreeMap<FindingId, &Finding> =
        at_end.findings.iter().map(|finding| (finding.id(), finding)).collect();
    let held_before: BTreeSet<FindingId> =
        before.last().iter().flat_map(|judgement| &judgement.findings).map(Finding::id).collect();
    let known: BTreeSet<&FindingId> = lives.iter().map(|life| &life.stored.id).collect();
    let stored = lives.iter().filter_map(|life| {
        let id = &life.stored.id;
        of_life(life, judged.get(id).copied(), held_before.contains(id), moments)
    });
    let mut standings: Vec<_> = stored.collect();
    standings.extend(unheard(&known, before, at_end, moments));
    standings
}

/// How the life of a finding had gone by a moment.
enum Phase<'a> {
    Unheard,
    Open,
    Resolved(&'a LifeStep),
}

fn phase(steps: &[LifeStep], before: Timestamp) -> Phase<'_> {
    match steps.iter().rfind(|step| step.row.at < before) {
        None => Phase::Unheard,
        Some(step) if is_resolution(step) => Phase::Resolved(step),
        Some(_) => Phase::Open,
    }
}

fn is_resolution(step: &LifeStep) -> bool {
    matches!(step.row.change, FindingChange::Resolved { .. })
}

/// `held_before` tells whether the judgement for the start of the period found it: a report about the time before lists
/// it as open then, whatever was known at the time, so that this one has to say what became of it.
fn of_life(life: &FindingLife, judged: Option<&Finding>, held_before: bool, moments: &Moments) -> Option<Standing> {
    let at_end = phase(&life.steps, moments.to);
    let (movement, found_after) = match (&at_end, judged) {
        (Phase::Resolved(step), None) if step.row.at < moments.from && !held_before => return None,
        (Phase::Resolved(step), None) => (Movement::Resolved, step.row.at < moments.from),
        (Phase::Resolved(_), Some(_)) => (Movement::Reopened, true),
        (Phase::Unheard, _) => (movement_of_open(life, moments), true),
        (Phase::Open, _) => (movement_of_open(life, moments), false),
    };
    let resolved = match (&at_end, judged) {
        (Phase::Resolved(step), None) => Some(*step),
        _ => None,
    };
    let later =
        life.stored.resolved_at.filter(|at| life.stored.status == FindingStatus::Resolved && moments.to <= *at);
    Some(Standing {
        stored: as_of_end(life, judged, resolved, moments),
        movement,
        found_after,
        resolved_later: later.filter(|_| resolved.is_none()),
        life: life.steps.iter().filter(|step| step.row.at < moments.to).map(|step| step.row.clone()).collect(),
        is_stored: true,
    })
}

fn movement_of_open(life: &FindingLife, moments: &Moments) -> Movement {
    let within = |at: Timestamp| moments.from <= at && at < moments.to;
    let reopened = life.steps.iter().any(|step| within(step.row.at) && step.row.change == FindingChange::Reopened);
    if reopened {
        Movement::Reopened
    } else if moments.from <= life.stored.finding.first_seen || within(life.stored.opened_at) {
        Movement::New
    } else {
        Movement::Continuing
    }
}

/// The finding with what was true of it at the end of the period.
fn as_of_end(
    life: &FindingLife,
    judged: Option<&Finding>,
    resolved: Option<&LifeStep>,
    moments: &Moments,
) -> StoredFinding {
    let last = life.steps.iter().rfind(|step| step.row.at < moments.to);
    let known = &life.stored.finding;
    let mut finding = judged.unwrap_or(known).clone();
    finding.first_seen = finding.first_seen.min(known.first_seen);
    if judged.is_none() {
        if let Some(step) = last {
            (finding.severity, finding.count, finding.last_seen) = (step.severity, step.count, step.last_seen);
        }
        finding.last_seen = finding.last_seen.min(moments.end);
    }
    let because = resolved.and_then(|step| match &step.row.change {
        FindingChange::Resolved { because } => Some(because.clone()),
        _ => None,
    });
    let is_stale = |step: &LifeStep| matches!(step.row.change, FindingChange::BecameStale { .. });
    StoredFinding {
        id: life.stored.id.clone(),
        finding,
        status: if resolved.is_some() { FindingStatus::Resolved } else { FindingStatus::Open },
        opened_at: life.stored.opened_at,
        // Where nobody knew that it was so again, nobody knows when it ended either.
        resolved_at: resolved.map(|step| step.row.at.max(moments.from)),
        resolved_because: because,
        stale: judged.is_none() && last.is_some_and(is_stale),
    }
}

/// What only the judgements for this report found: it began and ended between two analyses, or was read only after all
/// of that. Gaps of collection are no findings of theirs: they depend on who promised to collect, and are listed with
/// the population.
fn unheard(
    known: &BTreeSet<&FindingId>,
    before: &[Judgement],
    at_end: &Judgement,
    moments: &Moments,
) -> Vec<Standing> {
    let is_new = |finding: &Finding| finding.rule != COLLECTION_GAP && !known.contains(&finding.id());
    let only_new = |judgement: &Judgement| Judgement {
        findings: judgement.findings.iter().filter(|finding| is_new(finding)).cloned().collect(),
        ..judgement.clone()
    };
    let mut begun: BTreeMap<FindingId, StoredFinding> = BTreeMap::new();
    for judgement in before {
        go_on(&mut begun, &only_new(judgement));
    }
    begun.retain(|_, stored| stored.status != FindingStatus::Resolved);
    let mut ended = begun.clone();
    go_on(&mut ended, &only_new(at_end));
    let standing = |stored: StoredFinding| Standing {
        movement: match (stored.status, begun.contains_key(&stored.id) || stored.finding.first_seen < moments.from) {
            (FindingStatus::Resolved, _) => Movement::Resolved,
            (_, true) => Movement::Continuing,
            (_, false) => Movement::New,
        },
        stored,
        found_after: true,
        resolved_later: None,
        life: Vec::new(),
        is_stored: false,
    };
    ended.into_values().map(standing).collect()
}

/// What a judgement makes of findings.
fn go_on(findings: &mut BTreeMap<FindingId, StoredFinding>, judgement: &Judgement) {
    let stored: Vec<_> = findings.values().cloned().collect();
    for update in reconcile(&stored, judgement) {
        findings.insert(update.stored.id.clone(), update.stored);
    }
}
