//! The history in SQLite. The only place with SQL.
//!
//! One writer at a time: a process that writes holds a lock beside the database, so that a second one is told so
//! at once instead of waiting. Readers have connections of their own and never wait for the writer (WAL).

mod accounts;
mod asking;
mod batch;
mod codec;
mod collections;
mod connections;
mod coverage;
mod digests;
mod event_lists;
mod events;
mod evidence;
mod finding_lists;
mod finding_search;
mod findings;
mod gauges;
mod judgements;
mod key_stores;
mod ledger;
mod lock;
mod lookup_progress;
mod objects;
mod open_findings;
mod overview;
mod places;
mod report;
mod reports;
mod role_use;
mod roles;
mod runs;
mod schema;
mod spans;
mod status;
mod tasks;
#[cfg(test)]
mod tests;
mod timeline;
mod trail_settings;
mod url;
mod verdicts;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{
    Account, Coverage, DeletionTask, FindingChange, FindingStatus, ObjectHashes, Provider, RoleSpan, Severity,
    SourceSummary, StoreSpan, TrailEvent,
};

pub use asking::{Identity, Requests, RunsWithin};
pub use batch::{Batch, ObjectWriter};
pub use event_lists::EventReading;
pub use evidence::{EvidenceCheck, EvidenceHead, Signer, VerifiedLog};
pub use finding_search::FindingSearch;
pub use gauges::{
    AssumptionsGauge, CollectorGauge, FindingsGauge, GapsGauge, Gauges, RecordsGauge, RunGauge, StoresGauge,
    WatermarkGauge,
};
pub use overview::{CollectionRun, Overview, TrailMark};
pub use places::{CoveragePlace, EventPlace, FindingPlace, RolePlace, StorePlace, TaskPlace, VerdictPlace};
pub use report::{EventProof, FindingLife, KnownAccount, LifeStep, StateKind, StateProof, TotalsWithin, TrailPart};
pub use reports::{ReportTimes, WrittenReport};
pub use timeline::{CoverageStretch, DayAssumptions, MOST_EVENTS, NotableEvent, RoleHistory};

/// Where the history is: `sqlite://PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub PathBuf);

/// Why the store cannot do what it was asked. Every one ends the program with exit code 4.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no database at the place.
    #[error("there is no history at {path}; `roletrail ingest` or `roletrail scan` makes one")]
    Missing {
        /// The place.
        path: PathBuf,
    },
    /// Another roletrail writes to it.
    #[error("{path} is in use by another roletrail ({holder}); wait for it to end, or use another --database")]
    Locked {
        /// The place.
        path: PathBuf,
        /// Process and command.
        holder: String,
    },
    /// It was written by a newer roletrail.
    #[error("{path} has schema version {found}, this roletrail knows {known} and older; use the newer roletrail")]
    Newer {
        /// The place.
        path: PathBuf,
        /// Version found.
        found: i64,
        /// Newest version known.
        known: i64,
    },
    /// It is no database, or damaged.
    #[error("{path} cannot be used: {reason}")]
    Unusable {
        /// The place.
        path: PathBuf,
        /// Reason and remedy.
        reason: String,
    },
    /// A failure took objects with it that were finished but not committed.
    #[error("objects that were not committed yet are lost after a failure of the store; run the command again")]
    Lost,
    /// A statement failed.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Id of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An object of a trail as the ledger tells it apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectIdentity {
    /// Path or URL.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Version: entity tag, or modification time in nanoseconds.
    pub version: String,
}

/// How an object ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFate {
    /// Read to its end.
    Read,
    /// No log.
    Skipped,
    /// Could not be read; it will be tried again.
    Rejected,
}

