//! What checking came to.

use jiff::Timestamp;

use crate::model::{ChainId, ChainLink, ChainProblem, ChainProblemKind};

/// Problems of one part of a chain that are listed; all of them are counted.
pub const LISTED_PROBLEMS: usize = 1_000;

/// Objects by what came of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Named or found.
    pub checked: u64,
    /// As they should be.
    pub valid: u64,
    /// Not what was signed.
    pub invalid: u64,
    /// Not there.
    pub missing: u64,
    /// Not to be read, or not to be checked.
    pub unread: u64,
}

impl Counts {
    /// Counts an object; `None` is as it should be.
    pub fn add(&mut self, problem: Option<ChainProblemKind>) {
        self.checked += 1;
        match problem {
            None => self.valid += 1,
            Some(ChainProblemKind::Invalid) => self.invalid += 1,
            Some(ChainProblemKind::Missing) => self.missing += 1,
            Some(ChainProblemKind::Gap | ChainProblemKind::Unread) => self.unread += 1,
        }
    }

    /// Adds the counts of another part.
    pub fn sum(&mut self, other: &Self) {
        self.checked += other.checked;
        self.valid += other.valid;
        self.invalid += other.invalid;
        self.missing += other.missing;
        self.unread += other.unread;
    }
}

/// What checking a part of a chain came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainPart {
    /// The chain.
    pub id: ChainId,
    /// Its bucket, where a digest or the archive told.
    pub bucket: String,
    /// Digests.
    pub digests: Counts,
    /// Log files.
    pub logs: Counts,
    /// Stretches without digests.
    pub gaps: u64,
    /// The first problems.
    pub problems: Vec<ChainProblem>,
    /// Problems that are not listed.
    pub more_problems: u64,
    /// The time that the digests cover.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The newest digest.
    pub link: Option<ChainLink>,
    /// Whether it is the last part of its chain.
    pub ended: bool,
}

impl ChainPart {
    /// A part of which nothing is known yet.
    #[must_use]
    pub fn new(id: ChainId, bucket: String) -> Self {
        let (digests, logs) = (Counts::default(), Counts::default());
        let (problems, more_problems) = (Vec::new(), 0);
        Self { id, bucket, digests, logs, gaps: 0, problems, more_problems, span: None, link: None, ended: false }
    }

    /// Notes a problem.
    pub fn note(&mut self, problem: ChainProblem) {
        self.gaps += u64::from(problem.kind == ChainProblemKind::Gap);
        if self.problems.len() < LISTED_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }

    /// Whether something that was signed is gone, was never checked, or is missing in time.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        let lacks = |counts: &Counts| 0 < counts.missing + counts.unread;
        0 < self.gaps || lacks(&self.digests) || lacks(&self.logs)
    }

    /// Whether something is not what was signed.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        0 < self.digests.invalid + self.logs.invalid
    }

    /// Takes a later part of the same chain.
    pub fn extend(&mut self, later: Self) {
        self.digests.sum(&later.digests);
        self.logs.sum(&later.logs);
        self.gaps += later.gaps;
        self.more_problems += later.more_problems;
        let room = LISTED_PROBLEMS.saturating_sub(self.problems.len());
        self.more_problems += later.problems.len().saturating_sub(room) as u64;
        self.problems.extend(later.problems.into_iter().take(room));
        self.span = match (self.span, later.span) {
            (Some((from, to)), Some((other_from, other_to))) => Some((from.min(other_from), to.max(other_to))),
            (one, other) => one.or(other),
        };
        self.link = later.link.or(self.link.take());
        self.ended |= later.ended;
    }
}
