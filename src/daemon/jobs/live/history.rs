//! What earlier runs know, for the sources.

use jiff::Timestamp;

use crate::model::{Account, CoverageKey, Outcome, Provider};
use crate::sources::aws::{Failure, History, ObjectName};
use crate::store::{HistoryFilter, ObjectFate, Store, StoreError};

/// The history in the store.
pub(super) struct StoreHistory {
    store: Store,
}

impl StoreHistory {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }
}

/// A history that cannot be read is a gap like any other: nothing may be concluded without it.
fn unreadable(error: &StoreError) -> Failure {
    Failure::new(Outcome::Error, format!("the history cannot be read: {error}"))
}

impl History for StoreHistory {
    fn regions_with_stores(&self, account: &str) -> Result<Vec<String>, Failure> {
        self.store.regions_with_stores(&Account::new(Provider::Aws, account)).map_err(|error| unreadable(&error))
    }

    fn object(&self, name: &str) -> Result<Option<ObjectName>, Failure> {
        let entry = self.store.ledger_of(name).map_err(|error| unreadable(&error))?;
        let read = entry.filter(|(_, entry)| entry.fate != ObjectFate::Rejected);
        Ok(read.map(|(object, _)| ObjectName { name: object.name, size: object.size, version: object.version }))
    }

    fn read_until(&self, place: &CoverageKey) -> Result<Option<Timestamp>, Failure> {
        let span = self.store.trail_span(place).map_err(|error| unreadable(&error))?;
        Ok(span.map(|(_, until)| until))
    }

    fn missing(&self, trail: &str, prefix: &str) -> Result<Vec<String>, Failure> {
        let filter = HistoryFilter { at: Some(Timestamp::MAX), ..HistoryFilter::default() };
        let rows = self.store.coverage(&filter).map_err(|error| unreadable(&error))?;
        let gaps =
            rows.into_iter().map(|row| row.coverage).filter(|row| row.key.api == trail && row.outcome.is_gap());
        let mut subjects: Vec<_> = gaps.filter_map(|row| row.key.subject).collect();
        subjects.retain(|subject| subject.starts_with(prefix));
        subjects.sort();
        subjects.dedup();
        Ok(subjects)
    }
}
