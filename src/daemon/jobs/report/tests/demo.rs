//! The simulated organisation of the demo, in which every verdict occurs.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::SignedDuration;

use super::*;
use crate::exports::reports::{ControlStatus, Movement, ReportFinding};
use crate::model::{FindingStatus, Verdict};
use crate::simulation;

const NOW: &str = "2026-10-20T12:00:00Z";

const SETTINGS: &str = "[[snapshot]]\npath = \"inventory\"\n\
    [[aws]]\nname = \"a\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"files\"\npath = \"trail/AWSLogs\"\n\
    [[alibaba]]\nname = \"b\"\naccounts = \"none\"\n[[alibaba.trail]]\nkind = \"files\"\npath = \"trail/AliyunLogs\"\n";

/// The organisation, collected and judged when its story was told, and again a week later.
fn history() -> &'static History {
    static HISTORY: OnceLock<History> = OnceLock::new();
    HISTORY.get_or_init(|| {
        let history = History::new(NOW).configured(SETTINGS);
        let organisation = simulation::demo(time(NOW));
        let directory = history.directory.path();
        organisation.write_trail(&directory.join("trail")).expect("written");
        organisation.write_inventory(&directory.join("inventory")).expect("written");
        history.scan();
        history.wait(SignedDuration::from_hours(24 * 7));
        history.scan();
        history.wait(SignedDuration::from_hours(24 * 30));
        history
    })
}

fn week(number: i64) -> ReportPeriod {
    let at = |number: i64| time("2026-08-18T00:00:00Z") + SignedDuration::from_hours(24 * 7 * number);
    ReportPeriod { from: at(number), to: at(number + 1) }
}

fn counts<'a>(numbers: impl Iterator<Item = &'a BTreeMap<crate::model::Severity, u64>>) -> u64 {
    numbers.flat_map(BTreeMap::values).sum()
}

#[test]
fn findings_move_on_from_one_report_to_the_next_and_the_sums_agree() {
    let mut open: Vec<ReportFinding> = Vec::new();
    let mut seen = 0;
    for number in 0..12 {
        let report = history().report(week(number));
        let ids: Vec<_> = report.findings.iter().map(|finding| finding.finding.id.clone()).collect();
        for before in &open {
            assert!(ids.contains(&before.finding.id), "open at the beginning of week {number}: {before:?}");
        }
        let of = |movement| report.findings.iter().filter(move |finding| finding.movement == movement).count() as u64;
        let changes = &report.changes;
        assert_eq!(counts([&changes.new].into_iter()), of(Movement::New));
        assert_eq!(counts([&changes.resolved].into_iter()), of(Movement::Resolved));
        let remaining = of(Movement::New) + of(Movement::Continuing) + of(Movement::Reopened);
        assert_eq!(counts([&changes.remaining].into_iter()), remaining);
        open = report
            .findings
            .iter()
            .filter(|finding| finding.finding.status != FindingStatus::Resolved)
            .cloned()
            .collect();
        seen += ids.len();
    }
    assert!(20 < seen, "only {seen} findings in all weeks");
}

#[test]
fn an_incomplete_population_is_never_called_fine() {
    for period in [
        week(9),
        // Before anything was read, and long before anything happened.
        week(5),
        super::period("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z"),
    ] {
        let report = history().report(period);
        assert!(!report.population.complete, "{period:?}");
        assert!(!report.population.gaps.is_empty(), "{period:?}");
        let fine = report.controls.iter().filter(|control| control.status == ControlStatus::NoFindings);
        assert_eq!(fine.count(), 0, "{period:?}");
    }
    let long_ago = history().report(super::period("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z"));
    assert!(long_ago.verdicts.iter().all(|row| row.verdict.verdict == Verdict::Unknown && row.read_after_period));
    assert_eq!(long_ago.findings, []);
}

