//! Every call that roletrail can make to Alibaba Cloud: the one list from which endpoints, versions, limits, policies
//! and the doctor come. None of them changes anything in an account.

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
            // Two requests in any second (ActionTrail, quotas), for an account in all its Regions: whoever asks it
            // gives one and the same Region to the limits. Without a burst, and a little slower.
            Self::LookupEvents => Some(Rate::per_second(1.95, 1)),
            Self::GetCallerIdentity | Self::ListObjects | Self::GetObject => None,
            Self::AssumeRole | Self::AssumeRoleWithOidc => Some(Rate::per_second(50.0, 50)),
            // Not published for these; the provider throttles users early.
            _ => Some(Rate::per_second(10.0, 10)),
        }
    }
}
