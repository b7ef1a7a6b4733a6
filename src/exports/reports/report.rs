//! What a report says, before it has a format. Every format is a writing of this one value, so that ids, counts and
//! severities agree in all of them.
//!
//! It depends on the history, the configuration and the period alone, never on the clock: the same data and period
//! give the same report. Lists are ordered; what was read or judged only after the period says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

pub use super::evidence_log::EvidenceLog;
pub use super::lives::{
    LifeGap, LifeMoment, LifeState, LifeStore, LifeSubject, LifeUse, LivesLeftOut, MOST_LIVES, MomentKind,
    RoleLifetime, RoleLives,
};
use crate::exports::json::{ChangeJson, CoverageJson, FindingJson, SharedTexts, VerdictJson};
pub use crate::model::ExceptionState;
use crate::model::{Basis, Outcome, Provider, Severity};

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of the JSON shape.
    pub schema: u32,
    /// Id: the same for the same data, configuration and period.
    pub id: String,
    /// Title.
    pub title: String,
    /// The period that it speaks about.
    pub period: ReportPeriod,
    /// The last time at which anything in it was read or judged; stands where others put the time of writing.
    pub data_as_of: Timestamp,
    /// What made it.
    pub tool: Tool,
    /// What it is about and what not.
    pub scope: Scope,
    /// How the facts were found, and the limits of that.
    pub method: Method,
    /// What was to be read, and what was.
    pub population: Population,
    /// What vouches for the facts.
    pub integrity: Integrity,
    /// What was fine, with the population that shows it.
    pub proof: Vec<Proof>,
    /// Verdicts at the end of the period, by provider, account and profile.
    pub verdicts: Vec<VerdictRow>,
    /// Results by control, in the order of the controls' file.
    pub controls: Vec<ControlResult>,
    /// Findings of the period: worst first, then oldest, then by id.
    pub findings: Vec<ReportFinding>,
    /// The lives of the roles that the findings are about, within the period.
    pub role_lives: RoleLives,
    /// Exceptions, in the order of their file.
    pub exceptions: Vec<ExceptionEntry>,
    /// What changed in the period.
    pub changes: Changes,
    /// Each item that findings rest on, with its hash.
    pub evidence: Vec<EvidenceItem>,
}

/// From inclusive, to exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReportPeriod {
    /// Start.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
}

/// What made the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Always `roletrail`.
    pub name: String,
    /// Its version; rules and built-in profiles are part of it.
    pub version: String,
    /// Rules by id, that judged.
    pub rules: Vec<String>,
    /// SHA-256 of the settings in force: the file `roletrail-settings-...` of the pack, without places on the machine and
    /// without secrets.
    pub configuration_sha256: String,
    /// SHA-256 of the profiles in force: the file `roletrail-profiles-...` of the pack.
    pub profiles_sha256: String,
    /// SHA-256 of the controls in force: the file `roletrail-controls-...` of the pack.
    pub controls_sha256: String,
    /// SHA-256 of the exceptions' file; of nothing where there is none.
    pub exceptions_sha256: String,
    /// A command that makes this report again from the same history.
    pub command: String,
}

/// What a report is about and what not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// `organization`, or the one account.
    pub name: String,
    /// Every account that is known, in and out.
    pub accounts: Vec<ScopeAccount>,
    /// Watched roles.
    pub profiles: Vec<ScopeProfile>,
    /// What was asked: sources of the configuration, in words, without secrets.
    pub sources: Vec<String>,
}

/// An account in the scope, or out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeAccount {
    /// Provider.
    pub provider: Provider,
    /// Id.
    pub account: String,
    /// Whether it was to be read.
    pub included: bool,
    /// Why, or why not: `configured`, `member of the organization`, `SUSPENDED`.
    pub because: String,
}

/// A watched role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeProfile {
    /// Profile id.
    pub id: String,
    /// Provider.
    pub provider: Provider,
    /// Role name.
    pub role: String,
    /// Who may assume it.
    pub trusted: Vec<String>,
    /// Whether it is judged for every account.
    pub primary: bool,
}

/// How the facts were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Method {
    /// One sentence for each step.
    pub steps: Vec<String>,
    /// What the method cannot see, one sentence each.
    pub limits: Vec<String>,
    /// Words of the report, explained.
    pub definitions: Vec<Definition>,
    /// Who asked the providers: the identities of the period's runs, in order of first use.
    pub identities: Vec<IdentityUsed>,
    /// Requests of the period's runs, by API.
    pub calls: Vec<CallTotals>,
}

