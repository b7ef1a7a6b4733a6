//! Threads that break: nothing of their objects is stored, and it is said.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::{ReadingChoice, Unwatched, ingest_files};
use super::*;
use crate::clock::SettableClock;
use crate::config::{self, Overrides};
use crate::daemon::Stop;
use crate::model::RunKind;
use crate::profiles::{Profiles, Selection};
use crate::rules::Controls;
use crate::sources::files::discover;
use crate::store::{Access, DatabaseUrl, LedgerFilter, Store};

fn job(directory: &Path, runtime: &tokio::runtime::Runtime) -> JobContext {
    let url = DatabaseUrl(directory.join("history.db"));
    let store = runtime.block_on(Store::open(&url, Access::Write("tests"))).expect("a history");
    let loaded = config::load(None, &|_| None, &Overrides::default()).expect("the defaults");
    JobContext {
        store,
        settings: Arc::new(loaded.settings),
        profiles: Arc::new(Profiles::load(&Selection::default()).expect("the profiles of the program")),
        exceptions: Arc::default(),
        controls: Controls::builtin(),
        clock: Arc::new(SettableClock::at(Timestamp::UNIX_EPOCH)),
        choice: ReadingChoice::default(),
        scheduled: false,
        runtime: runtime.handle().clone(),
        stop: Stop::default(),
        progress: Arc::new(Unwatched),
    }
}

/// Reads 200 objects with threads that do `run`; answers what was said, and how many objects the ledger has then and
/// after a reading with threads that work.
fn broken(run: impl Fn(Worker<'_>) + Copy + Send) -> (String, usize, usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let logs = directory.path().join("logs");
    std::fs::create_dir(&logs).expect("made");
    for number in 0..200 {
        std::fs::write(logs.join(format!("{number:03}.json")), "{\"Records\":[]}").expect("written");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let context = job(directory.path(), &runtime);
    let objects = || {
        let mut objects = 0;
        let mut count = |_| {
            objects += 1;
            true
        };
        context.store.ledger(&LedgerFilter::default(), &mut count).expect("listed");
        objects
    };
    let began = context.store.begin_run(RunKind::Ingest, context.now()).expect("a run");
    let mut reader = ObjectReader::new(&context, began, None);
    let ended = read_with(&context, &mut reader, discover(&logs), 2, run);
    drop(reader);
    let Err(JobError::Broken(said)) = ended else { panic!("{ended:?}") };
    let before = objects();
    ingest_files(&context, began, &[logs], None).expect("works");
    (said, before, objects())
}

#[test]
fn a_thread_that_panics_breaks_the_job_off_and_is_quoted() {
    let (said, before, after) = broken(|_| panic!("on purpose"));
    assert!(said.contains("on purpose"), "{said}");
    assert_eq!((before, after), (0, 200));
}

#[test]
fn an_object_that_a_panicking_thread_had_is_not_lost_in_silence() {
    let (said, before, after) = broken(|worker| {
        let _work = worker.next();
        panic!("with {}", "work in hand");
    });
    assert!(said.contains("with work in hand"), "{said}");
    assert_eq!((before, after), (0, 200));
}

#[test]
fn a_thread_that_ends_without_a_word_breaks_the_job_off() {
    let (said, before, after) = broken(|worker| drop(worker.next()));
    assert!(said.contains("ended early"), "{said}");
    assert_eq!((before, after), (0, 200));
}
