//! What `/metrics` costs at a thousand accounts with a hundred thousand open findings: rendering the state, once
//! after each analysis, and answering a scrape.
//!
//! `cargo bench --bench metrics`. Throughput is that of the page's bytes; `benches/history.sh` scrapes the real daemon.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use roletrail::exports::Tally;
use roletrail::exports::metrics::{Metrics, ProfilesByKind, State, state_of_store};
use roletrail::model::{Account, Provider, RolePresence, Verdict};
use roletrail::rules;
use roletrail::store::{AssumptionsGauge, FindingsGauge, Gauges};

/// Accounts.
const ACCOUNTS: u64 = 1000;
/// Open findings of all accounts.
const FINDINGS: u64 = 100_000;
/// Profiles of which every account has verdicts.
const PROFILES: [&str; 3] = ["aws-cloudhsm", "aws-kms-custom-key-stores", "aws-kms-multi-region-keys"];

/// Every account has some findings of every rule.
fn state() -> State {
    let accounts: Vec<_> =
        (0..ACCOUNTS).map(|number| Account::new(Provider::Aws, format!("1111{number:08}"))).collect();
    let rules = rules::all();
    let (of_account, kinds) = (FINDINGS / ACCOUNTS, rules.len() as u64);
    // As even as it goes: the first rules have one more each.
    let share = |place: u64| of_account / kinds + u64::from(place < of_account % kinds);
    let (mut gauges, mut tally) = (Gauges { accounts: accounts.clone(), ..Gauges::default() }, Tally::default());
    for account in &accounts {
        tally.open.extend((0..).zip(rules).map(|(place, rule)| FindingsGauge {
            account: account.clone(),
            rule: rule.doc().id.to_owned(),
            severity: rule.doc().severity,
            count: share(place),
            oldest: Timestamp::UNIX_EPOCH,
        }));
        gauges.assumptions.extend(PROFILES.map(|profile| AssumptionsGauge {
            account: account.clone(),
            profile: profile.to_owned(),
            total: 1_000_000,
            by_trusted: 999_999,
        }));
    }
    assert_eq!(tally.open.iter().map(|row| row.count).sum::<u64>(), FINDINGS);
    let mut state = state_of_store(&gauges, &tally, &ProfilesByKind::new());
    state.verdicts = accounts
        .iter()
        .flat_map(|account| {
            PROFILES.map(|profile| roletrail::exports::metrics::VerdictRow {
                account: account.clone(),
                profile: profile.to_owned(),
                role: RolePresence::Present,
                verdict: Verdict::Findings,
            })
        })
        .collect();
    state
}

fn page(criterion: &mut Criterion) {
    let (state, metrics) = (state(), Metrics::new("bench").expect("metrics are declared right"));
    metrics.publish(&state);
    let bytes = state.render().len() as u64;
    let mut group = criterion.benchmark_group("metrics");
    group.throughput(Throughput::Bytes(bytes));
    group.bench_function("render the state", |bencher| bencher.iter(|| black_box(state.render())));
    group.bench_function("a scrape", |bencher| {
        bencher.iter(|| {
            let (counters, state) = metrics.page().expect("a page");
            // As much as writing it to a connection costs this side: one copy.
            black_box((counters, state.map(|state| state.to_vec())))
        });
    });
    group.finish();
}

criterion_group!(benches, page);
criterion_main!(benches);
