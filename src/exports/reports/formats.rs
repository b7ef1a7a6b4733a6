//! Every format that this build writes: one line each.

#[cfg(feature = "pdf")]
use super::pdf;
use super::{FormatError, Report, ReportFile, asff, csv, html, json, ocsf, oscal, sarif};
use crate::config::ReportFormat;

/// What to do where a build leaves a format out; only documents can be left out.
const WITHOUT: &str =
    "this build is without it; build with `cargo build --release --features pdf`, or print the html format";

/// How a report is written in a format.
type Write = fn(&Report) -> Result<Vec<ReportFile>, FormatError>;

/// What writes a format, where this build has it.
#[cfg_attr(feature = "pdf", expect(clippy::unnecessary_wraps, reason = "a build without PDF lacks one"))]
fn writer(format: ReportFormat) -> Option<Write> {
    match format {
        ReportFormat::Html => Some(html::write),
        #[cfg(feature = "pdf")]
        ReportFormat::Pdf => Some(pdf::write),
        #[cfg(not(feature = "pdf"))]
        ReportFormat::Pdf => None,
        ReportFormat::Csv => Some(csv::write),
        ReportFormat::Json => Some(json::write),
        ReportFormat::Ocsf => Some(ocsf::write),
        ReportFormat::Asff => Some(asff::write),
        ReportFormat::Sarif => Some(sarif::write),
        ReportFormat::Oscal => Some(oscal::write),
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

/// Those of some formats that this build writes. What is left out is logged.
#[must_use]
pub fn available(formats: &[ReportFormat]) -> Vec<ReportFormat> {
    let (there, absent): (Vec<_>, Vec<_>) = formats.iter().copied().partition(|format| require(*format).is_ok());
    for format in absent {
        tracing::info!(format = format.as_str(), "left out: this build does not write it");
    }
    there
}

fn required(format: ReportFormat) -> Result<Write, FormatError> {
    writer(format).ok_or_else(|| FormatError { format: format.as_str(), reason: WITHOUT.to_owned() })
}
