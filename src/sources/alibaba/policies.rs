//! What a role may do: the policies attached to it, with their content.

use futures_util::future::join_all;

use super::Failure;
use super::calls::Call;
use super::ram::{Attached, GetPolicy, GetPolicyVersion, PoliciesForRole};
use super::regions::HOME;
use super::session::Session;
use crate::model::{AttachedPolicy, Outcome, PolicyDocument, api};
use crate::sources::report::Report;

/// The policies of one role.
pub(super) struct Policies {
    /// Attached, by name.
    pub(super) attached: Result<Vec<AttachedPolicy>, Failure>,
    /// How reading each document ended: the policy's name, and the trouble if there was one.
    documents: Vec<(String, Option<Failure>)>,
}

/// Asks for the policies of a role.
pub(super) async fn ask(session: &Session, role: &str) -> Policies {
    let parameters = [("RoleName", role.to_owned())];
    let listed = match session.ask::<PoliciesForRole>(Call::ListPoliciesForRole, HOME, &parameters).await {
        Ok(listed) => listed.policies,
        Err(failure) => return Policies { attached: Err(failure), documents: Vec::new() },
    };
    let read = join_all(listed.into_iter().map(|policy| with_text(session, policy))).await;
    let documents = read.iter().map(|(policy, trouble)| (policy.name.clone(), trouble.clone())).collect();
    let mut attached: Vec<_> = read.into_iter().map(|(policy, _)| policy).collect();
    attached.sort();
    Policies { attached: Ok(attached), documents }
}

async fn with_text(session: &Session, policy: Attached) -> (AttachedPolicy, Option<Failure>) {
    let Attached { policy_name: name, policy_type: kind, .. } = policy;
    let (mut version, mut document, mut trouble) = (None, None, None);
    match default_version(session, &name, &kind).await {
        Ok(default) => {
            match text_of(session, &name, &kind, &default).await {
                Ok(text) => document = Some(text),
                Err(failure) => trouble = Some(failure),
            }
            version = Some(default);
        }
        Err(failure) => trouble = Some(failure.at(Call::GetPolicy.action())),
    }
    (AttachedPolicy { name, arn: kind, version, document }, trouble)
}

async fn default_version(session: &Session, name: &str, kind: &str) -> Result<String, Failure> {
    let parameters = [("PolicyName", name.to_owned()), ("PolicyType", kind.to_owned())];
    let answer: GetPolicy = session.ask(Call::GetPolicy, HOME, &parameters).await?;
    Ok(answer.default_policy_version.version_id)
}

async fn text_of(session: &Session, name: &str, kind: &str, version: &str) -> Result<String, Failure> {
    let parameters =
        [("PolicyName", name.to_owned()), ("PolicyType", kind.to_owned()), ("VersionId", version.to_owned())];
    let answer: GetPolicyVersion = session.ask(Call::GetPolicyVersion, HOME, &parameters).await?;
    let document = PolicyDocument::from_value(&answer.policy_version.policy_document);
    let document = document.map_err(|error| Failure::new(Outcome::Error, format!("the document is {error}")))?;
    Ok(document.canonical())
}

impl Policies {
    /// Says how each part was read.
    pub(super) fn note(&self, role: &str, report: &mut Report) {
        match &self.attached {
            Ok(_) => report.complete(api::ALIBABA_POLICIES, None, Some(role)),
            Err(failure) => report.failed(api::ALIBABA_POLICIES, None, Some(role), failure),
        }
        for (policy, trouble) in &self.documents {
            match trouble {
                None => report.complete(api::ALIBABA_POLICY_VERSION, None, Some(policy)),
                Some(failure) => report.failed(api::ALIBABA_POLICY_VERSION, None, Some(policy), failure),
            }
        }
    }
}
