//! Checkpoints on the way: those of the log, those of reports, and what somebody else has kept.

use std::collections::BTreeMap;

use super::findings::Problems;
use super::moment;
use super::outcome::{LastCheckpoint, ProblemKind, SignatureState};
use crate::evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::evidence::key::PublicKey;
use crate::evidence::tree::{Hash, Tree};

/// Where a checkpoint is known from that is not read with the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// A report names it.
    Report(String),
    /// Somebody has kept it.
    Given,
}

/// A checkpoint as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// For how many leaves it speaks.
    pub size: u64,
    /// When it was made.
    pub made_at: i64,
    /// Its text.
    pub note: String,
    /// The peaks of the tree.
    pub peaks: Vec<u8>,
}

/// A run that has ended with the last leaf: its checkpoint is due.
struct Due {
    leaf: u64,
    finished_at: Option<i64>,
    origin: Option<String>,
}

/// The checkpoints.
pub(super) struct Marks {
    keys: Vec<PublicKey>,
    expected: BTreeMap<u64, Vec<(Anchor, Hash)>>,
    due: Option<Due>,
    /// The largest size at which the leaves came to the root.
    good: u64,
    /// Whether the roots differ since then; they go on to.
    broken: bool,
    pub(super) checkpoints: u64,
    pub(super) signed: u64,
    pub(super) anchors: u64,
    pub(super) last: Option<LastCheckpoint>,
}

impl Marks {
    pub(super) fn new(keys: Vec<PublicKey>) -> Self {
        Self {
            keys,
            expected: BTreeMap::new(),
            due: None,
            good: 0,
            broken: false,
            checkpoints: 0,
            signed: 0,
            anchors: 0,
            last: None,
        }
    }

    pub(super) fn expect(&mut self, anchor: Anchor, checkpoint: &Checkpoint) {
        self.anchors += 1;
        // Every log has once been without a leaf.
        if checkpoint.size == 0 {
            return;
        }
        self.expected.entry(checkpoint.size).or_default().push((anchor, checkpoint.root));
    }

    pub(super) fn run_ended(&mut self, leaf: u64, finished_at: Option<i64>, origin: Option<String>) {
        self.due = Some(Due { leaf, finished_at, origin });
    }

    /// The leaf is left: its checkpoint has to have come.
    pub(super) fn leave(&mut self, problems: &mut Problems) {
        if let Some(Due { leaf, .. }) = self.due.take() {
            let detail = format!("a run ended in leaf {leaf}, and its checkpoint of size {} is missing", leaf + 1);
            problems.add(ProblemKind::CheckpointMissing, Some(leaf), detail);
        }
    }

    /// Compares the tree with what is known of it at this size.
    pub(super) fn compare(&mut self, tree: &Tree, problems: &mut Problems) {
        for (anchor, root) in self.expected.remove(&tree.size()).unwrap_or_default() {
            if root == tree.root() {
                continue;
            }
            let at = Some(tree.size() - 1);
            let (kind, whose) = match anchor {
                Anchor::Report(report) => (ProblemKind::RootDiffers, format!("that report {report} names")),
                Anchor::Given => (ProblemKind::RolledBack, "that was given".to_owned()),
            };
            let (size, good) = (tree.size(), self.good);
            let detail =
                format!("leaves {good} to {} are not those of the checkpoint of size {size} {whose}", size - 1);
            problems.add(kind, at, detail);
        }
    }

    /// Takes a stored checkpoint; `next` is the number that the next leaf has.
    pub(super) fn checkpoint(&mut self, row: &CheckpointRow, (tree, next): (&Tree, u64), problems: &mut Problems) {
        self.checkpoints += 1;
        let due = self.due.take();
        let leaf = row.size.checked_sub(1);
        if due.is_none() && row.size <= next {
            let detail = format!("no run has ended where the checkpoint of size {} stands", row.size);
            problems.add(ProblemKind::CheckpointOutOfPlace, leaf, detail);
        }
        let note = row.note.parse::<SignedCheckpoint>().ok();
        if let Some(what) = is_edited(row, note.as_ref(), due.as_ref()) {
            let detail = format!("the checkpoint of size {} is not as it was written: {what}", row.size);
            problems.add(ProblemKind::CheckpointEdited, leaf, detail);
        }
        let Some(note) = note else { return };
        self.check_root(row, &note.checkpoint, (tree, next), problems);
        self.check_signature(row, &note, problems);
    }

