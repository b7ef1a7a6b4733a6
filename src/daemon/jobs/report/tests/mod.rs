//! Reports over real histories, made at whatever time.

mod demo;
mod lives;
mod small;

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{Gathered, ReportRequest, gather};
use crate::clock::SettableClock;
use crate::config::{self, Overrides};
use crate::daemon::Stop;
use crate::daemon::jobs::{JobContext, ReadingChoice, Unwatched, analyze, collect};
use crate::exports::reports::{Report, ReportPeriod};
use crate::model::{RunKind, SourceSummary};
use crate::profiles::{Profiles, Selection};
use crate::rules::Controls;
use crate::store::{Access, DatabaseUrl, RunId, Store};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn period(from: &str, to: &str) -> ReportPeriod {
    ReportPeriod { from: time(from), to: time(to) }
}

/// A history in a directory of its own, with a clock that only the test moves.
struct History {
    context: JobContext,
    clock: SettableClock,
    // Declared after the store, which lies in it.
    runtime: Runtime,
    directory: TempDir,
}

impl History {
    fn new(now: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let clock = SettableClock::at(time(now));
        let context = context(directory.path(), &runtime, &clock);
        Self { context, clock, runtime, directory }
    }

    /// The same with the settings of a text.
    fn configured(mut self, text: &str) -> Self {
        let file = self.directory.path().join("roletrail.toml");
        self.context.settings = Arc::new(config::parse(text, &file).expect("right").settings);
        self
    }

    /// The same history, opened by another process at another time.
    fn opened_again(self, now: &str) -> Self {
        let Self { context, runtime, directory, .. } = self;
        let settings = Arc::clone(&context.settings);
        drop(context);
        let clock = SettableClock::at(time(now));
        let context = JobContext { settings, ..self::context(directory.path(), &runtime, &clock) };
        Self { context, clock, runtime, directory }
    }

    fn wait(&self, time: SignedDuration) {
        self.clock.advance(time);
    }

    fn run(&self, work: impl FnOnce(RunId)) {
        let run = self.context.store.begin_run(RunKind::Collect, self.context.now()).expect("begun");
        work(run);
        let counts = SourceSummary::default();
        self.context.store.finish_run(run, self.context.now(), true, &counts).expect("finished");
    }

    /// Collects and judges.
    fn scan(&self) {
        self.run(|run| {
            collect(&self.context, run).expect("collected");
            analyze(&self.context, run, false).expect("judged");
        });
    }

    fn gathered(&self, request: &ReportRequest) -> Gathered {
        gather(&self.context, request).expect("gathered").expect("not stopped")
    }

    fn report(&self, period: ReportPeriod) -> Report {
        self.gathered(&ReportRequest { period, account: None, all_evidence: false }).report
    }
}

fn context(directory: &Path, runtime: &Runtime, clock: &SettableClock) -> JobContext {
    let url = DatabaseUrl(directory.join("history.db"));
    let store = runtime.block_on(Store::open(&url, Access::Write("tests"))).expect("a history");
    let loaded = config::load(None, &|_| None, &Overrides::default()).expect("the defaults");
    JobContext {
        store,
        settings: Arc::new(loaded.settings),
        profiles: Arc::new(Profiles::load(&Selection::default()).expect("the profiles of the program")),
        exceptions: Arc::default(),
        controls: Controls::builtin(),
        clock: Arc::new(clock.clone()),
        choice: ReadingChoice::default(),
        scheduled: false,
        runtime: runtime.handle().clone(),
        stop: Stop::default(),
        progress: Arc::new(Unwatched),
    }
}
