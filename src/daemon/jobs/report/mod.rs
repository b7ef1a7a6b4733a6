//! Gathering a report: out of the history, the configuration and the period, and of nothing else. The wall clock is not
//! asked, so that the same data and period give the same report.

mod account;
mod digests;
mod evidence;
mod life;
mod log;
mod method;
mod parameters;
mod population;
mod proof;
mod register;
mod results;
mod spans;
mod standing;
#[cfg(test)]
mod tests;
mod trails;
mod write;

use std::collections::BTreeMap;
use std::io;

use jiff::{SignedDuration, Timestamp};

use super::{JobContext, JobError};
use crate::daemon::timetable;
use crate::exports::View;
use crate::exports::reports::{
    self, CallTotals, Changes, EvidenceLog, IdentityUsed, Integrity, Method, Movement, ORGANIZATION, Population,
    PreviousReport, Report, ReportFile, ReportFinding, ReportPeriod, Scope, ScopeProfile,
};
use crate::model::{Basis, FindingStatus, JudgingSettings, Provider, Severity, api};
use crate::store::{HistoryFilter, RunsWithin, Store, TotalsWithin};
use account::{LISTED_EVENTS, Parts};
use method::Facts;
use parameters::Parameters;
pub use write::{ReportError, Reported, note_report, write_report};

/// Version of the JSON shape.
const SCHEMA: u32 = 1;

const TITLE: &str = "Service-linked roles of key stores: compliance report";

/// Identities that a report names at most, the newest: credentials of a cluster have another session for each run.
const MOST_IDENTITIES: usize = 100;

/// Digits of a hash that make the id of a report: nobody has so many reports that two have the same.
const ID_DIGITS: usize = 16;

/// What a report is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRequest {
    /// The period.
    pub period: ReportPeriod,
    /// The one account that it is about; every account where `None`.
    pub account: Option<String>,
    /// Whether every event of a finding is told, not only the newest 20.
    pub all_evidence: bool,
}

impl ReportRequest {
    /// `organization`, or the one account.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.account.as_deref().unwrap_or(ORGANIZATION)
    }
}

/// A report, and the files with what it was made with.
#[derive(Debug)]
pub struct Gathered {
    /// The report.
    pub report: Report,
    /// Settings, profiles and controls.
    pub parameters: Vec<ReportFile<'static>>,
}

/// The moments of a period: what happens at its end belongs to the next one.
#[derive(Debug, Clone, Copy)]
struct Moments {
    from: Timestamp,
    to: Timestamp,
    /// The last moment before it.
    start: Timestamp,
    /// Its own last moment.
    end: Timestamp,
}

/// The history counts in milliseconds.
const MOMENT: SignedDuration = SignedDuration::from_millis(1);

impl Moments {
    fn of(period: ReportPeriod) -> Self {
        let before = |time: Timestamp| time.checked_sub(MOMENT).unwrap_or(time);
        Self { from: period.from, to: period.to, start: before(period.from), end: before(period.to) }
    }
}

/// Everything that gathering needs.
struct Task<'a> {
    context: &'a JobContext,
    view: &'a View,
    request: &'a ReportRequest,
    moments: Moments,
    judging: JudgingSettings,
}

impl Task<'_> {
    fn store(&self) -> &Store {
        self.view.store()
    }
}

/// Gathers a report; `None` where the work was stopped before its end.
///
/// # Errors
/// [`JobError`] when the store fails.
pub fn gather(context: &JobContext, request: &ReportRequest) -> Result<Option<Gathered>, JobError> {
    let view = context.view();
    let moments = Moments::of(request.period);
    // Whoever makes the report, a daemon or a command, it says the same: nobody promises a schedule here.
    let judging = timetable::judging(&context.settings, false, moments.end);
    let task = Task { context, view: &view, request, moments, judging };
    let mut parts = Parts::default();
    for known in task.store().known_accounts(request.account.as_deref())? {
        if context.stop.is_requested() {
            return Ok(None);
        }
        parts.add(&task, &known)?;
    }
    add_common_gaps(&task, &mut parts)?;
    let Some((found, _)) = super::verify(context)? else { return Ok(None) };
    let log = log::evidence_log(&task, &found)?;
    let runs = task.store().runs_within(moments.from, moments.to)?;
    let totals = task.store().totals_within(moments.from, moments.to, request.account.as_deref())?;
    Ok(Some(assemble(&task, parts, (&runs, totals), log)?))
}

