//! Trying what a collection will need, before it needs it: credentials, the clock, and every call of the
//! configuration in every account and Region.
//!
//! The ways of trying are those of all live sources.

mod account;
mod bucket;
pub(super) mod clock;
mod queue;

use std::collections::BTreeSet;

use super::calls::Call;
use super::permissions;
use super::{Failure, Hub, Session};
use crate::config::{Aws, AwsTrail, Settings};
use crate::model::{Check, Partition, Permissions};
use crate::sources::live::doctor::{self, Examinable};

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

/// Tries everything that a source needs; nothing for a source that asks AWS nothing.
pub async fn examine(trial: Trial) -> Examined {
    let (checks, hub) = doctor::examine(&trial).await;
    Examined { checks, partition: hub.map(|hub| hub.partition) }
}

impl Examinable for Aws {
    const ENTER: Call = Call::AssumeRole;
    const WHOSE: Call = Call::GetCallerIdentity;
    const REFUSED: u64 = clock::REFUSED;

    fn permissions(trial: &Trial) -> Permissions {
        let settings = Settings { aws: vec![(*trial.source).clone()], ..Settings::default() };
        permissions::needed(&settings, &trial.profiles, Partition::default())
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn no_credentials(source: &str, failure: &Failure) -> String {
        let expired = ["ExpiredToken", "RequestExpired"].iter().any(|code| failure.is(code));
        let absent = failure.code.is_none() && failure.detail.contains("credential");
        let sentence = match (expired, absent) {
            (true, _) => "the credentials have expired; renew them",
            (_, true) => {
                "no credentials were found; set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run \
                 where a role is attached to the machine"
            }
            _ => "the credentials do not work",
        };
        format!("source {source:?}: {sentence} ({})", failure.detail)
    }

    async fn try_account(trial: &Trial, session: &Session, calls: &BTreeSet<Call>) -> Vec<Check> {
        account::try_all(trial, session, calls).await
    }

    async fn try_trails(&self, hub: &Hub) -> Vec<Check> {
        let session = hub.own();
        let mut checks = Vec::new();
        for trail in &self.trail {
            match trail {
                AwsTrail::S3 { bucket, prefix, verify_digests, .. } => {
                    checks.extend(Box::pin(bucket::try_all(session, bucket, prefix.as_deref())).await);
                    if *verify_digests {
                        checks.push(Box::pin(bucket::try_keys(session)).await);
                    }
                }
                AwsTrail::Sqs { queue_url } => checks.extend(Box::pin(queue::try_all(session, queue_url)).await),
                AwsTrail::LookupEvents { .. } | AwsTrail::Files { .. } | AwsTrail::Athena { .. } => {}
            }
        }
        checks
    }
}

#[cfg(test)]
mod tests;
