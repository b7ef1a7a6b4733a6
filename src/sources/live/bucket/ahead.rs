//! Fetching objects ahead of the store: several side by side, handed over in the order of their listing.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use super::{Bucket, Listed};
use crate::model::Outcome;
use crate::sources::live::{Content, Failure, FetchedObject, Found, History, ObjectName, Outlet};

/// Objects of one place that are fetched or wait at once.
const MOST_AHEAD: usize = 16;

/// Objects in a row that could not be fetched because nobody answers as expected: the place is given up then. What it
/// holds is read at the next run.
const MOST_FAILURES_IN_A_ROW: u32 = 10;

/// The same where each is refused: a missing permission must not fill the history with every object of a year.
const MOST_REFUSALS_IN_A_ROW: u32 = 1_000;

/// What the object stores of both providers answer where an object went away after it was listed.
const GONE: &str = "NoSuchKey";

/// What they answer where it has to be restored from an archive first.
const ARCHIVED: &str = "InvalidObjectState";

/// Fetches the objects of one place.
pub(super) struct Ahead<'a, B> {
    bucket: &'a Arc<B>,
    history: &'a dyn History,
    outlet: &'a Outlet,
    waiting: VecDeque<Waiting>,
    failures_in_a_row: u32,
    /// How many objects are yet to be had, so that the place has to be read again, and why the first of them is not.
    owed: (u64, Option<Failure>),
}

enum Waiting {
    Ready(Box<FetchedObject>),
    Fetching(ObjectName, JoinHandle<Result<FetchedObject, Failure>>),
}

impl<'a, B: Bucket> Ahead<'a, B> {
    pub(super) fn new(bucket: &'a Arc<B>, history: &'a dyn History, outlet: &'a Outlet) -> Self {
        Self { bucket, history, outlet, waiting: VecDeque::new(), failures_in_a_row: 0, owed: (0, None) }
    }

    /// Takes the next object of the listing.
    ///
    /// # Errors
    /// [`Failure`] when the place is given up.
    pub(super) async fn add(&mut self, listed: Listed) -> Result<(), Failure> {
        let name = self.bucket.name_of(&listed.key);
        let object = ObjectName { name, size: listed.size, version: listed.version };
        let waiting = if self.bucket.is_no_log(&listed.key) {
            Waiting::Ready(Box::new(without_bytes::<B>(object, Content::Skipped)))
        } else if self.history.object(&object.name)?.as_ref() == Some(&object) {
            Waiting::Ready(Box::new(without_bytes::<B>(object, Content::Known)))
        } else {
            let room = self.room(object.size).await?;
            let (bucket, key) = (Arc::clone(self.bucket), listed.key);
            Waiting::Fetching(object, tokio::spawn(async move { fetch(bucket.as_ref(), &key, room).await }))
        };
        self.waiting.push_back(waiting);
        while MOST_AHEAD <= self.waiting.len() {
            self.hand_over_first().await?;
        }
        Ok(())
    }

    /// Hands over what still waits; answers what the place owes.
    ///
    /// # Errors
    /// [`Failure`] when the place is given up.
    pub(super) async fn end(mut self) -> Result<(u64, Option<Failure>), Failure> {
        while !self.waiting.is_empty() {
            self.hand_over_first().await?;
        }
        Ok(std::mem::take(&mut self.owed))
    }

    /// Room for an object. While there is none, what waits here is handed over: it may be what fills the room.
    async fn room(&mut self, size: u64) -> Result<OwnedSemaphorePermit, Failure> {
        let scan = Arc::clone(self.bucket.caller().scan());
        while !self.waiting.is_empty() {
            if let Some(room) = scan.room().try_take(size) {
                return Ok(room);
            }
            self.hand_over_first().await?;
        }
        scan.take_room(size).await
    }

    async fn hand_over_first(&mut self) -> Result<(), Failure> {
        let Some(first) = self.waiting.pop_front() else { return Ok(()) };
        let object = match first {
            Waiting::Ready(object) => object,
            Waiting::Fetching(object, fetching) => {
                let fetched =
                    fetching.await.unwrap_or_else(|error| Err(Failure::new(Outcome::Error, error.to_string())));
                match fetched {
                    Ok(fetched) => {
                        self.failures_in_a_row = 0;
                        Box::new(fetched)
                    }
                    Err(failure) => {
                        let Some(reason) = self.note(&object, failure)? else { return Ok(()) };
                        Box::new(without_bytes::<B>(object, Content::Missing(reason)))
                    }
                }
            }
        };
        let taken = self.outlet.send(Found::Object(object)).await;
        taken.map_err(|_| Failure::new(Outcome::Error, "nobody stores what is read"))
    }

    /// Notes that an object could not be fetched; answers what to say of it, where it is to be said of it alone.
    fn note(&mut self, object: &ObjectName, failure: Failure) -> Result<Option<String>, Failure> {
        if self.bucket.caller().scan().over().is_some() {
            return Err(failure);
        }
        if failure.is(GONE) {
            return Ok(Some(format!("the object went away before it was read: {}", failure.detail)));
        }
        let most = if failure.outcome == Outcome::Denied { MOST_REFUSALS_IN_A_ROW } else { MOST_FAILURES_IN_A_ROW };
        let is_archived = failure.is(ARCHIVED);
        self.failures_in_a_row += u32::from(!is_archived);
        self.owed.0 += 1;
        self.owed.1.get_or_insert_with(|| failure.clone().at(&object.name));
        if most <= self.failures_in_a_row {
            return Err(failure.at(&format!("{most} objects in a row, the last {}", object.name)));
        }
        // Trails grow old in archives: those objects are told of together.
        Ok((!is_archived).then_some(failure.detail))
    }
}

impl<B> Drop for Ahead<'_, B> {
    fn drop(&mut self) {
        for waiting in &self.waiting {
            if let Waiting::Fetching(_, fetching) = waiting {
                fetching.abort();
            }
        }
    }
}

async fn fetch<B: Bucket>(bucket: &B, key: &str, room: OwnedSemaphorePermit) -> Result<FetchedObject, Failure> {
    let (object, bytes) = bucket.fetch(key).await?;
    let content = Content::Bytes(bytes);
    Ok(FetchedObject { trail: B::TRAIL, object, content, receipt: None, room: Some(room) })
}

fn without_bytes<B: Bucket>(object: ObjectName, content: Content) -> FetchedObject {
    FetchedObject { trail: B::TRAIL, object, content, receipt: None, room: None }
}
