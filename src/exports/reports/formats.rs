//! Every format that this build writes: one line each.

#[cfg(feature = "pdf")]
use super::pdf;
use super::{FormatError, Report, ReportFile, html, json};
use crate::config::ReportFormat;

/// Writes a report in a format.
///
/// # Errors
/// [`FormatError`] where the build does not have it, or the report does not fit it.
pub fn render(report: &Report, format: ReportFormat) -> Result<Vec<ReportFile>, FormatError> {
    match format {
        ReportFormat::Html => html::write(report),
        #[cfg(feature = "pdf")]
        ReportFormat::Pdf => pdf::write(report),
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
        ReportFormat::Html | ReportFormat::Json => Ok(()),
        #[cfg(feature = "pdf")]
        ReportFormat::Pdf => Ok(()),
        missing => Err(absent(missing)),
    }
}

fn absent(format: ReportFormat) -> FormatError {
    let reason = match format {
        ReportFormat::Pdf => "this program was built without it: print the HTML, or build with `--features pdf`",
        _ => "this build does not have that format",
    };
    FormatError { format: format.as_str(), reason: reason.to_owned() }
}
