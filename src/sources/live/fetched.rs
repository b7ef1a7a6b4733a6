//! Trail objects on their way from a bucket to the history, and the answer that comes back.

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// An object of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    /// `s3://BUCKET/KEY` or `oss://BUCKET/KEY`.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub version: String,
}

/// An object that a source came upon.
#[derive(Debug)]
pub struct FetchedObject {
    /// The kind of trail that it came by.
    pub trail: &'static str,
    /// Which object.
    pub object: ObjectName,
    /// What there is of it.
    pub content: Content,
    /// Who wants to know how it ended. Answered when that is on the disk; dropped when it never will be.
    pub receipt: Option<oneshot::Sender<Kept>>,
    /// Its part of the room for objects that wait, free again when this is dropped.
    pub room: Option<OwnedSemaphorePermit>,
}

/// What there is of an object.
#[derive(Debug)]
pub enum Content {
    /// Its bytes, as the bucket has them.
    Bytes(Bytes),
    /// The history has this very version: it was not fetched again.
    Known,
    /// No log by its place.
    Skipped,
    /// It could not be fetched; why.
    Missing(String),
}

/// How an object ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All that there is to read of it is stored.
    Stored,
    /// It could not be read; that is stored.
    Rejected,
}
