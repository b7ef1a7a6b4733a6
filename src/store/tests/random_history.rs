//! Histories as chance would have them: runs that end, runs that are killed, objects and batches that come to nothing.

use std::path::Path;

use fastrand::Rng;

use super::judging::{finding, judgement, stored};
use super::{OWNER, assumption, at, coverage, identity, key_store, observation, open, owner, role};
use crate::evidence::SigningKey;
use crate::model::{
    Collection, DeletionTask, FindingChange, FindingUpdate, LookupProgress, Outcome, Provider, Reject, RunKind,
    Severity, SourceSummary, StoreState, TaskStatus, TrailEvent, TrailSettings, api,
};
use crate::store::{Access, ObjectFate, RunId, Signer, Store, WrittenReport};

/// A key for tests, known to everybody.
pub(super) const KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHMKW3iHmDzkcyPHIcF5EjZE03imDswIqUbL9I5D6tzu
-----END PRIVATE KEY-----\n";

/// Writes a history of some runs at `path`; checkpoints are signed. The last run has ended.
pub(super) fn write(path: &Path, seed: u64, runs: usize) {
    let mut rng = Rng::with_seed(seed);
    let mut author = Author { store: opened(path), minutes: 0, number: 0 };
    for run in 0..runs {
        let kind = [RunKind::Collect, RunKind::Ingest, RunKind::Analyze][run % 3];
        let id = author.store.begin_run(kind, at(author.minutes)).expect("begun");
        for _ in 0..rng.usize(1..6) {
            author.minutes += rng.i64(1..600);
            author.step(id, &mut rng);
        }
        if rng.u8(..4) == 0 && run + 1 < runs {
            // Killed: what was committed stays, the next start finds it.
            author.store = opened_anew(author.store, path);
            continue;
        }
        author.everything(id, run + 1 == runs);
        author.minutes += 7;
        author.store.finish_run(id, at(author.minutes), rng.bool(), &SourceSummary::default()).expect("finished");
    }
}

fn opened_anew(before: Store, path: &Path) -> Store {
    drop(before);
    opened(path)
}

pub(super) fn opened(path: &Path) -> Store {
    let store = open(path, Access::Write("test")).expect("a history");
    store.sign_checkpoints(Signer { origin: Some("example.org/log".to_owned()), key: SigningKey::from_pem(KEY) });
    store
}

struct Author {
    store: Store,
    minutes: i64,
    number: u32,
}

impl Author {
    fn step(&mut self, run: RunId, rng: &mut Rng) {
        match rng.u8(..8) {
            0..=2 => self.ingest(run, rng),
            3 | 4 => self.collect(run, rng),
            5 => self.judge(run, rng),
            6 => self.read_trail(run, rng),
            _ => self.report(),
        }
    }

    /// So that every table has a row at the end.
    fn everything(&mut self, run: RunId, last: bool) {
        if !last {
            return;
        }
        let mut rng = Rng::with_seed(7);
        for _ in 0..4 {
            self.ingest(run, &mut rng);
            self.collect(run, &mut rng);
            self.read_trail(run, &mut rng);
            self.judge(run, &mut rng);
            self.minutes += 11;
        }
        self.store.finish_run(run, at(self.minutes), true, &SourceSummary::default()).expect("finished");
        self.report();
    }

    fn event(&mut self, rng: &mut Rng) -> TrailEvent {
        self.number += 1;
        let mut event = assumption(&format!("event-{}", self.number), self.minutes - rng.i64(0..500), rng.bool());
        event.raw = format!("{{\"number\":{}}}", self.number);
        // Now and then one comes again, and now and then one takes the place of another.
        match rng.u8(..6) {
            0 => event.id = format!("event-{}", rng.u32(1..=self.number)),
            1 => event.replaces = Some(format!("event-{}", rng.u32(1..=self.number))),
            _ => {}
        }
        event
    }

    fn ingest(&mut self, run: RunId, rng: &mut Rng) {
        let store = self.store.clone();
        let mut batch = store.batch(run, at(self.minutes)).expect("a batch");
        for _ in 0..rng.usize(1..5) {
            let mut object = batch.object().expect("an object");
            for _ in 0..rng.usize(..6) {
                let event = self.event(rng);
                object.add_event(&event).expect("stored");
            }
            let name = format!("object-{}", rng.u8(..20));
            if rng.u8(..3) == 0 {
                let raw = vec![rng.u8(..); 9];
                let reject =
                    Reject { object: name.clone(), record: Some(1), offset: None, reason: "broken".to_owned(), raw };
                object.add_reject(&reject).expect("noted");
            }
            // One that breaks off leaves no trace.
            if rng.u8(..4) != 0 {
                let counts = SourceSummary { records_read: rng.u64(..9), ..SourceSummary::default() };
                object.finish(&identity(&name), ObjectFate::Read, Some(Provider::Aws), &counts).expect("finished");
            }
        }
        if rng.u8(..5) == 0 {
            drop(batch);
        } else {
            batch.commit().expect("committed");
        }
    }

