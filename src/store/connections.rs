//! Connections: one writer behind a mutex, and a few readers that never wait for it.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::evidence::{self, Log, Signer};
use super::lock::{WriteLock, private};
use super::schema::{self, Found, explain, unusable};
use super::{Access, DatabaseUrl, Store, StoreError};
use crate::evidence::{Occasion, What};
use crate::model::Account;

/// How long a statement waits for another process that holds the database.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes to which the write-ahead log is cut once everything in it has reached the database.
const WAL_BYTES: i64 = 64 << 20;

/// Pages in the write-ahead log at which SQLite begins to move them: 16 MiB, so that a bulk write does so seldom.
const CHECKPOINT_PAGES: i64 = 2048;

/// KiB of pages that the writer keeps in memory; a reader keeps SQLite's default of 2 MiB.
const WRITER_CACHE_KIB: i64 = 4 << 10;

/// Statements that a connection keeps prepared: every constant of this module fits.
const STATEMENTS: usize = 128;

/// Readers that are kept open when idle.
const IDLE_READERS: usize = 4;

/// What the clones of a store share.
#[derive(Debug)]
pub(super) struct Shared {
    path: PathBuf,
    /// The file that was opened, whatever lies at the path later.
    file: FileIdentity,
    readers: Mutex<Vec<Connection>>,
    writer: Option<Mutex<Writer>>,
    /// Who signs checkpoints of the evidence log.
    pub(super) signer: Arc<OnceLock<Signer>>,
    /// For each account the moment of the last evidence and the count of changes that it rested on.
    pub(super) evidence_marks: Mutex<HashMap<Account, (Timestamp, i64)>>,
    // Declared last: it is given back after the connections are closed.
    _lock: Option<WriteLock>,
}

/// The writing connection. It is dropped when the file system failed it, because what it believes to be stored may
/// not be (a failed fsync loses pages silently), and opened again, with recovery, for the next transaction.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    connection: Option<Connection>,
    log: Log,
}

impl Writer {
    fn open(path: &Path, signer: Arc<OnceLock<Signer>>) -> Result<Self, StoreError> {
        let log = Log::new(signer);
        let mut connection = open_writer(path, &log)?;
        evidence::begin(&mut connection)?;
        Ok(Self { path: path.to_owned(), connection: Some(connection), log })
    }

    /// The connection, opened again if need be.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        Ok(self.parts()?.0)
    }

    /// The connection, and the evidence log of what it writes.
    pub(super) fn parts(&mut self) -> Result<(&mut Connection, &mut Log), StoreError> {
        let Self { path, connection, log } = self;
        if connection.is_none() {
            *connection = Some(open_writer(path, log)?);
        }
        match connection {
            Some(connection) => Ok((connection, log)),
            None => Err(unusable(path, "it could not be opened again")),
        }
    }

    /// The evidence log.
    pub(super) fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    /// Gives the connection up after a failure that it cannot be trusted to have survived.
    pub(super) fn forget_after(&mut self, error: &StoreError) {
        let StoreError::Sqlite(error) = error else { return };
        if matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        ) {
            self.connection = None;
        }
    }

    /// Gives the connection up.
    pub(super) fn forget(&mut self) {
        self.connection = None;
    }
}

/// A reading connection on loan.
pub(super) struct Reader<'a> {
    shared: &'a Shared,
    connection: Option<Connection>,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("the connection is taken only when the loan ends")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = self.connection.take()
            && idle.len() < IDLE_READERS
        {
            idle.push(connection);
        }
    }
}

impl Store {
    /// Opens the history.
    ///
    /// # Errors
    /// [`StoreError`] that says what is wrong with it and what to do.
    pub async fn open(url: &DatabaseUrl, access: Access) -> Result<Self, StoreError> {
        let path = url.0.clone();
        let found = schema::inspect(&path)?;
        let signer = Arc::new(OnceLock::new());
        let (writer, lock) = match access {
            Access::Read => {
                require_readable(&path, found)?;
                (None, None)
            }
            Access::Write(command) => {
                require_directory(&path)?;
                let lock = WriteLock::take(&path, command)?;
                create(&path)?;
                schema::migrate(&path).await?;
                (Some(Mutex::new(Writer::open(&path, Arc::clone(&signer))?)), Some(lock))
            }
        };
        let first_reader = open_reader(&path)?;
        let file = identity(&path)?;
        Ok(Self {
            shared: Arc::new(Shared {
                path,
                file,
                readers: Mutex::new(vec![first_reader]),
                writer,
                signer,
                evidence_marks: Mutex::default(),
                _lock: lock,
            }),
        })
    }

