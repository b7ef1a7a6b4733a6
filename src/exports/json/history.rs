//! Role states, store states and deletion tasks.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::{Provider, Role, StoreNeed, StoreState, TaskStatus, TaskUsage};
use crate::store::{RoleRow, StoreRow, TaskRow};

/// One state of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RoleState")]
pub struct RoleJson {
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: String,
    /// Profile id.
    pub profile: String,
    /// Whether the role was there.
    pub present: bool,
    /// ARN.
    pub role: Option<String>,
    /// The provider's unique id.
    pub role_id: Option<String>,
    /// When it was created.
    #[schemars(extend("format" = "date-time"))]
    pub created: Option<String>,
    /// When it was last used, according to the provider.
    #[schemars(extend("format" = "date-time"))]
    pub last_used: Option<String>,
    /// The state itself: trust policy, policies, tags.
    #[schemars(with = "Option<Role>")]
    pub state: Option<Value>,
    /// Since when.
    #[schemars(extend("format" = "date-time"))]
    pub valid_from: String,
    /// Until when; null while it holds.
    #[schemars(extend("format" = "date-time"))]
    pub valid_to: Option<String>,
    /// Last observation.
    #[schemars(extend("format" = "date-time"))]
    pub last_seen: String,
}

impl From<&RoleRow> for RoleJson {
    fn from(row: &RoleRow) -> Self {
        let span = &row.span;
        let role = span.role.as_ref();
        Self {
            provider: row.account.provider,
            account: row.account.id.clone(),
            profile: span.profile.clone(),
            present: role.is_some(),
            role: role.map(|role| role.arn.clone()),
            role_id: role.map(|role| role.role_id.clone()),
            created: role.and_then(|role| role.created).map(|time| time.to_string()),
            last_used: span.last_used.as_ref().map(|(time, _)| time.to_string()),
            state: role.and_then(|role| serde_json::to_value(role).ok()),
            valid_from: span.valid_from.to_string(),
            valid_to: span.valid_to.map(|time| time.to_string()),
            last_seen: span.last_seen.to_string(),
        }
    }
}

/// One state of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "StoreState")]
pub struct StoreJson {
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Kind.
    pub kind: String,
    /// Id.
    pub store: String,
    /// Name.
    pub name: Option<String>,
    /// The provider's type or edition.
    #[serde(rename = "type")]
    pub store_type: Option<String>,
    /// Whether it needs the role.
    pub needs_role: StoreNeed,
    /// State in common words.
    pub state: StoreState,
    /// State in the provider's words.
    pub provider_state: Option<String>,
    /// The provider's error code.
    pub error_code: Option<String>,
    /// HSM cluster.
    pub cluster: Option<String>,
    /// When it was created.
    #[schemars(extend("format" = "date-time"))]
    pub created: Option<String>,
    /// When it ends.
    #[schemars(extend("format" = "date-time"))]
    pub expires: Option<String>,
    /// Since when.
    #[schemars(extend("format" = "date-time"))]
    pub valid_from: String,
    /// Until when; null while it holds.
    #[schemars(extend("format" = "date-time"))]
    pub valid_to: Option<String>,
    /// Last observation.
    #[schemars(extend("format" = "date-time"))]
    pub last_seen: String,
}

impl From<&StoreRow> for StoreJson {
    fn from(row: &StoreRow) -> Self {
        let span = &row.span;
        let store = &span.store;
        Self {
            provider: row.account.provider,
            account: row.account.id.clone(),
            region: store.region.clone(),
            kind: store.kind.clone(),
            store: store.id.clone(),
            name: store.name.clone(),
            store_type: store.store_type.clone(),
            needs_role: store.need,
            state: store.state,
            provider_state: store.provider_state.clone(),
            error_code: store.error_code.clone(),
            cluster: store.cluster.clone(),
            created: store.created.map(|time| time.to_string()),
            expires: store.expires.map(|time| time.to_string()),
            valid_from: span.valid_from.to_string(),
            valid_to: span.valid_to.map(|time| time.to_string()),
            last_seen: span.last_seen.to_string(),
        }
    }
}

/// One deletion task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DeletionTask")]
pub struct TaskJson {
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: String,
    /// Profile id.
    pub profile: String,
    /// The provider's id.
    pub task: String,
    /// When it was submitted.
    #[schemars(extend("format" = "date-time"))]
    pub submitted_at: String,
    /// By whom.
    pub submitted_by: Option<String>,
    /// The trail event.
    pub event_id: Option<String>,
    /// Last known status.
    pub status: TaskStatus,
    /// When that was read.
    #[schemars(extend("format" = "date-time"))]
    pub checked_at: Option<String>,
    /// The provider's reason.
    pub reason: Option<String>,
    /// What holds the role.
    pub usage: Vec<TaskUsage>,
}

impl From<&TaskRow> for TaskJson {
    fn from(row: &TaskRow) -> Self {
        let task = &row.task;
        Self {
            provider: row.provider,
            account: task.account.clone(),
            profile: task.profile.clone(),
            task: task.id.clone(),
            submitted_at: task.submitted_at.to_string(),
            submitted_by: task.submitted_by.clone(),
            event_id: task.event_id.clone(),
            status: task.status,
            checked_at: task.checked_at.map(|time| time.to_string()),
            reason: task.reason.clone(),
            usage: task.usage.clone(),
        }
    }
}
