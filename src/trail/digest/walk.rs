//! Whether the digests of a chain follow each other without one missing, oldest first.
//!
//! Links alone do not tell enough: where several digests in a row are gone, only the times show all that is missing, and
//! where the newest are gone nothing links to them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Digest, DigestName, Previous};
use crate::model::{ChainId, ChainKind, ChainLink, ChainProblem, ChainProblemKind};

/// A stretch between two digests that is longer than this has room for a third one: they come every hour.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// The time that a digest covers.
const SPAN: SignedDuration = SignedDuration::from_hours(1);

/// Backfill digests that are remembered at most, to find those that others name: they are rare.
const MOST_BACKFILL: usize = 100_000;

/// What is asked of the oldest digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// It begins its chain, or the digest before it ends before this time.
    From(Option<Timestamp>),
    /// Nothing: what is older may be gone for good reason.
    Open,
}

/// A walk along a chain.
#[derive(Debug, Clone)]
pub struct Walk {
    bucket: String,
    begin: Begin,
    link: Option<ChainLink>,
    /// What was walked.
    span: Option<(Timestamp, Timestamp)>,
    backfill: Backfill,
}

/// The backfill chain has no order of time: a digest may be written after one about a later hour.
#[derive(Debug, Clone, Default)]
struct Backfill {
    seen: BTreeMap<String, ChainLink>,
    /// By the key that is named: what is said of it, and by which digest.
    named: BTreeMap<String, (Previous, String, Timestamp)>,
}

impl Walk {
    /// A walk that goes on behind `link`, or begins. `bucket` is the one in which the chain lies: no other is looked
    /// into, whatever a digest says.
    #[must_use]
    pub fn new(bucket: &str, begin: Begin, link: Option<ChainLink>) -> Self {
        Self { bucket: bucket.to_owned(), begin, link, span: None, backfill: Backfill::default() }
    }

    /// The newest digest.
    #[must_use]
    pub fn link(&self) -> Option<&ChainLink> {
        self.link.as_ref()
    }

    /// The time that the digests cover.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    /// Takes a digest that is there and cannot be trusted, or not be read. What it would have said of the one before
    /// it stays open.
    pub fn pass(&mut self, key: &str, name: &DigestName) {
        let link = ChainLink { key: key.to_owned(), hash: None, signature: None, end: name.end };
        self.cover(name.end.saturating_sub(SPAN).unwrap_or(name.end), name.end);
        self.remember(&name.chain, link);
    }

    /// Takes the next digest, which verified; answers what is wrong between it and the one before it.
    pub fn step(&mut self, name: &DigestName, digest: &Digest, hash: &str, signature: &str) -> Vec<ChainProblem> {
        let link = ChainLink {
            key: digest.object.clone(),
            hash: Some(hash.to_owned()),
            signature: Some(signature.to_owned()),
            end: digest.end,
        };
        let problems = match name.chain.kind {
            ChainKind::Standard => self.follow(digest),
            ChainKind::Backfill => self.name_before(digest),
        };
        self.cover(digest.start, digest.end);
        self.remember(&name.chain, link);
        problems
    }

    /// Ends the walk; `until` is the time up to which digests have to be there. `place` names the folder.
    pub fn end(&mut self, chain: &ChainId, place: &str, until: Option<Timestamp>) -> Vec<ChainProblem> {
        if chain.kind == ChainKind::Backfill {
            return self.unfollowed();
        }
        let (Some(until), Some(link)) = (until, &self.link) else { return Vec::new() };
        if until <= link.end {
            return Vec::new();
        }
        let reason = format!(
            "there is no digest after {}, though the trail should have delivered some by {until}: the newest ones are gone, \
             or logging or validation was switched off, or the trail was; look for StopLogging, UpdateTrail, DeleteTrail \
             and DeleteObject",
            last_part(&link.key)
        );
        vec![problem(ChainProblemKind::Gap, place, reason, (link.end, until))]
    }

    fn cover(&mut self, from: Timestamp, to: Timestamp) {
        let known = self.span.get_or_insert((from, to));
        *known = (known.0.min(from), known.1.max(to));
    }

    fn remember(&mut self, chain: &ChainId, link: ChainLink) {
        if chain.kind == ChainKind::Backfill && self.backfill.seen.len() < MOST_BACKFILL {
            self.backfill.seen.insert(link.key.clone(), link.clone());
        }
        if self.link.as_ref().is_none_or(|known| known.end <= link.end) {
            self.link = Some(link);
        }
    }

    fn follow(&self, digest: &Digest) -> Vec<ChainProblem> {
        match (&self.link, &digest.previous) {
            (None, None) => Vec::new(),
            (None, Some(previous)) => self.begins_inside(digest, previous),
            (Some(link), None) => vec![begins_anew(link, digest)],
            (Some(_), Some(previous)) if previous.bucket != self.bucket => vec![self.elsewhere(digest, previous)],
            (Some(link), Some(previous)) if previous.object == link.key => linked(link, digest, previous),
            (Some(link), Some(previous)) => vec![unlinked(link, digest, previous)],
        }
    }

    /// The oldest digest names another one.
    fn begins_inside(&self, digest: &Digest, previous: &Previous) -> Vec<ChainProblem> {
        let Begin::From(since) = self.begin else { return Vec::new() };
        let ended = DigestName::of(&previous.object).map_or(digest.start, |name| name.end);
        if since.is_some_and(|since| ended <= since || digest.start <= since) {
            return Vec::new();
        }
        if previous.bucket != self.bucket {
            return vec![self.elsewhere(digest, previous)];
        }
        let reason = format!(
            "the oldest digest, {}, names this one as the digest before it, and it is not there: where older digests were \
             taken away for their age, say from when on to verify (--since {})",
            last_part(&digest.object),
            digest.start
        );
        let from = ended.saturating_sub(SPAN).unwrap_or(ended);
        vec![problem(ChainProblemKind::Gap, &previous.object, reason, (from, digest.start.max(from)))]
    }

