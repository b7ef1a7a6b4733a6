//! Trying what a collection will need, before it needs it: credentials, the clock, and every call of the
//! configuration in every account and Region.
//!
//! Nothing is changed by trying. A call that AWS answers with "there is no such thing" is permitted: AWS looks at the
//! permission first.

mod account;
mod bucket;
mod clock;
mod queue;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join;
use futures_util::stream::{self, StreamExt};
use tokio::sync::mpsc;

use super::calls::Call;
use super::organization;
use super::permissions;
use super::{Failure, Hub, Scan, Session};
use crate::clock::Clock;
use crate::config::{Aws, AwsAccounts, AwsTrail, Settings};
use crate::model::{Check, CheckKind, CheckOutcome, Outcome, Partition, Provider, api};
use crate::profiles::Profiles;
use crate::sources::live::{Listed, Scope};

/// Accounts that are tried side by side.
const ACCOUNTS_AT_ONCE: usize = 32;

/// Everything that trying a source takes.
#[derive(Clone)]
pub struct Trial {
    /// The source.
    pub source: Arc<Aws>,
    /// The profiles.
    pub profiles: Arc<Profiles>,
    /// Limits and deadline.
    pub scan: Arc<Scan>,
    /// This machine's clock.
    pub clock: Arc<dyn Clock>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// Every check.
    pub checks: Vec<Check>,
    /// The partition of the credentials, where they work.
    pub partition: Option<Partition>,
}

impl Trial {
    /// The calls that the source needs: those of the policy, so that the two never differ.
    fn needed(&self) -> BTreeSet<Call> {
        let settings = Settings { aws: vec![(*self.source).clone()], ..Settings::default() };
        let permissions = permissions::needed(&settings, &self.profiles, Partition::default());
        let actions: BTreeSet<_> = permissions.actions().collect();
        Call::ALL.into_iter().filter(|call| actions.contains(call.action())).collect()
    }
}

/// Tries everything that a source needs; nothing for a source that asks AWS nothing.
pub async fn examine(trial: Trial) -> Examined {
    let needed = trial.needed();
    if needed.is_empty() {
        return Examined::default();
    }
    let watch = clock::Watch::new(Arc::clone(&trial.clock));
    let opened = Hub::open_watched(&trial.source, Arc::clone(&trial.scan), Some(watch.interceptor())).await;
    let mut checks = vec![watch.check()];
    let hub = match opened {
        Ok(hub) => hub,
        Err(failure) => {
            checks.push(no_credentials(&trial.source, &failure));
            checks.extend(untried(&needed, None, "there are no credentials that work"));
            return Examined { checks, partition: None };
        }
    };
    let detail = format!("source {:?}: account {}, {}", trial.source.name, hub.account, hub.arn);
    checks.push(Check {
        provider: Some(Provider::Aws),
        account: Some(hub.account.clone()),
        action: Some(Call::GetCallerIdentity.action().to_owned()),
        ..Check::new(CheckKind::Credentials, CheckOutcome::Ok, detail)
    });
    let (accounts, trails) = join(accounts(&trial, &hub, &needed), trails(&trial, &hub)).await;
    checks.extend(accounts);
    checks.extend(trails);
    Examined { checks, partition: Some(hub.partition) }
}

/// Why the credentials cannot be used, with what to do about it.
fn no_credentials(source: &Aws, failure: &Failure) -> Check {
    let expired = ["ExpiredToken", "RequestExpired"].iter().any(|code| failure.is(code));
    let absent = failure.code.is_none() && failure.detail.contains("credential");
    let sentence = match (expired, absent) {
        (true, _) => "the credentials have expired; renew them".to_owned(),
        (_, true) => {
            "no credentials were found; set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run \
                      where a role is attached to the machine"
                .to_owned()
        }
        _ => "the credentials do not work".to_owned(),
    };
    let detail = format!("source {:?}: {sentence} ({})", source.name, failure.detail);
    Check {
        provider: Some(Provider::Aws),
        action: Some(Call::GetCallerIdentity.action().to_owned()),
        ..Check::new(CheckKind::Credentials, CheckOutcome::Failed, detail)
    }
}

/// A permission, and what trying it showed.
fn permission(account: &str, region: Option<&str>, call: Call, (outcome, detail): Tried) -> Check {
    Check {
        provider: Some(Provider::Aws),
        account: Some(account.to_owned()),
        region: region.map(str::to_owned),
        action: Some(call.action().to_owned()),
        needed: !api::is_optional(call.action()),
        ..Check::new(CheckKind::Permission, outcome, detail)
    }
}

