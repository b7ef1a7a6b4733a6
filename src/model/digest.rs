//! Digest chains of `CloudTrail`: signed lists of a trail's log files, each of which names the digest before it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Which of the chains of a trail and Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainKind {
    /// A digest each hour.
    Standard,
    /// Digests of log files that came too late for those; they come when there is something to tell.
    Backfill,
}

impl ChainKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Backfill];

    /// The word in JSON and in the history.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Backfill => "backfill",
        }
    }
}

impl fmt::Display for ChainKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ChainKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| format!("no kind of chain: {text:?}"))
    }
}

/// A chain of digests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ChainId {
    /// The account of which its log files tell.
    pub account: String,
    /// Their Region.
    pub region: String,
    /// Name of the trail; empty where no digest tells.
    pub trail: String,
    /// The trail's home Region.
    pub home_region: String,
    /// Which of its chains.
    pub kind: ChainKind,
}

impl ChainId {
    /// A chain in words: what tells it apart within its account.
    #[must_use]
    pub fn words(&self) -> String {
        let kind = if self.kind == ChainKind::Backfill { ", backfill" } else { "" };
        match self.trail.as_str() {
            "" => self.region.clone(),
            trail => format!("{}, trail {trail}{kind}", self.region),
        }
    }
}

/// What is wrong with an object, or with a time, of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainProblemKind {
    /// It is not what was signed.
    Invalid,
    /// A signed digest names it, and it is not there.
    Missing,
    /// For some time there are no digests, and nothing tells whether there were any.
    Gap,
    /// It could not be read, or its signature could not be checked.
    Unread,
}

impl ChainProblemKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Invalid, Self::Missing, Self::Gap, Self::Unread];

    /// The word in JSON and in the history.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Missing => "missing",
            Self::Gap => "gap",
            Self::Unread => "unread",
        }
    }

    /// Whether something that was signed is gone or is another: evidence is broken then.
    #[must_use]
    pub fn is_broken(self) -> bool {
        matches!(self, Self::Invalid | Self::Missing)
    }
}

impl fmt::Display for ChainProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ChainProblemKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("no kind of problem: {text:?}"))
    }
}

/// Something that is wrong in a chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ChainProblem {
    /// What kind.
    pub kind: ChainProblemKind,
    /// The object that it is about, by its key; the folder of the digests where it is about none.
    pub object: String,
    /// What is wrong, and what to do.
    pub reason: String,
    /// Begin of the time that it concerns.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

/// The newest digest of a chain that was checked: the next one has to name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// Key.
    pub key: String,
    /// SHA-256 of its content, in hex; `None` where that is known to be wrong, or could not be read.
    pub hash: Option<String>,
    /// Its signature, in hex, where one was at hand.
    pub signature: Option<String>,
    /// The end of the time that it covers.
    pub end: Timestamp,
}

/// A problem of a chain that still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingProblem {
    /// The problem.
    pub problem: ChainProblem,
    /// When it was found.
    pub found_at: Timestamp,
}

/// What is known of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainState {
    /// The bucket in which it lies.
    pub bucket: String,
    /// Which chain.
    pub id: ChainId,
    /// The time that the digests cover which were checked; `None` before the first.
    pub checked: Option<(Timestamp, Timestamp)>,
    /// When it was checked last.
    pub checked_at: Timestamp,
    /// Digests that verified.
    pub digests: u64,
    /// Log files that were as the digests say.
    pub logs: u64,
    /// Where the next check begins.
    pub link: Option<ChainLink>,
    /// What is wrong, oldest first.
    pub problems: Vec<StandingProblem>,
}

/// What checking a part of a chain came to, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestUpdate {
    /// The bucket.
    pub bucket: String,
    /// The chain.
    pub id: ChainId,
    /// The time that the part covers; nothing where it is to be checked again.
    pub checked: Option<(Timestamp, Timestamp)>,
    /// Where the next check begins, where that has changed.
    pub link: Option<ChainLink>,
    /// Digests that verified.
    pub digests: u64,
    /// Log files that were as the digests say.
    pub logs: u64,
    /// What is wrong.
    pub problems: Vec<ChainProblem>,
    /// What is right again.
    pub cleared: Vec<ChainProblem>,
}
