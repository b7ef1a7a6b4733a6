//! The rules: one file each, pure. A rule knows nothing but the [`Case`]; "now" is a field of the evidence.

mod case;
mod controls;
mod doc;
mod draft;
mod standing;
#[cfg(test)]
mod tests;
mod verdict;

mod collection_gap;
mod evidence_broken;
mod failed_role_deletion;
mod failed_store_deletion;
mod missing_role;
mod orphaned_role;
mod permission_drift;
mod role_recreated;
mod role_tampering;
mod role_without_store_history;
mod store_expiring;
mod store_unreachable;
mod trail_degraded;
mod trust_drift;
mod unexpected_activity;
mod unexpected_assumer;

use jiff::Timestamp;

use crate::model::{Cleared, Evidence, Finding, Judgement, Undecided};
use crate::profiles::{Profile, Profiles};

pub use case::{Case, Twin};
pub use controls::{Control, Controls};
pub use doc::RuleDoc;
pub use standing::{LiveStore, Regions, Standing, TrailCoverage};

/// Id of the rule about collection itself: what it finds depends on who promised to collect, and when.
pub const COLLECTION_GAP: &str = collection_gap::ID;

/// What a rule says about a case.
#[derive(Debug, Clone, Default)]
pub struct Ruling {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What is missing, where nothing could be said about at least a part.
    pub undecided: Option<String>,
    /// Why a finding of this rule does not hold any more.
    pub cleared: Vec<Cleared>,
    /// When time alone could change the ruling.
    pub recheck_at: Option<Timestamp>,
}

impl Ruling {
    /// Nothing wrong, and nothing missing.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// One finding.
    #[must_use]
    pub fn found(finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::default() }
    }

    /// Nothing can be said.
    #[must_use]
    pub fn undecided(because: impl Into<String>) -> Self {
        Self { undecided: Some(because.into()), ..Self::default() }
    }

    /// To be judged again at `at`, if that is the earliest such time.
    pub fn recheck(&mut self, at: Timestamp) {
        self.recheck_at = earliest(self.recheck_at, Some(at));
    }

    /// Nothing wrong any more, and why.
    pub fn clear(&mut self, case: &Case<'_>, doc: &RuleDoc, store: Option<&str>, because: impl Into<String>) {
        self.cleared.push(Cleared {
            rule: doc.id.to_owned(),
            profile: Some(case.profile.id.clone()),
            store: store.map(str::to_owned),
            because: because.into(),
        });
    }
}

/// A rule.
pub trait Rule: Sync {
    /// Its documentation.
    fn doc(&self) -> &'static RuleDoc;

    /// Judges one profile of an account.
    fn judge(&self, _case: &Case<'_>) -> Ruling {
        Ruling::silent()
    }

    /// Judges the account as a whole, once.
    fn judge_account(&self, _evidence: &Evidence) -> Ruling {
        Ruling::silent()
    }
}

/// Every rule, in the order in which they are shown.
static RULES: [&dyn Rule; 16] = [
    &orphaned_role::OrphanedRole,
    &unexpected_assumer::UnexpectedAssumer,
    &unexpected_activity::UnexpectedActivity,
    &failed_role_deletion::FailedRoleDeletion,
    &failed_store_deletion::FailedStoreDeletion,
    &trust_drift::TrustDrift,
    &permission_drift::PermissionDrift,
    &role_tampering::RoleTampering,
    &missing_role::MissingRole,
    &role_recreated::RoleRecreated,
    &role_without_store_history::RoleWithoutStoreHistory,
    &store_unreachable::StoreUnreachable,
    &store_expiring::StoreExpiring,
    &trail_degraded::TrailDegraded,
    &evidence_broken::EvidenceBroken,
    &collection_gap::CollectionGap,
];

/// Every rule, in the order in which they are shown.
#[must_use]
pub fn all() -> &'static [&'static dyn Rule] {
    &RULES
}

/// The ids of all of them.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    RULES.into_iter().map(|rule| rule.doc().id).collect()
}

/// The rule with that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Rule> {
    RULES.into_iter().find(|rule| rule.doc().id == id)
}

/// Judges an account by every rule and profile of its provider.
#[must_use]
pub fn judge_account(evidence: &Evidence, profiles: &Profiles) -> Judgement {
    let events = case::counted_events(evidence);
    let watched: Vec<(&Profile, Standing)> = profiles
        .of(evidence.account.provider)
        .map(|profile| (profile, Standing::of(evidence, &events, profile, profiles)))
        .collect();
    let mut judgement = Judgement {
        account: evidence.account.clone(),
        as_of: evidence.as_of,
        findings: Vec::new(),
        undecided: Vec::new(),
        cleared: Vec::new(),
        verdicts: Vec::new(),
        recheck_at: None,
    };
    for rule in all() {
        add(&mut judgement, rule.doc(), None, rule.judge_account(evidence));
    }
    for (profile, standing) in &watched {
        let twin = watched
            .iter()
            .find(|(other, _)| profile.twin.as_deref() == Some(other.id.as_str()))
            .map(|(profile, standing)| Twin { profile, standing });
        let case = Case { evidence, events: &events, profile, standing, twin };
        for rule in all() {
            add(&mut judgement, rule.doc(), Some(profile), rule.judge(&case));
        }
        judgement.verdicts.extend(verdict::of(&case, &judgement.findings));
    }
    judgement.findings.sort_by_cached_key(|finding| {
        (std::cmp::Reverse(finding.severity), finding.rule.clone(), finding.profile.clone(), finding.id())
    });
    judgement
}

/// Adds what a rule said.
fn add(judgement: &mut Judgement, doc: &RuleDoc, profile: Option<&Profile>, ruling: Ruling) {
    judgement.findings.extend(ruling.findings);
    judgement.cleared.extend(ruling.cleared);
    judgement.undecided.extend(ruling.undecided.map(|because| Undecided {
        rule: doc.id.to_owned(),
        profile: profile.map(|profile| profile.id.clone()),
        because,
    }));
    let as_of = judgement.as_of;
    judgement.recheck_at = earliest(judgement.recheck_at, ruling.recheck_at.filter(|at| as_of < *at));
}

/// The earlier of two times, where there are two.
fn earliest(left: Option<Timestamp>, right: Option<Timestamp>) -> Option<Timestamp> {
    left.into_iter().chain(right).min()
}
