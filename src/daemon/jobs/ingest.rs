//! Reading trail objects from files into the history.

use std::path::PathBuf;

use jiff::Timestamp;

use super::trail_coverage::TrailCoverage;
use super::{JobContext, JobError};
use crate::config::Keep;
use crate::model::{Provider, Reject, SourceSummary, TrailEvent};
use crate::sources::files::{self, Entry, ObjectRef};
use crate::store::{Batch, ObjectFate, ObjectIdentity, ObjectWriter, RunId, StoreError};
use crate::trail::{self, Layout, Limits, ObjectError, ObjectKind, ObjectReport, Reading, Sink};

/// Rejected objects and records that a report lists by name; all of them are counted and stored.
pub(super) const LISTED_REJECTS: usize = 1_000;

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
    let mut reader = ObjectReader::new(context, run, provider)?;
    for found in roots.iter().flat_map(|root| files::discover(root)) {
        if context.stop.is_requested() {
            reader.report.interrupted = true;
            break;
        }
        reader.take(found)?;
    }
    let report = reader.end()?;
    context.progress.finish();
    Ok(report)
}

/// Reads objects one after the other into batches.
struct ObjectReader<'a> {
    context: &'a JobContext,
    now: Timestamp,
    run: RunId,
    batch: Option<Batch<'a>>,
    coverage: TrailCoverage,
    report: IngestReport,
}

impl<'a> ObjectReader<'a> {
    fn new(context: &'a JobContext, run: RunId, provider: Option<Provider>) -> Result<Self, JobError> {
        Ok(Self {
            context,
            now: context.now(),
            run,
            batch: None,
            coverage: TrailCoverage::load(&context.store, context.now(), provider)?,
            report: IngestReport::default(),
        })
    }

    fn take(&mut self, found: Entry) -> Result<(), JobError> {
        match found {
            Entry::Object(object) => self.object(&object)?,
            Entry::Skipped { name, reason } => {
                tracing::debug!(object = name, reason, "skipped");
                self.report.summary.objects_seen += 1;
                self.report.summary.objects_skipped += 1;
            }
            Entry::Unreadable { name, reason } => {
                self.report.summary.objects_seen += 1;
                let layout = trail::layout(&name);
                let identity = ObjectIdentity { name, size: 0, version: String::new() };
                self.reject_object(&identity, &layout, reason, None)?;
            }
        }
        self.commit_when_due()
    }

    fn object(&mut self, object: &ObjectRef) -> Result<(), JobError> {
        self.report.summary.objects_seen += 1;
        let layout = trail::layout(&object.name);
        let identity =
            ObjectIdentity { name: object.name.clone(), size: object.size, version: object.version.clone() };
        if matches!(layout.kind, ObjectKind::Digest | ObjectKind::Insight) {
            self.report.summary.objects_skipped += 1;
        } else if self.is_known(&identity)? {
            self.report.summary.objects_already_ingested += 1;
        } else {
            self.read(object, &layout, &identity)?;
        }
        Ok(())
    }

    /// Whether this very version was read before. A rejected one is tried again: it may have been half-written.
    fn is_known(&mut self, identity: &ObjectIdentity) -> Result<bool, JobError> {
        let Some(entry) = self.context.store.ledger_entry(identity)? else { return Ok(false) };
        if entry.fate == ObjectFate::Rejected {
            return Ok(false);
        }
        self.report.incomplete |= entry.rejected_records > 0;
        Ok(true)
    }

    fn read(&mut self, object: &ObjectRef, layout: &Layout, identity: &ObjectIdentity) -> Result<(), JobError> {
        let file = match object.open() {
            Ok(file) => file,
            Err(error) => return self.reject_object(identity, layout, format!("cannot be opened: {error}"), None),
        };
        let context = self.context;
        let reading = Reading {
            profiles: &context.profiles,
            limits: Limits {
                max_object_bytes: context.settings.limits.max_object_bytes,
                max_ratio: context.settings.limits.max_ratio,
                max_record_bytes: usize::try_from(context.settings.limits.max_record_bytes).unwrap_or(usize::MAX),
            },
            keep_all: context.settings.collect.keep == Keep::All,
        };
        let room = LISTED_REJECTS.saturating_sub(self.report.rejects.len());
        let mut writer = self.batch()?.object()?;
        let mut sink = ObjectSink { writer: &mut writer, listed: Vec::new(), room };
        let outcome = trail::read_object(file, &object.name, layout, &reading, &mut sink);
        let listed = sink.listed;
        match outcome {
            Ok(found) => {
                let counts = counts_of(&found);
                let fate = if found.skipped { ObjectFate::Skipped } else { ObjectFate::Read };
                writer.finish(identity, fate, found.provider, &counts)?;
                self.note(&found, &counts, listed, layout, identity);
                Ok(())
            }
            Err(ObjectError::Sink(error)) => Err(error.into()),
            Err(ObjectError::Io(error)) => {
                drop(writer);
                self.reject_object(identity, layout, format!("cannot be read: {error}"), None)
            }
            Err(ObjectError::Content { reason, offset }) => {
                drop(writer);
                self.reject_object(identity, layout, reason, offset)
            }
        }
    }

