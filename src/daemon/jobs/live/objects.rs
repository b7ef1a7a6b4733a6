//! Storing the trail objects that live sources have fetched, and telling the sources what is on the disk.

use bytes::Buf;
use tokio::sync::oneshot;

use crate::daemon::jobs::objects::ObjectReader;
use crate::daemon::jobs::{IngestReport, JobContext, JobError};
use crate::model::Provider;
use crate::sources::live::{Content, FetchedObject, Kept};
use crate::store::{ObjectFate, ObjectIdentity, RunId};

/// Stores objects. Between two of its commits the store takes no other write from this thread.
pub(super) struct Objects<'a> {
    reader: ObjectReader<'a>,
    /// Receipts for objects that are not committed yet. Lost with the store, they are dropped unanswered.
    owed: Vec<(oneshot::Sender<Kept>, Kept)>,
}

impl<'a> Objects<'a> {
    pub(super) fn new(context: &'a JobContext, run: RunId, provider: Provider) -> Self {
        Self { reader: ObjectReader::new(context, run, Some(provider)), owed: Vec::new() }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use jiff::Timestamp;
    use tokio::sync::oneshot::error::TryRecvError;
    use tokio::sync::oneshot::{Receiver, channel};

    use super::*;
    use crate::clock::SettableClock;
    use crate::config::{self, Overrides};
    use crate::daemon::Stop;
    use crate::daemon::jobs::{ReadingChoice, Unwatched};
    use crate::model::{RunKind, api};
    use crate::profiles::{Profiles, Selection};
    use crate::rules::Controls;
    use crate::sources::live::ObjectName;
    use crate::store::{Access, DatabaseUrl, Store};

    /// Hands one object of that content to a store, and answers its receipt before and after what `end` does.
    fn receipts(content: Content, end: impl FnOnce(Objects<'_>)) -> [Result<Kept, TryRecvError>; 2] {
        let directory = tempfile::tempdir().expect("a directory");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let url = DatabaseUrl(directory.path().join("history.db"));
        let store = runtime.block_on(Store::open(&url, Access::Write("tests"))).expect("a new history");
        let loaded = config::load(None, &|_| None, &Overrides::default()).expect("the defaults");
        let job = JobContext {
            store,
            settings: Arc::new(loaded.settings),
            profiles: Arc::new(Profiles::load(&Selection::default()).expect("the profiles of the program")),
            exceptions: Arc::default(),
            controls: Controls::builtin(),
            clock: Arc::new(SettableClock::at(Timestamp::UNIX_EPOCH)),
            choice: ReadingChoice::default(),
            scheduled: false,
            runtime: runtime.handle().clone(),
            stop: Stop::default(),
            progress: Arc::new(Unwatched),
        };
        let run = job.store.begin_run(RunKind::Collect, job.now()).expect("a run");
        let mut objects = Objects::new(&job, run, Provider::Aws);
        let (sender, mut receipt): (_, Receiver<Kept>) = channel();
        let object = ObjectName { name: "s3://logs/a.json".to_owned(), size: 14, version: "1".to_owned() };
        let receipted = Some(sender);
        let found = FetchedObject { trail: api::TRAIL_SQS, object, content, receipt: receipted, room: None };
        objects.take(found).expect("a store that works");
        let before = receipt.try_recv();
        end(objects);
        [before, receipt.try_recv()]
    }

    fn log() -> Content {
        Content::Bytes(Bytes::from_static(br#"{"Records":[]}"#))
    }

    #[test]
    fn a_receipt_is_answered_when_the_object_is_committed_and_not_before() {
        let commit = |mut objects: Objects<'_>| objects.commit().expect("a store that works");
        assert_eq!(receipts(log(), commit), [Err(TryRecvError::Empty), Ok(Kept::Stored)]);
        let missing = Content::Missing("NoSuchKey".to_owned());
        assert_eq!(receipts(missing, commit), [Err(TryRecvError::Empty), Ok(Kept::Rejected)]);
    }

    #[test]
    fn a_receipt_for_what_is_lost_is_never_answered() {
        let lose = |objects: Objects<'_>| drop(objects);
        assert_eq!(receipts(log(), lose), [Err(TryRecvError::Empty), Err(TryRecvError::Closed)]);
    }
}
