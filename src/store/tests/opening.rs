//! Opening: what is made, what is refused, and that a refusal leaves no trace.

use std::path::Path;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{Fixture, at, open};
use crate::model::RunKind;
use crate::store::schema::newest_known;
use crate::store::{Access, HistoryFilter, StoreError};

fn hash(path: &Path) -> Vec<u8> {
    Sha256::digest(std::fs::read(path).expect("the file")).to_vec()
}

#[test]
fn a_reader_is_told_that_there_is_no_history() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("none.db");
    assert!(matches!(open(&path, Access::Read), Err(StoreError::Missing { .. })));
    std::fs::write(&path, "").expect("an empty file");
    assert!(matches!(open(&path, Access::Read), Err(StoreError::Missing { .. })));
    assert_eq!(std::fs::read_dir(directory.path()).expect("listed").count(), 1);
}

#[test]
fn a_new_history_is_private_durable_and_sound() {
    let fixture = Fixture::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for companion in ["", "-wal", ".lock"] {
            let mut path = fixture.path.clone().into_os_string();
            path.push(companion);
            let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{companion}");
        }
    }
    assert_eq!(fixture.sql::<String>("PRAGMA journal_mode"), "wal");
    let mut writer = fixture.store.writer().expect("the writer");
    let pragma = |name: &str, connection: &Connection| {
        connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).expect("a setting")
    };
    let connection = writer.connection().expect("open");
    // 2 is FULL: a commit waits for the disk.
    assert_eq!(pragma("synchronous", connection), 2);
    assert_eq!(pragma("foreign_keys", connection), 1);
    drop(writer);
    assert_eq!(fixture.store.quick_check().expect("checked"), Vec::<String>::new());
}

#[test]
fn the_usual_tool_finds_every_migration_applied_as_it_is_in_the_directory() {
    let fixture = Fixture::new();
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    // A version that is missing, or whose text differs, is an error of the migrator.
    let ran = runtime.block_on(async {
        let migrator = sqlx::migrate::Migrator::new(directory).await.expect("the directory is readable");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&fixture.path);
        let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("connected");
        migrator.run(&mut connection).await.map(|()| migrator.iter().count())
    });
    let applied = fixture.sql::<i64>("SELECT count(*) FROM _sqlx_migrations");
    assert_eq!(ran.ok().and_then(|count| i64::try_from(count).ok()), Some(applied));
}

#[test]
fn readers_cannot_write() {
    let fixture = Fixture::new();
    let refused = fixture.store.reader().expect("a reader").execute("DELETE FROM runs", []);
    assert!(refused.is_err());
    let second = open(&fixture.path, Access::Read).expect("a reader beside the writer");
    assert!(matches!(second.begin_run(RunKind::Ingest, at(0)), Err(StoreError::Unusable { .. })));
}

#[test]
fn a_second_writer_is_told_who_the_first_is() {
    let fixture = Fixture::new();
    let Err(StoreError::Locked { holder, .. }) = open(&fixture.path, Access::Write("scan")) else {
        panic!("the second writer must be refused");
    };
    assert_eq!(holder, format!("process {}, roletrail test", std::process::id()));
    let Fixture { store, path, _directory, .. } = fixture;
    drop(store);
    open(&path, Access::Write("scan")).expect("free again");
}

#[test]
fn a_newer_schema_is_refused_untouched() {
    let Fixture { store, path, _directory: directory, .. } = Fixture::new();
    drop(store);
    let connection = Connection::open(&path).expect("a connection");
    connection
        .execute("INSERT INTO _sqlx_migrations VALUES (9000, 'later', CURRENT_TIMESTAMP, 1, x'00', 0)", [])
        .expect("a later migration");
    drop(connection);
    std::fs::remove_file(path.with_extension("db.lock")).expect("the lock file");
    let before = hash(&path);
    for access in [Access::Read, Access::Write("scan")] {
        let Err(StoreError::Newer { found, known, .. }) = open(&path, access) else {
            panic!("a newer schema must be refused");
        };
        assert_eq!((found, known), (9000, newest_known()));
    }
    assert_eq!(hash(&path), before);
    let left: Vec<_> = std::fs::read_dir(directory.path()).expect("listed").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_is_no_history_is_refused_untouched() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("other.db");
    std::fs::write(&path, "certainly no database, but long enough to be one ".repeat(20)).expect("a file");
    let text = hash(&path);
    for access in [Access::Read, Access::Write("scan")] {
        let refusal = open(&path, access).expect_err("no database").to_string();
        assert!(refusal.contains("no SQLite database"), "{refusal}");
    }
    assert_eq!(hash(&path), text);

    let path = directory.path().join("foreign.db");
    Connection::open(&path).expect("made").execute("CREATE TABLE t (x)", []).expect("made");
    let before = hash(&path);
    let refusal = open(&path, Access::Write("scan")).expect_err("foreign").to_string();
    assert!(refusal.contains("another program"), "{refusal}");
    assert_eq!(hash(&path), before);
    assert!(open(&directory.path().join("no/such.db"), Access::Write("scan")).is_err());
    assert!(open(directory.path(), Access::Write("scan")).is_err());
}

