//! Rows of coverage about the event history.

use jiff::Timestamp;

use super::window::{Reading, Window};
use crate::model::{Coverage, CoverageKey, Outcome, Provider, api};
use crate::sources::live::Failure;

/// The place of an account's event history in a Region.
pub(super) fn key(provider: Provider, account: &str, region: Option<&str>) -> CoverageKey {
    CoverageKey {
        provider,
        account: Some(account.to_owned()),
        region: region.map(str::to_owned),
        api: api::TRAIL_LOOKUP.to_owned(),
        subject: None,
    }
}

/// Which Regions have events is not known, because this call did not tell. A row of its own: the Regions that were
/// asked may all be complete.
pub(in crate::sources) fn unlisted(
    provider: Provider,
    account: &str,
    call: &str,
    failure: &Failure,
    now: Timestamp,
) -> Coverage {
    let key = CoverageKey { subject: Some(call.to_owned()), ..key(provider, account, None) };
    Coverage { key, outcome: failure.outcome, detail: format!("{call}: {}", failure.detail), from: now, to: now }
}

/// The provider keeps no event history in this Region.
pub(in crate::sources) fn absent(
    provider: Provider,
    account: &str,
    region: &str,
    detail: &str,
    now: Timestamp,
) -> Coverage {
    let key = key(provider, account, Some(region));
    Coverage { key, outcome: Outcome::Unsupported, detail: detail.to_owned(), from: now, to: now }
}

/// A window was read to its end.
pub(super) fn complete(key: CoverageKey, reading: &Reading, remark: &str) -> Coverage {
    let Window { from, to } = reading.window;
    let lost = reading.lost_since.map(|last| format!("what happened from {last} to {from} is lost"));
    let remarks = [Some(remark.to_owned()), lost];
    let detail: Vec<_> = remarks.into_iter().flatten().filter(|remark| !remark.is_empty()).collect();
    Coverage { key, outcome: Outcome::Complete, detail: detail.join("; "), from, to }
}

/// The reading of a Region failed.
pub(super) fn failed(key: CoverageKey, failure: &Failure, now: Timestamp) -> Coverage {
    Coverage { key, outcome: failure.outcome, detail: failure.detail.clone(), from: now, to: now }
}
