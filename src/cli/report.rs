//! `report`: a compliance report of a period.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};

use super::collect::judged;
use super::output::{AnyFormat, Output};
use super::text::one_line;
use super::time::moment;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::config::{Loaded, ReportFormat, ReportSpan};
use crate::daemon::jobs::{ReportError, ReportRequest, Reported, note_report, write_report};
use crate::exports::reports::{self, Report, ReportPeriod, ReportSummary};
use crate::model::{FindingStatus, Severity};
use crate::store::{Access, StoreError};

/// Days of a report where nobody names a period.
const DEFAULT_DAYS: i64 = 30;

/// Gaps that the summary for people lists; all of them are in the report.
const GAPS_SHOWN: usize = 10;

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub struct ReportArgs {
    /// Begin of the period [default: midnight UTC 30 days before its end]
    #[arg(long, value_name = "TIME", conflicts_with = "period")]
    from: Option<String>,
    /// End of the period, which it leaves out [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "period")]
    to: Option<String>,
    /// A part of the calendar, in UTC: last-day, last-week, last-month, last-quarter or last-year
    #[arg(long, value_name = "NAME", value_parser = period(), hide_possible_values = true)]
    period: Option<ReportSpan>,
    /// Only this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Formats, with commas between: html, pdf, csv, json, ocsf, asff, sarif, oscal [default: those of [reports]]
    // It takes the place of the option of every command, which has the same id: another list of formats.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = report_format(),
        hide_possible_values = true
    )]
    format: Vec<AnyFormat>,
    /// Directory in which the report gets one of its own [default: that of [reports], `reports`]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Tell and index every event of a finding, not only the newest 20
    #[arg(long)]
    all_evidence: bool,
    /// End with exit code 1 when a finding at or above this severity is open at the end of the period
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
}

const NOTES: &str = "\
The report depends on the history, the configuration and the period alone: the same gives the same
bytes, whenever it is made. It goes into a directory of its own, written completely or not at all; one
of the same name is replaced when the new one is complete.

Exit codes: 0 written · 1 written, and findings at or above --fail-on are open · 2 written, and its
population is incomplete · 3 nothing was written: wrong arguments, or a place that cannot be written
(no rights, no room) · 4 the history cannot be used

Examples:
  roletrail report                                     the last 30 days, up to now
  roletrail report --period last-month --format html,json --output /srv/reports
  roletrail report --from 2026-10-01 --to 2026-11-01 --account 111122223333
  roletrail verify pack reports/roletrail-report-org-2026-10-01_2026-11-01";

fn period() -> impl TypedValueParser<Value = ReportSpan> {
    let names = PossibleValuesParser::new(ReportSpan::ALL.map(|(name, _)| name));
    names.try_map(|text| {
        let found = ReportSpan::ALL.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, span)| span).ok_or("no such period")
    })
}

fn report_format() -> impl TypedValueParser<Value = AnyFormat> {
    let names = PossibleValuesParser::new(ReportFormat::ALL.map(ReportFormat::as_str));
    names.try_map(|name| <AnyFormat as clap::ValueEnum>::from_str(&name, false))
}

/// Writes a report and prints what it says in short.
///
/// # Errors
/// [`Failure`] when nothing was written.
pub fn run(boot: &Boot, output: Output, arguments: &ReportArgs) -> Result<Exit, Failure> {
    let loaded = boot.settings()?;
    let formats = formats(&loaded, &arguments.format)?;
    let period = period_of(arguments, boot.now())?;
    let context = boot.interruptible_reading_jobs()?;
    if let Some(account) = &arguments.account
        && context.store.known_accounts(Some(account))?.is_empty()
    {
        return Err(Failure::usage(format!("no account {account:?} is known; `roletrail verdicts` lists them")));
    }
    let request = ReportRequest { period, account: arguments.account.clone(), all_evidence: arguments.all_evidence };
    let directory = arguments.output.clone().unwrap_or_else(|| loaded.settings.reports.directory.clone());
    let Some(reported) = write_report(&context, &request, &formats, &directory).map_err(failure)? else {
        return Ok(Exit::Interrupted);
    };
    // The lock of the history is taken for the note alone: a daemon may have it.
    drop(context);
    note(boot, &loaded, &reported);
    let summary = ReportSummary::of(&reported.report, &reported.written);
    output.object(&summary, || describe(&summary, &reported.report))?;
    Ok(exit_of(&reported.report, arguments.fail_on))
}

fn failure(error: ReportError) -> Failure {
    match error {
        ReportError::Job(error) => error.into(),
        other => Failure::usage(other.to_string()),
    }
}

/// A format that was asked for by name must be there; one that is merely among those of the settings is left out.
fn formats(loaded: &Loaded, asked: &[AnyFormat]) -> Result<Vec<ReportFormat>, Failure> {
    let mut formats = Vec::new();
    for format in asked {
        let format = report_format_of(*format)?;
        reports::require(format).map_err(|error| Failure::usage(error.to_string()))?;
        formats.push(format);
    }
    if asked.is_empty() {
        formats = reports::available(&loaded.settings.reports.formats);
    }
    formats.sort_by_key(|format| format.as_str());
    formats.dedup();
    Ok(formats)
}

