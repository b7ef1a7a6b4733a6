//! The permissions behind the calls: who makes each of them, on which resources, and which of them a configuration
//! needs.
//!
//! Which resources an action can be limited to: RAM's page on each product ("RAM authorization"). An action that is
//! found on no page is granted on all of them.

use super::calls::Call;
use super::oss;
use crate::config::{Alibaba, AlibabaAccounts, AlibabaTrail, Regions, Settings};
use crate::model::{Permissions, Provider, api};
use crate::profiles::{Profile, Profiles, RoleMatch};
use crate::sources::live::{self, MEMBER_ROLE, Permitted, Scope};

/// Calls that share their resources, and so a statement. The order is that of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sources) enum Grant {
    ListAccounts,
    MemberRoles,
    Roles,
    Policies,
    Account,
    Bucket,
    Objects,
}

impl Call {
    /// Where it is made. `None` needs no permission: `GetCallerIdentity` is answered to whoever has credentials, and
    /// who asks with the token of an identity provider is not known yet.
    #[must_use]
    pub fn scope(self) -> Option<Scope> {
        self.grant().map(live::Grant::scope)
    }
}

impl Permitted for Call {
    type Grant = Grant;

    const PROVIDER: Provider = Provider::Alibaba;
    const CALLS: &'static [Self] = &Self::ALL;

    fn grant(self) -> Option<Grant> {
        Some(match self {
            Self::GetCallerIdentity | Self::AssumeRoleWithOidc => return None,
            Self::ListAccounts => Grant::ListAccounts,
            Self::AssumeRole => Grant::MemberRoles,
            Self::GetRole | Self::ListPoliciesForRole => Grant::Roles,
            Self::GetPolicy | Self::GetPolicyVersion => Grant::Policies,
            Self::GetServiceLinkedRoleDeletionStatus
            | Self::DescribeKmsRegions
            | Self::ListKmsInstances
            | Self::GetKmsInstance
            | Self::ListClusters
            | Self::DescribeTrailRegions
            | Self::LookupEvents
            | Self::DescribeTrails
            | Self::GetTrailStatus => Grant::Account,
            Self::ListObjects => Grant::Bucket,
            Self::GetObject => Grant::Objects,
        })
    }

    /// An action is named like its API (RAM, "Policy elements"); the pages of these name none.
    fn is_inferred(self) -> bool {
        matches!(
            self,
            Self::GetServiceLinkedRoleDeletionStatus
                | Self::ListKmsInstances
                | Self::GetKmsInstance
                | Self::ListClusters
        )
    }
}

impl live::Grant for Grant {
    fn scope(self) -> Scope {
        match self {
            Self::ListAccounts | Self::MemberRoles => Scope::Hub,
            Self::Roles | Self::Policies | Self::Account => Scope::Member,
            Self::Bucket | Self::Objects => Scope::TrailBucket,
        }
    }

    fn sid(self) -> &'static str {
        match self {
            Self::ListAccounts => "HubListAccounts",
            Self::MemberRoles => "HubAssumeMemberRoles",
            Self::Roles => "ReadRoles",
            Self::Policies => "ReadPolicies",
            Self::Account => "ReadAccount",
            Self::Bucket => "TrailBucket",
            Self::Objects => "TrailObjects",
        }
    }
}

/// The policy for every call there is: whatever somebody may configure later.
#[must_use]
pub fn everything() -> Permissions {
    let mut needs = Needs::default();
    needs.call(Call::ALL);
    service_linked(&mut needs);
    member(&mut needs, MEMBER_ROLE, None);
    needs.resource(Grant::Bucket, "acs:oss:*:*:*".to_owned());
    needs.resource(Grant::Objects, "acs:oss:*:*:*/AliyunLogs/*".to_owned());
    needs.into_permissions()
}

