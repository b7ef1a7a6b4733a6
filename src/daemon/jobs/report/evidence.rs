//! What findings rest on, each item with the hash of what the history holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::exports::json::SharedTexts;
use crate::exports::reports::{EvidenceItem, sha256};
use crate::model::{Account, Coverage, CoverageSpan, Evidence, Finding, FindingEvent, Provider, api};
use crate::profiles::Profiles;
use crate::store::{StateKind, StateProof, Store, StoreError};

/// Rules whose findings say that something is not there: they rest on complete answers.
const ABSENCE: [&str; 2] = ["orphaned-role", "missing-role"];
/// The rule about deletion tasks.
const TASKS: &str = "failed-role-deletion";
/// The rule about the settings of trails.
const TRAILS: &str = "trail-degraded";

/// Provider, account, kind, time and id: the order of the items, and what each of them is.
type Key = (Provider, Arc<str>, &'static str, Timestamp, String);

/// What is known of an item.
struct Item {
    source: Arc<str>,
    sha256: String,
    found_sha256: Option<String>,
    findings: Vec<Arc<str>>,
}

/// Collects the evidence of findings.
#[derive(Default)]
pub(super) struct Index {
    items: BTreeMap<Key, Item>,
    texts: SharedTexts,
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
        let Self { items, mut texts } = self;
        let item = |((provider, account, kind, time, id), item): (Key, Item)| EvidenceItem {
            kind: texts.text(kind),
            id,
            time,
            provider,
            account,
            source: item.source,
            sha256: item.sha256,
            found_sha256: item.found_sha256,
            findings: item.findings,
        };
        items.into_iter().map(item).collect()
    }

    /// Adds the events of a finding of `account`, and the objects that held them.
    pub(super) fn add_events(
        &mut self,
        store: &Store,
        account: &Account,
        finding: &Arc<str>,
        events: &[FindingEvent],
    ) -> Result<(), StoreError> {
        for event in events {
            let Some(proof) = store.event_proof(account, event)? else { continue };
            let hashes = (proof.stored_sha256, Some(proof.found_sha256));
            self.add((&proof.account, "event", event.time, &event.id), &proof.object, hashes, finding);
            if let Some((hash, read_at)) = store.object_proof(&proof.object)? {
                let place = (&proof.account, "object", read_at, proof.object.as_str());
                self.add(place, &proof.object, (hash, None), finding);
            }
        }
        Ok(())
    }

    /// Adds the states and coverage rows that a finding rests on.
    pub(super) fn add_states(&mut self, known: &Known<'_>, id: &Arc<str>, finding: &Finding) {
        let rests_on = |state: &&StateProof| match state.kind {
            StateKind::Role => finding.role.as_ref() == Some(&state.id),
            StateKind::Store => finding.store.as_ref() == Some(&state.id),
            StateKind::Task => finding.rule == TASKS,
            StateKind::Trail => finding.rule == TRAILS,
        };
        for state in known.states.iter().filter(rests_on) {
            let (kind, source) = kind_and_source(known, state.kind, finding.profile.as_deref());
            let place = (known.account, kind, state.since, state.id.as_str());
            self.add(place, source, (state.sha256.clone(), None), id);
        }
        for span in known.evidence.coverage.iter().filter(|span| answers(known, span, finding)) {
            let row = &span.coverage;
            let parts = [Some(&row.key.api), row.key.region.as_ref(), row.key.subject.as_ref()];
            let row_id = parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
            let place = (known.account, "coverage", span.since, row_id.as_str());
            self.add(place, &row.key.api, (hash_of(row), None), id);
        }
    }

    fn add(
        &mut self,
        (account, kind, time, id): (&Account, &'static str, Timestamp, &str),
        source: &str,
        (sha256, found_sha256): (String, Option<String>),
        finding: &Arc<str>,
    ) {
        let key = (account.provider, self.texts.text(&account.id), kind, time, id.to_owned());
        let new = || Item { source: self.texts.text(source), sha256, found_sha256, findings: Vec::with_capacity(1) };
        let findings = &mut self.items.entry(key).or_insert_with(new).findings;
        if let Err(place) = findings.binary_search(finding) {
            findings.insert(place, Arc::clone(finding));
        }
    }
}

/// The word for a state, and the API that told it.
fn kind_and_source<'a>(known: &Known<'a>, kind: StateKind, profile: Option<&str>) -> (&'static str, &'a str) {
    let is_aws = known.account.provider == Provider::Aws;
    let of = |aws, alibaba| if is_aws { aws } else { alibaba };
    match kind {
        StateKind::Role => ("role", of(api::AWS_GET_ROLE, api::ALIBABA_GET_ROLE)),
        StateKind::Task => ("task", of(api::AWS_DELETION_STATUS, api::ALIBABA_DELETION_STATUS)),
        StateKind::Trail => ("trail", of(api::AWS_DESCRIBE_TRAILS, api::ALIBABA_DESCRIBE_TRAILS)),
        StateKind::Store => {
            let store = profile.and_then(|id| known.profiles.get(id)).and_then(|profile| profile.store.as_ref());
            (
                "store",
                store.map_or_else(|| of(api::AWS_KEY_STORES, api::ALIBABA_INSTANCES), |store| store.api.as_str()),
            )
        }
    }
}

/// Whether a finding rests on a coverage row: on a gap when it is about collection itself, on every answer about stores
/// and role when it says that something is not there.
fn answers(known: &Known<'_>, span: &CoverageSpan, finding: &Finding) -> bool {
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