fn report_format_of(format: AnyFormat) -> Result<ReportFormat, Failure> {
    Ok(match format {
        AnyFormat::Html => ReportFormat::Html,
        AnyFormat::Pdf => ReportFormat::Pdf,
        AnyFormat::Csv => ReportFormat::Csv,
        AnyFormat::Json => ReportFormat::Json,
        AnyFormat::Ocsf => ReportFormat::Ocsf,
        AnyFormat::Asff => ReportFormat::Asff,
        AnyFormat::Sarif => ReportFormat::Sarif,
        AnyFormat::Oscal => ReportFormat::Oscal,
        AnyFormat::Table | AnyFormat::Ndjson | AnyFormat::Terraform | AnyFormat::Cloudformation => {
            let known = ReportFormat::ALL.map(ReportFormat::as_str).join(", ");
            return Err(Failure::usage(format!("a report is written as {known}")));
        }
    })
}

fn period_of(arguments: &ReportArgs, now: Timestamp) -> Result<ReportPeriod, Failure> {
    let out_of_time = || Failure::usage("the period lies outside of all calendars");
    if let Some(span) = arguments.period {
        let (from, to) = span.before(now).ok_or_else(out_of_time)?;
        return Ok(ReportPeriod { from, to });
    }
    let to = match &arguments.to {
        Some(text) => whole_seconds(moment("--to", text, now)?),
        None => next_second(now),
    };
    let from = match &arguments.from {
        Some(text) => whole_seconds(moment("--from", text, now)?),
        None => days_before(to).ok_or_else(out_of_time)?,
    };
    if to <= from {
        return Err(Failure::usage(format!("the period ends at {to}, before it has begun at {from}")));
    }
    if next_second(now) < to {
        return Err(Failure::usage(format!("--to {to} lies in the future; a report is about what has been")));
    }
    Ok(ReportPeriod { from, to })
}

/// What was read a moment ago counts: the end is left out of the period, so that it lies behind it.
fn next_second(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(1)).map_or(now, whole_seconds)
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn days_before(end: Timestamp) -> Option<Timestamp> {
    let day = end.to_zoned(TimeZone::UTC).date().checked_sub(DEFAULT_DAYS.days()).ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The next report names this one as the one before. Without the note it is none the worse.
fn note(boot: &Boot, loaded: &Loaded, reported: &Reported) {
    let noted = match boot.open(loaded, Access::Write("report")) {
        Ok(store) => note_report(&store, reported, None, boot.now()).map_err(Failure::Store),
        Err(failure) => Err(failure),
    };
    match noted {
        Ok(()) => {}
        Err(Failure::Store(StoreError::Locked { .. })) => {
            tracing::debug!("another roletrail has the history; the report is not noted in it");
        }
        Err(failure) => tracing::warn!("the report is written, and could not be noted in the history: {failure}"),
    }
}

fn exit_of(report: &Report, fail_on: Option<Severity>) -> Exit {
    if !report.population.complete {
        return Exit::Incomplete;
    }
    let open = report.findings.iter().filter(|finding| finding.finding.status == FindingStatus::Open);
    let worst = open.map(|finding| finding.finding.severity).max();
    fail_on.map_or(Exit::Done, |fail_on| judged(Exit::Done, worst, fail_on))
}

fn describe(summary: &ReportSummary, report: &Report) -> String {
    let coverage = &summary.coverage;
    let complete = if coverage.complete { "complete" } else { "incomplete" };
    let mut lines = vec![format!(
        "coverage  {complete}: {} of {} accounts · {} of {} Regions · {} gaps",
        coverage.accounts_complete,
        coverage.accounts_expected,
        coverage.regions_complete,
        coverage.regions_expected,
        coverage.gaps
    )];
    for gap in report.population.gaps.iter().take(GAPS_SHOWN) {
        let place = [Some(gap.provider.to_string()), gap.account.clone(), gap.region.clone()];
        let place = place.into_iter().flatten().collect::<Vec<_>>().join("/");
        lines.push(format!("  missing {place} · {} · {} · {}", gap.api, gap.outcome, gap.detail));
    }
    if let Some(more) = report.population.gaps.len().checked_sub(GAPS_SHOWN).filter(|more| 0 < *more) {
        lines.push(format!("  … and {more} more in the report"));
    }
    lines.push(format!("period    {} up to {}", summary.period.from, summary.period.to));
    lines.push(format!("verdicts  {}", counts(&summary.verdicts)));
    let excepted = summary.findings_excepted;
    lines.push(format!("findings  {} open · {excepted} excepted", counts(&summary.findings_open)));
    lines.push(format!("          {}", counts(&summary.movements)));
    lines.extend(report.proof.iter().map(|proof| format!("proof     {}", proof.sentence)));
    let unchanged = if summary.unchanged { " (the same as before; nothing was written)" } else { "" };
    lines.push(format!("report    {}{unchanged}", summary.directory));
    lines.extend(summary.files.iter().map(|file| format!("          {file}")));
    lines.push(format!("manifest  SHA-256 {}", summary.manifest_sha256));
    lines.iter().map(|line| one_line(line) + "\n").collect()
}

fn counts(map: &std::collections::BTreeMap<&'static str, u64>) -> String {
    let shown: Vec<_> = map.iter().filter(|(_, n)| **n > 0).map(|(name, n)| format!("{n} {name}")).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(" · ") }
}
