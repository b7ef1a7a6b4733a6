//! Reading trail objects into the history: from files, and from buckets that somebody names.

use std::fs::File;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::runtime::Handle;

use super::live::{self, Below};
use super::objects::{LISTED_REJECTS, ObjectReader};
use super::{JobContext, JobError, ahead};
use crate::config::Settings;
use crate::model::{Provider, Reject, SourceSummary, api};
use crate::sources::files::{self, Entry, ObjectRef};
use crate::sources::{alibaba, aws};
use crate::store::{ObjectIdentity, RunId};

/// Threads that read files where nobody says how many: more of them wait for the one that stores.
const MOST_THREADS: usize = 8;

/// What a reading came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// Counts.
    pub summary: SourceSummary,
    /// The first rejected objects and records.
    pub rejects: Vec<Reject>,
    /// Whether something could not be read, now or at an earlier run and unchanged since.
    pub incomplete: bool,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

impl IngestReport {
    /// Adds the counts of another reading.
    pub fn add(&mut self, other: Self) {
        self.summary.add(&other.summary);
        let room = LISTED_REJECTS.saturating_sub(self.rejects.len());
        self.rejects.extend(other.rejects.into_iter().take(room));
        self.incomplete |= other.incomplete;
        self.interrupted |= other.interrupted;
    }
}

/// Where trail objects are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// A file, or a directory with everything below it.
    Path(PathBuf),
    /// Everything of a bucket below a prefix.
    Bucket(Below),
}

impl Root {
    /// Reads an argument: a path, `s3://BUCKET/PREFIX` or `oss://BUCKET/PREFIX`. `region_of` tells the Region of a
    /// bucket of OSS, which nobody can be asked for.
    ///
    /// # Errors
    /// Why it is none of them.
    pub fn parse(argument: &Path, region_of: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let shown = argument.to_string_lossy();
        let Some((scheme, place)) = shown.split_once("://").filter(|(scheme, _)| ["s3", "oss"].contains(scheme))
        else {
            return Ok(Self::Path(argument.to_owned()));
        };
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        if bucket.is_empty() {
            return Err(format!("{shown}: there is no bucket in it; write {scheme}://BUCKET/PREFIX"));
        }
        if scheme == "s3" {
            return Ok(Self::Bucket(Below::S3(aws::Below { bucket, prefix })));
        }
        let Some(region) = region_of(&bucket) else {
            let remedy = "add --region, such as --region cn-hangzhou, or set ALIBABA_CLOUD_REGION_ID";
            return Err(format!("{shown}: the Region of the bucket is not known; {remedy}"));
        };
        Ok(Self::Bucket(Below::Oss(alibaba::Below { bucket, prefix, region })))
    }
}

/// The first bucket among `roots` of which it is certain that there is no such bucket.
#[must_use]
pub fn missing_bucket(runtime: &Handle, settings: &Settings, roots: &[Root]) -> Option<String> {
    roots.iter().find_map(|root| match root {
        Root::Bucket(below) if live::is_missing(runtime, settings, below) => Some(below.bucket()),
        _ => None,
    })
}

/// Reads every trail object of `roots`, files first.
///
/// # Errors
/// As [`ingest_files`].
pub fn ingest(context: &JobContext, run: RunId, roots: &[Root]) -> Result<IngestReport, JobError> {
    let (mut paths, mut buckets) = (Vec::new(), Vec::new());
    for root in roots {
        match root {
            Root::Path(path) => paths.push(path.clone()),
            Root::Bucket(below) => buckets.push(below),
        }
    }
    let mut report = ingest_files(context, run, &paths, None)?;
    for below in buckets {
        if context.stop.is_requested() {
            report.interrupted = true;
            break;
        }
        report.add(live::ingest_below(context, run, below)?);
    }
    context.progress.finish();
    Ok(report)
}

