//! Failed store deletion.
//!
//! # What it finds
//! A call that should delete or release a store was refused or failed.
//!
//! # Why it matters
//! The store keeps its HSM cluster and its keys in use and in the bill, and it holds the service-linked role, whose
//! deletion then fails too.
//!
//! # When it stays silent
//! - A later call deleted the same store, or inventory no longer shows it.
//! - The refusal says that there is no such store: it was gone already.
//!
//! # What to do
//! Remove the cause that the finding explains and delete the store again.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;

use super::case::{by_actor, counted, name_of};
use super::standing::is_gone_error;
use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{Basis, EventOutcome, Finding, Provider, Severity, StoreEffect, TrailEvent};

static DOC: LazyLock<RuleDoc> = LazyLock::new(|| {
    RuleDoc::of("failed-store-deletion", Severity::Medium, include_str!("failed_store_deletion.rs"))
});

/// What the providers' codes mean for somebody who wants the store gone (AWS KMS API reference, `DeleteCustomKeyStore`;
/// Alibaba Cloud KMS API reference, `ReleaseKmsInstance`; AWS `CloudHSM` API reference,
/// `DeleteCluster`).
const REASONS: [(&str, &str, &str); 7] = [
    (
        "CustomKeyStoreHasCMKsException",
        "it still has KMS keys",
        "Schedule the deletion of its KMS keys, wait until they are gone, and delete the store again.",
    ),
    (
        "CustomKeyStoreInvalidStateException",
        "it is in the wrong state, as a rule still connected",
        "Disconnect it (`aws kms disconnect-custom-key-store`), wait for DISCONNECTED, and delete it again.",
    ),
    ("KMSInternalException", "KMS failed", "Try again; if it goes on, ask the provider's support."),
    (
        "CloudHsmInvalidRequestException",
        "the cluster still has HSMs or a store uses it",
        "Delete the store and the cluster's HSMs first, then the cluster again.",
    ),
    (
        "Rejected.UnsupportedOperation",
        "the instance cannot be released by this call: keys are left, or it is a subscription",
        "Delete its keys and secrets; a subscription is ended by unsubscribing in the billing console.",
    ),
    ("Forbidden.NoBackup", "the instance has no backup", "Make a backup of the instance and release it again."),
    ("InvalidParameter", "a parameter of the call is wrong", "Correct the call and send it again."),
];

/// The rule.
pub(super) struct FailedStoreDeletion;

impl Rule for FailedStoreDeletion {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let mut ruling = Ruling::silent();
        if !case.speaks_for_stores() {
            return ruling;
        }
        for ((region, store), events) in by_store(case) {
            let (failed, deleted_at) = failures(case, &events);
            if failed.is_empty() {
                let failed_before = events.iter().any(|event| event.outcome != EventOutcome::Allowed);
                if let (Some(store), Some(at), true) = (store, deleted_at, failed_before) {
                    ruling.clear(
                        case,
                        &DOC,
                        Some(store),
                        format!("a later call at {at:.0} deleted the store or found it gone"),
                    );
                }
                continue;
            }
            if let Some(gone_at) = store.and_then(|store| gone_since(case, region, store, &failed)) {
                ruling.clear(case, &DOC, store, format!("the store was no longer there at {gone_at:.0}"));
                continue;
            }
            for ((actor, outcome), events) in by_actor(failed) {
                ruling.findings.push(finding(case, store, actor, outcome, &events));
            }
        }
        ruling
    }
}

/// Calls that should delete a store, by Region and store.
fn by_store<'a>(case: &Case<'a>) -> BTreeMap<(Option<&'a str>, Option<&'a str>), Vec<&'a TrailEvent>> {
    let mut stores: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (event, effect) in case.store_events() {
        if effect == StoreEffect::Deleted {
            // Alibaba Cloud's billing service records a release in a Region of its own, and the id alone tells the store.
            let region = event.region.as_deref().filter(|_| event.provider == Provider::Aws);
            stores.entry((region, event.store.as_deref())).or_default().push(event);
        }
    }
    stores
}

/// The failures after the last success, and the time of that success. `events` are of one store, oldest first.
fn failures<'a>(case: &Case<'_>, events: &[&'a TrailEvent]) -> (Vec<&'a TrailEvent>, Option<Timestamp>) {
    let is_over = |event: &TrailEvent| {
        let gone = case.profile.store.as_ref().is_some_and(|kind| is_gone_error(kind, event));
        event.outcome == EventOutcome::Allowed || gone
    };
    let last_over = events.iter().rposition(|event| is_over(event));
    let failed = events.iter().skip(last_over.map_or(0, |at| at + 1)).copied().collect();
    (failed, last_over.map(|at| events[at].time))
}

/// When inventory saw that the store is gone, where it did after the last failure.
fn gone_since(case: &Case<'_>, region: Option<&str>, store: &str, failed: &[&TrailEvent]) -> Option<Timestamp> {
    if case.standing.basis == Basis::Inferred {
        return None;
    }
    let spans = || {
        let of_store = case.evidence.stores.iter().filter(move |span| span.store.id == store);
        of_store.filter(move |span| region.is_none_or(|region| region == span.store.region))
    };
    let gone_at = spans().map(|span| span.valid_to).collect::<Option<Vec<_>>>()?.into_iter().max()?;
    failed.last().is_some_and(|event| event.time <= gone_at).then_some(gone_at)
}

