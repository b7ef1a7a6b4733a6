//! Reading the log back, with every row that it speaks about. All of it is read in one transaction: a run that goes on
//! beside it changes nothing of what is compared.

use std::collections::HashSet;
use std::iter::Peekable;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql, params};

use super::covered::{COVERED, LAWS, NOT_COVERED};
use super::notes::cell;
use crate::evidence::{
    Act, Anchor, Cell, Checkpoint, CheckpointRow, Digester, Hash, PublicKey, SignedCheckpoint, StoredLeaf,
    Verification, Verifier, key_cells, key_of, key_text, read_list,
};
use crate::store::codec::{Count, whole};
use crate::store::{Store, StoreError};

/// Leaves between two looks at the wish to stop.
const LEAVES: u64 = 64;

const LEAVES_FROM: &str = "-- evidence.from
SELECT leaf, hash, payload, rows FROM evidence WHERE leaf >= ?1 ORDER BY leaf";

const CHECKPOINTS_FROM: &str = "-- evidence_checkpoints.from
SELECT size, made_at, note, peaks FROM evidence_checkpoints WHERE size > ?1 ORDER BY size";

/// Numbers that the program gives to no leaf and to no checkpoint: nothing else would read what bears them.
const STRAYS: &str = "-- evidence.strays
SELECT (SELECT count(*) FROM evidence WHERE leaf < 0) + (SELECT count(*) FROM evidence_checkpoints WHERE size < 1)";

const NAMED_BY_REPORTS: &str = "-- reports.checkpoints
SELECT report, checkpoint FROM reports WHERE checkpoint IS NOT NULL ORDER BY id";

/// What a verification is to compare the log with.
#[derive(Debug, Clone, Default)]
pub struct EvidenceCheck {
    /// Keys, one of which has to have signed each checkpoint that is signed.
    pub keys: Vec<PublicKey>,
    /// A checkpoint that somebody has kept.
    pub least: Option<Checkpoint>,
}

/// A log that was verified, ready to go on with what comes.
pub struct VerifiedLog {
    verifier: Verifier,
}

impl VerifiedLog {
    /// Whether nothing was found wrong, then and since.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.verifier.is_sound()
    }
}

impl Store {
    /// Verifies the log, its checkpoints and every row that it speaks about; `None` where it was stopped before its end. It
    /// takes as long as reading the history does.
    ///
    /// # Errors
    /// [`StoreError`] when the history cannot be read.
    pub fn verify_evidence(
        &self,
        check: &EvidenceCheck,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<(Verification, VerifiedLog)>, StoreError> {
        let reader = self.reader()?;
        let snapshot = reader.unchecked_transaction()?;
        let mut verifier = Verifier::new(&LAWS, check.keys.clone());
        expect(&snapshot, check, &mut verifier)?;
        let mut looking = Looking::new(&snapshot)?;
        if !read(&snapshot, &mut verifier, &mut looking, stop)? {
            return Ok(None);
        }
        verifier.strays(snapshot.query_row(STRAYS, [], |row| row.get::<_, Count>(0))?.0);
        let suspects =
            verifier.settle(&mut |table, key| looking.look(table, key), &mut |table| count(&snapshot, table))?;
        search(&snapshot, &suspects, &mut verifier)?;
        let verification = verifier.end(&NOT_COVERED);
        verifier.go_on();
        Ok(Some((verification, VerifiedLog { verifier })))
    }

    /// Verifies what came since: the leaves, their checkpoints and the rows that they speak about. Answers whether nothing
    /// is wrong.
    ///
    /// # Errors
    /// [`StoreError`] when the history cannot be read.
    pub fn verify_news(&self, log: &mut VerifiedLog) -> Result<bool, StoreError> {
        let reader = self.reader()?;
        let snapshot = reader.unchecked_transaction()?;
        let mut looking = Looking::new(&snapshot)?;
        read(&snapshot, &mut log.verifier, &mut looking, &|| false)?;
        log.verifier.settle_news(&mut |table, key| looking.look(table, key))?;
        Ok(log.is_sound())
    }
}

fn expect(snapshot: &Connection, check: &EvidenceCheck, verifier: &mut Verifier) -> Result<(), StoreError> {
    if let Some(least) = &check.least {
        verifier.expect(Anchor::Given, least);
    }
    let mut statement = snapshot.prepare_cached(NAMED_BY_REPORTS)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for row in rows {
        let (report, note) = row?;
        // The row itself is compared with the log, whatever it holds.
        if let Ok(note) = note.parse::<SignedCheckpoint>() {
            verifier.expect(Anchor::Report(report), &note.checkpoint);
        }
    }
    Ok(())
}

/// Reads every leaf that the verifier does not know yet, each followed by its checkpoint; answers whether it came to the
/// end.
fn read(
    snapshot: &Connection,
    verifier: &mut Verifier,
    looking: &mut Looking<'_>,
    stop: &dyn Fn() -> bool,
) -> Result<bool, StoreError> {
    let mut leaves = snapshot.prepare_cached(LEAVES_FROM)?;
    let mut leaves = leaves.query([whole(verifier.next())])?;
    let mut checkpoints = snapshot.prepare_cached(CHECKPOINTS_FROM)?;
    let checkpoints = checkpoints.query_map([whole(verifier.next())], read_checkpoint)?;
    let mut checkpoints = checkpoints.peekable();
    while let Some(row) = leaves.next()? {
        let leaf = read_leaf(row)?;
        if leaf.number % LEAVES == 0 && stop() {
            return Ok(false);
        }
        take_checkpoints(&mut checkpoints, verifier, leaf.number)?;
        verifier.leaf(&leaf, &mut |table, key| looking.look(table, key))?;
        take_checkpoints(&mut checkpoints, verifier, leaf.number + 1)?;
    }
    take_checkpoints(&mut checkpoints, verifier, u64::MAX)?;
    Ok(true)
}

/// Hands over the checkpoints up to a size.
fn take_checkpoints(
    checkpoints: &mut Peekable<impl Iterator<Item = rusqlite::Result<CheckpointRow>>>,
    verifier: &mut Verifier,
    size: u64,
) -> Result<(), StoreError> {
    let is_due = |row: &rusqlite::Result<CheckpointRow>| row.as_ref().map_or(true, |row| row.size <= size);
    while let Some(row) = checkpoints.next_if(is_due) {
        verifier.checkpoint(&row?);
    }
    Ok(())
}

/// The hash of a leaf in a column of another type is none, and so is what else is not as it was written.
fn read_leaf(row: &Row<'_>) -> rusqlite::Result<StoredLeaf> {
    Ok(StoredLeaf {
        number: row.get::<_, Count>(0)?.0,
        hash: row.get(1)?,
        payload: String::from_utf8_lossy(row.get_ref(2)?.as_bytes()?).into_owned(),
        rows: row.get(3)?,
    })
}

fn read_checkpoint(row: &Row<'_>) -> rusqlite::Result<CheckpointRow> {
    let note = String::from_utf8_lossy(row.get_ref(2)?.as_bytes()?).into_owned();
    Ok(CheckpointRow { size: row.get::<_, Count>(0)?.0, made_at: row.get(1)?, note, peaks: row.get(3)? })
}

/// Finds rows by their keys.
struct Looking<'c> {
    statements: Vec<Statement<'c>>,
}

