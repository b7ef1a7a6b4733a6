//! The history in SQLite. The only place with SQL.
//!
//! One writer at a time: a process that writes holds a lock beside the database, so that a second one is told so
//! at once instead of waiting. Readers have connections of their own and never wait for the writer (WAL).

use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::{
    Account, AccountVerdict, AssumptionCount, Collection, Coverage, DeletionTask, Evidence, Finding, FindingChange,
    FindingEvent, FindingId, FindingStatus, FindingUpdate, Judgement, JudgingSettings, KeyStore, Provider, Reject,
    RoleObservation, RoleSpan, RunKind, Severity, SourceSummary, StoreSpan, StoredFinding, TrailEvent,
};

/// Where the history is: `sqlite://PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub PathBuf);

impl std::str::FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(_url: &str) -> Result<Self, Self::Err> {
        todo!()
    }
}

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
    /// A statement failed.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Id of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

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
    /// How many of its records were rejected then.
    pub rejected_records: u64,
}

/// The history.
#[derive(Debug, Clone)]
pub struct Store {}

/// What the process means to do with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read only; the database must exist.
    Read,
    /// Read and write; it is made where it is missing, migrated, and locked for the named command.
    Write(&'static str),
}

/// One object's transaction. Dropped without [`ObjectWriter::commit`], it leaves no trace.
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    _store: &'a Store,
}

impl ObjectWriter<'_> {
    /// Stores an event; answers whether it is new.
    ///
    /// # Errors
    /// [`StoreError`] when the statement fails.
    pub fn add_event(&mut self, _event: &TrailEvent) -> Result<bool, StoreError> {
        todo!()
    }

    /// Stores a rejected record or object.
    ///
    /// # Errors
    /// [`StoreError`] when the statement fails.
    pub fn add_reject(&mut self, _reject: &Reject) -> Result<(), StoreError> {
        todo!()
    }

    /// Commits everything of the object, with its ledger entry.
    ///
    /// # Errors
    /// [`StoreError`] when the transaction cannot be committed; nothing of the object is stored then.
    pub fn commit(
        self,
        _object: &ObjectIdentity,
        _fate: ObjectFate,
        _counts: &SourceSummary,
    ) -> Result<(), StoreError> {
        todo!()
    }
}

impl Store {
    /// Opens the history.
    ///
    /// # Errors
    /// [`StoreError`] that says what is wrong with it and what to do.
    pub async fn open(_url: &DatabaseUrl, _access: Access) -> Result<Self, StoreError> {
        todo!()
    }

    /// Begins a run.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_run(&self, _kind: RunKind, _started_at: Timestamp) -> Result<RunId, StoreError> {
        todo!()
    }

    /// Ends a run.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finish_run(
        &self,
        _run: RunId,
        _finished_at: Timestamp,
        _complete: bool,
        _summary: &SourceSummary,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// What the ledger knows of this very version of the object.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ledger_entry(&self, _object: &ObjectIdentity) -> Result<Option<LedgerEntry>, StoreError> {
        todo!()
    }

    /// Begins the transaction of one object.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn object_writer(&self, _run: RunId, _ingested_at: Timestamp) -> Result<ObjectWriter<'_>, StoreError> {
        todo!()
    }

    /// Stores the inventory of one account with its coverage: one transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_collection(&self, _run: RunId, _collection: &Collection) -> Result<(), StoreError> {
        todo!()
    }

    /// Stores coverage that belongs to no collection: trails, accounts that could not be entered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_coverage(&self, _run: RunId, _at: Timestamp, _rows: &[Coverage]) -> Result<(), StoreError> {
        todo!()
    }

    /// Accounts with something new since they were judged last, or whose time has come; all of them with `full`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn accounts_to_judge(&self, _as_of: Timestamp, _full: bool) -> Result<Vec<Account>, StoreError> {
        todo!()
    }

    /// All that is known of an account at a moment: states valid then, events up to then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn evidence(
        &self,
        _account: &Account,
        _as_of: Timestamp,
        _settings: JudgingSettings,
    ) -> Result<Evidence, StoreError> {
        todo!()
    }

    /// The stored findings of an account, resolved ones included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn findings_of(&self, _account: &Account) -> Result<Vec<StoredFinding>, StoreError> {
        todo!()
    }

    /// Stores what judging an account came to: one transaction, after which the account is not due any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_judgement(
        &self,
        _run: RunId,
        _judgement: &Judgement,
        _updates: &[FindingUpdate],
    ) -> Result<(), StoreError> {
        todo!()
    }
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
    /// Account id.
    pub account: Option<String>,
    /// Seen at or after.
    pub since: Option<Timestamp>,
    /// As they stood at that time.
    pub at: Option<Timestamp>,
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
    /// States valid at that time only.
    pub at: Option<Timestamp>,
    /// What held or happened at or after.
    pub since: Option<Timestamp>,
    /// What held or happened before.
    pub until: Option<Timestamp>,
    /// At most so many rows.
    pub limit: Option<u64>,
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

/// The read side, for commands, metrics and pages.
impl Store {
    /// Findings, worst first, then oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn findings(&self, _filter: &FindingFilter) -> Result<Vec<StoredFinding>, StoreError> {
        todo!()
    }

    /// The finding whose id begins with `prefix`, if exactly one does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding(&self, _prefix: &str) -> Result<Option<StoredFinding>, StoreError> {
        todo!()
    }

    /// Events of a finding, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding_events(&self, _id: &FindingId, _limit: Option<u64>) -> Result<Vec<FindingEvent>, StoreError> {
        todo!()
    }

    /// The life of a finding, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding_changes(&self, _id: &FindingId) -> Result<Vec<ChangeRow>, StoreError> {
        todo!()
    }

    /// The verdicts of the last analysis, by provider, account and profile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn verdicts(&self, _filter: &HistoryFilter) -> Result<Vec<AccountVerdict>, StoreError> {
        todo!()
    }

    /// Successful assumptions of the roles of a profile between two moments.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn assumptions(
        &self,
        _account: &Account,
        _profile: &str,
        _since: Timestamp,
        _until: Timestamp,
    ) -> Result<AssumptionCount, StoreError> {
        todo!()
    }

    /// Role states.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn roles(&self, _filter: &HistoryFilter) -> Result<Vec<RoleRow>, StoreError> {
        todo!()
    }

    /// Store states.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stores(&self, _filter: &HistoryFilter) -> Result<Vec<StoreRow>, StoreError> {
        todo!()
    }

    /// Events, newest first, one at a time; `visit` answers whether to go on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events(
        &self,
        _filter: &HistoryFilter,
        _visit: &mut dyn FnMut(EventRow) -> bool,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Coverage rows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn coverage(&self, _filter: &HistoryFilter) -> Result<Vec<CoverageRow>, StoreError> {
        todo!()
    }

    /// Deletion tasks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tasks(&self, _filter: &HistoryFilter) -> Result<Vec<TaskRow>, StoreError> {
        todo!()
    }

    /// Rejected records and objects, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rejects(&self, _filter: &HistoryFilter) -> Result<Vec<Reject>, StoreError> {
        todo!()
    }

    /// What `db status` shows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn status(&self) -> Result<StoreStatus, StoreError> {
        todo!()
    }
}

#[expect(dead_code, reason = "the skeleton names types that its bodies will use")]
type Skeleton = (KeyStore, Finding, RoleObservation);
