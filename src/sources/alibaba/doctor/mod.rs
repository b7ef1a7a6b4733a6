//! Trying what a collection will need, before it needs it: credentials, the clock, and every call of the
//! configuration in every account and Region.
//!
//! The ways of trying are those of all live sources.

mod account;
mod bucket;
mod roles;

use std::collections::BTreeSet;

use super::calls::Call;
use super::{Failure, Hub, Session, permissions};
use crate::config::{Alibaba, AlibabaTrail, Settings};
use crate::model::{Check, CheckOutcome, Permissions};
use crate::sources::live::Again;
use crate::sources::live::doctor::{self, Examinable, Tried};

/// Everything that trying a source takes.
pub type Trial = doctor::Trial<Alibaba>;

/// Tries everything that a source needs; nothing for a source that asks Alibaba Cloud nothing.
pub async fn examine(trial: Trial) -> Vec<Check> {
    doctor::examine(&trial).await.0
}

impl Examinable for Alibaba {
    const ENTER: Call = Call::AssumeRole;
    const WHOSE: Call = Call::GetCallerIdentity;
    /// `InvalidTimeStamp.Expired`: 15 minutes.
    const REFUSED: u64 = 900;

    fn permissions(trial: &Trial) -> Permissions {
        let settings = Settings { alibaba: vec![(*trial.source).clone()], ..Settings::default() };
        permissions::needed(&settings, &trial.profiles)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn no_credentials(_source: &str, failure: &Failure) -> String {
        let sentence = match failure.code.as_deref() {
            // Where none are found, or a place of them is set up wrongly, the failure says what to do.
            None => "no credentials could be tried",
            Some("InvalidTimeStamp.Expired") => "nothing can be signed until this machine's clock is set",
            Some(code) if code.contains("Expired") => "the credentials have expired; renew them",
            Some("SignatureDoesNotMatch" | "InvalidAccessKeySecret") => {
                "the secret is not that of the access key; look for one that is cut off or mixed up"
            }
            Some(code) if code.starts_with("InvalidAccessKeyId") => "the access key does not exist, or is disabled",
            Some(_) => "the credentials do not work",
        };
        format!("{sentence} ({})", failure.detail)
    }

    async fn try_account(trial: &Trial, session: &Session, calls: &BTreeSet<Call>) -> Vec<Check> {
        account::try_all(trial, session, calls).await
    }

    async fn try_trails(&self, hub: &Hub) -> Vec<Check> {
        let mut checks = Vec::new();
        for trail in &self.trail {
            if let AlibabaTrail::Oss { bucket, region, prefix, .. } = trail {
                checks.extend(bucket::try_all(hub.own(), (bucket, region), prefix.as_deref()).await);
            }
        }
        checks
    }
}

/// What an answer says about the permission where the question may be about something that is not there. Which code is
/// given then is not documented everywhere: an unknown one proves nothing.
fn invented(answer: Result<(), Failure>, proofs: &[&str]) -> Tried {
    let is_refusal = |failure: &Failure| failure.code.is_some() && failure.again() == Again::Never;
    let unclear = answer.as_ref().is_err_and(is_refusal);
    match doctor::judged(answer, proofs) {
        (CheckOutcome::Failed, detail) if unclear => (CheckOutcome::Untested, detail),
        tried => tried,
    }
}

#[cfg(test)]
mod tests;
