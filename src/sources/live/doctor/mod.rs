//! Trying what a collection will need, before it needs it: what all providers have in common.
//!
//! Nothing is changed by trying. A call that is answered with "there is no such thing" is permitted: providers look at
//! the permission first.

mod clock;
mod examine;
mod trails;

use std::sync::Arc;

pub(in crate::sources) use clock::Watch;
#[cfg(test)]
pub(in crate::sources) use examine::no_credentials;
pub(in crate::sources) use examine::{Examinable, examine};
pub(in crate::sources) use trails::what_they_record;

use super::{Failure, Permitted, Scan};
use crate::clock::Clock;
use crate::model::{Check, CheckKind, CheckOutcome, Outcome, api};
use crate::profiles::Profiles;

/// Everything that trying a source takes.
#[derive(Clone)]
pub struct Trial<S> {
    /// The source.
    pub source: Arc<S>,
    /// The profiles.
    pub profiles: Arc<Profiles>,
    /// Limits and deadline.
    pub scan: Arc<Scan>,
    /// This machine's clock.
    pub clock: Arc<dyn Clock>,
}

/// How trying a call ended, and what was seen.
pub(in crate::sources) type Tried = (CheckOutcome, String);

/// A permission, and what trying it showed.
pub(in crate::sources) fn permission<C: Permitted>(
    account: &str,
    region: Option<&str>,
    call: C,
    (outcome, detail): Tried,
) -> Check {
    Check {
        provider: Some(C::PROVIDER),
        account: Some(account.to_owned()),
        region: region.map(str::to_owned),
        action: Some(call.action().to_owned()),
        needed: !api::is_optional(call.action()),
        ..Check::new(CheckKind::Permission, outcome, detail)
    }
}

/// Permissions that could not be tried for a reason that has a check of its own.
pub(in crate::sources) fn untried<'a, C: Permitted + 'a>(
    calls: impl IntoIterator<Item = &'a C>,
    account: Option<&str>,
    why: &str,
) -> Vec<Check> {
    let untested = |call: &C| Check {
        account: account.map(str::to_owned),
        ..permission("", None, *call, (CheckOutcome::Untested, why.to_owned()))
    };
    calls.into_iter().map(untested).collect()
}

/// What an answer says about the permission. `proofs` are error codes that only a permitted call gets, beside those of
/// what is not there.
pub(in crate::sources) fn judged(answer: Result<(), Failure>, proofs: &[&str]) -> Tried {
    let Err(failure) = answer else { return (CheckOutcome::Ok, String::new()) };
    let proven = failure.is_absence() || proofs.iter().any(|code| failure.is(code));
    let outcome = match failure.outcome {
        _ if proven => CheckOutcome::Ok,
        Outcome::Unsupported => CheckOutcome::Ok,
        Outcome::Denied => CheckOutcome::Missing,
        _ => CheckOutcome::Failed,
    };
    (outcome, failure.detail)
}

/// The worst of several tries of one call: a permission can be there for one resource and not for another.
pub(in crate::sources) fn worst(tries: impl IntoIterator<Item = Tried>) -> Option<Tried> {
    tries.into_iter().reduce(|first, second| if first.0 < second.0 { second } else { first })
}

#[cfg(test)]
mod tests;