#[test]
fn a_damaged_history_is_refused() {
    let Fixture { store, path, _directory, .. } = Fixture::new();
    drop(store);
    let mut bytes = std::fs::read(&path).expect("the file");
    let end = bytes.len().min(8192);
    bytes[100..end].fill(0xff);
    std::fs::write(&path, bytes).expect("damaged");
    let refusal = open(&path, Access::Write("scan")).expect_err("damaged").to_string();
    assert!(refusal.contains("backup"), "{refusal}");
}

/// A process that is killed during the first migration leaves a prefix of its work, or a transaction to roll back.
#[test]
fn an_interrupted_migration_is_completed_by_the_next_writer() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("half.db");
    let connection = Connection::open(&path).expect("made");
    connection.pragma_update(None, "journal_mode", "wal").expect("wal");
    connection
        .execute_batch(
            "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
               installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL,
               checksum BLOB NOT NULL, execution_time BIGINT NOT NULL);
             BEGIN; CREATE TABLE accounts (x); CREATE TABLE runs (y);",
        )
        .expect("half done");
    let mut torn = Vec::new();
    for suffix in ["", "-wal"] {
        torn.push((
            suffix,
            std::fs::read(format!("{}{suffix}", path.display())).expect("as the killed process left it"),
        ));
    }
    drop(connection);
    let copy = directory.path().join("copy.db");
    for (suffix, bytes) in torn {
        std::fs::write(format!("{}{suffix}", copy.display()), bytes).expect("copied");
    }
    assert!(open(&copy, Access::Read).is_err(), "a reader cannot complete it");
    let store = open(&copy, Access::Write("scan")).expect("completed");
    store.begin_run(RunKind::Collect, at(0)).expect("usable");
}

#[test]
fn the_history_of_an_earlier_process_is_read_again() {
    let Fixture { store, path, _directory, .. } = Fixture::new();
    drop(store);
    let store = open(&path, Access::Write("scan")).expect("again");
    let status = store.status().expect("a status");
    assert_eq!(status.rows["runs"], 1);
    assert_eq!((status.schema_version, status.newest_known), (8, 8));
    assert_eq!(status.last_run, Some(("ingest".to_owned(), None)));
    assert!(status.size_bytes > 0);
}

/// The schema of version 1 is made from its own file, as an earlier program did.
#[test]
fn a_history_of_version_1_is_brought_up_to_date_and_keeps_what_it_has() {
    let directory = tempfile::tempdir().expect("a directory");
    let (migrations, path) = (directory.path().join("migrations"), directory.path().join("history.db"));
    std::fs::create_dir(&migrations).expect("made");
    let first = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite/0001_history.sql"));
    std::fs::copy(first, migrations.join("0001_history.sql")).expect("copied");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let migrator = sqlx::migrate::Migrator::new(migrations).await.expect("the directory is readable");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("connected");
        migrator.run(&mut connection).await.expect("version 1");
    });
    let connection = Connection::open(&path).expect("a connection");
    connection.execute("INSERT INTO runs (kind, started_at) VALUES ('collect', 1)", []).expect("a run");
    for name in ["iam:GetRole", "cloudtrail:DescribeTrails"] {
        let add = "INSERT INTO coverage (provider, account, region, api, subject, outcome, detail, covers_from,
            covers_to, since, outcome_since, checked_at, run_id)
            VALUES ('aws', '111122223333', '', ?1, '', 'complete', '', 1, 1, 1, 1, 1, 1)";
        connection.execute(add, [name]).expect("a row");
    }
    drop(connection);
    let refusal = open(&path, Access::Read).expect_err("a reader does not migrate").to_string();
    assert!(refusal.contains("db migrate"), "{refusal}");
    let store = open(&path, Access::Write("db migrate")).expect("migrated");
    let status = store.status().expect("a status");
    assert_eq!((status.schema_version, status.rows["runs"], status.rows["trail_states"]), (newest_known(), 1, 0));
    assert_eq!(store.trails(&super::owner()).expect("listed"), []);
    // A list of trails that was read and not kept would now look like one without any.
    let rows = store.coverage(&HistoryFilter::default()).expect("listed");
    assert_eq!(rows.iter().map(|row| row.coverage.key.api.as_str()).collect::<Vec<_>>(), ["iam:GetRole"]);
}
