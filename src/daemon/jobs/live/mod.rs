//! Collecting from live accounts: sources ask side by side on the runtime, this thread stores what they find as it
//! comes. A source that is ahead of the store waits, so that memory does not grow with the organization.

mod below;
mod history;
mod lookup;
mod objects;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::DropGuard;

use super::{CollectReport, IngestReport, JobContext, JobError};
use crate::config::{Aws, AwsAccounts, AwsTrail};
use crate::model::{Account, Coverage, Outcome, Provider, api};
use crate::sources::aws::{self, CallCounts, Found, MOST_WAITING, Patience, Plan, Reached, Scan};
use crate::store::RunId;
pub(super) use below::{ingest_below, is_missing};
use history::StoreHistory;
use objects::Objects;

/// Collects from every live source of AWS.
///
/// # Errors
/// [`JobError`] when the store fails; what was stored stays, and the sources stop asking.
pub(super) fn collect_aws(context: &JobContext, run: RunId, report: &mut CollectReport) -> Result<(), JobError> {
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
    let mut taker =
        Taker { context, run, report, scan: &scan, objects: Objects::new(context, run), imperfect: BTreeSet::new() };
    taker.take_all(inlet)?;
    for source in asking {
        // A source that broke off has not said what it did not read.
        let reached = context.runtime.block_on(source).map_err(|error| JobError::Broken(error.to_string()))?;
        if let Some(reached) = reached {
            taker.tasks(&reached)?;
        }
    }
    let Taker { objects, report, .. } = taker;
    let reading = objects.end()?;
    if reading != IngestReport::default() {
        report.trail_by_provider.entry(Provider::Aws).or_default().add(&reading.summary);
        report.trail.add(reading);
    }
    report.calls = scan.counts().into_iter().map(|(call, counts)| (call.action(), counts)).collect();
    Ok(())
}

/// What was found next. Before a wait for it, what was taken is committed: sources may wait for that in their turn.
fn next(inlet: &mut mpsc::Receiver<Found>, objects: &mut Objects<'_>) -> Result<Option<Found>, JobError> {
    if let Ok(found) = inlet.try_recv() {
        return Ok(Some(found));
    }
    objects.commit()?;
    Ok(inlet.blocking_recv())
}

/// Takes the progress of accounts away when the asking ends, however it ends.
struct Shown<'a>(&'a JobContext);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.progress.accounts_finish();
    }
}

/// Whether anything of a source is asked of the provider.
fn is_live(source: &Aws) -> bool {
    source.accounts != AwsAccounts::None || source.trail.iter().any(|trail| !matches!(trail, AwsTrail::Files { .. }))
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

fn plan(context: &JobContext, source: &Aws, scan: &Arc<Scan>) -> Plan {
    Plan {
        source: Arc::new(source.clone()),
        profiles: Arc::clone(&context.profiles),
        history: Arc::new(StoreHistory::new(context.store.clone())),
        scan: Arc::clone(scan),
        now: context.now(),
    }
}

/// Stores what the sources find.
struct Taker<'a> {
    context: &'a JobContext,
    run: RunId,
    report: &'a mut CollectReport,
    scan: &'a Scan,
    objects: Objects<'a>,
    /// Accounts and Regions whose event history held a record that could not be read.
    imperfect: BTreeSet<(String, String)>,
}

