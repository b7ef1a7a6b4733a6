//! What earlier runs know, for the sources.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::lookup;
use crate::model::{Account, ChainState, Coverage, CoverageKey, Outcome, Provider, api};
use crate::sources::live::{Failure, History, LookupHistory, ObjectName};
use crate::store::{CoverageRow, HistoryFilter, ObjectFate, Store, StoreError};

/// The history in the store.
pub(super) struct StoreHistory {
    store: Store,
    provider: Provider,
}

impl StoreHistory {
    pub(super) fn new(store: Store, provider: Provider) -> Self {
        Self { store, provider }
    }
}

/// A history that cannot be read is a gap like any other: nothing may be concluded without it.
fn unreadable(error: &StoreError) -> Failure {
    Failure::new(Outcome::Error, format!("the history cannot be read: {error}"))
}

impl History for StoreHistory {
    fn regions_with_stores(&self, account: &str) -> Result<Vec<String>, Failure> {
        self.store.regions_with_stores(&Account::new(self.provider, account)).map_err(|error| unreadable(&error))
    }

    fn lookups(&self, account: &str, region: &str) -> Result<LookupHistory, Failure> {
        self.read_lookups(account, region).map_err(|error| unreadable(&error))
    }

    fn object(&self, name: &str) -> Result<Option<ObjectName>, Failure> {
        let entry = self.store.ledger_of(name).map_err(|error| unreadable(&error))?;
        let read = entry.filter(|(_, entry)| entry.fate != ObjectFate::Rejected);
        Ok(read.map(|(object, _)| ObjectName { name: object.name, size: object.size, version: object.version }))
    }

    fn content_hash(&self, name: &str) -> Result<Option<String>, Failure> {
        self.store.content_hash(name).map_err(|error| unreadable(&error))
    }

    fn digest_chains(&self, account: &str) -> Result<Vec<ChainState>, Failure> {
        self.store.digest_chains(&Account::new(self.provider, account)).map_err(|error| unreadable(&error))
    }

    fn read_until(&self, place: &CoverageKey) -> Result<Option<Timestamp>, Failure> {
        let span = self.store.trail_span(place).map_err(|error| unreadable(&error))?;
        Ok(span.map(|(_, until)| until))
    }

    fn missing(&self, trail: &str, prefix: &str) -> Result<Vec<String>, Failure> {
        let mut subjects = Vec::new();
        let present = HistoryFilter { at: Some(Timestamp::MAX), ..HistoryFilter::default() };
        let take = |row: CoverageRow| {
            let Coverage { key, outcome, .. } = row.coverage;
            if key.api == trail && outcome.is_gap() {
                subjects.extend(key.subject.filter(|subject| subject.starts_with(prefix)));
            }
        };
        self.store.each_coverage(&present, take).map_err(|error| unreadable(&error))?;
        subjects.sort();
        subjects.dedup();
        Ok(subjects)
    }
}

impl StoreHistory {
    fn read_lookups(&self, account: &str, region: &str) -> Result<LookupHistory, StoreError> {
        let key = CoverageKey {
            provider: self.provider,
            account: Some(account.to_owned()),
            region: Some(region.to_owned()),
            api: api::TRAIL_LOOKUP.to_owned(),
            subject: None,
        };
        let begin = lookup::object_name(account, region, "");
        let objects = self.store.object_versions(&begin)?;
        let asked: BTreeMap<_, _> = objects
            .into_iter()
            .filter_map(|(name, version, _)| Some((name.strip_prefix(&begin)?.to_owned(), version.parse().ok()?)))
            .collect();
        let progress = self.store.lookup_progress(&Account::new(self.provider, account), region)?;
        Ok(LookupHistory { progress, covered: self.store.trail_span(&key)?, asked })
    }
}
