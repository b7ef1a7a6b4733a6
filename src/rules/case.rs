//! What a rule gets to see, and the questions that rules ask of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Standing;
use crate::model::{
    ConcernKind, EventOutcome, Evidence, Role, RolePresence, RoleSpan, StoreEffect, StoreSpan, TrailEvent,
};
use crate::profiles::{Profile, RoleArn, RoleMatch};

/// What a rule gets to see: one account, one profile.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// All that is known of the account.
    pub evidence: &'a Evidence,
    /// The events that count, oldest first; corrected ones are left out.
    pub events: &'a [&'a TrailEvent],
    /// The profile.
    pub profile: &'a Profile,
    /// Where the role and its stores stand.
    pub standing: &'a Standing,
    /// The twin role, for profiles that have one.
    pub twin: Option<Twin<'a>>,
}

/// The profile whose role may stand in for another's, and where its role stands.
#[derive(Debug, Clone, Copy)]
pub struct Twin<'a> {
    /// The twin profile.
    pub profile: &'a Profile,
    /// Where its role and the stores stand.
    pub standing: &'a Standing,
}

/// The events of `evidence` in the order of their times. An event that a later record corrected (an addendum
/// `UPDATED_DATA`) does not count.
#[must_use]
pub fn counted_events(evidence: &Evidence) -> Vec<&TrailEvent> {
    let replaced: BTreeSet<(&str, &str)> = evidence
        .events
        .iter()
        .filter_map(|event| Some((event.account.as_str(), event.replaces.as_deref()?)))
        .collect();
    let mut events: Vec<_> = evidence
        .events
        .iter()
        .filter(|event| !replaced.contains(&(event.account.as_str(), event.id.as_str())))
        .collect();
    events.sort_by(|left, right| (left.time, &left.id, &left.account).cmp(&(right.time, &right.id, &right.account)));
    events
}

