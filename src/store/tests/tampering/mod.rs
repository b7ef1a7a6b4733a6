//! Every way of tampering is found, and its place is told.
//!
//! Each kind is tried on histories as chance makes them; `ROLETRAIL_TAMPERINGS` says how often, where the few tries of an
//! ordinary run are not enough.

mod rows;

use std::path::{Path, PathBuf};

use fastrand::Rng;
use rusqlite::{Connection, params};

use super::evidence::{verify, with_key};
use super::open;
use super::random_history::{KEY, write};
use crate::evidence::{
    Checkpoint, Hash, Problem, ProblemKind, SignedCheckpoint, SigningKey, Tree, Verification, leaf_hash,
};
use crate::store::{Access, EvidenceCheck};
use rows::ROWS;

/// Tries of each kind.
const TRIES: u64 = 6;
/// Histories that are made; the tries take turns.
const HISTORIES: u64 = 3;

const OTHER_KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIG283ZifoKoBGIwdpuxD7nOfa/aW4JC/wsbHhZ1m6o4E
-----END PRIVATE KEY-----\n";

/// Where the trouble has to be told.
enum Place {
    /// At a leaf.
    Leaf(i64, ProblemKind),
    /// At one of some leaves.
    Leaves(i64, i64),
    /// At a row.
    Row(&'static str, String, ProblemKind),
    /// Outside of the numbers that leaves have.
    Nowhere(ProblemKind),
    /// The log is an older one, or shorter.
    Cut(i64),
}

impl Place {
    fn is_told_by(&self, problem: &Problem) -> bool {
        let leaf = problem.leaf.and_then(|leaf| i64::try_from(leaf).ok());
        match self {
            Self::Leaf(at, kind) => leaf == Some(*at) && problem.kind == *kind,
            Self::Nowhere(kind) => leaf.is_none() && problem.kind == *kind,
            Self::Leaves(from, to) => leaf.is_some_and(|leaf| *from <= leaf && leaf <= *to),
            Self::Row(table, row, kind) => {
                problem.table.as_deref() == Some(table) && problem.row.as_ref() == Some(row) && problem.kind == *kind
            }
            Self::Cut(at) => {
                leaf == Some(*at) && matches!(problem.kind, ProblemKind::TailMissing | ProblemKind::RolledBack)
            }
        }
    }
}

/// Somebody with the file, and without the key.
struct Tamperer {
    file: Connection,
    rng: Rng,
    /// Leaves.
    size: i64,
}

type Kind = (&'static str, fn(&mut Tamperer) -> Place);

impl Tamperer {
    fn number(&self, query: &str) -> i64 {
        self.file.query_row(query, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    fn run(&self, statement: &str) {
        self.file.execute_batch(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// A leaf that a checkpoint speaks for, and that is not the last one.
    fn leaf(&mut self) -> i64 {
        let last = self.number("SELECT max(size) FROM evidence_checkpoints");
        self.rng.i64(1..last - 1)
    }

    fn checkpoint(&mut self) -> i64 {
        let count = self.number("SELECT count(*) FROM evidence_checkpoints");
        let place = self.rng.i64(0..count);
        self.number(&format!("SELECT size FROM evidence_checkpoints ORDER BY size LIMIT 1 OFFSET {place}"))
    }

    fn payload(&self, leaf: i64) -> String {
        let query = "SELECT payload FROM evidence WHERE leaf = ?1";
        self.file.query_row(query, [leaf], |row| row.get(0)).expect("a leaf")
    }

    fn put(&self, leaf: i64, payload: &str) {
        let hash = leaf_hash(payload.as_bytes()).0;
        let statement = "UPDATE evidence SET payload = ?2, hash = ?3 WHERE leaf = ?1";
        self.file.execute(statement, params![leaf, payload, hash]).expect("put");
    }

    fn note(&self, size: i64) -> SignedCheckpoint {
        let query = "SELECT note FROM evidence_checkpoints WHERE size = ?1";
        let text: String = self.file.query_row(query, [size], |row| row.get(0)).expect("a checkpoint");
        text.parse().expect("a note")
    }

    fn put_note(&self, size: i64, note: &SignedCheckpoint) {
        let statement = "UPDATE evidence_checkpoints SET note = ?2 WHERE size = ?1";
        self.file.execute(statement, params![size, note.to_string()]).expect("put");
    }

    /// Changes a row of a table that fits; `key` is what the row is called by.
    fn edit(&mut self, table: &'static str, key: &str, fits: &str, set: &str) -> Place {
        let row = self.row(table, key, fits);
        self.run(&format!("UPDATE {table} SET {set} WHERE {key} = '{row}'"));
        Place::Row(table, row, ProblemKind::RowEdited)
    }

    fn delete(&mut self, table: &'static str, key: &str) -> Place {
        let row = self.row(table, key, "true");
        self.run(&format!("DELETE FROM {table} WHERE {key} = '{row}'"));
        Place::Row(table, row, ProblemKind::RowMissing)
    }

    fn row(&mut self, table: &str, key: &str, fits: &str) -> String {
        let count = self.number(&format!("SELECT count(*) FROM {table} WHERE {fits}"));
        assert!(0 < count, "no row of {table} where {fits}");
        let place = self.rng.i64(0..count);
        let query =
            format!("SELECT CAST({key} AS TEXT) FROM {table} WHERE {fits} ORDER BY {key} LIMIT 1 OFFSET {place}");
        self.file.query_row(&query, [], |row| row.get(0)).expect("a row")
    }

    /// Makes room for a leaf at a number.
    fn shift(&self, from: i64) {
        self.run(&format!(
            "UPDATE evidence SET leaf = -leaf - 1 WHERE leaf >= {from}; UPDATE evidence SET leaf = -leaf WHERE leaf < 0"
        ));
    }

    fn cut(&self, size: i64) {
        self.run(&format!("DELETE FROM evidence WHERE leaf >= {size}"));
    }

    /// Writes the whole log anew from a leaf on, with every hash and checkpoint, and without signatures.
    fn forge(&mut self, changed: i64, payload: &str) {
        let mut tree = Tree::default();
        let mut before: Option<Hash> = None;
        for leaf in 0..self.size {
            let mut text = if leaf == changed { payload.to_owned() } else { self.payload(leaf) };
            if let (Some(before), true) = (before, changed < leaf) {
                let at = text.find("\"previous\":\"").expect("a link") + 12;
                text.replace_range(at..at + 64, &before.to_string());
            }
            self.put(leaf, &text);
            let hash = leaf_hash(text.as_bytes());
            tree.push(hash);
            before = Some(hash);
            let statement = "UPDATE evidence_checkpoints SET note = ?2, peaks = ?3 WHERE size = ?1";
            let note = Checkpoint::of("example.org/log", &tree).sign(None).to_string();
            self.file.execute(statement, params![leaf + 1, note, tree.peaks()]).expect("put");
        }
    }
}

/// What somebody does to the log.
const LOG: [Kind; 23] = [
    ("a byte of a payload", |t| {
        let leaf = t.leaf();
        t.run(&format!(
            "UPDATE evidence SET payload = replace(payload, 'version\":1', 'version\":2') WHERE leaf = {leaf}"
        ));
        Place::Leaf(leaf, ProblemKind::LeafEdited)
    }),
    ("a payload that is no JSON any more", |t| {
        let leaf = t.leaf();
        t.run(&format!("UPDATE evidence SET payload = substr(payload, 3) WHERE leaf = {leaf}"));
        Place::Leaf(leaf, ProblemKind::LeafEdited)
    }),
    ("a leaf with its hash", |t| {
        let leaf = t.leaf();
        t.put(leaf, &t.payload(leaf).replace("\"version\":1", "\"version\":2"));
        Place::Leaf(leaf + 1, ProblemKind::LeafOutOfPlace)
    }),
    ("the hash of a leaf", |t| {
        let leaf = t.leaf();
        t.run(&format!("UPDATE evidence SET hash = zeroblob(32) WHERE leaf = {leaf}"));
        Place::Leaf(leaf, ProblemKind::LeafEdited)
    }),
    ("the length of a hash", |t| {
        let leaf = t.leaf();
        t.run(&format!("UPDATE evidence SET hash = zeroblob(31) WHERE leaf = {leaf}"));
        Place::Leaf(leaf, ProblemKind::LeafEdited)
    }),
    ("a byte of a list of rows", |t| {
        let leaf: i64 = t.row("evidence", "leaf", "rows IS NOT NULL").parse().expect("a number");
        let rows: Vec<u8> =
            t.file.query_row("SELECT rows FROM evidence WHERE leaf = ?1", [leaf], |row| row.get(0)).expect("a list");
        let (mut rows, place) = (rows.clone(), t.rng.usize(..rows.len()));
        rows[place] ^= 1 << t.rng.u8(..8);
        t.file.execute("UPDATE evidence SET rows = ?2 WHERE leaf = ?1", params![leaf, rows]).expect("put");
        Place::Leaf(leaf, ProblemKind::ListEdited)
    }),
    ("a list of rows", |t| {
        let leaf: i64 = t.row("evidence", "leaf", "rows IS NOT NULL").parse().expect("a number");
        t.run(&format!("UPDATE evidence SET rows = NULL WHERE leaf = {leaf}"));
        Place::Leaf(leaf, ProblemKind::ListEdited)
    }),
    ("a leaf that is gone", |t| {
        let leaf = t.leaf();
        t.run(&format!("DELETE FROM evidence WHERE leaf = {leaf}"));
        Place::Leaf(leaf, ProblemKind::LeafMissing)
    }),
    ("a leaf that is gone and the others moved up", |t| {
        let leaf = t.leaf();
        t.run(&format!(
            "DELETE FROM evidence WHERE leaf = {leaf}; UPDATE evidence SET leaf = leaf - 1 WHERE leaf > {leaf}"
        ));
        Place::Leaf(leaf, ProblemKind::LeafOutOfPlace)
    }),
    ("the first leaf", |t| {
        t.run("DELETE FROM evidence WHERE leaf = 0");
        Place::Leaf(0, ProblemKind::LeafMissing)
    }),
    ("a leaf before the first", |t| {
        t.run("INSERT INTO evidence SELECT -7, hash, payload, rows FROM evidence WHERE leaf = 1");
        Place::Nowhere(ProblemKind::LeafOutOfPlace)
    }),
    ("a leaf twice", |t| {
        let leaf = t.leaf();
        t.shift(leaf + 1);
        t.run(&format!(
            "INSERT INTO evidence SELECT {leaf} + 1, hash, payload, rows FROM evidence WHERE leaf = {leaf}"
        ));
        Place::Leaf(leaf + 1, ProblemKind::LeafOutOfPlace)
    }),
    ("a leaf of the tamperer's own, well linked", |t| {
        let leaf = t.leaf();
        t.shift(leaf);
        let previous: Vec<u8> =
            t.file.query_row("SELECT hash FROM evidence WHERE leaf = ?1 - 1", [leaf], |row| row.get(0)).expect("one");
        let payload = format!(
            "{{\"leaf\":{leaf},\"previous\":\"{}\",\"version\":1,\"what\":\"rows\"}}",
            Hash::from_bytes(&previous).expect("a hash")
        );
        t.run(&format!("INSERT INTO evidence VALUES ({leaf}, x'00', '', NULL)"));
        t.put(leaf, &payload);
        Place::Leaf(leaf + 1, ProblemKind::LeafOutOfPlace)
    }),
    ("two leaves in each other's place", |t| {
        let leaf = t.leaf();
        t.run(&format!(
            "UPDATE evidence SET leaf = -1 WHERE leaf = {leaf}; UPDATE evidence SET leaf = {leaf} WHERE leaf = {leaf} + 1;
             UPDATE evidence SET leaf = {leaf} + 1 WHERE leaf = -1"
        ));
        Place::Leaf(leaf, ProblemKind::LeafOutOfPlace)
    }),
    ("the tail, checkpoints left", |t| {
        let size = t.leaf();
        t.cut(size);
        Place::Cut(size)
    }),
    ("the tail and its checkpoints, reports left", |t| {
        let size = t.leaf();
        t.cut(size);
        t.run(&format!("DELETE FROM evidence_checkpoints WHERE size > {size}"));
        // Behind the last checkpoint that a report names, the report itself is what nothing vouches for any more.
        let named = "SELECT max(CAST(substr(checkpoint, instr(checkpoint, char(10)) + 1) AS INTEGER)) FROM reports";
        if size < t.number(named) {
            return Place::Cut(size);
        }
        let newest = t.number("SELECT max(id) FROM reports").to_string();
        Place::Row("reports", newest, ProblemKind::RowInserted)
    }),
    ("the root of a checkpoint", |t| {
        let size = t.checkpoint();
        let mut note = t.note(size);
        note.checkpoint.root = Hash::of(b"another one");
        t.put_note(size, &note);
        Place::Leaf(size - 1, ProblemKind::RootDiffers)
    }),
    ("the size in a checkpoint", |t| {
        let size = t.checkpoint();
        let mut note = t.note(size);
        note.checkpoint.size += 1;
        t.put_note(size, &note);
        Place::Leaf(size - 1, ProblemKind::CheckpointEdited)
    }),
    ("the origin of a checkpoint", |t| {
        let size = t.checkpoint();
        let mut note = t.note(size);
        note.checkpoint.origin = "example.com/log".to_owned();
        t.put_note(size, &note);
        Place::Leaf(size - 1, ProblemKind::CheckpointEdited)
    }),
    ("the time or the peaks of a checkpoint", |t| {
        let size = t.checkpoint();
        let set = if t.rng.bool() { "made_at = made_at - 1" } else { "peaks = zeroblob(length(peaks))" };
        t.run(&format!("UPDATE evidence_checkpoints SET {set} WHERE size = {size}"));
        Place::Leaf(size - 1, ProblemKind::CheckpointEdited)
    }),
    ("a checkpoint that is gone", |t| {
        let size = t.checkpoint();
        t.run(&format!("DELETE FROM evidence_checkpoints WHERE size = {size}"));
        Place::Leaf(size - 1, ProblemKind::CheckpointMissing)
    }),
    ("a checkpoint where no run ended", |t| {
        let size: i64 = t.row("evidence", "leaf + 1", "payload NOT LIKE '%run-finished%'").parse().expect("a number");
        let mut tree = Tree::default();
        (0..size).for_each(|leaf| tree.push(leaf_hash(t.payload(leaf).as_bytes())));
        let note = Checkpoint::of("example.org/log", &tree).sign(SigningKey::from_pem(KEY).as_ref());
        let values = params![size, 0, note.to_string(), tree.peaks()];
        t.file.execute("INSERT INTO evidence_checkpoints VALUES (?1, ?2, ?3, ?4)", values).expect("put");
        Place::Leaf(size - 1, ProblemKind::CheckpointOutOfPlace)
    }),
    ("the signature of another key", |t| {
        let size = t.checkpoint();
        let note = t.note(size).checkpoint.sign(SigningKey::from_pem(OTHER_KEY).as_ref());
        t.put_note(size, &note);
        Place::Leaf(size - 1, ProblemKind::SignatureInvalid)
    }),
];

struct Histories {
    _directory: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

fn histories() -> Histories {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |seed: u64| directory.path().join(format!("{seed}.db"));
    let paths: Vec<_> = (0..HISTORIES).map(path).collect();
    for (seed, path) in (100..).zip(&paths) {
        write(path, seed, 7);
    }
    Histories { _directory: directory, paths }
}

fn tries() -> u64 {
    std::env::var("ROLETRAIL_TAMPERINGS").ok().and_then(|tries| tries.parse().ok()).unwrap_or(TRIES)
}

/// A copy of a history, in the hands of a tamperer.
fn tampered(original: &Path, copy: &Path, seed: u64, act: impl FnOnce(&mut Tamperer) -> Place) -> Place {
    std::fs::copy(original, copy).expect("copied");
    let file = Connection::open(copy).expect("a history");
    file.execute_batch("PRAGMA journal_mode = delete; PRAGMA synchronous = off; PRAGMA foreign_keys = off")
        .expect("set");
    let mut tamperer = Tamperer { file, rng: Rng::with_seed(seed), size: 0 };
    tamperer.size = tamperer.number("SELECT max(leaf) + 1 FROM evidence");
    act(&mut tamperer)
}

fn read(path: &Path, check: &EvidenceCheck) -> Verification {
    verify(&open(path, Access::Read).expect("a history"), check)
}

fn check_kinds(kinds: &[Kind]) {
    let histories = histories();
    let directory = tempfile::tempdir().expect("a directory");
    let copy = directory.path().join("copy.db");
    for (kind, act) in kinds {
        for seed in 0..tries() {
            let original = &histories.paths[usize::try_from(seed % HISTORIES).expect("small")];
            let place = tampered(original, &copy, seed, act);
            let found = read(&copy, &with_key());
            let told = found.problems.iter().any(|problem| place.is_told_by(problem));
            assert!(told && !found.verified, "{kind}, seed {seed}: {:#?}", found.problems);
        }
    }
}

#[test]
fn whatever_is_done_to_the_log_is_found_in_its_place() {
    check_kinds(&LOG);
}

#[test]
fn whatever_is_done_to_the_history_is_found_in_its_place() {
    check_kinds(&ROWS);
}

#[test]
fn an_older_copy_and_a_forged_log_are_found_by_whoever_has_a_checkpoint() {
    let histories = histories();
    let directory = tempfile::tempdir().expect("a directory");
    let copy = directory.path().join("copy.db");
    for seed in 0..tries() {
        let original = &histories.paths[usize::try_from(seed % HISTORIES).expect("small")];
        let newest = read(original, &with_key()).checkpoint.expect("one").note;
        let newest = newest.parse::<SignedCheckpoint>().expect("a note").checkpoint;
        let check = EvidenceCheck { least: Some(newest), ..EvidenceCheck::default() };
        assert_eq!(read(original, &check).problems, []);
        let place = tampered(original, &copy, seed, |tamperer| {
            // As if nothing after that moment had ever been written: nothing in the file tells.
            let size = tamperer.leaf();
            tamperer.cut(size);
            tamperer.run(&format!("DELETE FROM evidence_checkpoints WHERE size > {size}"));
            tamperer.run("UPDATE reports SET checkpoint = NULL");
            Place::Cut(size)
        });
        let found = read(&copy, &check);
        assert!(found.problems.iter().any(|problem| place.is_told_by(problem)), "seed {seed}: {:#?}", found.problems);
        let place = tampered(original, &copy, seed, |tamperer| {
            let leaf = tamperer.leaf();
            let payload = tamperer.payload(leaf).replace("\"version\":1", "\"version\":2");
            tamperer.forge(leaf, &payload);
            tamperer.run("UPDATE reports SET checkpoint = NULL");
            Place::Leaves(leaf, tamperer.size)
        });
        let found = read(&copy, &check);
        assert!(found.problems.iter().any(|problem| place.is_told_by(problem)), "seed {seed}: {:#?}", found.problems);
        assert!(read(&copy, &with_key()).gaps[0].contains("not signed"), "only the signatures would tell");
    }
}

#[test]
fn a_change_from_outside_is_not_washed_by_the_program_s_own_next_change() {
    let histories = histories();
    let path = &histories.paths[0];
    let file = Connection::open(path).expect("a history");
    let query = "SELECT id, region FROM coverage WHERE until IS NULL AND api NOT LIKE 'trail%' LIMIT 1";
    let (id, region): (i64, String) = file.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("one");
    file.execute("UPDATE coverage SET detail = 'nothing to see' WHERE id = ?1", [id]).expect("changed");
    drop(file);
    let store = super::random_history::opened(path);
    let run = store.begin_run(crate::model::RunKind::Collect, super::at(90_000)).expect("begun");
    let row = super::coverage(&region, crate::model::Outcome::Throttled, 90_000);
    store.save_coverage(run, super::at(90_000), &[row]).expect("saved");
    store.finish_run(run, super::at(90_001), true, &crate::model::SourceSummary::default()).expect("finished");
    let place = Place::Row("coverage", id.to_string(), ProblemKind::RowChangedOutside);
    let found = verify(&store, &with_key());
    assert!(found.problems.iter().any(|problem| place.is_told_by(problem)), "{:#?}", found.problems);
}
