//! From the history to the picture of a role's life.
//!
//! Inventory says what was there when it was asked; between two answers that differ nobody knows. Without inventory the
//! trail's signs are taken as the rules take them, and marked as inferred.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::timeline::{DayUse, Mark, MarkKind, StoreLife, Stretch, Timeline};
use crate::model::{
    Account, Basis, ConcernKind, DeletionTask, EventOutcome, FindingEvent, RolePresence, RoleSpan, StoreEffect,
    TaskStatus,
};
use crate::profiles::StoreKind;
use crate::store::{MOST_EVENTS, NotableEvent, RoleHistory, Store, StoreError};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Whose life is asked for.
#[derive(Debug, Clone, Copy)]
pub struct RoleLife<'a> {
    /// The account.
    pub account: &'a Account,
    /// Profile id.
    pub profile: &'a str,
    /// The stores that the role serves; without it none are drawn.
    pub stores: Option<&'a StoreKind>,
    /// Whether the role is there at the end, as the verdict says.
    pub presence: RolePresence,
    /// The events of a finding, to be marked.
    pub evidence: &'a [FindingEvent],
    /// Begin of the picture.
    pub from: Timestamp,
    /// End of the picture.
    pub to: Timestamp,
}

impl RoleLife<'_> {
    /// Reads the history.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(&self, store: &Store) -> Result<Timeline, StoreError> {
        let history = store.role_history(self.account, self.profile, self.from, self.to)?;
        Ok(self.of(&history))
    }

    fn of(&self, history: &RoleHistory) -> Timeline {
        let mut marks = moments(history);
        marks.extend(history.tasks.iter().filter_map(ended));
        marks.extend(self.evidence.iter().map(|event| Mark {
            time: event.time,
            kind: MarkKind::Evidence,
            what: event.id.clone(),
        }));
        marks.retain(|mark| self.from <= mark.time && mark.time <= self.to);
        marks.sort_by(|left, right| (left.time, left.kind, &left.what).cmp(&(right.time, right.kind, &right.what)));
        Timeline {
            role: self.name(history),
            from: self.from,
            to: self.to,
            presence: self.presence(history),
            stores: self.stores(history),
            uses: self.uses(history),
            marks,
            gaps: super::gaps::of(history, self.stores, self.from, self.to),
            events_since: self.events_since(history),
        }
    }

    fn name(&self, history: &RoleHistory) -> String {
        let newest = history.roles.iter().rev().find_map(|span| span.role.as_ref());
        newest.map_or_else(|| format!("{} in {}", self.profile, self.account), |role| role.arn.clone())
    }

    fn events_since(&self, history: &RoleHistory) -> Option<Timestamp> {
        let oldest = history.events.last().filter(|_| MOST_EVENTS <= history.events.len() as u64)?;
        (self.from < oldest.time).then_some(oldest.time)
    }

    fn uses(&self, history: &RoleHistory) -> Vec<DayUse> {
        let mut days: BTreeMap<i64, DayUse> = BTreeMap::new();
        for day in &history.days {
            let uses = days.entry(day.day).or_default();
            uses.trusted += day.by_trusted;
            uses.others += day.total.saturating_sub(day.by_trusted);
        }
        let refused = history.events.iter().filter(|event| {
            self.from <= event.time
                && event.outcome != EventOutcome::Allowed
                && event.kinds.contains(&ConcernKind::Assumption)
        });
        for event in refused {
            days.entry(event.time.as_second().div_euclid(DAY)).or_default().refused += 1;
        }
        days.into_iter().map(|(day, uses)| DayUse { day, ..uses }).collect()
    }

    fn presence(&self, history: &RoleHistory) -> Vec<Stretch> {
        let stretches = if history.roles.is_empty() { self.inferred(history) } else { self.observed(&history.roles) };
        stretches.into_iter().filter(|stretch| self.from <= stretch.to && stretch.from < self.to).collect()
    }

    /// The times for which inventory answers. A profile may watch several roles: it is there while one of them is.
    fn observed(&self, spans: &[RoleSpan]) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        for span in spans {
            let presence = if span.role.is_some() { RolePresence::Present } else { RolePresence::Absent };
            let created = span.role.as_ref().and_then(|role| role.created);
            let from = created.map_or(span.valid_from, |created| created.min(span.valid_from));
            let to = if self.is_end(span.last_seen) { self.to } else { span.last_seen };
            match stretches.last_mut() {
                // Only its state changed meanwhile, or another role of the profile is there as well.
                Some(last)
                    if last.presence == presence && (from <= last.to || created.is_none_or(|c| c <= last.to)) =>
                {
                    last.to = last.to.max(to);
                }
                Some(last) if presence == RolePresence::Absent && span.valid_from < last.to => {}
                Some(last) => {
                    // Up to its creation it was not there, if it was seen to be missing before.
                    if last.presence == RolePresence::Absent && last.to < from {
                        last.to = from;
                    }
                    let from = from.max(last.to);
                    stretches.push(Stretch { from, to: to.max(from), presence, basis: Basis::Observed });
                }
                None => stretches.push(Stretch { from, to: to.max(from), presence, basis: Basis::Observed }),
            }
        }
        stretches
    }

    /// Whether a moment is as good as the end of the picture: nobody could tell the two apart in it.
    fn is_end(&self, time: Timestamp) -> bool {
        let length = self.to.duration_since(self.from);
        self.to.duration_since(time) <= (length / 100).max(SignedDuration::from_hours(1))
    }

    /// What the trail's signs say. A deletion that was accepted is followed by its task, which the trail does not show:
    /// what came of it is known only from the next sign, or from the verdict.
    fn inferred(&self, history: &RoleHistory) -> Vec<Stretch> {
        if self.presence == RolePresence::Unknown {
            return Vec::new();
        }
        let mut signs: Vec<(Timestamp, bool)> = history.events.iter().filter_map(sign).collect();
        signs.extend(history.used.into_iter().flat_map(|(first, last)| [(first, true), (last, true)]));
        signs.sort_unstable();
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut open: Option<Timestamp> = None;
        let inferred = |from, to, presence| Stretch { from, to, presence, basis: Basis::Inferred };
        for (time, there) in signs {
            match (open, there) {
                (None, true) => open = Some(time),
                (Some(from), false) => {
                    stretches.push(inferred(from, time, RolePresence::Present));
                    open = None;
                }
                _ => {}
            }
        }
        match (open, stretches.last().map(|last| last.to)) {
            (Some(from), _) => stretches.push(inferred(from, self.to, RolePresence::Present)),
            (None, Some(deleted)) => stretches.push(inferred(deleted, self.to, self.presence)),
            (None, None) => {}
        }
        stretches
    }

    fn stores(&self, history: &RoleHistory) -> Vec<StoreLife> {
        let mut lives: BTreeMap<(String, String), StoreLife> = BTreeMap::new();
        if let Some(kind) = self.stores {
            for span in history.stores.iter().filter(|span| span.store.kind == kind.kind) {
                let store = &span.store;
                let from = store.created.map_or(span.valid_from, |created| created.min(span.valid_from));
                let key = (store.region.clone(), store.id.clone());
                let life = lives.entry(key).or_insert_with(|| StoreLife {
                    region: store.region.clone(),
                    id: store.id.clone(),
                    from,
                    to: None,
                    basis: Basis::Observed,
                });
                life.from = life.from.min(from);
                life.to = span.valid_to;
            }
        }
        for event in history.events.iter().rev() {
            add_event(&mut lives, event);
        }
        lives.into_values().collect()
    }
}