impl<'c> Looking<'c> {
    fn new(snapshot: &'c Connection) -> Result<Self, StoreError> {
        let statements = COVERED.iter().map(|table| {
            let (name, values, place) = (table.law.name, table.values_of(""), table.place());
            snapshot.prepare(&format!("-- evidence.row\nSELECT {values} FROM {name} WHERE {place}"))
        });
        Ok(Self { statements: statements.collect::<rusqlite::Result<_>>()? })
    }

    /// The hash of what a row holds.
    fn look(&mut self, table: u8, key: &[u8]) -> Result<Option<Hash>, StoreError> {
        let Some(statement) = self.statements.get_mut(usize::from(table)) else { return Ok(None) };
        let cells = key_cells(key).unwrap_or_default();
        // A key that fits no row of the table names none.
        if cells.len() != statement.parameter_count() {
            return Ok(None);
        }
        let values: Vec<_> = cells.into_iter().map(value).collect();
        let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        let columns = statement.column_count();
        let found = statement.query_row(&values[..], |row| {
            let mut digester = Digester::default();
            for column in 0..columns {
                digester.take(cell(row.get_ref(column)?));
            }
            Ok(digester.finish())
        });
        Ok(found.optional()?)
    }
}

fn value(cell: Cell<'_>) -> rusqlite::types::ToSqlOutput<'_> {
    rusqlite::types::ToSqlOutput::Borrowed(match cell {
        Cell::Null => ValueRef::Null,
        Cell::Whole(number) => ValueRef::Integer(number),
        Cell::Text(text) => ValueRef::Text(text),
        Cell::Bytes(bytes) => ValueRef::Blob(bytes),
    })
}

fn count(snapshot: &Connection, table: u8) -> Result<i64, StoreError> {
    let name = COVERED[usize::from(table)].law.name;
    Ok(snapshot.query_row(&format!("-- evidence.count\nSELECT count(*) FROM {name}"), [], |row| row.get(0))?)
}

/// Compares tables row by row with the log, which has to be read again for it.
fn search(snapshot: &Connection, tables: &[u8], verifier: &mut Verifier) -> Result<(), StoreError> {
    for table in tables {
        let known = keys_of(snapshot, *table, verifier)?;
        let Some(covered) = COVERED.get(usize::from(*table)) else { continue };
        let (name, key) = (covered.law.name, covered.key_of(""));
        let mut statement =
            snapshot.prepare(&format!("-- evidence.keys\nSELECT {key} FROM {name} ORDER BY {key}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let cells = (0..covered.key.len()).map(|column| Ok(cell(row.get_ref(column)?)));
            let key = key_of(cells.collect::<rusqlite::Result<Vec<_>>>()?);
            if !known.contains(&key) {
                verifier.inserted(*table, key_text(&key));
            }
        }
    }
    Ok(())
}

/// The rows of a table that the log has, or once had: a row that it had and that is there again was told before.
fn keys_of(snapshot: &Connection, table: u8, verifier: &mut Verifier) -> Result<HashSet<Vec<u8>>, StoreError> {
    let mut statement = snapshot.prepare_cached(LEAVES_FROM)?;
    let mut rows = statement.query(params![0])?;
    let (mut known, mut live) = (HashSet::new(), HashSet::new());
    while let Some(row) = rows.next()? {
        let leaf = read_leaf(row)?;
        let notes = read_list(leaf.rows.as_deref().unwrap_or_default()).unwrap_or_default();
        for note in notes.into_iter().filter(|note| note.table == table) {
            match note.act() {
                Act::Gone => drop(live.remove(&note.key)),
                Act::Changed => {}
                Act::Added => {
                    if !live.insert(note.key.clone()) {
                        verifier.added_twice(table, key_text(&note.key), leaf.number);
                    }
                }
            }
            known.insert(note.key);
        }
    }
    Ok(known)
}
