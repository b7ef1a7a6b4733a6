//! Reading files on threads of their own, ahead of the one that stores what they hold.
//!
//! Objects are queued in the order in which they are found, and stored in that order by the job's own thread, which
//! has the store's writer. What a thread finds in an object goes through a channel of that object; a slow store slows
//! the threads, because queue, channels and the memory of all of them together are bounded. No two of them can wait
//! for each other: threads take objects in order, so that the oldest is always under way, and it always has room.

mod parts;
mod room;
mod spent;
#[cfg(test)]
mod tests;
mod worker;

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::{self, ScopedJoinHandle};

use super::ingest::{identity, one_by_one, only_named, skip};
use super::objects::{At, ObjectReader, Plan};
use super::{JobContext, JobError};
use crate::model::{ObjectHashes, api};
use crate::sources::files::{Entry, ObjectRef};
use crate::store::ObjectIdentity;
use crate::trail::{self, Layout};

use parts::{PARTS, Part, receive};
use room::Room;
use worker::{Task, Work, Worker};

/// Objects for each thread that are read, or wait for it, while another one is stored. A commit waits for the disk so
/// long as some dozens of ordinary objects take to be read.
const AHEAD: usize = 32;

/// Reads the objects of `entries` on so many threads.
pub(super) fn read(
    context: &JobContext,
    reader: &mut ObjectReader<'_>,
    entries: impl Iterator<Item = Entry>,
    threads: usize,
) -> Result<(), JobError> {
    read_with(context, reader, entries, threads, worker::work)
}

