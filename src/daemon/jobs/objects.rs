//! Reading trail objects into the history, wherever their bytes come from.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Read;

use jiff::Timestamp;

use super::desk::{Desk, Finished, Refusal, Trouble};
use super::trail_coverage::TrailCoverage;
use super::{IngestReport, JobContext, JobError};
use crate::config::Settings;
use crate::model::{ObjectHashes, Provider, Reject, SourceSummary, TrailEvent, api};
use crate::sources::files::Hashed;
use crate::store::{Batch, LedgerEntry, ObjectFate, ObjectIdentity, ObjectWriter, RunId, StoreError};
use crate::trail::{self, Layout, ObjectKind, ObjectReport, Sink};

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
    /// Made when the first object is read on this thread.
    desk: Option<Desk>,
}

impl<'a> ObjectReader<'a> {
    pub(super) fn new(context: &'a JobContext, run: RunId, provider: Option<Provider>) -> Self {
        let (now, coverage, report) = (context.now(), BTreeMap::new(), IngestReport::default());
        Self { context, now, run, provider, batch: None, coverage, report, desk: None }
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
        let place = At { trail, layout: &layout, identity };
        match self.plan(&place)? {
            Plan::Done(fate) => Ok(fate),
            Plan::Hash => {
                let hashes = open().and_then(|bytes| Hashed::new(bytes).finish().map_err(|error| error.to_string()));
                self.hashed(identity, hashes)
            }
            Plan::Read => {
                let (reading, hash) = (self.context.reading(), hashes(&self.context.settings, trail));
                let mut desk = self.desk.take().unwrap_or_else(|| Desk::new(&self.context.profiles));
                let fate = self.read(&place, |sink| {
                    let bytes = open().map_err(|reason| Trouble::<JobError>::Object(Refusal::new(reason)))?;
                    Ok(desk.read((identity, &layout), bytes, (&reading, hash), sink)?)
                });
                self.desk = Some(desk);
                fate
            }
        }
    }

    /// What is to be done with an object; one with which nothing is to be done is taken.
    pub(super) fn plan(&mut self, place: &At<'_>) -> Result<Plan, JobError> {
        if matches!(place.layout.kind, ObjectKind::Digest | ObjectKind::Insight) {
            self.skipped();
            return Ok(Plan::Done(ObjectFate::Skipped));
        }
        // What this batch holds counts too, so that nothing depends on where its commits fall.
        let entry = match &mut self.batch {
            Some(batch) => batch.ledger_entry(place.identity)?,
            None => self.context.store.ledger_entry(place.identity)?,
        };
        // A rejected one is tried again: it may have been half-written.
        let Some(entry) = entry.filter(|entry| entry.fate != ObjectFate::Rejected) else { return Ok(Plan::Read) };
        self.report.incomplete |= !is_whole(entry, place.layout);
        if self.context.choice.hash_known && !entry.hashed {
            return Ok(Plan::Hash);
        }
        self.already_ingested(place.identity);
        Ok(Plan::Done(ObjectFate::Read))
    }

    fn already_ingested(&mut self, identity: &ObjectIdentity) {
        self.report.summary.objects_seen += 1;
        self.report.summary.objects_already_ingested += 1;
        self.context.progress.object_done(identity.size, &SourceSummary::default());
    }

