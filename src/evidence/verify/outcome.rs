//! What a verification comes to.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// A leaf is not what its hash says.
    LeafEdited,
    /// A leaf is missing.
    LeafMissing,
    /// A leaf does not follow the one before it: one of the two was put there, changed, or taken from elsewhere.
    LeafOutOfPlace,
    /// The list of rows of a leaf is not the one that the leaf names.
    ListEdited,
    /// A checkpoint is not as it was written.
    CheckpointEdited,
    /// A run has ended and its checkpoint is missing.
    CheckpointMissing,
    /// There is a checkpoint where no run has ended.
    CheckpointOutOfPlace,
    /// The leaves do not come to the root of a checkpoint.
    RootDiffers,
    /// None of the keys has signed a checkpoint that has signatures.
    SignatureInvalid,
    /// The log ends before something that is known to have been in it.
    TailMissing,
    /// The log is not the one of which somebody has a checkpoint.
    RolledBack,
    /// A row holds something else than the log says.
    RowEdited,
    /// A row that the log has is missing.
    RowMissing,
    /// A row is there that the log does not have.
    RowInserted,
    /// A row had been changed before the program changed it in its turn.
    RowChangedOutside,
    /// The log says that something was done that is never done to rows of the table.
    RowUnlawful,
}

impl ProblemKind {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeafEdited => "leaf-edited",
            Self::LeafMissing => "leaf-missing",
            Self::LeafOutOfPlace => "leaf-out-of-place",
            Self::ListEdited => "list-edited",
            Self::CheckpointEdited => "checkpoint-edited",
            Self::CheckpointMissing => "checkpoint-missing",
            Self::CheckpointOutOfPlace => "checkpoint-out-of-place",
            Self::RootDiffers => "root-differs",
            Self::SignatureInvalid => "signature-invalid",
            Self::TailMissing => "tail-missing",
            Self::RolledBack => "rolled-back",
            Self::RowEdited => "row-edited",
            Self::RowMissing => "row-missing",
            Self::RowInserted => "row-inserted",
            Self::RowChangedOutside => "row-changed-outside",
            Self::RowUnlawful => "row-unlawful",
        }
    }
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The leaf that it is about, or that vouches for the row.
    pub leaf: Option<u64>,
    /// The table.
    pub table: Option<String>,
    /// The row, by its key.
    pub row: Option<String>,
    /// A sentence.
    pub detail: String,
}

/// How the signature of the last checkpoint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureState {
    /// There is none.
    None,
    /// There is one, and no key to check it with was given.
    NotChecked,
    /// It is one of the given keys.
    Valid,
    /// It is of none of them.
    Invalid,
}

impl SignatureState {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NotChecked => "not-checked",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }
}

/// The newest checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastCheckpoint {
    /// For how many leaves it speaks.
    pub size: u64,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// Its signature.
    pub signature: SignatureState,
    /// Its text.
    pub note: String,
}

/// A time in which nothing ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// When a run ended, RFC 3339.
    pub from: String,
    /// When the next one began.
    pub to: String,
    /// Seconds between them.
    pub seconds: i64,
}

/// The runs that the log has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunsSeen {
    /// Runs that ended.
    pub finished: u64,
    /// Runs that began and did not end: killed, or under way.
    pub unfinished: u64,
    /// When the first run began, RFC 3339.
    pub first: Option<String>,
    /// When the last one ended.
    pub last: Option<String>,
    /// The longest time in which nothing ran.
    pub longest_pause: Option<Pause>,
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Whether nothing is wrong and nothing is missing.
    pub verified: bool,
    /// Leaves.
    pub size: u64,
    /// Root over all of them, in hex.
    pub root: String,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Those of them that bear a signature.
    pub signed_checkpoints: u64,
    /// The newest.
    pub checkpoint: Option<LastCheckpoint>,
    /// Leaves behind it: of a run that is under way or was killed.
    pub leaves_after_checkpoint: u64,
    /// Other checkpoints that the log was compared with: those of reports, and what was given.
    pub anchors: u64,
    /// The runs.
    pub runs: RunsSeen,
    /// Rows that the log vouches for, by table.
    pub rows: BTreeMap<String, u64>,
    /// Those that stood there before the log began; what had become of them until then, nobody can tell.
    pub inherited_rows: u64,
    /// What is wrong, as far as it is listed.
    pub problems: Vec<Problem>,
    /// How much is wrong in all.
    pub problems_found: u64,
    /// What could not be checked.
    pub gaps: Vec<String>,
    /// What the log does not speak about.
    pub not_covered: Vec<String>,
}

impl Verification {
    /// Whether there is nothing that could be verified: no run has ended, and no row is vouched for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.checkpoints == 0 && self.anchors == 0 && self.problems_found == 0 && self.rows.is_empty()
    }
}
