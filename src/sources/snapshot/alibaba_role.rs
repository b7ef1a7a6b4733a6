//! `aliyun ram GetRole`, `ListPoliciesForRole`, `GetPolicy`, `GetPolicyVersion`.

use jiff::Timestamp;
use serde::Deserialize;

use super::policies::{Listed, ListedPolicy, PolicyText};
use super::roles::RoleAnswer;
use super::saved::{Failure, SavedFile};
use super::wire;
use crate::model::{PolicyDocument, Role};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetRole {
    role: RamRole,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RamRole {
    role_name: String,
    #[serde(deserialize_with = "wire::text")]
    role_id: Option<String>,
    arn: String,
    #[serde(default, deserialize_with = "wire::time")]
    create_date: Option<Timestamp>,
    assume_role_policy_document: Option<serde_json::Value>,
    description: Option<String>,
    latest_deletion_task: Option<Task>,
    tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    #[serde(default, deserialize_with = "wire::text")]
    deletion_task_id: Option<String>,
    #[serde(default, deserialize_with = "wire::time")]
    create_date: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tag: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    tag_value: Option<String>,
}

/// The role that `GetRole` shows.
pub(super) fn role(file: &SavedFile, now: Timestamp) -> Result<RoleAnswer, Failure> {
    let GetRole { role } = file.answer(now)?;
    let trust = role.assume_role_policy_document.as_ref().and_then(|value| PolicyDocument::from_value(value).ok());
    let tags = role.tags.into_iter().flat_map(|tags| tags.tag);
    let deletion = role.latest_deletion_task.and_then(|task| Some((task.deletion_task_id?, task.create_date)));
    let role = Role {
        arn: role.arn,
        name: role.role_name,
        role_id: role.role_id.ok_or_else(|| file.unusable("tells no RoleId; save the whole answer"))?,
        path: None,
        created: role.create_date,
        trust_policy: trust.map(|trust| trust.canonical()),
        description: role.description.filter(|text| !text.is_empty()),
        attached: None,
        inline: None,
        tags: tags.map(|tag| (tag.tag_key, tag.tag_value.unwrap_or_default())).collect(),
        permissions_boundary: None,
    };
    Ok(RoleAnswer { role, last_used: None, deletion })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PoliciesForRole {
    policies: Policies,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policies {
    policy: Vec<Attached>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attached {
    policy_name: String,
    policy_type: String,
    default_version: Option<String>,
}

/// The policies that `ListPoliciesForRole` shows; it has no pages.
pub(super) fn attached(file: &SavedFile, now: Timestamp) -> Result<Listed<ListedPolicy>, Failure> {
    let PoliciesForRole { policies } = file.answer(now)?;
    let policy = |policy: Attached| ListedPolicy {
        name: policy.policy_name,
        arn: policy.policy_type,
        default: policy.default_version.filter(|version| !version.is_empty()),
    };
    Ok(Listed { items: policies.policy.into_iter().map(policy).collect(), cut_off: false })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetPolicyVersion {
    policy_version: SavedText,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SavedText {
    version_id: String,
    is_default_version: Option<bool>,
    policy_document: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetPolicy {
    policy: Named,
    default_policy_version: SavedText,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    policy_name: String,
}

/// The document that `GetPolicyVersion` shows; it does not tell of which policy.
pub(super) fn policy_version(file: &SavedFile, now: Timestamp) -> Result<PolicyText, Failure> {
    let GetPolicyVersion { policy_version } = file.answer(now)?;
    text(file, None, policy_version)
}

/// The document of the default version, which `GetPolicy` shows with the policy's name.
pub(super) fn policy(file: &SavedFile, now: Timestamp) -> Result<PolicyText, Failure> {
    let GetPolicy { policy, default_policy_version } = file.answer(now)?;
    let is_default = Some(true);
    Ok(PolicyText { is_default, ..text(file, Some(policy.policy_name), default_policy_version)? })
}

fn text(file: &SavedFile, policy: Option<String>, version: SavedText) -> Result<PolicyText, Failure> {
    let document = PolicyDocument::from_value(&version.policy_document)
        .map_err(|error| file.unusable(&format!("its document is {error}; save it again")))?;
    let document = document.canonical();
    Ok(PolicyText { policy, version: version.version_id, is_default: version.is_default_version, document })
}
