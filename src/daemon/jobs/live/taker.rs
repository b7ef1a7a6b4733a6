//! Storing what live sources find, as it comes.

use std::collections::BTreeSet;

use tokio::sync::mpsc;

use super::objects::Objects;
use crate::daemon::jobs::{CollectReport, IngestReport, JobContext, JobError};
use crate::model::{Account, Coverage, DeletionTask, Outcome, Provider, api};
use crate::sources::live::{CallCounts, Found, MOST_WAITING, Outlet, Patience, Scan};
use crate::store::{Identity, RunId};

/// What was found next. Before a wait for it, what was taken is committed: sources may wait for that in their turn.
pub(super) fn next(inlet: &mut mpsc::Receiver<Found>, objects: &mut Objects<'_>) -> Result<Option<Found>, JobError> {
    if let Ok(found) = inlet.try_recv() {
        return Ok(Some(found));
    }
    objects.commit()?;
    Ok(inlet.blocking_recv())
}

/// Stores what the sources find.
pub(super) struct Taker<'a> {
    pub(super) context: &'a JobContext,
    pub(super) run: RunId,
    provider: Provider,
    pub(super) report: &'a mut CollectReport,
    scan: &'a Scan,
    objects: Objects<'a>,
    /// Accounts and Regions whose event history held a record that could not be read.
    pub(super) imperfect: BTreeSet<(String, String)>,
}

impl<'a> Taker<'a> {
    /// A taker for one provider.
    pub(super) fn new(
        context: &'a JobContext,
        run: RunId,
        provider: Provider,
        report: &'a mut CollectReport,
        scan: &'a Scan,
    ) -> Self {
        let objects = Objects::new(context, run, provider);
        Self { context, run, provider, report, scan, objects, imperfect: BTreeSet::new() }
    }

    /// An account of the provider.
    pub(super) fn account(&self, id: &str) -> Account {
        Account::new(self.provider, id)
    }

    /// The provider.
    pub(super) fn provider(&self) -> Provider {
        self.provider
    }

    /// Notes who asked.
    pub(super) fn asked_as(&mut self, arn: String) {
        self.report.identities.insert(Identity { provider: self.provider, arn });
    }

    /// Takes what comes, until every source has ended.
    pub(super) fn take_all(&mut self, mut inlet: mpsc::Receiver<Found>) -> Result<(), JobError> {
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

    /// Has it asked how deletions stand that are not known to have ended; those that the trails of this run told are
    /// among them.
    pub(super) fn tasks<F>(
        &mut self,
        accounts: &BTreeSet<String>,
        ask: impl FnOnce(Vec<DeletionTask>, Patience, Outlet) -> F,
    ) -> Result<(), JobError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let unfinished = self.context.store.unfinished_tasks(self.provider)?;
        let tasks = unfinished.into_iter().map(|row| row.task).filter(|task| accounts.contains(&task.account));
        let patience = Patience { grace: self.context.judging().grace, now: self.context.now() };
        let (outlet, inlet) = mpsc::channel(MOST_WAITING);
        let asking = self.context.runtime.spawn(ask(tasks.collect(), patience, outlet));
        self.take_all(inlet)?;
        self.context.runtime.block_on(asking).map_err(|error| JobError::Broken(error.to_string()))
    }

    /// Has it check what vouches for the objects of this run, now that they are stored.
    pub(super) fn digests<F>(&mut self, check: impl FnOnce(Outlet) -> F) -> Result<(), JobError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (outlet, inlet) = mpsc::channel(MOST_WAITING);
        let checking = self.context.runtime.spawn(check(outlet));
        self.take_all(inlet)?;
        self.context.runtime.block_on(checking).map_err(|error| JobError::Broken(error.to_string()))
    }

    /// Commits what is left; all that was read is in the report then.
    pub(super) fn end(self) -> Result<(), JobError> {
        let reading = self.objects.end()?;
        if reading != IngestReport::default() {
            self.report.trail_by_provider.entry(self.provider).or_default().add(&reading.summary);
            self.report.trail.add(reading);
        }
        Ok(())
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
                collection.kind_apis = crate::daemon::jobs::collect::kind_apis(&self.context.profiles);
                self.note(&collection.coverage);
                self.context.store.save_collection(self.run, &collection)?;
                self.context.progress.account_done(regions_read(&collection.coverage));
            }
            Found::Task { account, task, row } => {
                let account = self.account(&account);
                let tasks: Vec<_> = task.map(|task| *task).into_iter().collect();
                self.context.store.save_tasks(self.run, self.context.now(), &account, &tasks, &[row])?;
            }
            Found::Digests { account, update } => {
                let account = self.account(&account);
                self.context.store.save_digests(self.context.now(), &account, &update)?;
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
            if row.key.api == api::TRAIL_DIGEST {
                // Digests vouch for what was read; they are no part of it.
                continue;
            }
            if row.key.api.starts_with(TRAIL_PREFIX) {
                *self.report.live_trails.entry(row.key.api.clone()).or_insert(true) &= !row.outcome.is_gap();
                self.report.incomplete |= row.outcome.is_gap();
                // A trail is no list of accounts, even where it concerns all of them.
                continue;
            }
            let lists_accounts = row.key.account.is_none() && row.key.provider == self.provider;
            if lists_accounts && row.outcome != Outcome::Complete {
                self.report.listing_gaps.entry(row.key.provider).or_insert_with(|| row.clone());
            }
            self.report.inventory_incomplete |= crate::daemon::jobs::collect::is_needed_gap(row);
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
