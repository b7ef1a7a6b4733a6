//! What earlier runs know, for the sources.

use crate::model::{Account, Outcome, Provider};
use crate::sources::aws::{Failure, History};
use crate::store::{Store, StoreError};

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
}