fn finding(
    case: &Case<'_>,
    store: Option<&str>,
    actor: Option<String>,
    outcome: EventOutcome,
    events: &[&TrailEvent],
) -> Finding {
    let newest = events.last();
    let code = newest.and_then(|event| event.error_code.as_deref()).unwrap_or("no error code");
    let known = REASONS.iter().find(|(known, ..)| *known == code);
    let (why, how) = match (known, outcome) {
        (Some((_, why, how)), _) => (*why, *how),
        (None, EventOutcome::Denied) => (
            "the caller has not the right",
            "Let a principal that may delete stores do it, or ask the caller why it was tried.",
        ),
        (None, _) => ("the provider refused", "Read the error code, remove its cause, and delete the store again."),
    };
    let label = case.profile.store.as_ref().map_or("store", |kind| kind.label.as_str());
    let region = newest.and_then(|event| event.region.clone());
    let place = region.as_ref().map_or_else(String::new, |region| format!(" in {region}"));
    let summary = format!(
        "{} could not delete {label} {}{place} ({}): {why} ({code}).",
        name_of(actor.as_deref()),
        store.unwrap_or("of unknown id"),
        counted(events.len(), "time")
    );
    Draft::new(case, &DOC, Severity::Medium, summary)
        .store(store.map(str::to_owned))
        .region(region)
        .actor(actor)
        .outcome(outcome)
        .events(events.iter().copied())
        .fix(how, "the same store is deleted by a later call, or inventory no longer shows it")
}

#[cfg(test)]
mod tests {
    use crate::model::{EventOutcome, Outcome, StoreNeed};
    use crate::rules::tests::{Scene, check, fires, silent};

    const ID: &str = "failed-store-deletion";
    const DAY: &str = "2026-06-01T00:00:00Z";
    const LATER: &str = "2026-06-02T00:00:00Z";

    fn failing(code: &'static str) -> Scene {
        Scene::aws().event(DAY, move |event| event.deletes_store("cks-1").failed(code))
    }

    #[test]
    fn each_store_actor_and_outcome_is_one_finding_with_the_reason_in_plain_words() {
        let scene = failing("CustomKeyStoreHasCMKsException")
            .event(LATER, |event| event.deletes_store("cks-1").failed("CustomKeyStoreHasCMKsException"))
            .event(LATER, |event| event.deletes_store("cks-1").refused("AccessDeniedException"))
            .event(LATER, |event| event.deletes_store("cks-2").failed("Strange"));
        let found = check(ID, &scene, fires(3));
        let first = found.iter().find(|finding| finding.count == 2).expect("two failures are one finding");
        assert_eq!((first.store.as_deref(), first.outcome), (Some("cks-1"), Some(EventOutcome::Failed)));
        assert!(first.summary.contains("still has KMS keys"), "{}", first.summary);
    }

    #[test]
    fn a_later_success_clears_it_and_a_later_failure_counts_again() {
        let deleted = failing("KMSInternalException").event(LATER, |event| event.deletes_store("cks-1"));
        check(ID, &deleted, silent());
        assert_eq!(deleted.cleared(ID), ["a later call at 2026-06-02T00:00:00Z deleted the store or found it gone"]);
        let again = deleted
            .event("2026-06-03T00:00:00Z", |event| event.deletes_store("cks-1").failed("KMSInternalException"));
        check(ID, &again, fires(1));
    }

    #[test]
    fn a_store_that_is_gone_is_no_failure() {
        check(ID, &failing("CustomKeyStoreNotFoundException"), silent());
        let forbidden = Scene::alibaba()
            .event(DAY, |event| event.deletes_store("kst-1").refused("Forbidden.DKMSInstanceNotFound"));
        check(ID, &forbidden, silent());
        let observed = |scene: Scene| scene.role().regions(Outcome::Complete);
        check(ID, &observed(failing("KMSInternalException").store_until("cks-1", LATER)), silent());
        check(ID, &observed(failing("KMSInternalException").store("cks-1", StoreNeed::Needed)), fires(1));
    }

    #[test]
    fn twin_roles_share_one_finding() {
        let scene = Scene::alibaba().event(DAY, |event| event.deletes_store("kst-1").failed("Forbidden.NoBackup"));
        check(ID, &scene, fires(1));
    }

    #[test]
    fn the_finding_is_that_of_the_twin_whose_role_is_there() {
        let failed =
            |scene: Scene| scene.event(DAY, |event| event.deletes_store("kst-1").failed("Forbidden.NoBackup"));
        let owners = |scene: Scene| {
            let findings = failed(scene).judgement().findings;
            let own = findings.into_iter().filter(|finding| finding.rule == ID).filter_map(|finding| finding.profile);
            own.collect::<Vec<_>>()
        };
        let (primary, twin) = (["alibaba-kms-key-store"], ["alibaba-kms-custom-key-store"]);
        let scene = || Scene::alibaba().regions(Outcome::Complete);
        assert_eq!(owners(scene().role().no_twin_role()), primary);
        assert_eq!(owners(scene().no_role().twin_role()), twin);
        assert_eq!(owners(scene().role().twin_role()), primary);
        assert_eq!(owners(scene().no_role().no_twin_role()), primary);
        assert_eq!(owners(scene().no_role().twin_role().account(Outcome::Denied)), twin, "as it was last seen");
    }
}
