//! Trying what a collection will need, before it needs it: credentials, the clock, and every call of the
//! configuration in every account and Region.
//!
//! The ways of trying are those of all live sources.

mod account;
mod bucket;
mod roles;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::mpsc;

use super::calls::Call;
use super::{Failure, Hub, Session, organization, permissions};
use crate::config::{Alibaba, AlibabaAccounts, AlibabaTrail, Settings};
use crate::model::{Check, CheckKind, CheckOutcome, Provider};
use crate::sources::live::doctor::{self, Opened, Tried, Watch, try_accounts};
use crate::sources::live::{Again, Listed};

/// The difference from which on signatures are refused, in seconds (`InvalidTimeStamp.Expired`: 15 minutes).
const REFUSED: u64 = 900;

/// Everything that trying a source takes.
pub type Trial = doctor::Trial<Alibaba>;

impl Trial {
    /// The calls that the source needs: those of the policy, so that the two never differ.
    fn needed(&self) -> BTreeSet<Call> {
        let settings = Settings { alibaba: vec![(*self.source).clone()], ..Settings::default() };
        let permissions = permissions::needed(&settings, &self.profiles);
        let actions: BTreeSet<_> = permissions.actions().collect();
        Call::ALL.into_iter().filter(|call| actions.contains(call.action())).collect()
    }
}

/// Tries everything that a source needs; nothing for a source that asks Alibaba Cloud nothing.
pub async fn examine(trial: Trial) -> Vec<Check> {
    let needed = trial.needed();
    if needed.is_empty() {
        return Vec::new();
    }
    let watch = Watch::new(Arc::clone(&trial.clock));
    let opened = Hub::open_watched(&trial.source, Arc::clone(&trial.scan), Some(watch.clone())).await;
    let mut checks = vec![watch.check(Provider::Alibaba, REFUSED)];
    let hub = match opened {
        Ok(hub) => hub,
        Err(failure) => {
            checks.push(no_credentials(&failure));
            checks.extend(untried(&needed, None, "there are no credentials that work"));
            return checks;
        }
    };
    let whose = (&*trial.source.name, &*hub.account, &*hub.arn);
    checks.push(doctor::credentials(Provider::Alibaba, whose, Call::GetCallerIdentity));
    let source = Source { trial, hub };
    let (accounts, trails) = join(try_accounts(&source, &needed), trails(&source)).await;
    checks.extend(accounts);
    checks.extend(trails);
    checks
}

/// A source whose credentials work.
struct Source {
    trial: Trial,
    hub: Hub,
}

impl Opened for Source {
    type Call = Call;
    type Session = Session;

    const PROVIDER: Provider = Provider::Alibaba;
    const LIST: Call = Call::ListAccounts;
    const ENTER: Call = Call::AssumeRole;

    fn hub(&self) -> &str {
        &self.hub.account
    }

    async fn list(&self, accounts: &mpsc::Sender<Listed>) -> Result<(), Failure> {
        // A source without accounts still looks events up in its own.
        let which = match &self.trial.source.accounts {
            AlibabaAccounts::None => &AlibabaAccounts::Own,
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
fn no_credentials(failure: &Failure) -> Check {
    let sentence = match failure.code.as_deref() {
        // Where none are found, or a place of them is set up wrongly, the failure says what to do.
        None => "no credentials could be tried".to_owned(),
        Some("InvalidTimeStamp.Expired") => "nothing can be signed until this machine's clock is set".to_owned(),
        Some(code) if code.contains("Expired") => "the credentials have expired; renew them".to_owned(),
        Some("SignatureDoesNotMatch" | "InvalidAccessKeySecret") => {
            "the secret is not that of the access key; look for one that is cut off or mixed up".to_owned()
        }
        Some(code) if code.starts_with("InvalidAccessKeyId") => {
            "the access key does not exist, or is disabled".to_owned()
        }
        Some(_) => "the credentials do not work".to_owned(),
    };
    let detail = format!("{sentence} ({})", failure.detail);
    Check {
        provider: Some(Provider::Alibaba),
        action: Some(Call::GetCallerIdentity.action().to_owned()),
        ..Check::new(CheckKind::Credentials, CheckOutcome::Failed, detail)
    }
}

/// A permission, and what trying it showed.
fn permission(account: &str, region: Option<&str>, call: Call, tried: Tried) -> Check {
    doctor::permission(Provider::Alibaba, account, region, call, tried)
}

/// Permissions that could not be tried for a reason that has a check of its own.
fn untried<'a>(calls: impl IntoIterator<Item = &'a Call>, account: Option<&str>, why: &str) -> Vec<Check> {
    doctor::untried(Provider::Alibaba, calls, account, why)
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

/// The buckets of the source's trails, with the program's own credentials.
async fn trails(source: &Source) -> Vec<Check> {
    let mut checks = Vec::new();
    for trail in &source.trial.source.trail {
        if let AlibabaTrail::Oss { bucket, region, prefix, .. } = trail {
            checks.extend(bucket::try_all(source.hub.own(), (bucket, region), prefix.as_deref()).await);
        }
    }
    checks
}

#[cfg(test)]
mod tests;
