//! One account in a report: judged at both ends of the period, with its findings and what they rest on.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::evidence::{Index, Known};
use super::population::{self, Completeness, Gaps};
use super::register::Register;
use super::standing::{Standing, findings_of};
use super::trails::Trails;
use super::{MOMENT, Task, digests};
use crate::daemon::jobs::JobError;
use crate::exports::json::{SharedTexts, VerdictJson};
use crate::exports::reports::{Movement, ReportFinding, ScopeAccount, TrailCoverage, VerdictChange, VerdictRow};
use crate::model::{Account, AccountVerdict, ChainState, Evidence, FindingEvent, Judgement};
use crate::rules;
use crate::store::KnownAccount;

/// Events of a finding that are told, the newest first, unless all of them are asked for.
pub(super) const LISTED_EVENTS: u64 = 20;

/// What a verdict that is not given any more is called among the changes.
const NOT_JUDGED: &str = "not-judged";

/// What the accounts of a report come to, as far as they were gathered.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) scope: Vec<ScopeAccount>,
    pub(super) accounts: Vec<(Account, Reading)>,
    pub(super) verdicts: Vec<VerdictRow>,
    pub(super) changes: Vec<VerdictChange>,
    pub(super) findings: Vec<ReportFinding>,
    /// What findings say alike.
    texts: SharedTexts,
    pub(super) register: Register,
    pub(super) trails: Vec<TrailCoverage>,
    pub(super) gaps: Gaps,
    /// Digest chains of the accounts, as they are known by now.
    pub(super) digests: Vec<ChainState>,
    pub(super) evidence: Index,
    /// Trails that are known at the end of the period, by ARN, and whether they can be validated.
    pub(super) trail_settings: BTreeMap<String, bool>,
    /// The newest reading or judgement that something of it rests on.
    pub(super) newest: Option<Timestamp>,
}

/// How completely an account was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) completeness: Completeness,
    /// Whether its trails leave no gap in the period.
    pub(super) covered: bool,
    /// Whether digests vouch for the log files of the period.
    pub(super) verified: bool,
}

impl Reading {
    /// Whether nothing is missing on which its verdicts, or the absence of findings, rest.
    pub(super) fn is_complete(self) -> bool {
        self.completeness.inventory && self.completeness.trail && self.covered
    }
}

/// An account judged at both ends of the period.
struct Judged {
    evidence: Evidence,
    at_end: Judgement,
    /// The judgement for the start, last, and those for earlier moments where that one could not decide everything, in
    /// their order. Nothing where nothing was known of the account by then.
    before: Vec<Judgement>,
}

impl Parts {
    /// Adds an account.
    pub(super) fn add(&mut self, task: &Task<'_>, known: &KnownAccount) -> Result<(), JobError> {
        let account = &known.account;
        let judged = judge(task, account)?;
        let began = task.store().inventory_began(account)?.filter(|began| task.moments.end < *began);
        let scope = population::scope(account, known.own, began.is_some(), &judged.evidence);
        let trails = Trails::of(account, &task.store().trail_parts(account)?, &task.moments);
        let rows = if scope.included { rows(task, &judged, began.is_some())? } else { Vec::new() };
        let checked = judged.evidence.coverage.iter().map(|span| span.checked_at);
        self.newest = checked.chain(began).chain(trails.read_later).chain(self.newest).max();
        if scope.included {
            let counted = judged.at_end.verdicts.iter().zip(&rows).filter(|(_, row)| !row.not_asked);
            population::add_gaps(&mut self.gaps, &judged.evidence, counted.map(|(verdict, _)| verdict));
            let completeness = population::completeness(&rows);
            let chains = task.store().digest_chains(account)?;
            let verified = digests::verified(&chains, &task.moments);
            self.accounts.push((account.clone(), Reading { completeness, covered: trails.whole, verified }));
            self.digests.extend(chains);
            self.trails.extend(trails.rows);
        }
        self.changes.extend(changes(&judged, scope.included));
        self.verdicts.extend(rows);
        self.scope.push(scope);
        for span in judged.evidence.trails.iter().filter(|span| span.valid_to.is_none()) {
            self.trail_settings.insert(span.trail.arn.clone(), span.trail.log_file_validation == Some(true));
        }
        self.add_findings(task, &judged)
    }

