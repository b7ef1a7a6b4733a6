//! What RAM answers, just now or saved to a file.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::answer;
use crate::model::{DeletionTask, PolicyDocument, Role, TaskStatus};

/// `GetRole`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct GetRole {
    pub(in crate::sources) role: RamRole,
}

/// A role.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct RamRole {
    role_name: String,
    #[serde(deserialize_with = "answer::text")]
    role_id: String,
    arn: String,
    #[serde(default, deserialize_with = "answer::time")]
    create_date: Option<Timestamp>,
    assume_role_policy_document: Option<serde_json::Value>,
    #[serde(default, deserialize_with = "answer::optional_text")]
    description: Option<String>,
    latest_deletion_task: Option<LatestDeletion>,
    #[serde(default, deserialize_with = "answer::flag")]
    is_service_linked_role: Option<bool>,
    #[serde(default, deserialize_with = "answer::optional_list")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LatestDeletion {
    #[serde(default, deserialize_with = "answer::optional_text")]
    deletion_task_id: Option<String>,
    #[serde(default, deserialize_with = "answer::time")]
    create_date: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    #[serde(default, deserialize_with = "answer::optional_text")]
    tag_value: Option<String>,
}

/// The latest attempt to delete a role, as the role tells it: id, and when it was submitted.
pub(in crate::sources) type Deletion = (String, Option<Timestamp>);

impl RamRole {
    /// Whether RAM says that it is an ordinary role. Nobody but a service makes one that is linked to it, so that an
    /// ordinary role of a watched name is not the watched role.
    pub(in crate::sources) fn is_ordinary(&self) -> bool {
        self.is_service_linked_role == Some(false)
    }

    /// The role, and the latest attempt to delete it.
    pub(in crate::sources) fn told(self) -> (Role, Option<Deletion>) {
        let trust = self.assume_role_policy_document.as_ref();
        let trust = trust.and_then(|value| PolicyDocument::from_value(value).ok());
        let tags = self.tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value.unwrap_or_default()));
        let deletion = self.latest_deletion_task.and_then(|task| Some((task.deletion_task_id?, task.create_date)));
        let role = Role {
            arn: self.arn,
            name: self.role_name,
            role_id: self.role_id,
            path: None,
            created: self.create_date,
            trust_policy: trust.map(|trust| trust.canonical()),
            description: self.description,
            attached: None,
            inline: None,
            tags: tags.collect::<BTreeMap<_, _>>(),
            permissions_boundary: None,
        };
        (role, deletion)
    }
}

/// The role tells that it was asked to be deleted; how that ended, only the task's own status tells.
pub(in crate::sources) fn deletion_task(
    account: &str,
    profile: &str,
    (id, submitted): &Deletion,
    now: Timestamp,
) -> DeletionTask {
    DeletionTask {
        account: account.to_owned(),
        profile: profile.to_owned(),
        id: id.clone(),
        submitted_at: submitted.unwrap_or(now),
        submitted_by: None,
        event_id: None,
        status: TaskStatus::Unknown,
        checked_at: None,
        reason: None,
        usage: Vec::new(),
    }
}

/// `ListPoliciesForRole`, which has no pages.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct PoliciesForRole {
    #[serde(deserialize_with = "answer::list")]
    pub(in crate::sources) policies: Vec<Attached>,
}

/// A policy that is attached to a role.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct Attached {
    pub(in crate::sources) policy_name: String,
    /// `System` or `Custom`.
    pub(in crate::sources) policy_type: String,
    #[serde(default, deserialize_with = "answer::optional_text")]
    pub(in crate::sources) default_version: Option<String>,
}

/// `GetPolicy`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct GetPolicy {
    pub(in crate::sources) policy: Named,
    pub(in crate::sources) default_policy_version: Version,
}

/// What a policy is called.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct Named {
    pub(in crate::sources) policy_name: String,
}

/// `GetPolicyVersion`, which does not tell of which policy.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct GetPolicyVersion {
    pub(in crate::sources) policy_version: Version,
}

/// A version of a policy.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct Version {
    pub(in crate::sources) version_id: String,
    #[serde(default, deserialize_with = "answer::flag")]
    pub(in crate::sources) is_default_version: Option<bool>,
    pub(in crate::sources) policy_document: serde_json::Value,
}
