//! When work is due: cron expressions with our own rule for changes of the clock.
//!
//! The `cron` crate reads and walks expressions; what it does around daylight-saving changes (slots doubled, out of
//! order, or skipped for a whole day) is not used. It walks plain civil time only, labelled UTC, and this module
//! places each civil slot on the time line by one rule: **a slot is due at the first instant at which the wall clock
//! shows it, or has gone past it.** So a slot inside the gap of a clock set forward runs when the gap ends, several
//! slots inside it run as one, a slot that a clock set back shows twice runs the first time only, and slots never
//! run out of order.

mod expression;
#[cfg(test)]
mod tests;

use chrono::DateTime as CrateTime;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// More slots than this are not counted one by one: it bounds the work after a clock error of years, and no schedule
/// above one run a second reaches it in a day.
const MOST_COUNTED: u64 = 100_000;

/// Why a schedule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The text is no cron expression.
    #[error("schedule {text:?}, column {column}: {reason}; {remedy}")]
    Syntax {
        /// The expression.
        text: String,
        /// Column of the first wrong character, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
        /// What to write instead.
        remedy: String,
    },
    /// The expression is well formed and selects no date at all.
    #[error("schedule {text:?} never fires: no such day exists; choose a day that its months have")]
    NeverFires {
        /// The expression.
        text: String,
    },
    /// The time zone is not in the database.
    #[error("time zone {zone:?} is unknown; use an IANA name such as \"UTC\" or \"Europe/London\"")]
    UnknownZone {
        /// The name given.
        zone: String,
    },
}

/// Slots that have come since the last run: one run is owed, for the newest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The newest slot that has come.
    pub slot: Timestamp,
    /// Older slots that no run will serve any more: 0 unless the program slept or was busy.
    pub missed: u64,
}

/// A cron schedule in a time zone.
///
/// Five fields (minute, hour, day of month, month, day of week) or six with the second before them. As in classic
/// cron Sunday is 0 and 7, months and days have English names, and where both day fields are restricted (neither
/// begins with `*`) a day that satisfies either is selected.
#[derive(Debug, Clone)]
pub struct Schedule {
    text: String,
    zone: TimeZone,
    /// The civil slots are those of all of them together.
    walks: Vec<cron::Schedule>,
}

/// Two schedules are the same when they are written the same.
impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.zone == other.zone
    }
}

impl Eq for Schedule {}

impl Schedule {
    /// Reads an expression; the zone is an IANA name, UTC where there is none.
    ///
    /// # Errors
    /// [`ScheduleError`] when the expression is malformed or can never fire, or the zone is unknown.
    pub fn parse(text: &str, zone: Option<&str>) -> Result<Self, ScheduleError> {
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| ScheduleError::UnknownZone { zone: name.to_owned() })?,
        };
        let schedule = Self { text: text.to_owned(), zone, walks: expression::parse(text)? };
        if schedule.civil_after(DateTime::constant(2000, 1, 1, 0, 0, 0, 0)).is_none() {
            return Err(ScheduleError::NeverFires { text: text.to_owned() });
        }
        Ok(schedule)
    }

    /// The expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first slot after `time`; none after the year 2100.
    #[must_use]
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let mut civil = self.zone.to_datetime(time);
        // One turn usually; while a clock set back shows an hour again, one for each slot of that hour.
        loop {
            civil = self.civil_after(civil)?;
            let instant = self.first_instant(civil)?;
            if time < instant {
                return Some(instant);
            }
        }
    }

    /// What has become due after `last` and not after `now`, if anything. However many slots have passed, one run is
    /// owed; the others are counted, at most 100,000 of them.
    #[must_use]
    pub fn due(&self, last: Timestamp, now: Timestamp) -> Option<Due> {
        let mut due = Due { slot: self.next_after(last).filter(|&slot| slot <= now)?, missed: 0 };
        while due.missed < MOST_COUNTED {
            match self.next_after(due.slot) {
                Some(slot) if slot <= now => due = Due { slot, missed: due.missed + 1 },
                _ => break,
            }
        }
        Some(due)
    }

    /// The time between the next two slots after `now`: how long one collection may stand before it is late.
    #[must_use]
    pub fn interval(&self, now: Timestamp) -> Option<SignedDuration> {
        let first = self.next_after(now)?;
        Some(self.next_after(first)?.duration_since(first))
    }

    fn civil_after(&self, civil: DateTime) -> Option<DateTime> {
        let label = TimeZone::UTC.to_timestamp(civil).ok()?;
        let label = CrateTime::from_timestamp(label.as_second(), 0)?;
        let next = self.walks.iter().filter_map(|walk| walk.after(&label).next()).min()?;
        Some(TimeZone::UTC.to_datetime(Timestamp::from_second(next.timestamp()).ok()?))
    }

    /// The first instant at which the zone's wall clock shows `civil` or has gone past it.
    fn first_instant(&self, civil: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(civil).ok(),
            AmbiguousOffset::Gap { after, .. } => {
                // Read with the later offset, a time inside the gap lies just before the change.
                let just_before = after.to_timestamp(civil).ok()?;
                self.zone.following(just_before).next().map(|change| change.timestamp())
            }
        }
    }
}
