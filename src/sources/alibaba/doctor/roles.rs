//! What is asked of RAM, and of Resource Management about roles: about those of the profiles, whether they are there
//! or not.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde::de::IgnoredAny;

use super::{Trial, invented};
use crate::model::{Check, CheckOutcome, Provider};
use crate::profiles::{Profile, RoleMatch};
use crate::sources::alibaba::Session;
use crate::sources::alibaba::calls::Call;
use crate::sources::alibaba::regions::HOME;
use crate::sources::live::doctor::{permission, worst};

/// The calls that are tried here.
const CALLS: [Call; 5] = [
    Call::GetRole,
    Call::ListPoliciesForRole,
    Call::GetPolicy,
    Call::GetPolicyVersion,
    Call::GetServiceLinkedRoleDeletionStatus,
];

/// An id that no deletion has.
const NO_TASK: &str = "00000000-0000-4000-8000-000000000000";

/// Tries those of `calls` that are about roles.
pub(super) async fn try_all(trial: &Trial, session: &Session, calls: &BTreeSet<Call>) -> Vec<Check> {
    let asked = CALLS.into_iter().filter(|call| calls.contains(call)).map(|call| async move {
        let questions = trial.profiles.of(Provider::Alibaba).filter_map(|profile| question(call, profile));
        let tried = questions.map(|question| async move {
            let answer = session.ask::<IgnoredAny>(call, HOME, &question).await;
            invented(answer.map(drop), &[])
        });
        let nothing = || (CheckOutcome::Untested, "no profile names a role or policy to try it on".to_owned());
        permission(&session.account, None, call, worst(join_all(tried).await).unwrap_or_else(nothing))
    });
    join_all(asked).await
}

/// What is asked about a profile: the parameters of the call.
fn question(call: Call, profile: &Profile) -> Option<Vec<(&'static str, String)>> {
    if matches!(call, Call::GetPolicy | Call::GetPolicyVersion) {
        let name = profile.policy.as_ref()?.name.clone();
        let policy = [("PolicyName", name), ("PolicyType", "System".to_owned())];
        // Every policy began with this version; where it is gone, the answer says so.
        let version = (call == Call::GetPolicyVersion).then(|| ("VersionId", "v1".to_owned()));
        return Some(policy.into_iter().chain(version).collect());
    }
    let RoleMatch::Named { name, .. } = &profile.role else { return None };
    Some(vec![if call == Call::GetServiceLinkedRoleDeletionStatus {
        let service = profile.trusted_principals.first()?;
        ("DeletionTaskId", format!("task/acs-service-role/{service}/{name}/{NO_TASK}"))
    } else {
        ("RoleName", name.clone())
    }])
}