fn read_with(
    context: &JobContext,
    reader: &mut ObjectReader<'_>,
    entries: impl Iterator<Item = Entry>,
    threads: usize,
    run: impl Fn(Worker<'_>) + Copy + Send,
) -> Result<(), JobError> {
    let room = Room::default();
    let (jobs, queue) = mpsc::sync_channel(threads * AHEAD);
    // Only the threads have it: when the last of them is gone, so are the objects in it, and nobody waits for them.
    let queue = Arc::new(Mutex::new(queue));
    thread::scope(|scope| {
        let begin = || {
            let (queue, room) = (Arc::clone(&queue), &room);
            let worker = Worker { reading: context.reading(), hash: context.settings.collect.sha256, queue, room };
            thread::Builder::new().name("reader".to_owned()).spawn_scoped(scope, move || run(worker))
        };
        let workers: Vec<_> = (0..threads).map_while(|_| begin().inspect_err(no_more).ok()).collect();
        drop(queue);
        if workers.is_empty() {
            return one_by_one(context, reader, entries);
        }
        let storing = Storing { context, reader, jobs, waiting: VecDeque::new(), number: 0, room: &room };
        let stored = storing.run(entries, threads * AHEAD);
        // Whatever else happened: a thread that panicked is a defect, and the object that it had is not stored. Every
        // thread is asked, because the scope panics for those that nobody asked.
        let ends: Vec<_> = workers.into_iter().map(ScopedJoinHandle::join).collect();
        let panic = ends.into_iter().find_map(Result::err);
        panic.map_or(stored, |panic| Err(JobError::Broken(said(panic.as_ref()))))
    })
}

fn no_more(error: &io::Error) {
    tracing::warn!(%error, "the system gives no more threads");
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a thread that reads objects panicked: {}", text.unwrap_or("without a word"))
}

/// Something that was found and is to be stored in its turn.
enum Waiting {
    Object { number: u64, identity: ObjectIdentity, layout: Layout, parts: Receiver<Part> },
    Hashes { identity: ObjectIdentity, hashes: Receiver<Result<ObjectHashes, String>> },
    Unreadable { identity: ObjectIdentity, reason: String },
}

impl Waiting {
    fn identity(&self) -> &ObjectIdentity {
        match self {
            Self::Object { identity, .. } | Self::Hashes { identity, .. } | Self::Unreadable { identity, .. } => {
                identity
            }
        }
    }
}

/// The job's own thread: it queues what is found, and stores what was read. Dropped, it ends the threads.
struct Storing<'a, 'r> {
    context: &'a JobContext,
    reader: &'a mut ObjectReader<'r>,
    jobs: SyncSender<Work>,
    waiting: VecDeque<Waiting>,
    /// Number of the next object.
    number: u64,
    room: &'a Room,
}

impl Drop for Storing<'_, '_> {
    fn drop(&mut self) {
        self.room.close();
    }
}

impl Storing<'_, '_> {
    fn run(mut self, entries: impl Iterator<Item = Entry>, most: usize) -> Result<(), JobError> {
        for found in entries {
            if self.is_stopped() {
                return Ok(());
            }
            self.add(found)?;
            while most <= self.waiting.len() {
                self.take_oldest()?;
            }
        }
        while !self.waiting.is_empty() {
            if self.is_stopped() {
                return Ok(());
            }
            self.take_oldest()?;
        }
        Ok(())
    }

    fn is_stopped(&mut self) -> bool {
        let stopped = self.context.stop.is_requested();
        if stopped {
            self.reader.interrupt();
        }
        stopped
    }

    fn add(&mut self, found: Entry) -> Result<(), JobError> {
        match found {
            Entry::Object(object) => self.add_object(object)?,
            Entry::Skipped { name, reason } => skip(self.reader, &name, &reason),
            Entry::Unreadable { name, reason } => {
                self.waiting.push_back(Waiting::Unreadable { identity: only_named(name), reason });
            }
        }
        Ok(())
    }

    fn add_object(&mut self, object: ObjectRef) -> Result<(), JobError> {
        let identity = identity(&object);
        // One that was named twice is known by then.
        while self.waiting.iter().any(|waiting| waiting.identity().name == identity.name) {
            self.take_oldest()?;
        }
        let layout = trail::layout(&identity.name);
        match self.reader.plan(&At { trail: api::TRAIL_FILES, layout: &layout, identity: &identity })? {
            Plan::Done(_) => Ok(()),
            Plan::Hash => {
                let (sender, hashes) = mpsc::channel();
                self.queue(object, Task::Hash(sender))?;
                self.waiting.push_back(Waiting::Hashes { identity, hashes });
                Ok(())
            }
            Plan::Read => {
                let (sender, parts) = mpsc::sync_channel(PARTS);
                self.number += 1;
                let number = self.number;
                let (of, place) = (identity.clone(), layout.clone());
                self.queue(object, Task::Read { number, identity: of, layout: place, parts: sender })?;
                self.waiting.push_back(Waiting::Object { number, identity, layout, parts });
                Ok(())
            }
        }
    }

    fn queue(&self, object: ObjectRef, task: Task) -> Result<(), JobError> {
        self.jobs.send(Work { object, task }).map_err(|_| silent())
    }

    /// Stores the object that was found first of those that wait.
    fn take_oldest(&mut self) -> Result<(), JobError> {
        match self.waiting.pop_front() {
            None => return Ok(()),
            Some(Waiting::Object { number, identity, layout, parts }) => {
                self.room.oldest(number);
                let place = At { trail: api::TRAIL_FILES, layout: &layout, identity: &identity };
                let room = self.room;
                self.reader.read(&place, |sink| receive(&parts, room, sink))?;
            }
            Some(Waiting::Hashes { identity, hashes }) => {
                let hashes = hashes.recv().map_err(|_| silent())?;
                self.reader.hashed(&identity, hashes)?;
            }
            Some(Waiting::Unreadable { identity, reason }) => {
                self.reader.unreadable(api::TRAIL_FILES, &identity, reason)?;
            }
        }
        self.reader.commit_when_due()
    }
}

/// A thread ended without the end of its object.
fn silent() -> JobError {
    JobError::Broken("a thread that reads objects ended early".to_owned())
}

/// Where a thread puts the hashes of an object.
type HashSender = Sender<Result<ObjectHashes, String>>;
