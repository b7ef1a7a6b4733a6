//! Every call that reads one account.

use std::collections::BTreeSet;

use futures_util::future::{join_all, join3};

use super::Trial;
use crate::model::{Check, CheckOutcome, Provider};
use crate::profiles::{Profile, RoleMatch};
use crate::sources::aws::calls::Call;
use crate::sources::aws::{Failure, Session, trails};
use crate::sources::live::Regions;
use crate::sources::live::doctor::{Tried, judged, permission, untried, what_they_record, worst};
use crate::sources::seen;

/// A name that no policy has.
const NO_POLICY: &str = "roletrail-doctor";

/// An id that no deletion has.
const NO_TASK: &str = "00000000-0000-4000-8000-000000000000";

/// Tries `calls` in an account.
pub(super) async fn try_all(trial: &Trial, session: &Session, calls: &BTreeSet<Call>) -> Vec<Check> {
    let regions = Regions::asked(&*trial.source, session).await;
    let mut checks = Vec::new();
    if let Some(answer) = regions.listing.as_ref().filter(|_| calls.contains(&Call::ListRegions)) {
        checks.push(permission(&session.account, None, Call::ListRegions, judged(answer.clone(), &[])));
    }
    let (roles, places, trails) = join3(
        Box::pin(roles(trial, session, calls)),
        Box::pin(places(trial, session, &regions, calls)),
        Box::pin(settings_of_trails(session, &regions, calls)),
    )
    .await;
    checks.extend(roles);
    checks.extend(places);
    checks.extend(trails);
    checks
}

/// What is asked in each Region.
async fn places(trial: &Trial, session: &Session, regions: &Regions, calls: &BTreeSet<Call>) -> Vec<Check> {
    let regional = [Call::DescribeCustomKeyStores, Call::ListKeys, Call::DescribeClusters, Call::LookupEvents];
    let asked = regional.into_iter().filter(|call| calls.contains(call));
    let places = asked.flat_map(|call| regions.expected.iter().map(move |region| (call, region)));
    let tried = places.map(|(call, region)| async move {
        let answer = Box::pin(in_region(session, call, region)).await;
        let answer = answer.map_err(|failure| explained(trial, failure, call, region));
        permission(&session.account, Some(region), call, judged(answer, &[]))
    });
    join_all(tried).await
}

async fn in_region(session: &Session, call: Call, region: &str) -> Result<(), Failure> {
    let (kms, caller) = (session.kms(region), &session.caller);
    match call {
        Call::DescribeCustomKeyStores => {
            caller.call(call, region, || kms.describe_custom_key_stores().limit(1).send()).await.map(drop)
        }
        Call::ListKeys => caller.call(call, region, || kms.list_keys().limit(1).send()).await.map(drop),
        Call::DescribeClusters => {
            let client = session.cloudhsm(region);
            caller.call(call, region, || client.describe_clusters().max_results(1).send()).await.map(drop)
        }
        _ => {
            let client = session.cloudtrail(region);
            caller.call(call, region, || client.lookup_events().max_results(1).send()).await.map(drop)
        }
    }
}

/// A Region that is known to be without the service has nothing to permit.
fn explained(trial: &Trial, failure: Failure, call: Call, region: &str) -> Failure {
    let mut kinds = trial.profiles.of(Provider::Aws).filter_map(|profile| profile.store.as_ref());
    match kinds.find(|kind| kind.api == call.action()) {
        Some(kind) => seen::explained(failure, kind, region),
        None => failure,
    }
}

/// A watched role.
struct Role<'p> {
    name: &'p str,
    path: &'p str,
}

