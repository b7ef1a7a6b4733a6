//! What a role may do: the policies attached to it with their content, and those written into it.

use futures_util::future::{join, join_all};

use super::calls::Call;
use super::{Failure, Session};
use crate::model::{AttachedPolicy, InlinePolicy, Outcome, PolicyDocument, api};
use crate::sources::live::{Pages, marker_of};
use crate::sources::report::Report;

/// Pages of one listing that are read at most. A role has ten policies, or as many as a raised quota allows.
const MOST_PAGES: usize = 100;

/// The policies of one role.
pub(super) struct Policies {
    /// Attached, by name.
    pub(super) attached: Result<Vec<AttachedPolicy>, Failure>,
    /// Written into the role, by name.
    pub(super) inline: Result<Vec<InlinePolicy>, Failure>,
    /// How reading each document ended: the API, the policy's name, and the trouble if there was one.
    documents: Vec<(&'static str, String, Option<Failure>)>,
}

/// Asks for the policies of a role.
pub(super) async fn ask(session: &Session, role: &str) -> Policies {
    let (attached, inline) = join(attached(session, role), inline(session, role)).await;
    let mut documents = Vec::new();
    let attached = attached.map(|read| {
        let read = read.into_iter().map(|(policy, trouble)| {
            documents.push((api::AWS_POLICY_VERSION, policy.name.clone(), trouble));
            policy
        });
        let mut policies: Vec<_> = read.collect();
        policies.sort();
        policies
    });
    let inline = inline.map(|read| {
        let read = read.into_iter().map(|(policy, trouble)| {
            // The listing speaks for them, unless a document is missing.
            if trouble.is_some() {
                documents.push((api::AWS_INLINE_POLICIES, policy.name.clone(), trouble));
            }
            policy
        });
        let mut policies: Vec<_> = read.collect();
        policies.sort();
        policies
    });
    Policies { attached, inline, documents }
}

impl Policies {
    /// Says how each part was read.
    pub(super) fn note(&self, role: &str, report: &mut Report) {
        let parts = [
            (api::AWS_ATTACHED_POLICIES, self.attached.as_ref().err()),
            (api::AWS_INLINE_POLICIES, self.inline.as_ref().err()),
        ];
        for (api, trouble) in parts {
            match trouble {
                None => report.complete(api, None, Some(role)),
                Some(failure) => report.failed(api, None, Some(role), failure),
            }
        }
        for (api, policy, trouble) in &self.documents {
            // A policy written into a role is the role's own; an attached one goes by its own name.
            let subject = if *api == api::AWS_INLINE_POLICIES { role } else { policy };
            match trouble {
                None => report.complete(api, None, Some(subject)),
                Some(failure) => report.failed(api, None, Some(subject), failure),
            }
        }
    }
}

type Read<P> = (P, Option<Failure>);

async fn attached(session: &Session, role: &str) -> Result<Vec<Read<AttachedPolicy>>, Failure> {
    let (iam, region) = (session.iam(), session.global_region());
    let (mut listed, mut pages) = (Vec::new(), Pages::of("the list of policies", MOST_PAGES));
    loop {
        let ask = || iam.list_attached_role_policies().role_name(role).set_marker(pages.token()).send();
        let page = session.caller.call(Call::ListAttachedRolePolicies, region, ask).await?;
        let Some(policies) = page.attached_policies else {
            return Err(Failure::protocol("an answer without a list"));
        };
        for policy in policies {
            let (Some(name), Some(arn)) = (policy.policy_name, policy.policy_arn) else {
                return Err(Failure::protocol("a policy without a name or ARN"));
            };
            listed.push((name, arn));
        }
        if !pages.go_on(marker_of(page.is_truncated, page.marker)?)? {
            return Ok(join_all(listed.into_iter().map(|(name, arn)| with_text(session, name, arn))).await);
        }
    }
}

async fn with_text(session: &Session, name: String, arn: String) -> Read<AttachedPolicy> {
    let (mut version, mut document, mut trouble) = (None, None, None);
    match default_version(session, &arn).await {
        Ok(default) => {
            match text_of(session, &arn, &default).await {
                Ok(text) => document = Some(text),
                Err(failure) => trouble = Some(failure),
            }
            version = Some(default);
        }
        Err(failure) => trouble = Some(failure.at(Call::GetPolicy.action())),
    }
    (AttachedPolicy { name, arn, version, document }, trouble)
}

async fn default_version(session: &Session, arn: &str) -> Result<String, Failure> {
    let (iam, region) = (session.iam(), session.global_region());
    let answer = session.caller.call(Call::GetPolicy, region, || iam.get_policy().policy_arn(arn).send()).await?;
    let version = answer.policy.and_then(|policy| policy.default_version_id);
    version.ok_or_else(|| Failure::protocol("an answer without a default version"))
}

async fn text_of(session: &Session, arn: &str, version: &str) -> Result<String, Failure> {
    let (iam, region) = (session.iam(), session.global_region());
    let ask = || iam.get_policy_version().policy_arn(arn).version_id(version).send();
    let answer = session.caller.call(Call::GetPolicyVersion, region, ask).await?;
    canonical(answer.policy_version.and_then(|version| version.document).as_deref())
}

async fn inline(session: &Session, role: &str) -> Result<Vec<Read<InlinePolicy>>, Failure> {
    let (iam, region) = (session.iam(), session.global_region());
    let (mut names, mut pages) = (Vec::new(), Pages::of("the list of policies", MOST_PAGES));
    loop {
        let ask = || iam.list_role_policies().role_name(role).set_marker(pages.token()).send();
        let page = session.caller.call(Call::ListRolePolicies, region, ask).await?;
        names.extend(page.policy_names);
        if !pages.go_on(marker_of(page.is_truncated, page.marker)?)? {
            return Ok(join_all(names.into_iter().map(|name| with_inline_text(session, role, name))).await);
        }
    }
}

async fn with_inline_text(session: &Session, role: &str, name: String) -> Read<InlinePolicy> {
    let (iam, region) = (session.iam(), session.global_region());
    let ask = || iam.get_role_policy().role_name(role).policy_name(&name).send();
    let answer = session.caller.call(Call::GetRolePolicy, region, ask).await;
    let text = answer.and_then(|answer| canonical(Some(&answer.policy_document)));
    let (document, trouble) = match text {
        Ok(text) => (Some(text), None),
        Err(failure) => (None, Some(failure.at(Call::GetRolePolicy.action()))),
    };
    (InlinePolicy { name, document }, trouble)
}

/// A document in normal form.
fn canonical(text: Option<&str>) -> Result<String, Failure> {
    let Some(text) = text else { return Err(Failure::protocol("an answer without a document")) };
    let document = PolicyDocument::parse(text)
        .map_err(|error| Failure::new(Outcome::Error, format!("the document is {error}")))?;
    Ok(document.canonical())
}
