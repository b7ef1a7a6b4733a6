//! Another attempt at a slot whose run failed: soon at first, then less and less often, until it succeeds or the next slot
//! comes.

use jiff::{SignedDuration, Timestamp};

use super::{Place, Run, Stop};

/// How long until the first further attempt. What fails may be a disk that somebody is just making room on.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(5);

/// How long between attempts at most: an hour after the cause is removed it works again.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// An attempt to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Again {
    slot: Timestamp,
    wait: SignedDuration,
    at: Timestamp,
}

impl Again {
    /// The attempt after a run that failed `now`; `before` is the one that led to that run.
    fn after(slot: Timestamp, before: Option<Self>, now: Timestamp) -> Self {
        let before = before.filter(|before| before.slot == slot);
        let wait = before.map_or(FIRST_WAIT, |before| (before.wait * 2).min(LONGEST_WAIT));
        Self { slot, wait, at: now.checked_add(wait).unwrap_or(now) }
    }

    /// A clock that was set back does not put it off.
    fn is_due(&self, now: Timestamp) -> bool {
        self.at <= now || self.wait < self.at.duration_since(now)
    }
}

impl Place {
    /// When something of this task comes next; an attempt that is owed or under way has come.
    pub(super) fn next(&self, under_way: Option<&'static str>) -> Option<Timestamp> {
        let waits = self.owed.is_none() && under_way != Some(self.task);
        let again = self.again.filter(|_| waits).map(|again| again.at);
        self.pace.next().into_iter().chain(again).min()
    }

    /// Owes another attempt once it is due.
    pub(super) fn owe_again(&mut self, under_way: Option<&'static str>, now: Timestamp, stop: &Stop) {
        let Some(again) = self.again else { return };
        if self.owed.is_none() && under_way != Some(self.task) && again.is_due(now) {
            self.owed = Some(Run { task: self.task, slot: again.slot, missed: 0, stop: stop.clone() });
        }
    }

    /// Gives an older slot up because a newer one has come; answers whether there was one.
    pub(super) fn give_way(&mut self) -> bool {
        let Some(again) = self.again.take() else { return false };
        tracing::warn!(task = self.task, slot = %again.slot, "given up, because the next slot has come");
        self.owed = None;
        true
    }

    /// Notes how a run ended. One that failed is tried again unless a newer slot waits already.
    pub(super) fn ended(&mut self, run: &Run, well: bool, now: Timestamp) {
        let before = self.again.take();
        if well || !self.retries || self.owed.is_some() {
            return;
        }
        let again = Again::after(run.slot, before, now);
        tracing::info!(task = self.task, slot = %again.slot, at = %again.at, "will be tried again");
        self.again = Some(again);
    }

    /// Tries again at once: whatever made it fail may be gone.
    pub(super) fn hurry(&mut self, now: Timestamp) {
        self.again = self.again.map(|again| Again { wait: FIRST_WAIT, at: now, ..again });
    }
}
