//! What was written, in short: coverage first.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Movement, Report, ReportPeriod, Written};
use crate::model::{FindingStatus, Severity};

/// How much of what was to be read was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SummaryCoverage {
    /// Whether nothing that a verdict needs is missing.
    pub complete: bool,
    /// Accounts that had to be read.
    pub accounts_expected: u64,
    /// Accounts that were.
    pub accounts_complete: u64,
    /// Regions that had to be read.
    pub regions_expected: u64,
    /// Regions that were.
    pub regions_complete: u64,
    /// Places that are missing.
    pub gaps: u64,
}

/// What was written, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportSummary {
    /// Version of this shape.
    pub schema: u32,
    /// Id of the report.
    pub report: String,
    /// `organization`, or the one account.
    pub scope: String,
    /// The period.
    pub period: ReportPeriod,
    /// Coverage.
    pub coverage: SummaryCoverage,
    /// Verdicts at the end of the period that somebody asks for.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// Findings that are open at the end of the period, by severity.
    pub findings_open: BTreeMap<&'static str, u64>,
    /// Findings that exceptions cover then.
    pub findings_excepted: u64,
    /// Findings of the period by what became of them.
    pub movements: BTreeMap<&'static str, u64>,
    /// Where it is.
    pub directory: String,
    /// Its files.
    pub files: Vec<String>,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// The very same report was there already.
    pub unchanged: bool,
}

impl ReportSummary {
    /// The summary of a report that was written.
    #[must_use]
    pub fn of(report: &Report, written: &Written) -> Self {
        let population = &report.population;
        let statuses = |status| report.findings.iter().filter(move |finding| finding.finding.status == status);
        let mut findings_open: BTreeMap<_, _> = Severity::ALL.into_iter().map(|level| (level.as_str(), 0)).collect();
        for finding in statuses(FindingStatus::Open) {
            *findings_open.entry(finding.finding.severity.as_str()).or_default() += 1;
        }
        let all = [Movement::New, Movement::Continuing, Movement::Reopened, Movement::Resolved];
        let mut movements: BTreeMap<_, _> = all.into_iter().map(|movement| (movement.as_str(), 0)).collect();
        for finding in &report.findings {
            *movements.entry(finding.movement.as_str()).or_default() += 1;
        }
        let mut verdicts = BTreeMap::new();
        for row in report.verdicts.iter().filter(|row| !row.not_asked) {
            *verdicts.entry(row.verdict.verdict.as_str()).or_default() += 1;
        }
        Self {
            schema: 1,
            report: report.id.clone(),
            scope: report.scope.name.clone(),
            period: report.period,
            coverage: SummaryCoverage {
                complete: population.complete,
                accounts_expected: population.accounts_expected,
                accounts_complete: population.accounts_complete,
                regions_expected: population.regions_expected,
                regions_complete: population.regions_complete,
                gaps: population.gaps.len() as u64,
            },
            verdicts,
            findings_open,
            findings_excepted: statuses(FindingStatus::Excepted).count() as u64,
            movements,
            directory: written.path.display().to_string(),
            files: written.files.clone(),
            manifest_sha256: written.manifest_sha256.clone(),
            unchanged: written.unchanged,
        }
    }
}
