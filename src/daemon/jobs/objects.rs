//! Reading trail objects into the history, wherever their bytes come from.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Read;

use jiff::Timestamp;

use super::trail_coverage::TrailCoverage;
use super::{IngestReport, JobContext, JobError};
use crate::config::Keep;
use crate::model::{Provider, Reject, SourceSummary, TrailEvent};
use crate::store::{Batch, LedgerEntry, ObjectFate, ObjectIdentity, ObjectWriter, RunId, StoreError};
use crate::trail::{self, Layout, Limits, ObjectError, ObjectKind, ObjectReport, Reading, Sink};

/// Rejected objects and records that a report lists by name; all of them are counted and stored.
pub(super) const LISTED_REJECTS: usize = 1_000;

/// Reads objects one after the other into batches.
///
/// While a batch is open, this thread must ask the store for no other write; see [`ObjectReader::commit`].
pub(super) struct ObjectReader<'a> {
    context: &'a JobContext,
    now: Timestamp,
    run: RunId,
    provider: Option<Provider>,
    batch: Option<Batch<'a>>,
    /// By kind of trail.
    coverage: BTreeMap<&'static str, TrailCoverage>,
    report: IngestReport,
}

impl<'a> ObjectReader<'a> {
    pub(super) fn new(context: &'a JobContext, run: RunId, provider: Option<Provider>) -> Self {
        let (now, coverage, report) = (context.now(), BTreeMap::new(), IngestReport::default());
        Self { context, now, run, provider, batch: None, coverage, report }
    }

    /// Takes an object, reads it unless this very version was read before, and answers how it ended. `open` gives its
    /// bytes.
    pub(super) fn object<R: Read>(
        &mut self,
        trail: &'static str,
        identity: &ObjectIdentity,
        open: impl FnOnce() -> Result<R, String>,
    ) -> Result<ObjectFate, JobError> {
        let layout = trail::layout(&identity.name);
        if matches!(layout.kind, ObjectKind::Digest | ObjectKind::Insight) {
            self.skipped();
            return Ok(ObjectFate::Skipped);
        }
        self.report.summary.objects_seen += 1;
        if self.is_known(identity, &layout)? {
            self.report.summary.objects_already_ingested += 1;
            return Ok(ObjectFate::Read);
        }
        let place = At { trail, layout: &layout, identity };
        match open() {
            Ok(bytes) => self.read(&place, bytes),
            Err(reason) => self.reject_object(&place, reason, None),
        }
    }

    /// Takes an object whose bytes cannot be had.
    pub(super) fn unreadable(
        &mut self,
        trail: &'static str,
        identity: &ObjectIdentity,
        reason: String,
    ) -> Result<ObjectFate, JobError> {
        self.report.summary.objects_seen += 1;
        let layout = trail::layout(&identity.name);
        self.reject_object(&At { trail, layout: &layout, identity }, reason, None)
    }

    /// Takes an object that the ledger has in this very version.
    pub(super) fn known(&mut self, trail: &'static str, identity: &ObjectIdentity) -> Result<ObjectFate, JobError> {
        self.report.summary.objects_seen += 1;
        self.report.summary.objects_already_ingested += 1;
        let entry = self.context.store.ledger_entry(identity)?;
        let whole = entry.is_none_or(|entry| is_whole(entry, &trail::layout(&identity.name)));
        self.report.incomplete |= !whole;
        if whole {
            self.coverage(trail)?.object_whole(&identity.name);
        }
        Ok(ObjectFate::Read)
    }

    /// Takes something that is no log.
    pub(super) fn skipped(&mut self) {
        self.report.summary.objects_seen += 1;
        self.report.summary.objects_skipped += 1;
    }

    /// Says that the reading ends before its end.
    pub(super) fn interrupt(&mut self) {
        self.report.interrupted = true;
    }

    /// Whether this very version was read before. A rejected one is tried again: it may have been half-written.
    fn is_known(&mut self, identity: &ObjectIdentity, layout: &Layout) -> Result<bool, JobError> {
        let Some(entry) = self.context.store.ledger_entry(identity)? else { return Ok(false) };
        if entry.fate == ObjectFate::Rejected {
            return Ok(false);
        }
        self.report.incomplete |= !is_whole(entry, layout);
        Ok(true)
    }

