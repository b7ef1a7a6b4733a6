//! What `doctor` found.

use serde::Serialize;

use crate::model::{Check, CheckKind, CheckOutcome, Provider};

/// The version of the shape.
const SCHEMA: u32 = 1;

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckJson {
    /// What it is about: permission, credentials, clock, disk, config, database or trail.
    pub check: CheckKind,
    /// Provider; null for checks of this machine.
    pub provider: Option<Provider>,
    /// Account.
    pub account: Option<String>,
    /// Region; null for what has no Region.
    pub region: Option<String>,
    /// The action, as permissions name it.
    pub action: Option<String>,
    /// ok, warning, untested, missing or failed.
    pub outcome: CheckOutcome,
    /// Whether a collection is incomplete without it.
    pub needed: bool,
    /// What was seen.
    pub detail: String,
}

impl From<&Check> for CheckJson {
    fn from(check: &Check) -> Self {
        Self {
            check: check.kind,
            provider: check.provider,
            account: check.account.clone(),
            region: check.region.clone(),
            action: check.action.clone(),
            outcome: check.outcome,
            needed: check.needed,
            detail: check.detail.clone(),
        }
    }
}

/// What `doctor` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoctorJson {
    /// Version of the shape.
    pub schema: u32,
    /// Whether everything that is needed works.
    pub ok: bool,
    /// Every check.
    pub checks: Vec<CheckJson>,
    /// The policy document of IAM that would grant what is missing on AWS; null where nothing is.
    pub grant: Option<serde_json::Value>,
    /// The policy document of RAM that would grant what is missing on Alibaba Cloud; null where nothing is.
    pub ram_grant: Option<serde_json::Value>,
}

impl DoctorJson {
    /// The shape of a report.
    #[must_use]
    pub fn new(ok: bool, checks: &[Check]) -> Self {
        let checks = checks.iter().map(Into::into).collect();
        Self { schema: SCHEMA, ok, checks, grant: None, ram_grant: None }
    }

    /// The same with the documents that would grant what is missing.
    #[must_use]
    pub fn granting(self, grant: Option<serde_json::Value>, ram_grant: Option<serde_json::Value>) -> Self {
        Self { grant, ram_grant, ..self }
    }
}
