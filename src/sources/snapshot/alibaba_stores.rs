//! `aliyun kms ListKmsInstances` and `GetKmsInstance`: the list tells ids alone, the rest is asked for each.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::naming::Call;
use super::saved::{Failure, SavedFile};
use super::stores::Listing;
use super::wire;
use crate::model::{Outcome, StoreState};
use crate::sources::seen::SeenStore;

/// The KMS instances of a Region, or `None` where no file lists or describes any.
pub(super) fn instances(files: &[SavedFile], now: Timestamp) -> Option<Listing> {
    if !files.iter().any(|file| matches!(file.call, Call::ListInstances | Call::GetInstance)) {
        return None;
    }
    let mut listing = Listing::default();
    let listed = list(files, now, &mut listing);
    let mut described = describe(files, now, &mut listing);
    for id in listed {
        let stores = described.remove(&id).unwrap_or_else(|| {
            listing.gaps.push((Outcome::Partial, format!("no GetKmsInstance answer for {id}")));
            // Of unknown edition, it counts as needing the role.
            vec![SeenStore::listed(id)]
        });
        listing.add_all(stores);
    }
    for (id, stores) in described {
        let detail = format!("{id} is described but not listed; save ListKmsInstances and GetKmsInstance together");
        listing.gaps.push((Outcome::Partial, detail));
        listing.add_all(stores);
    }
    Some(listing)
}

/// The ids that the lists name. What is missing goes into `listing`.
fn list(files: &[SavedFile], now: Timestamp, listing: &mut Listing) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut total = 0;
    let lists = || files.iter().filter(|file| file.call == Call::ListInstances);
    for file in lists() {
        match file.answer::<Page>(now) {
            Ok(page) => {
                total = total.max(page.total_count.unwrap_or(0));
                ids.extend(page.kms_instances.kms_instance.into_iter().map(|instance| instance.kms_instance_id));
            }
            Err(failure) => listing.fail(&failure),
        }
    }
    if lists().next().is_none() {
        listing.gaps.push((Outcome::Error, "no ListKmsInstances.json for this Region".to_owned()));
    }
    if (ids.len() as u64) < total {
        let detail = format!("ListKmsInstances: {} of {total} instances; save every page", ids.len());
        listing.gaps.push((Outcome::Partial, detail));
    }
    ids
}

fn describe(files: &[SavedFile], now: Timestamp, listing: &mut Listing) -> BTreeMap<String, Vec<SeenStore>> {
    let mut described: BTreeMap<String, Vec<SeenStore>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.call == Call::GetInstance) {
        match file.answer::<Answer>(now) {
            Ok(answer) => {
                let store = answer.kms_instance.seen(now);
                described.entry(store.id.clone()).or_default().push(store);
            }
            Err(Failure::Refused(refusal)) => {
                let detail = format!("{}: {}", file.name(), refusal.detail());
                listing.gaps.push((refusal.outcome(), detail));
            }
            Err(failure) => listing.fail(&failure),
        }
    }
    described
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    kms_instances: Ids,
    #[serde(default, deserialize_with = "wire::number")]
    total_count: Option<u64>,
}

/// The list stands in an object of its own.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ids {
    kms_instance: Vec<Id>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Id {
    kms_instance_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    kms_instance: Details,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    instance_id: String,
    #[serde(default, deserialize_with = "wire::text")]
    instance_name: Option<String>,
    /// `3` is a software instance, `5` a hardware one; the profile knows.
    #[serde(default, deserialize_with = "wire::text")]
    product_version: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    sale_status: Option<String>,
    #[serde(default, deserialize_with = "wire::time")]
    create_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "wire::time")]
    end_date: Option<Timestamp>,
}

impl Details {
    /// An instance whose time is over is disabled at once, whatever its last status says.
    fn seen(self, now: Timestamp) -> SeenStore {
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
            id: self.instance_id,
            name: self.instance_name,
            store_type: self.product_version,
            error_code: None,
            cluster: None,
            created: self.create_time,
            expires: self.end_date,
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
