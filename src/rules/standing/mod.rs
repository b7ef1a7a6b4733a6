//! Where a role and its stores stand: what inventory shows, and what the trail lets one infer where there is none.

mod coverage;
mod inventory;
#[cfg(test)]
mod tests;
mod trail;
mod trail_settings;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{Basis, Coverage, Evidence, RolePresence, StoreNeed, TrailEvent};
use crate::profiles::{Profile, Profiles};

pub use coverage::{Regions, TrailCoverage};
pub(super) use coverage::{is_expected, is_inactive};
use coverage::{role_gaps, trail_coverage};
pub(super) use trail::{Tasks, is_gone_error};
pub(super) use trail_settings::{Trails, any_runs, names, recorded};

/// A store that stands, or stood when it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveStore {
    /// The provider's id.
    pub id: String,
    /// Region.
    pub region: String,
    /// Whether it needs the role.
    pub need: StoreNeed,
    /// When it was created, where that is known.
    pub created: Option<Timestamp>,
    /// When its provider releases it: only for a store that ends.
    pub released_at: Option<Timestamp>,
}

/// Where the role of one profile and the stores that it serves stand in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether the role is there.
    pub presence: RolePresence,
    /// Inventory or inference.
    pub basis: Basis,
    /// ARN of the role, where anything told it.
    pub role: Option<String>,
    /// Every unique id that the role is known to have had.
    pub role_ids: BTreeSet<String>,
    /// When the role that is there was created; `None` where nobody saw it and the provider does not tell.
    pub created: Option<Timestamp>,
    /// The newest evidence that the role is there.
    pub last_seen: Option<Timestamp>,
    /// When the role was last seen to be gone.
    pub gone_at: Option<Timestamp>,
    /// Stores that stand, by Region and id; those that do not need the role are among them.
    pub stores: Vec<LiveStore>,
    /// When the last store that needed the role went.
    pub last_store_gone: Option<Timestamp>,
    /// Which Regions answered for the stores.
    pub regions: Regions,
    /// What is missing of the role and of its policies.
    pub role_gaps: Vec<Coverage>,
    /// What of the account's events is known.
    pub trail: TrailCoverage,
}

impl Standing {
    /// Works out where the role of `profile` and its stores stand. `events` are those that count, oldest first.
    #[must_use]
    pub fn of(evidence: &Evidence, events: &[&TrailEvent], profile: &Profile, profiles: &Profiles) -> Self {
        let kin = kin_of(profile, profiles);
        let told = trail::infer(evidence, events, profile, &kin);
        let regions = Regions::of(evidence, profile, &told.stores);
        let mut standing = Self {
            presence: told.presence,
            basis: Basis::Inferred,
            role: told.role.clone(),
            role_ids: told.role_ids.clone(),
            created: told.created,
            last_seen: told.last_sign,
            gone_at: told.gone_at,
            stores: Vec::new(),
            last_store_gone: told.last_store_gone,
            regions,
            role_gaps: role_gaps(evidence, profile),
            trail: trail_coverage(evidence),
        };
        if coverage::has_inventory(evidence, profile) {
            inventory::apply(&mut standing, evidence, profile, &told);
        } else {
            standing.stores = told.stores;
        }
        standing.stores.sort_by(|left, right| (&left.region, &left.id).cmp(&(&right.region, &right.id)));
        standing
    }

    /// Stores that need the role, those of unknown kind among them.
    pub fn needing(&self) -> impl Iterator<Item = &LiveStore> {
        self.stores.iter().filter(|store| store.need != StoreNeed::NotNeeded)
    }

    /// Whether a store that needs the role is certainly there: seen where the Region answered completely, or inferred.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.needing().any(|store| self.speaks_of(&store.region))
    }

    /// Whether what is known of the stores in `region` is the present, not the last that was heard.
    #[must_use]
    pub fn speaks_of(&self, region: &str) -> bool {
        self.basis == Basis::Inferred || self.regions.answered.contains(region)
    }

    /// Stores that need the role by Region; a Region that answered and has none is listed with 0.
    #[must_use]
    pub fn by_region(&self) -> BTreeMap<String, u64> {
        let mut counts: BTreeMap<_, _> = self.regions.answered.iter().map(|region| (region.clone(), 0)).collect();
        for store in self.needing() {
            *counts.entry(store.region.clone()).or_default() += 1;
        }
        counts
    }

    /// Everything that is missing: of the role, of its policies, Regions and the trail. Each place once.
    #[must_use]
    pub fn missing(&self) -> Vec<Coverage> {
        let gaps = self.role_gaps.iter().chain(&self.regions.missing).chain(&self.trail.missing);
        let by_place: BTreeMap<_, _> = gaps.map(|row| (&row.key, row)).collect();
        by_place.into_values().cloned().collect()
    }

    /// Whether inventory told everything about the role, its policies and every expected Region.
    #[must_use]
    pub fn inventory_is_complete(&self) -> bool {
        self.basis == Basis::Observed
            && self.presence != RolePresence::Unknown
            && self.role_gaps.is_empty()
            && self.regions.is_complete()
    }

    /// What is missing for a statement about the role and its stores, in words.
    #[must_use]
    pub fn what_is_missing(&self) -> String {
        let gaps: Vec<_> = self.role_gaps.iter().chain(&self.regions.missing).map(describe).collect();
        match (gaps.as_slice(), self.basis) {
            ([], Basis::Inferred) => "the trail does not tell enough, and there is no inventory".to_owned(),
            ([], Basis::Observed) => "the role could not be observed".to_owned(),
            (gaps, _) => gaps.join("; "),
        }
    }
}

/// One gap in words.
pub(super) fn describe(row: &Coverage) -> String {
    let place = row.key.region.as_ref().map_or_else(String::new, |region| format!(" in {region}"));
    let detail = if row.detail.is_empty() { String::new() } else { format!(" ({})", row.detail) };
    format!("{}{place}: {}{detail}", row.key.api, row.outcome)
}

/// The profiles that serve the same kind of store as `profile`, itself included.
fn kin_of<'a>(profile: &'a Profile, profiles: &'a Profiles) -> Vec<Option<&'a str>> {
    let kind = |profile: &'a Profile| profile.store.as_ref().map(|store| store.kind.as_str());
    let others = profiles.iter().filter(|other| kind(profile).is_some() && kind(other) == kind(profile));
    others.chain([profile]).map(|profile| Some(profile.id.as_str())).collect()
}