    fn add_findings(&mut self, task: &Task<'_>, judged: &Judged) -> Result<(), JobError> {
        let account = &judged.evidence.account;
        let lives = task.store().finding_lives(account, task.moments.to)?;
        let standings = findings_of(&lives, &judged.before, &judged.at_end, &task.moments);
        if standings.is_empty() {
            return Ok(());
        }
        let states = task.store().state_proofs(account, task.moments.end)?;
        let known = Known { account, evidence: &judged.evidence, profiles: &task.context.profiles, states: &states };
        for standing in standings {
            self.add_finding(task, &known, standing)?;
        }
        Ok(())
    }

    fn add_finding(&mut self, task: &Task<'_>, known: &Known<'_>, mut standing: Standing) -> Result<(), JobError> {
        let events = events_of(task, &mut standing)?;
        let id = self.texts.text(&standing.stored.id.0);
        self.evidence.add_events(task.store(), known.account, &id, &events)?;
        self.evidence.add_states(known, &id, &standing.stored.finding);
        self.register.add(task.view.exceptions(), &id, &standing.stored);
        let opened = standing.found_after.then_some(standing.stored.opened_at);
        let steps = standing.life.last().map(|step| step.at);
        self.newest = opened.into_iter().chain(steps).chain(standing.resolved_later).chain(self.newest).max();
        let mut found = finding(task, standing, &events);
        found.share(id, &mut self.texts);
        self.findings.push(found);
        Ok(())
    }
}

fn judge(task: &Task<'_>, account: &Account) -> Result<Judged, JobError> {
    let evidence = task.store().evidence(account, task.moments.end, task.judging)?;
    let at_end = rules::judge_account(&evidence, &task.context.profiles);
    Ok(Judged { evidence, at_end, before: judge_before(task, account)? })
}

/// How often a judgement looks back for a time at which it could decide.
const LOOKS_BACK: usize = 6;

/// Judges the account for the start of the period. What that judgement cannot decide stays as it was when it could be
/// decided last: before the gaps began, or before inventory was asked for at all.
fn judge_before(task: &Task<'_>, account: &Account) -> Result<Vec<Judgement>, JobError> {
    let inventory_began = task.store().inventory_began(account)?;
    let mut judgements = Vec::new();
    let mut moment = task.moments.start;
    while judgements.len() < LOOKS_BACK {
        let evidence = task.store().evidence(account, moment, task.judging)?;
        if !is_known(&evidence) {
            break;
        }
        let judgement = rules::judge_account(&evidence, &task.context.profiles);
        let is_decided = judgement.undecided.is_empty();
        judgements.push(judgement);
        let gaps = evidence.coverage.iter().filter(|span| span.coverage.outcome.is_gap()).map(|span| span.since);
        let changed = gaps.chain(inventory_began).filter(|since| *since <= moment).max();
        let (false, Some(changed)) = (is_decided, changed) else { break };
        moment = changed.checked_sub(MOMENT).unwrap_or(changed);
    }
    judgements.reverse();
    Ok(judgements)
}

/// Whether anything of the account itself was known.
fn is_known(evidence: &Evidence) -> bool {
    evidence.coverage.iter().any(|span| span.coverage.key.account.is_some())
        || !(evidence.roles.is_empty() && evidence.stores.is_empty() && evidence.tasks.is_empty())
        || !(evidence.events.is_empty() && evidence.uses.is_empty())
}

