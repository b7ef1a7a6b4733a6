//! Reading on several threads: what is stored and told does not depend on how many there are.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::Timestamp;
use roletrail::clock::SettableClock;
use roletrail::config;
use roletrail::daemon::Stop;
use roletrail::daemon::jobs::{self, IngestReport, JobContext, JobError, Progress, ReadingChoice, Unwatched};
use roletrail::model::{Provider, RunKind, SourceSummary};
use roletrail::profiles::{Profiles, Selection};
use roletrail::rules::Controls;
use roletrail::simulation::{CorpusPlan, corpus};
use roletrail::store::{Access, DatabaseUrl, Store};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::records::{delivered, delivered_texts, gzip, intrusion, routine, with};
use crate::support::{Workplace, sorted};

/// An archive, and histories beside it that are written with a clock that stands still.
struct Place {
    directory: TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Place {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        Self { directory: tempfile::tempdir().expect("a directory"), runtime }
    }

    fn logs(&self) -> PathBuf {
        self.directory.path().join("logs")
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.logs().join(name);
        std::fs::create_dir_all(path.parent().expect("below the archive")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }

    fn database(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn context(&self, database: &str, collect: &str, progress: Arc<dyn Progress>, stop: Stop) -> JobContext {
        let url = DatabaseUrl(self.database(database));
        let store = self.runtime.block_on(Store::open(&url, Access::Write("tests"))).expect("a history");
        let loaded = config::parse(&format!("[collect]\n{collect}"), Path::new("x.toml")).expect("right");
        JobContext {
            store,
            settings: Arc::new(loaded.settings),
            profiles: Arc::new(Profiles::load(&Selection::default()).expect("the profiles of the program")),
            exceptions: Arc::default(),
            controls: Controls::builtin(),
            clock: Arc::new(SettableClock::at(Timestamp::UNIX_EPOCH)),
            choice: ReadingChoice::default(),
            scheduled: false,
            runtime: self.runtime.handle().clone(),
            stop,
            progress,
        }
    }

    fn ingest(&self, context: &JobContext) -> Result<IngestReport, JobError> {
        let run = context.store.begin_run(RunKind::Ingest, context.now())?;
        jobs::ingest_files(context, run, &[self.logs()], None)
    }

    /// Reads the archive into a new history; answers the report, and every row of every table.
    fn read(&self, database: &str, collect: &str) -> (IngestReport, Vec<String>) {
        let context = self.context(database, collect, Arc::new(Unwatched), Stop::default());
        let report = self.ingest(&context).expect("a store that works");
        drop(context);
        (report, rows(&self.database(database)))
    }
}

/// Every row of every table of a history, as text. The numbers in them tell the order in which they were stored. The
/// evidence log has a leaf for each commit.
fn rows(database: &Path) -> Vec<String> {
    let connection = Connection::open(database).expect("opens");
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'
         AND name NOT LIKE 'evidence%' ORDER BY 1";
    let mut statement = connection.prepare(tables).expect("a statement");
    let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("asked");
    names.flat_map(|name| rows_of(&connection, &name.expect("a name"))).collect()
}

/// A commit falls due after a second as well, and on a slow machine there are more of them. The numbers of accounts and
/// of coverage rows come with commits, and each counts as a change of its accounts; nothing else depends on them.
fn rows_of(connection: &Connection, table: &str) -> Vec<String> {
    let by_commit = ["accounts", "coverage"].contains(&table);
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("a statement");
    let names: Vec<_> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut account = connection.prepare("SELECT account FROM accounts WHERE id = ?1").expect("a statement");
    let mut rows = Vec::new();
    let mut found = statement.query([]).expect("asked");
    while let Some(row) = found.next().expect("a row") {
        let mut text = format!("{table}:");
        for (number, name) in
            names.iter().enumerate().filter(|(_, name)| !by_commit || !["id", "changes"].contains(&name.as_str()))
        {
            let value: Value = match (name.as_str(), row.get(number).expect("a value")) {
                ("account_id", id) => account.query_row([id], |row| row.get(0)).expect("an account"),
                (_, value) => value,
            };
            text += &format!(" {name}={value:?}");
        }
        rows.push(text);
    }
    rows.sort();
    rows
}

/// A simulated organisation's archive with trouble of every kind in it.
fn troubled_archive(place: &Place) {
    let plan = CorpusPlan::new(Provider::Aws, 4_000_000);
    let plan = CorpusPlan { large_object: Some(400_000), relevant_per_million: 20_000, ..plan };
    corpus(&plan, &place.logs()).expect("an archive");
    let whole = gzip(&delivered(&[routine("cut-1"), intrusion("cut-2")]));
    place.write("AWSLogs/a-cut.json.gz", &whole[..whole.len() / 2]);
    let broken = "{\"eventID\":\"broken\",\"eventTime\":";
    place.write("AWSLogs/b-broken.json", delivered_texts(&[&routine("b-1").to_string(), broken]));
    place.write("AWSLogs/c-empty.json", "");
    place.write("AWSLogs/d-twice.json", delivered(&[intrusion("twice")]));
    place.write("z-twice.json", delivered(&[intrusion("twice"), intrusion("once")]));
    place.write("notes.txt", "no log");
    std::os::unix::fs::symlink("nowhere", place.logs().join("dangling.json")).expect("links exist here");
}

#[test]
fn histories_are_the_same_row_by_row_with_one_thread_two_and_eight() {
    let place = Place::new();
    troubled_archive(&place);
    for keep in ["relevant", "all"] {
        let read = |threads: u32| {
            let collect = format!("keep = \"{keep}\"\nsha256 = true\nthreads = {threads}\n");
            place.read(&format!("{keep}-{threads}.db"), &collect)
        };
        let (report, rows) = read(1);
        let SourceSummary { objects_read, objects_rejected, records_duplicate, records_kept, .. } = report.summary;
        assert!(10 < objects_read && objects_rejected == 3 && 20 < records_kept, "{keep}: {:?}", report.summary);
        assert!(0 < records_duplicate && report.incomplete, "{keep}: {:?}", report.summary);
        for threads in [2, 8] {
            let (other, same) = read(threads);
            assert_eq!(other, report, "{keep} with {threads}: counts and the order of rejects");
            assert_eq!(same.len(), rows.len(), "{keep} with {threads}");
            for (one, other) in rows.iter().zip(&same) {
                assert_eq!(one, other, "{keep} with {threads}");
            }
        }
    }
}

/// Asks the job to stop when so many objects are done.
struct StopAfter {
    left: AtomicU64,
    stop: Stop,
}

impl Progress for StopAfter {
    fn object_done(&self, _bytes: u64, _read: &SourceSummary) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.stop.request();
        }
    }
}

