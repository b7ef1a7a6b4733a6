//! The collection of one account while it is filled, with a row of coverage for everything that was looked for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;

use crate::model::{Account, Collection, Coverage, CoverageKey, Outcome};

/// Why something could not be read.
pub(super) trait Trouble {
    /// How the reading ended.
    fn outcome(&self) -> Outcome;
    /// What a reader of the coverage is told.
    fn detail(&self) -> String;
}

/// A collection under way.
pub(super) struct Report {
    pub(super) account: Account,
    pub(super) now: Timestamp,
    pub(super) collection: Collection,
    rows: BTreeMap<CoverageKey, (Outcome, String)>,
}

impl Report {
    pub(super) fn new(account: Account, now: Timestamp) -> Self {
        let collection = Collection::new(account.provider, account.id.clone(), now);
        Self { account, now, collection, rows: BTreeMap::new() }
    }

    /// Says how reading a place ended. Where a place is reported twice, trouble wins over success.
    pub(super) fn row(
        &mut self,
        api: &str,
        region: Option<&str>,
        subject: Option<&str>,
        outcome: Outcome,
        detail: String,
    ) {
        let key = CoverageKey {
            provider: self.account.provider,
            account: Some(self.account.id.clone()),
            region: region.map(str::to_owned),
            api: api.to_owned(),
            subject: subject.map(str::to_owned),
        };
        match self.rows.entry(key) {
            Entry::Vacant(place) => {
                place.insert((outcome, detail));
            }
            Entry::Occupied(mut place) if place.get().0 == Outcome::Complete => {
                place.insert((outcome, detail));
            }
            Entry::Occupied(mut place) if outcome != Outcome::Complete && place.get().1 != detail => {
                let known = &mut place.get_mut().1;
                known.push_str("; ");
                known.push_str(&detail);
            }
            Entry::Occupied(_) => {}
        }
    }

    pub(super) fn complete(&mut self, api: &str, region: Option<&str>, subject: Option<&str>) {
        self.row(api, region, subject, Outcome::Complete, String::new());
    }

    pub(super) fn failed(&mut self, api: &str, region: Option<&str>, subject: Option<&str>, failure: &impl Trouble) {
        self.row(api, region, subject, failure.outcome(), failure.detail());
    }

    /// Whether every reading of a call so far was complete.
    pub(super) fn is_complete(&self, api: &str) -> bool {
        self.rows.iter().all(|(key, (outcome, _))| key.api != api || *outcome == Outcome::Complete)
    }

    pub(super) fn finish(self) -> Collection {
        let Self { now, mut collection, rows, .. } = self;
        let rows = rows.into_iter();
        collection.coverage =
            rows.map(|(key, (outcome, detail))| Coverage { key, outcome, detail, from: now, to: now }).collect();
        collection
    }
}
