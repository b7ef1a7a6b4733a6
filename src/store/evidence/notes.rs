//! Noting what is written: triggers of the writing connection hand every row of the covered tables to a function of ours,
//! whichever statement writes it, so that no statement can be forgotten. They live as long as the connection, and are no
//! part of the file.
//!
//! A statement with a trigger has SQLite keep what it could have to take back, which costs as much as the writing itself.
//! Where new rows come by the thousand, the one statement that adds them hands them over itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::covered::{COVERED, Covered, HANDED_OVER};
use crate::evidence::{Cell, Hash, RowNote, hash_of, key_of, net};

/// The name of the function.
const FUNCTION: &str = "roletrail_note";

/// What is handed over.
const ADDED: i64 = 0;
const GONE: i64 = 1;
const BEFORE: i64 = 2;
const AFTER: i64 = 3;

#[derive(Debug, Default)]
struct Inner {
    notes: Vec<RowNote>,
    /// What the row held that is being changed.
    before: Option<Hash>,
}

/// What the transaction under way has written so far.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Notes(Arc<Mutex<Inner>>);

impl Notes {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are: what comes afterwards can be taken back.
    pub(in crate::store) fn mark(&self) -> usize {
        self.inner().notes.len()
    }

    /// Takes back what came after a mark.
    pub(in crate::store) fn take_back(&self, mark: usize) {
        self.inner().notes.truncate(mark);
    }

    /// What they come to; they begin anew.
    pub(super) fn take(&self) -> Vec<RowNote> {
        net(&std::mem::take(&mut self.inner().notes))
    }

    /// Adds a row to a table that has no trigger for it, unless it is there, and notes it; answers its number. The values
    /// are those of all columns but the number, in their order.
    pub(in crate::store) fn add(
        &self,
        connection: &Connection,
        (statement, table): (&str, u8),
        values: &[&dyn ToSql],
    ) -> rusqlite::Result<Option<i64>> {
        let values = values.iter().map(ToSql::to_sql).collect::<rusqlite::Result<Vec<_>>>()?;
        if connection.prepare_cached(statement)?.execute(params_from_iter(&values))? == 0 {
            return Ok(None);
        }
        let row = connection.last_insert_rowid();
        let (key, after) = (key_of([Cell::Whole(row)]), Some(hash_of(values.iter().map(bound))));
        self.inner().notes.push(RowNote { table, key, before: None, after });
        Ok(Some(row))
    }

    /// Notes everything that the connection writes from now on.
    pub(in crate::store) fn attach(&self, connection: &Connection) -> rusqlite::Result<()> {
        let notes = self.clone();
        let flags = FunctionFlags::SQLITE_UTF8;
        connection.create_scalar_function(FUNCTION, -1, flags, move |context| notes.note(context))?;
        connection.execute_batch("PRAGMA temp_store = memory")?;
        for (number, table) in COVERED.iter().enumerate() {
            connection.execute_batch(&triggers(number, table))?;
        }
        Ok(())
    }

    /// Takes table, act, number of key columns, the key, and what the log vouches for.
    fn note(&self, context: &Context<'_>) -> rusqlite::Result<bool> {
        let table = u8::try_from(context.get::<i64>(0)?).unwrap_or(u8::MAX);
        let act: i64 = context.get(1)?;
        let columns = usize::try_from(context.get::<i64>(2)?).unwrap_or_default();
        let (begin, middle) = (3, 3 + columns);
        let hash = hash_of((middle..context.len()).map(|place| cell(context.get_raw(place))));
        let mut inner = self.inner();
        let (before, after) = match act {
            BEFORE => {
                inner.before = Some(hash);
                return Ok(true);
            }
            AFTER => (inner.before.take(), Some(hash)),
            GONE => (Some(hash), None),
            _ => (None, Some(hash)),
        };
        let key = key_of((begin..middle).map(|place| cell(context.get_raw(place))));
        inner.notes.push(RowNote { table, key, before, after });
        Ok(true)
    }
}

/// A value that is handed to a statement, as the column will have it.
fn bound<'a>(value: &'a ToSqlOutput<'_>) -> Cell<'a> {
    match value {
        ToSqlOutput::Borrowed(value) => cell(*value),
        ToSqlOutput::Owned(value) => cell(ValueRef::from(value)),
        _ => Cell::Null,
    }
}

/// A value as the log hashes it. The history has no real numbers: every table is strict.
pub(super) fn cell(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null | ValueRef::Real(_) => Cell::Null,
        ValueRef::Integer(number) => Cell::Whole(number),
        ValueRef::Text(text) => Cell::Text(text),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    }
}

fn triggers(number: usize, table: &Covered) -> String {
    let name = table.law.name;
    let columns = table.key.len();
    let note = |act, row| {
        let (key, values) = (table.key_of(row), table.values_of(row));
        format!("SELECT {FUNCTION}({number}, {act}, {columns}, {key}, {values})")
    };
    let (old, new) = (table.values_of("old."), table.values_of("new."));
    let on_added = if HANDED_OVER.iter().any(|table| usize::from(*table) == number) {
        String::new()
    } else {
        let added = note(ADDED, "new.");
        format!("CREATE TEMP TRIGGER evidence_{name}_added AFTER INSERT ON main.{name} BEGIN {added}; END;")
    };
    format!(
        "-- evidence.triggers
{on_added}
CREATE TEMP TRIGGER evidence_{name}_changed AFTER UPDATE ON main.{name} WHEN ({old}) IS NOT ({new})
BEGIN {before}; {after}; END;
CREATE TEMP TRIGGER evidence_{name}_gone AFTER DELETE ON main.{name} BEGIN {gone}; END;",
        before = note(BEFORE, "old."),
        after = note(AFTER, "new."),
        gone = note(GONE, "old."),
    )
}

#[cfg(test)]
mod tests {
    use super::super::covered::{EVENTS, OBJECTS};
    use super::*;
    use crate::store::{events, objects};

    #[test]
    fn a_row_is_noted_with_the_columns_that_it_is_stored_with() {
        for (number, statement) in [(OBJECTS, objects::ADD), (EVENTS, events::INSERT)] {
            let table = &COVERED[usize::from(number)];
            let (_, columns) =
                statement.split_once(&format!("INSERT INTO {} (", table.law.name)).expect("it adds rows");
            let (columns, _) = columns.split_once(')').expect("a list of columns");
            let columns: Vec<_> = columns.split(',').map(|column| format!("${}", column.trim())).collect();
            assert_eq!(table.columns, columns);
            assert!(table.settled.is_none() && table.key == ["$id"], "{}", table.law.name);
        }
    }
}
