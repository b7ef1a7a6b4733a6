//! Trying everything that a source needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join;
use futures_util::stream::{self, StreamExt};
use tokio::sync::mpsc;

use super::{Trial, Tried, Watch, judged, permission, untried};
use crate::model::{Check, CheckKind, CheckOutcome, Permissions, Provider};
use crate::sources::live::{
    Api as _, Failure, Grant, Hub as _, Listed, Permitted as _, Scope, Source, list_accounts,
};

/// Accounts that are tried side by side.
const ACCOUNTS_AT_ONCE: usize = 32;

/// A source that can be tried before it is read.
pub(in crate::sources) trait Examinable: Source {
    /// The call that enters an account.
    const ENTER: Self::Call;

    /// The call that tells whose the credentials are.
    const WHOSE: Self::Call;

    /// The difference of the clocks from which on signatures are refused, in seconds.
    const REFUSED: u64;

    /// The policy for the source. The calls that are tried are those of the policy, so that the two never differ.
    fn permissions(trial: &Trial<Self>) -> Permissions;

    /// The name of the source.
    fn name(&self) -> &str;

    /// Why the credentials of a source cannot be used, with what to do about it.
    fn no_credentials(source: &str, failure: &Failure) -> String;

    /// Tries calls in an account.
    async fn try_account(trial: &Trial<Self>, session: &Self::Session, calls: &BTreeSet<Self::Call>) -> Vec<Check>;

    /// Tries the deliveries of the source's trails, with the program's own credentials.
    async fn try_trails(&self, hub: &Self::Hub) -> Vec<Check>;
}

/// Tries everything that a source needs, and answers the hub where it could be opened; nothing for a source that asks
/// its provider nothing.
pub(in crate::sources) async fn examine<S: Examinable>(trial: &Trial<S>) -> (Vec<Check>, Option<S::Hub>) {
    let needed = needed(trial);
    if needed.is_empty() {
        return (Vec::new(), None);
    }
    let watch = Watch::new(Arc::clone(&trial.clock));
    let opened = S::Hub::open(&trial.source, Arc::clone(&trial.scan), Some(&watch)).await;
    let mut checks = vec![watch.check(S::PROVIDER, S::REFUSED)];
    let hub = match opened {
        Ok(hub) => hub,
        Err(failure) => {
            checks.push(no_credentials::<S>(trial.source.name(), &failure));
            checks.extend(untried(&needed, None, "there are no credentials that work"));
            return (checks, None);
        }
    };
    checks.push(working(&*trial.source, &hub));
    let (accounts, trails) = join(try_accounts(trial, &hub, &needed), trial.source.try_trails(&hub)).await;
    checks.extend(accounts);
    checks.extend(trails);
    (checks, Some(hub))
}

fn needed<S: Examinable>(trial: &Trial<S>) -> BTreeSet<S::Call> {
    let permissions = S::permissions(trial);
    let actions: BTreeSet<_> = permissions.actions().collect();
    S::Call::CALLS.iter().copied().filter(|call| actions.contains(call.action())).collect()
}

/// Credentials that work, and whose they are.
fn working<S: Examinable>(source: &S, hub: &S::Hub) -> Check {
    let (account, arn) = (hub.account(), hub.arn());
    let detail = format!("source {:?}: account {account}, {arn}", source.name());
    Check { account: Some(account.to_owned()), ..credentials::<S>(CheckOutcome::Ok, detail) }
}

/// Credentials that cannot be used.
pub(in crate::sources) fn no_credentials<S: Examinable>(source: &str, failure: &Failure) -> Check {
    credentials::<S>(CheckOutcome::Failed, S::no_credentials(source, failure))
}

fn credentials<S: Examinable>(outcome: CheckOutcome, detail: String) -> Check {
    Check {
        provider: Some(S::PROVIDER),
        action: Some(S::WHOSE.action().to_owned()),
        ..Check::new(CheckKind::Credentials, outcome, detail)
    }
}

/// Tries every account of a source, its list first.
async fn try_accounts<S: Examinable>(trial: &Trial<S>, hub: &S::Hub, needed: &BTreeSet<S::Call>) -> Vec<Check> {
    let is_theirs = |call: &S::Call| call.grant().map(Grant::scope) == Some(Scope::Member);
    let in_members: BTreeSet<_> = needed.iter().copied().filter(is_theirs).collect();
    let mut checks = Vec::new();
    if in_members.is_empty() {
        return checks;
    }
    let (ids, whole) = listed(&*trial.source, hub).await;
    if needed.contains(&S::LIST) {
        checks.push(permission(hub.account(), None, S::LIST, judged(whole, &[])));
    }
    let tried = stream::iter(ids).map(|id| one_account(trial, hub, id, &in_members));
    let tried: Vec<_> = tried.buffered(ACCOUNTS_AT_ONCE).collect().await;
    checks.extend(tried.into_iter().flatten());
    checks
}

/// The active accounts, and how listing them ended.
async fn listed<S: Source>(source: &S, hub: &S::Hub) -> (Vec<String>, Result<(), Failure>) {
    let (sender, mut inlet) = mpsc::channel(1);
    let listing = async move { list_accounts(source, hub, &sender).await };
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

async fn one_account<S: Examinable>(
    trial: &Trial<S>,
    hub: &S::Hub,
    id: String,
    calls: &BTreeSet<S::Call>,
) -> Vec<Check> {
    let entered = hub.enter(&id).await;
    let mut checks = Vec::new();
    if id != hub.account() {
        let tried = entry(entered.as_ref().err(), S::PROVIDER);
        checks.push(permission(&id, None, S::ENTER, tried));
    }
    match entered {
        // In a box: the futures of SDKs are large.
        Ok(session) => checks.extend(Box::pin(S::try_account(trial, &session, calls)).await),
        Err(_) => checks.extend(untried(calls, Some(&id), "the account cannot be entered")),
    }
    checks
}

/// How entering an account ended. A role that is not there is no answer here: nobody can enter with it.
pub(super) fn entry(failure: Option<&Failure>, provider: Provider) -> Tried {
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
