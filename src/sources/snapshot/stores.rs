//! Key stores, Region by Region.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::naming::usual_name;
use super::places::AccountFiles;
use super::regions::Regions;
use super::saved::{Failure, SavedFile};
use super::{alibaba_stores, aws_stores};
use crate::model::{Outcome, api};
use crate::profiles::{Profile, StoreKind};
use crate::sources::report::{Report, Trouble};
use crate::sources::seen::SeenStore;

/// What the answers of one Region came to.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) stores: Vec<SeenStore>,
    /// What is missing or could not be read, with its outcome; empty where the listing is complete.
    pub(super) gaps: Vec<(Outcome, String)>,
}

impl Listing {
    pub(super) fn fail(&mut self, failure: &Failure) {
        self.gaps.push((failure.outcome(), failure.detail()));
    }

    pub(super) fn add_all(&mut self, stores: Vec<SeenStore>) {
        for store in stores {
            self.add(store);
        }
    }

    /// Adds a store. The same store twice is fine, two states of it are not: one of the files is out of date.
    fn add(&mut self, store: SeenStore) {
        match self.stores.iter().find(|known| known.id == store.id) {
            Some(known) if *known != store => {
                let detail = format!("two answers differ about {}; remove the older one", store.id);
                self.gaps.push((Outcome::Partial, detail));
            }
            Some(_) => {}
            None => self.stores.push(store),
        }
    }
}

/// Reads the answers of one Region for one API.
type Reader = fn(&[SavedFile], Timestamp) -> Option<Listing>;

fn reader(api: &str) -> Option<(Reader, super::naming::Call)> {
    use super::naming::Call;
    match api {
        api::AWS_KEY_STORES => Some((aws_stores::key_stores, Call::DescribeKeyStores)),
        api::AWS_CLUSTERS => Some((aws_stores::clusters, Call::DescribeClusters)),
        api::ALIBABA_INSTANCES => Some((alibaba_stores::instances, Call::ListInstances)),
        _ => None,
    }
}

/// Whether any file holds an answer of the API that lists stores of this kind.
pub(super) fn speak_of(kind: &StoreKind, files: &AccountFiles) -> bool {
    let Some((_, call)) = reader(&kind.api) else { return false };
    files.regions.values().flatten().any(|file| file.call == call)
}

/// Collects the stores of every kind that `profiles` serve.
pub(super) fn collect(files: &AccountFiles, regions: &Regions, profiles: &[&Profile], report: &mut Report) {
    let mut kinds: BTreeMap<&str, &StoreKind> = BTreeMap::new();
    for kind in profiles.iter().filter_map(|profile| profile.store.as_ref()) {
        kinds.entry(&kind.kind).or_insert(kind);
    }
    for kind in kinds.into_values() {
        collect_kind(files, regions, kind, report);
    }
}

fn collect_kind(files: &AccountFiles, regions: &Regions, kind: &StoreKind, report: &mut Report) {
    let Some((read, call)) = reader(&kind.api) else {
        let detail = format!("inventory from files does not know {} yet", kind.api);
        report.row(&kind.api, None, None, Outcome::NotConfigured, detail);
        return;
    };
    for (region, word) in regions.not_enabled.iter().filter(|(region, _)| !regions.expected.contains(*region)) {
        report.row(&kind.api, Some(region), None, Outcome::NotEnabled, word.clone());
    }
    for region in &regions.expected {
        let answers = files.regions.get(region).map_or(&[][..], Vec::as_slice);
        let Some(listing) = read(answers, report.now) else {
            let missing = format!("no {} for this Region", usual_name(report.account.provider, call));
            let (outcome, detail) = match regions.not_enabled.get(region) {
                Some(word) => (Outcome::NotEnabled, word.clone()),
                None => (Outcome::Error, missing),
            };
            report.row(&kind.api, Some(region), None, outcome, detail);
            continue;
        };
        take(listing, region, regions, kind, report);
    }
}

fn take(listing: Listing, region: &str, regions: &Regions, kind: &StoreKind, report: &mut Report) {
    let seen = listing.stores.into_iter().filter(|store| store.is_a(kind));
    report.collection.stores.extend(seen.map(|store| store.of(kind, region)));
    if listing.gaps.is_empty() {
        report.complete(&kind.api, Some(region), None);
    }
    for (outcome, detail) in listing.gaps {
        // A Region that is off refuses the caller's credentials, as the account's list of Regions explains.
        let explained = regions.not_enabled.contains_key(region) && says_not_enabled(&detail);
        let outcome = if explained { Outcome::NotEnabled } else { outcome };
        report.row(&kind.api, Some(region), None, outcome, detail);
    }
}

/// Error codes with which a Region that is switched off answers.
const OFF_CODES: [&str; 4] =
    ["UnrecognizedClientException", "UnrecognizedClient", "AuthFailure", "InvalidClientTokenId"];

fn says_not_enabled(detail: &str) -> bool {
    OFF_CODES.iter().any(|code| detail.split(':').next() == Some(code))
}
