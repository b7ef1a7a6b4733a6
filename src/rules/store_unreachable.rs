//! Store unreachable.
//!
//! # What it finds
//! A store whose state is failed or error, with the provider's code explained. A store that is disconnected is reported
//! for information, with who disconnected it where the trail shows that.
//!
//! # Why it matters
//! No key in the store can be used: nothing can be encrypted or decrypted with them until it is connected again.
//!
//! # When it stays silent
//! - The store is connected, or on its way.
//! - It has ended (see store-expiring).
//! - Its Region did not answer, or there is no inventory: unknown. A failed call in the trail is not enough, because
//!   connecting is asynchronous.
//!
//! # What to do
//! Remove the cause that the finding explains, disconnect the store and connect it again.

use std::sync::LazyLock;

use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{
    Basis, EventOutcome, Finding, KeyStore, Severity, StoreEffect, StoreSpan, StoreState, TrailEvent,
};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("store-unreachable", Severity::High, include_str!("store_unreachable.rs")));

/// The providers' error codes in plain words (AWS KMS API reference, `CustomKeyStoresListEntry`; Alibaba Cloud KMS tells
/// only the status `Error`).
const CODES: [(&str, &str); 18] = [
    ("INVALID_CREDENTIALS", "the password of the kmsuser crypto user, or the proxy's credential, is wrong"),
    ("CLUSTER_NOT_FOUND", "its HSM cluster does not exist"),
    ("NETWORK_ERRORS", "the network between KMS and the key store fails"),
    ("INTERNAL_ERROR", "KMS failed"),
    ("INSUFFICIENT_CLOUDHSM_HSMS", "its HSM cluster has no active HSM"),
    ("USER_LOCKED_OUT", "the kmsuser crypto user is locked after too many wrong passwords"),
    ("USER_NOT_FOUND", "its HSM cluster has no kmsuser crypto user"),
    ("USER_LOGGED_IN", "somebody is logged in to the HSM cluster as kmsuser"),
    ("SUBNET_NOT_FOUND", "a subnet of its HSM cluster was deleted"),
    ("INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET", "a subnet of its HSM cluster has no free address"),
    ("XKS_PROXY_ACCESS_DENIED", "the external key store proxy refuses KMS"),
    ("XKS_PROXY_NOT_REACHABLE", "the external key store proxy cannot be reached"),
    ("XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND", "the VPC endpoint service of the proxy does not exist"),
    ("XKS_PROXY_INVALID_RESPONSE", "the external key store proxy answers what KMS cannot read"),
    ("XKS_PROXY_INVALID_CONFIGURATION", "the configuration of the external key store proxy is wrong"),
    ("XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION", "the VPC endpoint service of the proxy is configured wrongly"),
    ("XKS_PROXY_TIMED_OUT", "the external key store proxy does not answer in time"),
    ("XKS_PROXY_INVALID_TLS_CONFIGURATION", "the TLS configuration or certificate of the proxy is wrong"),
];

/// The rule.
pub(super) struct StoreUnreachable;

impl Rule for StoreUnreachable {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        if !case.speaks_for_stores() {
            return Ruling::silent();
        }
        if case.standing.basis == Basis::Inferred {
            return Ruling::undecided("there is no inventory, and no event tells whether a store is connected");
        }
        let findings = case.current_stores().into_iter().filter_map(|span| match span.store.state {
            StoreState::Failed => Some(failed(case, span)),
            StoreState::Disconnected => Some(disconnected(case, span)),
            _ => None,
        });
        Ruling {
            findings: findings.collect(),
            undecided: (!case.standing.regions.is_complete()).then(|| case.standing.what_is_missing()),
            ..Ruling::default()
        }
    }
}

fn failed(case: &Case<'_>, span: &StoreSpan) -> Finding {
    let store = &span.store;
    let why = match store.error_code.as_deref() {
        Some(code) => {
            let known = CODES.iter().find(|(known, _)| *known == code);
            known.map_or_else(|| code.to_owned(), |(_, words)| format!("{words} ({code})"))
        }
        None => "the provider tells no reason".to_owned(),
    };
    let summary = format!("{} is unreachable: {why}.", name_of(case, store));
    draft(case, span, Severity::High, summary).fix(
        "Remove the cause, disconnect the store, and connect it again; then check its state.",
        "the store is connected again, or it is deleted",
    )
}

