//! The lives of the roles that findings are about, as a report tells them: plain data, bounded whatever the history.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::report::ReportPeriod;
use crate::exports::pictures::timeline::{Gap, Hides, Mark, MarkKind, StoreLife, Stretch, Timeline};
use crate::model::{Basis, Provider, RolePresence};

/// Roles whose lives a report tells: those with the worst findings.
pub const MOST_LIVES: usize = 50;
/// States of a role that are told: the newest.
const STATES: usize = 50;
/// Moments of a role that are told: the newest.
const MOMENTS: usize = 100;
/// Gaps of a role that are told: the longest.
const GAPS: usize = 60;

/// Lives of roles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RoleLives {
    /// Roles that findings of the period are about, those with the worst first; at most 50.
    pub roles: Vec<RoleLifetime>,
    /// Further roles with findings that are left out.
    pub left_out: u64,
}

/// Whose life is told: the role, or the roles, of one profile in one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LifeSubject {
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: Arc<str>,
    /// Profile id.
    pub profile: Arc<str>,
}

/// The life of a role within the period. What it does not tell is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleLifetime {
    /// Whose.
    #[serde(flatten)]
    pub subject: LifeSubject,
    /// ARN of the role; profile and account where none was seen.
    pub role: String,
    /// Findings of the period that are about it.
    pub findings: u64,
    /// Times in which it was there or not, oldest first.
    pub states: Vec<LifeState>,
    /// Key stores of the account that it serves, by Region; at most 12.
    pub stores: Vec<LifeStore>,
    /// Assumptions by day, or by several days in a long period; days without any are left out.
    pub assumptions: Vec<LifeUse>,
    /// Its creation, changes, and attempts to delete it, oldest first.
    pub moments: Vec<LifeMoment>,
    /// Times of which something is not known, oldest first.
    pub gaps: Vec<LifeGap>,
    /// What is left out above.
    pub left_out: LivesLeftOut,
    /// Where there are too many events, the time before which moments and refused attempts are left out.
    pub events_since: Option<Timestamp>,
}

/// A time in which a role was there or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LifeState {
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
    /// Whether it was there.
    pub role: RolePresence,
    /// From inventory, or concluded from events.
    pub basis: Basis,
}

/// The life of a key store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LifeStore {
    /// Region.
    pub region: String,
    /// The provider's id.
    pub store: String,
    /// Begin; the begin of the period where it was there before.
    pub from: Timestamp,
    /// End; null where it was there at the end of what is known.
    pub to: Option<Timestamp>,
    /// From inventory, or concluded from events.
    pub basis: Basis,
}

/// Assumptions of a role in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LifeUse {
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
    /// By trusted principals.
    pub by_trusted: u64,
    /// By anybody else.
    pub by_others: u64,
    /// Refused attempts.
    pub refused: u64,
}

/// What happened to a role at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MomentKind {
    /// It was created.
    Created,
    /// Somebody changed it, or tried to.
    Change,
    /// Its deletion was asked for and refused.
    DeletionRefused,
    /// Its deletion was asked for and accepted.
    DeletionAccepted,
    /// A deletion task failed.
    DeletionFailed,
    /// A deletion task ended well.
    DeletionSucceeded,
}

impl MomentKind {
    /// Every kind, in the order of a role's life.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Change,
        Self::DeletionRefused,
        Self::DeletionAccepted,
        Self::DeletionFailed,
        Self::DeletionSucceeded,
    ];

    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Change => "change, or attempt",
            Self::DeletionRefused => "deletion refused",
            Self::DeletionAccepted => "deletion accepted",
            Self::DeletionFailed => "deletion failed",
            Self::DeletionSucceeded => "deletion succeeded",
        }
    }

    fn of(kind: MarkKind) -> Option<Self> {
        match kind {
            MarkKind::Created => Some(Self::Created),
            MarkKind::Change => Some(Self::Change),
            MarkKind::DeletionRefused => Some(Self::DeletionRefused),
            MarkKind::DeletionAccepted => Some(Self::DeletionAccepted),
            MarkKind::TaskFailed => Some(Self::DeletionFailed),
            MarkKind::Deleted => Some(Self::DeletionSucceeded),
            // The findings of a report have lists of their own for these.
            MarkKind::Evidence => None,
        }
    }
}

/// A moment in the life of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LifeMoment {
    /// When.
    pub time: Timestamp,
    /// What.
    pub kind: MomentKind,
    /// In words: the call and who made it, or what the task said.
    pub what: String,
}

/// A time of which something is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LifeGap {
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
    /// What is not known: `role`, `stores` or `events`.
    pub hides: &'static str,
    /// Why.
    pub what: String,
}

