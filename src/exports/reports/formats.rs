//! Every format that this build writes: one line each.

#[cfg(feature = "pdf")]
use super::pdf;
use super::{FormatError, Report, ReportFile, asff, csv, html, json, ocsf, oscal, sarif};
use crate::config::ReportFormat;

/// What to do where a build leaves a format out; only documents can be left out.
const WITHOUT: &str =
    "this build is without it; build with `cargo build --release --features pdf`, or print the html format";

/// What the files of the formats hold and what they do not, by a part of their names.
pub(super) const ABOUT: [(&str, &str); 5] = [
    (".csv", csv::ABOUT),
    (".ocsf.", ocsf::ABOUT),
    (".asff.", asff::ABOUT),
    (".sarif", sarif::ABOUT),
    (".oscal.", oscal::ABOUT),
];

/// The files of a report in a format.
///
/// # Errors
/// [`FormatError`] where the build does not have it, or the report does not fit it.
pub fn render(report: &Report, format: ReportFormat) -> Result<Vec<ReportFile<'_>>, FormatError> {
    Ok(match format {
        ReportFormat::Html => html::write(report),
        #[cfg(feature = "pdf")]
        ReportFormat::Pdf => pdf::write(report)?,
        #[cfg(not(feature = "pdf"))]
        ReportFormat::Pdf => return require(format).map(|()| Vec::new()),
        ReportFormat::Csv => csv::write(report),
        ReportFormat::Json => json::write(report),
        ReportFormat::Ocsf => ocsf::write(report),
        ReportFormat::Asff => asff::write(report),
        ReportFormat::Sarif => sarif::write(report),
        ReportFormat::Oscal => oscal::write(report),
    })
}

/// Whether this build writes a format.
///
/// # Errors
/// [`FormatError`] that tells how to have it.
pub fn require(format: ReportFormat) -> Result<(), FormatError> {
    if format == ReportFormat::Pdf && !cfg!(feature = "pdf") {
        return Err(FormatError { format: format.as_str(), reason: WITHOUT.to_owned() });
    }
    Ok(())
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
