//! What trail events alone tell about a role and its stores.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::LiveStore;
use crate::model::{
    ConcernKind, DeletionTask, EventOutcome, Evidence, Provider, RolePresence, StoreEffect, StoreNeed, TaskStatus,
    TrailEvent,
};
use crate::profiles::{Profile, StoreKind};
use crate::rules::case::store_effect;

/// What the trail tells.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Whether the role is there: from its creation or first use on; gone with an accepted deletion that left no store
    /// behind and was followed by no sign of the role.
    pub(super) presence: RolePresence,
    /// When it was created, where that was seen.
    pub(super) created: Option<Timestamp>,
    /// The last event that only a role that is there can cause.
    pub(super) last_sign: Option<Timestamp>,
    /// When it was deleted, where it is gone.
    pub(super) gone_at: Option<Timestamp>,
    /// Its ARN.
    pub(super) role: Option<String>,
    /// Its unique ids.
    pub(super) role_ids: BTreeSet<String>,
    /// Stores from their creation (or first sign) to their successful deletion.
    pub(super) stores: Vec<LiveStore>,
    /// Successful deletions of stores, by id.
    pub(super) deletions: BTreeMap<String, Vec<Timestamp>>,
    /// When the last store that needed the role went.
    pub(super) last_store_gone: Option<Timestamp>,
}

/// Something that happened. The order of the variants is the order in which things of one moment are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    StoreThere,
    StoreGone,
    RoleCreated,
    RoleSign,
    RoleDeletionAccepted,
    RoleGone,
}

/// Reads the events in the order of their times.
pub(super) fn infer(evidence: &Evidence, events: &[&TrailEvent], profile: &Profile, kin: &[Option<&str>]) -> Told {
    let account = evidence.account.id.as_str();
    let tasks = Tasks::of(&evidence.tasks);
    let mut steps: Vec<(Timestamp, Step, Option<&TrailEvent>)> = Vec::new();
    for event in events {
        let role_steps = event
            .concerns
            .iter()
            .filter(|concern| concern.profile == profile.id && concern.account == account)
            .filter_map(|concern| role_step(concern.kind, event, &tasks));
        steps.extend(role_steps.map(|step| (event.time, step, Some(*event))));
        if let (Some(kind), Some(effect)) = (&profile.store, store_effect(event, account, kin)) {
            steps.extend(store_step(kind, effect, event).map(|step| (event.time, step, Some(*event))));
        }
    }
    for used in evidence.uses.iter().filter(|used| used.profile == profile.id) {
        steps.extend([used.first, used.last].map(|time| (time, Step::RoleSign, None)));
    }
    steps.sort_by_key(|(time, step, event)| (*time, *step, event.map(|event| event.id.as_str())));
    let mut fold = Fold::new(profile);
    for (time, step, event) in steps {
        fold.take(time, step, event);
    }
    fold.told(evidence)
}

/// What an event says about the role's existence.
fn role_step(kind: ConcernKind, event: &TrailEvent, tasks: &Tasks<'_>) -> Option<Step> {
    let allowed = event.outcome == EventOutcome::Allowed;
    let protected = event.error_code.as_deref().is_some_and(|code| code.starts_with("UnmodifiableEntity"));
    match kind {
        ConcernKind::RoleCreation if allowed => Some(Step::RoleCreated),
        ConcernKind::RoleDeletion if allowed => Some(match tasks.of_event(event).map(|task| task.status) {
            Some(TaskStatus::Succeeded) => Step::RoleGone,
            Some(status) if status.is_failure() => Step::RoleSign,
            _ => Step::RoleDeletionAccepted,
        }),
        ConcernKind::RoleTampering if allowed && event.name == "DeleteRole" => Some(Step::RoleGone),
        // Only a role that is there can be refused as protected.
        ConcernKind::RoleTampering if allowed || protected => Some(Step::RoleSign),
        ConcernKind::Assumption | ConcernKind::RoleEdit if allowed => Some(Step::RoleSign),
        ConcernKind::SessionActivity if event.role.is_some() => Some(Step::RoleSign),
        _ => None,
    }
}

/// Deletion tasks by their ids and by the events that submitted them.
pub(in crate::rules) struct Tasks<'a> {
    by_id: BTreeMap<&'a str, &'a DeletionTask>,
    by_event: BTreeMap<&'a str, &'a DeletionTask>,
}

impl<'a> Tasks<'a> {
    pub(in crate::rules) fn of(tasks: impl IntoIterator<Item = &'a DeletionTask>) -> Self {
        let (mut by_id, mut by_event) = (BTreeMap::new(), BTreeMap::new());
        for task in tasks {
            by_id.entry(task.id.as_str()).or_insert(task);
            if let Some(event) = &task.event_id {
                by_event.entry(event.as_str()).or_insert(task);
            }
        }
        Self { by_id, by_event }
    }

    /// The task that `event` submitted, where it is known.
    pub(in crate::rules) fn of_event(&self, event: &TrailEvent) -> Option<&'a DeletionTask> {
        let by_id = || self.by_id.get(event.deletion_task.as_deref()?);
        self.by_event.get(event.id.as_str()).or_else(by_id).copied()
    }
}

/// What an event says about a store's existence. A refusal for want of rights says nothing; any other refusal but
/// "not found" proves that the store is there.
fn store_step(kind: &StoreKind, effect: StoreEffect, event: &TrailEvent) -> Option<Step> {
    event.store.as_ref()?;
    match (event.outcome, effect) {
        (EventOutcome::Allowed, StoreEffect::Deleted) => Some(Step::StoreGone),
        (EventOutcome::Allowed, _) => Some(Step::StoreThere),
        _ if is_gone_error(kind, event) => Some(Step::StoreGone),
        (EventOutcome::Denied, _) | (EventOutcome::Failed, StoreEffect::Created) => None,
        (EventOutcome::Failed, _) => Some(Step::StoreThere),
    }
}

