//! Findings.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{
    Basis, EventOutcome, Exception, FindingEvent, FindingStatus, Fixer, Provider, Severity, StoredFinding,
};
use crate::rules::Control;
use crate::store::ChangeRow;

/// Who can fix a finding and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
pub struct FixJson {
    /// Customer or provider.
    pub who: Fixer,
    /// The next step.
    pub how: String,
}

/// A control that a finding supports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Control")]
pub struct ControlJson {
    /// Framework with its version.
    pub framework: String,
    /// Id of the control.
    pub id: String,
    /// Whether nobody has compared the id with the framework's own text; left out where somebody has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
}

impl From<&Control> for ControlJson {
    fn from(control: &Control) -> Self {
        Self { framework: control.framework.clone(), id: control.id.clone(), unverified: control.unverified }
    }
}

/// The exception that covers a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "FindingException")]
pub struct FindingExceptionJson {
    /// Its name.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Where it was decided.
    pub ticket: String,
    /// When it ends.
    #[schemars(extend("format" = "date-time"))]
    pub expires: String,
}

impl From<&Exception> for FindingExceptionJson {
    fn from(exception: &Exception) -> Self {
        Self {
            id: exception.id.clone(),
            owner: exception.owner.clone(),
            reason: exception.reason.clone(),
            ticket: exception.ticket.clone(),
            expires: exception.expires.to_string(),
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct FindingJson {
    /// Id, stable across scans.
    pub id: String,
    /// Rule id.
    pub rule: String,
    /// Severity.
    pub severity: Severity,
    /// Where it stands.
    pub status: FindingStatus,
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: String,
    /// Region, where it is about one.
    pub region: Option<String>,
    /// Profile id.
    pub profile: Option<String>,
    /// ARN of the role.
    pub role: Option<String>,
    /// Id of the store.
    pub store: Option<String>,
    /// ARN or service principal.
    pub actor: Option<String>,
    /// What came of it.
    pub outcome: Option<EventOutcome>,
    /// Inventory or inference.
    pub basis: Basis,
    /// What was seen.
    pub summary: String,
    /// First time, by the evidence.
    #[schemars(extend("format" = "date-time"))]
    pub first_seen: String,
    /// Last time, by the evidence.
    #[schemars(extend("format" = "date-time"))]
    pub last_seen: String,
    /// Occurrences.
    pub count: u64,
    /// Event ids, newest first.
    pub events: Vec<String>,
    /// Who can fix it and how.
    pub fix: FixJson,
    /// Controls that it supports.
    pub controls: Vec<ControlJson>,
    /// Whether its scope could not be judged again at the last analysis.
    pub stale: bool,
    /// When an analysis first opened it.
    #[schemars(extend("format" = "date-time"))]
    pub opened_at: String,
    /// When it was resolved.
    #[schemars(extend("format" = "date-time"))]
    pub resolved_at: Option<String>,
    /// Why it was resolved.
    pub resolved_because: Option<String>,
    /// What would clear it.
    pub clears_when: String,
    /// The exception that covers it, if one does.
    pub exception: Option<FindingExceptionJson>,
}

impl FindingJson {
    /// Event ids that a finding lists unless all are asked for.
    pub const LISTED_EVENTS: u64 = 20;

    /// The shape of a stored finding with its events, its controls and its exception.
    #[must_use]
    pub fn new(
        stored: &StoredFinding,
        events: &[FindingEvent],
        controls: Vec<ControlJson>,
        exception: Option<FindingExceptionJson>,
    ) -> Self {
        let finding = &stored.finding;
        Self {
            id: stored.id.to_string(),
            rule: finding.rule.clone(),
            severity: finding.severity,
            status: stored.status,
            provider: finding.account.provider,
            account: finding.account.id.clone(),
            region: finding.region.clone(),
            profile: finding.profile.clone(),
            role: finding.role.clone(),
            store: finding.store.clone(),
            actor: finding.actor.clone(),
            outcome: finding.outcome,
            basis: finding.basis,
            summary: finding.summary.clone(),
            first_seen: finding.first_seen.to_string(),
            last_seen: finding.last_seen.to_string(),
            count: finding.count,
            events: events.iter().map(|event| event.id.clone()).collect(),
            fix: FixJson { who: finding.fix.who, how: finding.fix.how.clone() },
            controls,
            stale: stored.stale,
            opened_at: stored.opened_at.to_string(),
            resolved_at: stored.resolved_at.map(|time| time.to_string()),
            resolved_because: stored.resolved_because.clone(),
            clears_when: finding.clears_when.clone(),
            exception,
        }
    }
}

/// A step in the life of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "FindingChange")]
pub struct ChangeJson {
    /// When.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// Run.
    pub run: String,
    /// The step.
    #[serde(flatten)]
    pub change: crate::model::FindingChange,
}

impl From<&ChangeRow> for ChangeJson {
    fn from(row: &ChangeRow) -> Self {
        Self { at: row.at.to_string(), run: row.run.to_string(), change: row.change.clone() }
    }
}

/// One finding with its life, as `findings show` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "FindingDetail")]
pub struct FindingDetailJson {
    /// The finding.
    #[serde(flatten)]
    pub finding: FindingJson,
    /// Its life, oldest first.
    pub history: Vec<ChangeJson>,
}