#[test]
fn a_clean_account_shows_its_proof() {
    let period = super::period("2026-09-20T00:00:00Z", "2026-10-20T12:00:01Z");
    let request = ReportRequest { period, account: Some("111122223333".to_owned()), all_evidence: false };
    let report = history().gathered(&request).report;
    assert!(report.population.complete, "{:?}", report.population);
    assert_eq!((report.population.accounts_expected, report.population.accounts_complete), (1, 1));
    let [proof] = &report.proof[..] else { panic!("{:?}", report.proof) };
    let row = report.verdicts.iter().find(|row| row.verdict.profile == proof.profile).expect("its verdict");
    assert_eq!(row.verdict.verdict, Verdict::Clean);
    assert_eq!((proof.accounts, proof.accounts_of), (1, 1));
    assert_eq!((proof.assumptions, proof.by_trusted), (row.verdict.assumptions.total, row.verdict.assumptions.total));
    assert!(10 < proof.assumptions, "{proof:?}");
    assert_eq!(proof.regions_expected, row.verdict.coverage.regions_expected);
    assert!(proof.sentence.contains("all by cks.kms.amazonaws.com"), "{}", proof.sentence);
    for control in &report.controls {
        let is_elsewhere = control.framework.contains("Alibaba");
        let expected = if is_elsewhere { ControlStatus::NotApplicable } else { ControlStatus::NoFindings };
        assert_eq!(control.status, expected, "{control:?}");
    }
}

#[test]
fn every_account_of_the_story_has_the_verdict_that_it_tells() {
    let report = history().report(super::period("2026-09-20T00:00:00Z", "2026-10-20T12:00:01Z"));
    for expected in simulation::demo(time(NOW)).expected {
        let is_it = |row: &&crate::exports::reports::VerdictRow| {
            row.verdict.account == expected.account && row.verdict.profile == expected.profile
        };
        let row = report.verdicts.iter().find(is_it).unwrap_or_else(|| panic!("{expected:?}"));
        assert_eq!(row.verdict.verdict, expected.verdict, "{expected:?}");
        let of_account = report.findings.iter().filter(|finding| {
            *finding.finding.account == expected.account
                && finding.finding.profile.as_deref() == Some(&expected.profile)
        });
        let counts = of_account.filter(|finding| crate::model::Severity::Low <= finding.finding.severity);
        let rules: std::collections::BTreeSet<_> =
            counts.map(|finding| finding.finding.rule.as_ref().to_owned()).collect();
        assert_eq!(rules, expected.rules.iter().cloned().collect(), "{expected:?}");
    }
    let evidence: Vec<_> = report.evidence.iter().map(|item| item.kind.as_ref()).collect();
    for kind in ["event", "role", "coverage"] {
        assert!(evidence.contains(&kind), "{kind}: {evidence:?}");
    }
}

#[test]
fn the_life_of_every_role_with_findings_is_told_within_the_period_and_no_farther_than_it_is_known() {
    let whole = super::period("2026-09-20T00:00:00Z", "2026-10-20T12:00:01Z");
    let report = history().report(whole);
    let about_roles = report.findings.iter().filter(|found| found.finding.profile.is_some()).count() as u64;
    let lives = &report.role_lives.roles;
    assert_eq!((lives.iter().map(|life| life.findings).sum::<u64>(), report.role_lives.left_out), (about_roles, 0));
    for life in lives {
        let inside = |from, to| whole.from <= from && from <= to && to <= whole.to;
        assert!(life.states.iter().all(|one| inside(one.from, one.to)), "{life:?}");
        assert!(life.stores.iter().all(|one| inside(one.from, one.to.unwrap_or(whole.to))), "{life:?}");
        assert!(life.moments.iter().all(|one| inside(one.time, one.time)), "{life:?}");
        assert!(life.gaps.iter().all(|one| inside(one.from, one.to)), "{life:?}");
    }
    let others =
        |life: &&crate::exports::reports::RoleLifetime| life.assumptions.iter().any(|uses| 0 < uses.by_others);
    let by_others: Vec<_> = lives.iter().filter(others).map(|life| &*life.subject.account).collect();
    assert!(by_others.contains(&"333344445555"), "{by_others:?}");
    // Nobody read anything in the last days of the year.
    let beyond = super::period("2026-09-20T00:00:00Z", "2026-12-31T00:00:00Z");
    let report = history().report(beyond);
    for life in &report.role_lives.roles {
        let end =
            life.gaps.iter().find(|gap| gap.hides == "role" && gap.to == beyond.to).expect("not known at the end");
        assert!(end.from <= time("2026-10-28T00:00:00Z"), "{life:?}");
        assert!(life.states.iter().all(|one| one.to <= end.from), "{life:?}");
    }
}
