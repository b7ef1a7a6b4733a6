//! Every format that this build writes: one line each.

use super::{FormatError, Report, ReportFile, asff, csv, json, ocsf, oscal, sarif};
use crate::config::ReportFormat;

/// How a report is written in a format.
type Write = fn(&Report) -> Result<Vec<ReportFile>, FormatError>;

/// What writes a format, where this build has it.
fn writer(format: ReportFormat) -> Option<Write> {
    match format {
        ReportFormat::Csv => Some(csv::write),
        ReportFormat::Json => Some(json::write),
        ReportFormat::Ocsf => Some(ocsf::write),
        ReportFormat::Asff => Some(asff::write),
        ReportFormat::Sarif => Some(sarif::write),
        ReportFormat::Oscal => Some(oscal::write),
        ReportFormat::Html | ReportFormat::Pdf => None,
    }
}

/// What the files of the formats hold and what they do not, by a part of their names.
pub(super) const ABOUT: [(&str, &str); 5] = [
    (".csv", csv::ABOUT),
    (".ocsf.", ocsf::ABOUT),
    (".asff.", asff::ABOUT),
    (".sarif", sarif::ABOUT),
    (".oscal.", oscal::ABOUT),
];

/// Writes a report in a format.
///
/// # Errors
/// [`FormatError`] where the build does not have it, or the report does not fit it.
pub fn render(report: &Report, format: ReportFormat) -> Result<Vec<ReportFile>, FormatError> {
    required(format)?(report)
}

/// Whether this build writes a format.
///
/// # Errors
/// [`FormatError`] that tells how to have it.
pub fn require(format: ReportFormat) -> Result<(), FormatError> {
    required(format).map(|_| ())
}

fn required(format: ReportFormat) -> Result<Write, FormatError> {
    let absent =
        || FormatError { format: format.as_str(), reason: "this build does not have that format".to_owned() };
    writer(format).ok_or_else(absent)
}
