//! Findings.

use std::sync::Arc;

use jiff::Timestamp;
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
    pub how: Arc<str>,
}

/// A control that a finding supports.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
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
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires: Timestamp,
}

impl From<&Exception> for FindingExceptionJson {
    fn from(exception: &Exception) -> Self {
        Self {
            id: exception.id.clone(),
            owner: exception.owner.clone(),
            reason: exception.reason.clone(),
            ticket: exception.ticket.clone(),
            expires: exception.expires,
        }
    }
}

/// One finding. Many of them say the same: [`SharedTexts`](super::SharedTexts) has them say it in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct FindingJson {
    /// Id, stable across scans.
    pub id: Arc<str>,
    /// Rule id.
    pub rule: Arc<str>,
    /// Severity.
    pub severity: Severity,
    /// Where it stands.
    pub status: FindingStatus,
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: Arc<str>,
    /// Region, where it is about one.
    pub region: Option<Arc<str>>,
    /// Profile id.
    pub profile: Option<Arc<str>>,
    /// ARN of the role.
    pub role: Option<Arc<str>>,
    /// Id of the store.
    pub store: Option<Arc<str>>,
    /// ARN or service principal.
    pub actor: Option<Arc<str>>,
    /// What came of it.
    pub outcome: Option<EventOutcome>,
    /// Inventory or inference.
    pub basis: Basis,
    /// What was seen.
    pub summary: Arc<str>,
    /// First time, by the evidence.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub first_seen: Timestamp,
    /// Last time, by the evidence.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub last_seen: Timestamp,
    /// Occurrences.
    pub count: u64,
    /// Event ids, newest first.
    pub events: Vec<String>,
    /// Who can fix it and how.
    pub fix: FixJson,
    /// Controls that it supports.
    pub controls: Arc<[ControlJson]>,
    /// Whether its scope could not be judged again at the last analysis.
    pub stale: bool,
    /// When an analysis first opened it.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub opened_at: Timestamp,
    /// When it was resolved.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub resolved_at: Option<Timestamp>,
    /// Why it was resolved.
    pub resolved_because: Option<String>,
    /// What would clear it.
    pub clears_when: Arc<str>,
    /// The exception that covers it, if one does.
    pub exception: Option<Arc<FindingExceptionJson>>,
}

impl FindingJson {
    /// Event ids that a finding lists unless all are asked for.
    pub const LISTED_EVENTS: u64 = 20;

    /// The shape of a stored finding with its events, its controls and its exception.
    #[must_use]
    pub fn new(
        stored: &StoredFinding,
        events: &[FindingEvent],
        controls: Arc<[ControlJson]>,
        exception: Option<Arc<FindingExceptionJson>>,
    ) -> Self {
        let finding = &stored.finding;
        let shared = |text: &Option<String>| text.as_deref().map(Arc::from);
        Self {
            id: stored.id.0.as_str().into(),
            rule: finding.rule.as_str().into(),
            severity: finding.severity,
            status: stored.status,
            provider: finding.account.provider,
            account: finding.account.id.as_str().into(),
            region: shared(&finding.region),
            profile: shared(&finding.profile),
            role: shared(&finding.role),
            store: shared(&finding.store),
            actor: shared(&finding.actor),
            outcome: finding.outcome,
            basis: finding.basis,
            summary: finding.summary.as_str().into(),
            first_seen: finding.first_seen,
            last_seen: finding.last_seen,
            count: finding.count,
            events: events.iter().map(|event| event.id.clone()).collect(),
            fix: FixJson { who: finding.fix.who, how: finding.fix.how.as_str().into() },
            controls,
            stale: stored.stale,
            opened_at: stored.opened_at,
            resolved_at: stored.resolved_at,
            resolved_because: stored.resolved_because.clone(),
            clears_when: finding.clears_when.as_str().into(),
            exception,
        }
    }
}

/// A step in the life of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "FindingChange")]
pub struct ChangeJson {
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// Run.
    pub run: Arc<str>,
    /// The step.
    #[serde(flatten)]
    pub change: crate::model::FindingChange,
}

impl From<&ChangeRow> for ChangeJson {
    fn from(row: &ChangeRow) -> Self {
        Self { at: row.at, run: row.run.to_string().into(), change: row.change.clone() }
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
