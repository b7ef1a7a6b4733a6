//! JSON: the report as it is, every member of it.

use super::{FormatError, Report, ReportFile};

/// Writes the report as one JSON object.
///
/// # Errors
/// [`FormatError`] never in practice: a report is plain data.
pub fn write(report: &Report) -> Result<Vec<ReportFile>, FormatError> {
    let bytes = super::json_bytes("json", report)?;
    Ok(vec![ReportFile { name: report.file_name("report", "json"), media_type: "application/json", bytes }])
}
