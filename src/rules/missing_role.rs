//! Missing role.
//!
//! # What it finds
//! Stores that need the role exist, and the role does not.
//!
//! # Why it matters
//! Without its role the key service can neither connect the store nor keep watch over its HSM cluster. Keys in the store
//! become unusable with the next disturbance, and the service does not say why.
//!
//! # When it stays silent
//! - Role or stores could not be observed: unknown. The trail alone is not enough.
//! - Alibaba Cloud: one of the twin roles is there; whether the twin is there is not known: unknown.
//! - All that stands are stores of an unknown kind: unknown.
//!
//! # What to do
//! Create the role again by the service-linked-role API, then reconnect the store.

use std::sync::LazyLock;

use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{Basis, Finding, Provider, RolePresence, Severity, StoreNeed};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("missing-role", Severity::High, include_str!("missing_role.rs")));

/// The rule.
pub(super) struct MissingRole;

impl Rule for MissingRole {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let standing = case.standing;
        if case.profile.store.is_none() || !case.speaks_for_stores() {
            return Ruling::silent();
        }
        if standing.basis == Basis::Inferred {
            return Ruling::undecided("there is no inventory");
        }
        match (standing.presence, case.twin.map(|twin| twin.standing.presence)) {
            (RolePresence::Present, _) | (_, Some(RolePresence::Present)) => return Ruling::silent(),
            (RolePresence::Unknown, _) => return Ruling::undecided(standing.what_is_missing()),
            (RolePresence::Absent, _) => {}
        }
        let seen = standing.needing().filter(|store| standing.speaks_of(&store.region));
        let needing: Vec<_> = seen.filter(|store| store.need == StoreNeed::Needed).collect();
        match case.twin.map(|twin| twin.standing) {
            _ if needing.is_empty() && standing.needing().next().is_some() => {
                Ruling::undecided("whether the stores that are there need the role is not known")
            }
            _ if needing.is_empty() && standing.regions.is_complete() => Ruling::silent(),
            _ if needing.is_empty() => Ruling::undecided(standing.what_is_missing()),
            Some(twin) if twin.presence == RolePresence::Unknown => Ruling::undecided(twin.what_is_missing()),
            _ => {
                Ruling::found(finding(case, needing.iter().map(|store| format!("{} in {}", store.id, store.region))))
            }
        }
    }
}

fn finding(case: &Case<'_>, stores: impl Iterator<Item = String>) -> Finding {
    let (profile, standing) = (case.profile, case.standing);
    let role = profile.role_name();
    let stores: Vec<_> = stores.collect();
    let summary = format!("Role {role} does not exist, and these stores need it: {}.", stores.join(", "));
    let principal = profile.trusted_principals.first().map_or("SERVICE", String::as_str);
    let how = match profile.provider {
        Provider::Aws => format!(
            "Create the role: `aws iam create-service-linked-role --aws-service-name {principal}`; then reconnect the \
             stores."
        ),
        Provider::Alibaba => format!(
            "Create the role: `aliyun resourcemanager CreateServiceLinkedRole --ServiceName {principal}`; then check the \
             instances."
        ),
    };
    let observed = case.current_absences().map(|span| (span.valid_from, span.last_seen));
    let (first, last) = observed.max_by_key(|(_, last)| *last).unwrap_or((case.as_of(), case.as_of()));
    Draft::new(case, &DOC, Severity::High, summary)
        .seen(standing.gone_at.unwrap_or(first), last)
        .count(stores.len() as u64)
        .fix(how, "the role is there again, or no store needs it")
}

#[cfg(test)]
mod tests {
    use crate::model::{Outcome, Severity, StoreNeed};
    use crate::rules::tests::{Scene, check, fires, silent, unknown};

    const ID: &str = "missing-role";

    #[test]
    fn a_store_without_the_role_that_it_needs_is_found() {
        let base = || Scene::aws().no_role().store("cks-1", StoreNeed::Needed);
        let found = check(ID, &base().regions(Outcome::Complete), fires(1));
        assert_eq!(found[0].severity, Severity::High);
        assert!(found[0].fix.how.contains("cks.kms.amazonaws.com"));
        let elsewhere = base().regions(Outcome::Complete).region("us-east-1", Outcome::Denied);
        check(ID, &elsewhere, fires(1));
    }

    #[test]
    fn no_store_or_one_that_does_not_need_it_is_fine() {
        check(ID, &Scene::aws().no_role().regions(Outcome::Complete), silent());
        check(ID, &Scene::aws().no_role().regions(Outcome::Complete).store("cks-1", StoreNeed::NotNeeded), silent());
        check(ID, &Scene::aws().role().regions(Outcome::Complete).store("cks-1", StoreNeed::Needed), silent());
    }

    #[test]
    fn what_was_not_observed_is_unknown() {
        let stored = |scene: Scene| scene.store("cks-1", StoreNeed::Needed);
        check(ID, &stored(Scene::aws().no_role()).region("eu-west-1", Outcome::TimedOut), unknown());
        check(ID, &stored(Scene::aws().role_answer(Outcome::Denied).regions(Outcome::Complete)), unknown());
        check(ID, &Scene::aws().no_role().regions(Outcome::Complete).store("cks-1", StoreNeed::Unknown), unknown());
        check(ID, &Scene::aws().event("2026-06-01T00:00:00Z", |event| event.creates_store("cks-1")), unknown());
    }

    #[test]
    fn either_of_the_twin_roles_will_do() {
        let base = || Scene::alibaba().no_role().store("kst-1", StoreNeed::Needed).regions(Outcome::Complete);
        check(ID, &base().twin_role(), silent());
        check(ID, &base().no_twin_role(), fires(1));
        check(ID, &base(), unknown());
    }
}
