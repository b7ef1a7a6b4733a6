//! The metrics' state out of the store's numbers.

use std::collections::BTreeMap;

use super::{
    AssumptionsRow, CollectorRow, ExceptionsRow, FindingsRow, GapsRow, RuleSeverities, State, StoresRow, VerdictRow,
    WatermarkRow,
};
use crate::exports::{ExceptionStanding, Tally};
use crate::model::{Account, ExceptionState};
use crate::rules;
use crate::store::{FindingsGauge, Gauges};

/// Ids of the profiles that serve a kind of store.
pub type ProfilesByKind = BTreeMap<String, Vec<String>>;

/// The state that the gauges show: the store's numbers, and the findings as they count under the exceptions.
#[must_use]
pub fn state_of_store(gauges: &Gauges, tally: &Tally, profiles: &ProfilesByKind) -> State {
    State {
        accounts: gauges.accounts.clone(),
        rules: rules::all().iter().map(|rule| severities(rule.doc())).collect(),
        collectors: collectors(gauges),
        watermarks: watermarks(gauges),
        digests: gauges.digests.clone(),
        gaps: gaps(gauges),
        verdicts: verdicts(gauges),
        stores: stores(gauges, profiles),
        assumptions: gauges.assumptions.iter().flat_map(assumptions).collect(),
        findings: findings(&tally.open),
        excepted: findings(&tally.excepted),
        exceptions: exceptions(&tally.exceptions),
    }
}

fn severities(doc: &rules::RuleDoc) -> RuleSeverities {
    RuleSeverities { rule: doc.id.to_owned(), severities: vec![doc.severity] }
}

fn collectors(gauges: &Gauges) -> Vec<CollectorRow> {
    let rows = gauges.collectors.iter().map(|gauge| CollectorRow {
        account: gauge.account.clone(),
        collector: gauge.collector.clone(),
        up: gauge.up,
        last_success: gauge.last_complete,
    });
    rows.collect()
}

fn watermarks(gauges: &Gauges) -> Vec<WatermarkRow> {
    let rows = gauges.watermarks.iter().filter_map(|gauge| {
        let account = Account::new(gauge.provider, gauge.account.clone()?);
        Some(WatermarkRow { account, source: gauge.api.clone(), at: gauge.until })
    });
    rows.collect()
}

/// A gap that cannot be pinned to an account counts for every account of its provider, as it does in the verdicts.
fn gaps(gauges: &Gauges) -> Vec<GapsRow> {
    let mut counts: BTreeMap<&Account, u64> = BTreeMap::new();
    for account in &gauges.accounts {
        let concerns = gauges.gaps.iter().filter(|gap| {
            gap.provider == account.provider && gap.account.as_ref().is_none_or(|id| *id == account.id)
        });
        *counts.entry(account).or_default() += concerns.map(|gap| gap.count).sum::<u64>();
    }
    counts.into_iter().map(|(account, gaps)| GapsRow { account: account.clone(), gaps }).collect()
}

fn verdicts(gauges: &Gauges) -> Vec<VerdictRow> {
    let rows = gauges.verdicts.iter().map(|verdict| VerdictRow {
        account: verdict.account.clone(),
        profile: verdict.profile.clone(),
        role: verdict.role,
        verdict: verdict.verdict,
    });
    rows.collect()
}

/// A store counts for every profile that serves its kind: Alibaba Cloud has two for one kind.
fn stores(gauges: &Gauges, profiles: &ProfilesByKind) -> Vec<StoresRow> {
    let rows = gauges.stores.iter().flat_map(|gauge| {
        profiles.get(&gauge.kind).into_iter().flatten().map(|profile| StoresRow {
            account: gauge.account.clone(),
            profile: profile.clone(),
            state: gauge.state.to_string(),
            stores: gauge.count,
        })
    });
    rows.collect()
}

fn assumptions(gauge: &crate::store::AssumptionsGauge) -> [AssumptionsRow; 2] {
    let row = |trusted, assumptions| AssumptionsRow {
        account: gauge.account.clone(),
        profile: gauge.profile.clone(),
        trusted,
        assumptions,
    };
    [row(true, gauge.by_trusted), row(false, gauge.total.saturating_sub(gauge.by_trusted))]
}

fn exceptions(standings: &[ExceptionStanding]) -> ExceptionsRow {
    let mut row = ExceptionsRow::default();
    for standing in standings {
        *row.by_state.entry(standing.state).or_default() += 1;
        if !matches!(standing.state, ExceptionState::Pending | ExceptionState::Expired) {
            row.in_force += 1;
            row.next_expiry = row.next_expiry.into_iter().chain([standing.exception.expires]).min();
        }
    }
    row
}

fn findings(counts: &[FindingsGauge]) -> Vec<FindingsRow> {
    let rows = counts.iter().map(|gauge| FindingsRow {
        account: gauge.account.clone(),
        rule: gauge.rule.clone(),
        severity: gauge.severity,
        open: gauge.count,
        oldest: Some(gauge.oldest),
    });
    rows.collect()
}