/// What the ledger knows of an object, unchanged since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerEntry {
    /// How it ended.
    pub fate: ObjectFate,
    /// How many records it held; `None` where not all of them were counted.
    pub records: Option<u64>,
    /// How many of them were rejected then.
    pub rejected_records: u64,
    /// Whether its hashes are known.
    pub hashed: bool,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The object.
    pub object: ObjectIdentity,
    /// How it ended.
    pub fate: ObjectFate,
    /// Counts of its records and bytes.
    pub summary: SourceSummary,
    /// Its hashes, where somebody asked for them.
    pub hashes: Option<ObjectHashes>,
    /// When it was read.
    pub read_at: Timestamp,
}

/// Which objects of the ledger to list.
#[derive(Debug, Clone, Default)]
pub struct LedgerFilter {
    /// How their names begin.
    pub prefix: String,
    /// How they ended.
    pub fate: Option<ObjectFate>,
    /// Read at or after.
    pub since: Option<Timestamp>,
    /// Read before.
    pub until: Option<Timestamp>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// The history. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<connections::Shared>,
}

/// What the process means to do with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read only; the database must exist.
    Read,
    /// Read and write; it is made where it is missing, migrated, and locked for the named command.
    Write(&'static str),
}

/// Which findings to list.
#[derive(Debug, Clone, Default)]
pub struct FindingFilter {
    /// Status; all where `None`.
    pub status: Option<FindingStatus>,
    /// Rule id.
    pub rule: Option<String>,
    /// Least severity.
    pub severity: Option<Severity>,
    /// Provider.
    pub provider: Option<Provider>,
    /// Account id.
    pub account: Option<String>,
    /// Seen at or after.
    pub since: Option<Timestamp>,
    /// As they stood at that time.
    pub at: Option<Timestamp>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// Which part of the history to list.
#[derive(Debug, Clone, Default)]
pub struct HistoryFilter {
    /// Provider.
    pub provider: Option<Provider>,
    /// Account id.
    pub account: Option<String>,
    /// Profile id.
    pub profile: Option<String>,
    /// Kind of store, for lists of stores: profiles name kinds.
    pub kind: Option<String>,
    /// What could not be read only, for lists of coverage.
    pub gaps: bool,
    /// States valid at that time only.
    pub at: Option<Timestamp>,
    /// What held or happened at or after.
    pub since: Option<Timestamp>,
    /// What held or happened before.
    pub until: Option<Timestamp>,
    /// At most so many rows.
    pub limit: Option<u64>,
}

impl HistoryFilter {
    fn row_limit(&self) -> i64 {
        self.limit.map_or(i64::MAX, codec::whole)
    }
}

/// A role's state with its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    /// The account.
    pub account: Account,
    /// The state.
    pub span: RoleSpan,
}

/// A store's state with its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRow {
    /// The account.
    pub account: Account,
    /// The state.
    pub span: StoreSpan,
}

/// A stored event with the time at which it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The event.
    pub event: TrailEvent,
    /// When it was stored.
    pub ingested_at: Timestamp,
}

/// A coverage row with the last run that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageRow {
    /// The last run that ended so.
    pub run: RunId,
    /// The row.
    pub coverage: Coverage,
    /// Since when it stands so.
    pub since: Timestamp,
    /// When it was tried last.
    pub checked_at: Timestamp,
}

/// A deletion task with its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// Provider.
    pub provider: Provider,
    /// The task.
    pub task: DeletionTask,
}

/// A step in the life of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// When.
    pub at: Timestamp,
    /// The run.
    pub run: RunId,
    /// The step.
    pub change: FindingChange,
}

/// What `db status` shows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StoreStatus {
    /// File.
    pub path: PathBuf,
    /// Schema version of the file.
    pub schema_version: i64,
    /// Newest schema version that this program knows.
    pub newest_known: i64,
    /// Size of the database in bytes.
    pub size_bytes: u64,
    /// Size of the write-ahead log in bytes.
    pub wal_bytes: u64,
    /// Rows by table.
    pub rows: std::collections::BTreeMap<String, u64>,
    /// First and last event time.
    pub events: Option<(Timestamp, Timestamp)>,
    /// The last run and when it ended.
    pub last_run: Option<(String, Option<Timestamp>)>,
}
