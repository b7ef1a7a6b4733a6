//! Coverage rows.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Coverage, Outcome, Provider};
use crate::store::CoverageRow;

/// One row of `coverage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Coverage")]
pub struct CoverageJson {
    /// Last run that ended so.
    pub run: String,
    /// Provider.
    pub provider: Provider,
    /// Account; null where the trouble concerns every account of the provider.
    pub account: Option<String>,
    /// Region; null for global APIs.
    pub region: Option<String>,
    /// API as permissions name it, `account`, or `trail:KIND`.
    pub api: String,
    /// The role, store or object that the row is about, where an API is asked once for each of several.
    pub subject: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The provider's error code, or what is missing.
    pub detail: String,
    /// Start of the span covered.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub from: Timestamp,
    /// End of the span covered.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub to: Timestamp,
}

impl From<&CoverageRow> for CoverageJson {
    fn from(row: &CoverageRow) -> Self {
        let Coverage { key, outcome, detail, from, to } = &row.coverage;
        Self {
            run: row.run.to_string(),
            provider: key.provider,
            account: key.account.clone(),
            region: key.region.clone(),
            api: key.api.clone(),
            subject: key.subject.clone(),
            outcome: *outcome,
            detail: detail.clone(),
            from: *from,
            to: *to,
        }
    }
}

/// What a verdict or a scan misses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Missing")]
pub struct MissingJson {
    /// Provider; told only where a list spans several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// Account; told only where a list spans several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Region; null for global APIs.
    pub region: Option<String>,
    /// API.
    pub api: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The provider's error code, or what is missing.
    pub detail: String,
}

impl MissingJson {
    /// A row inside one account's verdict.
    #[must_use]
    pub fn of_account(row: &Coverage) -> Self {
        Self {
            provider: None,
            account: None,
            region: row.key.region.clone(),
            api: row.key.api.clone(),
            outcome: row.outcome,
            detail: row.detail.clone(),
        }
    }

    /// A row of a list that spans accounts.
    #[must_use]
    pub fn with_account(row: &Coverage) -> Self {
        Self { provider: Some(row.key.provider), account: row.key.account.clone(), ..Self::of_account(row) }
    }
}