    /// Whoever can write a digest's place could have it point anywhere.
    fn elsewhere(&self, digest: &Digest, previous: &Previous) -> ChainProblem {
        let reason = format!(
            "it names a digest in another bucket ({}) as the one before it, which was not followed from {}: the trail was \
             moved; verify that bucket by itself",
            previous.bucket, self.bucket
        );
        problem(ChainProblemKind::Gap, &digest.object, reason, (self.end_or(digest.start), digest.start))
    }

    fn end_or(&self, other: Timestamp) -> Timestamp {
        self.link.as_ref().map_or(other, |link| link.end.min(other))
    }

    fn name_before(&mut self, digest: &Digest) -> Vec<ChainProblem> {
        let Some(previous) = &digest.previous else { return Vec::new() };
        if previous.bucket != self.bucket {
            return vec![self.elsewhere(digest, previous)];
        }
        if self.backfill.named.len() < MOST_BACKFILL {
            let by = (previous.clone(), digest.object.clone(), digest.start);
            self.backfill.named.insert(previous.object.clone(), by);
        }
        Vec::new()
    }

    /// Backfill digests that others name.
    fn unfollowed(&mut self) -> Vec<ChainProblem> {
        let mut problems = Vec::new();
        for (key, (previous, by, time)) in std::mem::take(&mut self.backfill.named) {
            match self.backfill.seen.get(&key) {
                Some(link) => problems.extend(differs(link, &by, &previous)),
                None => problems.extend(self.unfound(&key, &by, time)),
            }
        }
        problems
    }

    fn unfound(&self, key: &str, by: &str, time: Timestamp) -> Option<ChainProblem> {
        let ended = DigestName::of(key).map_or(time, |name| name.end);
        let outside = match self.begin {
            Begin::Open => self.span.is_none_or(|(from, _)| ended <= from),
            Begin::From(since) => since.is_some_and(|since| ended <= since),
        };
        let from = ended.saturating_sub(SPAN).unwrap_or(ended);
        (!outside).then(|| problem(ChainProblemKind::Missing, key, gone(by), (from, ended)))
    }
}

/// The digest names the one before it.
fn linked(link: &ChainLink, digest: &Digest, previous: &Previous) -> Vec<ChainProblem> {
    let mut problems = Vec::from_iter(differs(link, &digest.object, previous));
    if LONGEST_PAUSE < digest.start.duration_since(link.end) {
        let reason = "between this digest and the one before it is a time without digests, though they come every hour; \
             look for StopLogging and UpdateTrail";
        let time = (link.end, digest.start);
        problems.push(problem(ChainProblemKind::Gap, &digest.object, reason.to_owned(), time));
    }
    problems
}

/// A digest that is signed soundly and that is not the one of which the next one tells.
fn differs(link: &ChainLink, by: &str, previous: &Previous) -> Option<ChainProblem> {
    let other =
        |known: &Option<String>, told: &str| known.as_ref().is_some_and(|known| !known.eq_ignore_ascii_case(told));
    if !other(&link.hash, &previous.hash) && !other(&link.signature, &previous.signature) {
        return None;
    }
    let reason = format!(
        "it is not the digest that {} names as the one before it: hash or signature differ, so that it was put in its place",
        last_part(by)
    );
    let from = link.end.saturating_sub(SPAN).unwrap_or(link.end);
    Some(problem(ChainProblemKind::Invalid, &link.key, reason, (from, link.end)))
}

/// The digest names another one than the one before it.
fn unlinked(link: &ChainLink, digest: &Digest, previous: &Previous) -> ChainProblem {
    let named = DigestName::of(&previous.object).map(|name| name.end);
    if named.is_some_and(|end| link.end < end) {
        let hours = digest.start.duration_since(link.end).as_hours().max(1);
        let reason = format!(
            "{}; from {} to {} there is no digest at all ({} missing)",
            gone(&digest.object),
            link.end,
            digest.start,
            if hours == 1 { "one".to_owned() } else { format!("{hours}") }
        );
        return problem(ChainProblemKind::Missing, &previous.object, reason, (link.end, digest.start));
    }
    let reason = format!(
        "it names {} as the digest before it, and not {}, which lies before it: one of them is of another chain or was put \
         there",
        last_part(&previous.object),
        last_part(&link.key)
    );
    problem(ChainProblemKind::Invalid, &digest.object, reason, (digest.start, digest.end))
}

/// A starting digest behind others.
fn begins_anew(link: &ChainLink, digest: &Digest) -> ChainProblem {
    let reason = format!(
        "it begins the chain anew: nothing links it to {}, and what was delivered in between is not vouched for; logging or \
         validation was switched off and on again, or digests were deleted: look for StopLogging, UpdateTrail and \
         DeleteObject",
        last_part(&link.key)
    );
    problem(ChainProblemKind::Gap, &digest.object, reason, (link.end.min(digest.start), digest.start))
}

fn gone(by: &str) -> String {
    format!(
        "the digest is not there, and {} names it as the one before it: it was deleted or moved; look for DeleteObject, for \
         older versions in the bucket, and for its lifecycle rules",
        last_part(by)
    )
}

fn last_part(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

fn problem(kind: ChainProblemKind, object: &str, reason: String, (from, to): (Timestamp, Timestamp)) -> ChainProblem {
    ChainProblem { kind, object: object.to_owned(), reason, from, to }
}
