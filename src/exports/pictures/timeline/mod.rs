//! The life of a role as a picture: whether it was there, the stores that it served, who assumed it, what was asked to
//! delete or change it, the events of a finding, and, hatched, the times of which nothing is known.
//!
//! Plain data comes in; what goes out is bounded whatever the history: days are gathered into at most
//! `BUCKETS` bars, marks into at most `SLOTS` places of each kind, stores and gaps into a number of rows.

mod axis;
mod draw;
mod table;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Basis, RolePresence};

/// Bars of a lane at most: three pixels each on a phone.
const BUCKETS: i64 = 104;
/// Places for marks of a kind.
const SLOTS: i32 = 60;
/// Stores that are drawn, those that live longest in the picture first come.
const STORES: usize = 12;
/// Gaps that are drawn in each lane; more are drawn as one from the first of the rest to its last.
const GAPS: usize = 16;
/// Times in which the role was there or not that are drawn: the newest.
const STRETCHES: usize = 100;
/// Rows of the text alternative for each kind of thing.
const ROWS: usize = 30;

/// A time in which a role was there, was not, or in which nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
    /// What is known.
    pub presence: RolePresence,
    /// From inventory, or concluded from events.
    pub basis: Basis,
}

/// The life of a store, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLife {
    /// Region.
    pub region: String,
    /// The provider's id.
    pub id: String,
    /// Begin.
    pub from: Timestamp,
    /// End; `None` while it stands.
    pub to: Option<Timestamp>,
    /// From inventory, or concluded from events.
    pub basis: Basis,
}

/// Assumptions of the role on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayUse {
    /// Days since 1970-01-01 (UTC).
    pub day: i64,
    /// By trusted principals.
    pub trusted: u64,
    /// By anybody else.
    pub others: u64,
    /// Refused attempts.
    pub refused: u64,
}

/// What happened at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// The role was created.
    Created,
    /// Its deletion was asked for and accepted.
    DeletionAccepted,
    /// Its deletion was asked for and refused.
    DeletionRefused,
    /// A deletion task ended well.
    Deleted,
    /// A deletion task failed.
    TaskFailed,
    /// Somebody changed it, or tried to.
    Change,
    /// An event of the finding that the picture belongs to.
    Evidence,
}

/// A moment in the life of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub time: Timestamp,
    /// What.
    pub kind: MarkKind,
    /// In words.
    pub what: String,
}

/// What cannot be seen during a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hides {
    /// Whether the role is there.
    Role,
    /// Stores.
    Stores,
    /// Events.
    Trail,
}

/// A time of which something is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
    /// What it hides.
    pub hides: Hides,
    /// Why, in words.
    pub what: String,
}

/// The life of a role from one moment to another. Whatever lies outside is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The role, for the title.
    pub role: String,
    /// Begin of the picture.
    pub from: Timestamp,
    /// End of the picture.
    pub to: Timestamp,
    /// Whether the role was there, oldest first; what is not told is unknown.
    pub presence: Vec<Stretch>,
    /// Stores.
    pub stores: Vec<StoreLife>,
    /// Assumptions by day; a day without any may be left out.
    pub uses: Vec<DayUse>,
    /// Moments.
    pub marks: Vec<Mark>,
    /// Gaps.
    pub gaps: Vec<Gap>,
    /// Where there are more events than a picture needs, the time before which refused attempts and moments are not
    /// drawn one by one.
    pub events_since: Option<Timestamp>,
}

impl Timeline {
    /// The length of the picture, at least a second, so that nothing is divided by zero.
    fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from).max(SignedDuration::from_secs(1))
    }

    /// Where a moment lies, from 0 to 1; what lies outside lies on the edge.
    fn place(&self, time: Timestamp) -> f64 {
        (time.duration_since(self.from).as_secs_f64() / self.length().as_secs_f64()).clamp(0.0, 1.0)
    }

    /// Whether a time from one moment to another has a part in the picture.
    fn shows(&self, from: Timestamp, to: Timestamp) -> bool {
        from <= self.to && self.from <= to
    }

    /// The part of a time that is in the picture.
    fn part(&self, from: Timestamp, to: Timestamp) -> (Timestamp, Timestamp) {
        (from.clamp(self.from, self.to), to.clamp(self.from, self.to))
    }

    fn drawn_presence(&self) -> &[Stretch] {
        &self.presence[self.presence.len().saturating_sub(STRETCHES)..]
    }

    /// Stores in the picture: by Region, those that are drawn, and how many are not.
    pub(in crate::exports) fn drawn_stores(&self) -> (Vec<&StoreLife>, usize) {
        let mut stores: Vec<&StoreLife> =
            self.stores.iter().filter(|store| self.shows(store.from, store.to.unwrap_or(self.to))).collect();
        let length = |store: &StoreLife| store.to.unwrap_or(self.to).duration_since(store.from);
        stores.sort_by_key(|store| (std::cmp::Reverse(length(store)), &store.region, &store.id));
        let left_out = stores.len().saturating_sub(STORES);
        stores.truncate(STORES);
        stores.sort_by_key(|store| (&store.region, store.from, &store.id));
        (stores, left_out)
    }

    /// Gaps that hide something, as few rows as can be: touching ones are one.
    fn gaps_of(&self, hides: Hides) -> Vec<(Timestamp, Timestamp)> {
        let shown = self.gaps.iter().filter(|gap| gap.hides == hides && self.shows(gap.from, gap.to));
        let mut spans: Vec<_> = shown.map(|gap| self.part(gap.from, gap.to)).collect();
        spans.sort_unstable();
        let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (from, to) in spans {
            let full = GAPS <= merged.len();
            match merged.last_mut() {
                Some(last) if full || from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        merged
    }
}
