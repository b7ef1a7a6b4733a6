//! `scan`, `collect` and `analyze`.

use clap::Args;

use super::output::Output;
use super::progress::progress;
use super::{Exit, Failure};
use crate::boot::{Boot, exit_of};
use crate::daemon::jobs::{self, JobContext, ScanReport};
use crate::exports::json::ScanJson;
use crate::model::{RunKind, Severity, SourceSummary};
use crate::store::RunId;

/// Arguments of `scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail scan --config roletrail.toml
  roletrail scan --fail-on high && echo 'nothing grave, and nothing missing'")]
pub struct ScanArgs {
    /// Least severity of an open finding that makes the exit code 1; info never does
    #[arg(long, default_value = "low", value_name = "SEVERITY")]
    fail_on: Severity,
}

/// Arguments of `collect`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  roletrail collect --config roletrail.toml")]
pub struct CollectArgs {}

/// Arguments of `analyze`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  roletrail analyze --full")]
pub struct AnalyzeArgs {
    /// Judge every account again, not only those with something new
    #[arg(long)]
    full: bool,
    /// Least severity of an open finding that makes the exit code 1; info never does
    #[arg(long, default_value = "low", value_name = "SEVERITY")]
    fail_on: Severity,
}

/// Collects and judges once.
///
/// # Errors
/// [`Failure`] when nothing could be done or the store failed.
pub fn scan(boot: &Boot, output: Output, arguments: &ScanArgs) -> Result<Exit, Failure> {
    let (report, exit) = scan_once(&collecting(boot, "scan")?)?;
    print_scan(output, &report)?;
    Ok(judged(exit, report.worst_open, arguments.fail_on))
}

/// One run that collects and judges, and how it ended.
pub(super) fn scan_once(context: &JobContext) -> Result<(ScanReport, Exit), Failure> {
    let (started, run) = begin(context, RunKind::Collect)?;
    let collected = jobs::collect(context, run)?;
    let analysis = jobs::analyze(context, run, false)?;
    let interrupted = collected.interrupted || analysis.interrupted;
    let report = jobs::summarize(context, run, started, &collected)?;
    let incomplete = collected.incomplete || interrupted;
    context.store.finish_run(run, context.now(), !incomplete, &collected.trail.summary)?;
    Ok((report, exit_of(interrupted, incomplete)))
}

/// Collects once.
///
/// # Errors
/// [`Failure`] when nothing could be done or the store failed.
pub fn collect(boot: &Boot, output: Output, _arguments: &CollectArgs) -> Result<Exit, Failure> {
    let context = collecting(boot, "collect")?;
    let (started, run) = begin(&context, RunKind::Collect)?;
    let collected = jobs::collect(&context, run)?;
    let report = jobs::summarize(&context, run, started, &collected)?;
    let incomplete = collected.incomplete || collected.interrupted;
    context.store.finish_run(run, context.now(), !incomplete, &collected.trail.summary)?;
    print_scan(output, &report)?;
    Ok(exit_of(collected.interrupted, collected.incomplete))
}

/// Judges what is stored.
///
/// # Errors
/// [`Failure`] when nothing could be done or the store failed.
pub fn analyze(boot: &Boot, output: Output, arguments: &AnalyzeArgs) -> Result<Exit, Failure> {
    let loaded = boot.settings()?;
    boot.store_for_reading()?;
    let context = boot.jobs(&loaded, "analyze", progress(boot.quiet()))?;
    let (started, run) = begin(&context, RunKind::Analyze)?;
    let analysis = jobs::analyze(&context, run, arguments.full)?;
    context.store.finish_run(run, context.now(), !analysis.interrupted, &SourceSummary::default())?;
    let report = jobs::summarize(&context, run, started, &jobs::CollectReport::default())?;
    print_scan(output, &report)?;
    Ok(judged(exit_of(analysis.interrupted, false), report.worst_open, arguments.fail_on))
}

fn collecting(boot: &Boot, command: &'static str) -> Result<JobContext, Failure> {
    let loaded = boot.settings_for_collecting()?;
    if loaded.settings.has_no_source() {
        return Err(Failure::usage(
            "the configuration names no source; add a [[snapshot]] or a trail of files, see `roletrail config init`",
        ));
    }
    boot.jobs(&loaded, command, progress(boot.quiet()))
}

fn begin(context: &JobContext, kind: RunKind) -> Result<(jiff::Timestamp, RunId), Failure> {
    let now = context.now();
    Ok((now, context.store.begin_run(kind, now)?))
}

/// An incomplete answer is never "only findings"; info never fails.
pub(super) fn judged(exit: Exit, worst: Option<Severity>, fail_on: Severity) -> Exit {
    let threshold = fail_on.max(Severity::Low);
    if exit == Exit::Done && worst.is_some_and(|worst| threshold <= worst) { Exit::Findings } else { exit }
}

/// Prints the summary of a scan.
pub(super) fn print_scan(output: Output, report: &ScanReport) -> Result<(), Failure> {
    Ok(output.object(&report.json, || describe(&report.json))?)
}

/// Missing places that the summary for people lists; all of them are in its JSON.
const MISSING_SHOWN: usize = 20;

/// The summary for people: coverage first.
fn describe(scan: &ScanJson) -> String {
    let coverage = &scan.coverage;
    let mut text = format!(
        "coverage  {} of {} accounts · {} of {} Regions complete\n",
        coverage.accounts_complete, coverage.accounts_expected, coverage.regions_complete, coverage.regions_expected
    );
    if 1 < coverage.by_provider.len() {
        for (provider, part) in &coverage.by_provider {
            text += &format!(
                "  {provider}  {} of {} accounts · {} of {} Regions\n",
                part.accounts_complete, part.accounts_expected, part.regions_complete, part.regions_expected
            );
        }
    }
    for row in coverage.missing.iter().take(MISSING_SHOWN) {
        let place = [row.provider.map(|provider| provider.to_string()), row.account.clone(), row.region.clone()];
        let place = place.into_iter().flatten().collect::<Vec<_>>().join("/");
        let line = format!("  missing {place} · {} · {} · {}", row.api, row.outcome, row.detail);
        text += &super::text::one_line(&line);
        text.push('\n');
    }
    if let Some(more) = coverage.missing.len().checked_sub(MISSING_SHOWN).filter(|more| 0 < *more) {
        text += &format!("  … and {more} more: see `roletrail coverage`, or --format json\n");
    }
    for calls in scan.calls.iter().filter(|calls| 0 < calls.throttled) {
        text += &format!("throttled {} {} of {} calls\n", calls.api, calls.throttled, calls.requests);
    }
    let records = &scan.trail.records;
    text += &format!(
        "trail     {} objects read · {} records · {} kept · {} rejected\n",
        scan.trail.objects.read,
        super::text::count(records.read),
        records.kept,
        records.rejected
    );
    text += &format!("verdicts  {}\n", counts(&scan.verdicts));
    text += &format!("findings  {}", counts(&scan.findings_open));
    if scan.findings_excepted.values().any(|excepted| 0 < *excepted) {
        text += &format!("\nexcepted  {}", counts(&scan.findings_excepted));
    }
    text
}

fn counts(map: &std::collections::BTreeMap<&'static str, u64>) -> String {
    let shown: Vec<_> = map.iter().filter(|(_, n)| **n > 0).map(|(name, n)| format!("{n} {name}")).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(" · ") }
}
