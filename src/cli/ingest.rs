//! `ingest`: trail logs into the history, and their judgement.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::output::Output;
use super::progress::progress;
use super::{Exit, Failure};
use crate::boot::{Boot, exit_of};
use crate::daemon::jobs::{self, IngestReport, Root};
use crate::exports::json::IngestJson;
use crate::model::{RunKind, SourceSummary};

/// Variables that name a Region of Alibaba Cloud: that of the provider's own tool for buckets, and those of its SDKs.
const REGIONS: [&str; 3] = ["OSS_REGION", "ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION"];

/// Arguments of `ingest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail ingest AWSLogs/                          an archive as CloudTrail delivered it
  roletrail ingest AliyunLogs/ events.json           an archive of ActionTrail and one more file
  roletrail ingest s3://trail-logs/AWSLogs/          a bucket, with the credentials of the environment
  roletrail ingest --region cn-hangzhou oss://audit-log/AliyunLogs/
  roletrail ingest --database sqlite://case-17.db logs/ && roletrail --database sqlite://case-17.db findings

Every envelope is read: delivered objects, arrays, one event a line, LookupEvents, EventBridge and SLS exports,
plain or gzip. Reading the same archive again changes nothing.

The Region of a bucket of OSS is that of --region, else the one that a trail of the configuration has for the bucket,
else the one in OSS_REGION, ALIBABA_CLOUD_REGION_ID or ALIBABA_CLOUD_REGION.")]
pub struct IngestArgs {
    /// Files, directories and buckets, each with everything below it
    #[arg(required = true, value_name = "PATH|s3://BUCKET/PREFIX|oss://BUCKET/PREFIX")]
    paths: Vec<PathBuf>,
    /// Region of the oss:// buckets
    #[arg(long)]
    region: Option<String>,
    /// Store only, judge later with `roletrail analyze`
    #[arg(long)]
    no_analyze: bool,
}

/// Reads the paths.
///
/// # Errors
/// [`Failure`] when nothing could be done or the store failed.
pub fn run(boot: &Boot, output: Output, arguments: &IngestArgs) -> Result<Exit, Failure> {
    let loaded = boot.settings()?;
    let region_of = |bucket: &str| {
        let of_trail = || loaded.settings.alibaba.iter().find_map(|source| source.region_of(bucket));
        let told = arguments.region.as_deref().or_else(of_trail).map(str::to_owned);
        told.or_else(|| REGIONS.iter().find_map(|name| boot.variable(name)))
    };
    let roots = readable(&arguments.paths, region_of)?;
    if let Some(bucket) = jobs::missing_bucket(boot.runtime().handle(), &loaded.settings, &roots) {
        return Err(Failure::usage(format!("{bucket}: there is no such bucket")));
    }
    let context = boot.jobs(&loaded, "ingest", progress(boot.quiet()))?;
    let began = Instant::now();
    let run = context.store.begin_run(RunKind::Ingest, context.now())?;
    let report = jobs::ingest(&context, run, &roots)?;
    if !arguments.no_analyze {
        jobs::analyze(&context, run, false)?;
    }
    let complete = !report.incomplete && !report.interrupted;
    context.store.finish_run(run, context.now(), complete, &report.summary)?;
    let json = IngestJson::new(&report.summary, began.elapsed().as_secs_f64(), &report.rejects);
    output.object(&json, || describe(&report, json.seconds))?;
    Ok(exit_of(report.interrupted, report.incomplete))
}

/// A path that does not exist is a slip of the user, not a gap in the evidence: nothing is begun.
fn readable(arguments: &[PathBuf], region_of: impl Fn(&str) -> Option<String>) -> Result<Vec<Root>, Failure> {
    let mut roots = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let root = Root::parse(argument, &region_of).map_err(Failure::usage)?;
        if let Root::Path(path) = &root {
            std::fs::metadata(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        }
        roots.push(root);
    }
    Ok(roots)
}

fn describe(report: &IngestReport, seconds: f64) -> String {
    let SourceSummary { bytes_uncompressed, .. } = report.summary;
    let summary = &report.summary;
    let mut text = format!(
        "objects   {} seen · {} read · {} skipped · {} already ingested · {} rejected\n\
         records   {} read · {} kept · {} duplicate · {} irrelevant · {} rejected\n\
         bytes     {} read · {bytes_uncompressed} of JSON · {seconds:.1} s · {:.0} MB/s\n",
        summary.objects_seen,
        summary.objects_read,
        summary.objects_skipped,
        summary.objects_already_ingested,
        summary.objects_rejected,
        summary.records_read,
        summary.records_kept,
        summary.records_duplicate,
        summary.records_irrelevant,
        summary.records_rejected,
        summary.bytes_compressed,
        megabytes_per_second(bytes_uncompressed, seconds),
    );
    for reject in &report.rejects {
        let record = reject.record.map_or_else(|| "whole object".to_owned(), |number| format!("record {number}"));
        let offset = reject.offset.map_or_else(String::new, |offset| format!(" at byte {offset}"));
        text +=
            &super::text::one_line(&format!("rejected  {} · {record}{offset} · {}", reject.object, reject.reason));
        text.push('\n');
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn megabytes_per_second(bytes: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { bytes as f64 / 1e6 / seconds } else { 0.0 }
}
