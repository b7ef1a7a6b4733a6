//! Key stores as an answer shows them, whether it was just given or saved to a file.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::live::Failure;
use crate::model::{KeyStore, Outcome, StoreState};
use crate::profiles::{Profile, StoreKind};

/// A store as an answer shows it, whatever profile it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenStore {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) store_type: Option<String>,
    pub(super) state: StoreState,
    pub(super) provider_state: Option<String>,
    pub(super) error_code: Option<String>,
    pub(super) cluster: Option<String>,
    pub(super) created: Option<Timestamp>,
    pub(super) expires: Option<Timestamp>,
}

impl SeenStore {
    /// A store of which nothing but the id is told.
    pub(super) fn listed(id: String) -> Self {
        Self {
            id,
            name: None,
            store_type: None,
            state: StoreState::Unknown,
            provider_state: None,
            error_code: None,
            cluster: None,
            created: None,
            expires: None,
        }
    }

    /// Whether it is of this kind: some APIs list other things too.
    pub(super) fn is_a(&self, kind: &StoreKind) -> bool {
        kind.id_prefix.as_deref().is_none_or(|prefix| self.id.starts_with(prefix))
    }

    /// The store of this kind in `region`.
    pub(super) fn of(self, kind: &StoreKind, region: &str) -> KeyStore {
        KeyStore {
            kind: kind.kind.clone(),
            id: self.id,
            region: region.to_owned(),
            name: self.name,
            need: kind.need(self.store_type.as_deref()),
            store_type: self.store_type,
            state: self.state,
            provider_state: self.provider_state,
            error_code: self.error_code,
            cluster: self.cluster,
            created: self.created,
            expires: self.expires,
        }
    }
}

/// The `ConnectionState` of a custom key store (AWS KMS API Reference, `CustomKeyStoresListEntry`).
pub(super) fn connection_state(word: Option<&str>) -> StoreState {
    match word {
        Some("CONNECTED") => StoreState::Connected,
        Some("CONNECTING" | "DISCONNECTING") => StoreState::Transition,
        Some("DISCONNECTED") => StoreState::Disconnected,
        Some("FAILED") => StoreState::Failed,
        _ => StoreState::Unknown,
    }
}

/// The state of a cluster (AWS `CloudHSM` API Reference, `Cluster`).
pub(super) fn cluster_state(word: Option<&str>) -> StoreState {
    match word {
        Some("ACTIVE") => StoreState::Connected,
        Some("DEGRADED") => StoreState::Failed,
        Some("UNINITIALIZED" | "INITIALIZED") => StoreState::Disconnected,
        Some(word) if word.ends_with("_IN_PROGRESS") => StoreState::Transition,
        _ => StoreState::Unknown,
    }
}

/// Whether a cluster is gone: it is listed for some time after.
pub(super) fn is_deleted_cluster(word: Option<&str>) -> bool {
    word == Some("DELETED")
}

/// Each kind once: two profiles may serve the same.
pub(super) fn kinds<'p>(profiles: &[&'p Profile]) -> Vec<&'p StoreKind> {
    let mut kinds: BTreeMap<&str, &StoreKind> = BTreeMap::new();
    for kind in profiles.iter().filter_map(|profile| profile.store.as_ref()) {
        kinds.entry(&kind.kind).or_insert(kind);
    }
    kinds.into_values().collect()
}

/// A service without an endpoint in a Region has nothing there. That its name does not resolve alone proves nothing:
/// the profile has to say as well that the Region is without the service.
pub(super) fn explained(failure: Failure, kind: &StoreKind, region: &str) -> Failure {
    let absent = kind
        .absent_regions
        .iter()
        .any(|known| region == known || (known.ends_with('-') && region.starts_with(known)));
    if absent && failure.is_unknown_host() {
        return Failure::new(Outcome::Unsupported, format!("the service has no endpoint in {region}"));
    }
    failure
}
