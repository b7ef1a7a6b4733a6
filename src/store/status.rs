//! What `db status` shows, and the check that it runs on demand.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::codec::{Count, Moment};
use super::schema::{companion, newest_known};
use super::{Store, StoreError, StoreStatus};

/// Every table of ours, each with the statement that counts it.
const TABLES: [(&str, &str); 16] = [
    ("accounts", "-- accounts.count\nSELECT count(*) FROM accounts"),
    ("runs", "-- runs.count\nSELECT count(*) FROM runs"),
    ("objects", "-- objects.count\nSELECT count(*) FROM objects"),
    ("rejects", "-- rejects.count\nSELECT count(*) FROM rejects"),
    ("events", "-- events.count\nSELECT count(*) FROM events"),
    ("role_use", "-- role_use.count\nSELECT count(*) FROM role_use"),
    ("role_states", "-- role_states.count\nSELECT count(*) FROM role_states"),
    ("store_states", "-- store_states.count\nSELECT count(*) FROM store_states"),
    ("trail_states", "-- trail_states.count\nSELECT count(*) FROM trail_states"),
    ("deletion_tasks", "-- deletion_tasks.count\nSELECT count(*) FROM deletion_tasks"),
    ("coverage", "-- coverage.count\nSELECT count(*) FROM coverage"),
    ("lookup_progress", "-- lookup_progress.count\nSELECT count(*) FROM lookup_progress"),
    ("findings", "-- findings.count\nSELECT count(*) FROM findings"),
    ("finding_changes", "-- finding_changes.count\nSELECT count(*) FROM finding_changes"),
    ("evidence", "-- evidence.count\nSELECT count(*) FROM evidence"),
    ("verdicts", "-- verdicts.count\nSELECT count(*) FROM verdicts"),
];

const VERSION: &str = "-- _sqlx_migrations.newest
SELECT max(version) FROM _sqlx_migrations";

const FIRST_EVENT: &str = "-- events.first
SELECT min(time) FROM events";

const LAST_EVENT: &str = "-- events.last
SELECT max(time) FROM events";

const LAST_RUN: &str = "-- runs.last
SELECT kind, finished_at FROM runs ORDER BY id DESC LIMIT 1";

impl Store {
    /// What `db status` shows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn status(&self) -> Result<StoreStatus, StoreError> {
        let reader = self.reader()?;
        let path = self.path().to_owned();
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
        let mut rows = BTreeMap::new();
        for (table, query) in TABLES {
            let count = reader.query_row(query, [], |row| row.get::<_, Count>(0))?;
            rows.insert(table.to_owned(), count.0);
        }
        let last_run = reader
            .query_row(LAST_RUN, [], |row| Ok((row.get(0)?, row.get::<_, Option<Moment>>(1)?.map(|moment| moment.0))))
            .optional()?;
        Ok(StoreStatus {
            schema_version: reader.query_row(VERSION, [], |row| row.get(0))?,
            newest_known: newest_known(),
            size_bytes: size(&path),
            wal_bytes: size(&companion(&path, "-wal")),
            path,
            rows,
            events: event_span(&reader)?,
            last_run,
        })
    }

    /// Reads the whole database and answers what is wrong with it: nothing, if it is sound. It takes as long as
    /// reading the file does.
    ///
    /// # Errors
    /// [`StoreError`] when the check itself cannot run.
    pub fn quick_check(&self) -> Result<Vec<String>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare("-- check\nPRAGMA quick_check")?;
        let lines = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }
}

fn event_span(connection: &Connection) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let moment = |row: &Row<'_>| Ok(row.get::<_, Option<Moment>>(0)?.map(|moment| moment.0));
    let first = connection.query_row(FIRST_EVENT, [], moment)?;
    let last = connection.query_row(LAST_EVENT, [], moment)?;
    Ok(first.zip(last))
}
