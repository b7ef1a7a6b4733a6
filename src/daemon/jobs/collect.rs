//! Collecting from every configured source: inventory first, then trails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::ingest::{IngestReport, ingest_files};
use super::trail_coverage::trail_key;
use super::{JobContext, JobError, live};
use crate::config::{AlibabaAccounts, AlibabaTrail, AwsAccounts, AwsTrail, Regions, Settings};
use crate::model::{Account, Coverage, CoverageKey, HSM_CLUSTER, Outcome, Provider, SourceSummary, api};
use crate::profiles::Profiles;
use crate::sources::live::CallCounts;
use crate::sources::snapshot;
use crate::store::{CoverageRow, HistoryFilter, Identity, Requests, RunId, Store, StoreError};

/// What a collection came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectReport {
    /// Accounts whose inventory was asked for.
    pub accounts: BTreeSet<Account>,
    /// Lists of accounts that could not be read: accounts may be missing.
    pub listing_gaps: BTreeMap<Provider, Coverage>,
    /// Who asked the providers.
    pub identities: BTreeSet<Identity>,
    /// How often each API was asked.
    pub calls: BTreeMap<(Provider, &'static str), CallCounts>,
    /// The kinds of live trails that were read, `trail:KIND`, and whether each was read completely.
    pub live_trails: BTreeMap<String, bool>,
    /// Whether some inventory could not be read.
    pub inventory_incomplete: bool,
    /// The reading of the trails.
    pub trail: IngestReport,
    /// Whether all trails of files were read completely; `None` where there are none.
    pub trail_files: Option<bool>,
    /// Its counts by provider; a provider without a trail has none.
    pub trail_by_provider: BTreeMap<Provider, SourceSummary>,
    /// Whether something that was expected could not be read.
    pub incomplete: bool,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

impl CollectReport {
    /// Adds what another collection of the same run came to.
    pub(super) fn merge(&mut self, other: Self) {
        self.accounts.extend(other.accounts);
        self.listing_gaps.extend(other.listing_gaps);
        self.identities.extend(other.identities);
        self.calls.extend(other.calls);
        for (trail, complete) in other.live_trails {
            *self.live_trails.entry(trail).or_insert(true) &= complete;
        }
        self.inventory_incomplete |= other.inventory_incomplete;
        self.trail.add(other.trail);
        if let Some(complete) = other.trail_files {
            *self.trail_files.get_or_insert(true) &= complete;
        }
        for (provider, summary) in &other.trail_by_provider {
            self.trail_by_provider.entry(*provider).or_default().add(summary);
        }
        self.incomplete |= other.incomplete;
        self.interrupted |= other.interrupted;
    }
}

/// Collects from every source. Gaps are stored as coverage; nothing that could not be read is taken for empty.
///
/// # Errors
/// [`JobError`] when the store fails; what was stored stays.
pub fn collect(context: &JobContext, run: RunId) -> Result<CollectReport, JobError> {
    let mut report = live::collect_live(context, run)?;
    collect_snapshots(context, run, &mut report)?;
    note_vanished(context, run, &mut report)?;
    for (provider, path) in trail_files(&context.settings) {
        if !context.stop.is_requested() {
            collect_trail(context, run, provider, &path, &mut report)?;
        }
    }
    note_asking(context, run, &report)?;
    report.incomplete |= report.inventory_incomplete || report.trail.incomplete;
    report.interrupted |= report.trail.interrupted || context.stop.is_requested();
    Ok(report)
}

/// Who asked, and how often: reports of later days tell it.
fn note_asking(context: &JobContext, run: RunId, report: &CollectReport) -> Result<(), StoreError> {
    let identities: Vec<_> = report.identities.iter().cloned().collect();
    let calls: Vec<_> = report
        .calls
        .iter()
        .filter(|(_, counts)| 0 < counts.requests)
        .map(|((provider, api), counts)| Requests {
            provider: *provider,
            api: (*api).to_owned(),
            requests: counts.requests,
            throttled: counts.throttled,
            errors: counts.errors,
        })
        .collect();
    if identities.is_empty() && calls.is_empty() {
        return Ok(());
    }
    context.store.save_asking(run, &identities, &calls)
}

fn collect_snapshots(context: &JobContext, run: RunId, report: &mut CollectReport) -> Result<(), JobError> {
    if context.settings.snapshot.is_empty() {
        return Ok(());
    }
    let known = regions_with_stores(&context.store)?;
    let known_regions = |account: &Account| {
        let mut regions = known.get(account).cloned().unwrap_or_default();
        regions.extend(configured_regions(&context.settings, account.provider));
        regions
    };
    let now = context.now();
    let inventory = snapshot::collect(&context.settings.snapshot, &context.profiles, &known_regions, now);
    report.inventory_incomplete |= inventory.directories().iter().any(|row| row.outcome.is_gap());
    context.store.save_coverage(run, now, inventory.directories())?;
    let kind_apis = kind_apis(&context.profiles);
    for mut collection in inventory {
        if context.stop.is_requested() {
            return Ok(());
        }
        report.inventory_incomplete |= collection.coverage.iter().any(is_needed_gap);
        report.accounts.insert(Account::new(collection.provider, collection.account.clone()));
        collection.kind_apis.clone_from(&kind_apis);
        context.store.save_collection(run, &collection)?;
    }
    Ok(())
}

/// Whether something was not read without which no run is complete.
pub(super) fn is_needed_gap(row: &Coverage) -> bool {
    row.outcome.is_gap() && !api::is_optional(&row.key.api)
}

/// A row for every account that an earlier inventory had and this one does not: what was true of it then must not
/// stand as if it had been read again.
fn note_vanished(context: &JobContext, run: RunId, report: &mut CollectReport) -> Result<(), JobError> {
    if context.stop.is_requested() {
        return Ok(());
    }
    let vanished = vanished_accounts(context, report)?;
    report.inventory_incomplete |= vanished.iter().any(|row| row.outcome.is_gap());
    Ok(context.store.save_coverage(run, context.now(), &vanished)?)
}

fn vanished_accounts(context: &JobContext, report: &CollectReport) -> Result<Vec<Coverage>, StoreError> {
    let now = context.now();
    let mut expected = BTreeSet::new();
    let present = HistoryFilter { at: Some(now), ..HistoryFilter::default() };
    context.store.each_coverage(&present, |row| {
        let CoverageRow { coverage: Coverage { key, outcome, .. }, .. } = row;
        if let Some(account) = key.account
            && !key.api.starts_with(api::TRAIL)
            && outcome != Outcome::NotConfigured
        {
            expected.insert(Account::new(key.provider, account));
        }
    })?;
    let row = |account: &Account, (outcome, detail)| Coverage {
        key: CoverageKey {
            provider: account.provider,
            account: Some(account.id.clone()),
            region: None,
            api: api::ACCOUNT.to_owned(),
            subject: None,
        },
        outcome,
        detail,
        from: now,
        to: now,
    };
    let vanished = expected.difference(&report.accounts);
    Ok(vanished.filter_map(|account| Some(row(account, why_vanished(context, account.provider, report)?))).collect())
}

/// Why an account that was read before is not read now; `None` where nobody collects inventory of its provider.
fn why_vanished(context: &JobContext, provider: Provider, report: &CollectReport) -> Option<(Outcome, String)> {
    if let Some(listing) = report.listing_gaps.get(&provider) {
        return Some((listing.outcome, format!("{}: {}", listing.key.api, listing.detail)));
    }
    let settings = &context.settings;
    if !settings.snapshot.is_empty() {
        let detail = "an earlier inventory had this account, and no [[snapshot]] has a directory of it now";
        return Some((Outcome::Error, detail.to_owned()));
    }
    let live = match provider {
        Provider::Aws => settings.aws.iter().any(|source| source.accounts != AwsAccounts::None),
        Provider::Alibaba => settings.alibaba.iter().any(|source| source.accounts != AlibabaAccounts::None),
    };
    live.then(|| (Outcome::NotConfigured, "no source has this account any more".to_owned()))
}

/// Regions that a source of the provider lists: they are expected in its inventory files as well.
fn configured_regions(settings: &Settings, provider: Provider) -> Vec<String> {
    let aws = settings.aws.iter().map(|source| &source.regions).filter(|_| provider == Provider::Aws);
    let alibaba = settings.alibaba.iter().map(|source| &source.regions).filter(|_| provider == Provider::Alibaba);
    let listed = aws.chain(alibaba).filter_map(|regions| match regions {
        Regions::List(regions) => Some(regions.clone()),
        Regions::Enabled => None,
    });
    listed.flatten().collect()
}

/// The API that lists the stores of each kind: only its complete answer lets a store be gone.
pub(super) fn kind_apis(profiles: &Profiles) -> BTreeMap<String, String> {
    let kinds = profiles.iter().filter_map(|profile| profile.store.as_ref());
    let kinds = kinds.map(|kind| (kind.kind.clone(), kind.api.clone()));
    kinds.chain([(HSM_CLUSTER.to_owned(), api::ALIBABA_CLUSTERS.to_owned())]).collect()
}

/// Regions in which the history holds a store: they are expected to answer, whatever a new inventory lists.
fn regions_with_stores(store: &Store) -> Result<BTreeMap<Account, Vec<String>>, StoreError> {
    let mut regions: BTreeMap<Account, BTreeSet<String>> = BTreeMap::new();
    for row in store.stores(&HistoryFilter::default())? {
        if row.span.valid_to.is_none() {
            regions.entry(row.account).or_default().insert(row.span.store.region);
        }
    }
    Ok(regions.into_iter().map(|(account, regions)| (account, regions.into_iter().collect())).collect())
}

/// The trails of files of every source, with the provider that they are configured for.
fn trail_files(settings: &Settings) -> Vec<(Provider, PathBuf)> {
    let aws = settings.aws.iter().flat_map(|source| &source.trail).filter_map(|trail| match trail {
        AwsTrail::Files { path } => Some((Provider::Aws, path.clone())),
        _ => None,
    });
    let alibaba = settings.alibaba.iter().flat_map(|source| &source.trail).filter_map(|trail| match trail {
        AlibabaTrail::Files { path } => Some((Provider::Alibaba, path.clone())),
        _ => None,
    });
    aws.chain(alibaba).collect()
}

fn collect_trail(
    context: &JobContext,
    run: RunId,
    provider: Provider,
    path: &Path,
    report: &mut CollectReport,
) -> Result<(), JobError> {
    let readable = std::fs::metadata(path);
    let mut whole = true;
    if readable.is_ok() {
        let reading = ingest_files(context, run, &[path.to_owned()], Some(provider))?;
        report.trail_by_provider.entry(provider).or_default().add(&reading.summary);
        whole = !reading.incomplete;
        report.trail.add(reading);
    }
    let detail = readable.err().map(|error| format!("{}: {error}", path.display()));
    report.incomplete |= detail.is_some();
    *report.trail_files.get_or_insert(true) &= whole && detail.is_none();
    context.store.save_coverage(run, context.now(), &trail_rows(context, provider, path, detail, report)?)?;
    Ok(())
}

/// How reading the trail as a whole ended, and which of the accounts it should speak of it does not.
fn trail_rows(
    context: &JobContext,
    provider: Provider,
    path: &Path,
    trouble: Option<String>,
    report: &CollectReport,
) -> Result<Vec<Coverage>, StoreError> {
    let now = context.now();
    let covered: BTreeSet<_> = context
        .store
        .coverage(&HistoryFilter { provider: Some(provider), at: Some(now), ..HistoryFilter::default() })?
        .into_iter()
        .filter(|row| {
            row.coverage.key == trail_key(api::TRAIL_FILES, provider, row.coverage.key.account.clone(), None)
        })
        .filter(|row| row.coverage.outcome == Outcome::Complete)
        .filter_map(|row| row.coverage.key.account)
        .collect();
    let row = |account, subject, outcome, detail| Coverage {
        key: trail_key(api::TRAIL_FILES, provider, account, subject),
        outcome,
        detail,
        from: now,
        to: now,
    };
    let outcome = if trouble.is_some() { Outcome::Error } else { Outcome::Complete };
    let mut rows = vec![row(None, Some(path.display().to_string()), outcome, trouble.unwrap_or_default())];
    let silent = report.accounts.iter().filter(|account| account.provider == provider);
    for account in silent.filter(|account| !covered.contains(&account.id)) {
        let detail = format!("{} holds no object of this account", path.display());
        rows.push(row(Some(account.id.clone()), None, Outcome::Partial, detail));
    }
    Ok(rows)
}
