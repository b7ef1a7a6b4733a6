//! The report as PDF: the same document as the HTML, laid out for paper.
//!
//! The file holds its fonts, names its structure for those who have it read to them, and says nothing of when it was
//! written: the same report gives the same bytes.

mod blocks;
mod drawing;
mod emit;
mod faces;
mod flow;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod wrap;

use super::document::{self, Limits};
use super::{FormatError, Report, ReportFile};
use faces::Faces;
use flow::Flow;

/// Findings that the list of a PDF has: some hundred and fifty pages. Nobody reads more on paper.
const LISTED: usize = 5_000;

/// The report as PDF.
pub(super) fn write(report: &Report) -> Result<Vec<ReportFile<'_>>, FormatError> {
    let failed = |reason: String| FormatError { format: "pdf", reason };
    let faces =
        Faces::load().ok_or_else(|| failed("the fonts in this program are damaged: build it again".to_owned()))?;
    let document = document::of(report, Limits { findings: LISTED });
    let (title, id, name) = (document.title.to_owned(), document.id.to_owned(), document.name.clone());
    let mut flow = Flow::new(&faces);
    blocks::document(&mut flow, document);
    let bytes = emit::file(flow, &emit::Running { title, id, name }).map_err(failed)?;
    let name = report.file_name("report", "pdf");
    Ok(vec![ReportFile::new(name, "application/pdf", move |out| out.write_all(&bytes))])
}