/// What is asked of IAM: about the roles of the profiles, whether they are there or not.
async fn roles(trial: &Trial, session: &Session, calls: &BTreeSet<Call>) -> Vec<Check> {
    let profiles: Vec<_> = trial.profiles.of(Provider::Aws).collect();
    let roles: Vec<_> = profiles.iter().filter_map(|profile| role_of(profile)).collect();
    let policies: Vec<_> = profiles
        .iter()
        .filter_map(|profile| profile.policy.as_ref())
        .map(|policy| format!("arn:{}:iam::aws:policy/aws-service-role/{}", session.partition.name(), policy.name))
        .collect();
    let (roles, policies) = (&roles, &policies);
    let asked = calls.iter().copied().map(|call| async move {
        let tried = match call {
            Call::GetRole | Call::ListAttachedRolePolicies | Call::ListRolePolicies | Call::GetRolePolicy => {
                join_all(roles.iter().map(|role| about_role(session, call, role))).await
            }
            Call::GetServiceLinkedRoleDeletionStatus => {
                let linked = roles.iter().filter(|role| role.path.starts_with(SERVICE_LINKED));
                join_all(linked.map(|role| about_role(session, call, role))).await
            }
            Call::GetPolicy | Call::GetPolicyVersion => {
                join_all(policies.iter().map(|arn| about_policy(session, call, arn))).await
            }
            Call::ListRoles => vec![list_roles(session).await],
            _ => return None,
        };
        let nothing = || (CheckOutcome::Untested, "no profile names a role or policy to try it on".to_owned());
        Some(permission(&session.account, None, call, worst(tried).unwrap_or_else(nothing)))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// The path of every service-linked role.
const SERVICE_LINKED: &str = "/aws-service-role/";

fn role_of(profile: &Profile) -> Option<Role<'_>> {
    match &profile.role {
        RoleMatch::Named { name, path } => Some(Role { name, path: path.as_deref().unwrap_or("/") }),
        RoleMatch::ServiceLinked => None,
    }
}

async fn about_role(session: &Session, call: Call, role: &Role<'_>) -> Tried {
    let (iam, region, caller) = (session.iam(), session.global_region(), &session.caller);
    let name = role.name;
    let answer = match call {
        Call::GetRole => caller.call(call, region, || iam.get_role().role_name(name).send()).await.map(drop),
        Call::ListAttachedRolePolicies => {
            caller.call(call, region, || iam.list_attached_role_policies().role_name(name).send()).await.map(drop)
        }
        Call::ListRolePolicies => {
            caller.call(call, region, || iam.list_role_policies().role_name(name).send()).await.map(drop)
        }
        Call::GetRolePolicy => {
            let ask = || iam.get_role_policy().role_name(name).policy_name(NO_POLICY).send();
            caller.call(call, region, ask).await.map(drop)
        }
        _ => {
            let id = format!("task{}{name}/{NO_TASK}", role.path);
            let ask = || iam.get_service_linked_role_deletion_status().deletion_task_id(&id).send();
            caller.call(call, region, ask).await.map(drop)
        }
    };
    judged(answer, &[])
}

async fn about_policy(session: &Session, call: Call, arn: &str) -> Tried {
    let (iam, region, caller) = (session.iam(), session.global_region(), &session.caller);
    let answer = if call == Call::GetPolicy {
        caller.call(call, region, || iam.get_policy().policy_arn(arn).send()).await.map(drop)
    } else {
        // Every managed policy began with this version; where it is gone, the answer says so.
        let ask = || iam.get_policy_version().policy_arn(arn).version_id("v1").send();
        caller.call(call, region, ask).await.map(drop)
    };
    judged(answer, &[])
}

async fn list_roles(session: &Session) -> Tried {
    let (iam, region) = (session.iam(), session.global_region());
    let ask = || iam.list_roles().path_prefix(SERVICE_LINKED).max_items(1).send();
    judged(session.caller.call(Call::ListRoles, region, ask).await.map(drop), &[])
}

/// The permissions to read the settings of trails, and a word on what they say.
async fn settings_of_trails(session: &Session, regions: &Regions, calls: &BTreeSet<Call>) -> Vec<Check> {
    if !calls.contains(&Call::DescribeTrails) {
        return Vec::new();
    }
    let account = &session.account;
    let trails = match trails::ask(session, regions).await.trails {
        Ok(trails) => trails,
        Err(failure) => {
            let mut checks = vec![permission(account, None, Call::DescribeTrails, judged(Err(failure), &[]))];
            let rest = [Call::GetTrailStatus, Call::GetEventSelectors];
            checks.extend(untried(&rest, Some(account), "the trails cannot be listed"));
            return checks;
        }
    };
    let mut checks = vec![permission(account, None, Call::DescribeTrails, judged(Ok(()), &[]))];
    let none = || (CheckOutcome::Untested, "the account has no trail to try it on".to_owned());
    let status = worst(trails.iter().map(|trail| judged(trail.status.clone(), &[])));
    checks.push(permission(account, None, Call::GetTrailStatus, status.unwrap_or_else(none)));
    let selectors = worst(trails.iter().map(|trail| judged(trail.selectors.clone(), &[])));
    checks.push(permission(account, None, Call::GetEventSelectors, selectors.unwrap_or_else(none)));
    let settings: Vec<_> = trails.into_iter().map(|trail| trail.settings).collect();
    checks.push(what_they_record(Provider::Aws, account, &settings));
    checks
}