    /// The database's file.
    pub(super) fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Whether the file that was opened is still the one at its path. Open connections go on with a file that was removed
    /// or replaced, as if nothing had happened.
    ///
    /// # Errors
    /// [`StoreError`] that tells which of the two.
    pub fn require_in_place(&self) -> Result<(), StoreError> {
        if identity(self.path())? == self.shared.file {
            return Ok(());
        }
        Err(unusable(self.path(), "another file was put in its place; end roletrail and start it again"))
    }

    /// A reading connection.
    pub(super) fn reader(&self) -> Result<Reader<'_>, StoreError> {
        let idle = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(self.path())?,
        };
        Ok(Reader { shared: &self.shared, connection: Some(connection) })
    }

    /// The writer, once nobody else in this process has it.
    pub(super) fn writer(&self) -> Result<MutexGuard<'_, Writer>, StoreError> {
        let writer =
            self.shared.writer.as_ref().ok_or_else(|| unusable(self.path(), "it was opened to be read only"))?;
        Ok(writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does `work` in one transaction: all of it is stored, or nothing.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_about(|transaction| Ok((work(transaction)?, Occasion::of(What::Rows))))
    }

    /// The same for work that has something to say to the evidence log besides the rows that it writes.
    pub(super) fn write_about<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<(T, Occasion), StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer()?;
        let (connection, log) = writer.parts()?;
        let done = transact(connection, log, work);
        match &done {
            Ok(_) => log.committed(),
            Err(error) => {
                log.lost();
                writer.forget_after(error);
            }
        }
        done
    }
}

fn transact<T>(
    connection: &mut Connection,
    log: &mut Log,
    work: impl FnOnce(&Transaction<'_>) -> Result<(T, Occasion), StoreError>,
) -> Result<T, StoreError> {
    // A transaction that begins as a reader and then writes fails at once when another process wrote in between;
    // one that begins as a writer waits its turn.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (value, occasion) = work(&transaction)?;
    log.append(&transaction, occasion)?;
    transaction.commit()?;
    Ok(value)
}

fn require_readable(path: &Path, found: Found) -> Result<(), StoreError> {
    match found {
        Found::Nothing | Found::Empty => Err(StoreError::Missing { path: path.to_owned() }),
        Found::Version(version) if version < schema::newest_known() => Err(unusable(
            path,
            &format!("it has the older schema version {version}; `roletrail db migrate` brings it up to date"),
        )),
        Found::Version(_) => Ok(()),
    }
}

/// Device and number of a file.
type FileIdentity = (u64, u64);

fn identity(path: &Path) -> Result<FileIdentity, StoreError> {
    match rustix::fs::stat(path) {
        Ok(stat) => Ok((stat.st_dev, stat.st_ino)),
        Err(rustix::io::Errno::NOENT) => Err(StoreError::Missing { path: path.to_owned() }),
        Err(error) => Err(unusable(path, &format!("{error}; give this user the right to read it"))),
    }
}

fn require_directory(path: &Path) -> Result<(), StoreError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if directory.is_dir() {
        return Ok(());
    }
    Err(unusable(path, &format!("there is no directory {}; make it first", directory.display())))
}

/// Makes the file where it is missing, for its owner only; SQLite gives its companions the same rights.
fn create(path: &Path) -> Result<(), StoreError> {
    private(std::fs::OpenOptions::new().write(true).create(true).truncate(false))
        .open(path)
        .map(drop)
        .map_err(|error| unusable(path, &format!("{error}; give this user the right to write it")))
}

fn open_writer(path: &Path, log: &Log) -> Result<Connection, StoreError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, |connection| {
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        log.notes().attach(connection)
    })
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, |connection| connection.pragma_update(None, "query_only", true))
}

fn connect(
    path: &Path,
    access: OpenFlags,
    settings: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<Connection, StoreError> {
    Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .and_then(|connection| {
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            settings(&connection)?;
            Ok(connection)
        })
        .map_err(|error| unusable(path, &explain(&error)))
}