/// Adds what an event says of a store that inventory never showed, and when one was deleted that it did show.
fn add_event(lives: &mut BTreeMap<(String, String), StoreLife>, event: &NotableEvent) {
    let (Some(store), EventOutcome::Allowed) = (&event.store, event.outcome) else { return };
    let effects = event.kinds.iter().filter_map(|kind| match kind {
        ConcernKind::Store(effect) => Some(*effect),
        _ => None,
    });
    for effect in effects {
        let region = event.region.clone().unwrap_or_default();
        let life = lives.entry((region.clone(), store.clone())).or_insert_with(|| StoreLife {
            region,
            id: store.clone(),
            from: event.time,
            to: None,
            basis: Basis::Inferred,
        });
        match (effect, life.basis) {
            (StoreEffect::Deleted, Basis::Inferred) => life.to = Some(event.time),
            // Inventory noticed it at its next reading.
            (StoreEffect::Deleted, Basis::Observed) => life.to = life.to.map(|to| to.min(event.time.max(life.from))),
            (_, Basis::Inferred) if life.to.is_some_and(|to| to < event.time) => life.to = None,
            _ => {}
        }
    }
}

/// What an event says about the role: that it is there, or that its deletion was accepted.
fn sign(event: &NotableEvent) -> Option<(Timestamp, bool)> {
    if event.outcome != EventOutcome::Allowed {
        return None;
    }
    event.kinds.iter().find_map(|kind| match kind {
        ConcernKind::Assumption | ConcernKind::SessionActivity | ConcernKind::RoleCreation => {
            Some((event.time, true))
        }
        ConcernKind::RoleDeletion => Some((event.time, false)),
        _ => None,
    })
}

fn moments(history: &RoleHistory) -> Vec<Mark> {
    let mut marks = Vec::new();
    for event in &history.events {
        let allowed = event.outcome == EventOutcome::Allowed;
        let kinds = event.kinds.iter().filter_map(|kind| match kind {
            ConcernKind::RoleCreation if allowed => Some(MarkKind::Created),
            ConcernKind::RoleDeletion if allowed => Some(MarkKind::DeletionAccepted),
            ConcernKind::RoleDeletion => Some(MarkKind::DeletionRefused),
            ConcernKind::RoleTampering | ConcernKind::RoleEdit => Some(MarkKind::Change),
            _ => None,
        });
        for kind in kinds {
            let actor = event.actor.as_deref().unwrap_or("somebody");
            marks.push(Mark { time: event.time, kind, what: format!("{} by {actor}", event.name) });
        }
    }
    marks
}

/// How a deletion task ended. When it did is known no better than when it was asked last.
fn ended(task: &DeletionTask) -> Option<Mark> {
    let (kind, words) = match task.status {
        TaskStatus::Succeeded => (MarkKind::Deleted, "succeeded"),
        TaskStatus::Failed | TaskStatus::InternalError => (MarkKind::TaskFailed, "failed"),
        TaskStatus::NotStarted | TaskStatus::InProgress | TaskStatus::Unknown => return None,
    };
    let reason = task.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    let what = format!("the deletion task {words}{reason}");
    Some(Mark { time: task.checked_at.unwrap_or(task.submitted_at), kind, what })
}
