//! Writing a report: gathered, brought into its formats, put into its place.

use std::path::Path;

use jiff::Timestamp;

use super::{Gathered, JobContext, JobError, ReportRequest, gather};
use crate::config::ReportFormat;
use crate::exports::reports::{self, FormatError, PackError, Place, Report, Subject, Written};
use crate::store::{Store, StoreError, WrittenReport};

/// A report that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// The report.
    pub report: Report,
    /// Where it is.
    pub written: Written,
    /// Its formats.
    pub formats: Vec<ReportFormat>,
}

/// Why no report was written. The one that was there before stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The history cannot be read.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The place cannot be written.
    #[error(transparent)]
    Place(#[from] PackError),
    /// The report does not fit a format.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// Writes a report below `directory`; `None` where the work was stopped before its end. The place is tried first: nobody
/// waits for a report that cannot be written.
///
/// # Errors
/// [`ReportError`]; nothing is left of it then.
pub fn write_report(
    context: &JobContext,
    request: &ReportRequest,
    formats: &[ReportFormat],
    directory: &Path,
) -> Result<Option<Reported>, ReportError> {
    for format in formats {
        reports::require(*format)?;
    }
    let place = Place::open(directory, &reports::name("report", request.scope(), request.period))?;
    let Some(Gathered { report, parameters }) = gather(context, request)? else { return Ok(None) };
    let mut files = parameters;
    for format in formats {
        files.extend(reports::render(&report, *format)?);
    }
    let written = place.write(Subject::of(&report), files)?;
    Ok(Some(Reported { report, written, formats: formats.to_vec() }))
}

/// Notes a written report in the history: the next one names it as the one before.
///
/// # Errors
/// [`StoreError`].
pub fn note_report(
    store: &Store,
    reported: &Reported,
    slot: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    store.note_report(&WrittenReport {
        report: reported.report.id.clone(),
        scope: reported.report.scope.name.clone(),
        from: reported.report.period.from,
        to: reported.report.period.to,
        directory: reported.written.path.display().to_string(),
        manifest_sha256: reported.written.manifest_sha256.clone(),
        formats: reported.formats.iter().map(|format| format.as_str().to_owned()).collect(),
        slot,
        written_at: now,
        checkpoint: reported.report.integrity.evidence_log.as_ref().map(|log| log.checkpoint.clone()),
    })
}