/// A word explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// The word.
    pub term: String,
    /// Its meaning.
    pub meaning: String,
}

/// An identity that asked a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdentityUsed {
    /// Provider.
    pub provider: Provider,
    /// ARN of the caller in the hub account.
    pub identity: String,
    /// First run of the period with it.
    pub first_used: Timestamp,
    /// Last run of the period with it.
    pub last_used: Timestamp,
}

/// Requests to one API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallTotals {
    /// Provider.
    pub provider: Provider,
    /// The API, as its permission is named.
    pub api: String,
    /// All requests, repeated ones included.
    pub requests: u64,
    /// Refused for being too many.
    pub throttled: u64,
    /// Failed otherwise.
    pub errors: u64,
}

/// What was to be read, and what was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Population {
    /// Whether nothing that a verdict needs is missing.
    pub complete: bool,
    /// Accounts that had to be read.
    pub accounts_expected: u64,
    /// Accounts that were.
    pub accounts_complete: u64,
    /// Regions of all accounts that had to be read.
    pub regions_expected: u64,
    /// Regions that were.
    pub regions_complete: u64,
    /// Runs that began in the period.
    pub runs: u64,
    /// Those of them that left something unread.
    pub runs_incomplete: u64,
    /// Trail events of the period that concern a role or store.
    pub events: u64,
    /// Trail records that could not be read, in objects read in the period.
    pub records_rejected: u64,
    /// Trail objects that could not be read, likewise.
    pub objects_rejected: u64,
    /// Each source of trail events, and how much of the period it covers.
    pub trails: Vec<TrailCoverage>,
    /// Everything that was expected and is missing at the end of the period.
    pub gaps: Vec<CoverageJson>,
}

/// How much of the period a source of trail events covers in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrailCoverage {
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: String,
    /// `trail:KIND`.
    pub source: String,
    /// How reading it ended last.
    pub outcome: Outcome,
    /// Seconds of the period that it covers.
    pub covered_seconds: u64,
    /// Seconds of the period.
    pub period_seconds: u64,
    /// Spans of the period that it does not cover.
    pub uncovered: Vec<ReportPeriod>,
}

/// What vouches for the facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Integrity {
    /// Trail objects read in the period.
    pub objects: u64,
    /// Those of them whose SHA-256 is kept.
    pub objects_hashed: u64,
    /// Trails with log file validation switched on, of those that are known, at the end of the period.
    pub trails_validated: u64,
    /// Trails that are known.
    pub trails: u64,
    /// The evidence log of the history; `None` where it has no checkpoint.
    pub evidence_log: Option<EvidenceLog>,
    /// What was verified and what was not, one sentence each.
    pub statements: Vec<String>,
}

/// What was fine in the accounts of one profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// Profile id.
    pub profile: String,
    /// Provider.
    pub provider: Provider,
    /// Accounts whose verdict is clean or not-in-use.
    pub accounts: u64,
    /// Accounts of the profile in all.
    pub accounts_of: u64,
    /// Successful assumptions in those accounts within the period.
    pub assumptions: u64,
    /// Those by a trusted principal.
    pub by_trusted: u64,
    /// Regions that were read completely, in those accounts.
    pub regions_complete: u64,
    /// Regions that had to be read, in those accounts.
    pub regions_expected: u64,
    /// The sentence.
    pub sentence: String,
}

/// A verdict at the end of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictRow {
    /// The verdict, judged as of the end of the period; assumptions are those of the period.
    #[serde(flatten)]
    pub verdict: VerdictJson,
    /// The verdict at the start of the period, where anything was known then.
    pub at_start: Option<String>,
    /// The account's inventory was first read only after the period: none of it counts here.
    pub read_after_period: bool,
    /// Nobody asks for this role in the account, and nothing is known of it: it counts in no population.
    pub not_asked: bool,
}

/// How a control came out. Never "satisfied": findings, or their absence, support a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlStatus {
    /// Its rules found nothing, over a complete population.
    NoFindings,
    /// Everything that its rules found is covered by exceptions.
    OnlyExcepted,
    /// Its rules found something that is open.
    Findings,
    /// Its rules found nothing that is open, and the population is incomplete.
    Unknown,
    /// No account that the framework speaks of is in the scope.
    NotApplicable,
}

