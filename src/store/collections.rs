//! Inventory of one account: observations and gaps in one transaction.

use jiff::Timestamp;

use super::{RunId, Store, StoreError, accounts, coverage, key_stores, roles, tasks, trail_settings};
use crate::model::{Account, Collection, Coverage, DeletionTask};

impl Store {
    /// Stores the inventory of one account with its coverage: one transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_collection(&self, run: RunId, collection: &Collection) -> Result<(), StoreError> {
        self.write(|transaction| {
            let account = Account::new(collection.provider, collection.account.as_str());
            let account_id = accounts::ensure(transaction, &account, true)?;
            let at = collection.observed_at;
            let mut news = false;
            for observation in &collection.roles {
                news |= roles::save(transaction, account_id, observation, at)?;
            }
            for store in &collection.stores {
                news |= key_stores::save(transaction, account_id, store, at)?;
            }
            news |= key_stores::end_missing(transaction, account_id, collection)?;
            for task in &collection.tasks {
                news |= tasks::save(transaction, account_id, task)?;
            }
            if let Some(trails) = &collection.trails {
                news |= trail_settings::save_all(transaction, account_id, trails, at)?;
            }
            if news {
                accounts::touch(transaction, account_id)?;
            }
            coverage::save_all(transaction, run, at, &collection.coverage)?;
            coverage::end_unmentioned(transaction, &account, at)
        })
    }

    /// Stores how deletion tasks of an account stand, with the coverage of asking for them: one transaction. Other
    /// coverage stays as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_tasks(
        &self,
        run: RunId,
        at: Timestamp,
        account: &Account,
        tasks: &[DeletionTask],
        coverage: &[Coverage],
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let account_id = accounts::ensure(transaction, account, true)?;
            let mut news = false;
            for task in tasks {
                news |= tasks::save(transaction, account_id, task)?;
            }
            if news {
                accounts::touch(transaction, account_id)?;
            }
            coverage::save_all(transaction, run, at, coverage)
        })
    }
}
