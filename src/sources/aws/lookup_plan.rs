//! What to look up in the event history of a Region, and in which window of time.
//!
//! The event history is searched by one attribute at a time, so that a plan is a list of queries. They ask for too
//! much rather than for too little: what is relevant is for the trail layer to say.

use jiff::{SignedDuration, Timestamp, Unit};

use super::partition;
use crate::model::{LookupProgress, Partition, Provider};
use crate::profiles::{Profile, Profiles, RoleMatch};
use crate::sources::live::LookupHistory;
use crate::trail;

/// How far back the event history goes (`CloudTrail` user guide, "Working with event history").
const HISTORY: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A window begins so much later than the history, which moves on while it is read.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

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
            let arn = format!("arn:{}:iam::{account}:role{path}{name}", partition.name());
            everywhere.push(Query::new(Attribute::ResourceName, arn));
            everywhere.push(Query::new(Attribute::Username, name));
        }
        everywhere.push(Query::new(Attribute::EventName, trail::AWS_ROLE_SWITCH));
        // By a part of a role's name nothing is found: of many roles every assumption has to be looked at.
        let every_assumption = include_denied || profiles.iter().any(|profile| named(profile).is_none());
        if every_assumption {
            let calls = trail::AWS_ASSUMPTIONS.into_iter();
            everywhere.extend(calls.map(|call| Query::new(Attribute::EventName, call)));
        }
        let global = trail::aws_iam_calls().map(|call| Query::new(Attribute::EventName, call)).collect();
        Self {
            everywhere: each_once(everywhere),
            global: each_once(global),
            global_region: partition::global_region(partition),
            remark: remark(every_assumption),
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

/// Sessions of the role go by their own names there; which those are, nothing tells beforehand.
const SESSIONS: &str = "calls of the role's sessions are looked for under the role's name alone";

fn remark(every_assumption: bool) -> String {
    if every_assumption {
        return SESSIONS.to_owned();
    }
    format!("denied assumptions are not looked for (include_denied = false); {SESSIONS}")
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
        let from = if from < now - HISTORY { oldest } else { from };
        let window = Window { from, to };
        Some(Self { window, open: open.collect(), lost_since: fresh.lost_since })
    }
}

