//! Room for trail objects that wait to be stored, in all trails of a scan together: however far the fetching is ahead of
//! the disk, memory has a bound.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Failure, Scan};
use crate::model::Outcome;

/// Bytes of objects that wait to be stored, fetched or about to be.
const ROOM_BYTES: u64 = 32 << 20;

/// The unit in which room is given.
const ROOM_UNIT: u64 = 1 << 10;

/// The room of a scan.
#[derive(Debug)]
pub(in crate::sources) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(ROOM_BYTES / ROOM_UNIT).unwrap_or(usize::MAX))))
    }
}

impl Room {
    /// The share of an object of that size, if it is free now.
    pub(in crate::sources) fn try_take(&self, size: u64) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_many_owned(share(size)).ok()
    }
}

impl Scan {
    /// Waits for room for an object of that size.
    pub(in crate::sources) async fn take_room(&self, size: u64) -> Result<OwnedSemaphorePermit, Failure> {
        let taken = self.within(Arc::clone(&self.room().0).acquire_many_owned(share(size))).await?;
        taken.map_err(|error| Failure::new(Outcome::Error, error.to_string()))
    }
}

/// An object that is larger than the room takes all of it, and passes alone.
fn share(size: u64) -> u32 {
    u32::try_from(size.clamp(ROOM_UNIT, ROOM_BYTES).div_ceil(ROOM_UNIT)).unwrap_or(u32::MAX)
}