/// Adds gaps that concern every account of a provider: such as a list of accounts that could not be read.
fn add_common_gaps(task: &Task<'_>, parts: &mut Parts) -> Result<(), JobError> {
    let filter = HistoryFilter { at: Some(task.moments.end), ..HistoryFilter::default() };
    let of_scope =
        |provider| task.request.account.is_none() || parts.scope.iter().any(|account| account.provider == provider);
    let mut rows = Vec::new();
    task.store().each_coverage(&filter, |row| {
        let row = row.coverage;
        if row.key.account.is_none() && row.outcome.is_gap() && of_scope(row.key.provider) {
            rows.push(row);
        }
    })?;
    for row in &rows {
        population::add_gap(&mut parts.gaps, row);
    }
    Ok(())
}

fn assemble(
    task: &Task<'_>,
    mut parts: Parts,
    (runs, totals): (&RunsWithin, TotalsWithin),
    log: Option<EvidenceLog>,
) -> Result<Gathered, JobError> {
    sort_findings(&mut parts.findings);
    let settings = &task.context.settings;
    let mut facts = Facts::of(settings);
    facts.inferred = parts.verdicts.iter().any(|row| row.verdict.basis == Basis::Inferred && !row.not_asked)
        || parts.findings.iter().any(|finding| finding.finding.basis == Basis::Inferred);
    facts.digests(
        parts
            .accounts
            .iter()
            .filter(|(account, _)| account.provider == Provider::Aws)
            .map(|(_, known)| known.verified),
    );
    facts.cut = !task.request.all_evidence
        && parts.findings.iter().any(|finding| LISTED_EVENTS <= finding.finding.events.len() as u64);
    let entries = task.view.controls().entries();
    let Parameters { files, tool, sources } =
        parameters::parameters(settings, &task.context.profiles, entries, task.request);
    let data_as_of = parts.newest.max(runs.last_finished).unwrap_or(task.moments.to);
    let role_lives = life::lives(task, &parts, data_as_of)?;
    let whole = |provider| lists_are_whole(&parts, provider);
    let mut report = Report {
        schema: SCHEMA,
        id: String::new(),
        title: TITLE.to_owned(),
        period: task.request.period,
        data_as_of,
        tool,
        method: method(&facts, runs),
        population: population_of(&parts, runs, totals),
        integrity: integrity(&facts, (task, &parts), totals, log),
        proof: proof::proofs(&task.context.profiles, &parts, &task.moments),
        controls: results::results(entries, &parts.findings, &parts.accounts, &whole),
        exceptions: parts.register.entries(task.view.exceptions(), &parts.findings, task.moments.end),
        changes: changes(task, &mut parts)?,
        scope: Scope {
            name: task.request.scope().to_owned(),
            accounts: parts.scope,
            profiles: profiles(task),
            sources,
        },
        verdicts: parts.verdicts,
        role_lives,
        findings: parts.findings,
        evidence: parts.evidence.into_items(),
    };
    report.id = id_of(&report);
    Ok(Gathered { report, parameters: files })
}

/// Worst first, then oldest, then by id.
fn sort_findings(findings: &mut [ReportFinding]) {
    findings.sort_by(|left, right| {
        let (one, other) = (&left.finding, &right.finding);
        let by_severity = other.severity.cmp(&one.severity);
        by_severity.then(one.first_seen.cmp(&other.first_seen)).then_with(|| one.id.cmp(&other.id))
    });
}

/// Whether no account of a provider may be missing, and no trail that is for all of them.
fn lists_are_whole(parts: &Parts, provider: Provider) -> bool {
    let common = parts.gaps.keys().filter(|key| key.account.is_none() && key.provider == provider);
    common.into_iter().all(|key| api::is_optional(&key.api))
}

