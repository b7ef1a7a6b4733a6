//! The verdict on one account and profile.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Account, Basis, Coverage};

/// The judgement on one account and profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The role is there, it is needed, and nothing is wrong; inventory and trail are complete.
    Clean,
    /// Something is wrong: see the findings.
    Findings,
    /// The role is there and nothing needs it.
    Orphaned,
    /// What was collected does not suffice to say.
    Unknown,
    /// Neither the role nor a store that needs it is there; inventory is complete.
    NotInUse,
}

impl Verdict {
    /// Every verdict, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Clean, Self::Findings, Self::Orphaned, Self::Unknown, Self::NotInUse];

    /// The name used in JSON, tables and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Orphaned => "orphaned",
            Self::Unknown => "unknown",
            Self::NotInUse => "not-in-use",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a role is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RolePresence {
    /// It is.
    Present,
    /// It is not, and that was asked.
    Absent,
    /// Nobody could say.
    Unknown,
}

impl RolePresence {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }
}

/// Stores by Region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreCount {
    /// Stores that need the role, in all Regions; those of unknown kind are counted.
    pub needing_role: u64,
    /// The same by Region; every expected Region that answered is listed, with 0 where it has none.
    pub by_region: BTreeMap<String, u64>,
}

/// Assumptions of the role in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssumptionCount {
    /// Successful ones.
    pub total: u64,
    /// Those by a trusted principal.
    pub by_trusted: u64,
}

/// The verdict on one account and profile, with the population that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountVerdict {
    /// The account.
    pub account: Account,
    /// Profile id.
    pub profile: String,
    /// Whether the role is there.
    pub role: RolePresence,
    /// The stores.
    pub stores: StoreCount,
    /// The judgement.
    pub verdict: Verdict,
    /// Whether it rests on inventory or on trail events alone.
    pub basis: Basis,
    /// Regions that inventory had to answer for.
    pub regions_expected: u64,
    /// Regions that did.
    pub regions_complete: u64,
    /// What is missing.
    pub missing: Vec<Coverage>,
    /// When it was judged.
    pub judged_at: Timestamp,
}
