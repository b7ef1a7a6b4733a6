//! The check of one place: digest by digest, oldest first, each with its log files.

use std::collections::BTreeMap;

use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};

use super::{Archive, ChainPart, Counts, FoundDigest, FoundKey, Keys, LogState, Place};
use crate::model::{ChainId, ChainKind, ChainLink, ChainProblem, ChainProblemKind as Kind};
use crate::sources::live::Failure;
use crate::trail::digest::{Begin, Digest, DigestName, LogFile, Walk, signed_text, unpack};

/// Digests that are read ahead of the walk.
const DIGESTS_AHEAD: usize = 4;

/// Log files of one digest that are read at once.
const LOGS_AT_ONCE: usize = 8;

/// Futures that are made at once. In boxes: those of SDKs are large.
const FUTURES_AT_ONCE: usize = 256;

/// A digest is signed up to so long after its end (as `aws cloudtrail validate-logs` has it).
const SIGNED_WITHIN: SignedDuration = SignedDuration::from_hours(2);

/// So near to the time at which a backfill digest says that it was made.
const BACKFILL_SIGNED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// The time that a digest covers.
const SPAN: SignedDuration = SignedDuration::from_hours(1);

/// Up to when digests have to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// Up to this time.
    At(Timestamp),
    /// As far as there are log files beside them.
    Logs,
    /// As far as they are: no more is asked.
    Open,
}

/// What is to be checked, and with what.
pub struct Check<'a, A, K> {
    /// Where the objects are.
    pub archive: &'a A,
    /// Where the keys are.
    pub keys: &'a K,
    /// What is asked of the oldest digest.
    pub begin: Begin,
    /// Digests that end at or before this time are left out.
    pub since: Option<Timestamp>,
    /// Digests that begin after this time are left out.
    pub until: Option<Timestamp>,
    /// Up to when there have to be digests.
    pub horizon: Horizon,
    /// Where earlier checks of these chains have come.
    pub known: BTreeMap<ChainId, ChainLink>,
}

/// A chain under way.
struct Chain {
    walk: Walk,
    part: ChainPart,
}

/// What reading one digest and its log files came to.
struct Read {
    key: String,
    name: DigestName,
    state: State,
    logs: Counts,
    problems: Vec<ChainProblem>,
}

enum State {
    /// It verified: its content, the content's hash, its signature.
    Good(Box<Digest>, String, String),
    /// It is there, and no word of it can be trusted.
    Bad(Kind),
    /// It went away after it was listed: it is as if it had never been.
    Gone,
}

