//! Every call that roletrail can make to Alibaba Cloud: the one list from which endpoints, versions, limits, policies
//! and the doctor come. None of them changes anything in an account.

use crate::config::LOOKUPS_PER_SECOND;
use crate::sources::live::{Api, Rate};

/// A product of Alibaba Cloud, as the placeholder `{product}` of an endpoint template names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Security Token Service.
    Sts,
    /// Resource Access Management.
    Ram,
    /// Resource Management: accounts of a directory, deletions of service-linked roles.
    ResourceManager,
    /// Key Management Service.
    Kms,
    /// Data Encryption Service: HSM clusters.
    Hsm,
    /// `ActionTrail`.
    ActionTrail,
    /// Object Storage Service.
    Oss,
}

/// One API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Whose credentials these are.
    GetCallerIdentity,
    /// Entering another account.
    AssumeRole,
    /// Getting credentials for the token of an identity provider.
    AssumeRoleWithOidc,
    /// The accounts of a resource directory.
    ListAccounts,
    /// One role.
    GetRole,
    /// The policies attached to a role.
    ListPoliciesForRole,
    /// The default version of a policy, with its content.
    GetPolicy,
    /// The content of a version of a policy.
    GetPolicyVersion,
    /// How the deletion of a service-linked role stands.
    GetServiceLinkedRoleDeletionStatus,
    /// The Regions of the key service.
    DescribeKmsRegions,
    /// The KMS instances of a Region.
    ListKmsInstances,
    /// One KMS instance.
    GetKmsInstance,
    /// The HSM clusters of a Region.
    ListClusters,
    /// The Regions of `ActionTrail`.
    DescribeTrailRegions,
    /// The event history of a Region.
    LookupEvents,
    /// The trails of an account.
    DescribeTrails,
    /// Whether a trail is logging.
    GetTrailStatus,
    /// The objects of a bucket.
    ListObjects,
    /// One object of a bucket.
    GetObject,
}

impl Call {
    /// Every call.
    pub const ALL: [Self; 19] = [
        Self::GetCallerIdentity,
        Self::AssumeRole,
        Self::AssumeRoleWithOidc,
        Self::ListAccounts,
        Self::GetRole,
        Self::ListPoliciesForRole,
        Self::GetPolicy,
        Self::GetPolicyVersion,
        Self::GetServiceLinkedRoleDeletionStatus,
        Self::DescribeKmsRegions,
        Self::ListKmsInstances,
        Self::GetKmsInstance,
        Self::ListClusters,
        Self::DescribeTrailRegions,
        Self::LookupEvents,
        Self::DescribeTrails,
        Self::GetTrailStatus,
        Self::ListObjects,
        Self::GetObject,
    ];

    /// The action that permits it, as policies and coverage name it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::AssumeRole => "sts:AssumeRole",
            // Nobody has to permit it: who asks is not known yet.
            Self::AssumeRoleWithOidc => "sts:AssumeRoleWithOIDC",
            Self::ListAccounts => "resourcemanager:ListAccounts",
            Self::GetRole => "ram:GetRole",
            Self::ListPoliciesForRole => "ram:ListPoliciesForRole",
            Self::GetPolicy => "ram:GetPolicy",
            Self::GetPolicyVersion => "ram:GetPolicyVersion",
            // An API of Resource Management that RAM's permissions guard.
            Self::GetServiceLinkedRoleDeletionStatus => "ram:GetServiceLinkedRoleDeletionStatus",
            Self::DescribeKmsRegions => "kms:DescribeRegions",
            Self::ListKmsInstances => "kms:ListKmsInstances",
            Self::GetKmsInstance => "kms:GetKmsInstance",
            Self::ListClusters => "yundun-hsm:ListClusters",
            Self::DescribeTrailRegions => "actiontrail:DescribeRegions",
            Self::LookupEvents => "actiontrail:LookupEvents",
            Self::DescribeTrails => "actiontrail:DescribeTrails",
            Self::GetTrailStatus => "actiontrail:GetTrailStatus",
            Self::ListObjects => "oss:ListObjects",
            Self::GetObject => "oss:GetObject",
        }
    }

    /// Its name on the wire: the `x-acs-action` of a request.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.action().split(':').nth(1).unwrap_or_default()
    }

    /// The product that answers it.
    #[must_use]
    pub fn product(self) -> Product {
        match self {
            Self::GetCallerIdentity | Self::AssumeRole | Self::AssumeRoleWithOidc => Product::Sts,
            Self::GetRole | Self::ListPoliciesForRole | Self::GetPolicy | Self::GetPolicyVersion => Product::Ram,
            Self::ListAccounts | Self::GetServiceLinkedRoleDeletionStatus => Product::ResourceManager,
            Self::DescribeKmsRegions | Self::ListKmsInstances | Self::GetKmsInstance => Product::Kms,
            Self::ListClusters => Product::Hsm,
            Self::DescribeTrailRegions | Self::LookupEvents | Self::DescribeTrails | Self::GetTrailStatus => {
                Product::ActionTrail
            }
            Self::ListObjects | Self::GetObject => Product::Oss,
        }
    }
}

