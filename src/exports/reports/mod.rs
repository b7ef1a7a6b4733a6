//! Compliance reports: one value, [`Report`], and one file for each format that writes it.

mod asff;
mod check;
mod csv;
mod document;
mod evidence_log;
mod field;
mod file;
mod formats;
mod html;
mod json;
mod lives;
mod manifest;
mod measured;
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
pub use file::ReportFile;
pub use formats::{available, render, require};
pub use manifest::{MANIFEST, Manifest, ManifestFile, Subject};
pub use measured::{measured, sha256};
pub use names::{ORGANIZATION, name};
pub use pack::{PackError, Place, Written};
pub use summary::{ReportSummary, SummaryCoverage};

pub use report::{
    CallTotals, Changes, ControlResult, ControlStatus, Definition, EvidenceItem, ExceptionEntry, ExceptionState,
    IdentityUsed, Integrity, LifeGap, LifeMoment, LifeState, LifeStore, LifeSubject, LifeUse, LivesLeftOut,
    MOST_LIVES, Method, MomentKind, Movement, Population, PreviousReport, Proof, Report, ReportFinding, ReportPeriod,
    RoleLifetime, RoleLives, Scope, ScopeAccount, ScopeProfile, Tool, TrailCoverage, VerdictChange, VerdictRow,
};

/// Why a report cannot be written in a format: this build does not have it, or it cannot hold the report.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written as {format}: {reason}")]
pub struct FormatError {
    /// The format.
    pub format: &'static str,
    /// What stands against it, and what to do.
    pub reason: String,
}
