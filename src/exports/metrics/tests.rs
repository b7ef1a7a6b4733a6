use std::collections::BTreeSet;

use super::*;
use crate::model::{Account, ExceptionState, RolePresence, Severity, Verdict};

const GOLDEN: &str = include_str!("golden.txt");

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("the test gives a valid time")
}

const KMS: &str = "aws-kms-custom-key-stores";

fn aws() -> Account {
    Account::new(Provider::Aws, "111122223333")
}

fn alibaba() -> Account {
    Account::new(Provider::Alibaba, "5123456789012345")
}

fn findings(severity: Severity, open: u64, oldest: i64) -> FindingsRow {
    let rule = "unexpected-assumer".to_owned();
    FindingsRow { account: aws(), rule, severity, open, oldest: Some(time(oldest)) }
}

fn collector(account: Account, last_success: Option<i64>) -> CollectorRow {
    let up = last_success.is_some();
    CollectorRow { account, collector: "inventory".to_owned(), up, last_success: last_success.map(time) }
}

fn verdict(account: Account, profile: &str, role: RolePresence, verdict: Verdict) -> VerdictRow {
    VerdictRow { account, profile: profile.to_owned(), role, verdict }
}

fn assumptions(trusted: bool, assumptions: u64) -> AssumptionsRow {
    AssumptionsRow { account: aws(), profile: KMS.to_owned(), trusted, assumptions }
}

fn rule(id: &str, severities: &[Severity]) -> RuleSeverities {
    RuleSeverities { rule: id.to_owned(), severities: severities.to_vec() }
}

fn state() -> State {
    let read_until = Timestamp::from_millisecond(1_794_999_999_500).expect("the test gives a valid time");
    State {
        accounts: vec![alibaba(), aws()],
        rules: vec![
            rule("orphaned-role", &[Severity::Low]),
            rule("unexpected-assumer", &[Severity::Critical, Severity::Medium]),
        ],
        collectors: vec![collector(aws(), Some(1_795_000_000)), collector(alibaba(), None)],
        watermarks: vec![WatermarkRow { account: aws(), source: "trail:files".to_owned(), at: read_until }],
        digests: vec![(aws(), true)],
        gaps: vec![GapsRow { account: alibaba(), gaps: 2 }],
        verdicts: vec![
            verdict(aws(), KMS, RolePresence::Present, Verdict::Findings),
            verdict(alibaba(), "alibaba-kms-key-store", RolePresence::Unknown, Verdict::Unknown),
        ],
        stores: vec![StoresRow { account: aws(), profile: KMS.to_owned(), state: "connected".to_owned(), stores: 2 }],
        assumptions: vec![assumptions(true, 1_204), assumptions(false, 1)],
        findings: vec![findings(Severity::Critical, 1, 1_794_000_000), findings(Severity::Medium, 3, 1_790_000_000)],
        excepted: vec![findings(Severity::Medium, 2, 1_780_000_000)],
        exceptions: ExceptionsRow {
            in_force: 3,
            next_expiry: Some(time(1_796_000_000)),
            by_state: [(ExceptionState::Active, 1), (ExceptionState::Unused, 2), (ExceptionState::Expired, 1)].into(),
        },
    }
}

fn page() -> String {
    let metrics = Metrics::new("0.1.0").expect("the declarations are valid");
    metrics.expect_collector("inventory");
    metrics.collector_ran("trail:files", 1.25, false);
    metrics.records_read(
        Provider::Aws,
        &SourceSummary { records_kept: 4, records_irrelevant: 96, ..SourceSummary::default() },
    );
    metrics.api_asked(Provider::Aws, "cloudtrail:LookupEvents", ApiCalls { requests: 340, throttled: 12, errors: 1 });
    metrics.api_asked(Provider::Aws, "kms:ListKeys", ApiCalls::default());
    metrics.expect_task("collect");
    metrics.slots_missed("collect", MissedBecause::Late, 3);
    metrics.next_run("collect", Some(time(1_795_000_900)));
    metrics.task_failed("collect", time(1_794_999_000));
    metrics.storage_failed();
    metrics.report_written(Timestamp::from_second(1_790_086_400).ok());
    metrics.evidence_grew(4711);
    metrics.evidence_verified(true);
    metrics.config_reloaded(false);
    metrics.web_certificate_expires(Some(time(1_810_000_000)));
    metrics.publish(&state());
    let (counters, state) = metrics.page().expect("the registry can be written");
    counters + std::str::from_utf8(&state.unwrap_or_default()).expect("the page is text")
}

/// To renew it after a change that is meant: replace `golden.txt` with the page that the failure prints.
#[test]
fn the_page_is_the_golden_page() {
    let page = page();
    assert!(page == GOLDEN, "the page differs from golden.txt:\n{page}");
}

