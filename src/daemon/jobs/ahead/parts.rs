//! What goes from the thread that reads an object to the one that stores it.

use std::sync::mpsc::{Receiver, SyncSender};

use super::room::{Closed, Room};
use super::silent;
use super::spent::Spent;
use crate::daemon::jobs::JobError;
use crate::daemon::jobs::desk::{Finished, Refusal, Trouble};
use crate::daemon::jobs::objects::ObjectSink;
use crate::model::{Reject, TrailEvent};
use crate::trail::Sink;

/// Parts of one object that wait to be stored, at most.
pub(super) const PARTS: usize = 2;

/// Bytes of a part, beside its last event or reject: few enough that memory stays small, enough that threads seldom
/// wake each other.
const PART_BYTES: usize = 128 << 10;

/// Bytes of an event beside its record, roughly.
const EVENT_BYTES: usize = 1 << 10;

/// Some of what an object holds, and its end with the last.
pub(super) struct Part {
    items: Vec<Item>,
    /// Bytes of the items, for which room was taken.
    bytes: usize,
    /// Where the items go once they are stored.
    spent: Spent,
    end: Option<Result<Finished, Refusal>>,
}

pub(super) enum Item {
    Event(Box<TrailEvent>),
    Reject(Reject),
}

/// Sends what is found in one object.
pub(super) struct Parts<'a> {
    number: u64,
    sender: SyncSender<Part>,
    room: &'a Room,
    spent: &'a Spent,
    items: Vec<Item>,
    bytes: usize,
}

impl<'a> Parts<'a> {
    pub(super) fn new(number: u64, sender: SyncSender<Part>, (room, spent): (&'a Room, &'a Spent)) -> Self {
        Self { number, sender, room, spent, items: Vec::new(), bytes: 0 }
    }

    /// Sends how the object ended, with what was not sent before.
    pub(super) fn end(mut self, end: Result<Finished, Refusal>) -> Result<(), Closed> {
        self.send(Some(end))
    }

    fn add(&mut self, item: Item, bytes: usize) -> Result<(), Closed> {
        self.items.push(item);
        self.bytes += bytes;
        if self.bytes < PART_BYTES { Ok(()) } else { self.send(None) }
    }

    fn send(&mut self, end: Option<Result<Finished, Refusal>>) -> Result<(), Closed> {
        let (items, bytes) = (std::mem::take(&mut self.items), std::mem::take(&mut self.bytes));
        self.spent.clear();
        self.room.take(self.number, bytes)?;
        self.sender.send(Part { items, bytes, spent: self.spent.clone(), end }).map_err(|_| Closed)
    }
}

impl Sink for Parts<'_> {
    type Error = Closed;

    /// Whether it is new is found out when it is stored.
    fn event(&mut self, event: TrailEvent) -> Result<bool, Closed> {
        let bytes = EVENT_BYTES + event.raw.len();
        self.add(Item::Event(Box::new(event)), bytes)?;
        Ok(true)
    }

    fn reject(&mut self, reject: Reject) -> Result<(), Closed> {
        let bytes = EVENT_BYTES + reject.raw.len();
        self.add(Item::Reject(reject), bytes)
    }
}

/// Hands an object's parts to the sink as they come, to its end.
pub(super) fn receive(
    parts: &Receiver<Part>,
    room: &Room,
    sink: &mut ObjectSink<'_, '_>,
) -> Result<Finished, Trouble<JobError>> {
    loop {
        let Part { items, bytes, spent, end } = parts.recv().map_err(|_| Trouble::Sink(silent()))?;
        for item in &items {
            let stored = match item {
                Item::Event(event) => sink.store(event).map(drop),
                Item::Reject(reject) => sink.reject(reject.clone()),
            };
            stored.map_err(|error| Trouble::Sink(JobError::from(error)))?;
        }
        spent.put(items, bytes);
        room.give_back(bytes);
        if let Some(end) = end {
            return end.map_err(Trouble::Object);
        }
    }
}