impl Taker<'_> {
    fn take_all(&mut self, mut inlet: mpsc::Receiver<Found>) -> Result<(), JobError> {
        while let Some(found) = next(&mut inlet, &mut self.objects)? {
            self.take(found)?;
            self.show_calls();
        }
        Ok(())
    }

    fn show_calls(&self) {
        let counts = self.scan.counts();
        let sum = |of: fn(&CallCounts) -> u64| counts.values().map(of).sum();
        self.context.progress.asked(sum(|counts| counts.requests), sum(|counts| counts.throttled));
    }

    /// Asks how deletions stand that are not known to have ended; those that the trails of this run told are among
    /// them.
    fn tasks(&mut self, reached: &Reached) -> Result<(), JobError> {
        let unfinished = self.context.store.unfinished_tasks(Provider::Aws)?;
        let tasks: Vec<_> = unfinished
            .into_iter()
            .map(|row| row.task)
            .filter(|task| reached.accounts.contains(&task.account))
            .collect();
        let patience = Patience { grace: self.context.judging().grace, now: self.context.now() };
        let (outlet, inlet) = mpsc::channel(MOST_WAITING);
        let asking = self.context.runtime.spawn(aws::ask_tasks(Arc::clone(&reached.hub), tasks, patience, outlet));
        self.take_all(inlet)?;
        self.context.runtime.block_on(asking).map_err(|error| JobError::Broken(error.to_string()))
    }

    fn take(&mut self, found: Found) -> Result<(), JobError> {
        if !matches!(found, Found::Object(_)) {
            // Objects hold the store's writer, and what comes after them may speak of them.
            self.objects.commit()?;
        }
        match found {
            Found::Object(object) => self.objects.take(*object)?,
            Found::Accounts(more) => self.context.progress.expect_accounts(more),
            Found::Coverage(rows) => self.coverage(&rows)?,
            Found::Inventory(mut collection) => {
                collection.kind_apis = super::collect::kind_apis(&self.context.profiles);
                self.note(&collection.coverage);
                self.context.store.save_collection(self.run, &collection)?;
                self.context.progress.account_done(regions_read(&collection.coverage));
            }
            Found::Task { account, task, row } => {
                let account = Account::new(Provider::Aws, account);
                let tasks: Vec<_> = task.map(|task| *task).into_iter().collect();
                self.context.store.save_tasks(self.run, self.context.now(), &account, &tasks, &[row])?;
            }
            Found::Lookup(lookup) => self.lookup(&lookup)?,
            Found::LookupsEnded(account, since) => self.lookups_ended(&account, since)?,
        }
        Ok(())
    }

    fn coverage(&mut self, rows: &[Coverage]) -> Result<(), JobError> {
        self.note(rows);
        self.context.store.save_coverage(self.run, self.context.now(), rows)?;
        Ok(())
    }

    /// Takes into the report what rows say of the accounts and of their completeness.
    fn note(&mut self, rows: &[Coverage]) {
        for row in rows {
            if let Some(account) = row.key.account.clone().filter(|_| row.key.api == api::ACCOUNT) {
                self.report.accounts.insert(Account::new(row.key.provider, account));
            }
            if row.key.api.starts_with(TRAIL_PREFIX) {
                *self.report.live_trails.entry(row.key.api.clone()).or_insert(true) &= !row.outcome.is_gap();
                self.report.incomplete |= row.outcome.is_gap();
                // A trail is no list of accounts, even where it concerns all of them.
                continue;
            }
            let lists_accounts = row.key.account.is_none() && row.key.provider == Provider::Aws;
            if lists_accounts && row.outcome != Outcome::Complete {
                self.report.listing_gaps.entry(row.key.provider).or_insert_with(|| row.clone());
            }
            self.report.inventory_incomplete |= super::collect::is_needed_gap(row);
            if row.key.api == api::ACCOUNT && row.outcome.is_gap() {
                self.context.progress.account_done(0);
            }
        }
    }
}

/// What names of trails in coverage begin with.
const TRAIL_PREFIX: &str = "trail:";

/// Regions of which nothing that was asked is missing.
fn regions_read(rows: &[Coverage]) -> u64 {
    let asked = rows.iter().filter(|row| row.outcome != Outcome::NotEnabled);
    let regions: BTreeSet<_> = asked.filter_map(|row| row.key.region.as_deref()).collect();
    let gaps = rows.iter().filter(|row| row.outcome.is_gap());
    let dark: BTreeSet<_> = gaps.filter_map(|row| row.key.region.as_deref()).collect();
    regions.difference(&dark).count() as u64
}
