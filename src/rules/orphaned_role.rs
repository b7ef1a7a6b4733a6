//! Orphaned role.
//!
//! # What it finds
//! The role exists, and no store that needs it is left in any Region of the account.
//!
//! # Why it matters
//! An orphaned service-linked role keeps a standing permission to change networks and to read the HSM clusters of the
//! account, for a service that nobody uses there any more. Reviews of unused access skip service-linked roles, so it
//! stays until somebody looks for it.
//!
//! # When it stays silent
//! - A store that needs the role is left. A store whose kind is not known counts as needing it; an external key store
//!   and a software instance do not.
//! - The last store went, or the role was created, less than the grace time ago (default 24 hours).
//! - Alibaba Cloud: an instance that has ended holds the role until the provider releases it, on the 16th day.
//! - Any expected Region did not answer: the verdict is unknown.
//! - There is no inventory, and the trail did not show how the role came to be or was not read whole: the verdict is
//!   unknown.
//!
//! # What to do
//! Make sure that no store was meant to stay, then ask for the role's deletion and read how the task ended. AWS documents
//! no procedure for deleting the role of KMS custom key stores, so the task may fail: the finding then stays as the
//! record of an accepted limitation, best covered by an exception.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::standing::describe;
use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{
    Basis, ConcernKind, EventOutcome, Finding, Provider, RolePresence, Severity, StoreEffect, TrailEvent,
};
use crate::profiles::Deletion;

/// The rule's id; the verdict `orphaned` rests on it.
pub(super) const ID: &str = "orphaned-role";

static DOC: LazyLock<RuleDoc> = LazyLock::new(|| RuleDoc::of(ID, Severity::Medium, include_str!("orphaned_role.rs")));

/// The rule.
pub(super) struct OrphanedRole;

impl Rule for OrphanedRole {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let standing = case.standing;
        if case.profile.store.is_none() {
            return Ruling::silent();
        }
        let mut ruling = Ruling::silent();
        match standing.presence {
            RolePresence::Unknown => return Ruling::undecided(standing.what_is_missing()),
            RolePresence::Absent => {
                ruling.clear(case, &DOC, None, "the role is gone");
                return ruling;
            }
            RolePresence::Present => {}
        }
        if standing.is_needed() {
            ruling.clear(case, &DOC, None, "a store needs the role");
            ruling.recheck_at = standing.needing().filter_map(|store| store.released_at).min();
            return ruling;
        }
        if let Some(missing) = what_prevents(case) {
            return Ruling::undecided(missing);
        }
        let idle_since = idle_since(case);
        let counts_from = idle_since + case.evidence.settings.grace;
        if case.as_of() < counts_from {
            ruling.recheck(counts_from);
        } else {
            ruling.findings.push(finding(case, idle_since));
        }
        ruling
    }
}

/// Why the absence of stores is not proven, if it is not.
fn what_prevents(case: &Case<'_>) -> Option<String> {
    let standing = case.standing;
    match standing.basis {
        Basis::Observed => (!standing.regions.is_complete()).then(|| standing.what_is_missing()),
        Basis::Inferred if standing.created.is_none() => {
            Some("the trail did not show the role's creation, so stores older than the trail may exist".to_owned())
        }
        Basis::Inferred => standing.trail.gaps().next().map(describe),
    }
}

/// Since when nothing needs the role: the last store's end or the role's creation, whichever came later.
fn idle_since(case: &Case<'_>) -> Timestamp {
    case.standing.last_store_gone.max(case.standing.created).unwrap_or(case.as_of())
}

fn finding(case: &Case<'_>, idle_since: Timestamp) -> Finding {
    let (standing, profile) = (case.standing, case.profile);
    let label = profile.store.as_ref().map_or("store", |store| store.label.as_str());
    let since = match standing.last_store_gone {
        Some(gone) if Some(gone) >= standing.created => format!("the last {label} went at {gone:.0}"),
        _ => format!("no {label} has needed it since its creation at {idle_since:.0}"),
    };
    let place = match standing.basis {
        Basis::Observed => format!("in any of {} Regions", standing.regions.expected),
        Basis::Inferred => "by the trail alone".to_owned(),
    };
    let summary = format!("Role {} exists and nothing needs it {place}: {since}.", profile.role_name());
    let last_seen = standing.last_seen.max(inferred_until(case)).unwrap_or(idle_since);
    let draft = Draft::new(case, &DOC, severity(case), summary)
        .basis(standing.basis)
        .events(evidence_events(case))
        .seen(idle_since, last_seen)
        .count(1);
    let clears = "the role is deleted, or a store that needs it is created";
    let note = &profile.deletion_note;
    match profile.deletion {
        Deletion::Impossible => draft.fix_by_provider(format!("{note} Cover the finding with an exception."), clears),
        Deletion::Documented | Deletion::Undocumented => draft.fix(how(case), clears),
    }
}

/// AWS documents no deletion of the mission's role, and a role that cannot be deleted at all is nobody's to tidy up.
fn severity(case: &Case<'_>) -> Severity {
    match (case.profile.provider, case.profile.deletion) {
        (_, Deletion::Impossible) => Severity::Info,
        (Provider::Aws, _) => Severity::Low,
        (Provider::Alibaba, _) => Severity::Medium,
    }
}

/// How far the trail reaches, where the finding rests on it.
fn inferred_until(case: &Case<'_>) -> Option<Timestamp> {
    (case.standing.basis == Basis::Inferred).then(|| case.standing.trail.until()).flatten()
}

