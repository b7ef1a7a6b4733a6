//! The schema: which migrations there are, which a file has, and bringing a file up to date.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _};

use super::StoreError;
use super::connections::BUSY_TIMEOUT;

/// Version, name and text of every migration, as in the files' names; a test keeps the list complete.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "history", include_str!("../../migrations/sqlite/0001_history.sql")),
    (2, "live", include_str!("../../migrations/sqlite/0002_live.sql")),
    (3, "hashes", include_str!("../../migrations/sqlite/0003_hashes.sql")),
    (4, "pages", include_str!("../../migrations/sqlite/0004_pages.sql")),
    (5, "reports", include_str!("../../migrations/sqlite/0005_reports.sql")),
    (6, "status", include_str!("../../migrations/sqlite/0006_status.sql")),
    (7, "evidence", include_str!("../../migrations/sqlite/0007_evidence.sql")),
    (8, "digests", include_str!("../../migrations/sqlite/0008_digests.sql")),
];

/// Bytes of a page of the database: four to five events of trail logs fit, where SQLite's default of 4096 holds two.
const PAGE_BYTES: u32 = 8192;

/// How a file is looked at.
const READING: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// What must be escaped in the path of a file's URI.
const URI_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#');

const VERSIONS: &str = "-- _sqlx_migrations.versions
SELECT version FROM _sqlx_migrations ORDER BY version";

const TABLES: &str = "-- sqlite_schema.tables
SELECT count(*), count(*) FILTER (WHERE name = '_sqlx_migrations') FROM sqlite_schema WHERE type = 'table'";

/// The newest schema version that this program knows.
pub(super) fn newest_known() -> i64 {
    MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or_default()
}

/// What a file holds, as far as can be told without writing to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// No file.
    Nothing,
    /// A file without tables: new, or its making was interrupted.
    Empty,
    /// A history of that schema version.
    Version(i64),
}

/// Looks at a file without writing to it, and refuses what is newer, damaged or somebody else's.
pub(super) fn inspect(path: &Path) -> Result<Found, StoreError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(unusable(path, &format!("{error}; give this user the right to read it"))),
        Ok(data) if data.is_dir() => return Err(unusable(path, "it is a directory; name a file")),
        Ok(data) if data.len() == 0 => return Ok(Found::Empty),
        Ok(_) => {}
    }
    match read_untouched(path).unwrap_or_else(|| read_beside_writers(path)) {
        Ok(Some(version)) if version > newest_known() => newer(path, version),
        Ok(Some(0)) => Ok(Found::Empty),
        Ok(Some(version)) => Ok(Found::Version(version)),
        Ok(None) => Err(unusable(path, "it is the database of another program; name another file with --database")),
        // A crash while SQLite made the file: the journal beside it has to be played back, which only a writer can do.
        Err(error) if is_interrupted(&error) => Ok(Found::Empty),
        Err(error) => Err(unusable(path, &explain(&error))),
    }
}

/// The version of a file that nobody has open, without so much as the companion files that SQLite makes for readers.
/// `None` where somebody has it open, or where it cannot be read in this way.
fn read_untouched(path: &Path) -> Option<rusqlite::Result<Option<i64>>> {
    if companion(path, "-wal").exists() || companion(path, "-journal").exists() {
        return None;
    }
    let escaped = utf8_percent_encode(path.to_str()?, URI_PATH);
    let flags = READING | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).ok()?;
    read_version(&connection).ok().map(Ok)
}

fn read_beside_writers(path: &Path) -> rusqlite::Result<Option<i64>> {
    let connection = Connection::open_with_flags(path, READING)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    read_version(&connection)
}

/// A file beside a database.
pub(super) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The schema version, 0 for a file without tables, `None` for a database that is not ours.
fn read_version(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let (tables, ours): (i64, i64) = connection.query_row(TABLES, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if ours == 0 {
        return Ok(if tables == 0 { Some(0) } else { None });
    }
    let mut statement = connection.prepare(VERSIONS)?;
    let versions = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    let newest = versions.last().copied().unwrap_or_default();
    let known = |version: &i64| *version > newest_known() || MIGRATIONS.iter().any(|(known, ..)| known == version);
    Ok(versions.iter().all(known).then_some(newest))
}

/// Runs the migrations that the file lacks.
pub(super) async fn migrate(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .page_size(PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let failed = |error: &dyn std::fmt::Display| {
        unusable(
            path,
            &format!("the schema could not be brought up to date ({error}); free space and rights, then try again"),
        )
    };
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(|error| failed(&error))?;
    let migrated = migrator().run_direct(None, &mut connection, false).await;
    let closed = connection.close().await;
    match migrated {
        Ok(()) => closed.map_err(|error| failed(&error)),
        // Another roletrail brought it further between our look at it and the lock.
        Err(MigrateError::VersionMissing(version)) => newer(path, version),
        Err(MigrateError::VersionMismatch(version)) => Err(unusable(
            path,
            &format!("schema version {version} is not the one of this program; use the roletrail that made the file"),
        )),
        Err(error) => Err(failed(&error)),
    }
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS
        .iter()
        .map(|&(version, name, text)| {
            Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
        })
        .collect();
    Migrator::with_migrations(migrations)
}

fn newer<T>(path: &Path, found: i64) -> Result<T, StoreError> {
    Err(StoreError::Newer { path: path.to_owned(), found, known: newest_known() })
}

/// A refusal with its reason.
pub(super) fn unusable(path: &Path, reason: &str) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), reason: reason.to_owned() }
}

/// What SQLite says about a file, with what to do.
pub(super) fn explain(error: &rusqlite::Error) -> String {
    let remedy = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is no SQLite database; name another file with --database",
        Some(ErrorCode::DatabaseCorrupt) => "it is damaged; put a backup in its place",
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            "give this user the right to read and write it and its directory"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another program holds it; end that program",
        Some(ErrorCode::DiskFull) => "free some space",
        _ => "check the disk, or put a backup in its place",
    };
    format!("{error}; {remedy}")
}

fn is_interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|inner| inner.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_file_is_in_the_list() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
        let mut files: Vec<String> = std::fs::read_dir(directory)
            .expect("the directory of the migrations")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let listed: Vec<String> =
            MIGRATIONS.iter().map(|(version, name, _)| format!("{version:04}_{name}.sql")).collect();
        assert_eq!(files, listed);
    }

    #[test]
    fn every_table_and_column_has_a_comment() {
        for (_, name, text) in MIGRATIONS {
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for pair in lines.windows(2) {
                let declares = pair[1].starts_with("CREATE TABLE")
                    || [" TEXT", " INTEGER", " BLOB"].iter().any(|kind| pair[1].contains(kind))
                        && !pair[1].starts_with("--");
                assert!(!declares || pair[0].starts_with("--"), "{name}: no comment above {:?}", pair[1]);
            }
        }
    }
}
