//! Key stores as inventory or the trail shows them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The kind of clusters of HSMs of Alibaba Cloud. No profile has it: a cluster without an instance keeps no role alive.
pub const HSM_CLUSTER: &str = "alibaba-hsm-cluster";

/// Whether a store needs the watched role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StoreNeed {
    /// It cannot work without the role.
    Needed,
    /// It works without: an external key store, a software instance.
    NotNeeded,
    /// Its kind is not known; it counts as needing the role, so that no role is called orphaned by mistake.
    Unknown,
}

/// The state of a store in words that hold for both providers; the provider's own word is kept beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StoreState {
    /// In use.
    Connected,
    /// On its way between two states.
    Transition,
    /// Disconnected.
    Disconnected,
    /// Failed or in error.
    Failed,
    /// Ended and not yet released (Alibaba Cloud: the 15 days after the end).
    Expired,
    /// Not told, or inferred from the trail alone.
    Unknown,
}

impl StoreState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Connected, Self::Transition, Self::Disconnected, Self::Failed, Self::Expired, Self::Unknown];

    /// The name used in JSON, tables and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Transition => "transition",
            Self::Disconnected => "disconnected",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for StoreState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One state of a store. Two equal states are one row of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStore {
    /// Kind of store, as profiles name it (`[store] kind`), such as `aws-custom-key-store`.
    pub kind: String,
    /// The provider's id.
    pub id: String,
    /// Region.
    pub region: String,
    /// Name.
    pub name: Option<String>,
    /// The provider's type or edition.
    pub store_type: Option<String>,
    /// Whether it needs the role that serves its kind.
    pub need: StoreNeed,
    /// State in common words.
    pub state: StoreState,
    /// State in the provider's words.
    pub provider_state: Option<String>,
    /// The provider's error code, when failed.
    pub error_code: Option<String>,
    /// HSM cluster behind it.
    pub cluster: Option<String>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When it ends (Alibaba Cloud).
    pub expires: Option<Timestamp>,
}
