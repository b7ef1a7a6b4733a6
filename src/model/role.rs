//! Roles as inventory shows them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A policy attached to a role, with the content of its default version where that could be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AttachedPolicy {
    /// Name of the policy.
    pub name: String,
    /// ARN (AWS) or type, `System` or `Custom` (Alibaba Cloud).
    pub arn: String,
    /// Id of the default version, such as `v2`.
    pub version: Option<String>,
    /// The default version's document in normal form ([`super::PolicyDocument::canonical`]).
    pub document: Option<String>,
}

/// An inline policy of a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct InlinePolicy {
    /// Name of the policy.
    pub name: String,
    /// Its document in normal form, where it could be read.
    pub document: Option<String>,
}

/// One state of a role. Two equal states are one row of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Role {
    /// The role's ARN as the provider spells it.
    pub arn: String,
    /// The role's name.
    pub name: String,
    /// The provider's unique id; it changes when a role is deleted and made again.
    pub role_id: String,
    /// Path (AWS only).
    pub path: Option<String>,
    /// When the role was created.
    pub created: Option<Timestamp>,
    /// The trust policy in normal form; `None` where it is no policy that could be parsed.
    pub trust_policy: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Attached policies, by name; `None` where they could not be read.
    pub attached: Option<Vec<AttachedPolicy>>,
    /// Inline policies, by name; `None` where they could not be read (Alibaba Cloud has none).
    pub inline: Option<Vec<InlinePolicy>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// ARN of the permissions boundary.
    pub permissions_boundary: Option<String>,
}

/// What inventory said about the role of one profile in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleObservation {
    /// Account id.
    pub account: String,
    /// Profile id.
    pub profile: String,
    /// The role, or `None` where the provider said that there is none.
    pub role: Option<Role>,
    /// When the role was last used, and in which Region. Kept beside the state: it changes with every use.
    pub last_used: Option<(Timestamp, Option<String>)>,
}