    fn read(&mut self, place: &At<'_>, bytes: impl Read) -> Result<ObjectFate, JobError> {
        let At { layout, identity, .. } = *place;
        let context = self.context;
        let reading = Reading {
            profiles: &context.profiles,
            limits: Limits {
                max_object_bytes: context.settings.limits.max_object_bytes,
                max_ratio: context.settings.limits.max_ratio,
                max_record_bytes: usize::try_from(context.settings.limits.max_record_bytes).unwrap_or(usize::MAX),
            },
            keep_all: context.settings.collect.keep == Keep::All,
            count: true,
            parse_all: false,
        };
        let room = LISTED_REJECTS.saturating_sub(self.report.rejects.len());
        let mut writer = self.batch()?.object()?;
        let mut sink = ObjectSink { writer: &mut writer, listed: Vec::new(), room };
        let outcome = trail::read_object(bytes, &identity.name, layout, &reading, &mut sink);
        let listed = sink.listed;
        match outcome {
            Ok(found) => {
                let counts = counts_of(&found);
                let fate = if found.skipped { ObjectFate::Skipped } else { ObjectFate::Read };
                writer.finish(identity, fate, found.provider, &counts)?;
                self.note(place, &found, &counts, listed)?;
                Ok(fate)
            }
            Err(ObjectError::Sink(error)) => Err(error.into()),
            Err(ObjectError::Io(error)) => {
                drop(writer);
                self.reject_object(place, format!("cannot be read: {error}"), None)
            }
            Err(ObjectError::Content { reason, offset }) => {
                drop(writer);
                self.reject_object(place, reason, offset)
            }
        }
    }

    /// Takes what reading an object to its end came to into the report and the coverage.
    fn note(
        &mut self,
        place: &At<'_>,
        found: &ObjectReport,
        counts: &SourceSummary,
        listed: Vec<Reject>,
    ) -> Result<(), JobError> {
        self.report.summary.add(counts);
        self.report.rejects.extend(listed);
        if !found.skipped {
            let whole = self.coverage(place.trail)?.object_read(&place.identity.name, place.layout, found);
            self.report.incomplete |= !whole;
        }
        self.context.progress.object_done(place.identity.size, found.records);
        Ok(())
    }

    fn reject_object(&mut self, place: &At<'_>, reason: String, offset: Option<u64>) -> Result<ObjectFate, JobError> {
        let At { trail, layout, identity } = *place;
        tracing::warn!(object = identity.name, reason, "object rejected");
        let reject = Reject { object: identity.name.clone(), record: None, offset, reason, raw: Vec::new() };
        let counts =
            SourceSummary { objects_rejected: 1, bytes_compressed: identity.size, ..SourceSummary::default() };
        let mut writer = self.batch()?.object()?;
        writer.add_reject(&reject)?;
        writer.finish(identity, ObjectFate::Rejected, layout.provider, &counts)?;
        self.report.summary.add(&counts);
        self.report.incomplete = true;
        self.coverage(trail)?.object_rejected(&identity.name, layout, &reject.reason);
        if self.report.rejects.len() < LISTED_REJECTS {
            self.report.rejects.push(reject);
        }
        self.context.progress.object_done(identity.size, 0);
        Ok(ObjectFate::Rejected)
    }

    fn coverage(&mut self, trail: &'static str) -> Result<&mut TrailCoverage, StoreError> {
        Ok(match self.coverage.entry(trail) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(TrailCoverage::load(&self.context.store, self.now, trail, self.provider)?)
            }
        })
    }

    fn batch(&mut self) -> Result<&mut Batch<'a>, StoreError> {
        if self.batch.is_none() {
            self.batch = Some(self.context.store.batch(self.run, self.now)?);
        }
        Ok(self.batch.as_mut().expect("was just begun"))
    }

    /// Commits where enough has come together.
    pub(super) fn commit_when_due(&mut self) -> Result<(), JobError> {
        if self.is_due() { self.commit() } else { Ok(()) }
    }

    /// Whether enough has come together for a commit.
    pub(super) fn is_due(&self) -> bool {
        self.batch.as_ref().is_some_and(Batch::is_due)
    }

    /// Commits the objects read since the last commit and what they cover, in one transaction.
    pub(super) fn commit(&mut self) -> Result<(), JobError> {
        let rows: Vec<_> = self.coverage.values_mut().flat_map(TrailCoverage::take_rows).collect();
        if self.batch.is_none() && rows.is_empty() {
            return Ok(());
        }
        self.batch()?.save_coverage(&rows)?;
        let Some(batch) = self.batch.take() else { return Ok(()) };
        batch.commit()?;
        Ok(())
    }

    /// Commits what is left and answers what the reading came to.
    pub(super) fn end(mut self) -> Result<IngestReport, JobError> {
        self.commit()?;
        Ok(self.report)
    }
}

/// Whether nothing is missing of an object that was read to its end.
fn is_whole(entry: LedgerEntry, layout: &Layout) -> bool {
    entry.rejected_records == 0 && (entry.fate != ObjectFate::Read || layout.miscounted(entry.records).is_none())
}

/// An object and what its place tells.
#[derive(Clone, Copy)]
struct At<'o> {
    /// The kind of trail that it came by.
    trail: &'static str,
    layout: &'o Layout,
    identity: &'o ObjectIdentity,
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
