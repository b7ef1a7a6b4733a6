//! Compliance reports: one value, [`Report`], and one file for each format that writes it.

mod document;
mod html;
#[cfg(feature = "pdf")]
mod pdf;
mod report;
#[cfg(test)]
mod sample;

pub use report::{
    CallTotals, Changes, ControlResult, ControlStatus, Definition, EvidenceItem, ExceptionEntry, ExceptionState,
    IdentityUsed, Integrity, Method, Movement, Population, PreviousReport, Proof, Report, ReportFinding,
    ReportPeriod, Scope, ScopeAccount, ScopeProfile, Tool, TrailCoverage, VerdictChange, VerdictRow,
};

use crate::exports::html::day;

/// A file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Its name, without a directory.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why a report cannot be written in a format: a bug of ours, or something that the format cannot hold.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written as {format}: {reason}")]
pub struct FormatError {
    /// The format.
    pub format: &'static str,
    /// What stands against it, and what to do.
    pub reason: String,
}

/// The name of a file of the report: what is in it, whose, and for which period. Nothing of it is text from a log: the
/// scope is `organization` or an account's id, and reduced to letters, digits and dashes.
fn file_name(report: &Report, what: &str, extension: &str) -> String {
    let scope: String = report.scope.name.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let scope = if scope == "organization" || scope.is_empty() { "org" } else { &scope };
    let (from, to) = (report.period.from, report.period.to);
    format!("roletrail-{what}-{scope}-{}_{}.{extension}", day(from), day(to))
}
