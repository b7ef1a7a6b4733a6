//! Checking the digests of a source's buckets, each chain from where the last check ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};

use super::digests::{DigestBucket, DigestScope, PublicKeys};
use super::{Failure, Hub, Plan};
use crate::config::AwsTrail;
use crate::model::{
    ChainId, ChainLink, ChainProblem, ChainProblemKind as Kind, ChainState, Coverage, CoverageKey, DigestUpdate,
    Outcome, Provider, api,
};
use crate::sources::digests::{Archive, ChainPart, Check, DELIVERED_WITHIN, Horizon, Place};
use crate::sources::live::bucket::moment;
use crate::sources::live::{Found, Outlet, hand_over};
use crate::trail::Limits;
use crate::trail::digest::Begin;

/// Places that are checked at once.
const PLACES_AT_ONCE: usize = 16;

/// Objects of one page of a listing that may be unread while the check goes on behind them. More of them are a missing
/// permission, or an archive: the check stays where it is.
const MOST_UNREAD: u64 = 20;

/// Problems of a chain that may stand while the check goes on behind them. Gaps do not count: they stay what they are.
const MOST_STANDING: usize = 1_000;

/// Problems that are kept of a page behind which the check does not go on.
const KEPT_OF_A_STOP: usize = 100;

/// Problems of a chain that are looked at again in one run; each run begins with another one.
const MOST_RECHECKED: usize = 32;

/// So far around a problem the chain is walked again.
const AROUND: SignedDuration = SignedDuration::from_hours(2);

/// Backfill digests come late, and not in the order of their hours: so far back they are looked at again.
const BACKFILL_LOOK_BACK: SignedDuration = SignedDuration::from_hours(72);

/// A chain that ended so long ago belongs to a trail that is not there any more.
const ENDED: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Checks the digests of every bucket for which that is set, and hands over what came of it.
pub async fn check_digests(plan: Plan, hub: Arc<Hub>, limits: Limits, outlet: Outlet) {
    for trail in &plan.source.trail {
        let AwsTrail::S3 { bucket, prefix, since, verify_digests: true } = trail else { continue };
        let session = hub.own().apart();
        let prefix = prefix.clone().unwrap_or_default();
        let scope = DigestScope { bucket: bucket.clone(), prefix, ..DigestScope::default() };
        let history = Some(Arc::clone(&plan.history));
        let since = since.as_deref().and_then(|since| moment(since, plan.now));
        let opened = match DigestBucket::of(&session, scope, limits, history).await {
            Ok(opened) => match opened.places().await {
                Ok(places) => Ok((opened, places)),
                Err(failure) => Err(failure),
            },
            Err(failure) => Err(failure),
        };
        match opened {
            Ok((archive, places)) => {
                let keys = PublicKeys::of(session);
                let bucket = Checked { plan: &plan, bucket, archive: &archive, keys: &keys, since, outlet: &outlet };
                bucket.all(&places).await;
            }
            Err(failure) => {
                let row = row(&plan, None, format!("s3://{bucket}/"), (failure.outcome, failure.detail), None);
                hand_over(&outlet, Found::Coverage(vec![row])).await;
            }
        }
    }
}

/// A bucket while it is checked.
struct Checked<'a> {
    plan: &'a Plan,
    bucket: &'a str,
    archive: &'a DigestBucket,
    keys: &'a PublicKeys,
    since: Option<Timestamp>,
    outlet: &'a Outlet,
}

/// What became of a place.
#[derive(Default)]
struct Outcomes {
    /// What was covered by now.
    span: Option<(Timestamp, Timestamp)>,
    /// Why something was not read.
    unread: Option<String>,
    /// What is missing at the end.
    ends: Option<String>,
    /// How many problems stand.
    broken: usize,
}

