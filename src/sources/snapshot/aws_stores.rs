//! `aws kms describe-custom-key-stores` and `aws cloudhsmv2 describe-clusters`.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::naming::Call;
use super::saved::SavedFile;
use super::stores::Listing;
use super::wire;
use crate::model::{Outcome, StoreState};
use crate::sources::seen::{self, SeenStore};

/// The custom key stores of a Region, or `None` where no file speaks of them.
pub(super) fn key_stores(files: &[SavedFile], now: Timestamp) -> Option<Listing> {
    pages::<KeyStorePage>(files, Call::DescribeKeyStores, now)
}

/// The `CloudHSM` clusters of a Region, or `None` where no file speaks of them.
pub(super) fn clusters(files: &[SavedFile], now: Timestamp) -> Option<Listing> {
    pages::<ClusterPage>(files, Call::DescribeClusters, now)
}

/// One page of a listing.
trait Page: DeserializeOwned {
    fn is_cut_off(&self) -> bool;
    fn stores(self) -> Vec<SeenStore>;
}

fn pages<P: Page>(files: &[SavedFile], call: Call, now: Timestamp) -> Option<Listing> {
    let mut files = files.iter().filter(|file| file.call == call).peekable();
    files.peek()?;
    let mut listing = Listing::default();
    for file in files {
        match file.answer::<P>(now) {
            Ok(page) => {
                if page.is_cut_off() {
                    let detail = format!("{}: is cut off; save all pages in one listing", file.name());
                    listing.gaps.push((Outcome::Partial, detail));
                }
                listing.add_all(page.stores());
            }
            Err(failure) => listing.fail(&failure),
        }
    }
    Some(listing)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyStorePage {
    custom_key_stores: Vec<KeyStore>,
    truncated: Option<bool>,
    next_marker: Option<String>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyStore {
    custom_key_store_id: String,
    custom_key_store_name: Option<String>,
    custom_key_store_type: Option<String>,
    cloud_hsm_cluster_id: Option<String>,
    connection_state: Option<String>,
    connection_error_code: Option<String>,
    #[serde(default, deserialize_with = "wire::time")]
    creation_date: Option<Timestamp>,
}

impl Page for KeyStorePage {
    fn is_cut_off(&self) -> bool {
        self.truncated == Some(true) || is_set(self.next_marker.as_ref()) || is_set(self.next_token.as_ref())
    }

    fn stores(self) -> Vec<SeenStore> {
        self.custom_key_stores.into_iter().map(KeyStore::seen).collect()
    }
}

impl KeyStore {
    fn seen(self) -> SeenStore {
        let state = seen::connection_state(self.connection_state.as_deref());
        SeenStore {
            id: self.custom_key_store_id,
            name: self.custom_key_store_name,
            store_type: self.custom_key_store_type,
            state,
            provider_state: self.connection_state,
            error_code: self.connection_error_code,
            cluster: self.cloud_hsm_cluster_id,
            created: self.creation_date,
            expires: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ClusterPage {
    clusters: Vec<HsmCluster>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HsmCluster {
    cluster_id: String,
    state: Option<String>,
    state_message: Option<String>,
    hsm_type: Option<String>,
    #[serde(default, deserialize_with = "wire::time")]
    create_timestamp: Option<Timestamp>,
}

impl Page for ClusterPage {
    fn is_cut_off(&self) -> bool {
        is_set(self.next_token.as_ref())
    }

    fn stores(self) -> Vec<SeenStore> {
        let present = self.clusters.into_iter().filter(|cluster| !seen::is_deleted_cluster(cluster.state.as_deref()));
        present.map(HsmCluster::seen).collect()
    }
}

impl HsmCluster {
    fn seen(self) -> SeenStore {
        let state = seen::cluster_state(self.state.as_deref());
        SeenStore {
            id: self.cluster_id,
            name: None,
            store_type: self.hsm_type,
            state,
            provider_state: self.state,
            error_code: self.state_message.filter(|_| state == StoreState::Failed),
            cluster: None,
            created: self.create_timestamp,
            expires: None,
        }
    }
}

fn is_set(token: Option<&String>) -> bool {
    token.is_some_and(|token| !token.is_empty())
}