    fn collect(&mut self, run: RunId, rng: &mut Rng) {
        let mut collection = Collection::new(Provider::Aws, OWNER, at(self.minutes));
        let present = rng.u8(..4) != 0;
        let mut seen = observation(present.then(|| role(&format!("AROA{}", rng.u8(..3)))));
        seen.last_used = rng.bool().then(|| (at(self.minutes - 1), None));
        collection.roles.push(seen);
        let state = if rng.bool() { StoreState::Connected } else { StoreState::Disconnected };
        collection.stores.push(key_store(&format!("cks-{}", rng.u8(..3)), state));
        let arn = format!("arn:aws:cloudtrail:eu-west-1:{OWNER}:trail/t");
        collection.trails = Some(vec![TrailSettings { logging: Some(rng.bool()), ..TrailSettings::new("t", arn) }]);
        collection.tasks.push(self.task(rng));
        for region in ["eu-west-1", "eu-west-2"] {
            let outcome = if rng.bool() { Outcome::Complete } else { Outcome::Denied };
            collection.coverage.push(coverage(region, outcome, self.minutes));
        }
        self.store.save_collection(run, &collection).expect("saved");
    }

    fn task(&self, rng: &mut Rng) -> DeletionTask {
        DeletionTask {
            account: OWNER.to_owned(),
            profile: super::PROFILE.to_owned(),
            id: format!("task-{}", rng.u8(..2)),
            submitted_at: at(1),
            submitted_by: None,
            event_id: None,
            status: if rng.bool() { TaskStatus::InProgress } else { TaskStatus::Failed },
            checked_at: Some(at(self.minutes)),
            reason: rng.bool().then(|| "in use".to_owned()),
            usage: Vec::new(),
        }
    }

    fn read_trail(&mut self, run: RunId, rng: &mut Rng) {
        let mut row = coverage("eu-west-1", Outcome::Complete, self.minutes);
        row.key.api = api::TRAIL_LOOKUP.to_owned();
        row.from = at(self.minutes - 60 * rng.i64(1..90));
        self.store.save_coverage(run, at(self.minutes), &[row]).expect("saved");
        let progress = LookupProgress {
            region: "eu-west-1".to_owned(),
            query: "q".to_owned(),
            window_from: at(0),
            window_to: at(self.minutes),
            reached: None,
            done: rng.bool(),
        };
        self.store.save_lookup_progress(&owner(), &[progress]).expect("saved");
    }

    fn judge(&mut self, run: RunId, rng: &mut Rng) {
        let mut updates = Vec::new();
        for severity in [Severity::Low, Severity::Critical] {
            let mut found = finding(severity, &[(1, "event-1"), (2, "event-2")][..rng.usize(1..3)]);
            found.subject = Some(format!("{severity:?}"));
            found.last_seen = at(self.minutes);
            let resolved = rng.bool().then_some(self.minutes);
            let change = match (resolved, rng.bool()) {
                (Some(_), _) => Some(FindingChange::Resolved { because: "gone".to_owned() }),
                (None, true) => Some(FindingChange::SeenAgain),
                (None, false) => None,
            };
            updates.push(FindingUpdate { stored: stored(found, resolved), change });
        }
        let mut judged = judgement(at(self.minutes));
        judged.verdicts[0].regions_complete = rng.u64(..3);
        self.store.save_judgement(run, &judged, &updates).expect("saved");
    }

    fn report(&mut self) {
        let head = self.store.checkpoint_before(at(self.minutes + 1)).expect("read");
        let report = WrittenReport {
            report: format!("r-{}", self.minutes),
            scope: "organization".to_owned(),
            from: at(0),
            to: at(self.minutes),
            directory: "reports".to_owned(),
            manifest_sha256: "00".repeat(32),
            formats: vec!["json".to_owned()],
            slot: None,
            written_at: at(self.minutes),
            checkpoint: head.map(|head| head.note),
        };
        self.store.note_report(&report).expect("noted");
    }
}
