//! Verification: the log read from its first leaf, every checkpoint on the way, and every row that it speaks about.
//!
//! The reader feeds leaves in order and, after each, the checkpoint that was made with it. What does not hold becomes a
//! [`Problem`] with its place; reading goes on, so that one break does not hide another.

mod findings;
mod marks;
mod outcome;
mod rows;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::checkpoint::Checkpoint;
use super::key::PublicKey;
use super::leaf::{Payload, RunRecord, What};
use super::rows::read_list;
use super::tree::{Hash, Tree, leaf_hash};
use findings::Problems;
use marks::Marks;
pub use marks::{Anchor, CheckpointRow};
pub use outcome::{LastCheckpoint, Pause, Problem, ProblemKind, RunsSeen, SignatureState, Verification};
pub use rows::Law;
use rows::Rows;

/// A leaf as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLeaf {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// Its payload.
    pub payload: String,
    /// Its list of rows.
    pub rows: Option<Vec<u8>>,
}

/// Looks a row up by table and key: the hash of what it holds, `None` where it is not there.
pub type Look<'a, E> = &'a mut dyn FnMut(u8, &[u8]) -> Result<Option<Hash>, E>;

/// Reads a log and keeps what was found.
pub struct Verifier {
    tree: Tree,
    previous: Option<Hash>,
    /// The number that the next leaf has to have.
    next: u64,
    marks: Marks,
    rows: Rows,
    runs: Runs,
    problems: Problems,
    /// Whether the leaves so far are those that begin the log.
    inherits: bool,
}

impl Verifier {
    /// Begins before the first leaf. Checkpoints have to be signed with one of the keys, where any are given.
    #[must_use]
    pub fn new(laws: &'static [Law], keys: Vec<PublicKey>) -> Self {
        Self {
            tree: Tree::default(),
            previous: None,
            next: 0,
            marks: Marks::new(keys),
            rows: Rows::new(laws),
            runs: Runs::default(),
            problems: Problems::default(),
            inherits: false,
        }
    }

    /// Has the log compared with a checkpoint that is known from elsewhere.
    pub fn expect(&mut self, anchor: Anchor, checkpoint: &Checkpoint) {
        self.marks.expect(anchor, checkpoint);
    }

