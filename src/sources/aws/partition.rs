//! Partitions of AWS: what stands in an ARN, and where the services without Regions answer.

use std::fmt;

/// A partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// The commercial Regions.
    Aws,
    /// China.
    China,
    /// The government of the United States.
    UsGov,
}

impl Partition {
    /// The partition that an ARN names; an unknown one is read as the commercial one, whose calls it then refuses.
    #[must_use]
    pub fn of_arn(arn: &str) -> Self {
        match arn.split(':').nth(1) {
            Some("aws-cn") => Self::China,
            Some("aws-us-gov") => Self::UsGov,
            _ => Self::Aws,
        }
    }

    /// The partition that a Region is in.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        match region.split('-').next() {
            Some("cn") => Self::China,
            Some("us") if region.starts_with("us-gov-") => Self::UsGov,
            _ => Self::Aws,
        }
    }

    /// Its name, as ARNs have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::UsGov => "aws-us-gov",
        }
    }

    /// The Region of IAM, Organizations and Account Management, in which IAM's events are recorded too (IAM endpoints
    /// and quotas, AWS General Reference).
    #[must_use]
    pub fn global_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::China => "cn-north-1",
            Self::UsGov => "us-gov-west-1",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
