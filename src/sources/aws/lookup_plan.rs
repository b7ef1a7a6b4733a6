//! What to look up in the event history of a Region, and in which window of time.
//!
//! The event history is searched by one attribute at a time, so that a plan is a list of queries. They ask for too
//! much rather than for too little: what is relevant is for the trail layer to say.

use jiff::{SignedDuration, Timestamp, Unit};

use super::Partition;
use super::found::LookupHistory;
use crate::model::{LookupProgress, Provider};
use crate::profiles::{Profile, Profiles, RoleMatch};
use crate::trail;

/// How far back the event history goes (`CloudTrail` user guide, "Working with event history"): 90 days, and a little
/// less, because the reading takes time.
const HISTORY: SignedDuration = SignedDuration::from_mins(90 * 24 * 60 - 5);

/// How much of what was read is read again: events come late, and not in the order of their times.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// A window that was resumed and ended longer ago than this is followed by one up to the present in the same run.
const LONG_AGO: SignedDuration = SignedDuration::from_mins(5);

/// What a query searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    /// The name of the call.
    EventName,
    /// The name of a resource of the call.
    ResourceName,
    /// The user, or the role, that made the call.
    Username,
}

impl Attribute {
    /// Its name, as the provider spells it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::EventName => "EventName",
            Self::ResourceName => "ResourceName",
            Self::Username => "Username",
        }
    }
}

/// One query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) attribute: Attribute,
    pub(super) value: String,
}

impl Query {
    fn new(attribute: Attribute, value: impl Into<String>) -> Self {
        Self { attribute, value: value.into() }
    }

    /// Its name in the history of readings.
    pub(super) fn name(&self) -> String {
        format!("{}={}", self.attribute.as_str(), self.value)
    }
}

/// What to look up in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookupPlan {
    everywhere: Vec<Query>,
    /// IAM records its calls in one Region of each partition.
    global: Vec<Query>,
    global_region: &'static str,
    /// What is not looked for.
    remark: String,
}

impl LookupPlan {
    /// The cheapest plan that finds what concerns the profiles.
    pub(super) fn new(profiles: &Profiles, partition: Partition, account: &str, include_denied: bool) -> Self {
        let profiles: Vec<&Profile> = profiles.of(Provider::Aws).collect();
        let calls = profiles.iter().filter_map(|profile| profile.store.as_ref()).flat_map(|kind| &kind.calls);
        let mut everywhere: Vec<_> = calls.map(|call| Query::new(Attribute::EventName, call.name.as_str())).collect();
        for (path, name) in profiles.iter().filter_map(|profile| named(profile)) {
            let arn = format!("arn:{partition}:iam::{account}:role{path}{name}");
            everywhere.push(Query::new(Attribute::ResourceName, arn));
            everywhere.push(Query::new(Attribute::Username, name));
        }
        everywhere.push(Query::new(Attribute::EventName, trail::AWS_ROLE_SWITCH));
        if include_denied {
            let calls = trail::AWS_ASSUMPTIONS.into_iter();
            everywhere.extend(calls.map(|call| Query::new(Attribute::EventName, call)));
        }
        let global = trail::aws_iam_calls().map(|call| Query::new(Attribute::EventName, call)).collect();
        Self {
            everywhere: each_once(everywhere),
            global: each_once(global),
            global_region: partition.global_region(),
            remark: remark(&profiles, include_denied),
        }
    }

    /// The Region that is read whichever others are: it has the calls of IAM.
    pub(super) fn global_region(&self) -> &'static str {
        self.global_region
    }

    /// The queries of a Region.
    pub(super) fn queries(&self, region: &str) -> Vec<Query> {
        let global = self.global.iter().filter(|_| region == self.global_region);
        each_once(self.everywhere.iter().chain(global).cloned().collect())
    }

    /// What is not looked for, for people.
    pub(super) fn remark(&self) -> &str {
        &self.remark
    }
}

/// Path and name of the one role that a profile watches.
fn named(profile: &Profile) -> Option<(&str, &str)> {
    match &profile.role {
        RoleMatch::Named { name, path } => Some((path.as_deref().unwrap_or("/"), name)),
        RoleMatch::ServiceLinked => None,
    }
}

