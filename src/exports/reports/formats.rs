//! Every format that this build writes: one line each.

use super::{FormatError, Report, ReportFile, json};
use crate::config::ReportFormat;

/// Writes a report in a format.
///
/// # Errors
/// [`FormatError`] where the build does not have it, or the report does not fit it.
pub fn render(report: &Report, format: ReportFormat) -> Result<Vec<ReportFile>, FormatError> {
    match format {
        ReportFormat::Json => json::write(report),
        missing => Err(absent(missing)),
    }
}

/// Whether this build writes a format.
///
/// # Errors
/// [`FormatError`] that tells how to have it.
pub fn require(format: ReportFormat) -> Result<(), FormatError> {
    match format {
        ReportFormat::Json => Ok(()),
        missing => Err(absent(missing)),
    }
}

fn absent(format: ReportFormat) -> FormatError {
    FormatError { format: format.as_str(), reason: "this build does not have that format".to_owned() }
}
