//! The summary of a scan: coverage first, then what it found.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{CollectReport, JobContext, JobError};
use crate::exports::json::{ApiCallsJson, MissingJson, ScanCoverageJson, ScanJson, TrailJson};
use crate::model::{Account, Coverage, CoverageKey, Outcome, Severity, Verdict, api};
use crate::store::{FindingsGauge, HistoryFilter, RunId};

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
    let mut tally = Tally::default();
    let present = HistoryFilter { at: Some(finished), ..HistoryFilter::default() };
    context.store.each_coverage(&present, |row| tally.take(&row.coverage))?;
    let findings = context.view().tally()?;
    let mut verdicts: BTreeMap<_, _> = Verdict::ALL.into_iter().map(|verdict| (verdict.as_str(), 0)).collect();
    for row in context.store.verdicts(&HistoryFilter::default())? {
        *verdicts.entry(row.verdict.as_str()).or_default() += 1;
    }
    let json = ScanJson {
        schema: ScanJson::schema(),
        run: run.to_string(),
        started: started.to_string(),
        finished: finished.to_string(),
        coverage: tally.end(),
        calls: calls(collected),
        trail: TrailJson { objects: (&collected.trail.summary).into(), records: (&collected.trail.summary).into() },
        verdicts,
        findings_open: by_severity(&findings.open),
        findings_excepted: by_severity(&findings.excepted),
    };
    Ok(ScanReport { json, worst_open: findings.open.iter().map(|gauge| gauge.severity).max() })
}

fn by_severity(counts: &[FindingsGauge]) -> BTreeMap<&'static str, u64> {
    let mut sums: BTreeMap<_, _> = Severity::ALL.into_iter().map(|level| (level.as_str(), 0)).collect();
    for gauge in counts {
        *sums.entry(gauge.severity.as_str()).or_default() += gauge.count;
    }
    sums
}

fn calls(collected: &CollectReport) -> Vec<ApiCallsJson> {
    let calls = collected.calls.iter().map(|((provider, name), counts)| ApiCallsJson {
        provider: *provider,
        api: name,
        requests: counts.requests,
        throttled: counts.throttled,
        errors: counts.errors,
    });
    calls.collect()
}

/// Counts expected and complete accounts and Regions, from the newest coverage of every place. Rows come account by
/// account, so that no more than one account is held.
#[derive(Default)]
struct Tally {
    counts: ScanCoverageJson,
    /// Accounts with inventory and without a trail; they are told after the gaps.
    without_trail: Vec<MissingJson>,
    current: Option<AccountTally>,
}

/// What the rows of one account came to.
struct AccountTally {
    account: Account,
    /// The provider says that it is not active, or no source asks for it any more: what was read of it earlier is not
    /// expected to be read again.
    off: bool,
    /// Whether its inventory is complete; `None` where it has none.
    complete: Option<bool>,
    regions: BTreeMap<String, bool>,
    has_trail: bool,
}

impl Tally {
    fn take(&mut self, row: &Coverage) {
        let Some(account) = account_of(&row.key) else {
            self.gap(row);
            return;
        };
        if self.current.as_ref().is_none_or(|current| current.account != account) {
            self.end_account();
        }
        let current = self.current.get_or_insert_with(|| AccountTally::new(account));
        current.take(row);
        if !current.off {
            self.gap(row);
        }
    }

    fn gap(&mut self, row: &Coverage) {
        if row.outcome.is_gap() {
            self.counts.missing.push(MissingJson::with_account(row));
        }
    }

    fn end_account(&mut self) {
        let Some(ended) = self.current.take() else { return };
        let Some(complete) = ended.complete else { return };
        let counts = self.counts.by_provider.entry(ended.account.provider).or_default();
        counts.accounts_expected += 1;
        counts.accounts_complete += u64::from(complete);
        counts.regions_expected += ended.regions.len() as u64;
        counts.regions_complete += ended.regions.values().filter(|complete| **complete).count() as u64;
        if !ended.has_trail {
            self.without_trail.push(MissingJson {
                provider: Some(ended.account.provider),
                account: Some(ended.account.id),
                region: None,
                api: api::TRAIL.to_owned(),
                outcome: Outcome::NotConfigured,
                detail: "no trail is configured or ingested for this account".to_owned(),
            });
        }
    }

    fn end(mut self) -> ScanCoverageJson {
        self.end_account();
        self.counts.missing.append(&mut self.without_trail);
        for provider in self.counts.by_provider.values() {
            self.counts.accounts_expected += provider.accounts_expected;
            self.counts.accounts_complete += provider.accounts_complete;
            self.counts.regions_expected += provider.regions_expected;
            self.counts.regions_complete += provider.regions_complete;
        }
        self.counts
    }
}

impl AccountTally {
    fn new(account: Account) -> Self {
        Self { account, off: false, complete: None, regions: BTreeMap::new(), has_trail: false }
    }

    fn take(&mut self, row: &Coverage) {
        let is_off = matches!(row.outcome, Outcome::NotEnabled | Outcome::NotConfigured);
        // The account's own row comes before those of its APIs: they are sorted by name.
        self.off |= is_off && row.key.api == api::ACCOUNT;
        self.has_trail |= !is_inventory(&row.key.api);
        if self.off || is_off || !is_needed(&row.key.api) {
            return;
        }
        let well = !row.outcome.is_gap();
        *self.complete.get_or_insert(true) &= well;
        if let Some(region) = row.key.region.clone() {
            *self.regions.entry(region).or_insert(true) &= well;
        }
    }
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
