//! What could be read and what could not: the ground on which every absence is judged.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Provider;

/// How an attempt to read one account, Region and API ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything that the API has was read.
    Complete,
    /// Some pages, objects or records are missing.
    Partial,
    /// The provider refused for want of a permission.
    Denied,
    /// The provider refused for too many requests, to the end.
    Throttled,
    /// No answer within the limits.
    TimedOut,
    /// Any other failure.
    Error,
    /// The Region or account is switched off: nothing is expected there.
    NotEnabled,
    /// The service does not exist there: nothing can be there.
    Unsupported,
    /// Nobody told roletrail where to read this.
    NotConfigured,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 9] = [
        Self::Complete,
        Self::Partial,
        Self::Denied,
        Self::Throttled,
        Self::TimedOut,
        Self::Error,
        Self::NotEnabled,
        Self::Unsupported,
        Self::NotConfigured,
    ];

    /// The name used in JSON, tables and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed-out",
            Self::Error => "error",
            Self::NotEnabled => "not-enabled",
            Self::Unsupported => "unsupported",
            Self::NotConfigured => "not-configured",
        }
    }

    /// Whether an empty answer proves that nothing is there.
    #[must_use]
    pub fn proves_absence(self) -> bool {
        matches!(self, Self::Complete | Self::Unsupported)
    }

    /// Whether something that was expected could not be read.
    #[must_use]
    pub fn is_gap(self) -> bool {
        matches!(self, Self::Partial | Self::Denied | Self::Throttled | Self::TimedOut | Self::Error)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| format!("unknown coverage outcome {text:?}"))
    }
}

/// Names of what is read, as the providers' permissions spell them, or `account`, or `trail:KIND`.
pub mod api {
    /// The account itself: whether it is active and could be entered.
    pub const ACCOUNT: &str = "account";
    /// No trail is configured for an account.
    pub const TRAIL: &str = "trail";
    /// Trail objects from files: `ingest` and `kind = "files"`.
    pub const TRAIL_FILES: &str = "trail:files";
    /// Events of `LookupEvents`: the event history of an account and Region.
    pub const TRAIL_LOOKUP: &str = "trail:lookup-events";
    /// Trail objects from a bucket of AWS.
    pub const TRAIL_S3: &str = "trail:s3";
    /// Trail objects from a bucket of Alibaba Cloud.
    pub const TRAIL_OSS: &str = "trail:oss";
    /// Trail objects that a queue announces.
    pub const TRAIL_SQS: &str = "trail:sqs";
    /// Digests of a trail's log files in a bucket of AWS.
    pub const TRAIL_DIGEST: &str = "trail:digest";
    /// The accounts of an organization of AWS.
    pub const AWS_LIST_ACCOUNTS: &str = "organizations:ListAccounts";
    /// The Regions of an account of AWS.
    pub const AWS_LIST_REGIONS: &str = "account:ListRegions";
    /// The roles of an account of AWS.
    pub const AWS_LIST_ROLES: &str = "iam:ListRoles";
    /// How the deletion of a service-linked role stands.
    pub const AWS_DELETION_STATUS: &str = "iam:GetServiceLinkedRoleDeletionStatus";
    /// The trails of an account of AWS.
    pub const AWS_DESCRIBE_TRAILS: &str = "cloudtrail:DescribeTrails";
    /// Whether a trail of AWS runs.
    pub const AWS_TRAIL_STATUS: &str = "cloudtrail:GetTrailStatus";
    /// What a trail of AWS records.
    pub const AWS_EVENT_SELECTORS: &str = "cloudtrail:GetEventSelectors";
    /// The accounts of a resource directory of Alibaba Cloud.
    pub const ALIBABA_LIST_ACCOUNTS: &str = "resourcemanager:ListAccounts";
    /// The Regions of the key service of Alibaba Cloud.
    pub const ALIBABA_REGIONS: &str = "kms:DescribeRegions";
    /// How the deletion of a service-linked role of Alibaba Cloud stands.
    pub const ALIBABA_DELETION_STATUS: &str = "ram:GetServiceLinkedRoleDeletionStatus";
    /// Clusters of HSMs of a Region of Alibaba Cloud.
    pub const ALIBABA_CLUSTERS: &str = "yundun-hsm:ListClusters";
    /// The trails of an account of Alibaba Cloud.
    pub const ALIBABA_DESCRIBE_TRAILS: &str = "actiontrail:DescribeTrails";
    /// Whether a trail of Alibaba Cloud runs.
    pub const ALIBABA_TRAIL_STATUS: &str = "actiontrail:GetTrailStatus";
    /// A role of AWS.
    pub const AWS_GET_ROLE: &str = "iam:GetRole";
    /// Policies attached to a role of AWS.
    pub const AWS_ATTACHED_POLICIES: &str = "iam:ListAttachedRolePolicies";
    /// The content of a policy version of AWS.
    pub const AWS_POLICY_VERSION: &str = "iam:GetPolicyVersion";
    /// Inline policies of a role of AWS.
    pub const AWS_INLINE_POLICIES: &str = "iam:ListRolePolicies";
    /// Custom key stores of a Region.
    pub const AWS_KEY_STORES: &str = "kms:DescribeCustomKeyStores";
    /// CloudHSM clusters of a Region.
    pub const AWS_CLUSTERS: &str = "cloudhsm:DescribeClusters";
    /// Multi-Region keys of a Region.
    pub const AWS_KEYS: &str = "kms:ListKeys";
    /// A role of Alibaba Cloud.
    pub const ALIBABA_GET_ROLE: &str = "ram:GetRole";
    /// Policies attached to a role of Alibaba Cloud.
    pub const ALIBABA_POLICIES: &str = "ram:ListPoliciesForRole";
    /// The content of a policy version of Alibaba Cloud.
    pub const ALIBABA_POLICY_VERSION: &str = "ram:GetPolicyVersion";
    /// KMS instances of a Region.
    pub const ALIBABA_INSTANCES: &str = "kms:ListKmsInstances";
    /// One KMS instance.
    pub const ALIBABA_INSTANCE: &str = "kms:GetKmsInstance";