/// Permissions that could not be tried for a reason that has a check of its own.
fn untried<'a>(calls: impl IntoIterator<Item = &'a Call>, account: Option<&str>, why: &str) -> Vec<Check> {
    let untested = |call: &Call| Check {
        account: account.map(str::to_owned),
        ..permission("", None, *call, (CheckOutcome::Untested, why.to_owned()))
    };
    calls.into_iter().map(untested).collect()
}

/// How trying a call ended, and what was seen.
type Tried = (CheckOutcome, String);

/// What an answer says about the permission. `proofs` are error codes that only a permitted call gets.
fn judged(answer: Result<(), Failure>, proofs: &[&str]) -> Tried {
    let Err(failure) = answer else { return (CheckOutcome::Ok, String::new()) };
    let permitted = failure.outcome == Outcome::Unsupported || proofs.iter().any(|code| failure.is(code));
    let outcome = match failure.outcome {
        _ if permitted => CheckOutcome::Ok,
        Outcome::Denied => CheckOutcome::Missing,
        _ => CheckOutcome::Failed,
    };
    (outcome, failure.detail)
}

/// The worst of several tries of one call: a permission can be there for one resource and not for another.
fn worst(tries: impl IntoIterator<Item = Tried>) -> Option<Tried> {
    tries.into_iter().reduce(|first, second| if first.0 < second.0 { second } else { first })
}

/// Every account of the source, its list first.
async fn accounts(trial: &Trial, hub: &Hub, needed: &BTreeSet<Call>) -> Vec<Check> {
    let in_members: BTreeSet<_> = needed.iter().copied().filter(|call| call.scope() == Some(Scope::Member)).collect();
    let mut checks = Vec::new();
    if in_members.is_empty() {
        return checks;
    }
    let (ids, whole) = listed(trial, hub).await;
    if needed.contains(&Call::ListAccounts) {
        checks.push(permission(&hub.account, None, Call::ListAccounts, judged(whole, &[])));
    }
    let tried = stream::iter(ids).map(|id| one_account(trial, hub, id, &in_members));
    let tried: Vec<_> = tried.buffered(ACCOUNTS_AT_ONCE).collect().await;
    checks.extend(tried.into_iter().flatten());
    checks
}

/// The active accounts, and how listing them ended. A source without accounts still looks events up in its own.
async fn listed(trial: &Trial, hub: &Hub) -> (Vec<String>, Result<(), Failure>) {
    if trial.source.accounts == AwsAccounts::None {
        return (vec![hub.account.clone()], Ok(()));
    }
    let (sender, mut inlet) = mpsc::channel(1);
    let listing = async move { organization::list(hub, &trial.source.accounts, &sender).await };
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

async fn one_account(trial: &Trial, hub: &Hub, id: String, calls: &BTreeSet<Call>) -> Vec<Check> {
    let entered = hub.enter(&id).await;
    let mut checks = Vec::new();
    if id != hub.account {
        let (outcome, mut detail) = judged(entered.as_ref().map(drop).map_err(Clone::clone), &[]);
        if outcome == CheckOutcome::Missing {
            detail += "; the trust policy of the role in that account has to name this identity too, with its \
                       external id where it asks for one";
        }
        checks.push(permission(&id, None, Call::AssumeRole, (outcome, detail)));
    }
    match entered {
        // In a box: the futures of the SDK are large.
        Ok(session) => checks.extend(Box::pin(account::try_all(trial, &session, calls)).await),
        Err(_) => checks.extend(untried(calls, Some(&id), "the account cannot be entered")),
    }
    checks
}

/// The buckets and queues of the source's trails, with the program's own credentials.
async fn trails(trial: &Trial, hub: &Hub) -> Vec<Check> {
    let session: &Session = hub.own();
    let mut checks = Vec::new();
    for trail in &trial.source.trail {
        match trail {
            AwsTrail::S3 { bucket, prefix, .. } => {
                checks.extend(Box::pin(bucket::try_all(session, bucket, prefix.as_deref())).await);
            }
            AwsTrail::Sqs { queue_url } => checks.extend(Box::pin(queue::try_all(session, queue_url)).await),
            AwsTrail::LookupEvents { .. } | AwsTrail::Files { .. } | AwsTrail::Athena { .. } => {}
        }
    }
    checks
}

#[cfg(test)]
mod tests;
