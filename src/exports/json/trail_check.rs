//! What verifying the digests of a trail came to.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{ChainKind, ChainProblem};

/// The version of the shape.
const SCHEMA: u32 = 1;

/// What verifying a trail came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrailCheckJson {
    /// The version of this shape.
    pub schema: u32,
    /// Where the digests are.
    pub trail: String,
    /// Whether everything is as it was signed and nothing is missing.
    pub verified: bool,
    /// All digests.
    pub digests: CheckedObjectsJson,
    /// All log files.
    pub logs: CheckedObjectsJson,
    /// Stretches of time without digests.
    pub gaps: u64,
    /// The chains.
    pub chains: Vec<ChainJson>,
    /// What could not be listed.
    pub unread: Vec<UnreadPlaceJson>,
}

/// Objects by what came of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CheckedObjectsJson {
    /// Found, or named by a signed digest.
    pub checked: u64,
    /// As they were signed.
    pub valid: u64,
    /// Not what was signed.
    pub invalid: u64,
    /// Not there.
    pub missing: u64,
    /// Not to be read, or not to be checked.
    pub unread: u64,
}

/// A chain of digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainJson {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// The trail; null where no digest tells.
    pub trail: Option<String>,
    /// The trail's home Region.
    pub home_region: Option<String>,
    /// Bucket, where it is known.
    pub bucket: Option<String>,
    /// `standard` or `backfill`.
    pub kind: ChainKind,
    /// Whether it verified and nothing is missing.
    pub verified: bool,
    /// Begin of the time that its digests cover.
    pub from: Option<Timestamp>,
    /// Its end.
    pub to: Option<Timestamp>,
    /// Its digests.
    pub digests: CheckedObjectsJson,
    /// Their log files.
    pub logs: CheckedObjectsJson,
    /// Stretches of time without digests.
    pub gaps: u64,
    /// What is wrong, oldest first.
    pub problems: Vec<ChainProblem>,
    /// Problems that are not listed.
    pub more_problems: u64,
}

/// A folder that could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadPlaceJson {
    /// Which.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl CheckedObjectsJson {
    /// Adds other counts.
    pub fn add(&mut self, other: &Self) {
        self.checked += other.checked;
        self.valid += other.valid;
        self.invalid += other.invalid;
        self.missing += other.missing;
        self.unread += other.unread;
    }
}

impl TrailCheckJson {
    /// The whole of some chains.
    #[must_use]
    pub fn new(trail: String, chains: Vec<ChainJson>, unread: Vec<UnreadPlaceJson>) -> Self {
        let (mut digests, mut logs) = (CheckedObjectsJson::default(), CheckedObjectsJson::default());
        for chain in &chains {
            digests.add(&chain.digests);
            logs.add(&chain.logs);
        }
        Self {
            schema: SCHEMA,
            trail,
            verified: unread.is_empty() && chains.iter().all(|chain| chain.verified),
            digests,
            logs,
            gaps: chains.iter().map(|chain| chain.gaps).sum(),
            chains,
            unread,
        }
    }
}