    /// Takes the hashes of an object that an earlier run has read.
    pub(super) fn hashed(
        &mut self,
        identity: &ObjectIdentity,
        hashes: Result<ObjectHashes, String>,
    ) -> Result<ObjectFate, JobError> {
        self.already_ingested(identity);
        match hashes {
            Ok(hashes) => self.batch()?.save_hashes(identity, &hashes)?,
            Err(reason) => {
                // What was read of it stays: only the hash is missing.
                let reason = format!("cannot be hashed: {reason}");
                tracing::warn!(object = identity.name, reason, "object not hashed");
                self.report.incomplete = true;
                self.list(whole_object(identity, reason, None));
            }
        }
        Ok(ObjectFate::Read)
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
        self.reject_object(&At { trail, layout: &layout, identity }, Refusal::new(reason))
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

    /// Takes an object that `produce` reads into the sink: the one place where its outcome is stored.
    pub(super) fn read(
        &mut self,
        place: &At<'_>,
        produce: impl FnOnce(&mut ObjectSink<'_, '_>) -> Result<Finished, Trouble<JobError>>,
    ) -> Result<ObjectFate, JobError> {
        self.report.summary.objects_seen += 1;
        let room = LISTED_REJECTS.saturating_sub(self.report.rejects.len());
        let counted = self.context.choice.count;
        let mut writer = self.batch()?.object()?;
        let mut sink = ObjectSink::new(&mut writer, room);
        let outcome = produce(&mut sink);
        let ObjectSink { listed, kept, duplicate, .. } = sink;
        match outcome {
            Ok(Finished { report, hashes }) => {
                // Only the store knows which events are new.
                let found = ObjectReport { kept, duplicate, ..report };
                let counts = counts_of(&found, counted);
                let fate = if found.skipped { ObjectFate::Skipped } else { ObjectFate::Read };
                writer.set_hashes(hashes);
                writer.finish(place.identity, fate, found.provider, &counts)?;
                self.note(place, &found, &counts, listed)?;
                Ok(fate)
            }
            Err(Trouble::Sink(error)) => Err(error),
            Err(Trouble::Object(refusal)) => {
                drop(writer);
                self.reject_object(place, refusal)
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
            let counted = !counts.records_uncounted;
            let name = &place.identity.name;
            let whole = self.coverage(place.trail)?.object_read(name, place.layout, found, counted);
            self.report.incomplete |= !whole;
        }
        self.context.progress.object_done(place.identity.size, counts);
        Ok(())
    }

    fn reject_object(&mut self, place: &At<'_>, refusal: Refusal) -> Result<ObjectFate, JobError> {
        let At { trail, layout, identity } = *place;
        let Refusal { reason, offset } = refusal;
        tracing::warn!(object = identity.name, reason, "object rejected");
        let reject = whole_object(identity, reason, offset);
        let counts =
            SourceSummary { objects_rejected: 1, bytes_compressed: identity.size, ..SourceSummary::default() };
        let mut writer = self.batch()?.object()?;
        writer.add_reject(&reject)?;
        writer.finish(identity, ObjectFate::Rejected, layout.provider, &counts)?;
        self.report.summary.add(&counts);
        self.report.incomplete = true;
        self.coverage(trail)?.object_rejected(&identity.name, layout, &reject.reason);
        self.list(reject);
        self.context.progress.object_done(identity.size, &counts);
        Ok(ObjectFate::Rejected)
    }

    fn list(&mut self, reject: Reject) {
        if self.report.rejects.len() < LISTED_REJECTS {
            self.report.rejects.push(reject);
        }
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

/// Whether objects are hashed when they are read: where their digests are checked, they need not be fetched again then.
fn hashes(settings: &Settings, trail: &str) -> bool {
    settings.collect.sha256 || (trail == api::TRAIL_S3 && settings.verifies_digests())
}

/// Whether nothing is missing of an object that was read to its end.
fn is_whole(entry: LedgerEntry, layout: &Layout) -> bool {
    let miscounted = || entry.records.and_then(|records| layout.miscounted(records)).is_some();
    entry.rejected_records == 0 && (entry.fate != ObjectFate::Read || !miscounted())
}

/// An object and what its place tells.
#[derive(Clone, Copy)]
pub(super) struct At<'o> {
    /// The kind of trail that it came by.
    pub(super) trail: &'static str,
    pub(super) layout: &'o Layout,
    pub(super) identity: &'o ObjectIdentity,
}

/// What is to be done with an object.
pub(super) enum Plan {
    /// Nothing any more.
    Done(ObjectFate),
    /// It was read before, and its hashes are wanted.
    Hash,
    /// It is to be read.
    Read,
}

fn whole_object(identity: &ObjectIdentity, reason: String, offset: Option<u64>) -> Reject {
    Reject { object: identity.name.clone(), record: None, offset, reason, raw: Vec::new() }
}

/// The counts of an object, or of a part of one. Where records that no profile concerns were not `counted`, they are
/// left out.
pub(super) fn counts_of(found: &ObjectReport, counted: bool) -> SourceSummary {
    let seen = found.kept + found.duplicate + found.rejected;
    let (records, irrelevant) = if counted { (found.records, found.irrelevant) } else { (seen, 0) };
    let (read, skipped) = if found.skipped { (0, 1) } else { (1, 0) };
    SourceSummary {
        objects_read: read,
        objects_skipped: skipped,
        records_read: records,
        records_kept: found.kept,
        records_duplicate: found.duplicate,
        records_irrelevant: irrelevant,
        records_rejected: found.rejected,
        bytes_compressed: found.bytes_in,
        bytes_uncompressed: found.bytes_out,
        records_uncounted: !counted,
        ..SourceSummary::default()
    }
}

/// Hands events and rejects of one object to its transaction.
pub(super) struct ObjectSink<'a, 'b> {
    writer: &'a mut ObjectWriter<'b>,
    room: usize,
    /// The first rejects, as far as the report has room for them.
    pub(super) listed: Vec<Reject>,
    /// Events that are new.
    kept: u64,
    /// Events that were stored before.
    duplicate: u64,
}

impl<'a, 'b> ObjectSink<'a, 'b> {
    /// A sink that lists as many rejects as there is `room` for.
    pub(super) fn new(writer: &'a mut ObjectWriter<'b>, room: usize) -> Self {
        Self { writer, room, listed: Vec::new(), kept: 0, duplicate: 0 }
    }

    /// Stores an event; answers whether it is new.
    pub(super) fn store(&mut self, event: &TrailEvent) -> Result<bool, StoreError> {
        let new = self.writer.add_event(event)?;
        *(if new { &mut self.kept } else { &mut self.duplicate }) += 1;
        Ok(new)
    }
}

impl Sink for ObjectSink<'_, '_> {
    type Error = StoreError;

    fn event(&mut self, event: TrailEvent) -> Result<bool, StoreError> {
        self.store(&event)
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
