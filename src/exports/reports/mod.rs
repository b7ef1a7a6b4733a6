//! Compliance reports: one value, [`Report`], and one file for each format that writes it.

mod report;
#[cfg(test)]
mod sample;

pub use report::{
    CallTotals, Changes, ControlResult, ControlStatus, Definition, EvidenceItem, ExceptionEntry, ExceptionState,
    IdentityUsed, Integrity, Method, Movement, Population, PreviousReport, Proof, Report, ReportFinding,
    ReportPeriod, Scope, ScopeAccount, ScopeProfile, Tool, TrailCoverage, VerdictChange, VerdictRow,
};

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
