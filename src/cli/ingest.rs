//! `ingest`: trail logs into the history, and their judgement.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::output::Output;
use super::progress::{megabytes_per_second, progress};
use super::{Exit, Failure};
use crate::boot::{Boot, exit_of};
use crate::config::{MOST_THREADS, Settings};
use crate::daemon::jobs::{self, IngestReport, JobContext, ReadingChoice, Root};
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
  roletrail ingest --sha256 evidence/ && roletrail objects --format csv > evidence.csv
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
    #[command(flatten)]
    how: How,
}

/// How the objects are read.
#[derive(Debug, Args)]
struct How {
    /// Threads that read files [default: `[collect] threads`, else as many as there are cores, at most 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_THREADS))]
    threads: Option<u64>,
    /// Do not count the records that no profile concerns, for speed
    ///
    /// What is found is the same. But damage among those records is not noticed, the number of records is not compared
    /// with what an object's name promises, and the time that an archive covers is told by what was found and by the
    /// names of its objects alone.
    #[arg(long)]
    no_count: bool,
    /// Parse every record, so that a broken one is named although it can concern no watched role
    #[arg(long)]
    parse_all: bool,
    /// Note the SHA-256 of every object, as stored and uncompressed (`roletrail objects`)
    ///
    /// Files that were read before without it are hashed now, and not parsed again. Objects of a bucket that were read
    /// before are not fetched again for it.
    #[arg(long)]
    sha256: bool,
}

impl How {
    fn settle(&self, settings: &mut Settings) -> ReadingChoice {
        settings.collect.threads = self.threads.or(settings.collect.threads);
        settings.collect.sha256 |= self.sha256;
        ReadingChoice { count: !self.no_count, parse_all: self.parse_all, hash_known: self.sha256 }
    }
}

/// Reads the paths.
///
/// # Errors
/// [`Failure`] when nothing could be done or the store failed.
pub fn run(boot: &Boot, output: Output, arguments: &IngestArgs) -> Result<Exit, Failure> {
    let mut loaded = boot.settings()?;
    let choice = arguments.how.settle(&mut loaded.settings);
    let region_of = |bucket: &str| {
        let of_trail = || loaded.settings.alibaba.iter().find_map(|source| source.region_of(bucket));
        let told = arguments.region.as_deref().or_else(of_trail).map(str::to_owned);
        told.or_else(|| REGIONS.iter().find_map(|name| boot.variable(name)))
    };
    let roots = readable(&arguments.paths, region_of)?;
    if let Some(bucket) = jobs::missing_bucket(boot.runtime().handle(), &loaded.settings, &roots) {
        return Err(Failure::usage(format!("{bucket}: there is no such bucket")));
    }
    let context = JobContext { choice, ..boot.jobs(&loaded, "ingest", progress(boot.quiet()))? };
    let began = Instant::now();
    let run = context.store.begin_run(RunKind::Ingest, context.now())?;
    let mut report = jobs::ingest(&context, run, &roots)?;
    // Also where there was nothing to count.
    report.summary.records_uncounted |= !choice.count;
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

/// The totals come last: what was rejected may be a long list.
fn describe(report: &IngestReport, seconds: f64) -> String {
    let summary = &report.summary;
    let mut text = String::new();
    for reject in &report.rejects {
        let record = reject.record.map_or_else(|| "whole object".to_owned(), |number| format!("record {number}"));
        let offset = reject.offset.map_or_else(String::new, |offset| format!(" at byte {offset}"));
        text +=
            &super::text::one_line(&format!("rejected  {} · {record}{offset} · {}", reject.object, reject.reason));
        text.push('\n');
    }
    text += &format!(
        "objects   {} seen · {} read · {} skipped · {} already ingested · {} rejected\n\
         bytes     {} read · {} of JSON · {seconds:.1} s · {:.0} MB/s\n\
         records   {}\n",
        summary.objects_seen,
        summary.objects_read,
        summary.objects_skipped,
        summary.objects_already_ingested,
        summary.objects_rejected,
        summary.bytes_compressed,
        summary.bytes_uncompressed,
        megabytes_per_second(summary.bytes_uncompressed, seconds),
        records(summary),
    );
    text
}

fn records(summary: &SourceSummary) -> String {
    let SourceSummary { records_kept, records_duplicate, records_rejected, .. } = summary;
    let stored = format!("{records_kept} kept · {records_duplicate} duplicate");
    if summary.records_uncounted {
        return format!("not counted (--no-count) · {stored} · {records_rejected} rejected");
    }
    let (read, irrelevant) = (summary.records_read, summary.records_irrelevant);
    format!("{read} read · {stored} · {irrelevant} irrelevant · {records_rejected} rejected")
}
