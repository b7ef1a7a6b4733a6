//! Collecting from live accounts: sources ask side by side on the runtime, this thread stores what they find as it
//! comes. A source that is ahead of the store waits, so that memory does not grow with the organization.

mod alibaba;
mod aws;
mod below;
mod history;
mod lookup;
mod objects;
mod provider;
mod taker;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::DropGuard;

use super::JobContext;
use crate::sources::live::Scan;
pub use below::Below;
pub(super) use below::{ingest_below, is_missing};
use provider::Live;
pub(super) use provider::collect_live;

/// Takes the progress of accounts away when the asking ends, however it ends.
struct Shown<'a>(&'a JobContext);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.progress.accounts_finish();
    }
}

/// The scan, and a guard: dropped, it ends whatever is still being asked.
fn begin_scan(context: &JobContext, longest: Duration) -> (Arc<Scan>, DropGuard) {
    let collect = &context.settings.collect;
    let stop = context.stop.token().child_token();
    let at_once = usize::try_from(collect.calls_in_flight).unwrap_or(usize::MAX);
    let deadline = Instant::now() + longest;
    let scan = Scan::new(at_once, collect.call_timeout.unsigned(), deadline, stop.clone());
    (Arc::new(scan), stop.drop_guard())
}
