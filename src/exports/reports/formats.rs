//! Every format that this build writes: one line each.

use super::{FormatError, Report, ReportFile, asff, csv, ocsf, oscal, sarif};
use crate::config::ReportFormat;

/// Writes a report in a format.
///
/// # Errors
/// [`FormatError`] where the build does not have it, or the report does not fit it.
pub fn render(report: &Report, format: ReportFormat) -> Result<Vec<ReportFile>, FormatError> {
    match format {
        ReportFormat::Csv => csv::write(report),
        ReportFormat::Ocsf => ocsf::write(report),
        ReportFormat::Asff => asff::write(report),
        ReportFormat::Sarif => sarif::write(report),
        ReportFormat::Oscal => oscal::write(report),
        ReportFormat::Html | ReportFormat::Pdf | ReportFormat::Json => {
            Err(FormatError { format: "this", reason: "this build does not have that format".to_owned() })
        }
    }
}
