//! The ledger of trail objects: how each of them ended, and their hashes.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{Count, Json, Moment, opt_millis, whole};
use super::{LedgerEntry, LedgerFilter, LedgerRow, ObjectFate, ObjectIdentity, Store, StoreError};
use crate::model::{ObjectHashes, SourceSummary};

/// Objects of a page: each is a transaction of its own, so that a listing that waits for its reader does not keep the
/// write-ahead log from being cut.
const PAGE: u64 = 500;

const ENTRY: &str = "-- objects.entry
SELECT fate, summary, sha256 IS NOT NULL FROM objects WHERE name = ?1 AND size = ?2 AND version = ?3";

pub(super) const VERSIONS: &str = "-- objects.versions
SELECT name, version, rejected_records FROM objects WHERE name >= ?1 AND name < ?2 ORDER BY name";

const NAMED: &str = "-- objects.named
SELECT fate, summary, sha256 IS NOT NULL, size, version FROM objects WHERE name = ?1";

pub(super) const LIST: &str = "-- objects.list
SELECT name, size, version, fate, summary, sha256, sha256_uncompressed, read_at FROM objects
WHERE name >= ?1 AND name < ?2 AND (?3 IS NULL OR fate = ?3) AND (?4 IS NULL OR read_at >= ?4)
  AND (?5 IS NULL OR read_at < ?5) ORDER BY name LIMIT ?6";

/// What was rejected is not what was read.
const CONTENT_HASH: &str = "-- objects.content_hash
SELECT sha256_uncompressed FROM objects WHERE name = ?1 AND fate = 'read'";

const HASH: &str = "-- objects.hash
UPDATE objects SET sha256 = ?4, sha256_uncompressed = ?5 WHERE name = ?1 AND size = ?2 AND version = ?3";

/// What is known of this very version of an object.
pub(super) fn entry(connection: &Connection, object: &ObjectIdentity) -> Result<Option<LedgerEntry>, StoreError> {
    let mut statement = connection.prepare_cached(ENTRY)?;
    let values = params![object.name, whole(object.size), object.version];
    Ok(statement.query_row(values, read_entry).optional()?)
}

/// Notes the hashes of this very version of an object.
pub(super) fn hash(
    connection: &Connection,
    object: &ObjectIdentity,
    hashes: &ObjectHashes,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(HASH)?;
    let ObjectIdentity { name, size, version } = object;
    statement.execute(params![name, whole(*size), version, hashes.stored, hashes.content])?;
    Ok(())
}

/// Reads fate, summary and whether there are hashes, which come first.
fn read_entry(row: &Row<'_>) -> rusqlite::Result<LedgerEntry> {
    let Json(summary): Json<SourceSummary> = row.get(1)?;
    Ok(LedgerEntry {
        fate: row.get(0)?,
        records: (!summary.records_uncounted).then_some(summary.records_read),
        rejected_records: summary.records_rejected,
        hashed: row.get(2)?,
    })
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<LedgerRow> {
    let object = ObjectIdentity { name: row.get(0)?, size: row.get::<_, Count>(1)?.0, version: row.get(2)? };
    let hashes = match (row.get(5)?, row.get(6)?) {
        (Some(stored), Some(content)) => Some(ObjectHashes { stored, content }),
        _ => None,
    };
    let summary = row.get::<_, Json<SourceSummary>>(4)?.0;
    Ok(LedgerRow { object, fate: row.get(3)?, summary, hashes, read_at: row.get::<_, Moment>(7)?.0 })
}

/// The end of the names that begin with `begin`.
fn end_of(begin: &str) -> String {
    format!("{begin}{}", char::MAX)
}

impl Store {
    /// What the ledger knows of this very version of the object.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ledger_entry(&self, object: &ObjectIdentity) -> Result<Option<LedgerEntry>, StoreError> {
        entry(&*self.reader()?, object)
    }

    /// The objects in the ledger whose names begin with `begin`: name, version and rejected records.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn object_versions(&self, begin: &str) -> Result<Vec<(String, String, u64)>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(VERSIONS)?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, Count>(2)?.0));
        let rows = statement.query_map(params![begin, end_of(begin)], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What the ledger knows of the object of this name: its last version, and how that ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ledger_of(&self, name: &str) -> Result<Option<(ObjectIdentity, LedgerEntry)>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(NAMED)?;
        let found = statement.query_row([name], |row| {
            let (size, version) = (row.get::<_, Count>(3)?.0, row.get(4)?);
            Ok((ObjectIdentity { name: name.to_owned(), size, version }, read_entry(row)?))
        });
        Ok(found.optional()?)
    }

    /// SHA-256 of the content of an object that was read, in hex, where it was noted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn content_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(CONTENT_HASH)?;
        let hash: Option<Option<String>> = statement.query_row([name], |row| row.get(0)).optional()?;
        Ok(hash.flatten())
    }

    /// Visits the objects of the ledger in the order of their names, until `visit` answers that it has enough.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ledger(&self, filter: &LedgerFilter, visit: &mut dyn FnMut(LedgerRow) -> bool) -> Result<(), StoreError> {
        let end = end_of(&filter.prefix);
        let mut begin = filter.prefix.clone();
        let mut left = filter.limit.unwrap_or(u64::MAX);
        while left > 0 {
            let page = self.ledger_page(filter, (&begin, &end), left.min(PAGE))?;
            let Some(last) = page.last() else { break };
            // No name lies between another one and that with a NUL after it.
            begin = format!("{}\0", last.object.name);
            left -= page.len() as u64;
            for row in page {
                if !visit(row) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn ledger_page(
        &self,
        filter: &LedgerFilter,
        (begin, end): (&str, &str),
        rows: u64,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LIST)?;
        let (since, until) = (opt_millis(filter.since), opt_millis(filter.until));
        let found = statement.query_map(params![begin, end, filter.fate, since, until, whole(rows)], read_row)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }
}

impl ObjectFate {
    /// The word for it in JSON, tables and columns.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Skipped => "skipped",
            Self::Rejected => "rejected",
        }
    }
}