/// An archive of so many small objects, each with an event of its own and one that all of them have.
fn plain_archive(place: &Place, objects: usize) {
    for number in 0..objects {
        let at = format!("2026-03-04T05:{:02}:00Z", number % 60);
        let own = with(intrusion(&format!("own-{number}")), json!({"eventTime": at}));
        place.write(&format!("{number:04}.json.gz"), gzip(&delivered(&[own, routine("everywhere")])));
    }
}

#[test]
fn an_interrupted_reading_is_completed_by_the_next() {
    let place = Place::new();
    plain_archive(&place, 300);
    let (whole, _) = place.read("whole.db", "threads = 1\n");
    let stop = Stop::default();
    let watch = Arc::new(StopAfter { left: AtomicU64::new(70), stop: stop.clone() });
    let first = place.ingest(&place.context("parts.db", "threads = 8\n", watch, stop)).expect("a store that works");
    assert!(first.interrupted, "{first:?}");
    assert_eq!((first.summary.objects_seen, first.summary.objects_read), (70, 70));
    let context = place.context("parts.db", "threads = 8\n", Arc::new(Unwatched), Stop::default());
    let second = place.ingest(&context).expect("a store that works");
    assert_eq!(second.summary.objects_already_ingested, 70);
    assert_eq!(first.summary.records_kept + second.summary.records_kept, whole.summary.records_kept);
    let events = |database: &str| {
        let rows = rows(&place.database(database));
        rows.into_iter().filter(|row| row.starts_with("events:")).collect::<Vec<_>>()
    };
    assert_eq!(events("parts.db"), events("whole.db"));
}

#[test]
fn a_store_that_fails_ends_every_thread_and_keeps_what_was_committed() {
    let place = Place::new();
    plain_archive(&place, 600);
    let context = place.context("history.db", "threads = 8\n", Arc::new(Unwatched), Stop::default());
    let other = Connection::open(place.database("history.db")).expect("opens");
    let trigger = "CREATE TRIGGER fails BEFORE INSERT ON events WHEN NEW.event_id = 'own-400'
        BEGIN SELECT RAISE(ABORT, 'on purpose'); END";
    other.execute_batch(trigger).expect("made");
    let failed = place.ingest(&context);
    let Err(JobError::Store(error)) = failed else { panic!("{failed:?}") };
    assert!(error.to_string().contains("on purpose"), "{error}");
    other.execute_batch("DROP TRIGGER fails").expect("dropped");
    let objects: u32 = other.query_row("SELECT count(*) FROM objects", [], |row| row.get(0)).expect("counted");
    // A transaction has 256 objects at most.
    assert!((1..=400).contains(&objects), "{objects}");
    let report = place.ingest(&context).expect("a store that works");
    let summary = report.summary;
    assert_eq!((summary.objects_seen, summary.objects_already_ingested), (600, u64::from(objects)));
    let events: u32 = other.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).expect("counted");
    assert_eq!(events, 601);
}

