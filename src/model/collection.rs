//! What a source hands over: observations and gaps together, never one without the other.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Coverage, DeletionTask, KeyStore, Provider, RoleObservation, TrailSettings};

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// Collection of inventory and trails.
    Collect,
    /// Reading of named files.
    Ingest,
    /// Judgement only.
    Analyze,
}

impl RunKind {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Ingest => "ingest",
            Self::Analyze => "analyze",
        }
    }
}

/// The inventory of one account, as far as it could be read. Stored as one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Provider.
    pub provider: Provider,
    /// Account id.
    pub account: String,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// Roles that were asked for and answered, present or not.
    pub roles: Vec<RoleObservation>,
    /// Stores that were seen. A store that was known and is not listed is gone only where `coverage` has a complete
    /// row for its kind's API in its Region.
    pub stores: Vec<KeyStore>,
    /// For each kind of store the API that lists it, as `coverage` names it. Stores of other kinds never end.
    pub kind_apis: BTreeMap<String, String>,
    /// Deletion tasks that were polled.
    pub tasks: Vec<DeletionTask>,
    /// Every trail of the account; `None` where nobody asked, or no complete answer came: then no trail ends.
    pub trails: Option<Vec<TrailSettings>>,
    /// How each reading ended.
    pub coverage: Vec<Coverage>,
}

impl Collection {
    /// An empty collection, to be filled.
    #[must_use]
    pub fn new(provider: Provider, account: impl Into<String>, observed_at: Timestamp) -> Self {
        Self {
            provider,
            account: account.into(),
            observed_at,
            roles: Vec::new(),
            stores: Vec::new(),
            kind_apis: BTreeMap::new(),
            tasks: Vec::new(),
            trails: None,
            coverage: Vec::new(),
        }
    }
}

/// Counts of one reading of trail objects. `records_read` is always the sum of the four fates below it.
/// With `records_uncounted` both leave out records that no profile concerns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSummary {
    /// Objects found.
    pub objects_seen: u64,
    /// Objects read to their end.
    pub objects_read: u64,
    /// Objects that are no trail log: digests, insights, other files.
    pub objects_skipped: u64,
    /// Objects that an earlier run has read, unchanged since.
    pub objects_already_ingested: u64,
    /// Objects that could not be read.
    pub objects_rejected: u64,
    /// Records found.
    pub records_read: u64,
    /// Records stored.
    pub records_kept: u64,
    /// Records that were stored before.
    pub records_duplicate: u64,
    /// Records that no profile concerns.
    pub records_irrelevant: u64,
    /// Records that could not be read.
    pub records_rejected: u64,
    /// Bytes read from the objects.
    pub bytes_compressed: u64,
    /// Bytes of JSON.
    pub bytes_uncompressed: u64,
    /// Whether records that no profile concerns were left uncounted, in all of the objects or in some.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub records_uncounted: bool,
}

/// SHA-256 of an object, in hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHashes {
    /// Of its bytes as stored.
    pub stored: String,
    /// Of its content, uncompressed; that of the stored bytes where they are not compressed.
    pub content: String,
}

impl SourceSummary {
    /// Adds the counts of another reading.
    pub fn add(&mut self, other: &Self) {
        self.objects_seen += other.objects_seen;
        self.objects_read += other.objects_read;
        self.objects_skipped += other.objects_skipped;
        self.objects_already_ingested += other.objects_already_ingested;
        self.objects_rejected += other.objects_rejected;
        self.records_read += other.records_read;
        self.records_kept += other.records_kept;
        self.records_duplicate += other.records_duplicate;
        self.records_irrelevant += other.records_irrelevant;
        self.records_rejected += other.records_rejected;
        self.bytes_compressed += other.bytes_compressed;
        self.bytes_uncompressed += other.bytes_uncompressed;
        self.records_uncounted |= other.records_uncounted;
    }
}
