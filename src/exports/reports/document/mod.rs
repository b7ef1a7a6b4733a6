//! A report as a document for people: sections with paragraphs, tables and pictures, before it is HTML or PDF, so that
//! both say the same in the same order.

mod charts;
mod controls;
mod findings;
mod history;
mod lives;
mod method;
mod picture;
mod pieces;
mod population;
mod scope;
mod signing;
mod summary;
#[cfg(test)]
pub(super) mod tests;

#[cfg(feature = "pdf")]
pub(super) use picture::Ink;
pub(super) use picture::{Align, Picture, Shape};
#[cfg(feature = "pdf")]
pub(super) use pieces::Column;
pub(super) use pieces::{Badge, Block, Document, Field, Kind, Line, Piece, SENTENCE, Section, Table, Tone};

use super::Report;
use crate::exports::html::{day, minute, number};

/// Rows of any table but the list of findings. Thousands of accounts make tables that nobody reads on paper; the
/// machine-readable formats hold every row.
const LISTED: usize = 2_000;

/// Findings that are told in full. The others are in the list, and in full in the machine-readable formats.
const DETAILED: usize = 500;

/// How much of a report a document lists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Findings in the list of all of them.
    pub findings: usize,
}

/// The document of a report.
pub(super) fn of(report: &Report, limits: Limits) -> Document<'_> {
    let mut sections = vec![
        summary::section(report),
        scope::section(report),
        method::section(report),
        population::section(report),
        population::integrity(report),
        controls::section(report),
        findings::section(report, limits.findings),
        history::exceptions(report),
        history::changes(report),
        signing::sign_off(),
        signing::evidence(report),
        signing::verification(report),
    ];
    for (place, section) in sections.iter_mut().enumerate() {
        section.number_from(&(place + 1).to_string());
    }
    let name = format!("Compliance report {} ({} to {})", report.id, day(report.period.from), day(report.period.to));
    Document { title: &report.title, name, id: &report.id, facts: front(report), sections }
}

/// What stands below the title.
fn front(report: &Report) -> Vec<(&'static str, Line<'_>)> {
    let period = &report.period;
    vec![
        ("Report", vec![Piece::code(&report.id)]),
        ("Period", vec![Piece::text(format!("{} to {}, end excluded", minute(period.from), minute(period.to)))]),
        ("Data as of", vec![Piece::text(minute(report.data_as_of))]),
        ("Scope", vec![Piece::foreign(&report.scope.name)]),
        ("Made by", vec![Piece::text(format!("{} {}", report.tool.name, report.tool.version))]),
    ]
}

/// A sentence on the rows that a table leaves out; nothing where it has them all.
fn left_out(rows: usize, listed: usize, what: &str) -> Option<Line<'static>> {
    let left = rows.checked_sub(listed).filter(|left| 0 < *left)?;
    Some(vec![Piece::text(format!(
        "{} more {what} are not listed here: every one of them is in the report's JSON and CSV files (--format json,csv).",
        number(left as u64)
    ))])
}

/// A count with its noun.
fn counted(count: u64, noun: &str) -> String {
    crate::exports::html::counted(count, noun)
}