/// Whether the provider answered that the store is not there. Each call of a kind may list the codes; a code that one
/// lists means the same in all of them. Some begin with `Forbidden` and still say nothing about rights.
pub(in crate::rules) fn is_gone_error(kind: &StoreKind, event: &TrailEvent) -> bool {
    let Some(code) = event.error_code.as_deref() else { return false };
    kind.calls.iter().any(|call| call.gone_errors.iter().any(|gone| gone == code))
}

struct Fold<'a> {
    profile: &'a Profile,
    present: bool,
    known: bool,
    created: Option<Timestamp>,
    last_sign: Option<Timestamp>,
    gone_at: Option<Timestamp>,
    role: Option<String>,
    role_ids: BTreeSet<String>,
    stores: BTreeMap<(String, String), LiveStore>,
    /// Region of the first event of each store of Alibaba Cloud.
    homes: BTreeMap<String, String>,
    deletions: BTreeMap<String, Vec<Timestamp>>,
    last_store_gone: Option<Timestamp>,
}

impl<'a> Fold<'a> {
    fn new(profile: &'a Profile) -> Self {
        Self {
            profile,
            present: false,
            known: false,
            created: None,
            last_sign: None,
            gone_at: None,
            role: None,
            role_ids: BTreeSet::new(),
            stores: BTreeMap::new(),
            homes: BTreeMap::new(),
            deletions: BTreeMap::new(),
            last_store_gone: None,
        }
    }

    fn take(&mut self, time: Timestamp, step: Step, event: Option<&TrailEvent>) {
        match step {
            Step::StoreThere => self.store_there(event),
            Step::StoreGone => self.store_gone(time, event),
            Step::RoleCreated => {
                self.created = Some(time);
                self.sign(time, event);
            }
            Step::RoleSign => self.sign(time, event),
            Step::RoleDeletionAccepted => {
                // A deletion with stores left cannot succeed, and so proves no absence.
                if self.stores.values().any(|store| store.need != StoreNeed::NotNeeded) {
                    self.sign(time, event);
                } else {
                    self.role_gone(time);
                }
            }
            Step::RoleGone => self.role_gone(time),
        }
    }

    fn sign(&mut self, time: Timestamp, event: Option<&TrailEvent>) {
        (self.present, self.known, self.gone_at) = (true, true, None);
        self.last_sign = self.last_sign.max(Some(time));
        if let Some(event) = event.filter(|event| event.role.is_some()) {
            self.role.clone_from(&event.role);
            self.role_ids.extend(event.role_id.clone());
        }
    }

    fn role_gone(&mut self, time: Timestamp) {
        (self.present, self.known, self.gone_at) = (false, true, Some(time));
    }

    fn store_there(&mut self, event: Option<&TrailEvent>) {
        let (Some(event), Some(kind)) = (event, &self.profile.store) else { return };
        let Some(key) = self.key(event) else { return };
        let made = event.outcome == EventOutcome::Allowed
            && kind.calls.iter().any(|call| call.effect == StoreEffect::Created && call.name == event.name);
        let told = event.store_type.as_deref();
        // Only a creation that names no type makes the type the default one; any other call says nothing about it.
        let need = if made || told.is_some() { kind.need(told) } else { StoreNeed::Unknown };
        let store = self.stores.entry(key).or_insert_with_key(|(region, id)| LiveStore {
            id: id.clone(),
            region: region.clone(),
            need,
            created: made.then_some(event.time),
            released_at: None,
        });
        if made || told.is_some() {
            store.need = need;
        }
    }

    fn store_gone(&mut self, time: Timestamp, event: Option<&TrailEvent>) {
        let Some(event) = event else { return };
        let Some(key) = self.key(event) else { return };
        let deleted = event.outcome == EventOutcome::Allowed;
        if deleted {
            self.deletions.entry(key.1.clone()).or_default().push(time);
        }
        let needed = match self.stores.remove(&key) {
            Some(store) => store.need != StoreNeed::NotNeeded,
            // A deletion proves that there was a store; "not found" does not.
            None => deleted,
        };
        if needed {
            self.last_store_gone = self.last_store_gone.max(Some(time));
        }
    }

    /// The store that an event is about. An id of Alibaba Cloud names one store in all Regions, and its billing service
    /// records a release in a Region of its own; on AWS the same multi-Region key id stands in several Regions.
    fn key(&mut self, event: &TrailEvent) -> Option<(String, String)> {
        let id = event.store.clone()?;
        let region = event.region.clone().unwrap_or_default();
        let home = match event.provider {
            Provider::Aws => region,
            Provider::Alibaba => self.homes.entry(id.clone()).or_insert(region).clone(),
        };
        Some((home, id))
    }

    fn told(mut self, evidence: &Evidence) -> Told {
        for used in evidence.uses.iter().filter(|used| used.profile == self.profile.id) {
            self.role_ids.extend(used.role_id.clone());
            if self.role.is_none() {
                self.role.clone_from(&used.role);
            }
        }
        let presence = match (self.known, self.present) {
            (false, _) => RolePresence::Unknown,
            (true, true) => RolePresence::Present,
            (true, false) => RolePresence::Absent,
        };
        Told {
            presence,
            created: self.created,
            last_sign: self.last_sign,
            gone_at: self.gone_at,
            role: self.role,
            role_ids: self.role_ids,
            stores: self.stores.into_values().collect(),
            deletions: self.deletions,
            last_store_gone: self.last_store_gone,
        }
    }
}