/// Reads every trail object below `roots`. Each object is stored whole or not at all.
///
/// `provider` is the provider that a source is configured for; it pins trouble that the objects themselves do not.
///
/// # Errors
/// [`JobError`] when the store fails; what was committed stays, and a second reading completes it.
pub fn ingest_files(
    context: &JobContext,
    run: RunId,
    roots: &[PathBuf],
    provider: Option<Provider>,
) -> Result<IngestReport, JobError> {
    if context.progress.wants_total() {
        let (objects, bytes) = files::measure(roots);
        context.progress.expect(objects, bytes);
    }
    let mut reader = ObjectReader::new(context, run, provider);
    let entries = roots.iter().flat_map(|root| files::discover(root));
    match threads(context) {
        1 => one_by_one(context, &mut reader, entries)?,
        threads => ahead::read(context, &mut reader, entries, threads)?,
    }
    let report = reader.end()?;
    context.progress.finish();
    Ok(report)
}

/// How many threads read files.
fn threads(context: &JobContext) -> usize {
    let chosen = context.settings.collect.threads.and_then(|threads| usize::try_from(threads).ok());
    let cores = || thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    chosen.unwrap_or_else(cores)
}

/// Reads every object on this very thread.
pub(super) fn one_by_one(
    context: &JobContext,
    reader: &mut ObjectReader<'_>,
    entries: impl Iterator<Item = Entry>,
) -> Result<(), JobError> {
    for found in entries {
        if context.stop.is_requested() {
            reader.interrupt();
            break;
        }
        match found {
            Entry::Object(object) => {
                reader.object(api::TRAIL_FILES, &identity(&object), || open(&object))?;
            }
            Entry::Skipped { name, reason } => skip(reader, &name, &reason),
            Entry::Unreadable { name, reason } => {
                reader.unreadable(api::TRAIL_FILES, &only_named(name), reason)?;
            }
        }
        reader.commit_when_due()?;
    }
    Ok(())
}

/// Takes a file that is no log.
pub(super) fn skip(reader: &mut ObjectReader<'_>, name: &str, reason: &str) {
    tracing::debug!(object = name, reason, "skipped");
    reader.skipped();
}

/// Opens a file; the error says why that is not possible.
pub(super) fn open(object: &ObjectRef) -> Result<File, String> {
    object.open().map_err(|error| format!("cannot be opened: {error}"))
}

/// Something of which nothing but its name is known.
pub(super) fn only_named(name: String) -> ObjectIdentity {
    ObjectIdentity { name, size: 0, version: String::new() }
}

/// A file as the ledger knows it.
pub(super) fn identity(object: &ObjectRef) -> ObjectIdentity {
    ObjectIdentity { name: object.name.clone(), size: object.size, version: object.version.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(argument: &str, region: Option<&str>) -> Result<Root, String> {
        Root::parse(Path::new(argument), |_| region.map(str::to_owned))
    }

    #[test]
    fn buckets_of_both_providers_are_told_from_paths() {
        let (bucket, prefix) = ("logs".to_owned(), "a/b".to_owned());
        let s3 = aws::Below { bucket: bucket.clone(), prefix: prefix.clone() };
        assert_eq!(parse("s3://logs/a/b", None), Ok(Root::Bucket(Below::S3(s3))));
        let oss = alibaba::Below { bucket, prefix, region: "cn-beijing".to_owned() };
        assert_eq!(parse("oss://logs/a/b", Some("cn-beijing")), Ok(Root::Bucket(Below::Oss(oss))));
        for path in ["logs/a", "s3:/logs", "file://x", "./oss"] {
            assert_eq!(parse(path, None), Ok(Root::Path(path.into())));
        }
    }

    #[test]
    fn what_is_missing_in_a_bucket_s_address_is_told() {
        for (argument, missing) in
            [("s3://", "s3://BUCKET"), ("oss:///a", "oss://BUCKET"), ("oss://logs/a", "--region cn-hangzhou")]
        {
            let told = parse(argument, None).expect_err(argument);
            assert!(told.starts_with(argument) && told.contains(missing), "{told}");
        }
    }
}
