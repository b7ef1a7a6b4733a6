//! What to look up in the event history of a Region.
//!
//! The event history is searched by one attribute at a time, so that a plan is a list of queries. They ask for too
//! much rather than for too little: what is relevant is for the trail layer to say.

use super::partition;
use crate::model::{Partition, Provider};
use crate::profiles::{Profile, Profiles, RoleMatch};
use crate::sources::live::lookup::{Query, each_once};
use crate::trail;

/// The name of the call.
const EVENT_NAME: &str = "EventName";

/// The name of a resource of the call.
const RESOURCE_NAME: &str = "ResourceName";

/// The user, or the role, that made the call.
const USERNAME: &str = "Username";

/// What to look up in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookupPlan {
    everywhere: Vec<Query>,
    /// IAM records its calls in one Region of each partition.
    global: Vec<Query>,
    global_region: &'static str,
    /// What is not looked for.
    remark: String,
}

impl LookupPlan {
    /// The cheapest plan that finds what concerns the profiles.
    pub(super) fn new(profiles: &Profiles, partition: Partition, account: &str, include_denied: bool) -> Self {
        let profiles: Vec<&Profile> = profiles.of(Provider::Aws).collect();
        let calls = profiles.iter().filter_map(|profile| profile.store.as_ref()).flat_map(|kind| &kind.calls);
        let mut everywhere: Vec<_> = calls.map(|call| Query::new(EVENT_NAME, call.name.as_str())).collect();
        for (path, name) in profiles.iter().filter_map(|profile| named(profile)) {
            let arn = format!("arn:{}:iam::{account}:role{path}{name}", partition.name());
            everywhere.push(Query::new(RESOURCE_NAME, arn));
            everywhere.push(Query::new(USERNAME, name));
        }
        everywhere.push(Query::new(EVENT_NAME, trail::AWS_ROLE_SWITCH));
        // By a part of a role's name nothing is found: of many roles every assumption has to be looked at.
        let every_assumption = include_denied || profiles.iter().any(|profile| named(profile).is_none());
        if every_assumption {
            let calls = trail::AWS_ASSUMPTIONS.into_iter();
            everywhere.extend(calls.map(|call| Query::new(EVENT_NAME, call)));
        }
        let global = trail::aws_iam_calls().map(|call| Query::new(EVENT_NAME, call));
        Self {
            everywhere: each_once(everywhere),
            global: each_once(global),
            global_region: partition::global_region(partition),
            remark: remark(every_assumption),
        }
    }

    /// The Region that is read whichever others are: it has the calls of IAM.
    pub(super) fn global_region(&self) -> &'static str {
        self.global_region
    }

    /// The queries of a Region.
    pub(super) fn queries(&self, region: &str) -> Vec<Query> {
        let global = self.global.iter().filter(|_| region == self.global_region);
        each_once(self.everywhere.iter().chain(global).cloned())
    }

    /// What is not looked for, for people.
    pub(super) fn remark(&self) -> &str {
        &self.remark
    }
}

/// Path and name of the one role that a profile watches.
fn named(profile: &Profile) -> Option<(&str, &str)> {
    match &profile.role {
        RoleMatch::Named { name, path } => Some((path.as_deref().unwrap_or("/"), name)),
        RoleMatch::ServiceLinked => None,
    }
}

/// Sessions of the role go by their own names there; which those are, nothing tells beforehand.
const SESSIONS: &str = "calls of the role's sessions are looked for under the role's name alone";

fn remark(every_assumption: bool) -> String {
    if every_assumption {
        return SESSIONS.to_owned();
    }
    format!("denied assumptions are not looked for (include_denied = false); {SESSIONS}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::Selection;

    const ROLE: &str = "AWSServiceRoleForKeyManagementServiceCustomKeyStores";

    fn plan(partition: Partition, include_denied: bool, enable: &[&str]) -> LookupPlan {
        let enable = enable.iter().map(|id| (*id).to_owned()).collect();
        let profiles = Profiles::load(&Selection { enable, ..Selection::default() }).expect("profiles");
        LookupPlan::new(&profiles, partition, "111122223333", include_denied)
    }

    fn names(plan: &LookupPlan, region: &str) -> Vec<String> {
        plan.queries(region).iter().map(Query::name).collect()
    }

    #[test]
    fn the_plan_follows_the_profiles_and_asks_for_iam_in_one_region() {
        let plan = plan(Partition::AwsUsGov, false, &[]);
        let (here, global) = (names(&plan, "us-gov-east-1"), names(&plan, "us-gov-west-1"));
        let arn = format!("arn:aws-us-gov:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/{ROLE}");
        for query in ["EventName=DeleteCustomKeyStore", &format!("ResourceName={arn}"), &format!("Username={ROLE}")] {
            assert!(here.iter().any(|name| name == query), "{query} is not in {here:?}");
        }
        assert!(!here.iter().any(|name| name == "EventName=AssumeRole" || name.contains("ServiceLinkedRole")));
        let more: Vec<_> = global.iter().filter(|name| !here.contains(name)).cloned().collect();
        let iam: Vec<_> = trail::aws_iam_calls().map(|call| format!("EventName={call}")).collect();
        assert_eq!(more, iam);
        let mut once = global.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), global.len(), "each is asked once");
    }

    #[test]
    fn what_is_not_looked_for_is_said() {
        let every = ["aws-service-linked-roles"];
        let remark = |denied, enable: &[&str]| plan(Partition::Aws, denied, enable).remark().to_owned();
        assert!(remark(false, &[]).starts_with("denied assumptions are not looked for (include_denied = false)"));
        assert_eq!(remark(false, &every), SESSIONS, "among all assumptions are those of all roles");
        assert_eq!(remark(true, &[]), SESSIONS);
        let denied = names(&plan(Partition::Aws, true, &[]), "eu-west-1");
        assert!(denied.iter().any(|name| name == "EventName=AssumeRoleWithSAML"), "{denied:?}");
    }
}
