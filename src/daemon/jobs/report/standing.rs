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

/// The findings of the period: those that were so before its end and were not resolved before it began.
pub(super) fn findings_of(
    lives: &[FindingLife],
    at_start: Option<&Judgement>,
    at_end: &Judgement,
    moments: &Moments,
) -> Vec<Standing> {
    let judged: BTreeMap<FindingId, &Finding> =
        at_end.findings.iter().map(|finding| (finding.id(), finding)).collect();
    let known: BTreeSet<&FindingId> = lives.iter().map(|life| &life.stored.id).collect();
    let stored = lives.iter().filter_map(|life| of_life(life, judged.get(&life.stored.id).copied(), moments));
    let mut standings: Vec<_> = stored.collect();
    standings.extend(unheard(&known, at_start, at_end, moments));
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

fn of_life(life: &FindingLife, judged: Option<&Finding>, moments: &Moments) -> Option<Standing> {
    let at_end = phase(&life.steps, moments.to);
    let (movement, found_after) = match (&at_end, judged) {
        (Phase::Resolved(step), None) if step.row.at < moments.from => return None,
        (Phase::Resolved(_), None) => (Movement::Resolved, false),
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
        resolved_at: resolved.map(|step| step.row.at),
        resolved_because: because,
        stale: judged.is_none() && last.is_some_and(is_stale),
    }
}

/// What only the judgements for this report found: it began and ended between two analyses, or was read only after all
/// of that. Gaps of collection are no findings of theirs: they depend on who promised to collect, and are listed with
/// the population.
fn unheard(
    known: &BTreeSet<&FindingId>,
    at_start: Option<&Judgement>,
    at_end: &Judgement,
    moments: &Moments,
) -> Vec<Standing> {
    let is_new = |finding: &Finding| finding.rule != COLLECTION_GAP && !known.contains(&finding.id());
    let only_new = |judgement: &Judgement| Judgement {
        findings: judgement.findings.iter().filter(|finding| is_new(finding)).cloned().collect(),
        ..judgement.clone()
    };
    let begun: Vec<StoredFinding> = at_start
        .map(|judgement| reconcile(&[], &only_new(judgement)))
        .into_iter()
        .flatten()
        .map(|update| update.stored)
        .collect();
    let updates = reconcile(&begun, &only_new(at_end));
    let mut all: BTreeMap<FindingId, (StoredFinding, bool)> =
        begun.into_iter().map(|stored| (stored.id.clone(), (stored, true))).collect();
    for update in updates {
        let continued = all.contains_key(&update.stored.id);
        all.insert(update.stored.id.clone(), (update.stored, continued));
    }
    let standing = |(stored, continued): (StoredFinding, bool)| Standing {
        movement: match (stored.status, continued || stored.finding.first_seen < moments.from) {
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
    all.into_values().map(standing).collect()
}
