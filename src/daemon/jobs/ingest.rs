//! Reading trail objects into the history: from files, and from buckets that somebody names.

use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::objects::{LISTED_REJECTS, ObjectReader};
use super::{JobContext, JobError, live};
use crate::config::Settings;
use crate::model::{Provider, Reject, SourceSummary, api};
use crate::sources::aws::Below;
use crate::sources::files::{self, Entry, ObjectRef};
use crate::store::{ObjectIdentity, RunId};

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
    /// Everything of a bucket of AWS below a prefix.
    Bucket(Below),
}

impl Root {
    /// Reads an argument: a path, or `s3://BUCKET/PREFIX`.
    ///
    /// # Errors
    /// Why it is neither.
    pub fn parse(argument: &Path) -> Result<Self, String> {
        let shown = argument.to_string_lossy();
        if shown.starts_with("oss://") {
            return Err(format!(
                "{shown}: reading from buckets of Alibaba Cloud is not part of this version; copy the objects to a directory first"
            ));
        }
        let Some(place) = shown.strip_prefix("s3://") else { return Ok(Self::Path(argument.to_owned())) };
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(format!("{shown}: there is no bucket in it; write s3://BUCKET/PREFIX"));
        }
        Ok(Self::Bucket(Below { bucket: bucket.to_owned(), prefix: prefix.to_owned() }))
    }
}

/// The first bucket among `roots` of which it is certain that there is no such bucket.
#[must_use]
pub fn missing_bucket<'r>(runtime: &Handle, settings: &Settings, roots: &'r [Root]) -> Option<&'r str> {
    roots.iter().find_map(|root| match root {
        Root::Bucket(below) if live::is_missing(runtime, settings, below) => Some(below.bucket.as_str()),
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
    for found in roots.iter().flat_map(|root| files::discover(root)) {
        if context.stop.is_requested() {
            reader.interrupt();
            break;
        }
        take(&mut reader, found)?;
    }
    let report = reader.end()?;
    context.progress.finish();
    Ok(report)
}

fn take(reader: &mut ObjectReader<'_>, found: Entry) -> Result<(), JobError> {
    match found {
        Entry::Object(object) => {
            let open = || object.open().map_err(|error| format!("cannot be opened: {error}"));
            reader.object(api::TRAIL_FILES, &identity(&object), open)?;
        }
        Entry::Skipped { name, reason } => {
            tracing::debug!(object = name, reason, "skipped");
            reader.skipped();
        }
        Entry::Unreadable { name, reason } => {
            let identity = ObjectIdentity { name, size: 0, version: String::new() };
            reader.unreadable(api::TRAIL_FILES, &identity, reason)?;
        }
    }
    reader.commit_when_due()
}

fn identity(object: &ObjectRef) -> ObjectIdentity {
    ObjectIdentity { name: object.name.clone(), size: object.size, version: object.version.clone() }
}
