//! Trying what a collection will need, before it needs it: what all providers have in common.
//!
//! Nothing is changed by trying. A call that is answered with "there is no such thing" is permitted: providers look at
//! the permission first.

mod clock;
mod trails;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join;
use futures_util::stream::{self, StreamExt};
use tokio::sync::mpsc;

pub(in crate::sources) use clock::Watch;
pub(in crate::sources) use trails::what_they_record;

use super::{Api, Failure, Grant, Listed, Permitted, Scan, Scope};
use crate::clock::Clock;
use crate::model::{Check, CheckKind, CheckOutcome, Outcome, Provider, api};
use crate::profiles::Profiles;

/// Accounts that are tried side by side.
const ACCOUNTS_AT_ONCE: usize = 32;

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

/// A source whose credentials work.
pub(in crate::sources) trait Opened {
    /// Its calls.
    type Call: Permitted;

    /// The right to ask in one account.
    type Session;

    /// The provider.
    const PROVIDER: Provider;

    /// The call that lists accounts.
    const LIST: Self::Call;

    /// The call that enters one.
    const ENTER: Self::Call;

    /// The account of the credentials.
    fn hub(&self) -> &str;

    /// Hands over every account to be tried.
    async fn list(&self, accounts: &mpsc::Sender<Listed>) -> Result<(), Failure>;

    /// Enters an account.
    async fn enter(&self, account: &str) -> Result<Self::Session, Failure>;

    /// Tries calls in an account.
    async fn try_all(&self, session: &Self::Session, calls: &BTreeSet<Self::Call>) -> Vec<Check>;
}

/// Tries every account of a source, its list first.
pub(in crate::sources) async fn try_accounts<O: Opened>(source: &O, needed: &BTreeSet<O::Call>) -> Vec<Check> {
    let is_theirs = |call: &O::Call| call.grant().map(Grant::scope) == Some(Scope::Member);
    let in_members: BTreeSet<_> = needed.iter().copied().filter(is_theirs).collect();
    let mut checks = Vec::new();
    if in_members.is_empty() {
        return checks;
    }
    let (ids, whole) = listed(source).await;
    if needed.contains(&O::LIST) {
        checks.push(permission(O::PROVIDER, source.hub(), None, O::LIST, judged(whole, &[])));
    }
    let tried = stream::iter(ids).map(|id| one_account(source, id, &in_members));
    let tried: Vec<_> = tried.buffered(ACCOUNTS_AT_ONCE).collect().await;
    checks.extend(tried.into_iter().flatten());
    checks
}

/// The active accounts, and how listing them ended.
async fn listed<O: Opened>(source: &O) -> (Vec<String>, Result<(), Failure>) {
    let (sender, mut inlet) = mpsc::channel(1);
    let listing = async move { source.list(&sender).await };
    let taking = async move {
        let mut ids = Vec::new();
        while let Some(account) = inlet.recv().await {
            if let Listed::Active(id) = account {
                ids.push(id);
            }
        }
        ids
    };
    let (whole, ids) = join(listing, taking).await;
    (ids, whole)
}

async fn one_account<O: Opened>(source: &O, id: String, calls: &BTreeSet<O::Call>) -> Vec<Check> {
    let entered = source.enter(&id).await;
    let mut checks = Vec::new();
    if id != source.hub() {
        let tried = entry(entered.as_ref().err(), O::PROVIDER);
        checks.push(permission(O::PROVIDER, &id, None, O::ENTER, tried));
    }
    match entered {
        // In a box: the futures of SDKs are large.
        Ok(session) => checks.extend(Box::pin(source.try_all(&session, calls)).await),
        Err(_) => checks.extend(untried(O::PROVIDER, calls, Some(&id), "the account cannot be entered")),
    }
    checks
}

/// How entering an account ended. A role that is not there is no answer here: nobody can enter with it.
fn entry(failure: Option<&Failure>, provider: Provider) -> Tried {
    let Some(failure) = failure else { return (CheckOutcome::Ok, String::new()) };
    if failure.is_absence() {
        let made = format!("`roletrail policy {provider} --format terraform` makes the role");
        return (CheckOutcome::Failed, format!("{}; {made}", failure.detail));
    }
    let (outcome, mut detail) = judged(Err(failure.clone()), &[]);
    if outcome == CheckOutcome::Missing {
        detail += "; the trust policy of the role in that account has to name this identity too, with its external \
                   id where it asks for one";
    }
    (outcome, detail)
}

/// A permission, and what trying it showed.
pub(in crate::sources) fn permission(
    provider: Provider,
    account: &str,
    region: Option<&str>,
    call: impl Api,
    (outcome, detail): Tried,
) -> Check {
    Check {
        provider: Some(provider),
        account: Some(account.to_owned()),
        region: region.map(str::to_owned),
        action: Some(call.action().to_owned()),
        needed: !api::is_optional(call.action()),
        ..Check::new(CheckKind::Permission, outcome, detail)
    }
}

/// Permissions that could not be tried for a reason that has a check of its own.
pub(in crate::sources) fn untried<'a, C: Api + 'a>(
    provider: Provider,
    calls: impl IntoIterator<Item = &'a C>,
    account: Option<&str>,
    why: &str,
) -> Vec<Check> {
    let untested = |call: &C| Check {
        account: account.map(str::to_owned),
        ..permission(provider, "", None, *call, (CheckOutcome::Untested, why.to_owned()))
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

/// Credentials that work, and whose they are: the source's name, the account, the ARN.
pub(in crate::sources) fn credentials(
    provider: Provider,
    (source, account, arn): (&str, &str, &str),
    call: impl Api,
) -> Check {
    let detail = format!("source {source:?}: account {account}, {arn}");
    Check {
        provider: Some(provider),
        account: Some(account.to_owned()),
        action: Some(call.action().to_owned()),
        ..Check::new(CheckKind::Credentials, CheckOutcome::Ok, detail)
    }
}

#[cfg(test)]
mod tests;
