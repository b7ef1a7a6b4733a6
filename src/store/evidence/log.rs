//! Appending to the log: the leaf of a transaction is written with it, or neither is.

use std::sync::{Arc, OnceLock};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::covered::{COVERED, LAWS};
use super::notes::{Notes, cell};
use crate::evidence::{
    Checkpoint, Hash, Leaf, Occasion, RowNote, SignedCheckpoint, SigningKey, Tree, What, hash_of, key_of,
};
use crate::store::StoreError;
use crate::store::codec::{Count, whole};

/// The origin of checkpoints where no setting names one.
const ORIGIN: &str = "roletrail";

/// Rows of one leaf, where rows are taken over that stood there before the log began.
const INHERITED_ROWS: usize = 4096;

const LAST: &str = "-- evidence.last
SELECT leaf, hash FROM evidence ORDER BY leaf DESC LIMIT 1";

const ADD: &str = "-- evidence.add
INSERT INTO evidence (leaf, hash, payload, rows) VALUES (?1, ?2, ?3, ?4)";

const HASHES: &str = "-- evidence.hashes
SELECT hash FROM evidence WHERE leaf >= ?1 ORDER BY leaf";

const LAST_CHECKPOINT: &str = "-- evidence_checkpoints.last
SELECT c.size, c.note, c.peaks FROM evidence_checkpoints c JOIN evidence e ON e.leaf = c.size - 1
ORDER BY c.size DESC LIMIT 1";

/// One that stands there although the log had ended before it is left for the verification to find.
const ADD_CHECKPOINT: &str = "-- evidence_checkpoints.add
INSERT INTO evidence_checkpoints (size, made_at, note, peaks) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

const IS_EMPTY: &str = "-- evidence.is_empty
SELECT NOT EXISTS (SELECT 1 FROM evidence) AND NOT EXISTS (SELECT 1 FROM evidence_checkpoints)";

/// Who signs checkpoints, and which log they are of.
#[derive(Debug, Default)]
pub struct Signer {
    /// The origin; a plain one where there is none.
    pub origin: Option<String>,
    /// The key; checkpoints are not signed without one.
    pub key: Option<SigningKey>,
}

/// The end of the log.
#[derive(Debug, Clone, Default)]
struct Head {
    tree: Tree,
    next: u64,
    last: Option<Hash>,
}

impl Head {
    fn push(&mut self, hash: Hash) {
        self.tree.push(hash);
        self.next += 1;
        self.last = Some(hash);
    }
}

/// The log, as the writer knows it.
#[derive(Debug, Default)]
pub(in crate::store) struct Log {
    notes: Notes,
    signer: Arc<OnceLock<Signer>>,
    /// The end of what is committed; `None` where it has to be read.
    head: Option<Head>,
    /// The same with the transaction under way.
    ahead: Option<Head>,
}

impl Log {
    pub(in crate::store) fn new(signer: Arc<OnceLock<Signer>>) -> Self {
        Self { signer, ..Self::default() }
    }

    /// What the transaction under way has written so far.
    pub(in crate::store) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The origin of checkpoints.
    pub(in crate::store) fn origin(signer: &OnceLock<Signer>) -> String {
        signer.get().and_then(|signer| signer.origin.clone()).unwrap_or_else(|| ORIGIN.to_owned())
    }

    /// Writes the leaf of the transaction under way, where there is anything to say. It counts from [`Log::committed`].
    pub(in crate::store) fn append(&mut self, connection: &Connection, occasion: Occasion) -> Result<(), StoreError> {
        let notes = self.notes.take();
        if notes.is_empty() && occasion.what == What::Rows {
            self.ahead = self.head.take();
            return Ok(());
        }
        let mut head = self.end(connection)?;
        let made_at = occasion.run.as_ref().and_then(|run| run.finished_at);
        let origin = occasion.origin.clone();
        add(connection, &mut head, occasion, &notes)?;
        if let (Some(made_at), Some(origin)) = (made_at, origin) {
            let key = self.signer.get().and_then(|signer| signer.key.as_ref());
            let note = Checkpoint::of(&origin, &head.tree).sign(key);
            let values = params![whole(head.tree.size()), made_at, note.to_string(), head.tree.peaks()];
            connection.prepare_cached(ADD_CHECKPOINT)?.execute(values)?;
            tracing::info!(size = head.tree.size(), root = %head.tree.root(), "checkpoint of the evidence log");
        }
        self.ahead = Some(head);
        Ok(())
    }

