//! What the key service tells of its instances, just now or saved to a file.

use jiff::Timestamp;
use serde::Deserialize;

use super::answer;
use crate::model::StoreState;
use crate::sources::seen::SeenStore;

/// `ListKmsInstances`: ids and ARNs, and nothing else.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct ListKmsInstances {
    #[serde(deserialize_with = "answer::list")]
    pub(in crate::sources) kms_instances: Vec<Listed>,
    #[serde(deserialize_with = "answer::count")]
    pub(in crate::sources) total_count: u64,
}

/// An instance of the list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct Listed {
    #[serde(deserialize_with = "answer::text")]
    pub(in crate::sources) kms_instance_id: String,
}

/// `GetKmsInstance`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct GetKmsInstance {
    pub(in crate::sources) kms_instance: Instance,
}

/// An instance.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct Instance {
    #[serde(deserialize_with = "answer::text")]
    instance_id: String,
    #[serde(default, deserialize_with = "answer::optional_text")]
    instance_name: Option<String>,
    /// `3` is a software instance, `5` a hardware one; the profile knows.
    #[serde(default, deserialize_with = "answer::optional_text")]
    product_version: Option<String>,
    #[serde(default, deserialize_with = "answer::optional_text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "answer::optional_text")]
    sale_status: Option<String>,
    #[serde(default, deserialize_with = "answer::time")]
    create_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "answer::time")]
    end_date: Option<Timestamp>,
}

impl Instance {
    /// The instance as it stands at `now`. One whose time is over is disabled at once, whatever its last status says.
    pub(in crate::sources) fn seen(self, now: Timestamp) -> SeenStore {
        let is_over = self.end_date.is_some_and(|end| end < now);
        let state = match self.status.as_deref() {
            _ if is_over => StoreState::Expired,
            Some("Connected") => StoreState::Connected,
            Some("Connecting" | "Uninitialized") => StoreState::Transition,
            Some("Disconnected") => StoreState::Disconnected,
            Some("Error") => StoreState::Failed,
            _ => StoreState::Unknown,
        };
        SeenStore {
            state,
            provider_state: provider_state(self.status, self.sale_status),
            name: self.instance_name,
            store_type: self.product_version,
            created: self.create_time,
            expires: self.end_date,
            ..SeenStore::listed(self.instance_id)
        }
    }
}

/// The sale status says something only where it is not the usual one.
fn provider_state(status: Option<String>, sale_status: Option<String>) -> Option<String> {
    match (status, sale_status.filter(|sale| sale != "Normal")) {
        (Some(status), Some(sale)) => Some(format!("{status}, {sale}")),
        (status, sale) => status.or(sale),
    }
}
