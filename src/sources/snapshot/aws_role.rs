//! `aws iam get-role`, `list-attached-role-policies`, `list-role-policies`, `get-role-policy`, `get-policy`,
//! `get-policy-version`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::policies::{InlineText, Listed, ListedPolicy, PolicyText};
use super::roles::RoleAnswer;
use super::saved::{Failure, SavedFile};
use super::wire;
use crate::model::{PolicyDocument, Role};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetRole {
    role: AwsRole,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AwsRole {
    role_name: String,
    role_id: String,
    arn: String,
    path: Option<String>,
    #[serde(default, deserialize_with = "wire::time")]
    create_date: Option<Timestamp>,
    assume_role_policy_document: Option<Value>,
    description: Option<String>,
    permissions_boundary: Option<Boundary>,
    tags: Option<Vec<Tag>>,
    role_last_used: Option<LastUsed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Boundary {
    permissions_boundary_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

/// Empty for a role that was not used in the tracking period.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LastUsed {
    #[serde(default, deserialize_with = "wire::time")]
    last_used_date: Option<Timestamp>,
    region: Option<String>,
}

/// The role that `get-role` shows.
pub(super) fn role(file: &SavedFile, now: Timestamp) -> Result<RoleAnswer, Failure> {
    let GetRole { role } = file.answer(now)?;
    let trust = role.assume_role_policy_document.as_ref().and_then(|value| PolicyDocument::from_value(value).ok());
    let last_used = role.role_last_used.and_then(|used| Some((used.last_used_date?, used.region)));
    let role = Role {
        arn: role.arn,
        name: role.role_name,
        role_id: role.role_id,
        path: role.path,
        created: role.create_date,
        trust_policy: trust.map(|trust| trust.canonical()),
        description: role.description.filter(|text| !text.is_empty()),
        attached: None,
        inline: None,
        tags: role.tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect(),
        permissions_boundary: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
    };
    Ok(RoleAnswer { role, last_used, deletion: None, is_ordinary: false })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttachedPage {
    attached_policies: Vec<Attached>,
    is_truncated: Option<bool>,
    marker: Option<String>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attached {
    policy_name: String,
    policy_arn: String,
}

/// The policies that `list-attached-role-policies` shows.
pub(super) fn attached(file: &SavedFile, now: Timestamp) -> Result<Listed<ListedPolicy>, Failure> {
    let page: AttachedPage = file.answer(now)?;
    let cut_off = page.is_truncated == Some(true) || page.marker.is_some() || page.next_token.is_some();
    let policy = |policy: Attached| ListedPolicy { name: policy.policy_name, arn: policy.policy_arn, default: None };
    Ok(Listed { items: page.attached_policies.into_iter().map(policy).collect(), cut_off })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RolePolicies {
    policy_names: Vec<String>,
    is_truncated: Option<bool>,
    marker: Option<String>,
    next_token: Option<String>,
}

/// The names that `list-role-policies` shows.
pub(super) fn inline_names(file: &SavedFile, now: Timestamp) -> Result<Listed<String>, Failure> {
    let page: RolePolicies = file.answer(now)?;
    let cut_off = page.is_truncated == Some(true) || page.marker.is_some() || page.next_token.is_some();
    Ok(Listed { items: page.policy_names, cut_off })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetRolePolicy {
    role_name: String,
    policy_name: String,
    policy_document: Value,
}

/// The inline policy that `get-role-policy` shows.
pub(super) fn inline(file: &SavedFile, now: Timestamp) -> Result<InlineText, Failure> {
    let policy: GetRolePolicy = file.answer(now)?;
    let document = document(file, &policy.policy_document)?;
    Ok(InlineText { role: policy.role_name, name: policy.policy_name, document })
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
    document: Value,
}

/// The document that `get-policy-version` shows; it does not tell of which policy.
pub(super) fn policy_version(file: &SavedFile, now: Timestamp) -> Result<PolicyText, Failure> {
    let GetPolicyVersion { policy_version: version } = file.answer(now)?;
    Ok(PolicyText {
        policy: None,
        document: document(file, &version.document)?,
        version: version.version_id,
        is_default: version.is_default_version,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetPolicy {
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy_name: String,
    default_version_id: String,
}

/// Name and default version of the policy that `get-policy` shows.
pub(super) fn default_version(file: &SavedFile, now: Timestamp) -> Result<(String, String), Failure> {
    let GetPolicy { policy } = file.answer(now)?;
    Ok((policy.policy_name, policy.default_version_id))
}

fn document(file: &SavedFile, value: &Value) -> Result<String, Failure> {
    let document = PolicyDocument::from_value(value)
        .map_err(|error| file.unusable(&format!("its document is {error}; save it again")))?;
    Ok(document.canonical())
}
