//! The trails of a source that lie in buckets or are announced by queues.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{Failure, Hub, Plan, bucket, queue};
use crate::config::AwsTrail;
use crate::model::{Coverage, Outcome};
use crate::sources::live::{Found, Outlet, hand_over};

/// The bucket of a trail's settings.
fn of_bucket(trail: &AwsTrail) -> Option<bucket::Trail<'_>> {
    match trail {
        AwsTrail::S3 { bucket, prefix, since } => {
            Some(bucket::Trail { bucket, prefix: prefix.as_deref(), since: since.as_deref() })
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
pub(super) async fn read(plan: &Plan, hub: &Hub, outlet: &Outlet) -> Vec<bucket::Reading> {
    let trails = &plan.source.trail;
    let buckets = trails.iter().filter_map(of_bucket).map(|trail| bucket::read(plan, hub, trail, outlet));
    let queues = trails.iter().filter_map(of_queue).map(|url| queue::read(plan, hub, url, outlet));
    let (readings, _) = futures_util::future::join(join_all(buckets), join_all(queues)).await;
    readings
}

/// Without credentials none of them can be read.
pub(super) fn closed(plan: &Plan, failure: &Failure) -> Vec<Coverage> {
    let (end, now) = ((failure.outcome, failure.detail.clone()), plan.now);
    let trails = &plan.source.trail;
    let buckets = trails.iter().filter_map(of_bucket);
    let mut rows: Vec<_> =
        buckets.map(|trail| bucket::row(None, trail.subject(), end.0, end.1.clone(), (now, now))).collect();
    rows.extend(trails.iter().filter_map(of_queue).map(|url| queue::row(url.to_owned(), end.clone(), now)));
    rows
}

/// Says of which of the source's accounts a bucket holds nothing: their events are elsewhere, or nowhere.
pub(super) async fn note_silent(
    plan: &Plan,
    accounts: &BTreeSet<String>,
    readings: Vec<bucket::Reading>,
    outlet: &Outlet,
) {
    for bucket::Reading { subject, accounts: held } in readings {
        let Some(held) = held else { continue };
        let row = |account: &String| {
            let detail = format!("{subject} holds no object of this account");
            bucket::row(Some(account), subject.clone(), Outcome::Partial, detail, (plan.now, plan.now))
        };
        let rows: Vec<_> = accounts.difference(&held).map(row).collect();
        hand_over(outlet, Found::Coverage(rows)).await;
    }
}