fn disconnected(case: &Case<'_>, span: &StoreSpan) -> Finding {
    let name = name_of(case, &span.store);
    let last = last_change(case, &span.store);
    let by = last.filter(|(_, effect)| *effect == StoreEffect::Disconnected).map(|(event, _)| event);
    let summary = match by {
        Some(event) => {
            let who = super::case::name_of(event.actor.label());
            format!("{name} is disconnected: {who} disconnected it at {:.0}.", event.time)
        }
        None => format!("{name} is disconnected, and nobody was seen to disconnect it."),
    };
    draft(case, span, Severity::Info, summary).events(by).seen(span.valid_from, span.last_seen).count(1).fix(
        "Connect the store if its keys are needed; delete it if not.",
        "the store is connected, or it is deleted",
    )
}

/// The newest call that connected or disconnected the store.
fn last_change<'a>(case: &Case<'a>, store: &KeyStore) -> Option<(&'a TrailEvent, StoreEffect)> {
    case.store_events()
        .filter(|(event, effect)| {
            matches!(effect, StoreEffect::Connected | StoreEffect::Disconnected)
                && event.outcome == EventOutcome::Allowed
                && event.store.as_deref() == Some(&*store.id)
        })
        .last()
}

fn name_of(case: &Case<'_>, store: &KeyStore) -> String {
    let label = case.profile.store.as_ref().map_or("store", |kind| kind.label.as_str());
    let name = store.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    format!("{label} {}{name} in {}", store.id, store.region)
}

fn draft(case: &Case<'_>, span: &StoreSpan, severity: Severity, summary: String) -> Draft {
    Draft::new(case, &DOC, severity, summary)
        .store(Some(span.store.id.clone()))
        .region(Some(span.store.region.clone()))
        .seen(span.valid_from, span.last_seen)
}

#[cfg(test)]
mod tests {
    use crate::model::{Outcome, Severity, StoreState};
    use crate::rules::tests::{Scene, check, fires, silent, unknown};

    const ID: &str = "store-unreachable";

    fn in_state(state: StoreState, code: Option<&'static str>) -> Scene {
        Scene::aws().role().regions(Outcome::Complete).store_with("cks-1", move |store| {
            store.state = state;
            store.error_code = code.map(str::to_owned);
        })
    }

    #[test]
    fn a_failed_store_is_high_with_its_code_in_plain_words() {
        let found = check(ID, &in_state(StoreState::Failed, Some("USER_LOGGED_IN")), fires(1));
        assert_eq!(found[0].severity, Severity::High);
        assert!(found[0].summary.contains("logged in to the HSM cluster as kmsuser"), "{}", found[0].summary);
        check(ID, &in_state(StoreState::Failed, Some("NEW_CODE")), fires(1));
        check(ID, &in_state(StoreState::Failed, None), fires(1));
    }

    #[test]
    fn a_disconnected_store_is_information_and_says_who_did_it() {
        let scene = in_state(StoreState::Disconnected, None);
        let found = check(ID, &scene, fires(1));
        assert!(found[0].summary.contains("nobody was seen"), "{}", found[0].summary);
        let seen = scene.event("2026-06-01T00:00:00Z", |event| {
            event.store_call("cks-1", crate::model::StoreEffect::Disconnected)
        });
        let found = check(ID, &seen, fires(1));
        assert_eq!((found[0].severity, found[0].events.len()), (Severity::Info, 1));
        assert!(found[0].summary.contains("user/alice"), "{}", found[0].summary);
    }

    #[test]
    fn other_states_are_silent_and_gaps_unknown() {
        for state in [StoreState::Connected, StoreState::Transition, StoreState::Expired, StoreState::Unknown] {
            check(ID, &in_state(state, None), silent());
        }
        check(ID, &in_state(StoreState::Failed, None).region("eu-west-1", Outcome::Denied), unknown());
        check(ID, &Scene::aws().event("2026-06-01T00:00:00Z", |event| event.creates_store("cks-1")), unknown());
    }
}