#[test]
fn the_golden_page_has_every_metric_that_is_declared_and_no_other() {
    let heads: BTreeSet<_> = GOLDEN.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let declared: BTreeSet<_> =
        declarations().map(|declared| format!("{} {}", declared.name, declared.kind.as_str())).collect();
    assert_eq!(heads, declared.iter().map(String::as_str).collect());
    let helps: BTreeSet<_> = GOLDEN.lines().filter_map(|line| line.strip_prefix("# HELP ")).collect();
    let declared: BTreeSet<_> =
        declarations().map(|declared| format!("{} {}", declared.name, declared.help)).collect();
    assert_eq!(helps, declared.iter().map(String::as_str).collect());
}

#[test]
fn a_hundred_thousand_invented_accounts_cannot_swell_the_page_and_are_counted() {
    let names: Vec<_> = (0..100_000).map(|number| format!("{number:012}")).collect();
    let accounts: Vec<_> = names.iter().map(|id| Account::new(Provider::Aws, id.as_str())).collect();
    let open = FindingsRow { account: accounts[99_999].clone(), ..state().findings[0].clone() };
    let State { rules, .. } = state();
    let page = State { accounts, rules, findings: vec![open], ..State::default() }.render();
    let of = |name: &str| page.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!(of("roletrail_findings_open{"), 100_000, "three for each account, cut");
    assert_eq!(of("roletrail_coverage_gaps{"), 100_000);
    assert!(page.contains("\nroletrail_metric_series_dropped 200000\n"));
    // What is wrong is never cut before what is well.
    assert!(page.contains("account=\"000000099999\",rule=\"unexpected-assumer\",severity=\"critical\"} 1\n"));
}

#[test]
fn a_reload_is_successful_when_both_configurations_are() {
    let metrics = Metrics::new("0.1.0").expect("the declarations are valid");
    let shown = || metrics.page().expect("a page").0.contains("\nroletrail_config_last_reload_successful 1\n");
    assert!(shown());
    metrics.web_reloaded(false);
    metrics.config_reloaded(true);
    assert!(!shown());
    metrics.web_reloaded(true);
    assert!(shown());
    metrics.config_reloaded(false);
    metrics.web_reloaded(true);
    assert!(!shown());
}

#[test]
fn no_series_and_no_metric_appears_twice() {
    let mut seen = BTreeSet::new();
    let page = page();
    for line in page.lines().filter(|line| !line.starts_with("# TYPE")) {
        let key = line.rsplit_once(' ').filter(|_| !line.starts_with('#')).map_or(line, |(series, _)| series);
        assert!(seen.insert(key), "twice: {key}");
    }
    assert!(page.ends_with('\n'));
}

#[test]
fn every_known_rule_has_a_zero_for_every_account_and_severity() {
    let page = State { findings: Vec::new(), ..state() }.render();
    let zeros = page.lines().filter(|line| line.starts_with("roletrail_findings_open{") && line.ends_with(" 0"));
    assert_eq!(zeros.count(), 2 * 3);
}

#[test]
fn a_role_of_which_nothing_is_known_is_neither_present_nor_absent() {
    let page = state().render();
    assert!(!page.contains("roletrail_role_present{provider=\"alibaba\""));
    assert!(page.contains("roletrail_verdict{provider=\"alibaba\",account=\"5123456789012345\",profile=\"alibaba-kms-key-store\",verdict=\"unknown\"} 1\n"));
}

#[test]
fn an_account_that_is_gone_leaves_no_series_behind() {
    let metrics = Metrics::new("0.1.0").expect("the declarations are valid");
    assert!(!metrics.is_published());
    metrics.publish(&state());
    assert!(metrics.is_published());
    metrics.publish(&State::default());
    let (_, state) = metrics.page().expect("the registry can be written");
    let page = state.expect("a state was published");
    assert!(!page.windows(12).any(|text| text == b"111122223333"));
}

#[test]
fn without_exceptions_there_is_no_next_expiry_and_a_zero_for_every_state() {
    let page = State { exceptions: ExceptionsRow::default(), ..state() }.render();
    assert!(page.contains("roletrail_exceptions_active 0\n"));
    assert!(!page.contains("exception_next_expiry"));
    assert_eq!(
        page.lines().filter(|line| line.starts_with("roletrail_exceptions{") && line.ends_with(" 0")).count(),
        5
    );
}

#[test]
fn the_configuration_is_sound_only_together_with_the_file_of_exceptions() {
    let metrics = Metrics::new("0.1.0").expect("the declarations are valid");
    let shown = |value: &str| {
        let (counters, _) = metrics.page().expect("the registry can be written");
        counters.contains(&format!("roletrail_config_last_reload_successful {value}\n"))
    };
    assert!(shown("1"));
    metrics.exceptions_read(false);
    metrics.config_reloaded(true);
    assert!(shown("0"), "a good configuration hides no broken exceptions");
    metrics.config_reloaded(false);
    metrics.exceptions_read(true);
    assert!(shown("0"), "and good exceptions no broken configuration");
    metrics.config_reloaded(true);
    assert!(shown("1"));
}

#[test]
fn a_task_without_a_further_slot_has_no_next_run() {
    let metrics = Metrics::new("0.1.0").expect("the declarations are valid");
    metrics.next_run("collect", Some(time(1)));
    metrics.next_run("collect", None);
    let (counters, _) = metrics.page().expect("the registry can be written");
    assert!(!counters.contains("next_run"));
}