    /// What adds to the picture without being needed for a verdict: a gap is shown, and makes no run incomplete.
    const OPTIONAL: [&str; 9] = [
        TRAIL_DIGEST,
        AWS_DELETION_STATUS,
        AWS_DESCRIBE_TRAILS,
        AWS_TRAIL_STATUS,
        AWS_EVENT_SELECTORS,
        ALIBABA_DELETION_STATUS,
        ALIBABA_CLUSTERS,
        ALIBABA_DESCRIBE_TRAILS,
        ALIBABA_TRAIL_STATUS,
    ];

    /// Whether it is a source of trail events, or stands for there being none. Digests are none: they vouch for others.
    #[must_use]
    pub fn is_trail(name: &str) -> bool {
        name == TRAIL || (name.starts_with("trail:") && name != TRAIL_DIGEST)
    }

    /// Whether a run is complete without it.
    #[must_use]
    pub fn is_optional(name: &str) -> bool {
        OPTIONAL.contains(&name)
    }
}

/// The place that a coverage row speaks about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CoverageKey {
    /// The provider.
    pub provider: Provider,
    /// The account; `None` where the trouble cannot be pinned to one account and so concerns all of them.
    pub account: Option<String>,
    /// The Region; `None` for a global API.
    pub region: Option<String>,
    /// What was read, as the provider's permissions name it; see [`api`].
    pub api: String,
    /// Which role or store the call was about, where an API is asked once for each of several.
    pub subject: Option<String>,
}

/// One row of coverage: how reading one place ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The place.
    pub key: CoverageKey,
    /// How it ended.
    pub outcome: Outcome,
    /// The provider's error code and message, or what is missing; empty when complete.
    pub detail: String,
    /// The span of time that the data really covers: set for trails, otherwise the moment of the reading.
    pub from: Timestamp,
    /// The end of that span.
    pub to: Timestamp,
}