impl Product {
    /// The host of the Security Token Service that answers for all Regions.
    pub(super) const STS_EVERYWHERE: &'static str = "sts.aliyuncs.com";

    /// Its name in endpoint templates.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Ram => "ram",
            Self::ResourceManager => "resourcemanager",
            Self::Kms => "kms",
            Self::Hsm => "hsm",
            Self::ActionTrail => "actiontrail",
            Self::Oss => "oss",
        }
    }

    /// The version of its API; OSS has none.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Sts => "2015-04-01",
            Self::Ram => "2015-05-01",
            Self::ResourceManager => "2020-03-31",
            Self::Kms => "2016-01-20",
            Self::Hsm => "2023-11-13",
            Self::ActionTrail => "2020-07-06",
            Self::Oss => "",
        }
    }

    /// The host that answers for a Region, in the absence of a template. RAM, Resource Management and HSM have one for
    /// all Regions.
    #[must_use]
    pub fn host(self, region: &str) -> String {
        match self {
            Self::Sts => format!("sts.{region}.aliyuncs.com"),
            Self::Ram => "ram.aliyuncs.com".to_owned(),
            Self::ResourceManager => "resourcemanager.aliyuncs.com".to_owned(),
            Self::Kms => format!("kms.{region}.aliyuncs.com"),
            Self::Hsm => "hsm.aliyuncs.com".to_owned(),
            Self::ActionTrail => format!("actiontrail.{region}.aliyuncs.com"),
            Self::Oss => format!("oss-{region}.aliyuncs.com"),
        }
    }
}

impl Api for Call {
    fn action(self) -> &'static str {
        Self::action(self)
    }

    fn rate(self) -> Option<Rate> {
        match self {
            Self::LookupEvents => Some(lookup_rate(LOOKUPS_PER_SECOND)),
            Self::GetCallerIdentity | Self::ListObjects | Self::GetObject => None,
            Self::AssumeRole | Self::AssumeRoleWithOidc => Some(Rate::per_second(50.0, 50)),
            // Not published for these; the provider throttles users early.
            _ => Some(Rate::per_second(10.0, 10)),
        }
    }
}

/// Of what the event history allows, so much is used.
const LOOKUP_SHARE: f64 = 0.975;

/// How fast the event history is asked where it answers so many calls in any second: without a burst, and a little
/// slower. The limit is that of an account in all its Regions, so that whoever asks gives one and the same Region to
/// the limits.
fn lookup_rate(per_second: u64) -> Rate {
    Rate::per_second(LOOKUP_SHARE * f64::from(u32::try_from(per_second).unwrap_or(u32::MAX)), 1)
}

/// A call of a source that has a limit of its own for the event history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limited {
    /// The call.
    pub call: Call,
    /// Calls of `LookupEvents` in any second.
    pub lookups_per_second: u64,
}

impl Api for Limited {
    fn action(self) -> &'static str {
        self.call.action()
    }

    fn rate(self) -> Option<Rate> {
        match self.call {
            Call::LookupEvents => Some(lookup_rate(self.lookups_per_second)),
            call => call.rate(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_limit_of_the_event_history_is_a_setting_and_never_reached() {
        for per_second in [1_u32, 2, 5] {
            let lookups = Limited { call: Call::LookupEvents, lookups_per_second: per_second.into() };
            let rate = lookups.rate().expect("has one");
            assert!(rate.burst == 1 && Duration::from_secs(1) < rate.interval * per_second, "{rate:?}");
        }
        let other = Limited { call: Call::GetRole, lookups_per_second: 1 };
        assert_eq!(other.rate(), Call::GetRole.rate());
    }
}
