//! Runs: what the program did, and when.

use jiff::Timestamp;
use rusqlite::params;

use super::codec::{Json, millis};
use super::evidence::Log;
use super::{RunId, Store, StoreError};
use crate::evidence::{Occasion, RunRecord, What};
use crate::model::{RunKind, SourceSummary};

const BEGIN: &str = "-- runs.begin
INSERT INTO runs (kind, started_at) VALUES (?1, ?2)";

const FINISH: &str = "-- runs.finish
UPDATE runs SET finished_at = ?2, complete = ?3, summary = ?4 WHERE id = ?1";

const BEGUN: &str = "-- runs.begun
SELECT kind, started_at FROM runs WHERE id = ?1";

impl Store {
    /// Begins a run.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_run(&self, kind: RunKind, started_at: Timestamp) -> Result<RunId, StoreError> {
        let started_at = millis(started_at);
        self.write_about(|transaction| {
            transaction.prepare_cached(BEGIN)?.execute(params![kind, started_at])?;
            let run = RunId(transaction.last_insert_rowid());
            let record = begun(run, kind.as_str().to_owned(), started_at);
            Ok((run, Occasion { run: Some(record), ..Occasion::of(What::RunBegan) }))
        })
    }

    /// Ends a run, with a checkpoint of the evidence log.
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
        let finished_at = millis(finished_at);
        self.write_about(|transaction| {
            let mut statement = transaction.prepare_cached(FINISH)?;
            statement.execute(params![run.0, finished_at, complete, Json(summary)])?;
            let mut statement = transaction.prepare_cached(BEGUN)?;
            let record = statement.query_row([run.0], |row| Ok(begun(run, row.get(0)?, row.get(1)?)))?;
            let record = RunRecord {
                complete: Some(complete),
                finished_at: Some(finished_at),
                summary: Some(*summary),
                ..record
            };
            let origin = Some(Log::origin(&self.shared.signer));
            Ok(((), Occasion { what: What::RunFinished, run: Some(record), origin }))
        })
    }
}

fn begun(run: RunId, kind: String, started_at: i64) -> RunRecord {
    RunRecord { complete: None, finished_at: None, id: run.0, kind, started_at, summary: None }
}
