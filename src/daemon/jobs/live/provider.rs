//! Collecting from the live sources of a provider, and of all providers side by side.

use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc;

use super::history::StoreHistory;
use super::taker::Taker;
use super::{Shown, begin_scan};
use crate::config::{Alibaba, Aws, Settings};
use crate::daemon::jobs::desk::limits;
use crate::daemon::jobs::{CollectReport, JobContext, JobError};
use crate::model::{DeletionTask, Provider};
use crate::sources::live::{MOST_WAITING, Outlet, Patience, Plan, Reached, Scan};
use crate::store::RunId;
use crate::trail::Limits;

/// A source that may ask its provider.
pub(super) trait Live: Clone + Send + Sync + 'static {
    /// The account from which it enters others.
    type Hub: Send + Sync + 'static;

    /// The provider.
    const PROVIDER: Provider;

    /// Every source of the provider.
    fn all(settings: &Settings) -> &[Self];

    /// Whether anything of it is asked of the provider.
    fn is_live(&self) -> bool;

    /// Reads a source to its end.
    fn collect(plan: Plan<Self>, outlet: Outlet)
    -> impl Future<Output = Option<Reached<Self::Hub>>> + Send + 'static;

    /// Checks the digests of its trails.
    fn check_digests(
        plan: Plan<Self>,
        hub: Arc<Self::Hub>,
        limits: Limits,
        outlet: Outlet,
    ) -> impl Future<Output = ()> + Send + 'static;

    /// Asks how deletions stand.
    fn ask_tasks(
        hub: Arc<Self::Hub>,
        tasks: Vec<DeletionTask>,
        patience: Patience,
        outlet: Outlet,
    ) -> impl Future<Output = ()> + Send + 'static;
}

/// Collects from every live source. The providers share deadline and limits, and none waits for another.
///
/// # Errors
/// [`JobError`] when the store fails; what was stored stays, and the sources stop asking.
pub(in crate::daemon::jobs) fn collect_live(context: &JobContext, run: RunId) -> Result<CollectReport, JobError> {
    let (scan, _asking) = begin_scan(context, context.settings.collect.deadline.unsigned());
    let _shown = Shown(context);
    let mut report = CollectReport::default();
    thread::scope(|threads| {
        let aws = threads.spawn(|| collect_from::<Aws>(context, run, &scan));
        let alibaba = collect_from::<Alibaba>(context, run, &scan);
        let aws = aws.join().unwrap_or_else(|_| Err(JobError::Broken("the reading of AWS".to_owned())));
        report.merge(aws?);
        report.merge(alibaba?);
        Ok(report)
    })
}

fn collect_from<S: Live>(context: &JobContext, run: RunId, scan: &Scan) -> Result<CollectReport, JobError> {
    let mut report = CollectReport::default();
    let sources: Vec<_> = S::all(&context.settings).iter().filter(|source| source.is_live()).collect();
    if sources.is_empty() {
        return Ok(report);
    }
    let scan = Arc::new(scan.apart());
    let (outlet, inlet) = mpsc::channel(MOST_WAITING);
    let asking: Vec<_> = sources
        .into_iter()
        .map(|source| (source, context.runtime.spawn(S::collect(plan(context, source, &scan), outlet.clone()))))
        .collect();
    drop(outlet);
    let mut taker = Taker::new(context, run, S::PROVIDER, &mut report, &scan);
    taker.take_all(inlet)?;
    for (source, asking) in asking {
        // A source that broke off has not said what it did not read.
        let reached = context.runtime.block_on(asking).map_err(|error| JobError::Broken(error.to_string()))?;
        if let Some(reached) = reached {
            taker.asked_as(reached.identity);
            let hub = Arc::clone(&reached.hub);
            taker.tasks(&reached.accounts, |tasks, patience, outlet| S::ask_tasks(hub, tasks, patience, outlet))?;
            let (plan, limits) = (plan(context, source, &scan), limits(&context.settings));
            taker.digests(|outlet| S::check_digests(plan, reached.hub, limits, outlet))?;
        }
    }
    taker.end()?;
    let counts = scan.counts().into_iter();
    report.calls.extend(counts.map(|(call, counts)| ((S::PROVIDER, call), counts)));
    Ok(report)
}

fn plan<S: Live>(context: &JobContext, source: &S, scan: &Arc<Scan>) -> Plan<S> {
    Plan {
        source: Arc::new(source.clone()),
        profiles: Arc::clone(&context.profiles),
        history: Arc::new(StoreHistory::new(context.store.clone(), S::PROVIDER)),
        scan: Arc::clone(scan),
        now: context.now(),
    }
}
