//! What was stored goes back to the thread that made it, to be dropped there. The memory of an event is a few dozen pieces;
//! a thread that gives back those of another has both wait for the allocator's locks, and for each other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::parts::Item;

/// Bytes that lie there at most: a thread that reads on without finding anything clears nothing away.
const MOST_BYTES: usize = 1 << 20;

/// Parts of one thread that are stored.
#[derive(Clone, Default)]
pub(super) struct Spent(Arc<Mutex<Parts>>);

#[derive(Default)]
struct Parts {
    parts: Vec<Vec<Item>>,
    bytes: usize,
}

impl Spent {
    /// Puts a part of so many bytes there, or drops it where there are enough.
    pub(super) fn put(&self, part: Vec<Item>, bytes: usize) {
        let mut held = self.held();
        if held.bytes + bytes <= MOST_BYTES {
            held.bytes += bytes;
            held.parts.push(part);
        }
    }

    /// Drops what lies there.
    pub(super) fn clear(&self) {
        // The lock is free again before the work begins.
        let parts = std::mem::take(&mut *self.held());
        drop(parts);
    }

    fn held(&self) -> MutexGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_held_for_a_thread_that_does_not_come() {
        let spent = Spent::default();
        let held = || {
            let held = spent.held();
            (held.parts.len(), held.bytes)
        };
        for bytes in [MOST_BYTES - 1, 2, 1, usize::MAX / 2] {
            spent.put(Vec::new(), bytes);
        }
        assert_eq!(held(), (2, MOST_BYTES));
        spent.clear();
        assert_eq!(held(), (0, 0));
    }
}
