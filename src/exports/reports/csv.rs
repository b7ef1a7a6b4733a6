//! CSV: one file for each list of the report. The lists of a finding are words in one cell.

use std::io;

use jiff::Timestamp;
use serde_json::Value;

use super::field::coverage;
use super::{ControlResult, EvidenceItem, ExceptionEntry, Report, ReportFile, ReportFinding, VerdictRow};
use crate::exports::csv::CsvWriter;
use crate::exports::json::FindingExceptionJson;
use crate::model::EventOutcome;

const MEDIA_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// A column: its title, and how its cell is found.
type Column<T> = (&'static str, fn(&T) -> Value);

/// What the files hold and what they do not.
pub(super) const ABOUT: &str = "CSV: a table for each list of the report (RFC 4180, UTF-8). A text that a spreadsheet would \
    take for a formula has an apostrophe before it. Read the table of coverage first: an empty table is no all-clear.";

/// Writes the report's lists.
pub(super) fn write(report: &Report) -> Vec<ReportFile<'_>> {
    vec![
        file(report, "coverage", COVERAGE, move |write| coverage_rows(report).iter().try_for_each(write)),
        file(report, "verdicts", VERDICTS, move |write| report.verdicts.iter().try_for_each(write)),
        file(report, "findings", FINDINGS, move |write| report.findings.iter().try_for_each(write)),
        file(report, "controls", CONTROLS, move |write| report.controls.iter().try_for_each(write)),
        file(report, "exceptions", EXCEPTIONS, move |write| report.exceptions.iter().try_for_each(write)),
        file(report, "evidence", EVIDENCE, move |write| report.evidence.iter().try_for_each(write)),
    ]
}

/// A file with a row for everything that `each` hands over.
fn file<'a, T>(
    report: &Report,
    what: &str,
    columns: &'static [Column<T>],
    each: impl Fn(&mut dyn FnMut(&T) -> io::Result<()>) -> io::Result<()> + 'a,
) -> ReportFile<'a> {
    ReportFile::new(report.file_name(what, "csv"), MEDIA_TYPE, move |out| {
        let mut writer = CsvWriter::with_columns(out, columns.iter().map(|(title, _)| *title))?;
        each(&mut |row| {
            let cells: Vec<_> = columns.iter().map(|(_, cell)| cell(row)).collect();
            writer.cells(&cells)
        })?;
        writer.finish()
    })
}

/// Texts in one cell, each after a space.
fn words<T: AsRef<str>>(texts: &[T]) -> Value {
    texts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ").into()
}

fn time(time: Timestamp) -> Value {
    time.to_string().into()
}

fn exception(found: &ReportFinding, part: fn(&FindingExceptionJson) -> &str) -> Value {
    found.finding.exception.as_deref().map(part).into()
}

const FINDINGS: &[Column<ReportFinding>] = &[
    ("id", |found| found.finding.id.as_ref().into()),
    ("severity", |found| found.finding.severity.as_str().into()),
    ("status", |found| found.finding.status.as_str().into()),
    ("movement", |found| found.movement.as_str().into()),
    ("rule", |found| found.finding.rule.as_ref().into()),
    ("title", |found| found.title.as_ref().into()),
    ("provider", |found| found.finding.provider.as_str().into()),
    ("account", |found| found.finding.account.as_ref().into()),
    ("region", |found| found.finding.region.as_deref().into()),
    ("profile", |found| found.finding.profile.as_deref().into()),
    ("role", |found| found.finding.role.as_deref().into()),
    ("store", |found| found.finding.store.as_deref().into()),
    ("actor", |found| found.finding.actor.as_deref().into()),
    ("outcome", |found| found.finding.outcome.map(EventOutcome::as_str).into()),
    ("basis", |found| found.finding.basis.as_str().into()),
    ("summary", |found| found.finding.summary.as_ref().into()),
    ("matters", |found| found.matters.as_ref().into()),
    ("first_seen", |found| time(found.finding.first_seen)),
    ("last_seen", |found| time(found.finding.last_seen)),
    ("count", |found| found.finding.count.into()),
    ("age_days", |found| found.age_days.into()),
    ("stale", |found| found.finding.stale.into()),
    ("opened_at", |found| time(found.finding.opened_at)),
    ("found_after_period", |found| found.found_after_period.into()),
    ("resolved_at", |found| found.finding.resolved_at.map(time).into()),
    ("resolved_because", |found| found.finding.resolved_because.as_deref().into()),
    ("resolved_later", |found| found.resolved_later.map(time).into()),
    ("fix_who", |found| found.finding.fix.who.as_str().into()),
    ("fix_how", |found| found.finding.fix.how.as_ref().into()),
    ("clears_when", |found| found.finding.clears_when.as_ref().into()),
    ("exception", |found| exception(found, |exception| &exception.id)),
    ("exception_owner", |found| exception(found, |exception| &exception.owner)),
    ("exception_ticket", |found| exception(found, |exception| &exception.ticket)),
    ("exception_expires", |found| found.finding.exception.as_ref().map(|exception| time(exception.expires)).into()),
    ("controls", |found| {
        let names: Vec<_> = found.finding.controls.iter().map(super::field::control_name).collect();
        names.join("; ").into()
    }),
    ("events", |found| words(&found.finding.events)),
];

