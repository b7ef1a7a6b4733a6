//! Reports that were written, so that the next one can name the one before it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::codec::{Json, Moment, millis, opt_millis};
use super::{Store, StoreError};

const NOTE: &str = "-- reports.note
INSERT INTO reports (report, scope, period_from, period_to, directory, manifest_sha256, formats, slot, written_at,
  checkpoint)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

pub(super) const PREVIOUS: &str = "-- reports.previous
SELECT report, scope, period_from, period_to, directory, manifest_sha256, formats, slot, written_at, checkpoint
FROM reports
WHERE scope = ?1 AND period_to <= ?2 ORDER BY period_to DESC, id DESC LIMIT 1";

const TIMES: &str = "-- reports.times
SELECT max(written_at), max(slot) FROM reports";

const FIRST_RUN: &str = "-- runs.first
SELECT min(started_at) FROM runs";

/// A report that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenReport {
    /// Its id.
    pub report: String,
    /// `organization`, or the id of the one account.
    pub scope: String,
    /// Begin of its period.
    pub from: Timestamp,
    /// End of its period, which it leaves out.
    pub to: Timestamp,
    /// Where it was written.
    pub directory: String,
    /// SHA-256 of its manifest, in hex.
    pub manifest_sha256: String,
    /// Its formats.
    pub formats: Vec<String>,
    /// The slot of the schedule that it serves; `None` where somebody asked for it.
    pub slot: Option<Timestamp>,
    /// When it was written.
    pub written_at: Timestamp,
    /// The checkpoint of the evidence log that it names.
    pub checkpoint: Option<String>,
}

/// When reports were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReportTimes {
    /// The last one.
    pub written: Option<Timestamp>,
    /// The newest slot of the schedule that has one.
    pub slot: Option<Timestamp>,
    /// When the history began: the first run.
    pub first_run: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<WrittenReport> {
    Ok(WrittenReport {
        report: row.get(0)?,
        scope: row.get(1)?,
        from: row.get::<_, Moment>(2)?.0,
        to: row.get::<_, Moment>(3)?.0,
        directory: row.get(4)?,
        manifest_sha256: row.get(5)?,
        formats: row.get::<_, Json<Vec<String>>>(6)?.0,
        slot: row.get::<_, Option<Moment>>(7)?.map(|moment| moment.0),
        written_at: row.get::<_, Moment>(8)?.0,
        checkpoint: row.get(9)?,
    })
}

impl Store {
    /// Notes that a report was written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_report(&self, report: &WrittenReport) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.prepare_cached(NOTE)?.execute(params![
                report.report,
                report.scope,
                millis(report.from),
                millis(report.to),
                report.directory,
                report.manifest_sha256,
                Json(&report.formats),
                opt_millis(report.slot),
                millis(report.written_at),
                report.checkpoint,
            ])?;
            Ok(())
        })
    }

    /// The newest report of a scope whose period had ended by `until`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn previous_report(&self, scope: &str, until: Timestamp) -> Result<Option<WrittenReport>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(PREVIOUS)?;
        Ok(statement.query_row(params![scope, millis(until)], read).optional()?)
    }

    /// When reports were written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn report_times(&self) -> Result<ReportTimes, StoreError> {
        let reader = self.reader()?;
        let moment = |row: &Row<'_>, column| Ok(row.get::<_, Option<Moment>>(column)?.map(|moment| moment.0));
        let (written, slot) =
            reader.prepare_cached(TIMES)?.query_row([], |row| Ok((moment(row, 0)?, moment(row, 1)?)))?;
        let first_run = reader.prepare_cached(FIRST_RUN)?.query_row([], |row| moment(row, 0))?;
        Ok(ReportTimes { written, slot, first_run })
    }
}
