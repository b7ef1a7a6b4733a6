//! How fast events are stored: objects of a thousand events into a history of its own on the disk, each committed.
//!
//! `cargo bench --bench store`. Throughput is that of events. `TMPDIR` says which disk.

use std::convert::Infallible;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use roletrail::model::{Provider, Reject, RunKind, SourceSummary, TrailEvent};
use roletrail::profiles::Profiles;
use roletrail::store::{Access, DatabaseUrl, ObjectFate, ObjectIdentity, RunId, Store};
use roletrail::trail::{Limits, Reading, Sink, layout, read_object};
use tempfile::TempDir;

mod cloudtrail;
use cloudtrail::{Act, account, delivered, record};

/// Events of one object.
const EVENTS: u64 = 1000;

/// Keeps what is read.
#[derive(Default)]
struct Events(Vec<TrailEvent>);

impl Sink for Events {
    type Error = Infallible;

    fn event(&mut self, event: TrailEvent) -> Result<bool, Infallible> {
        self.0.push(event);
        Ok(true)
    }

    fn reject(&mut self, reject: Reject) -> Result<(), Infallible> {
        unreachable!("the bench's own records are good: {}", reject.reason);
    }
}

/// Events that were never there before; `number` tells the objects apart.
fn events(act: Act, number: u64) -> Vec<TrailEvent> {
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::try_from(number).expect("few objects"));
    let account = account(number % 10);
    let texts: Vec<_> = (0..EVENTS).map(|place| record(&account, at, act, 1, number * EVENTS + place)).collect();
    let profiles = Profiles::builtin().expect("built-in profiles load");
    let reading =
        Reading { profiles: &profiles, limits: Limits::default(), keep_all: true, count: true, parse_all: false };
    let mut sink = Events::default();
    read_object(delivered(&texts).as_slice(), "object", &layout("object.json"), &reading, &mut sink)
        .expect("the bench's own object is good");
    sink.0
}

/// A history in a directory that goes with it.
struct History {
    store: Store,
    run: RunId,
    _directory: TempDir,
}

impl History {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = DatabaseUrl(directory.path().join("history.db"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let store = runtime.block_on(Store::open(&url, Access::Write("bench"))).expect("a history");
        let run = store.begin_run(RunKind::Ingest, Timestamp::UNIX_EPOCH).expect("a run");
        Self { store, run, _directory: directory }
    }

    /// Stores an object; answers how many of its events are new.
    fn add(&self, number: u64, events: &[TrailEvent]) -> usize {
        let mut batch = self.store.batch(self.run, Timestamp::UNIX_EPOCH).expect("a batch");
        let mut object = batch.object().expect("an object");
        let new = events.iter().filter(|event| object.add_event(event).expect("stored")).count();
        let identity = ObjectIdentity { name: format!("object-{number}"), size: 1, version: "1".to_owned() };
        let counts = SourceSummary::default();
        object.finish(&identity, ObjectFate::Read, Some(Provider::Aws), &counts).expect("finished");
        batch.commit().expect("committed");
        new
    }
}

fn storing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("storing");
    group.throughput(Throughput::Elements(EVENTS));
    for (name, act) in [("events that concern nothing", Act::Ordinary), ("ordinary work", Act::ServiceAssumes)] {
        let history = History::new();
        let mut number = 0;
        let mut next = || {
            number += 1;
            (number, events(act, number))
        };
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                &mut next,
                |(number, events)| assert_eq!(history.add(number, &events), events.len(), "all of them are new"),
                BatchSize::PerIteration,
            );
        });
    }
    let history = History::new();
    let known = events(Act::ServiceAssumes, 0);
    history.add(0, &known);
    group.bench_function("events that are there already", |bencher| {
        bencher.iter(|| assert_eq!(history.add(0, &known), 0, "none of them is new"));
    });
    group.finish();
}

criterion_group!(benches, storing);
criterion_main!(benches);
