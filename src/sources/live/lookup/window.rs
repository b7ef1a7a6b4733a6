//! Windows of time, and how one that was begun is taken up again.

use jiff::{SignedDuration, Timestamp, Unit};

use super::Query;
use crate::model::LookupProgress;
use crate::sources::live::LookupHistory;

/// How far back event histories go (`CloudTrail` user guide, "Working with event history"; `ActionTrail`, limits).
const HISTORY: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A window begins so much later than the history, which moves on while it is read.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// How much of what was read is read again: events come late, and not in the order of their times. `CloudTrail` takes
/// about 5 minutes for it, `ActionTrail` about 10.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// A window that was resumed and ended longer ago than this is followed by one up to the present in the same run.
const LONG_AGO: SignedDuration = SignedDuration::from_mins(5);

/// A window of time, both ends in it, in whole seconds as the event history counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) struct Window {
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
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

    /// Minutes after a moment with a fraction of a second, which no window has.
    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_250).expect("a time") + SignedDuration::from_mins(minutes)
    }

    fn second(minutes: i64) -> Timestamp {
        Timestamp::from_second(at(minutes).as_second()).expect("a time")
    }

    const DAY: i64 = 24 * 60;

    fn two() -> Vec<Query> {
        ["A", "B"].map(|name| Query::new("EventName", name)).to_vec()
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
            open: open.iter().map(|(name, reached)| (Query::new("EventName", *name), reached.map(second))).collect(),
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