    /// The transaction is on the disk.
    pub(in crate::store) fn committed(&mut self) {
        self.head = self.ahead.take();
    }

    /// The transaction has come to nothing, or nobody knows what has become of it.
    pub(in crate::store) fn lost(&mut self) {
        self.notes.take_back(0);
        self.head = None;
        self.ahead = None;
    }

    /// The end of the log; read again where somebody else has written to it.
    fn end(&mut self, connection: &Connection) -> Result<Head, StoreError> {
        let read = |row: &Row<'_>| Ok((row.get::<_, Count>(0)?.0, row.get::<_, Vec<u8>>(1)?));
        let last = connection.prepare_cached(LAST)?.query_row([], read).optional()?;
        let next = last.as_ref().map_or(0, |(leaf, _)| leaf + 1);
        let hash = last.and_then(|(_, hash)| Hash::from_bytes(&hash));
        match self.head.take() {
            Some(head) if head.next == next && head.last == hash => Ok(head),
            Some(_) => {
                tracing::error!(
                    "another program has written to the evidence log; `roletrail verify store` tells what"
                );
                load(connection, next, hash)
            }
            None => load(connection, next, hash),
        }
    }
}

/// Reads the end of the log: from the last checkpoint, or from the first leaf where that one does not tell.
fn load(connection: &Connection, next: u64, last: Option<Hash>) -> Result<Head, StoreError> {
    let mut tree = kept(connection)?.unwrap_or_default();
    let mut statement = connection.prepare_cached(HASHES)?;
    let mut rows = statement.query([whole(tree.size())])?;
    while let Some(row) = rows.next()? {
        let hash = row.get_ref(0)?.as_blob().ok().and_then(Hash::from_bytes);
        tree.push(hash.unwrap_or_else(|| Hash::of(&[])));
    }
    Ok(Head { tree, next, last })
}

/// The tree of the last checkpoint, if its peaks come to its root.
fn kept(connection: &Connection) -> Result<Option<Tree>, StoreError> {
    let read = |row: &Row<'_>| Ok((row.get::<_, Count>(0)?.0, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?));
    let found = connection.prepare_cached(LAST_CHECKPOINT)?.query_row([], read).optional()?;
    let Some((size, note, peaks)) = found else { return Ok(None) };
    let root = note.parse::<SignedCheckpoint>().ok().map(|note| note.checkpoint.root);
    Ok(Tree::from_peaks(size, &peaks).filter(|tree| Some(tree.root()) == root))
}

fn add(connection: &Connection, head: &mut Head, occasion: Occasion, notes: &[RowNote]) -> Result<(), StoreError> {
    let name = |table: u8| LAWS.get(usize::from(table)).map_or("", |law| law.name);
    let leaf = Leaf::new((head.next, head.last), occasion, notes, name);
    let values = params![whole(head.next), leaf.hash.0, leaf.payload, leaf.rows];
    connection.prepare_cached(ADD)?.execute(values)?;
    head.push(leaf.hash);
    Ok(())
}

/// Begins the log, where there is none: with every row that stands there already, if any. A log that was emptied is not
/// begun anew while a checkpoint tells of it.
pub(in crate::store) fn begin(connection: &mut Connection) -> Result<(), StoreError> {
    if !connection.query_row(IS_EMPTY, [], |row| row.get::<_, bool>(0))? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut head = Head::default();
    add(&transaction, &mut head, Occasion::of(What::Genesis), &[])?;
    let mut notes = Vec::new();
    for (number, table) in (0_u8..).zip(&COVERED) {
        let (name, key, values) = (table.law.name, table.key_of(""), table.values_of(""));
        let mut statement = transaction
            .prepare(&format!("-- evidence.inherit\nSELECT {key}, {values} FROM {name} ORDER BY {key}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let cells =
                (0..columns).map(|column| Ok(cell(row.get_ref(column)?))).collect::<rusqlite::Result<Vec<_>>>()?;
            let (key, values) = cells.split_at(table.key.len());
            let after = Some(hash_of(values.iter().copied()));
            notes.push(RowNote { table: number, key: key_of(key.iter().copied()), before: None, after });
            if notes.len() == INHERITED_ROWS {
                add(&transaction, &mut head, Occasion::of(What::Inherited), &std::mem::take(&mut notes))?;
            }
        }
    }
    if !notes.is_empty() {
        add(&transaction, &mut head, Occasion::of(What::Inherited), &notes)?;
    }
    Ok(transaction.commit()?)
}
