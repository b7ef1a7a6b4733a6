//! Reading trail objects from files into the history.

use std::path::PathBuf;

use super::objects::{LISTED_REJECTS, ObjectReader};
use super::{JobContext, JobError};
use crate::model::{Provider, Reject, SourceSummary, api};
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

/// Reads every trail object below `roots`. Each object is stored whole or not at all.
///
/// `provider` is the provider that a source is configured for; it pins trouble that the objects themselves do not.
///
/// # Errors
/// [`JobError`] when the store fails; what was committed stays, and a second reading completes it.
pub fn ingest(
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
