//! Storing the trail objects that live sources have fetched, and telling the sources what is on the disk.

use bytes::Buf;
use tokio::sync::oneshot;

use crate::daemon::jobs::objects::ObjectReader;
use crate::daemon::jobs::{IngestReport, JobContext, JobError};
use crate::model::Provider;
use crate::sources::aws::{Content, FetchedObject, Kept};
use crate::store::{ObjectFate, ObjectIdentity, RunId};

/// Stores objects. Between two of its commits the store takes no other write from this thread.
pub(super) struct Objects<'a> {
    reader: ObjectReader<'a>,
    /// Receipts for objects that are not committed yet. Lost with the store, they are dropped unanswered.
    owed: Vec<(oneshot::Sender<Kept>, Kept)>,
}

impl<'a> Objects<'a> {
    pub(super) fn new(context: &'a JobContext, run: RunId) -> Self {
        Self { reader: ObjectReader::new(context, run, Some(Provider::Aws)), owed: Vec::new() }
    }

    /// Takes an object.
    pub(super) fn take(&mut self, found: FetchedObject) -> Result<(), JobError> {
        let FetchedObject { trail, object, content, receipt, room } = found;
        let identity = ObjectIdentity { name: object.name, size: object.size, version: object.version };
        let fate = match content {
            Content::Bytes(bytes) => self.reader.object(trail, &identity, || Ok(bytes.reader()))?,
            Content::Known => self.reader.known(trail, &identity)?,
            Content::Missing(reason) => self.reader.unreadable(trail, &identity, reason)?,
            Content::Skipped => {
                self.reader.skipped();
                ObjectFate::Skipped
            }
        };
        drop(room);
        let kept = if fate == ObjectFate::Rejected { Kept::Rejected } else { Kept::Stored };
        self.owed.extend(receipt.map(|receipt| (receipt, kept)));
        if self.reader.is_due() {
            self.commit()?;
        }
        Ok(())
    }

    /// Commits what was taken, then answers the receipts.
    pub(super) fn commit(&mut self) -> Result<(), JobError> {
        self.reader.commit()?;
        for (receipt, kept) in self.owed.drain(..) {
            // Whoever does not wait any more will ask the history.
            let _ = receipt.send(kept);
        }
        Ok(())
    }

    /// Commits, and answers what the objects came to.
    pub(super) fn end(mut self) -> Result<IngestReport, JobError> {
        self.commit()?;
        self.reader.end()
    }
}
