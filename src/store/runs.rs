//! Runs: what the program did, and when.

use jiff::Timestamp;
use rusqlite::params;

use super::codec::{Json, millis};
use super::{RunId, Store, StoreError};
use crate::model::{RunKind, SourceSummary};

const BEGIN: &str = "-- runs.begin
INSERT INTO runs (kind, started_at) VALUES (?1, ?2)";

const FINISH: &str = "-- runs.finish
UPDATE runs SET finished_at = ?2, complete = ?3, summary = ?4 WHERE id = ?1";

impl Store {
    /// Begins a run.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_run(&self, kind: RunKind, started_at: Timestamp) -> Result<RunId, StoreError> {
        self.write(|transaction| {
            transaction.prepare_cached(BEGIN)?.execute(params![kind, millis(started_at)])?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// Ends a run.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finish_run(
        &self,
        run: RunId,
        finished_at: Timestamp,
        complete: bool,
        summary: &SourceSummary,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(FINISH)?;
            statement.execute(params![run.0, millis(finished_at), complete, Json(summary)])?;
            Ok(())
        })
    }
}
