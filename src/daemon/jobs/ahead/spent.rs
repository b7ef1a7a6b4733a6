//! What was stored goes back to the thread that made it, to be dropped there. The memory of an event is a few dozen pieces;
//! a thread that gives back those of another has both wait for the allocator's locks, and for each other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::parts::Item;

/// Parts that lie there at most. A thread that reads on without finding anything clears nothing away.
const MOST_PARTS: usize = 8;

/// Parts of one thread that are stored.
#[derive(Clone, Default)]
pub(super) struct Spent(Arc<Mutex<Vec<Vec<Item>>>>);

impl Spent {
    /// Puts a part there, or drops it where there are enough.
    pub(super) fn put(&self, part: Vec<Item>) {
        let mut parts = self.parts();
        if parts.len() < MOST_PARTS {
            parts.push(part);
        }
    }

    /// Drops what lies there.
    pub(super) fn clear(&self) {
        // The lock is free again before the work begins.
        let parts = std::mem::take(&mut *self.parts());
        drop(parts);
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Vec<Item>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