fn rows(task: &Task<'_>, judged: &Judged, read_after: bool) -> Result<Vec<VerdictRow>, JobError> {
    let moments = &task.moments;
    let row = |verdict: &AccountVerdict| {
        let count = task.store().assumptions(&verdict.account, &verdict.profile, moments.from, moments.to)?;
        let primary = task.context.profiles.get(&verdict.profile).is_some_and(|profile| profile.primary);
        Ok(VerdictRow {
            verdict: VerdictJson::new(verdict, moments.from, count),
            at_start: verdict_at_start(judged, &verdict.profile).map(|verdict| verdict.verdict.as_str().to_owned()),
            read_after_period: read_after,
            not_asked: !primary && population::is_not_asked(verdict, count.total),
        })
    };
    judged.at_end.verdicts.iter().map(row).collect()
}

fn verdict_at_start<'a>(judged: &'a Judged, profile: &str) -> Option<&'a AccountVerdict> {
    let verdicts = &judged.before.last()?.verdicts;
    verdicts.iter().find(|verdict| verdict.profile == profile)
}

/// Verdicts that are not what they were. One that is not given any more has changed too: the account was closed, or is
/// not asked any more.
fn changes(judged: &Judged, included: bool) -> Vec<VerdictChange> {
    let at_end = |profile: &str| judged.at_end.verdicts.iter().find(|verdict| included && verdict.profile == profile);
    let before = judged.before.last().into_iter().flat_map(|judgement| &judgement.verdicts);
    let changed = before.filter_map(|before| {
        let after = at_end(&before.profile);
        let to = after.map_or(NOT_JUDGED, |verdict| verdict.verdict.as_str());
        (to != before.verdict.as_str()).then(|| VerdictChange {
            provider: before.account.provider,
            account: before.account.id.clone(),
            profile: before.profile.clone(),
            from: before.verdict.as_str().to_owned(),
            to: to.to_owned(),
            basis: after.map_or(before.basis, |verdict| verdict.basis),
        })
    });
    changed.collect()
}

/// The events of a finding that happened before the end of the period, the newest first.
fn events_of(task: &Task<'_>, standing: &mut Standing) -> Result<Vec<FindingEvent>, JobError> {
    let limit = (!task.request.all_evidence).then_some(LISTED_EVENTS);
    if !standing.is_stored {
        let mut events = standing.stored.finding.events.clone();
        events.sort_by(|left, right| right.cmp(left));
        let most = limit.and_then(|limit| usize::try_from(limit).ok());
        events.truncate(most.unwrap_or(usize::MAX));
        return Ok(events);
    }
    let id = &standing.stored.id;
    let events = task.store().finding_events_up_to(id, task.moments.end, limit)?;
    if let (true, Some(last)) = (standing.life.is_empty(), events.first()) {
        // Found later, when more had happened.
        let count = task.store().count_finding_events_up_to(id, task.moments.end)?;
        standing.stored.finding.count = count.min(standing.stored.finding.count);
        standing.stored.finding.last_seen = last.time;
    }
    Ok(events)
}

fn finding(task: &Task<'_>, standing: Standing, events: &[FindingEvent]) -> ReportFinding {
    let Standing { mut stored, movement, found_after, resolved_later, life, .. } = standing;
    let until = if movement == Movement::Resolved { stored.resolved_at } else { None };
    let age = until.unwrap_or(task.moments.to).duration_since(stored.finding.first_seen);
    let doc = rules::find(&stored.finding.rule).map(rules::Rule::doc);
    ReportFinding {
        finding: task.view.as_of(&mut stored, events, task.moments.end),
        movement,
        age_days: u64::try_from(age.as_hours() / 24).unwrap_or_default(),
        found_after_period: found_after,
        resolved_later,
        title: doc.map_or(stored.finding.rule.as_str(), |doc| doc.title).into(),
        matters: doc.map_or("", |doc| doc.matters).into(),
        life: life.iter().map(Into::into).collect(),
    }
}