/// How much of a life is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LivesLeftOut {
    /// Older states.
    pub states: u64,
    /// Key stores that were there for a shorter time.
    pub stores: u64,
    /// Older moments.
    pub moments: u64,
    /// Shorter gaps.
    pub gaps: u64,
}

impl RoleLifetime {
    /// The part of a life that lies in the period: from its begin up to, and without, its end. The time line ends where
    /// the facts end; what is behind that in the period is not known.
    #[must_use]
    pub fn of(subject: LifeSubject, findings: u64, timeline: &Timeline, period: ReportPeriod) -> Self {
        let known = ReportPeriod { from: period.from, to: period.to.min(timeline.to) };
        let states: Vec<_> =
            timeline.presence.iter().filter(|one| one.from < known.to && known.from <= one.to).collect();
        let (states, states_left) = newest(&states, STATES);
        let (stores, stores_left) = timeline.drawn_stores();
        let stores = stores.into_iter().filter(|one| one.from < known.to);
        let moments: Vec<_> = timeline.marks.iter().filter(|mark| mark.time < period.to).filter_map(moment).collect();
        let (moments, moments_left) = newest(&moments, MOMENTS);
        let (mut gaps, gaps_left) = longest(timeline, known);
        gaps.extend(unread(known.to, period.to));
        Self {
            subject,
            role: timeline.role.clone(),
            findings,
            states: states.iter().map(|one| state(one, known)).collect(),
            stores: stores.map(|one| store(one, known)).collect(),
            assumptions: uses(timeline),
            moments: moments.to_vec(),
            gaps,
            left_out: LivesLeftOut {
                states: states_left,
                stores: stores_left as u64,
                moments: moments_left,
                gaps: gaps_left,
            },
            events_since: timeline.events_since,
        }
    }
}

/// What is not known of the time in which nobody read anything any more.
fn unread(from: Timestamp, to: Timestamp) -> Vec<LifeGap> {
    let gap = |hides| LifeGap { from, to, hides, what: "nothing was read after the begin of this time".to_owned() };
    if from < to { [Hides::Role, Hides::Stores, Hides::Trail].map(word).map(gap).to_vec() } else { Vec::new() }
}

fn word(hides: Hides) -> &'static str {
    match hides {
        Hides::Role => "role",
        Hides::Stores => "stores",
        Hides::Trail => "events",
    }
}

/// The last of a list that is oldest first, and how many others there are.
fn newest<T>(all: &[T], most: usize) -> (&[T], u64) {
    let left = all.len().saturating_sub(most);
    (&all[left..], left as u64)
}

fn longest(timeline: &Timeline, period: ReportPeriod) -> (Vec<LifeGap>, u64) {
    let mut gaps: Vec<_> = timeline.gaps.iter().filter(|gap| gap.from < period.to && period.from < gap.to).collect();
    let left = gaps.len().saturating_sub(GAPS);
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.to.min(period.to).duration_since(gap.from.max(period.from))));
    gaps.truncate(GAPS);
    gaps.sort_by(|one, other| {
        (one.from, one.to, one.hides, &one.what).cmp(&(other.from, other.to, other.hides, &other.what))
    });
    (gaps.into_iter().map(|one| gap(one, period)).collect(), left as u64)
}

fn state(stretch: &Stretch, period: ReportPeriod) -> LifeState {
    let (from, to) = (stretch.from.max(period.from), stretch.to.min(period.to));
    LifeState { from, to, role: stretch.presence, basis: stretch.basis }
}

fn store(life: &StoreLife, period: ReportPeriod) -> LifeStore {
    LifeStore {
        region: life.region.clone(),
        store: life.id.clone(),
        from: life.from.max(period.from),
        to: life.to.filter(|to| *to < period.to),
        basis: life.basis,
    }
}

fn uses(timeline: &Timeline) -> Vec<LifeUse> {
    let buckets = timeline.buckets().into_iter();
    let used = buckets.map(|bucket| LifeUse {
        from: bucket.from,
        to: bucket.to,
        by_trusted: bucket.uses.trusted,
        by_others: bucket.uses.others,
        refused: bucket.uses.refused,
    });
    used.filter(|uses| 0 < uses.by_trusted + uses.by_others + uses.refused).collect()
}

fn moment(mark: &Mark) -> Option<LifeMoment> {
    Some(LifeMoment { time: mark.time, kind: MomentKind::of(mark.kind)?, what: mark.what.clone() })
}

fn gap(gap: &Gap, period: ReportPeriod) -> LifeGap {
    let (from, to) = (gap.from.max(period.from), gap.to.min(period.to));
    LifeGap { from, to, hides: word(gap.hides), what: gap.what.clone() }
}
