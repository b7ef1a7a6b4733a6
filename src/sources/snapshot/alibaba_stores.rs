//! `aliyun kms ListKmsInstances` and `GetKmsInstance`: the list tells ids alone, the rest is asked for each.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::naming::Call;
use super::saved::{Failure, SavedFile};
use super::stores::Listing;
use crate::model::Outcome;
use crate::sources::alibaba::instance::{GetKmsInstance, ListKmsInstances};
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
        match file.answer::<ListKmsInstances>(now) {
            Ok(page) => {
                total = total.max(page.total_count);
                ids.extend(page.kms_instances.into_iter().map(|instance| instance.kms_instance_id));
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
        match file.answer::<GetKmsInstance>(now) {
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