    fn check_root(
        &mut self,
        row: &CheckpointRow,
        checkpoint: &Checkpoint,
        (tree, next): (&Tree, u64),
        problems: &mut Problems,
    ) {
        let leaf = row.size.checked_sub(1);
        if tree.size() == row.size && checkpoint.root == tree.root() {
            self.good = row.size;
            self.broken = false;
            let kept = Tree::from_peaks(row.size, &row.peaks);
            if kept.as_ref() != Some(tree) {
                let detail = format!("the peaks of the checkpoint of size {} are not those of the tree", row.size);
                problems.add(ProblemKind::CheckpointEdited, leaf, detail);
            }
        } else if next < row.size {
            let detail = format!("leaves {next} to {} are missing: there is a checkpoint of them", row.size - 1);
            problems.add(ProblemKind::TailMissing, Some(next), detail);
        } else if !std::mem::replace(&mut self.broken, true) {
            let detail = format!(
                "leaves {} to {} do not come to the root of the checkpoint of size {}: one of them, or the checkpoint, \
                 is another one",
                self.good,
                row.size.saturating_sub(1),
                row.size
            );
            problems.add(ProblemKind::RootDiffers, leaf, detail);
        }
    }

    fn check_signature(&mut self, row: &CheckpointRow, note: &SignedCheckpoint, problems: &mut Problems) {
        self.signed += u64::from(!note.signatures.is_empty());
        let signature = if note.signatures.is_empty() {
            SignatureState::None
        } else if self.keys.is_empty() {
            SignatureState::NotChecked
        } else if self.keys.iter().any(|key| note.signed_by(key).is_some()) {
            SignatureState::Valid
        } else {
            let detail = format!("the checkpoint of size {} is not signed with the key that was given", row.size);
            problems.add(ProblemKind::SignatureInvalid, row.size.checked_sub(1), detail);
            SignatureState::Invalid
        };
        let made_at = moment(row.made_at);
        self.last = Some(LastCheckpoint { size: row.size, made_at, signature, note: row.note.clone() });
    }

    pub(super) fn last_size(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.size)
    }

    /// Tells what was known of more leaves than there are.
    pub(super) fn end(&mut self, size: u64, problems: &mut Problems) {
        self.leave(problems);
        for (wanted, anchors) in std::mem::take(&mut self.expected) {
            for (anchor, _) in anchors {
                let (kind, whose) = match anchor {
                    Anchor::Report(report) => (ProblemKind::TailMissing, format!("report {report} names")),
                    Anchor::Given => (ProblemKind::RolledBack, "was given".to_owned()),
                };
                let detail = format!(
                    "the log ends with {size} leaves, and a checkpoint of {wanted} {whose}: the newer ones were cut off, or \
                     an older copy was put in place"
                );
                problems.add(kind, Some(size), detail);
            }
        }
    }

    /// What could not be checked.
    pub(super) fn gaps(&self, size: u64) -> Vec<String> {
        let mut gaps = Vec::new();
        match &self.last {
            None if 0 < size => {
                gaps.push("no run has ended since the log began, so there is no checkpoint".to_owned());
            }
            Some(last) if !self.keys.is_empty() && last.signature == SignatureState::None => {
                gaps.push(format!("the newest checkpoint, of size {}, is not signed", last.size));
            }
            _ => {}
        }
        gaps
    }
}

/// In what a checkpoint is not what the end of its run made it.
fn is_edited(row: &CheckpointRow, note: Option<&SignedCheckpoint>, due: Option<&Due>) -> Option<&'static str> {
    let Some(note) = note else { return Some("its text cannot be read") };
    if note.to_string() != row.note || note.checkpoint.size != row.size {
        return Some("its text is another one");
    }
    let due = due?;
    if due.finished_at != Some(row.made_at) {
        return Some("its time is not that of the run");
    }
    (due.origin.as_deref() != Some(note.checkpoint.origin.as_str())).then_some("its origin is another one")
}
