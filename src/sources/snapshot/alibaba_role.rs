//! `aliyun ram GetRole`, `ListPoliciesForRole`, `GetPolicy`, `GetPolicyVersion`.

use jiff::Timestamp;

use super::policies::{Listed, ListedPolicy, PolicyText};
use super::roles::RoleAnswer;
use super::saved::{Failure, SavedFile};
use crate::model::PolicyDocument;
use crate::sources::alibaba::ram::{Attached, GetPolicy, GetPolicyVersion, GetRole, PoliciesForRole, Version};

/// The role that `GetRole` shows; nothing where it is an ordinary one of that name.
pub(super) fn role(file: &SavedFile, now: Timestamp) -> Result<RoleAnswer, Failure> {
    let GetRole { role } = file.answer(now)?;
    let is_ordinary = role.is_ordinary();
    let (role, deletion) = role.told();
    Ok(RoleAnswer { role, is_ordinary, last_used: None, deletion })
}

/// The policies that `ListPoliciesForRole` shows; it has no pages.
pub(super) fn attached(file: &SavedFile, now: Timestamp) -> Result<Listed<ListedPolicy>, Failure> {
    let PoliciesForRole { policies } = file.answer(now)?;
    let policy = |policy: Attached| ListedPolicy {
        name: policy.policy_name,
        arn: policy.policy_type,
        default: policy.default_version,
    };
    Ok(Listed { items: policies.into_iter().map(policy).collect(), cut_off: false })
}

/// The document that `GetPolicyVersion` shows; it does not tell of which policy.
pub(super) fn policy_version(file: &SavedFile, now: Timestamp) -> Result<PolicyText, Failure> {
    let GetPolicyVersion { policy_version } = file.answer(now)?;
    text(file, None, &policy_version)
}

/// The document of the default version, which `GetPolicy` shows with the policy's name.
pub(super) fn policy(file: &SavedFile, now: Timestamp) -> Result<PolicyText, Failure> {
    let GetPolicy { policy, default_policy_version } = file.answer(now)?;
    let is_default = Some(true);
    Ok(PolicyText { is_default, ..text(file, Some(policy.policy_name), &default_policy_version)? })
}

fn text(file: &SavedFile, policy: Option<String>, version: &Version) -> Result<PolicyText, Failure> {
    let document = PolicyDocument::from_value(&version.policy_document)
        .map_err(|error| file.unusable(&format!("its document is {error}; save it again")))?;
    let document = document.canonical();
    Ok(PolicyText { policy, version: version.version_id.clone(), is_default: version.is_default_version, document })
}
