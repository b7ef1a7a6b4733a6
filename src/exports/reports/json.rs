//! JSON: the report as it is, every member of it.

use super::file::json;
use super::{Report, ReportFile};

/// Writes the report as one JSON object.
pub(super) fn write(report: &Report) -> Vec<ReportFile<'_>> {
    let name = report.file_name("report", "json");
    vec![ReportFile::new(name, "application/json", move |out| json(out, report))]
}
