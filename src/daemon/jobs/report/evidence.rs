//! What findings rest on, each item with the hash of what the history holds.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::standing::Standing;
use crate::exports::reports::{EvidenceItem, sha256};
use crate::model::{Account, Coverage, CoverageSpan, Evidence, FindingEvent, Provider, api};
use crate::profiles::Profiles;
use crate::store::{StateKind, StateProof, Store, StoreError};

/// Rules whose findings say that something is not there: they rest on complete answers.
const ABSENCE: [&str; 2] = ["orphaned-role", "missing-role"];
/// The rule about deletion tasks.
const TASKS: &str = "failed-role-deletion";
/// The rule about the settings of trails.
const TRAILS: &str = "trail-degraded";

type Key = (Provider, String, &'static str, Timestamp, String);

/// Collects the evidence of findings.
#[derive(Default)]
pub(super) struct Index {
    items: BTreeMap<Key, EvidenceItem>,
}

/// What is known of an account at the end of the period.
pub(super) struct Known<'a> {
    pub(super) account: &'a Account,
    pub(super) evidence: &'a Evidence,
    pub(super) profiles: &'a Profiles,
    pub(super) states: &'a [StateProof],
}

impl Index {
    /// Every item, in order.
    pub(super) fn into_items(self) -> Vec<EvidenceItem> {
        self.items.into_values().collect()
    }

    /// Adds the events of a finding, and the objects that held them.
    pub(super) fn add_events(
        &mut self,
        store: &Store,
        standing: &Standing,
        events: &[FindingEvent],
    ) -> Result<(), StoreError> {
        let finding = &standing.stored.id.0;
        for event in events {
            let Some(proof) = store.event_proof(event)? else { continue };
            let object = proof.object.clone();
            let item = EvidenceItem {
                kind: "event".to_owned(),
                id: event.id.clone(),
                time: event.time,
                provider: proof.account.provider,
                account: proof.account.id.clone(),
                source: proof.object,
                sha256: proof.stored_sha256,
                found_sha256: Some(proof.found_sha256),
                findings: Vec::new(),
            };
            self.add("event", item, finding);
            if let Some((hash, read_at)) = store.object_proof(&object)? {
                let source = object.clone();
                self.add("object", item_of(&proof.account, "object", (&object, read_at), &source, hash), finding);
            }
        }
        Ok(())
    }

    /// Adds the states and coverage rows that a finding rests on.
    pub(super) fn add_states(&mut self, known: &Known<'_>, standing: &Standing) {
        let finding = &standing.stored.finding;
        let id = &standing.stored.id.0;
        let rests_on = |state: &&StateProof| match state.kind {
            StateKind::Role => finding.role.as_ref() == Some(&state.id),
            StateKind::Store => finding.store.as_ref() == Some(&state.id),
            StateKind::Task => finding.rule == TASKS,
            StateKind::Trail => finding.rule == TRAILS,
        };
        for state in known.states.iter().filter(rests_on) {
            let (kind, source) = kind_and_source(known, state.kind, finding.profile.as_deref());
            let item = item_of(known.account, kind, (&state.id, state.since), &source, state.sha256.clone());
            self.add(kind, item, id);
        }
        for span in known.evidence.coverage.iter().filter(|span| answers(known, span, standing)) {
            let row = &span.coverage;
            let place = [Some(&row.key.api), row.key.region.as_ref(), row.key.subject.as_ref()];
            let place = place.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
            let item = item_of(known.account, "coverage", (&place, span.since), &row.key.api, hash_of(row));
            self.add("coverage", item, id);
        }
    }

    fn add(&mut self, kind: &'static str, item: EvidenceItem, finding: &str) {
        let key = (item.provider, item.account.clone(), kind, item.time, item.id.clone());
        let findings = &mut self.items.entry(key).or_insert(item).findings;
        if let Err(place) = findings.binary_search_by(|known| known.as_str().cmp(finding)) {
            findings.insert(place, finding.to_owned());
        }
    }
}

fn item_of(
    account: &Account,
    kind: &str,
    (id, time): (&str, Timestamp),
    source: &str,
    sha256: String,
) -> EvidenceItem {
    EvidenceItem {
        kind: kind.to_owned(),
        id: id.to_owned(),
        time,
        provider: account.provider,
        account: account.id.clone(),
        source: source.to_owned(),
        sha256,
        found_sha256: None,
        findings: Vec::new(),
    }
}

/// The word for a state, and the API that told it.
fn kind_and_source(known: &Known<'_>, kind: StateKind, profile: Option<&str>) -> (&'static str, String) {
    let is_aws = known.account.provider == Provider::Aws;
    let of = |aws: &str, alibaba: &str| if is_aws { aws } else { alibaba }.to_owned();
    match kind {
        StateKind::Role => ("role", of(api::AWS_GET_ROLE, api::ALIBABA_GET_ROLE)),
        StateKind::Task => ("task", of(api::AWS_DELETION_STATUS, api::ALIBABA_DELETION_STATUS)),
        StateKind::Trail => ("trail", of(api::AWS_DESCRIBE_TRAILS, api::ALIBABA_DESCRIBE_TRAILS)),
        StateKind::Store => {
            let store = profile.and_then(|id| known.profiles.get(id)).and_then(|profile| profile.store.as_ref());
            (
                "store",
                store.map_or_else(|| of(api::AWS_KEY_STORES, api::ALIBABA_INSTANCES), |store| store.api.clone()),
            )
        }
    }
}

/// Whether a finding rests on a coverage row: on a gap when it is about collection itself, on every answer about stores
/// and role when it says that something is not there.
fn answers(known: &Known<'_>, span: &CoverageSpan, standing: &Standing) -> bool {
    let finding = &standing.stored.finding;
    let key = &span.coverage.key;
    let Some(profile) = finding.profile.as_deref().and_then(|id| known.profiles.get(id)) else {
        return span.coverage.outcome.is_gap() && key.region == finding.region;
    };
    let stores = profile.store.as_ref().is_some_and(|store| store.api == key.api);
    ABSENCE.contains(&finding.rule.as_str())
        && (stores || [api::AWS_GET_ROLE, api::ALIBABA_GET_ROLE].contains(&key.api.as_str()))
}

/// The hash of a coverage row: provider, account, Region, API, subject, outcome and detail, each on a line.
fn hash_of(row: &Coverage) -> String {
    let empty = String::new();
    let part = |part: &Option<String>| part.as_ref().unwrap_or(&empty).clone();
    let key = &row.key;
    let parts = [
        key.provider.as_str().to_owned(),
        part(&key.account),
        part(&key.region),
        key.api.clone(),
        part(&key.subject),
        row.outcome.as_str().to_owned(),
        row.detail.clone(),
    ];
    sha256(parts.join("\n"))
}
