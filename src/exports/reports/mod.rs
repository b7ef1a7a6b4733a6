//! Compliance reports: one value, [`Report`], and one file for each format that writes it.

mod asff;
mod check;
mod csv;
mod document;
mod evidence_log;
mod field;
mod formats;
#[cfg(test)]
mod hostile;
mod html;
mod json;
mod lives;
mod manifest;
mod names;
mod ocsf;
mod oscal;
mod pack;
#[cfg(feature = "pdf")]
mod pdf;
mod report;
#[cfg(test)]
mod sample;
mod sarif;
mod summary;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tools;

pub use check::{FileCheck, FileState, PackCheck, check};
pub use evidence_log::EvidenceLog;
pub use formats::{available, render, require};
pub use manifest::{MANIFEST, Manifest, ManifestFile, Subject, sha256};
pub use names::{ORGANIZATION, name};
pub use pack::{PackError, Place, Written};
pub use summary::{ReportSummary, SummaryCoverage};

pub use report::{
    CallTotals, Changes, ControlResult, ControlStatus, Definition, EvidenceItem, ExceptionEntry, ExceptionState,
    IdentityUsed, Integrity, LifeGap, LifeMoment, LifeState, LifeStore, LifeSubject, LifeUse, LivesLeftOut,
    MOST_LIVES, Method, MomentKind, Movement, Population, PreviousReport, Proof, Report, ReportFinding, ReportPeriod,
    RoleLifetime, RoleLives, Scope, ScopeAccount, ScopeProfile, Tool, TrailCoverage, VerdictChange, VerdictRow,
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

/// A document as JSON, indented, with a line feed at its end.
fn json_bytes<T: serde::Serialize>(format: &'static str, document: &T) -> Result<Vec<u8>, FormatError> {
    let mut bytes = serde_json::to_vec_pretty(document)
        .map_err(|error| FormatError { format, reason: format!("{error}; this is a bug, please report it") })?;
    bytes.push(b'\n');
    Ok(bytes)
}