impl ControlStatus {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoFindings => "no-findings",
            Self::OnlyExcepted => "only-excepted",
            Self::Findings => "findings",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// The result for one control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlResult {
    /// Framework with its version.
    pub framework: String,
    /// Id of the control.
    pub id: String,
    /// What the rules contribute to it.
    pub supports: String,
    /// The rules.
    pub rules: Vec<String>,
    /// How it came out.
    pub status: ControlStatus,
    /// Ids of findings that are open at the end of the period.
    pub open: Vec<Arc<str>>,
    /// Ids of findings that exceptions cover then.
    pub excepted: Vec<Arc<str>>,
    /// Ids of findings that were resolved in the period.
    pub resolved: Vec<Arc<str>>,
}

/// What became of a finding in the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Movement {
    /// First so in the period, or first found in it, and not resolved in it.
    New,
    /// There before the period and still there.
    Continuing,
    /// Resolved in the period, whenever it began.
    Resolved,
    /// Resolved before, and so again in the period.
    Reopened,
}

impl Movement {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Continuing => "continuing",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
        }
    }
}

/// A finding of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportFinding {
    /// The finding; its status is the one at the end of the period.
    #[serde(flatten)]
    pub finding: FindingJson,
    /// What became of it in the period.
    pub movement: Movement,
    /// Whole days from first seen to its resolution, or to the end of the period.
    pub age_days: u64,
    /// It was found only after the period.
    pub found_after_period: bool,
    /// When it was resolved, where that was only after the period.
    pub resolved_later: Option<Timestamp>,
    /// Title of its rule.
    pub title: Arc<str>,
    /// Why it matters.
    pub matters: Arc<str>,
    /// Its life up to the end of the period, oldest first.
    pub life: Vec<ChangeJson>,
}

impl ReportFinding {
    /// Lets the finding share its id with those who name it, and its texts with findings that say the same.
    pub fn share(&mut self, id: Arc<str>, texts: &mut SharedTexts) {
        self.finding.id = id;
        texts.share(&mut self.finding);
        for text in [&mut self.title, &mut self.matters] {
            *text = texts.text(text);
        }
        self.life.iter_mut().for_each(|change| texts.share_run(change));
    }
}

/// An exception in the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExceptionEntry {
    /// Its name.
    pub id: String,
    /// What it covers: part and pattern, as the file writes them.
    pub scope: BTreeMap<String, String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Where it was decided.
    pub ticket: String,
    /// Who approved it.
    pub approver: Option<String>,
    /// What stands in for the control meanwhile.
    pub compensating_control: Option<String>,
    /// First day.
    pub created: Option<Timestamp>,
    /// End.
    pub expires: Timestamp,
    /// How it stands at the end of the period.
    pub state: ExceptionState,
    /// Ids of the findings of the period that it covers.
    pub covers: Vec<Arc<str>>,
}

/// What changed in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Where the last report ended, if one was written that ended before this period did.
    pub since_report: Option<PreviousReport>,
    /// Findings that are new in the period, by severity.
    pub new: BTreeMap<Severity, u64>,
    /// Findings that were resolved once and are so again, by severity.
    pub reopened: BTreeMap<Severity, u64>,
    /// Findings resolved in it, by severity.
    pub resolved: BTreeMap<Severity, u64>,
    /// Findings open or excepted at its end, by severity.
    pub remaining: BTreeMap<Severity, u64>,
    /// Verdicts that are not what they were at its start.
    pub verdicts: Vec<VerdictChange>,
}

/// An earlier report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviousReport {
    /// Its id.
    pub id: String,
    /// Its period.
    pub period: ReportPeriod,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
}

/// A verdict that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictChange {
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: String,
    /// Profile.
    pub profile: String,
    /// At the start of the period.
    pub from: String,
    /// At its end.
    pub to: String,
    /// What the later one rests on.
    pub basis: Basis,
}

/// Something that findings rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceItem {
    /// `event`, `object`, `role`, `store`, `task`, `trail` or `coverage`.
    pub kind: Arc<str>,
    /// Its id: of the event, of the object, of the role's state.
    pub id: String,
    /// When it happened or held.
    pub time: Timestamp,
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: Arc<str>,
    /// Where it was read: object or API.
    pub source: Arc<str>,
    /// SHA-256 of its stored record.
    pub sha256: String,
    /// Of an event: SHA-256 of the record as it stood in its object, credentials and all.
    pub found_sha256: Option<String>,
    /// Ids of the findings that rest on it.
    pub findings: Vec<Arc<str>>,
}