impl<A: Archive, K: Keys> Check<'_, A, K> {
    /// Checks a place, and hands over what each page of its keys came to; where `take` answers so, no further is read.
    ///
    /// # Errors
    /// [`Failure`] when the folder could not be listed to its end; what was found before was handed over.
    pub async fn place(&self, place: &Place, mut take: impl FnMut(ChainPart) -> bool) -> Result<(), Failure> {
        let mut chains = self.known_chains(place);
        let mut after = self.since.map_or_else(String::new, |since| first_key(&place.folder, since));
        if place.has_digests {
            loop {
                let keys = self.archive.keys(place, &after).await?;
                let Some(last) = keys.last() else { break };
                after.clone_from(last);
                self.page(place, &keys, &mut chains).await;
                let mut goes_on = true;
                for chain in chains.values_mut() {
                    goes_on &= take(chain.hand_over(false));
                }
                if !goes_on {
                    return Ok(());
                }
            }
        }
        self.end(place, &mut chains, &mut take).await
    }

    async fn page(&self, place: &Place, keys: &[String], chains: &mut BTreeMap<ChainId, Chain>) {
        let named = keys.iter().filter_map(|key| Some((key.as_str(), DigestName::of(key)?)));
        let mut wanted: Vec<_> = named.filter(|(_, name)| self.wants(name)).collect();
        while !wanted.is_empty() {
            let some = wanted.drain(..wanted.len().min(FUTURES_AT_ONCE));
            let reads: Vec<_> = some.map(|(key, name)| self.read(place, key, name).boxed()).collect();
            let mut reads = stream::iter(reads).buffered(DIGESTS_AHEAD);
            while let Some(read) = reads.next().await {
                let id = read.name.chain.clone();
                chains.entry(id).or_insert_with_key(|id| self.begin(place, id)).take(read);
            }
        }
    }

    /// The chains of a place that are known: where nothing new comes, that is to be told of them too.
    fn known_chains(&self, place: &Place) -> BTreeMap<ChainId, Chain> {
        let is_here = |id: &&ChainId| id.account == place.account && id.region == place.region;
        self.known.keys().filter(is_here).map(|id| (id.clone(), self.begin(place, id))).collect()
    }

    fn begin(&self, place: &Place, id: &ChainId) -> Chain {
        let bucket = place.bucket.clone().unwrap_or_default();
        // Backfill digests are looked at again, and follow no order.
        let link = self.known.get(id).filter(|_| id.kind == ChainKind::Standard).cloned();
        Chain { walk: Walk::new(&bucket, self.begin, link), part: ChainPart::new(id.clone(), bucket) }
    }

    fn wants(&self, name: &DigestName) -> bool {
        let known = self.known.get(&name.chain).filter(|_| name.chain.kind == ChainKind::Standard);
        let is_new = known.is_none_or(|link| link.end < name.end);
        let begins = name.end.saturating_sub(SPAN).unwrap_or(name.end);
        is_new
            && self.since.is_none_or(|since| since < name.end)
            && self.until.is_none_or(|until| begins < until || name.chain.kind == ChainKind::Backfill)
    }

    /// Reads a digest, and its log files where it verifies.
    async fn read(&self, place: &Place, key: &str, name: DigestName) -> Read {
        let time = (name.end.saturating_sub(SPAN).unwrap_or(name.end), name.end);
        let mut read =
            Read { key: key.to_owned(), name, state: State::Gone, logs: Counts::default(), problems: Vec::new() };
        let found = match self.archive.digest(place, key).await {
            Ok(Some(found)) => found,
            Ok(None) => return read,
            Err(failure) => {
                read.bad(Kind::Unread, format!("it could not be read: {}", failure.detail), time);
                return read;
            }
        };
        match self.verify(place, key, &read.name, found).await {
            Ok((digest, hash, signature)) => {
                (read.logs, read.problems) = self.logs(place, &digest).await;
                read.state = State::Good(Box::new(digest), hash, signature);
            }
            Err((kind, reason)) => read.bad(kind, reason, time),
        }
        read
    }

    /// Whether a digest is what was signed, in the place for which it was signed.
    async fn verify(
        &self,
        place: &Place,
        key: &str,
        name: &DigestName,
        found: FoundDigest,
    ) -> Result<(Digest, String, String), (Kind, String)> {
        let invalid = |reason: String| (Kind::Invalid, reason);
        let content = unpack(&found.bytes).map_err(invalid)?;
        let digest = Digest::parse(&content.bytes).map_err(invalid)?;
        let elsewhere = place.bucket.as_ref().is_some_and(|bucket| *bucket != digest.bucket);
        if elsewhere || digest.object != key {
            let reason = format!("it was moved: it was written as {}/{}", digest.bucket, digest.object);
            return Err((Kind::Invalid, reason));
        }
        let Some(signature) = found.signature else {
            let reason = "its signature is not at hand: it is in the metadata of the object, and in the digest after it; save \
                          what `aws s3api head-object` prints beside it, under its name with .metadata.json behind";
            return Err((Kind::Unread, reason.to_owned()));
        };
        let used = match (name.chain.kind, found.generated_at) {
            (ChainKind::Backfill, Some(made)) => around(made),
            _ => (digest.start, later(digest.end, SIGNED_WITHIN)),
        };
        match self.keys.find(&name.chain.region, &digest.fingerprint, used).await {
            Ok(FoundKey::Key(public)) if public.signed(&signed_text(&digest, &content.hash), &signature) => {
                Ok((digest, content.hash, signature))
            }
            Ok(FoundKey::Key(_)) => Err((
                Kind::Invalid,
                "its signature does not hold: the digest or its signature was changed, or somebody else wrote it; restore \
                 the version that CloudTrail delivered, and find out who wrote this one"
                    .to_owned(),
            )),
            Ok(FoundKey::Unknown) => {
                let reason = "CloudTrail had no key with its fingerprint at that time: somebody else signed it";
                Err((Kind::Invalid, format!("{reason} ({})", digest.fingerprint)))
            }
            Ok(FoundKey::NotAtHand(reason)) => Err((Kind::Unread, reason)),
            Err(failure) => Err((Kind::Unread, format!("its public key could not be had: {}", failure.detail))),
        }
    }

    async fn logs(&self, place: &Place, digest: &Digest) -> (Counts, Vec<ChainProblem>) {
        let time = (digest.start, digest.end);
        let (mut counts, mut problems) = (Counts::default(), Vec::new());
        for some in digest.logs.chunks(FUTURES_AT_ONCE) {
            let checks: Vec<_> = some.iter().map(|log| self.log(place, digest, log).boxed()).collect();
            let mut checks = stream::iter(checks).buffered(LOGS_AT_ONCE);
            for log in some {
                let Some(checked) = checks.next().await else { break };
                counts.add(checked.as_ref().err().map(|(kind, _)| *kind));
                if let Err((kind, reason)) = checked {
                    problems.push(problem(kind, &log.object, reason, time));
                }
            }
        }
        (counts, problems)
    }

    async fn log(&self, place: &Place, digest: &Digest, log: &LogFile) -> Result<(), (Kind, String)> {
        if log.bucket != digest.bucket {
            let reason = format!("it lies in another bucket, {}, which is not looked into", log.bucket);
            return Err((Kind::Unread, reason));
        }
        match self.archive.log(place, &log.object, &log.hash).await {
            Ok(LogState::Same) => Ok(()),
            Ok(LogState::Other(what)) => Err((
                Kind::Invalid,
                format!(
                    "{what}; restore the version that CloudTrail delivered, and find out who wrote this one (PutObject)"
                ),
            )),
            Ok(LogState::Missing) => {
                let reason = "the log file is not there, and a signed digest names it: it was deleted or moved; look for \
                              DeleteObject, for older versions in the bucket, and for its lifecycle rules";
                Err((Kind::Missing, reason.to_owned()))
            }
            Err(failure) => Err((Kind::Unread, format!("it could not be read: {}", failure.detail))),
        }
    }

    /// What is missing at the end of the chains.
    async fn end(
        &self,
        place: &Place,
        chains: &mut BTreeMap<ChainId, Chain>,
        take: &mut impl FnMut(ChainPart) -> bool,
    ) -> Result<(), Failure> {
        let newest = match self.horizon {
            Horizon::At(until) => Some(until),
            Horizon::Logs => self.archive.newest_log(place).await?,
            Horizon::Open => None,
        };
        let until = newest.min(self.until.or(newest));
        for (id, chain) in chains.iter_mut() {
            let mut problems = chain.walk.end(id, &place.folder, until);
            problems.drain(..).for_each(|problem| chain.note(problem));
            take(chain.hand_over(true));
        }
        let has_standard = chains.keys().any(|id| id.kind == ChainKind::Standard);
        if let Some(until) = until.filter(|until| !has_standard && self.since.is_none_or(|since| since < *until)) {
            take(nothing(place, self.since, until));
        }
        Ok(())
    }
}