    /// Takes what reading an object to its end came to into the report and the coverage.
    fn note(
        &mut self,
        found: &ObjectReport,
        counts: &SourceSummary,
        listed: Vec<Reject>,
        layout: &Layout,
        identity: &ObjectIdentity,
    ) {
        self.report.summary.add(counts);
        self.report.incomplete |= counts.records_rejected > 0;
        self.report.rejects.extend(listed);
        if !found.skipped {
            self.coverage.object_read(&identity.name, layout, found);
        }
        self.context.progress.object_done(identity.size, found.records);
    }

    fn reject_object(
        &mut self,
        identity: &ObjectIdentity,
        layout: &Layout,
        reason: String,
        offset: Option<u64>,
    ) -> Result<(), JobError> {
        tracing::warn!(object = identity.name, reason, "object rejected");
        let reject = Reject { object: identity.name.clone(), record: None, offset, reason, raw: Vec::new() };
        let counts =
            SourceSummary { objects_rejected: 1, bytes_compressed: identity.size, ..SourceSummary::default() };
        let mut writer = self.batch()?.object()?;
        writer.add_reject(&reject)?;
        writer.finish(identity, ObjectFate::Rejected, layout.provider, &counts)?;
        self.report.summary.add(&counts);
        self.report.incomplete = true;
        self.coverage.object_rejected(&identity.name, layout, &reject.reason);
        if self.report.rejects.len() < LISTED_REJECTS {
            self.report.rejects.push(reject);
        }
        self.context.progress.object_done(identity.size, 0);
        Ok(())
    }

    fn batch(&mut self) -> Result<&mut Batch<'a>, StoreError> {
        if self.batch.is_none() {
            self.batch = Some(self.context.store.batch(self.run, self.now)?);
        }
        Ok(self.batch.as_mut().expect("was just begun"))
    }

    fn commit_when_due(&mut self) -> Result<(), JobError> {
        if self.batch.as_ref().is_some_and(Batch::is_due) {
            self.commit()?;
        }
        Ok(())
    }

    /// Commits the objects read since the last commit and what they cover, in one transaction.
    fn commit(&mut self) -> Result<(), JobError> {
        let Some(mut batch) = self.batch.take() else { return Ok(()) };
        batch.save_coverage(&self.coverage.take_rows())?;
        batch.commit()?;
        Ok(())
    }

    fn end(mut self) -> Result<IngestReport, JobError> {
        self.commit()?;
        Ok(self.report)
    }
}

pub(super) fn counts_of(found: &ObjectReport) -> SourceSummary {
    let (read, skipped) = if found.skipped { (0, 1) } else { (1, 0) };
    SourceSummary {
        objects_read: read,
        objects_skipped: skipped,
        records_read: found.records,
        records_kept: found.kept,
        records_duplicate: found.duplicate,
        records_irrelevant: found.irrelevant,
        records_rejected: found.rejected,
        bytes_compressed: found.bytes_in,
        bytes_uncompressed: found.bytes_out,
        ..SourceSummary::default()
    }
}

/// Hands events and rejects of one object to its transaction.
pub(super) struct ObjectSink<'a, 'b> {
    pub(super) writer: &'a mut ObjectWriter<'b>,
    pub(super) listed: Vec<Reject>,
    pub(super) room: usize,
}

impl Sink for ObjectSink<'_, '_> {
    type Error = StoreError;

    fn event(&mut self, event: TrailEvent) -> Result<bool, StoreError> {
        self.writer.add_event(&event)
    }

    fn reject(&mut self, reject: Reject) -> Result<(), StoreError> {
        tracing::warn!(object = reject.object, record = reject.record, reason = reject.reason, "record rejected");
        self.writer.add_reject(&reject)?;
        if self.listed.len() < self.room {
            self.listed.push(reject);
        }
        Ok(())
    }
}
