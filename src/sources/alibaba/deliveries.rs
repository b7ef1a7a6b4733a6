//! The trails of a source that lie in buckets.

use futures_util::future::join_all;

use super::oss::Bucket;
use super::{Failure, Hub, Plan};
use crate::config::AlibabaTrail;
use crate::model::Coverage;
use crate::sources::live::Outlet;
use crate::sources::live::bucket::{self, Reading, Trail};

/// The bucket of a trail's settings, and its Region.
fn of_bucket(trail: &AlibabaTrail) -> Option<(Trail<'_>, &str)> {
    match trail {
        AlibabaTrail::Oss { bucket, region, prefix, since } => {
            Some((Trail { bucket, prefix: prefix.as_deref(), since: since.as_deref() }, region))
        }
        _ => None,
    }
}

/// Reads all of them side by side; answers what each bucket held.
pub(super) async fn read(plan: &Plan, hub: &Hub, outlet: &Outlet) -> Vec<Reading> {
    let buckets = plan.source.trail.iter().filter_map(of_bucket).map(|(trail, region)| {
        let bucket = Bucket::new(hub.own().apart(), trail.bucket, region);
        bucket::read(plan, trail, Ok(bucket), outlet)
    });
    join_all(buckets).await
}

/// Without credentials none of them can be read.
pub(super) fn closed(plan: &Plan, failure: &Failure) -> Vec<Coverage> {
    let trails = plan.source.trail.iter().filter_map(of_bucket).map(|(trail, _)| trail);
    bucket::closed::<Bucket>(trails, failure, plan.now)
}
