//! Where one task stands in its schedule. Pure: it is told the time.

use jiff::{SignedDuration, Timestamp};

use super::schedule::{Due, Schedule};

/// A clock set back by up to this much is a correction: slots that have been served are not served again. Beyond it
/// the clock had been wrong before, and waiting for it to catch up would stop the daemon's work for as long.
const GREATEST_CORRECTION: SignedDuration = SignedDuration::from_hours(24);

/// A schedule and how far it has been served.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    schedule: Schedule,
    /// Every slot up to here has been served or counted as missed.
    served: Timestamp,
    next: Option<Timestamp>,
}

impl Pace {
    /// A pace whose slots up to `served` are done with.
    pub(super) fn new(schedule: Schedule, served: Timestamp) -> Self {
        let next = schedule.next_after(served);
        Self { schedule, served, next }
    }

    /// The next slot to serve, if there is one.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// What has become due by `now`; it counts as served from here on.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Due> {
        if now < self.served && GREATEST_CORRECTION < self.served.duration_since(now) {
            tracing::warn!(from = %self.served, to = %now, "the clock was set back; the schedule begins anew");
            *self = Self::new(self.schedule.clone(), now);
        }
        self.next.filter(|&next| next <= now)?;
        let due = self.schedule.due(self.served, now);
        *self = Self::new(self.schedule.clone(), now);
        due
    }

    /// Goes over to another schedule, of which nothing before `now` is owed. The same one keeps its place.
    pub(super) fn change(&mut self, schedule: Schedule, now: Timestamp) {
        if self.schedule != schedule {
            *self = Self::new(schedule, now.max(self.served));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("the test gives a valid time")
    }

    fn every_15_minutes(served: &str) -> Pace {
        Pace::new(Schedule::parse("*/15 * * * *", None).expect("the schedule is valid"), time(served))
    }

    #[test]
    fn a_slot_is_due_once() {
        let mut pace = every_15_minutes("2026-01-01T00:00:00Z");
        assert_eq!(pace.due(time("2026-01-01T00:14:59Z")), None);
        let slot = time("2026-01-01T00:15:00Z");
        assert_eq!(pace.due(slot), Some(Due { slot, missed: 0 }));
        assert_eq!(pace.due(slot), None);
        assert_eq!(pace.next(), Some(time("2026-01-01T00:30:00Z")));
    }

    #[test]
    fn after_a_suspend_one_run_is_owed_and_the_other_slots_are_missed() {
        let mut pace = every_15_minutes("2026-01-01T00:00:00Z");
        let now = time("2026-01-01T06:07:00Z");
        assert_eq!(pace.due(now), Some(Due { slot: time("2026-01-01T06:00:00Z"), missed: 23 }));
        assert_eq!(pace.due(now), None);
        assert_eq!(pace.next(), Some(time("2026-01-01T06:15:00Z")));
    }

    #[test]
    fn a_clock_that_is_corrected_backwards_does_not_bring_a_slot_back() {
        let mut pace = every_15_minutes("2026-01-01T00:00:00Z");
        assert!(pace.due(time("2026-01-01T03:00:00Z")).is_some());
        for earlier in
            ["2026-01-01T02:00:00Z", "2026-01-01T02:15:00Z", "2026-01-01T03:00:00Z", "2026-01-01T03:14:59Z"]
        {
            assert_eq!(pace.due(time(earlier)), None, "{earlier}");
        }
        assert!(pace.due(time("2026-01-01T03:15:00Z")).is_some());
    }

    #[test]
    fn a_clock_that_had_been_years_ahead_does_not_stop_the_schedule_for_years() {
        let mut pace = every_15_minutes("2026-01-01T00:00:00Z");
        assert!(pace.due(time("2036-01-01T00:00:00Z")).is_some());
        assert_eq!(pace.due(time("2026-01-01T00:20:00Z")), None);
        assert_eq!(pace.next(), Some(time("2026-01-01T00:30:00Z")));
    }

    #[test]
    fn another_schedule_owes_nothing_of_the_past_and_the_same_one_keeps_its_place() {
        let mut pace = every_15_minutes("2026-01-01T00:00:00Z");
        let now = time("2026-01-01T04:00:00Z");
        pace.change(Schedule::parse("*/15 * * * *", None).expect("the schedule is valid"), now);
        assert_eq!(pace.next(), Some(time("2026-01-01T00:15:00Z")));
        pace.change(Schedule::parse("0 * * * *", None).expect("the schedule is valid"), now);
        assert_eq!(pace.next(), Some(time("2026-01-01T05:00:00Z")));
    }
}
