//! The risk that each finding is: open, closed, or accepted until its exception ends.

use super::Facts;
use super::observations::properties;
use super::shape::{
    Characterization, Facet, LogEntry, MitigatingFactor, RelatedObservation, Remediation, Risk, RiskLog,
};
use super::text::{line, markup};
use super::uuid::Uuids;
use crate::exports::json::ChangeJson;
use crate::exports::reports::field::Moment;
use crate::exports::reports::{ExceptionEntry, ReportFinding};
use crate::model::{FindingChange, FindingStatus};

/// One for each finding.
pub(super) fn all<'a>(facts: &'a Facts<'a>) -> impl Iterator<Item = Risk> + 'a {
    facts.report.findings.iter().map(|found| risk(facts, found))
}

fn risk(facts: &Facts<'_>, found: &ReportFinding) -> Risk {
    let Facts { report, uuids, made, .. } = facts;
    let uuids = *uuids;
    let finding = &found.finding;
    let exception = finding.exception.as_ref();
    let entry = exception.and_then(|accepted| report.exceptions.iter().find(|entry| entry.id == accepted.id));
    let observed = [uuids.of("finding", &finding.id)].into_iter();
    let observed = observed.chain(entry.map(|entry| uuids.of("exception", &entry.id)));
    Risk {
        uuid: uuids.of("risk", &finding.id),
        title: line(&found.title),
        description: markup(&finding.summary),
        statement: markup(&found.matters),
        props: properties(found),
        status: status(finding.status),
        characterizations: [Characterization {
            origin: made.origin(),
            facets: [Facet::severity(finding.severity.as_str())],
        }],
        mitigating_factors: entry.and_then(|entry| mitigation(found, entry, uuids)).into_iter().collect(),
        deadline: exception.map(|accepted| Moment::from(accepted.expires).to_string()),
        remediations: [Remediation {
            uuid: uuids.of("remediation", &finding.id),
            lifecycle: "recommendation",
            title: line(&format!("Next step of the {}", finding.fix.who.as_str())),
            description: markup(&finding.fix.how),
        }],
        risk_log: log(found, uuids),
        related_observations: observed.map(|observation_uuid| RelatedObservation { observation_uuid }).collect(),
    }
}

fn status(status: FindingStatus) -> &'static str {
    match status {
        FindingStatus::Open => "open",
        FindingStatus::Excepted => "deviation-approved",
        FindingStatus::Resolved => "closed",
    }
}

/// What stands in for the control while the finding is accepted.
fn mitigation(found: &ReportFinding, entry: &ExceptionEntry, uuids: Uuids<'_>) -> Option<MitigatingFactor> {
    let description = markup(entry.compensating_control.as_deref()?);
    Some(MitigatingFactor { uuid: uuids.of("mitigation", &found.finding.id), description })
}

/// The life of the finding.
fn log(found: &ReportFinding, uuids: Uuids<'_>) -> Option<RiskLog> {
    let entries = found.life.iter().enumerate().map(|(number, change)| LogEntry {
        uuid: uuids.of("risk-log", &format!("{} {number}", found.finding.id)),
        title: change.change.name().to_owned(),
        description: because(change).map(markup),
        start: Moment::from(change.at).to_string(),
        end: None,
    });
    let entries: Vec<_> = entries.collect();
    (!entries.is_empty()).then_some(RiskLog { entries })
}

fn because(change: &ChangeJson) -> Option<&str> {
    match &change.change {
        FindingChange::BecameStale { because } | FindingChange::Resolved { because } => Some(because),
        FindingChange::Opened | FindingChange::SeenAgain | FindingChange::Reopened => None,
    }
}
