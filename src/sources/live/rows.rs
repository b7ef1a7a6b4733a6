//! Rows of coverage about accounts as such.

use jiff::Timestamp;

use super::{Api, Failure};
use crate::model::{Coverage, CoverageKey, Outcome, Provider, api};

/// The row of an account as a whole.
pub(super) fn account_row(
    provider: Provider,
    account: &str,
    outcome: Outcome,
    detail: String,
    now: Timestamp,
) -> Coverage {
    row(provider, Some(account), api::ACCOUNT, outcome, detail, now)
}

/// The row of the list of accounts, which this call gives.
pub(super) fn list_row(provider: Provider, call: impl Api, result: &Result<(), Failure>, now: Timestamp) -> Coverage {
    let (outcome, detail) = match result {
        Ok(()) => (Outcome::Complete, String::new()),
        Err(failure) => (failure.outcome, failure.detail.clone()),
    };
    row(provider, None, call.action(), outcome, detail, now)
}

fn row(
    provider: Provider,
    account: Option<&str>,
    api: &str,
    outcome: Outcome,
    detail: String,
    now: Timestamp,
) -> Coverage {
    let (account, api) = (account.map(str::to_owned), api.to_owned());
    let key = CoverageKey { provider, account, region: None, api, subject: None };
    Coverage { key, outcome, detail, from: now, to: now }
}
