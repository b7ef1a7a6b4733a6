//! The summary of a scan: coverage first, then what it found.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{CollectReport, JobContext, JobError};
use crate::exports::json::{ApiCallsJson, MissingJson, ProviderCoverageJson, ScanCoverageJson, ScanJson, TrailJson};
use crate::model::{Account, Coverage, CoverageKey, FindingStatus, Outcome, Provider, Severity, Verdict, api};
use crate::store::{CoverageRow, FindingFilter, HistoryFilter, RunId};

/// A scan's summary and what its exit code depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanReport {
    /// The summary.
    pub json: ScanJson,
    /// The worst severity among the open findings.
    pub worst_open: Option<Severity>,
}

/// Sums up a scan that began at `started`.
///
/// # Errors
/// [`JobError`] when the store fails.
pub fn summarize(
    context: &JobContext,
    run: RunId,
    started: Timestamp,
    collected: &CollectReport,
) -> Result<ScanReport, JobError> {
    let finished = context.now();
    let coverage = context.store.coverage(&HistoryFilter { at: Some(finished), ..HistoryFilter::default() })?;
    let open = FindingFilter { status: Some(FindingStatus::Open), ..FindingFilter::default() };
    let findings = context.store.findings(&open)?;
    let mut verdicts: BTreeMap<_, _> = Verdict::ALL.into_iter().map(|verdict| (verdict.as_str(), 0)).collect();
    for row in context.store.verdicts(&HistoryFilter::default())? {
        *verdicts.entry(row.verdict.as_str()).or_default() += 1;
    }
    let mut findings_open: BTreeMap<_, _> = Severity::ALL.into_iter().map(|level| (level.as_str(), 0)).collect();
    for stored in &findings {
        *findings_open.entry(stored.finding.severity.as_str()).or_default() += 1;
    }
    let json = ScanJson {
        schema: ScanJson::schema(),
        run: run.to_string(),
        started: started.to_string(),
        finished: finished.to_string(),
        coverage: scan_coverage(&coverage),
        calls: calls(collected),
        trail: TrailJson { objects: (&collected.trail.summary).into(), records: (&collected.trail.summary).into() },
        verdicts,
        findings_open,
    };
    Ok(ScanReport { json, worst_open: findings.iter().map(|stored| stored.finding.severity).max() })
}

fn calls(collected: &CollectReport) -> Vec<ApiCallsJson> {
    let calls = collected.calls.iter().map(|(name, counts)| ApiCallsJson {
        provider: Provider::Aws,
        api: name,
        requests: counts.requests,
        throttled: counts.throttled,
        errors: counts.errors,
    });
    calls.collect()
}

/// Expected and complete accounts and Regions, from the newest coverage of every place.
fn scan_coverage(rows: &[CoverageRow]) -> ScanCoverageJson {
    let mut accounts: BTreeMap<Account, bool> = BTreeMap::new();
    let mut regions: BTreeMap<(Account, String), bool> = BTreeMap::new();
    let off = accounts_not_expected(rows);
    for row in rows.iter().map(|row| &row.coverage).filter(|row| is_needed(&row.key.api)) {
        let Some(account) = account_of(&row.key) else { continue };
        if off.contains(&account) || matches!(row.outcome, Outcome::NotEnabled | Outcome::NotConfigured) {
            continue;
        }
        *accounts.entry(account.clone()).or_insert(true) &= !row.outcome.is_gap();
        if let Some(region) = row.key.region.clone() {
            *regions.entry((account, region)).or_insert(true) &= !row.outcome.is_gap();
        }
    }
    let mut by_provider: BTreeMap<Provider, ProviderCoverageJson> = BTreeMap::new();
    for (account, complete) in &accounts {
        let counts = by_provider.entry(account.provider).or_default();
        counts.accounts_expected += 1;
        counts.accounts_complete += u64::from(*complete);
    }
    for ((account, _), complete) in &regions {
        let counts = by_provider.entry(account.provider).or_default();
        counts.regions_expected += 1;
        counts.regions_complete += u64::from(*complete);
    }
    ScanCoverageJson {
        by_provider,
        accounts_expected: accounts.len() as u64,
        accounts_complete: accounts.values().filter(|complete| **complete).count() as u64,
        regions_expected: regions.len() as u64,
        regions_complete: regions.values().filter(|complete| **complete).count() as u64,
        missing: missing(rows, &accounts, &off),
    }
}

/// Every gap, and every account with inventory and without a trail.
fn missing(rows: &[CoverageRow], accounts: &BTreeMap<Account, bool>, off: &BTreeSet<Account>) -> Vec<MissingJson> {
    let is_expected = |row: &&Coverage| account_of(&row.key).is_none_or(|account| !off.contains(&account));
    let gaps = rows.iter().map(|row| &row.coverage).filter(is_expected).filter(|row| row.outcome.is_gap());
    let mut missing: Vec<_> = gaps.map(MissingJson::with_account).collect();
    let with_trail: BTreeSet<_> = rows
        .iter()
        .map(|row| &row.coverage.key)
        .filter(|key| !is_inventory(&key.api))
        .filter_map(account_of)
        .collect();
    missing.extend(accounts.keys().filter(|account| !with_trail.contains(account)).map(|account| MissingJson {
        provider: Some(account.provider),
        account: Some(account.id.clone()),
        region: None,
        api: api::TRAIL.to_owned(),
        outcome: Outcome::NotConfigured,
        detail: "no trail is configured or ingested for this account".to_owned(),
    }));
    missing
}

/// Accounts that are not active, and those that no source asks for any more: what was read of them earlier is not
/// expected to be read again.
fn accounts_not_expected(rows: &[CoverageRow]) -> BTreeSet<Account> {
    rows.iter()
        .map(|row| &row.coverage)
        .filter(|row| row.key.api == api::ACCOUNT)
        .filter(|row| matches!(row.outcome, Outcome::NotEnabled | Outcome::NotConfigured))
        .filter_map(|row| account_of(&row.key))
        .collect()
}

fn account_of(key: &CoverageKey) -> Option<Account> {
    Some(Account::new(key.provider, key.account.clone()?))
}

/// Whether an account is incomplete without it.
fn is_needed(api_name: &str) -> bool {
    is_inventory(api_name) && !api::is_optional(api_name)
}

fn is_inventory(api_name: &str) -> bool {
    api_name != api::TRAIL && !api_name.starts_with("trail:")
}
