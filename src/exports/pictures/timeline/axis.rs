//! The time axis: its ticks, and the buckets into which days are gathered.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{BUCKETS, DayUse, Timeline};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Ticks at most: their labels stand side by side on a phone.
const TICKS: i64 = 5;

/// Lengths of buckets, and distances of ticks, in days.
const STEPS: [i64; 9] = [1, 7, 14, 28, 91, 182, 364, 1820, 3640];

/// A place on the axis with its label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) place: f64,
    pub(super) label: String,
}

/// Assumptions of some days in a row.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::exports) struct Bucket {
    pub(in crate::exports) from: Timestamp,
    pub(in crate::exports) to: Timestamp,
    pub(in crate::exports) uses: DayUse,
}

impl Timeline {
    fn first_day(&self) -> i64 {
        self.from.as_second().div_euclid(DAY)
    }

    /// Days that the picture touches.
    fn days(&self) -> i64 {
        (self.to.as_second() - 1).div_euclid(DAY).max(self.first_day()) - self.first_day() + 1
    }

    /// The days of a bucket.
    pub(super) fn bucket_days(&self) -> i64 {
        step(self.days(), BUCKETS)
    }

    /// Assumptions, gathered; buckets without any are left out.
    pub(in crate::exports) fn buckets(&self) -> Vec<Bucket> {
        let length = self.bucket_days();
        let mut buckets: std::collections::BTreeMap<i64, DayUse> = std::collections::BTreeMap::new();
        for uses in &self.uses {
            let number = (uses.day - self.first_day()).div_euclid(length);
            if uses.day < self.first_day() || self.first_day() + self.days() <= uses.day {
                continue;
            }
            let bucket = buckets.entry(number).or_default();
            bucket.trusted += uses.trusted;
            bucket.others += uses.others;
            bucket.refused += uses.refused;
        }
        buckets.into_iter().map(|(number, uses)| self.bucket(number * length, length, uses)).collect()
    }

    fn bucket(&self, day: i64, length: i64, uses: DayUse) -> Bucket {
        let midnight = |day: i64| Timestamp::from_second((self.first_day() + day) * DAY).unwrap_or(self.to);
        let (from, to) = self.part(midnight(day), midnight(day + length));
        Bucket { from, to, uses: DayUse { day: self.first_day() + day, ..uses } }
    }

    /// Ticks at midnights, by months and days; by years where the picture is longer than two of them.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let distance = step(self.days(), TICKS);
        let form = if 730 < self.days() { "%Y-%m" } else { "%m-%d" };
        let first = self.first_day() + i64::from(self.from.as_second().rem_euclid(DAY) > 0);
        (0..=TICKS)
            .filter_map(|number| Timestamp::from_second((first + number * distance) * DAY).ok())
            .filter(|time| *time <= self.to)
            .map(|time| Tick {
                place: self.place(time),
                label: time.to_zoned(TimeZone::UTC).strftime(form).to_string(),
            })
            .collect()
    }
}

/// The shortest of the usual lengths by which so many days become at most `most`.
fn step(days: i64, most: i64) -> i64 {
    STEPS.into_iter().find(|step| days <= step * most).unwrap_or_else(|| days.div_euclid(most) + 1)
}
