//! Trail events: one record of CloudTrail or ActionTrail, normalised.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Provider;

/// Who made a call, as the record's own identity says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The identity's type in the provider's words (`AWSService`, `IAMUser`, `ram-user`, ...).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// ARN of the identity. Alibaba Cloud records carry none: it is built from account, type and name.
    pub arn: Option<String>,
    /// The service on whose behalf the call was made.
    pub invoked_by: Option<String>,
    /// Account of the identity.
    pub account: Option<String>,
    /// The provider's unique id of the identity; for a role session `ROLE_ID:SESSION`.
    #[serde(skip)]
    pub principal_id: Option<String>,
}

impl Actor {
    /// The name under which findings group this actor: a service principal, an ARN, or whatever else tells it apart.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        let service = matches!(self.kind.as_deref(), Some("AWSService" | "system"));
        if service && self.invoked_by.is_some() {
            return self.invoked_by.as_deref();
        }
        self.arn
            .as_deref()
            .or(self.principal_id.as_deref())
            .or(self.invoked_by.as_deref())
            .or(self.account.as_deref())
    }
}

/// How a recorded call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventOutcome {
    /// It was carried out (or, for asynchronous calls, accepted).
    Allowed,
    /// Refused for want of rights, or because the role is protected.
    Denied,
    /// Refused for another reason.
    Failed,
}

impl EventOutcome {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Allowed, Self::Denied, Self::Failed].into_iter().find(|outcome| outcome.as_str() == name)
    }
}

impl fmt::Display for EventOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a call does to a store when it succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreEffect {
    /// Makes it.
    Created,
    /// Connects it (or begins to).
    Connected,
    /// Disconnects it.
    Disconnected,
    /// Changes it.
    Changed,
    /// Deletes or releases it.
    Deleted,
}

/// What an event means for one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "effect")]
pub enum ConcernKind {
    /// Somebody assumed the role, or tried to.
    Assumption,
    /// A call made with a session of the role.
    SessionActivity,
    /// The role was created, or somebody tried to.
    RoleCreation,
    /// The role's deletion was asked for by the service-linked-role API.
    RoleDeletion,
    /// Somebody asked how a deletion stands, or the service checked whether it may proceed.
    DeletionCheck,
    /// An ordinary role API that would change, attach to, detach from or delete the role.
    RoleTampering,
    /// An edit that the provider allows to customers: description, tags.
    RoleEdit,
    /// A call in the life of a store.
    Store(StoreEffect),
}

/// One profile that an event concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// Profile id.
    pub profile: String,
    /// What the event means for it.
    #[serde(flatten)]
    pub kind: ConcernKind,
    /// For assumptions and session activity: whether it is what the trusted service does in its ordinary work.
    pub trusted: bool,
    /// The account whose role or store is concerned; differs from the event's account in cross-account calls.
    pub account: String,
}

/// One record of a trail that concerns a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEvent {
    /// Provider.
    pub provider: Provider,
    /// The account that got the record (its own word, not the path's).
    pub account: String,
    /// Region of the record.
    pub region: Option<String>,
    /// The record's id, or `sha256:...` of the record where it has none.
    pub id: String,
    /// When it happened.
    pub time: Timestamp,
    /// When the trail delivered it, where the object's name tells.
    pub delivered_at: Option<Timestamp>,
    /// Name of the call.
    pub name: String,
    /// Service that recorded it (`sts.amazonaws.com`, `Sts`).
    pub source: String,
    /// Who.
    pub actor: Actor,
    /// ARN of the watched role that it concerns.
    pub role: Option<String>,
    /// The provider's unique id of that role, where the record tells.
    pub role_id: Option<String>,
    /// Id of the store that it concerns.
    pub store: Option<String>,
    /// Type of the store, where the record tells.
    pub store_type: Option<String>,
    /// Id of the deletion task that it submitted.
    pub deletion_task: Option<String>,
    /// How it ended.
    pub outcome: EventOutcome,
    /// The provider's error code.
    pub error_code: Option<String>,
    /// The provider's error message.
    pub error_message: Option<String>,
    /// Source address or service name.
    pub source_ip: Option<String>,
    /// User agent.
    pub user_agent: Option<String>,
    /// Id shared by the two records of one cross-account call.
    pub shared_id: Option<String>,
    /// The event that this one replaces (addendum `UPDATED_DATA`).
    pub replaces: Option<String>,
    /// The object that held the record.
    pub object: String,
    /// SHA-256 of the record's bytes as found, in hex.
    pub sha256: String,
    /// The record without credentials and session tokens, as JSON.
    pub raw: String,
    /// The profiles that it concerns; empty only when all management events are kept.
    pub concerns: Vec<Concern>,
}

impl TrailEvent {
    /// Whether every profile that it concerns calls it ordinary work of the trusted service. A refused call is not:
    /// it is no sign that the role is there.
    #[must_use]
    pub fn is_routine(&self) -> bool {
        self.outcome == EventOutcome::Allowed && self.concerns.iter().all(|concern| concern.trusted)
    }
}

/// A record, or a whole object, that could not be read. Kept for inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The object.
    pub object: String,
    /// Number of the record in the object, from 1; `None` where the object as a whole was rejected.
    pub record: Option<u64>,
    /// Offset of the trouble in the uncompressed object, in bytes.
    pub offset: Option<u64>,
    /// What is wrong, in words a user can act on.
    pub reason: String,
    /// The first bytes of the record.
    #[serde(skip)]
    pub raw: Vec<u8>,
}
