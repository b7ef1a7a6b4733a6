//! What to look up in the event history of a Region.
//!
//! Two attributes can be searched together in a few combinations only, and the service ignores others without a word.
//! So every query has one attribute. They ask for too much rather than for too little: what is relevant is for the
//! trail layer to say.

use crate::model::Provider;
use crate::profiles::Profiles;
use crate::sources::live::lookup::{Query, each_once};
use crate::trail;

/// The name of the call. Which service records it is not asked: the calls of service-linked roles are recorded under
/// the product that makes them, and names of services are searched with regard to case.
pub(super) const EVENT_NAME: &str = "EventName";

/// The name of a role; of the caller's or of the one acted upon, which is not documented.
pub(super) const ROLE_NAME: &str = "RoleName";

/// The Regions that keep the calls of RAM, STS and the console: the first one for accounts of the international site,
/// the second one for those of the Chinese site (`ActionTrail`, global events).
pub(super) const GLOBAL_REGIONS: [&str; 2] = ["ap-southeast-1", "cn-hangzhou"];

/// What is looked for with less than certainty.
pub(super) const REMARK: &str = "calls of the role's sessions are looked for by RoleName alone, and what that matches \
                                 is not documented";

/// What to look up in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookupPlan {
    everywhere: Vec<Query>,
    /// Calls that RAM alone records.
    global: Vec<Query>,
}

impl LookupPlan {
    /// The plan that finds what concerns the profiles.
    pub(super) fn new(profiles: &Profiles) -> Self {
        let named = |call: &str| Query::new(EVENT_NAME, call);
        let profiles = || profiles.of(Provider::Alibaba);
        let stores = profiles().filter_map(|profile| profile.store.as_ref()).flat_map(|kind| &kind.calls);
        let role_calls = trail::ALIBABA_LINKED_ROLE_CALLS.into_iter().chain(trail::ALIBABA_ASSUMPTIONS);
        let everywhere = stores
            .map(|call| named(&call.name))
            .chain(profiles().map(|profile| Query::new(ROLE_NAME, profile.role_name())))
            // Last, because there may be very many assumptions of other roles among them.
            .chain(role_calls.map(named));
        Self { everywhere: each_once(everywhere), global: each_once(trail::alibaba_ram_calls().map(named)) }
    }

    /// The queries of a Region.
    pub(super) fn queries(&self, region: &str) -> Vec<Query> {
        let global = self.global.iter().filter(|_| GLOBAL_REGIONS.contains(&region));
        each_once(global.chain(&self.everywhere).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::Selection;

    fn names(region: &str, disable: &[&str]) -> Vec<String> {
        let disable = disable.iter().map(|id| (*id).to_owned()).collect();
        let profiles = Profiles::load(&Selection { disable, ..Selection::default() }).expect("profiles");
        LookupPlan::new(&profiles).queries(region).iter().map(Query::name).collect()
    }

    #[test]
    fn the_plan_follows_the_profiles_and_asks_for_ram_in_both_global_regions() {
        let here = names("cn-beijing", &[]);
        for query in [
            "EventName=ReleaseKmsInstance",
            "EventName=RefundInstance",
            "EventName=CreateServiceLinkedRole",
            "EventName=CheckServiceLinkedRoleForDeleting",
            "EventName=AssumeRole",
            "EventName=SwitchRole",
            "RoleName=AliyunServiceRoleForKMSKeyStore",
            "RoleName=AliyunServiceRoleForCustomKeyStore",
        ] {
            assert!(here.iter().any(|name| name == query), "{query} is not in {here:?}");
        }
        let ram: Vec<_> = trail::alibaba_ram_calls().map(|call| format!("EventName={call}")).collect();
        assert!(!here.iter().any(|name| ram.contains(name)), "{here:?}");
        for region in GLOBAL_REGIONS {
            assert_eq!(names(region, &[]), [ram.clone(), here.clone()].concat(), "{region}");
        }
        let one = names("cn-beijing", &["alibaba-kms-custom-key-store"]);
        assert_eq!(one.iter().filter(|name| name.starts_with("RoleName=")).count(), 1, "{one:?}");
    }

    #[test]
    fn each_is_asked_once_by_an_attribute_that_can_be_searched_alone() {
        for region in ["cn-beijing", "cn-hangzhou"] {
            let names = names(region, &[]);
            let mut once = names.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), names.len(), "{names:?}");
            assert!(names.iter().all(|name| name.starts_with("EventName=") || name.starts_with("RoleName=")));
        }
    }

    #[test]
    fn every_call_that_the_trail_layer_takes_for_a_roles_is_looked_for() {
        let names = names("ap-southeast-1", &[]);
        for call in trail::ALIBABA_ASSUMPTIONS
            .into_iter()
            .chain(trail::ALIBABA_LINKED_ROLE_CALLS)
            .chain(trail::alibaba_ram_calls())
        {
            assert!(names.contains(&format!("EventName={call}")), "{call}");
        }
    }
}
