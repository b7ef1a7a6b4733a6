//! Trying what a collection will need, before it needs it: credentials, the clock, and every call of the
//! configuration in every account and Region.
//!
//! The ways of trying are those of all live sources.

mod account;
mod bucket;
mod clock;
mod queue;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::mpsc;

use super::calls::Call;
use super::organization;
use super::permissions;
use super::{Failure, Hub, Session};
use crate::config::{Aws, AwsAccounts, AwsTrail, Settings};
use crate::model::{Check, CheckKind, CheckOutcome, Partition, Provider};
use crate::sources::live::Listed;
use crate::sources::live::doctor::{self, Opened, Tried, Watch, try_accounts};

/// Everything that trying a source takes.
pub type Trial = doctor::Trial<Aws>;

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
    let watch = Watch::new(Arc::clone(&trial.clock));
    let opened = Hub::open_watched(&trial.source, Arc::clone(&trial.scan), Some(clock::interceptor(&watch))).await;
    let mut checks = vec![watch.check(Provider::Aws, clock::REFUSED)];
    let hub = match opened {
        Ok(hub) => hub,
        Err(failure) => {
            checks.push(no_credentials(&trial.source, &failure));
            checks.extend(untried(&needed, None, "there are no credentials that work"));
            return Examined { checks, partition: None };
        }
    };
    let whose = (&*trial.source.name, &*hub.account, &*hub.arn);
    checks.push(doctor::credentials(Provider::Aws, whose, Call::GetCallerIdentity));
    let partition = Some(hub.partition);
    let source = Source { trial, hub };
    let (accounts, trails) = join(try_accounts(&source, &needed), trails(&source)).await;
    checks.extend(accounts);
    checks.extend(trails);
    Examined { checks, partition }
}

/// A source whose credentials work.
struct Source {
    trial: Trial,
    hub: Hub,
}

impl Opened for Source {
    type Call = Call;
    type Session = Session;

    const PROVIDER: Provider = Provider::Aws;
    const LIST: Call = Call::ListAccounts;
    const ENTER: Call = Call::AssumeRole;

    fn hub(&self) -> &str {
        &self.hub.account
    }

    async fn list(&self, accounts: &mpsc::Sender<Listed>) -> Result<(), Failure> {
        // A source without accounts still looks events up in its own.
        let which = match &self.trial.source.accounts {
            AwsAccounts::None => &AwsAccounts::Own,
            accounts => accounts,
        };
        organization::list(&self.hub, which, accounts).await
    }

    async fn enter(&self, account: &str) -> Result<Session, Failure> {
        self.hub.enter(account).await
    }

    async fn try_all(&self, session: &Session, calls: &BTreeSet<Call>) -> Vec<Check> {
        account::try_all(&self.trial, session, calls).await
    }
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
fn permission(account: &str, region: Option<&str>, call: Call, tried: Tried) -> Check {
    doctor::permission(Provider::Aws, account, region, call, tried)
}

/// Permissions that could not be tried for a reason that has a check of its own.
fn untried<'a>(calls: impl IntoIterator<Item = &'a Call>, account: Option<&str>, why: &str) -> Vec<Check> {
    doctor::untried(Provider::Aws, calls, account, why)
}

/// The buckets and queues of the source's trails, with the program's own credentials.
async fn trails(source: &Source) -> Vec<Check> {
    let session = source.hub.own();
    let mut checks = Vec::new();
    for trail in &source.trial.source.trail {
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
