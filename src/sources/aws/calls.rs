//! Every call that roletrail can make to AWS: the one list from which the policies, the limits and the doctor come.
//!
//! None of them changes anything in an account, but for the messages of a queue, which are taken from it.

use crate::sources::live::{Api, Rate};

/// One API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Whose credentials these are.
    GetCallerIdentity,
    /// The accounts of an organization.
    ListAccounts,
    /// Entering another account.
    AssumeRole,
    /// The Regions of an account, and which of them it has switched on.
    ListRegions,
    /// Every role below a path.
    ListRoles,
    /// One role.
    GetRole,
    /// The policies attached to a role.
    ListAttachedRolePolicies,
    /// The names of the policies written into a role.
    ListRolePolicies,
    /// One policy written into a role.
    GetRolePolicy,
    /// The default version of a managed policy.
    GetPolicy,
    /// The content of a version of a managed policy.
    GetPolicyVersion,
    /// How the deletion of a service-linked role stands.
    GetServiceLinkedRoleDeletionStatus,
    /// The custom key stores of a Region.
    DescribeCustomKeyStores,
    /// The keys of a Region.
    ListKeys,
    /// The `CloudHSM` clusters of a Region.
    DescribeClusters,
    /// The event history of a Region.
    LookupEvents,
    /// The trails of an account.
    DescribeTrails,
    /// Whether a trail is logging.
    GetTrailStatus,
    /// What a trail records.
    GetEventSelectors,
    /// The public keys of digests.
    ListPublicKeys,
    /// The Region of a bucket.
    GetBucketLocation,
    /// The objects of a bucket.
    ListBucket,
    /// One object of a bucket.
    GetObject,
    /// Messages of a queue.
    ReceiveMessage,
    /// The end of a message whose objects are stored.
    DeleteMessage,
    /// More time for a message whose objects are being read.
    ChangeMessageVisibility,
}

impl Call {
    /// Every call.
    pub const ALL: [Self; 26] = [
        Self::GetCallerIdentity,
        Self::ListAccounts,
        Self::AssumeRole,
        Self::ListRegions,
        Self::ListRoles,
        Self::GetRole,
        Self::ListAttachedRolePolicies,
        Self::ListRolePolicies,
        Self::GetRolePolicy,
        Self::GetPolicy,
        Self::GetPolicyVersion,
        Self::GetServiceLinkedRoleDeletionStatus,
        Self::DescribeCustomKeyStores,
        Self::ListKeys,
        Self::DescribeClusters,
        Self::LookupEvents,
        Self::DescribeTrails,
        Self::GetTrailStatus,
        Self::GetEventSelectors,
        Self::ListPublicKeys,
        Self::GetBucketLocation,
        Self::ListBucket,
        Self::GetObject,
        Self::ReceiveMessage,
        Self::DeleteMessage,
        Self::ChangeMessageVisibility,
    ];

    /// The action that permits it, as policies and coverage name it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::ListAccounts => "organizations:ListAccounts",
            Self::AssumeRole => "sts:AssumeRole",
            Self::ListRegions => "account:ListRegions",
            Self::ListRoles => "iam:ListRoles",
            Self::GetRole => "iam:GetRole",
            Self::ListAttachedRolePolicies => "iam:ListAttachedRolePolicies",
            Self::ListRolePolicies => "iam:ListRolePolicies",
            Self::GetRolePolicy => "iam:GetRolePolicy",
            Self::GetPolicy => "iam:GetPolicy",
            Self::GetPolicyVersion => "iam:GetPolicyVersion",
            Self::GetServiceLinkedRoleDeletionStatus => "iam:GetServiceLinkedRoleDeletionStatus",
            Self::DescribeCustomKeyStores => "kms:DescribeCustomKeyStores",
            Self::ListKeys => "kms:ListKeys",
            Self::DescribeClusters => "cloudhsm:DescribeClusters",
            Self::LookupEvents => "cloudtrail:LookupEvents",
            Self::DescribeTrails => "cloudtrail:DescribeTrails",
            Self::GetTrailStatus => "cloudtrail:GetTrailStatus",
            Self::GetEventSelectors => "cloudtrail:GetEventSelectors",
            Self::ListPublicKeys => "cloudtrail:ListPublicKeys",
            Self::GetBucketLocation => "s3:GetBucketLocation",
            Self::ListBucket => "s3:ListBucket",
            Self::GetObject => "s3:GetObject",
            Self::ReceiveMessage => "sqs:ReceiveMessage",
            Self::DeleteMessage => "sqs:DeleteMessage",
            Self::ChangeMessageVisibility => "sqs:ChangeMessageVisibility",
        }
    }
}

impl Api for Call {
    fn action(self) -> &'static str {
        Self::action(self)
    }

    fn rate(self) -> Option<Rate> {
        let (calls, burst) = match self {
            // Two requests a second for each account and Region (CloudTrail quotas), and a little slower. Without a
            // burst the interval begins with the answer, so that no three arrive within a second.
            Self::LookupEvents => (1.95, 1),
            // Five a second (AWS KMS developer guide, request quotas); the burst counts towards it.
            Self::DescribeCustomKeyStores => (2.0, 2),
            // Ten a second for every other call of CloudTrail that reads (CloudTrail quotas).
            Self::DescribeTrails | Self::GetTrailStatus | Self::GetEventSelectors | Self::ListPublicKeys => (4.0, 5),
            // Not published; IAM and Organizations throttle early and cannot be raised.
            Self::ListAccounts => (4.0, 4),
            Self::ListRoles
            | Self::GetRole
            | Self::ListAttachedRolePolicies
            | Self::ListRolePolicies
            | Self::GetRolePolicy
            | Self::GetPolicy
            | Self::GetPolicyVersion
            | Self::GetServiceLinkedRoleDeletionStatus => (10.0, 10),
            Self::AssumeRole => (100.0, 100),
            _ => return None,
        };
        Some(Rate::per_second(calls, burst))
    }
}