/// The oldest moment that the event history can still tell of.
fn oldest(now: Timestamp) -> Timestamp {
    whole_seconds(now - HISTORY + MARGIN)
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    let floor = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor);
    time.round(floor).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::Selection;

    const ROLE: &str = "AWSServiceRoleForKeyManagementServiceCustomKeyStores";

    fn plan(partition: Partition, include_denied: bool, enable: &[&str]) -> LookupPlan {
        let enable = enable.iter().map(|id| (*id).to_owned()).collect();
        let profiles = Profiles::load(&Selection { enable, ..Selection::default() }).expect("profiles");
        LookupPlan::new(&profiles, partition, "111122223333", include_denied)
    }

    fn names(plan: &LookupPlan, region: &str) -> Vec<String> {
        plan.queries(region).iter().map(Query::name).collect()
    }

    #[test]
    fn the_plan_follows_the_profiles_and_asks_for_iam_in_one_region() {
        let plan = plan(Partition::AwsUsGov, false, &[]);
        let (here, global) = (names(&plan, "us-gov-east-1"), names(&plan, "us-gov-west-1"));
        let arn = format!("arn:aws-us-gov:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/{ROLE}");
        for query in ["EventName=DeleteCustomKeyStore", &format!("ResourceName={arn}"), &format!("Username={ROLE}")] {
            assert!(here.iter().any(|name| name == query), "{query} is not in {here:?}");
        }
        assert!(!here.iter().any(|name| name == "EventName=AssumeRole" || name.contains("ServiceLinkedRole")));
        let more: Vec<_> = global.iter().filter(|name| !here.contains(name)).cloned().collect();
        let iam: Vec<_> = trail::aws_iam_calls().map(|call| format!("EventName={call}")).collect();
        assert_eq!(more, iam);
        let mut once = global.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), global.len(), "each is asked once");
    }

    #[test]
    fn what_is_not_looked_for_is_said() {
        let every = ["aws-service-linked-roles"];
        let remark = |denied, enable: &[&str]| plan(Partition::Aws, denied, enable).remark().to_owned();
        assert!(remark(false, &[]).starts_with("denied assumptions are not looked for (include_denied = false)"));
        assert_eq!(remark(false, &every), SESSIONS, "among all assumptions are those of all roles");
        assert_eq!(remark(true, &[]), SESSIONS);
        let denied = names(&plan(Partition::Aws, true, &[]), "eu-west-1");
        assert!(denied.iter().any(|name| name == "EventName=AssumeRoleWithSAML"), "{denied:?}");
    }

    /// Minutes after a moment with a fraction of a second, which no window has.
    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_250).expect("a time") + SignedDuration::from_mins(minutes)
    }

    fn second(minutes: i64) -> Timestamp {
        Timestamp::from_second(at(minutes).as_second()).expect("a time")
    }

    const DAY: i64 = 24 * 60;

    fn two() -> Vec<Query> {
        ["A", "B"].map(|name| Query::new(Attribute::EventName, name)).to_vec()
    }

    fn covered(until: i64, asked: &[&str]) -> LookupHistory {
        let asked = asked.iter().map(|name| (format!("EventName={name}"), second(until))).collect();
        LookupHistory { covered: Some((second(-80 * DAY), second(until))), asked, ..LookupHistory::default() }
    }

    fn row(query: &str, from: i64, to: i64, reached: Option<i64>, done: bool) -> LookupProgress {
        LookupProgress {
            region: "eu-west-1".to_owned(),
            query: format!("EventName={query}"),
            window_from: second(from),
            window_to: second(to),
            reached: reached.map(second),
            done,
        }
    }

    /// Window, open queries with their places, and the loss, in minutes.
    fn check(name: &str, known: &LookupHistory, window: (i64, i64), open: &[(&str, Option<i64>)], lost: Option<i64>) {
        let reading = Reading::plan(known, &two(), at(0));
        let expected = Reading {
            window: Window { from: second(window.0), to: second(window.1) },
            open: open
                .iter()
                .map(|(name, reached)| (Query::new(Attribute::EventName, *name), reached.map(second)))
                .collect(),
            lost_since: lost.map(second),
        };
        assert_eq!(reading, expected, "{name}");
    }

    #[test]
    fn a_new_window_looks_back_or_reads_everything() {
        let both = [("A", None), ("B", None)];
        let oldest = -90 * DAY + 5;
        check("the first one", &LookupHistory::default(), (oldest, 0), &both, None);
        check("a later one", &covered(-15, &["A", "B"]), (-15 - DAY, 0), &both, None);
        check("a query is new", &covered(-15, &["A"]), (oldest, 0), &both, None);
        check("almost all is gone", &covered(-90 * DAY + DAY, &["A", "B"]), (oldest, 0), &both, None);
        let long_ago = covered(-100 * DAY, &["A", "B"]);
        check("a hole", &long_ago, (oldest, 0), &both, Some(-100 * DAY));
        let mut paused = covered(-15, &["A", "B"]);
        paused.asked.insert("EventName=B".to_owned(), second(-16));
        check("a query was not in the last window", &paused, (oldest, 0), &both, None);
    }

    #[test]
    fn a_window_that_was_begun_is_read_to_its_end() {
        let with = |known: LookupHistory, progress: Vec<LookupProgress>| LookupHistory { progress, ..known };
        let (from, to) = (-90 * DAY + 5 - 30, -30);
        let clamped = -90 * DAY + 5;
        let young = vec![row("A", -90 * DAY + 1, to, None, true)];
        check(
            "a window does not move",
            &with(LookupHistory::default(), young),
            (-90 * DAY + 1, to),
            &[("B", None)],
            None,
        );
        let rows = vec![row("A", from, to, Some(-DAY), true), row("B", from, to, Some(-2 * DAY), false)];
        let known = with(LookupHistory::default(), rows.clone());
        check("in the middle", &known, (clamped, to), &[("B", Some(-2 * DAY))], None);
        let known = with(LookupHistory::default(), rows[..1].to_vec());
        check("before a query", &known, (clamped, to), &[("B", None)], None);
        let stale = row("B", from - DAY, to - DAY, None, true);
        let known = with(LookupHistory::default(), vec![rows[0].clone(), stale]);
        check("rows of an older window", &known, (clamped, to), &[("B", None)], None);
        let looked_back = vec![row("A", -DAY - 60, to, None, true)];
        let known = with(covered(-60, &["A", "B"]), looked_back.clone());
        check("after a look back", &known, (-DAY - 60, to), &[("B", None)], None);
        let known = with(covered(-60, &["A"]), looked_back);
        check("a query came in that needs more", &known, (clamped, 0), &[("A", None), ("B", None)], None);
        let gone = vec![row("A", -200 * DAY, -100 * DAY, None, true)];
        let known = with(LookupHistory::default(), gone);
        check("nothing of it is left", &known, (clamped, 0), &[("A", None), ("B", None)], None);
        let done = rows.into_iter().map(|row| LookupProgress { done: true, ..row }).collect();
        check("only the end is missing", &with(LookupHistory::default(), done), (clamped, to), &[], None);
    }

    #[test]
    fn a_window_that_ended_long_ago_is_followed_by_one_up_to_the_present() {
        let ended = |to| Reading { window: Window { from: second(-DAY), to }, open: Vec::new(), lost_since: None };
        assert_eq!(ended(second(-1)).next(&two(), at(0)), None);
        let next = ended(second(-30)).next(&two(), at(0)).expect("another window");
        assert_eq!(next.window, Window { from: second(-30 - DAY), to: second(0) });
        assert_eq!((next.open.len(), next.next(&two(), at(0))), (2, None));
    }
}
