//! The report of the schedule.

use super::jobs::{self, JobContext, ReportError, ReportRequest};
use super::run::Run;
use crate::exports::reports::{self, ReportPeriod};

/// Writes the report that a slot asks for: about the part of the calendar that was over then, however late it is.
///
/// # Errors
/// [`ReportError`]; the report before it stays as it was.
pub(super) fn report(context: &JobContext, run: &Run) -> Result<(), ReportError> {
    let settings = &context.settings.reports;
    let Some((from, to)) = settings.period.before(run.slot) else { return Ok(()) };
    let request = ReportRequest { period: ReportPeriod { from, to }, account: None, all_evidence: false };
    let formats = reports::available(&settings.formats);
    let Some(reported) = jobs::write_report(context, &request, &formats, &settings.directory)? else {
        // Stopped before its end: the slot is not noted, so that the next start makes up for it.
        return Ok(());
    };
    jobs::note_report(&context.store, &reported, Some(run.slot), context.now()).map_err(jobs::JobError::from)?;
    tracing::info!(
        path = %reported.written.path.display(),
        report = reported.report.id,
        manifest_sha256 = reported.written.manifest_sha256,
        complete = reported.report.population.complete,
        unchanged = reported.written.unchanged,
        "report written"
    );
    Ok(())
}