impl Checked<'_> {
    async fn all(&self, places: &[Place]) {
        let checks: Vec<_> = places.iter().map(|place| self.place(place).boxed()).collect();
        stream::iter(checks).buffer_unordered(PLACES_AT_ONCE).collect::<Vec<()>>().await;
    }

    async fn place(&self, place: &Place) {
        let row = match self.check(place).await {
            Ok(_) if !place.has_digests => {
                let detail = "there are log files and no digests: log file validation is off";
                self.row(place, (Outcome::NotEnabled, detail.to_owned()), None)
            }
            Ok(outcomes) => {
                let broken = if outcomes.broken == 0 {
                    String::new()
                } else {
                    format!("{} objects do not verify: see the findings of evidence-broken", outcomes.broken)
                };
                match outcomes.unread.or(outcomes.ends) {
                    Some(detail) => self.row(place, (Outcome::Partial, detail), outcomes.span),
                    None => self.row(place, (Outcome::Complete, broken), outcomes.span),
                }
            }
            Err(failure) => self.row(place, (failure.outcome, failure.detail), None),
        };
        hand_over(self.outlet, Found::Coverage(vec![row])).await;
    }

    fn row(&self, place: &Place, end: (Outcome, String), span: Option<(Timestamp, Timestamp)>) -> Coverage {
        row(self.plan, Some(place), format!("s3://{}/{}", self.bucket, place.folder), end, span)
    }

    async fn check(&self, place: &Place) -> Result<Outcomes, Failure> {
        let mut outcomes = Outcomes::default();
        if !place.has_digests {
            return Ok(outcomes);
        }
        let states = self.plan.history.digest_chains(&place.account)?;
        let states: Vec<_> = states
            .into_iter()
            .filter(|state| state.bucket == self.bucket && state.id.region == place.region)
            .collect();
        for state in &states {
            self.recheck(place, state, &mut outcomes).await?;
        }
        let (updates, ended) = self.go_on(place, &states, &mut outcomes).await;
        for update in updates {
            let account = place.account.clone();
            hand_over(self.outlet, Found::Digests { account, update: Box::new(update) }).await;
        }
        ended.map(|()| outcomes)
    }

    /// Checks what is new.
    async fn go_on(
        &self,
        place: &Place,
        states: &[ChainState],
        outcomes: &mut Outcomes,
    ) -> (Vec<DigestUpdate>, Result<(), Failure>) {
        let links = states.iter().filter_map(|state| Some((state.id.clone(), state.link.clone()?)));
        let known: BTreeMap<ChainId, ChainLink> = links.collect();
        // Every chain is listed from the oldest link on: what is behind its own is not looked at again.
        let ends = || known.values().map(|link| link.end);
        let old = self.ended_before();
        let oldest = ends().filter(|end| old < *end).min().or_else(|| ends().min());
        let begins = oldest.and_then(|end| end.checked_sub(BACKFILL_LOOK_BACK).ok());
        let now = self.plan.now;
        let check = Check {
            archive: self.archive,
            keys: self.keys,
            begin: Begin::Open,
            since: begins.max(self.since),
            until: None,
            horizon: Horizon::At(now.checked_sub(DELIVERED_WITHIN).unwrap_or(now)),
            known,
        };
        let mut updates = Vec::new();
        let ended = check
            .place(place, |part| {
                let state = states.iter().find(|state| state.id == part.id);
                let (update, goes_on) = self.update(place, part, state, outcomes);
                updates.push(update);
                goes_on
            })
            .await;
        for state in states {
            let span = updates.iter().filter(|update| update.id == state.id).filter_map(|update| update.checked);
            outcomes.span = span.chain(state.checked).chain(outcomes.span).reduce(joined);
        }
        outcomes.span = updates.iter().filter_map(|update| update.checked).chain(outcomes.span).reduce(joined);
        (updates, ended)
    }

    /// Chains that end before this time have ended.
    fn ended_before(&self) -> Timestamp {
        self.plan.now.checked_sub(ENDED).unwrap_or(self.plan.now)
    }

    /// What a part comes to, and whether the check goes on behind it.
    fn update(
        &self,
        place: &Place,
        part: ChainPart,
        state: Option<&ChainState>,
        outcomes: &mut Outcomes,
    ) -> (DigestUpdate, bool) {
        let standing = state.map_or(&[][..], |state| &state.problems);
        let (at_end, mut problems): (Vec<_>, Vec<_>) =
            part.problems.into_iter().partition(|problem| is_end(problem, place));
        let old = self.ended_before();
        let at_end: Vec<_> = at_end.into_iter().filter(|problem| old < problem.from).collect();
        outcomes.ends = outcomes.ends.take().or_else(|| at_end.first().map(|problem| problem.reason.clone()));
        let unread = part.digests.unread + part.logs.unread;
        let first_unread = problems.iter().find(|problem| problem.kind == Kind::Unread);
        let told =
            first_unread.map(|first| format!("{unread} objects, the first {}: {}", first.object, first.reason));
        outcomes.unread = outcomes.unread.take().or(told);
        outcomes.broken += problems.iter().filter(|problem| problem.kind.is_broken()).count();
        let known = standing.iter().map(|standing| &standing.problem);
        let grave = known.chain(&problems).filter(|problem| problem.kind != Kind::Gap).count();
        let goes_on = unread <= MOST_UNREAD && part.more_problems == 0 && grave <= MOST_STANDING;
        if !goes_on {
            problems.retain(|problem| problem.kind.is_broken());
            problems.truncate(KEPT_OF_A_STOP);
        }
        let cleared = standing.iter().map(|standing| &standing.problem).filter(|problem| is_end(problem, place));
        let cleared = cleared.filter(|problem| part.ended && !at_end.iter().any(|end| end.from == problem.from));
        let cleared = cleared.cloned().collect();
        problems.extend(at_end);
        let update = DigestUpdate {
            bucket: self.bucket.to_owned(),
            id: part.id,
            checked: part.span.filter(|_| goes_on),
            link: part.link.filter(|_| goes_on),
            digests: if goes_on { part.digests.valid } else { 0 },
            logs: if goes_on { part.logs.valid } else { 0 },
            problems,
            cleared,
        };
        (update, goes_on)
    }

    /// Looks again at what was wrong.
    async fn recheck(&self, place: &Place, state: &ChainState, outcomes: &mut Outcomes) -> Result<(), Failure> {
        let standing = state.problems.iter().map(|standing| &standing.problem);
        // Nobody fills a gap that is old.
        let old = self.ended_before();
        let is_old = |problem: &ChainProblem| problem.kind == Kind::Gap && problem.to < old;
        let mut standing: Vec<_> = standing.filter(|problem| !is_end(problem, place) && !is_old(problem)).collect();
        if let Some(first) = self.plan.now.as_second().unsigned_abs().checked_rem(standing.len() as u64) {
            standing.rotate_left(usize::try_from(first).unwrap_or_default());
        }
        let mut cleared = Vec::new();
        for problem in standing.iter().take(MOST_RECHECKED) {
            if self.since.is_some_and(|since| problem.to <= since) || self.is_right(place, &state.id, problem).await?
            {
                cleared.push((*problem).clone());
            }
        }
        let is_cleared = |problem: &ChainProblem| cleared.contains(problem);
        let left = standing.into_iter().filter(|problem| !is_cleared(problem));
        for problem in left {
            outcomes.broken += usize::from(problem.kind.is_broken());
            if problem.kind == Kind::Unread {
                outcomes.unread.get_or_insert_with(|| format!("{}: {}", problem.object, problem.reason));
            }
        }
        if cleared.is_empty() {
            return Ok(());
        }
        let update = DigestUpdate {
            bucket: self.bucket.to_owned(),
            id: state.id.clone(),
            checked: None,
            link: None,
            digests: 0,
            logs: 0,
            problems: Vec::new(),
            cleared,
        };
        let account = place.account.clone();
        hand_over(self.outlet, Found::Digests { account, update: Box::new(update) }).await;
        Ok(())
    }

    /// Whether a problem is none any more. What cannot be read, or is not there at all, proves nothing.
    async fn is_right(&self, place: &Place, id: &ChainId, problem: &ChainProblem) -> Result<bool, Failure> {
        let check = Check {
            archive: self.archive,
            keys: self.keys,
            begin: Begin::Open,
            since: Some(problem.from.checked_sub(AROUND).unwrap_or(problem.from)),
            until: Some(problem.to.checked_add(AROUND).unwrap_or(problem.to)),
            horizon: Horizon::Open,
            known: BTreeMap::new(),
        };
        let (mut found, mut digests) = (false, 0);
        check
            .place(place, |part| {
                if part.id == *id {
                    digests += part.digests.valid;
                    let is_it = |other: &ChainProblem| other.object == problem.object || other.kind == Kind::Unread;
                    found |= 0 < part.more_problems || part.problems.iter().any(is_it);
                }
                true
            })
            .await?;
        Ok(!found && 0 < digests)
    }
}

/// Whether a problem is that digests are missing at the end, which the next run will see by itself.
fn is_end(problem: &ChainProblem, place: &Place) -> bool {
    problem.kind == Kind::Gap && problem.object == place.folder
}

fn joined(one: (Timestamp, Timestamp), other: (Timestamp, Timestamp)) -> (Timestamp, Timestamp) {
    (one.0.min(other.0), one.1.max(other.1))
}

fn row(
    plan: &Plan,
    place: Option<&Place>,
    subject: String,
    (outcome, detail): (Outcome, String),
    span: Option<(Timestamp, Timestamp)>,
) -> Coverage {
    let key = CoverageKey {
        provider: Provider::Aws,
        account: place.map(|place| place.account.clone()),
        region: place.map(|place| place.region.clone()),
        api: api::TRAIL_DIGEST.to_owned(),
        subject: Some(subject),
    };
    let (from, to) = span.unwrap_or((plan.now, plan.now));
    Coverage { key, outcome, detail, from, to }
}
