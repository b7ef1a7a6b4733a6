//! What inventory shows of a role and its stores.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::trail::Told;
use super::{LiveStore, Standing, coverage};
use crate::model::{Basis, Evidence, Outcome, RolePresence, StoreNeed, StoreSpan};
use crate::profiles::{Profile, StoreKind};

/// Replaces what was inferred by what was observed.
pub(super) fn apply(standing: &mut Standing, evidence: &Evidence, profile: &Profile, told: &Told) {
    standing.basis = Basis::Observed;
    apply_role(standing, evidence, profile);
    if let Some(kind) = &profile.store {
        apply_stores(standing, evidence, kind, told);
    }
}

fn apply_role(standing: &mut Standing, evidence: &Evidence, profile: &Profile) {
    let current = coverage::current_roles(evidence, profile);
    let known = evidence.roles.iter().filter(|span| span.profile == profile.id).filter_map(|span| span.role.as_ref());
    standing.role_ids.extend(known.map(|role| role.role_id.clone()));
    let newest = current.iter().rev().find_map(|span| span.role.as_ref().map(|role| (*span, role)));
    if let Some((_, role)) = newest {
        standing.role = Some(role.arn.clone());
    }
    standing.presence = match (answer(evidence, profile), newest, current.is_empty()) {
        (Some(Outcome::Complete), Some(_), _) => RolePresence::Present,
        (Some(Outcome::Complete), None, false) | (Some(Outcome::Unsupported), ..) => RolePresence::Absent,
        _ => RolePresence::Unknown,
    };
    standing.created = newest.map(|(span, role)| role.created.unwrap_or(span.valid_from));
    standing.last_seen = newest.map(|(span, _)| span.last_seen);
    standing.gone_at = (standing.presence == RolePresence::Absent)
        .then(|| current.iter().map(|span| span.valid_from).min())
        .flatten();
}

/// How asking for the role ended; nothing where an answer is missing, or older than the last failure to enter the
/// account.
fn answer(evidence: &Evidence, profile: &Profile) -> Option<Outcome> {
    let closed_at = coverage::account_closed_at(evidence);
    let rows = || coverage::role_rows(evidence, profile);
    let decided = rows().all(|span| span.coverage.outcome.proves_absence() && closed_at <= Some(span.checked_at));
    decided.then(|| rows().map(|span| span.coverage.outcome).min()).flatten()
}

fn apply_stores(standing: &mut Standing, evidence: &Evidence, kind: &StoreKind, told: &Told) {
    let mut newest: BTreeMap<(&str, &str), &StoreSpan> = BTreeMap::new();
    for span in evidence.stores.iter().filter(|span| span.store.kind == kind.kind) {
        let last = newest.entry((&span.store.region, &span.store.id)).or_insert(span);
        if (last.valid_from, last.valid_to.is_none()) < (span.valid_from, span.valid_to.is_none()) {
            *last = span;
        }
    }
    for span in newest.values() {
        let (released_at, gone_at) = end_of(span, kind, told);
        let needed = span.store.need != StoreNeed::NotNeeded;
        match gone_at {
            Some(gone_at) if gone_at <= evidence.as_of => {
                if needed {
                    standing.last_store_gone = standing.last_store_gone.max(Some(gone_at));
                }
            }
            _ => standing.stores.push(LiveStore {
                id: span.store.id.clone(),
                region: span.store.region.clone(),
                need: span.store.need,
                created: span.store.created,
                released_at,
            }),
        }
    }
    let known: BTreeSet<&str> = newest.keys().map(|(_, id)| *id).collect();
    let made_since = told.stores.iter().filter(|store| !known.contains(store.id.as_str()));
    let checked_at = |store: &LiveStore| region_checked_at(evidence, kind, &store.region);
    standing.stores.extend(made_since.filter(|store| checked_at(store) < store.created).cloned());
}

/// When a store is released by its provider, and when it went or will have gone.
///
/// The history closes a store when an observation does not find it; a deletion in the trail gives the exact time. What
/// was listed last is there, even past the day on which its provider should have released it. An instance that has
/// ended may vanish from the list and be renewed for all that: it goes on its release, not before.
fn end_of(span: &StoreSpan, kind: &StoreKind, told: &Told) -> (Option<Timestamp>, Option<Timestamp>) {
    let ends = span.store.expires;
    let release = |end: Timestamp| Some(end + SignedDuration::from_hours(24 * kind.release_days?));
    let released_at = ends.and_then(release);
    let Some(unseen_at) = span.valid_to else { return (None, None) };
    let deleted_at = told.deletions.get(&span.store.id).and_then(|times| {
        times.iter().filter(|time| span.store.created <= Some(**time) && **time <= unseen_at).max().copied()
    });
    let ended = ends.is_some_and(|end| end <= unseen_at);
    match (deleted_at, released_at) {
        (Some(deleted_at), _) => (None, Some(deleted_at)),
        (None, Some(released_at)) if ended => (Some(released_at), Some(released_at.max(unseen_at))),
        _ => (None, Some(unseen_at)),
    }
}

/// When the stores of a Region were listed last.
fn region_checked_at(evidence: &Evidence, kind: &StoreKind, region: &str) -> Option<Timestamp> {
    evidence
        .coverage
        .iter()
        .filter(|span| span.coverage.key.api == kind.api && span.coverage.key.region.as_deref() == Some(region))
        .map(|span| span.checked_at)
        .max()
}
