//! Verdicts.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::MissingJson;
use crate::model::{AccountVerdict, AssumptionCount, Basis, Provider, RolePresence, Verdict};

/// Stores that need the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "VerdictStores")]
pub struct StoresJson {
    /// In all Regions.
    pub needing_role: u64,
    /// By Region.
    pub by_region: BTreeMap<String, u64>,
}

/// Coverage of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "VerdictCoverage")]
pub struct VerdictCoverageJson {
    /// Regions that inventory had to answer for.
    pub regions_expected: u64,
    /// Regions that did.
    pub regions_complete: u64,
    /// What is missing.
    pub missing: Vec<MissingJson>,
}

/// Assumptions of the role in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Assumptions")]
pub struct AssumptionsJson {
    /// Start of the period.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
    /// Successful ones.
    pub total: u64,
    /// Those by trusted principals.
    pub by_trusted: u64,
}

/// The verdict on one account and profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Verdict")]
pub struct VerdictJson {
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: String,
    /// Profile id.
    pub profile: String,
    /// Whether the role is there.
    pub role: RolePresence,
    /// Stores that need it.
    pub stores: StoresJson,
    /// The judgement.
    pub verdict: Verdict,
    /// Inventory or inference.
    pub basis: Basis,
    /// Coverage.
    pub coverage: VerdictCoverageJson,
    /// Positive proof.
    pub assumptions: AssumptionsJson,
}

impl AssumptionsJson {
    /// The period over which they are counted unless another is asked for.
    pub const PERIOD: SignedDuration = SignedDuration::from_hours(90 * 24);
}

impl VerdictJson {
    /// The shape of a verdict with the assumptions counted since a moment.
    #[must_use]
    pub fn new(verdict: &AccountVerdict, since: Timestamp, assumptions: AssumptionCount) -> Self {
        Self {
            provider: verdict.account.provider,
            account: verdict.account.id.clone(),
            profile: verdict.profile.clone(),
            role: verdict.role,
            stores: StoresJson {
                needing_role: verdict.stores.needing_role,
                by_region: verdict.stores.by_region.clone(),
            },
            verdict: verdict.verdict,
            basis: verdict.basis,
            coverage: VerdictCoverageJson {
                regions_expected: verdict.regions_expected,
                regions_complete: verdict.regions_complete,
                missing: verdict.missing.iter().map(MissingJson::of_account).collect(),
            },
            assumptions: AssumptionsJson {
                since: since.to_string(),
                total: assumptions.total,
                by_trusted: assumptions.by_trusted,
            },
        }
    }
}
