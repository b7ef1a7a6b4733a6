//! How far readings of the event history have come, so that the next run goes on where the last one stopped.

use rusqlite::{Connection, Row, params};

use super::codec::{Moment, millis, opt_millis};
use super::{Store, StoreError, accounts};
use crate::model::{Account, LookupProgress};

const SAVE: &str = "-- lookup_progress.save
INSERT INTO lookup_progress (account_id, region, query, window_from, window_to, reached, done)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (account_id, region, query) DO UPDATE SET window_from = excluded.window_from,
  window_to = excluded.window_to, reached = excluded.reached, done = excluded.done";

const CLEAR: &str = "-- lookup_progress.clear
DELETE FROM lookup_progress WHERE account_id = ?1 AND region = ?2";

pub(super) const OF_REGION: &str = "-- lookup_progress.of_region
SELECT region, query, window_from, window_to, reached, done FROM lookup_progress
WHERE account_id = ?1 AND region = ?2 ORDER BY query";

pub(super) fn save(connection: &Connection, account: &Account, rows: &[LookupProgress]) -> Result<(), StoreError> {
    let id = accounts::ensure(connection, account, true)?;
    let mut statement = connection.prepare_cached(SAVE)?;
    for row in rows {
        statement.execute(params![
            id,
            row.region,
            row.query,
            millis(row.window_from),
            millis(row.window_to),
            opt_millis(row.reached),
            row.done,
        ])?;
    }
    Ok(())
}

pub(super) fn clear(connection: &Connection, account: &Account, region: &str) -> Result<(), StoreError> {
    if let Some(id) = accounts::known(connection, account)? {
        connection.prepare_cached(CLEAR)?.execute(params![id, region])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<LookupProgress> {
    Ok(LookupProgress {
        region: row.get(0)?,
        query: row.get(1)?,
        window_from: row.get::<_, Moment>(2)?.0,
        window_to: row.get::<_, Moment>(3)?.0,
        reached: row.get::<_, Option<Moment>>(4)?.map(|moment| moment.0),
        done: row.get(5)?,
    })
}

impl Store {
    /// How far the queries of an account and Region have come, by query; empty where no reading is under way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lookup_progress(&self, account: &Account, region: &str) -> Result<Vec<LookupProgress>, StoreError> {
        let reader = self.reader()?;
        let Some(id) = accounts::known(&reader, account)? else { return Ok(Vec::new()) };
        let mut statement = reader.prepare_cached(OF_REGION)?;
        let rows = statement.query_map(params![id, region], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Stores how far queries of an account have come: one transaction. Rows of other queries stay as they are. With
    /// the events of a page, use [`super::Batch::save_lookup_progress`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_lookup_progress(&self, account: &Account, rows: &[LookupProgress]) -> Result<(), StoreError> {
        self.write(|transaction| save(transaction, account, rows))
    }

    /// Forgets how far the queries of an account and Region have come: the window is complete, or given up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn clear_lookup_progress(&self, account: &Account, region: &str) -> Result<(), StoreError> {
        self.write(|transaction| clear(transaction, account, region))
    }
}
