//! A thread that reads objects.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use super::HashSender;
use super::parts::{Part, Parts};
use super::room::{Closed, Room};
use super::spent::Spent;
use crate::daemon::jobs::desk::{Desk, Refusal, Trouble};
use crate::daemon::jobs::ingest::open;
use crate::sources::files::{Hashed, ObjectRef};
use crate::store::ObjectIdentity;
use crate::trail::{Layout, Reading};

/// An object and what is to be done with it.
pub(super) struct Work {
    pub(super) object: ObjectRef,
    pub(super) task: Task,
}

pub(super) enum Task {
    /// Read what it holds.
    Read { number: u64, identity: ObjectIdentity, layout: Layout, parts: SyncSender<Part> },
    /// Hash it.
    Hash(HashSender),
}

/// Takes the objects of the queue, one after the other.
pub(super) struct Worker<'a> {
    pub(super) reading: Reading<'a>,
    /// Whether hashes are wanted of what is read.
    pub(super) hash: bool,
    pub(super) queue: Arc<Mutex<Receiver<Work>>>,
    pub(super) room: &'a Room,
}

/// Works until there is nothing more to read, or nobody to read it for.
#[expect(clippy::needless_pass_by_value, reason = "the queue ends with the last worker that has it")]
pub(super) fn work(worker: Worker<'_>) {
    let mut desk = Desk::new(worker.reading.profiles);
    let spent = Spent::default();
    while let Some(work) = worker.next() {
        if worker.room.is_closed() || worker.take(&mut desk, work, &spent).is_err() {
            break;
        }
    }
}

impl Worker<'_> {
    /// The next object; none when all of them are taken.
    pub(super) fn next(&self) -> Option<Work> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }

    fn take(&self, desk: &mut Desk, Work { object, task }: Work, spent: &Spent) -> Result<(), Closed> {
        let bytes = open(&object).map(|file| Awaited { inner: file, room: self.room });
        match task {
            Task::Hash(sender) => {
                let hashed = |bytes| Hashed::new(bytes).finish().map_err(|error| error.to_string());
                sender.send(bytes.and_then(hashed)).map_err(|_| Closed)
            }
            Task::Read { number, identity, layout, parts } => {
                let mut parts = Parts::new(number, parts, (self.room, spent));
                let bytes = match bytes {
                    Ok(bytes) => bytes,
                    Err(reason) => return parts.end(Err(Refusal::new(reason))),
                };
                match desk.read((&identity, &layout), bytes, (&self.reading, self.hash), &mut parts) {
                    Ok(finished) => parts.end(Ok(finished)),
                    Err(Trouble::Object(refusal)) => parts.end(Err(refusal)),
                    Err(Trouble::Sink(closed)) => Err(closed),
                }
            }
        }
    }
}

/// A file that ends with an error when nobody waits for it any more: a large one would go on for long.
struct Awaited<'a, R> {
    inner: R,
    room: &'a Room,
}

impl<R: Read> Read for Awaited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.room.is_closed() {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        self.inner.read(buffer)
    }
}
