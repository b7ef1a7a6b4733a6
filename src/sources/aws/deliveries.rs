//! The trails of a source that lie in buckets or are announced by queues.

use futures_util::future::join_all;

use super::bucket::Bucket;
use super::{Failure, Hub, Plan, queue};
use crate::config::AwsTrail;
use crate::model::Coverage;
use crate::sources::live::Outlet;
use crate::sources::live::bucket::{self, Reading, Trail};

/// The bucket of a trail's settings.
fn of_bucket(trail: &AwsTrail) -> Option<Trail<'_>> {
    match trail {
        AwsTrail::S3 { bucket, prefix, since, .. } => {
            Some(Trail { bucket, prefix: prefix.as_deref(), since: since.as_deref() })
        }
        _ => None,
    }
}

/// The address of a trail's queue.
fn of_queue(trail: &AwsTrail) -> Option<&str> {
    match trail {
        AwsTrail::Sqs { queue_url } => Some(queue_url),
        _ => None,
    }
}

/// Reads all of them side by side; answers what each bucket held.
pub(super) async fn read(plan: &Plan, hub: &Hub, outlet: &Outlet) -> Vec<Reading> {
    let trails = &plan.source.trail;
    let buckets = trails.iter().filter_map(of_bucket).map(|trail| async move {
        let opened = Bucket::open(&hub.own().apart(), trail.bucket).await;
        bucket::read(plan, trail, opened, outlet).await
    });
    let queues = trails.iter().filter_map(of_queue).map(|url| queue::read(plan, hub, url, outlet));
    let (readings, _) = futures_util::future::join(join_all(buckets), join_all(queues)).await;
    readings
}

/// Without credentials none of them can be read.
pub(super) fn closed(plan: &Plan, failure: &Failure) -> Vec<Coverage> {
    let trails = &plan.source.trail;
    let mut rows = bucket::closed::<Bucket>(trails.iter().filter_map(of_bucket), failure, plan.now);
    let end = (failure.outcome, failure.detail.clone());
    rows.extend(trails.iter().filter_map(of_queue).map(|url| queue::row(url.to_owned(), end.clone(), plan.now)));
    rows
}