/// The policy for what a configuration needs, all of its sources together. Without statements where it needs nothing.
#[must_use]
pub fn needed(settings: &Settings, profiles: &Profiles) -> Permissions {
    let mut needs = Needs::default();
    for source in &settings.alibaba {
        of_source(&mut needs, source, profiles);
    }
    needs.into_permissions()
}

type Needs = live::Needs<Call>;

fn of_source(needs: &mut Needs, source: &Alibaba, profiles: &Profiles) {
    if matches!(source.accounts, AlibabaAccounts::ResourceDirectory | AlibabaAccounts::List(_)) {
        needs.call([Call::AssumeRole]);
        member(needs, &source.member_role, source.external_id.as_deref());
    }
    if source.accounts == AlibabaAccounts::ResourceDirectory {
        needs.call([Call::ListAccounts]);
    }
    let has_inventory = source.accounts != AlibabaAccounts::None;
    let looks_up = source.trail.iter().any(|trail| matches!(trail, AlibabaTrail::LookupEvents { .. }));
    if source.regions == Regions::Enabled && (has_inventory || looks_up) {
        needs.call([Call::DescribeKmsRegions]);
    }
    if has_inventory {
        needs.call([Call::DescribeTrails, Call::GetTrailStatus]);
        inventory(needs, profiles);
    }
    source.trail.iter().for_each(|trail| of_trail(needs, trail));
}

fn member(needs: &mut Needs, role: &str, external_id: Option<&str>) {
    needs.member(role, external_id);
    needs.resource(Grant::MemberRoles, format!("acs:ram:*:*:role/{role}"));
}

/// The roles of the profiles, and the stores that they serve.
fn inventory(needs: &mut Needs, profiles: &Profiles) {
    let watched: Vec<_> = profiles.of(Provider::Alibaba).collect();
    if watched.is_empty() {
        return;
    }
    needs.call([
        Call::GetRole,
        Call::ListPoliciesForRole,
        Call::GetPolicy,
        Call::GetPolicyVersion,
        Call::GetServiceLinkedRoleDeletionStatus,
    ]);
    let mut kinds = watched.iter().filter_map(|profile| profile.store.as_ref());
    if kinds.any(|kind| kind.api == api::ALIBABA_INSTANCES) {
        needs.call([Call::ListKmsInstances, Call::GetKmsInstance, Call::ListClusters]);
    }
    service_linked(needs);
    for profile in watched {
        other_role(needs, profile);
    }
}

/// Roles are read wherever they are named: whether RAM compares the name in an ARN with or without case is not
/// documented, and it writes those of service-linked roles in lower case. Only the provider's own policies can be
/// attached to these.
fn service_linked(needs: &mut Needs) {
    needs.resource(Grant::Roles, "acs:ram:*:*:role/*".to_owned());
    needs.resource(Grant::Policies, "acs:ram:*:system:policy/*".to_owned());
}

/// A profile of the user's own may watch another role, to which any policy can be attached.
fn other_role(needs: &mut Needs, profile: &Profile) {
    let RoleMatch::Named { name, .. } = &profile.role else { return };
    if !name.starts_with("AliyunServiceRoleFor") {
        needs.resource(Grant::Policies, "acs:ram:*:*:policy/*".to_owned());
    }
}

fn of_trail(needs: &mut Needs, trail: &AlibabaTrail) {
    match trail {
        AlibabaTrail::LookupEvents { .. } => needs.call([Call::LookupEvents, Call::DescribeTrailRegions]),
        AlibabaTrail::Oss { bucket, prefix, .. } => {
            needs.call([Call::ListObjects, Call::GetObject]);
            needs.resource(Grant::Bucket, format!("acs:oss:*:*:{bucket}"));
            needs.resource(Grant::Objects, format!("acs:oss:*:*:{bucket}/{}*", oss::root(prefix.as_deref())));
        }
        // Nobody is called for files.
        AlibabaTrail::Files { .. } => {}
    }
}

#[cfg(test)]
mod tests;