const VERDICTS: &[Column<VerdictRow>] = &[
    ("provider", |row| row.verdict.provider.as_str().into()),
    ("account", |row| row.verdict.account.as_str().into()),
    ("profile", |row| row.verdict.profile.as_str().into()),
    ("verdict", |row| row.verdict.verdict.as_str().into()),
    ("verdict_at_start", |row| row.at_start.as_deref().into()),
    ("basis", |row| row.verdict.basis.as_str().into()),
    ("role", |row| row.verdict.role.as_str().into()),
    ("stores_needing_role", |row| row.verdict.stores.needing_role.into()),
    ("regions_expected", |row| row.verdict.coverage.regions_expected.into()),
    ("regions_complete", |row| row.verdict.coverage.regions_complete.into()),
    ("missing", |row| {
        let missing = row.verdict.coverage.missing.iter();
        let each = missing.map(|gap| {
            let place = gap.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
            format!("{}{place}: {} {}", gap.api, gap.outcome, gap.detail)
        });
        each.collect::<Vec<_>>().join("; ").into()
    }),
    ("assumptions", |row| row.verdict.assumptions.total.into()),
    ("assumptions_by_trusted", |row| row.verdict.assumptions.by_trusted.into()),
    ("read_after_period", |row| row.read_after_period.into()),
    ("not_asked", |row| row.not_asked.into()),
];

const CONTROLS: &[Column<ControlResult>] = &[
    ("framework", |control| control.framework.as_str().into()),
    ("id", |control| control.id.as_str().into()),
    ("result", |control| control.status.as_str().into()),
    ("supports", |control| control.supports.as_str().into()),
    ("rules", |control| words(&control.rules)),
    ("open", |control| words(&control.open)),
    ("excepted", |control| words(&control.excepted)),
    ("resolved", |control| words(&control.resolved)),
];

const EXCEPTIONS: &[Column<ExceptionEntry>] = &[
    ("id", |entry| entry.id.as_str().into()),
    ("state", |entry| entry.state.as_str().into()),
    ("scope", |entry| {
        let parts: Vec<_> = entry.scope.iter().map(|(part, pattern)| format!("{part}={pattern}")).collect();
        parts.join("; ").into()
    }),
    ("owner", |entry| entry.owner.as_str().into()),
    ("reason", |entry| entry.reason.as_str().into()),
    ("ticket", |entry| entry.ticket.as_str().into()),
    ("approver", |entry| entry.approver.as_deref().into()),
    ("compensating_control", |entry| entry.compensating_control.as_deref().into()),
    ("created", |entry| entry.created.map(time).into()),
    ("expires", |entry| time(entry.expires)),
    ("covers", |entry| words(&entry.covers)),
];

const EVIDENCE: &[Column<EvidenceItem>] = &[
    ("kind", |item| item.kind.as_ref().into()),
    ("id", |item| item.id.as_str().into()),
    ("time", |item| time(item.time)),
    ("provider", |item| item.provider.as_str().into()),
    ("account", |item| item.account.as_ref().into()),
    ("source", |item| item.source.as_ref().into()),
    ("sha256", |item| item.sha256.as_str().into()),
    ("found_sha256", |item| item.found_sha256.as_deref().into()),
    ("findings", |item| words(&item.findings)),
];

/// A row about coverage: the population as a whole, a span that no trail covers, or a gap.
#[derive(Default)]
struct CoverageRow {
    kind: &'static str,
    provider: Option<&'static str>,
    account: Option<String>,
    region: Option<String>,
    api: Option<String>,
    subject: Option<String>,
    outcome: &'static str,
    detail: String,
    from: String,
    to: String,
}

const COVERAGE: &[Column<CoverageRow>] = &[
    ("kind", |row| row.kind.into()),
    ("provider", |row| row.provider.into()),
    ("account", |row| row.account.as_deref().into()),
    ("region", |row| row.region.as_deref().into()),
    ("api", |row| row.api.as_deref().into()),
    ("subject", |row| row.subject.as_deref().into()),
    ("outcome", |row| row.outcome.into()),
    ("detail", |row| row.detail.as_str().into()),
    ("from", |row| row.from.as_str().into()),
    ("to", |row| row.to.as_str().into()),
];

fn coverage_rows(report: &Report) -> Vec<CoverageRow> {
    let period = &report.period;
    let mut rows = vec![CoverageRow {
        kind: "population",
        outcome: if report.population.complete { "complete" } else { "partial" },
        detail: coverage(report),
        from: period.from.to_string(),
        to: period.to.to_string(),
        ..CoverageRow::default()
    }];
    for trail in &report.population.trails {
        rows.extend(trail.uncovered.iter().map(|span| CoverageRow {
            kind: "uncovered",
            provider: Some(trail.provider.as_str()),
            account: Some(trail.account.clone()),
            api: Some(trail.source.clone()),
            outcome: trail.outcome.as_str(),
            detail: format!(
                "{} of {} seconds of the period are covered",
                trail.covered_seconds, trail.period_seconds
            ),
            from: span.from.to_string(),
            to: span.to.to_string(),
            ..CoverageRow::default()
        }));
    }
    rows.extend(report.population.gaps.iter().map(|gap| CoverageRow {
        kind: "gap",
        provider: Some(gap.provider.as_str()),
        account: gap.account.clone(),
        region: gap.region.clone(),
        api: Some(gap.api.clone()),
        subject: gap.subject.clone(),
        outcome: gap.outcome.as_str(),
        detail: gap.detail.clone(),
        from: gap.from.to_string(),
        to: gap.to.to_string(),
    }));
    rows
}