fn each_once(queries: Vec<Query>) -> Vec<Query> {
    let mut once: Vec<Query> = Vec::with_capacity(queries.len());
    for query in queries {
        if !once.contains(&query) {
            once.push(query);
        }
    }
    once
}

fn remark(profiles: &[&Profile], include_denied: bool) -> String {
    let mut remarks = Vec::new();
    if !include_denied {
        remarks.push("denied assumptions are not looked for (include_denied = false)".to_owned());
        // Every assumption is found by the name of the call; by a part of a role's name none is.
        let unnamed = profiles.iter().filter(|profile| named(profile).is_none());
        remarks.extend(unnamed.map(|profile| format!("nor are assumptions of the roles of {}", profile.id)));
    }
    remarks.join(", ")
}

/// A window of time, both ends in it, in whole seconds as the event history counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// A window and what is still to be asked in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) window: Window,
    /// Queries that are not done, with the time down to which each was read.
    pub(super) open: Vec<(Query, Option<Timestamp>)>,
    /// The end of what was read before, where what follows it is lost.
    pub(super) lost_since: Option<Timestamp>,
}

impl Reading {
    /// What to read now: the rest of a window that was begun, or a new one up to `now`.
    pub(super) fn plan(known: &LookupHistory, queries: &[Query], now: Timestamp) -> Self {
        let fresh = Self::fresh(known, queries, now);
        Self::resumed(known, queries, &fresh, now).unwrap_or(fresh)
    }

    /// The window after this one, where this one ended long ago.
    pub(super) fn next(&self, queries: &[Query], now: Timestamp) -> Option<Self> {
        if now.duration_since(self.window.to) <= LONG_AGO {
            return None;
        }
        let asked = queries.iter().map(|query| (query.name(), self.window.to)).collect();
        let covered = Some((self.window.from, self.window.to));
        Some(Self::fresh(&LookupHistory { covered, asked, ..LookupHistory::default() }, queries, now))
    }

    fn fresh(known: &LookupHistory, queries: &[Query], now: Timestamp) -> Self {
        let (oldest, to) = (oldest(now), whole_seconds(now));
        let last = known.covered.map(|(_, last)| last);
        let read_before = |last: Timestamp| {
            let asked = |query: &Query| known.asked.get(&query.name()).is_some_and(|asked| last <= *asked);
            queries.iter().all(asked).then_some(last - LOOK_BACK)
        };
        // A query that is new knows nothing of the past, and a window is that of all queries.
        let from = last.and_then(read_before).map_or(oldest, |from| whole_seconds(from).max(oldest));
        Self {
            window: Window { from, to },
            open: queries.iter().map(|query| (query.clone(), None)).collect(),
            lost_since: last.filter(|last| *last < oldest),
        }
    }

    fn resumed(known: &LookupHistory, queries: &[Query], fresh: &Self, now: Timestamp) -> Option<Self> {
        // A window that was given up may have left rows; the newest one is the one to go on with.
        let to = known.progress.iter().map(|row| row.window_to).max()?;
        let rows: Vec<&LookupProgress> = known.progress.iter().filter(|row| row.window_to == to).collect();
        let from = rows.iter().map(|row| row.window_from).max()?;
        let oldest = oldest(now);
        if to <= oldest || fresh.window.from < from {
            return None;
        }
        let open = queries.iter().filter_map(|query| {
            let row = rows.iter().find(|row| row.query == query.name());
            let reached = row.and_then(|row| row.reached);
            row.is_none_or(|row| !row.done).then(|| (query.clone(), reached))
        });
        let window = Window { from: from.max(oldest), to };
        Some(Self { window, open: open.collect(), lost_since: fresh.lost_since })
    }
}

/// The oldest moment that the event history can still tell of.
fn oldest(now: Timestamp) -> Timestamp {
    whole_seconds(now - HISTORY)
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    let floor = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor);
    time.round(floor).unwrap_or(time)
}
