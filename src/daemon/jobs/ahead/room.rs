//! The memory of everything that was read and is not stored yet.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of events and rejects of all objects that wait to be stored, beside the oldest.
const MOST_BYTES: usize = 4 << 20;

/// Nobody stores anything any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Closed;

/// Lets threads go on while there is room for what they have read.
#[derive(Default)]
pub(super) struct Room {
    held: Mutex<Held>,
    changed: Condvar,
}

#[derive(Default)]
struct Held {
    bytes: usize,
    /// Number of the object that is stored now.
    oldest: u64,
    closed: bool,
}

impl Held {
    fn has_room(&self, object: u64, bytes: usize) -> bool {
        self.oldest == object || self.bytes == 0 || self.bytes.saturating_add(bytes) <= MOST_BYTES
    }
}

impl Room {
    /// Waits until there is room for so many bytes of an object. The oldest always has it: all others wait for that.
    pub(super) fn take(&self, object: u64, bytes: usize) -> Result<(), Closed> {
        let must_wait = |held: &mut Held| !held.closed && !held.has_room(object, bytes);
        let waited = self.changed.wait_while(self.held(), must_wait);
        let mut held = waited.unwrap_or_else(PoisonError::into_inner);
        if held.closed {
            return Err(Closed);
        }
        held.bytes += bytes;
        Ok(())
    }

    /// So many bytes are stored.
    pub(super) fn give_back(&self, bytes: usize) {
        self.held().bytes -= bytes;
        self.changed.notify_all();
    }

    /// From now on that object is the oldest.
    pub(super) fn oldest(&self, object: u64) {
        self.held().oldest = object;
        self.changed.notify_all();
    }

    /// Nothing is stored any more.
    pub(super) fn close(&self) {
        self.held().closed = true;
        self.changed.notify_all();
    }

    /// Whether nothing is stored any more.
    pub(super) fn is_closed(&self) -> bool {
        self.held().closed
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_oldest_always_has_room_and_the_others_as_long_as_there_is_some() {
        let held = |bytes| Held { bytes, oldest: 1, closed: false };
        for (object, bytes, wanted, has_room) in [
            (2, MOST_BYTES - 1, 1, true),
            (2, MOST_BYTES, 1, false),
            (1, MOST_BYTES, 1, true),
            (2, 1, usize::MAX, false),
            (1, 1, usize::MAX, true),
            (2, 0, 2 * MOST_BYTES, true),
        ] {
            assert_eq!(held(bytes).has_room(object, wanted), has_room, "{object}: {wanted} beside {bytes}");
        }
    }

    /// Has a thread ask a full room for a place, makes some with `relieve`, and answers what the thread got.
    fn answered(relieve: impl FnOnce(&Room)) -> Result<(), Closed> {
        let room = Room::default();
        room.take(1, MOST_BYTES).expect("there is room at first");
        thread::scope(|scope| {
            let asking = scope.spawn(|| room.take(2, 1));
            relieve(&room);
            asking.join().expect("no panic")
        })
    }

    #[test]
    fn who_waits_goes_on_when_there_is_room_or_when_it_is_over() {
        assert_eq!(answered(|room| room.give_back(MOST_BYTES)), Ok(()));
        assert_eq!(answered(|room| room.oldest(2)), Ok(()));
        assert_eq!(answered(Room::close), Err(Closed));
    }
}
