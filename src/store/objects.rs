//! What is written of trail objects: their rows in the ledger, their rejected records, the totals of records.

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::codec::{Count, Json, opt_millis, whole};
use super::evidence::{Notes, OBJECTS};
use super::{HistoryFilter, ObjectFate, ObjectIdentity, RunId, Store, StoreError};
use crate::model::{ObjectHashes, Provider, Reject, SourceSummary};

/// Bytes of a rejected record that are kept.
const REJECT_BYTES: usize = 64 << 10;

const SUMMARY: &str = "-- objects.summary
SELECT summary FROM objects WHERE name = ?1 AND size = ?2 AND version = ?3";

pub(super) const ADD: &str = "-- objects.add
INSERT INTO objects (name, size, version, fate, rejected_records, summary, run_id, read_at, sha256, sha256_uncompressed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT DO NOTHING";

const RENEW: &str = "-- objects.renew
UPDATE objects SET size = ?2, version = ?3, fate = ?4, rejected_records = ?5, summary = ?6, run_id = ?7, read_at = ?8,
  sha256 = ?9, sha256_uncompressed = ?10
WHERE name = ?1";

const ADD_REJECT: &str = "-- rejects.add
INSERT INTO rejects (object, record, byte_offset, reason, raw, run_id, rejected_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const DROP_REJECTS: &str = "-- rejects.drop_before
DELETE FROM rejects WHERE object = ?1 AND id < ?2";

const ANY_REJECTS: &str = "-- rejects.any
SELECT EXISTS (SELECT 1 FROM rejects)";

const ADD_TOTAL: &str = "-- trail_totals.add
INSERT INTO trail_totals (provider, result, records) VALUES (?1, ?2, ?3)
ON CONFLICT (provider, result) DO UPDATE SET records = records + excluded.records";

const LIST_REJECTS: &str = "-- rejects.list
SELECT object, record, byte_offset, reason, raw FROM rejects
WHERE (?1 IS NULL OR rejected_at >= ?1) AND (?2 IS NULL OR rejected_at < ?2) ORDER BY id DESC LIMIT ?3";

/// The counts of the parts of this very version of an object that are in the ledger.
pub(super) fn summary(connection: &Connection, object: &ObjectIdentity) -> Result<Option<SourceSummary>, StoreError> {
    let mut statement = connection.prepare_cached(SUMMARY)?;
    let values = params![object.name, whole(object.size), object.version];
    Ok(statement.query_row(values, |row| Ok(row.get::<_, Json<SourceSummary>>(0)?.0)).optional()?)
}

/// Writes the ledger's row of an object.
pub(super) fn finish(
    (connection, notes): (&Connection, &Notes),
    (run, at): (RunId, i64),
    object: &ObjectIdentity,
    fate: ObjectFate,
    counts: &SourceSummary,
    hashes: Option<&ObjectHashes>,
) -> Result<(), StoreError> {
    let values: [&dyn ToSql; 10] = [
        &object.name,
        &whole(object.size),
        &object.version,
        &fate,
        &whole(counts.records_rejected),
        &Json(counts),
        &run.0,
        &at,
        &hashes.map(|hashes| &hashes.stored),
        &hashes.map(|hashes| &hashes.content),
    ];
    if notes.add(connection, (ADD, OBJECTS), &values)?.is_none() {
        connection.prepare_cached(RENEW)?.execute(&values[..])?;
    }
    Ok(())
}

/// Stores a reject; answers its row.
pub(super) fn add_reject(connection: &Connection, run: RunId, at: i64, reject: &Reject) -> Result<i64, StoreError> {
    let raw = &reject.raw[..reject.raw.len().min(REJECT_BYTES)];
    connection.prepare_cached(ADD_REJECT)?.execute(params![
        reject.object,
        reject.record.map(whole),
        reject.offset.map(whole),
        reject.reason,
        raw,
        run.0,
        at,
    ])?;
    Ok(connection.last_insert_rowid())
}

/// Drops the rejects of an object that were stored before row `first`, those of its earlier tries.
pub(super) fn drop_rejects_before(connection: &Connection, object: &str, first: i64) -> Result<(), StoreError> {
    connection.prepare_cached(DROP_REJECTS)?.execute(params![object, first])?;
    Ok(())
}

/// Adds an object's records to the totals.
pub(super) fn add_totals(
    connection: &Connection,
    provider: Option<Provider>,
    counts: &SourceSummary,
) -> Result<(), StoreError> {
    let provider = provider.map_or("", Provider::as_str);
    let mut statement = connection.prepare_cached(ADD_TOTAL)?;
    for (result, records) in [
        ("kept", counts.records_kept),
        ("duplicate", counts.records_duplicate),
        ("irrelevant", counts.records_irrelevant),
        ("rejected", counts.records_rejected),
    ] {
        if records > 0 {
            statement.execute(params![provider, result, whole(records)])?;
        }
    }
    Ok(())
}

/// Whether anything was ever rejected.
pub(super) fn any_rejects(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached(ANY_REJECTS)?.query_row([], |row| row.get(0))?)
}

impl Store {
    /// Rejected records and objects, newest first; only times and the limit of the filter apply.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rejects(&self, filter: &HistoryFilter) -> Result<Vec<Reject>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LIST_REJECTS)?;
        let values = params![opt_millis(filter.since), opt_millis(filter.until), filter.row_limit()];
        let rows = statement.query_map(values, |row| {
            Ok(Reject {
                object: row.get(0)?,
                record: row.get::<_, Option<Count>>(1)?.map(|count| count.0),
                offset: row.get::<_, Option<Count>>(2)?.map(|count| count.0),
                reason: row.get(3)?,
                raw: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
