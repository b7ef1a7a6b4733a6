//! Findings and their life.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Account, EventOutcome};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Info,
    /// Tidy up.
    Low,
    /// Look at it this week.
    Medium,
    /// Look at it today.
    High,
    /// Look at it now.
    Critical,
}

impl Severity {
    /// Every severity, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The name used in the command line, JSON, tables and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| format!("unknown severity {text:?}; known are critical, high, medium, low and info"))
    }
}

/// What a statement rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Inventory, or the trail event itself.
    Observed,
    /// Conclusions from trail events alone.
    Inferred,
}

impl Basis {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Inferred => "inferred",
        }
    }
}

/// The outcome that a finding is about; the same words as an event's.
pub type FindingOutcome = EventOutcome;

/// Who can do something about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fixer {
    /// The owner of the account.
    Customer,
    /// The cloud provider.
    Provider,
}

impl Fixer {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Provider => "provider",
        }
    }
}

/// Who can fix a finding, and the exact next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// Who.
    pub who: Fixer,
    /// The next step.
    pub how: String,
}

/// The identity of a finding: one per rule, account, profile, store, actor and outcome.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingId(pub String);

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A trail event that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FindingEvent {
    /// When it happened.
    pub time: Timestamp,
    /// The event's id.
    pub id: String,
}

/// What a rule found in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Rule id.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// The account whose role or store it is about.
    pub account: Account,
    /// Region, where it is about one.
    pub region: Option<String>,
    /// Profile id; `None` only for findings about collection itself.
    pub profile: Option<String>,
    /// ARN of the role.
    pub role: Option<String>,
    /// Id of the store.
    pub store: Option<String>,
    /// Who did it: ARN or service principal.
    pub actor: Option<String>,
    /// What came of it.
    pub outcome: Option<FindingOutcome>,
    /// What tells two findings of one rule, account, profile, store, actor and outcome apart where a rule needs more
    /// (the API of a collection gap). Part of the id.
    pub subject: Option<String>,
    /// Inventory or inference.
    pub basis: Basis,
    /// What was seen, in one sentence.
    pub summary: String,
    /// First time that it was so, by the evidence.
    pub first_seen: Timestamp,
    /// Last time that it was so, by the evidence.
    pub last_seen: Timestamp,
    /// How often: occurrences, not records.
    pub count: u64,
    /// The events that it rests on.
    pub events: Vec<FindingEvent>,
    /// Who can fix it and how.
    pub fix: Fix,
    /// What would clear it.
    pub clears_when: String,
}

impl Finding {
    /// The id: stable across scans, because it depends on nothing but the identity of the finding.
    #[must_use]
    pub fn id(&self) -> FindingId {
        let mut hash = Sha256::new();
        let parts = [
            Some(self.rule.as_str()),
            Some(self.account.provider.as_str()),
            Some(self.account.id.as_str()),
            self.profile.as_deref(),
            self.store.as_deref(),
            self.actor.as_deref(),
            self.outcome.map(EventOutcome::as_str),
            self.subject.as_deref(),
        ];
        for part in parts {
            // The length before each part keeps ("ab", "c") and ("a", "bc") apart; an absent part differs from "".
            hash.update(part.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
            hash.update(part.unwrap_or_default());
        }
        let digest = hash.finalize();
        FindingId(hex::encode(&digest[..8]))
    }
}

/// Where a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
    /// It holds, or it held when its scope was last completely collected.
    Open,
    /// It holds no more, proven inside completely collected scope.
    Resolved,
    /// It holds, and an exception covers it.
    Excepted,
}

impl FindingStatus {
    /// The name used in the command line, JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Excepted => "excepted",
        }
    }
}

/// A finding with its life, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFinding {
    /// Its id.
    pub id: FindingId,
    /// What was found, as of the last analysis that saw it.
    pub finding: Finding,
    /// Where it stands.
    pub status: FindingStatus,
    /// When an analysis first opened it.
    pub opened_at: Timestamp,
    /// When it was resolved last.
    pub resolved_at: Option<Timestamp>,
    /// Why it was resolved.
    pub resolved_because: Option<String>,
    /// Whether its scope was not completely collected at the last analysis, so that it could not be judged again.
    pub stale: bool,
}

/// A step in the life of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum FindingChange {
    /// Seen for the first time.
    Opened,
    /// Seen again with something new: a later event, another severity.
    SeenAgain,
    /// Its scope could not be judged; it stays open.
    BecameStale {
        /// What is missing.
        because: String,
    },
    /// No longer so.
    Resolved {
        /// Why.
        because: String,
    },
    /// So again after it was resolved.
    Reopened,
}

impl FindingChange {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::SeenAgain => "seen-again",
            Self::BecameStale { .. } => "became-stale",
            Self::Resolved { .. } => "resolved",
            Self::Reopened => "reopened",
        }
    }
}
