//! Where the services of a partition answer that have no Regions.

use crate::model::Partition;

/// The partition that an ARN names; an unknown one is read as the commercial one, whose calls it then refuses.
pub(super) fn of_arn(arn: &str) -> Partition {
    arn.split(':').nth(1).and_then(|name| name.parse().ok()).unwrap_or_default()
}

/// The partition that a Region is in, by its name.
pub(super) fn of_region(region: &str) -> Partition {
    match region {
        _ if region.starts_with("cn-") => Partition::AwsCn,
        _ if region.starts_with("us-gov-") => Partition::AwsUsGov,
        _ => Partition::Aws,
    }
}

/// The Region of IAM, Organizations and Account Management, in which IAM's events are recorded too (AWS General
/// Reference, service endpoints).
pub(super) fn global_region(partition: Partition) -> &'static str {
    match partition {
        Partition::Aws => "us-east-1",
        Partition::AwsCn => "cn-north-1",
        Partition::AwsUsGov => "us-gov-west-1",
    }
}