    /// Leaves read so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The number behind that of the last leaf that was read.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Whether nothing was found wrong so far.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.found == 0
    }

    /// Goes on with leaves that came since everything was compared.
    pub fn go_on(&mut self) {
        self.rows.go_on();
    }

    /// Reads the next leaf.
    ///
    /// # Errors
    /// Whatever `look` answers.
    pub fn leaf<E>(&mut self, leaf: &StoredLeaf, look: Look<'_, E>) -> Result<(), E> {
        self.marks.leave(&mut self.problems);
        let number = leaf.number;
        if number != self.next {
            let detail = format!("leaves {} to {} are missing", self.next, number.saturating_sub(1));
            self.problems.add(ProblemKind::LeafMissing, Some(self.next), detail);
        }
        self.next = number + 1;
        let computed = leaf_hash(leaf.payload.as_bytes());
        let stored = Hash::from_bytes(&leaf.hash);
        if stored != Some(computed) {
            let detail = format!("what leaf {number} says does not have the hash that is stored with it");
            self.problems.add(ProblemKind::LeafEdited, Some(number), detail);
        }
        self.read(leaf, look)?;
        // With the stored hash, so that a payload that was edited alone breaks no checkpoint.
        let hash = stored.unwrap_or(computed);
        self.tree.push(hash);
        self.previous = Some(hash);
        self.marks.compare(&self.tree, &mut self.problems);
        Ok(())
    }

    fn read<E>(&mut self, leaf: &StoredLeaf, look: Look<'_, E>) -> Result<(), E> {
        let number = leaf.number;
        let Ok(payload) = serde_json::from_str::<Payload>(&leaf.payload) else {
            let detail = format!("what leaf {number} says cannot be understood");
            self.problems.add(ProblemKind::LeafEdited, Some(number), detail);
            return Ok(());
        };
        let previous = self.previous.map(|hash| hash.to_string());
        if payload.leaf != number || payload.previous != previous {
            let detail = format!("leaf {number} was written as leaf {} behind another leaf", payload.leaf);
            self.problems.add(ProblemKind::LeafOutOfPlace, Some(number), detail);
        }
        if (payload.what == What::Genesis) != (number == 0) || payload.what == What::Inherited && !self.inherits {
            let detail = format!("leaf {number} speaks of the begin of the log, and is not there or not alone");
            self.problems.add(ProblemKind::LeafOutOfPlace, Some(number), detail);
        }
        self.inherits = matches!(payload.what, What::Genesis | What::Inherited);
        self.runs.take(&payload);
        if payload.what == What::RunFinished {
            let finished_at = payload.run.as_ref().and_then(|run| run.finished_at);
            self.marks.run_ended(number, finished_at, payload.origin.clone());
        }
        let hash = leaf.rows.as_deref().map(|rows| Hash::of(rows).to_string());
        let notes = read_list(leaf.rows.as_deref().unwrap_or_default());
        let Some(notes) = notes.filter(|_| hash == payload.rows_sha256) else {
            let detail = format!("the list of rows of leaf {number} is not the one that the leaf names");
            self.problems.add(ProblemKind::ListEdited, Some(number), detail);
            self.rows.lose(payload.rows.keys().map(String::as_str));
            return Ok(());
        };
        if payload.what == What::Inherited {
            self.rows.inherited += notes.len() as u64;
        }
        for note in notes {
            let found = look(note.table, &note.key)?;
            self.rows.take(&note, number, found, &mut self.problems);
        }
        Ok(())
    }

    /// Reads the checkpoint that was made with the last leaf.
    pub fn checkpoint(&mut self, row: &CheckpointRow) {
        self.marks.checkpoint(row, (&self.tree, self.next), &mut self.problems);
    }

    /// Tells what no leaf explains, once the last leaf was read. Answers tables with rows that the log does not have, or
    /// the other way round, beyond what was found row by row: those have to be searched for. `count` tells how many rows
    /// a table has.
    ///
    /// # Errors
    /// Whatever `look` or `count` answer.
    pub fn settle<E>(
        &mut self,
        look: Look<'_, E>,
        count: &mut dyn FnMut(u8) -> Result<i64, E>,
    ) -> Result<Vec<u8>, E> {
        let surplus = self.settle_news(look)?;
        let mut suspects = Vec::new();
        for (table, surplus) in (0_u8..).zip(surplus) {
            if self.rows.is_known(table) && count(table)? + surplus != 0 {
                suspects.push(table);
            }
        }
        Ok(suspects)
    }

    /// Tells what none of the leaves explains that were read since everything was compared.
    ///
    /// # Errors
    /// Whatever `look` answers.
    pub fn settle_news<E>(&mut self, look: Look<'_, E>) -> Result<Vec<i64>, E> {
        self.marks.leave(&mut self.problems);
        self.rows.settle(look, &mut self.problems)
    }

    /// There are leaves or checkpoints with numbers that none can have.
    pub fn strays(&mut self, strays: u64) {
        if 0 < strays {
            let detail = format!("{strays} leaves or checkpoints have numbers below the first");
            self.problems.add(ProblemKind::LeafOutOfPlace, None, detail);
        }
    }

    /// A row of a table was found that the log does not have.
    pub fn inserted(&mut self, table: u8, row: String) {
        let Some(law) = self.rows.law(table) else { return };
        let detail = "no leaf has it".to_owned();
        self.problems.row(ProblemKind::RowInserted, None, (law.name, row), detail);
    }

    /// The log itself has a row of a table twice.
    pub fn added_twice(&mut self, table: u8, row: String, leaf: u64) {
        let Some(law) = self.rows.law(table) else { return };
        let detail = format!("leaf {leaf} adds it although it was there");
        self.problems.row(ProblemKind::RowUnlawful, Some(leaf), (law.name, row), detail);
    }

    /// What it came to, once everything was read. `not_covered` says what the log does not speak about.
    #[must_use]
    pub fn end(&mut self, not_covered: &[&str]) -> Verification {
        self.marks.end(self.tree.size(), &mut self.problems);
        let gaps = self.marks.gaps(self.tree.size());
        Verification {
            verified: self.problems.found == 0 && gaps.is_empty(),
            size: self.tree.size(),
            root: self.tree.root().to_string(),
            checkpoints: self.marks.checkpoints,
            signed_checkpoints: self.marks.signed,
            leaves_after_checkpoint: self.tree.size() - self.marks.last_size().min(self.tree.size()),
            anchors: self.marks.anchors,
            runs: self.runs.seen(),
            rows: self.rows.counts().map(|(name, count)| (name.to_owned(), count)).collect(),
            inherited_rows: self.rows.inherited,
            checkpoint: self.marks.last.clone(),
            problems: self.problems.listed.clone(),
            problems_found: self.problems.found,
            gaps,
            not_covered: not_covered.iter().map(|text| (*text).to_owned()).collect(),
        }
    }
}

/// The runs that leaves tell of.
#[derive(Debug, Default)]
struct Runs {
    open: BTreeSet<i64>,
    finished: u64,
    first: Option<i64>,
    last: Option<i64>,
    pause: Option<(i64, i64)>,
}

impl Runs {
    fn take(&mut self, payload: &Payload) {
        let Some(RunRecord { id, started_at, finished_at, .. }) = payload.run else { return };
        match payload.what {
            What::RunBegan => {
                self.open.insert(id);
                self.first.get_or_insert(started_at);
                let pause = self.last.map(|last| (last, started_at));
                let length = |(from, to): &(i64, i64)| to - from;
                self.pause = self.pause.into_iter().chain(pause).max_by_key(length).filter(|pause| 0 < length(pause));
            }
            What::RunFinished => {
                self.open.remove(&id);
                self.finished += 1;
                self.last = self.last.max(finished_at);
            }
            What::Genesis | What::Inherited | What::Rows => {}
        }
    }

    fn seen(&self) -> RunsSeen {
        RunsSeen {
            finished: self.finished,
            unfinished: self.open.len() as u64,
            first: self.first.map(moment),
            last: self.last.map(moment),
            longest_pause: self.pause.map(|(from, to)| Pause {
                from: moment(from),
                to: moment(to),
                seconds: (to - from) / 1000,
            }),
        }
    }
}

/// A time of the log for people; one that is out of every calendar as its number.
fn moment(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |time| time.to_string())
}
