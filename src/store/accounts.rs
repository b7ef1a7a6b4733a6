//! Accounts: their numbers, whether they are ours, and which of them are due to be judged.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::codec::millis;
use super::{Store, StoreError};
use crate::model::{Account, Provider};

const ENSURE: &str = "-- accounts.ensure
INSERT INTO accounts (provider, account, own) VALUES (?1, ?2, ?3)
ON CONFLICT (provider, account) DO UPDATE SET own = 1 WHERE excluded.own > own";

const ID: &str = "-- accounts.id
SELECT id FROM accounts WHERE provider = ?1 AND account = ?2";

const TOUCH: &str = "-- accounts.touch
UPDATE accounts SET changes = changes + 1 WHERE id = ?1";

const TOUCH_PROVIDER: &str = "-- accounts.touch_provider
UPDATE accounts SET changes = changes + 1 WHERE provider = ?1";

const DUE: &str = "-- accounts.due
SELECT provider, account FROM accounts
WHERE ?2 OR changes <> judged_changes OR recheck_at <= ?1
ORDER BY provider, account";

/// The number of an account, which is made known if it was not; `own` says whether this shows it to be ours.
pub(super) fn ensure(connection: &Connection, account: &Account, own: bool) -> Result<i64, StoreError> {
    connection.prepare_cached(ENSURE)?.execute(params![account.provider, account.id, own])?;
    Ok(connection.prepare_cached(ID)?.query_row(params![account.provider, account.id], |row| row.get(0))?)
}

/// The number of an account that is known.
pub(super) fn known(connection: &Connection, account: &Account) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(ID)?
        .query_row(params![account.provider, account.id], |row| row.get(0))
        .optional()?)
}

/// Notes that something new is known of an account.
pub(super) fn touch(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection.prepare_cached(TOUCH)?.execute([id])?;
    Ok(())
}

/// Notes that something new is known of every account of a provider.
pub(super) fn touch_provider(connection: &Connection, provider: Provider) -> Result<(), StoreError> {
    connection.prepare_cached(TOUCH_PROVIDER)?.execute([provider])?;
    Ok(())
}

impl Store {
    /// Accounts with something new since they were judged last, or whose time has come; all of them with `full`.
    /// Accounts that only a record of another account names as the owner of a role are among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn accounts_to_judge(&self, as_of: Timestamp, full: bool) -> Result<Vec<Account>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(DUE)?;
        let rows = statement
            .query_map(params![millis(as_of), full], |row| Ok(Account { provider: row.get(0)?, id: row.get(1)? }))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