#[test]
fn a_store_that_another_program_locks_ends_every_thread() {
    let place = Place::new();
    plain_archive(&place, 300);
    let context = place.context("history.db", "threads = 4\n", Arc::new(Unwatched), Stop::default());
    let run = context.store.begin_run(RunKind::Ingest, context.now()).expect("a run");
    let other = Connection::open(place.database("history.db")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let failed = jobs::ingest_files(&context, run, &[place.logs()], None);
    assert!(matches!(failed, Err(JobError::Store(_))), "{failed:?}");
    other.execute_batch("ROLLBACK").expect("free again");
    assert_eq!(place.ingest(&context).expect("a store that works").summary.objects_read, 300);
}

/// Says when the reading begins.
struct Begin(Mutex<Sender<()>>);

impl Progress for Begin {
    fn wants_total(&self) -> bool {
        true
    }

    fn expect(&self, _: u64, _: u64) {
        self.0.lock().expect("no thread panics").send(()).expect("somebody waits for it");
    }
}

#[test]
fn a_store_that_is_locked_for_a_while_slows_the_reading_and_loses_nothing() {
    let place = Place::new();
    plain_archive(&place, 600);
    let (sender, begun) = mpsc::channel();
    let context = place.context("history.db", "threads = 4\n", Arc::new(Begin(Mutex::new(sender))), Stop::default());
    let run = context.store.begin_run(RunKind::Ingest, context.now()).expect("a run");
    let other = Connection::open(place.database("history.db")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let report = thread::scope(|scope| {
        let reading = scope.spawn(|| jobs::ingest_files(&context, run, &[place.logs()], None));
        begun.recv().expect("it begins");
        other.execute_batch("ROLLBACK").expect("free again");
        reading.join().expect("no panic").expect("a store that works again")
    });
    assert_eq!(report.summary.objects_read, 600);
    let events: u32 = other.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).expect("counted");
    assert_eq!(events, 601);
}

#[test]
fn few_files_are_open_at_a_time_however_many_there_are() {
    let place = Workplace::new();
    for number in 0..400 {
        place.write(
            &format!("logs/{}/{}/{number}.json", number % 7, number % 11),
            delivered(&[routine(&number.to_string())]),
        );
    }
    let script = format!("ulimit -n 40; exec {} ingest logs --threads 8", env!("CARGO_BIN_EXE_roletrail"));
    let output = place.other("sh", &["-c", &script]).output().expect("a shell");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(place.list(&["events"]).len(), 400);
}

#[test]
fn an_object_that_is_named_twice_is_read_once() {
    for threads in ["1", "8"] {
        let place = Workplace::new();
        place.write("logs/a.json", delivered(&[intrusion("a")]));
        place.write("logs/b.json", "no log");
        let report = place.json(&["ingest", "logs", "logs/a.json", "./logs/", "--threads", threads], 2);
        assert_eq!(
            report["objects"],
            json!({"seen": 5, "read": 1, "skipped": 0, "already_ingested": 2, "rejected": 2}),
            "{threads}"
        );
        assert_eq!(report["records"]["duplicate"], 0, "{threads}");
    }
}

#[test]
fn an_interrupt_ends_with_code_130_and_keeps_what_was_committed() {
    for threads in ["1", "4"] {
        let place = Workplace::new();
        for number in 0..700 {
            let bytes = gzip(&delivered(&[intrusion(&format!("own-{number}"))]));
            let directory = if number < 200 { "before" } else { "behind" };
            place.write(&format!("logs/{directory}/{number:03}.json.gz"), bytes);
        }
        let made = Command::new("mkfifo").arg(place.path("pipe")).status().expect("mkfifo starts");
        assert!(made.success());
        // A pipe holds everything up until it is written. Threads are fewer objects ahead than come before it, so that
        // some of those are stored by the time it is opened.
        let roots = ["ingest", "logs/before", "pipe", "logs/behind", "--threads", threads];
        let child = place.command(&roots).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        let mut pipe = std::fs::File::options().write(true).open(place.path("pipe")).expect("the program reads it");
        let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
        assert!(interrupted.success());
        pipe.write_all(&delivered(&[intrusion("piped")])).expect("the program reads it");
        drop(pipe);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(130), "{threads}: {}", String::from_utf8_lossy(&output.stderr));
        let mut kept = sorted(&place.list(&["events"]), "event_id");
        // A single thread comes to the signal once it has stored what it reads.
        assert!(threads != "1" || kept.contains(&"piped".to_owned()), "{kept:?}");
        kept.retain(|id| id != "piped");
        assert!((1..700).contains(&kept.len()), "{threads}: {kept:?}");
        let report = place.ingest(&["logs"], 0);
        assert_eq!(report["objects"]["already_ingested"], kept.len(), "{threads}: {report}");
        let own = sorted(&place.list(&["events"]), "event_id").into_iter().filter(|id| id != "piped");
        assert_eq!(own.count(), 700, "{threads}");
    }
}