fn population_of(parts: &Parts, runs: &RunsWithin, totals: TotalsWithin) -> Population {
    let readings = || parts.accounts.iter().map(|(_, reading)| *reading);
    let complete = readings().filter(|reading| reading.completeness.inventory).count();
    let complete_lists = Provider::ALL.into_iter().all(|provider| lists_are_whole(parts, provider));
    Population {
        complete: !parts.accounts.is_empty() && complete_lists && readings().all(account::Reading::is_complete),
        accounts_expected: parts.accounts.len() as u64,
        accounts_complete: complete as u64,
        regions_expected: readings().map(|reading| reading.completeness.regions_expected).sum(),
        regions_complete: readings().map(|reading| reading.completeness.regions_complete).sum(),
        runs: runs.runs,
        runs_incomplete: runs.incomplete,
        events: totals.events,
        records_rejected: totals.records_rejected,
        objects_rejected: totals.objects_rejected,
        trails: parts.trails.clone(),
        gaps: parts.gaps.values().cloned().collect(),
    }
}

fn integrity(
    facts: &Facts,
    (task, parts): (&Task<'_>, &Parts),
    totals: TotalsWithin,
    log: Option<EvidenceLog>,
) -> Integrity {
    let digests = digests::statements(&parts.digests, &task.moments);
    let mut statements = method::integrity(facts, (totals.objects, totals.objects_hashed), digests);
    statements.extend(log::statements(log.as_ref()));
    Integrity {
        objects: totals.objects,
        objects_hashed: totals.objects_hashed,
        trails_validated: parts.trail_settings.values().filter(|validated| **validated).count() as u64,
        trails: parts.trail_settings.len() as u64,
        evidence_log: log,
        statements,
    }
}

fn method(facts: &Facts, runs: &RunsWithin) -> Method {
    let mut identities: Vec<_> = runs
        .identities
        .iter()
        .map(|(identity, (first, last))| IdentityUsed {
            provider: identity.provider,
            identity: identity.arn.clone(),
            first_used: *first,
            last_used: *last,
        })
        .collect();
    identities.sort_by(|left, right| {
        (left.first_used, left.provider, &left.identity).cmp(&(right.first_used, right.provider, &right.identity))
    });
    let mut limits = method::limits(facts);
    if let Some(more) = identities.len().checked_sub(MOST_IDENTITIES).filter(|more| 0 < *more) {
        identities.drain(..more);
        limits
            .push(format!("{more} older identities of the period are not named, the newest {MOST_IDENTITIES} are."));
    }
    let calls = runs.calls.values().map(|calls| CallTotals {
        provider: calls.provider,
        api: calls.api.clone(),
        requests: calls.requests,
        throttled: calls.throttled,
        errors: calls.errors,
    });
    Method {
        steps: method::steps(facts),
        limits,
        definitions: method::definitions(),
        identities,
        calls: calls.collect(),
    }
}

fn profiles(task: &Task<'_>) -> Vec<ScopeProfile> {
    let profiles = task.context.profiles.iter().map(|profile| ScopeProfile {
        id: profile.id.clone(),
        provider: profile.provider,
        role: profile.role_name().to_owned(),
        trusted: profile.trusted_principals.clone(),
        primary: profile.primary,
    });
    profiles.collect()
}

fn changes(task: &Task<'_>, parts: &mut Parts) -> Result<Changes, JobError> {
    let previous = task.store().previous_report(task.request.scope(), task.moments.from)?;
    let count = |is: &dyn Fn(&ReportFinding) -> bool| {
        let mut counts: BTreeMap<Severity, u64> = BTreeMap::new();
        for finding in parts.findings.iter().filter(|finding| is(finding)) {
            *counts.entry(finding.finding.severity).or_default() += 1;
        }
        counts
    };
    Ok(Changes {
        since_report: previous.map(|report| PreviousReport {
            id: report.report,
            period: ReportPeriod { from: report.from, to: report.to },
            manifest_sha256: report.manifest_sha256,
        }),
        new: count(&|finding| finding.movement == Movement::New),
        reopened: count(&|finding| finding.movement == Movement::Reopened),
        resolved: count(&|finding| finding.movement == Movement::Resolved),
        remaining: count(&|finding| finding.finding.status != FindingStatus::Resolved),
        verdicts: std::mem::take(&mut parts.changes),
    })
}

/// The same for the same report: it is made of everything that the report says, which need not stand in memory as text.
fn id_of(report: &Report) -> String {
    let written = reports::measured(io::sink(), |out| Ok(serde_json::to_writer(out, report)?));
    // Plain data, into something that takes everything: it can always be written.
    let (_, sha256) = written.unwrap_or_default();
    format!("r-{}", sha256.chars().take(ID_DIGITS).collect::<String>())
}
