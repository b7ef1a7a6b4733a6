//! What a source hands over as it finds it, and what it asks of the history.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::Failure;
use super::fetched::{FetchedObject, ObjectName};
use crate::model::{ChainState, Collection, Coverage, CoverageKey, DeletionTask, DigestUpdate, LookupProgress};

/// Findings that wait to be stored; a source that is ahead of the store waits.
pub const MOST_WAITING: usize = 64;

/// Something that a source has found.
#[derive(Debug)]
pub enum Found {
    /// So many more accounts are to be read.
    Accounts(u64),
    /// How reading ended where there is nothing to store beside it.
    Coverage(Vec<Coverage>),
    /// The inventory of one account.
    Inventory(Box<Collection>),
    /// An object of a bucket.
    Object(Box<FetchedObject>),
    /// How the deletion of a role stands, and how asking for it ended.
    Task {
        /// The role's account.
        account: String,
        /// The task, where an answer was had.
        task: Option<Box<DeletionTask>>,
        /// How asking ended.
        row: Coverage,
    },
    /// What checking a part of a digest chain came to.
    Digests {
        /// The account of whose log files the digests tell.
        account: String,
        /// What came of it.
        update: Box<DigestUpdate>,
    },
    /// Pages of the event history of one Region, its end, or both.
    Lookup(Box<Lookup>),
    /// Every Region of this account whose event history is expected was asked, since that moment.
    LookupsEnded(String, Timestamp),
}

/// Pages of the event history of one account and Region: stored together with how far they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// The pages, in the order in which they came.
    pub pages: Vec<LookupPage>,
    /// How the reading of the Region ended; with a complete one, its window is closed.
    pub end: Option<Coverage>,
}

/// One page, which may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupPage {
    /// Its records, one a line, as the provider tells them.
    pub records: Vec<u8>,
    /// How far its query has come with it.
    pub progress: LookupProgress,
}

/// How long after its submission a task that the provider has forgotten is given to take effect, and the time of the asking.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The time after which a role that is still there was not deleted.
    pub grace: SignedDuration,
    /// Now.
    pub now: Timestamp,
}

/// Where findings go. An error means that nobody takes them any more: the work can end.
pub type Outlet = mpsc::Sender<Found>;

/// What earlier runs know.
pub trait History: Send + Sync {
    /// Regions in which an account was last seen to have a store.
    ///
    /// # Errors
    /// [`Failure`] when the history cannot be read.
    fn regions_with_stores(&self, account: &str) -> Result<Vec<String>, Failure>;

    /// How far the event history of an account and Region was read.
    ///
    /// # Errors
    /// [`Failure`] when the history cannot be read.
    fn lookups(&self, account: &str, region: &str) -> Result<LookupHistory, Failure>;

    /// The version of an object that was read to its end, if any was.
    ///
    /// # Errors
    /// [`Failure`] when the history cannot be read.
    fn object(&self, name: &str) -> Result<Option<ObjectName>, Failure>;

    /// SHA-256 of the content of an object that was read, in hex, where it was noted.
    ///
    /// # Errors
    /// [`Failure`] when the history cannot be read.
    fn content_hash(&self, name: &str) -> Result<Option<String>, Failure>;

    /// The digest chains of an account, as they stand.
    ///
    /// # Errors
    /// [`Failure`] when the history cannot be read.
    fn digest_chains(&self, account: &str) -> Result<Vec<ChainState>, Failure>;

    /// Up to when a part of a trail was read completely.
    ///
    /// # Errors
    /// [`Failure`] when the history cannot be read.
    fn read_until(&self, place: &CoverageKey) -> Result<Option<Timestamp>, Failure>;

    /// The subjects below `prefix` of which a kind of trail still misses something.
    ///
    /// # Errors
    /// [`Failure`] when the history cannot be read.
    fn missing(&self, trail: &str, prefix: &str) -> Result<Vec<String>, Failure>;
}

/// What earlier runs know of the event history of an account and Region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupHistory {
    /// How far the queries of a window have come that is not complete.
    pub progress: Vec<LookupProgress>,
    /// The time that the complete windows cover.
    pub covered: Option<(Timestamp, Timestamp)>,
    /// By query, the end of the last window in which it was asked.
    pub asked: BTreeMap<String, Timestamp>,
}