/// The creation of the role and the deletions of its stores, as far as the trail has them.
fn evidence_events<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a TrailEvent> {
    let created = case
        .role_events()
        .filter(|(event, kind, _)| *kind == ConcernKind::RoleCreation && event.outcome == EventOutcome::Allowed)
        .map(|(event, ..)| event);
    let deleted = case
        .store_events()
        .filter(|(event, effect)| *effect == StoreEffect::Deleted && event.outcome == EventOutcome::Allowed)
        .map(|(event, _)| event);
    created.chain(deleted)
}

fn how(case: &Case<'_>) -> String {
    let (role, note) = (case.profile.role_name(), &case.profile.deletion_note);
    let call = match case.profile.provider {
        Provider::Aws => format!(
            "`aws iam delete-service-linked-role --role-name {role}`, then `aws iam \
             get-service-linked-role-deletion-status --deletion-task-id TASK`"
        ),
        Provider::Alibaba => format!(
            "`aliyun resourcemanager DeleteServiceLinkedRole --RoleName {role}`, then `aliyun resourcemanager \
             GetServiceLinkedRoleDeletionStatus --DeletionTaskId TASK`"
        ),
    };
    format!("Make sure that no store was meant to stay. {note} The calls: {call}.")
}

#[cfg(test)]
mod tests {
    use super::ID;
    use crate::model::{Basis, Outcome, Severity, StoreNeed};
    use crate::rules::tests::{EventBuilder, Scene, check, fires, silent, unknown};

    #[test]
    fn a_role_without_any_store_is_an_orphan_once_the_grace_time_is_over() {
        let found = check(ID, &Scene::aws().role().regions(Outcome::Complete), fires(1));
        assert_eq!((found[0].severity, found[0].basis), (Severity::Low, Basis::Observed));
        assert!(found[0].fix.how.contains("no procedure"));
        let found = check(ID, &Scene::alibaba().role().regions(Outcome::Complete), fires(1));
        assert_eq!(found[0].severity, Severity::Medium);
        let fresh = Scene::aws().role().regions(Outcome::Complete).now("2026-01-01T12:00:00Z");
        assert_eq!(check(ID, &fresh, silent()), []);
        assert_eq!(fresh.recheck(ID), Some("2026-01-02T00:00:00Z".parse().expect("a time")));
    }

    #[test]
    fn stores_that_may_need_the_role_keep_it_and_others_do_not() {
        let base = || Scene::aws().role().regions(Outcome::Complete);
        check(ID, &base().store("cks-1", StoreNeed::Needed), silent());
        check(ID, &base().store("cks-1", StoreNeed::Unknown), silent());
        check(ID, &base().store("cks-1", StoreNeed::NotNeeded), fires(1));
    }

    #[test]
    fn the_grace_time_runs_from_the_deletion_of_the_last_store() {
        let base = || Scene::aws().role().regions(Outcome::Complete);
        let gone = |at: &str| base().store_until("cks-1", at);
        check(ID, &gone("2026-06-01T00:00:00Z"), fires(1));
        check(ID, &gone("2026-06-30T12:00:00Z"), silent());
    }

    #[test]
    fn the_trail_tells_the_exact_time_of_a_deletion() {
        let scene = Scene::aws()
            .role()
            .regions(Outcome::Complete)
            .store_until("cks-1", "2026-06-30T12:00:00Z")
            .event("2026-06-20T00:00:00Z", |event| event.deletes_store("cks-1"));
        let found = check(ID, &scene, fires(1));
        assert!(found[0].summary.contains("2026-06-20T00:00:00Z"), "{}", found[0].summary);
    }

    #[test]
    fn an_instance_that_ended_holds_the_role_until_it_is_released() {
        let base = |end: &str| Scene::alibaba().role().regions(Outcome::Complete).ending_store("kst-1", end);
        check(ID, &base("2026-06-20T00:00:00Z"), silent());
        check(ID, &base("2026-06-01T00:00:00Z"), silent());
        check(ID, &base("2026-06-01T00:00:00Z").unseen("kst-1", "2026-06-21T00:00:00Z"), fires(1));
        check(ID, &base("2026-06-20T00:00:00Z").unseen("kst-1", "2026-06-21T00:00:00Z"), silent());
    }

    #[test]
    fn a_region_that_did_not_answer_leaves_it_unknown() {
        let scene = Scene::aws().role().region("eu-west-1", Outcome::Complete).region("us-east-1", Outcome::Denied);
        check(ID, &scene, unknown());
        check(ID, &Scene::aws().role(), unknown());
        check(ID, &Scene::aws().role_answer(Outcome::Throttled).regions(Outcome::Complete), unknown());
    }

    #[test]
    fn the_trail_alone_shows_an_orphan_only_where_it_saw_the_role_created() {
        let orphan = Scene::aws()
            .event("2026-06-01T00:00:00Z", EventBuilder::creates_role)
            .event("2026-06-01T00:00:00Z", |event| event.creates_store("cks-1"))
            .event("2026-06-02T00:00:00Z", |event| event.deletes_store("cks-1"));
        let found = check(ID, &orphan, fires(1));
        assert_eq!((found[0].basis, found[0].events.len()), (Basis::Inferred, 2));
        let kept = orphan.clone().event("2026-06-03T00:00:00Z", |event| event.creates_store("cks-2"));
        check(ID, &kept, silent());
        check(ID, &orphan.trail_gap(), unknown());
        check(ID, &Scene::aws().used("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"), unknown());
        check(ID, &Scene::aws(), unknown());
    }
}