impl<'a> Case<'a> {
    /// "Now".
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.evidence.as_of
    }

    /// Events that concern the role of this profile in this account, with what they mean and whether they are the
    /// trusted service's ordinary work.
    pub fn role_events(&self) -> impl Iterator<Item = (&'a TrailEvent, ConcernKind, bool)> {
        let (account, profile) = (self.evidence.account.id.as_str(), self.profile.id.as_str());
        self.events.iter().flat_map(move |event| {
            event
                .concerns
                .iter()
                .filter(move |concern| concern.profile == profile && concern.account == account)
                .map(move |concern| (*event, concern.kind, concern.trusted))
        })
    }

    /// The role of an event, where the profile watches many: findings about different roles stay apart then.
    #[must_use]
    pub fn role_apart(&self, event: &'a TrailEvent) -> Option<&'a str> {
        event.role.as_deref().filter(|_| self.profile.role == RoleMatch::ServiceLinked)
    }

    /// How people call the role: by its own name where the profile watches many.
    #[must_use]
    pub fn name_of_role(&self, apart: Option<&'a str>) -> &'a str {
        apart.map_or(self.profile.role_name(), |arn| arn.rsplit('/').next().unwrap_or(arn))
    }

    /// Events in the life of the stores that this profile's role serves.
    pub fn store_events(&self) -> impl Iterator<Item = (&'a TrailEvent, StoreEffect)> {
        let account = self.evidence.account.id.as_str();
        let kin = [Some(self.profile.id.as_str()), self.twin.map(|twin| twin.profile.id.as_str())];
        self.events.iter().filter_map(move |event| store_effect(event, account, &kin).map(|effect| (*event, effect)))
    }

    /// The roles of the profile as inventory last saw them, oldest state first.
    #[must_use]
    pub fn current_roles(&self) -> Vec<(&'a RoleSpan, &'a Role)> {
        let mut roles: Vec<_> =
            self.current_spans().filter_map(|span| span.role.as_ref().map(|role| (span, role))).collect();
        roles.sort_by_key(|(span, role)| (span.valid_from, &role.arn));
        roles
    }

    /// Observations that the role is not there, which hold now.
    pub fn current_absences(&self) -> impl Iterator<Item = &'a RoleSpan> {
        self.current_spans().filter(|span| span.role.is_none())
    }

    fn current_spans(&self) -> impl Iterator<Item = &'a RoleSpan> {
        let profile = self.profile.id.as_str();
        self.evidence.roles.iter().filter(move |span| span.profile == profile && span.valid_to.is_none())
    }

    /// The stores that the role serves, where their Regions answered, in the order of Region and id.
    #[must_use]
    pub fn current_stores(&self) -> Vec<&'a StoreSpan> {
        let kind = self.profile.store.as_ref().map(|store| store.kind.as_str());
        let mut stores: Vec<_> = self
            .evidence
            .stores
            .iter()
            .filter(|span| span.valid_to.is_none() && Some(span.store.kind.as_str()) == kind)
            .filter(|span| self.standing.regions.answered.contains(&span.store.region))
            .collect();
        stores
            .sort_by(|left, right| (&left.store.region, &left.store.id).cmp(&(&right.store.region, &right.store.id)));
        stores
    }

    /// Whether findings about the stores belong to this profile. Twin roles serve the same stores; a finding about a
    /// store is then that of the profile whose role is there, else the primary profile's, so that one trouble is one
    /// finding.
    #[must_use]
    pub fn speaks_for_stores(&self) -> bool {
        // A role that an incomplete collection could not ask for counts as it was last seen: what could not be read
        // must not hand a finding on to the twin.
        let is_there = |standing: &Standing| match standing.presence {
            RolePresence::Present => true,
            RolePresence::Absent => false,
            RolePresence::Unknown => standing.last_seen.is_some(),
        };
        let rank = |profile: &'a Profile, standing| (!is_there(standing), !profile.primary, profile.id.as_str());
        let own = rank(self.profile, self.standing);
        self.profile.store.is_some() && self.twin.is_none_or(|twin| own < rank(twin.profile, twin.standing))
    }

    /// Whether the service that may use the role made the call: AWS names it in `invokedBy`, Alibaba Cloud in the
    /// source address.
    #[must_use]
    pub fn invoked_by_service(&self, event: &TrailEvent) -> bool {
        let path = event.role.as_deref().and_then(|arn| RoleArn::parse(event.provider, arn)).and_then(|arn| arn.path);
        let invoked_by = event.actor.invoked_by.as_deref();
        let from_service =
            event.source_ip.as_ref().is_some_and(|source| self.profile.session_sources.contains(source));
        from_service || invoked_by.is_some_and(|principal| self.profile.trusts(principal, path))
    }
}

/// What `event` does to a store of the profiles `kin` in `account`.
pub(super) fn store_effect(event: &TrailEvent, account: &str, kin: &[Option<&str>]) -> Option<StoreEffect> {
    event.concerns.iter().find_map(|concern| match concern.kind {
        ConcernKind::Store(effect) if concern.account == account && kin.contains(&Some(concern.profile.as_str())) => {
            Some(effect)
        }
        _ => None,
    })
}

/// Events by who made them and what came of them.
#[must_use]
pub fn by_actor<'a>(
    events: impl IntoIterator<Item = &'a TrailEvent>,
) -> BTreeMap<(Option<String>, EventOutcome), Vec<&'a TrailEvent>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events {
        groups.entry((event.actor.label().map(str::to_owned), event.outcome)).or_default().push(event);
    }
    groups
}

/// How a summary calls an actor.
#[must_use]
pub fn name_of(actor: Option<&str>) -> &str {
    actor.unwrap_or("somebody whom the record does not name")
}

/// The names of the calls, each once, in order.
#[must_use]
pub fn call_names(events: &[&TrailEvent]) -> String {
    let names: BTreeSet<_> = events.iter().map(|event| event.name.as_str()).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// "1 call", "2 calls".
#[must_use]
pub fn counted(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