/// A place of which no digest covers any of the time.
fn nothing(place: &Place, since: Option<Timestamp>, until: Timestamp) -> ChainPart {
    let id = ChainId {
        account: place.account.clone(),
        region: place.region.clone(),
        trail: String::new(),
        home_region: String::new(),
        kind: ChainKind::Standard,
    };
    let mut part = ChainPart::new(id, place.bucket.clone().unwrap_or_default());
    let reason = format!(
        "no digest covers the time up to {until}: they were deleted, log file validation is off, or nothing was logged"
    );
    let from = since.unwrap_or(until);
    part.note(problem(Kind::Gap, &place.folder, reason, (from, until)));
    part
}

impl Read {
    fn bad(&mut self, kind: Kind, reason: String, time: (Timestamp, Timestamp)) {
        self.state = State::Bad(kind);
        self.problems.push(problem(kind, &self.key, reason, time));
    }
}

impl Chain {
    fn take(&mut self, read: Read) {
        match read.state {
            State::Good(digest, hash, signature) => {
                self.part.digests.add(None);
                if self.part.bucket.is_empty() {
                    self.part.bucket.clone_from(&digest.bucket);
                }
                for problem in self.walk.step(&read.name, &digest, &hash, &signature) {
                    self.note(problem);
                }
            }
            State::Bad(kind) => {
                self.part.digests.add(Some(kind));
                self.walk.pass(&read.key, &read.name);
            }
            State::Gone => {}
        }
        self.part.logs.sum(&read.logs);
        read.problems.into_iter().for_each(|problem| self.part.note(problem));
    }

    /// Notes a problem of the links: a digest that is not there counts, and one that is not the right one was counted
    /// as right.
    fn note(&mut self, problem: ChainProblem) {
        match problem.kind {
            Kind::Missing => self.part.digests.add(Some(Kind::Missing)),
            Kind::Invalid => {
                self.part.digests.invalid += 1;
                self.part.digests.valid = self.part.digests.valid.saturating_sub(1);
            }
            Kind::Gap | Kind::Unread => {}
        }
        self.part.note(problem);
    }

    /// What was found since it was handed over last.
    fn hand_over(&mut self, ended: bool) -> ChainPart {
        let next = ChainPart::new(self.part.id.clone(), self.part.bucket.clone());
        let mut part = std::mem::replace(&mut self.part, next);
        part.span = self.walk.span();
        part.link = self.walk.link().cloned();
        part.ended = ended;
        part
    }
}

fn problem(kind: Kind, object: &str, reason: String, (from, to): (Timestamp, Timestamp)) -> ChainProblem {
    ChainProblem { kind, object: object.to_owned(), reason, from, to }
}

/// A key before those of a folder's digests that end after `since`.
fn first_key(folder: &str, since: Timestamp) -> String {
    format!("{folder}{}", since.strftime("%Y/%m/%d"))
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(time)
}

fn around(time: Timestamp) -> (Timestamp, Timestamp) {
    (time.saturating_sub(BACKFILL_SIGNED_WITHIN).unwrap_or(time), later(time, BACKFILL_SIGNED_WITHIN))
}
