//! Collecting from live accounts of AWS.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::history::StoreHistory;
use super::taker::Taker;
use super::{Shown, begin_scan};
use crate::config::{Aws, AwsAccounts, AwsTrail};
use crate::daemon::jobs::{CollectReport, JobContext, JobError};
use crate::model::Provider;
use crate::sources::aws::{self, Plan};
use crate::sources::live::{MOST_WAITING, Scan};
use crate::store::RunId;

/// Collects from every live source of AWS.
///
/// # Errors
/// [`JobError`] when the store fails; what was stored stays, and the sources stop asking.
pub(in crate::daemon::jobs) fn collect_aws(
    context: &JobContext,
    run: RunId,
    report: &mut CollectReport,
) -> Result<(), JobError> {
    let sources: Vec<_> = context.settings.aws.iter().filter(|source| is_live(source)).collect();
    if sources.is_empty() {
        return Ok(());
    }
    let (scan, _asking) = begin_scan(context, context.settings.collect.deadline.unsigned());
    let _shown = Shown(context);
    let (outlet, inlet) = mpsc::channel(MOST_WAITING);
    let asking: Vec<_> = sources
        .into_iter()
        .map(|source| context.runtime.spawn(aws::collect(plan(context, source, &scan), outlet.clone())))
        .collect();
    drop(outlet);
    let mut taker = Taker::new(context, run, Provider::Aws, report, &scan);
    taker.take_all(inlet)?;
    for source in asking {
        // A source that broke off has not said what it did not read.
        let reached = context.runtime.block_on(source).map_err(|error| JobError::Broken(error.to_string()))?;
        if let Some(reached) = reached {
            let hub = Arc::clone(&reached.hub);
            taker.tasks(&reached.accounts, |tasks, patience, outlet| aws::ask_tasks(hub, tasks, patience, outlet))?;
        }
    }
    taker.end()?;
    report.calls.extend(scan.counts());
    Ok(())
}

/// Whether anything of a source is asked of the provider.
fn is_live(source: &Aws) -> bool {
    source.accounts != AwsAccounts::None || source.trail.iter().any(|trail| !matches!(trail, AwsTrail::Files { .. }))
}

fn plan(context: &JobContext, source: &Aws, scan: &Arc<Scan>) -> Plan {
    Plan {
        source: Arc::new(source.clone()),
        profiles: Arc::clone(&context.profiles),
        history: Arc::new(StoreHistory::new(context.store.clone(), Provider::Aws)),
        scan: Arc::clone(scan),
        now: context.now(),
    }
}
