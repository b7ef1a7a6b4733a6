//! The alerts as files: complete, tested, documented, and about metrics that exist.

use std::collections::BTreeSet;
use std::process::Command;

use roletrail::exports::runbooks;
use serde_json::Value;

use super::names::strangers;
use super::servers::{has_debian, yaml};
use crate::support::Workplace;

const RULES: &str = "dashboards/alerts/roletrail.yml";

/// Every alert that users rely on.
const ALERTS: [&str; 19] = [
    "RoletrailUnexpectedAssumer",
    "RoletrailUnexpectedActivity",
    "RoletrailOrphanedRole",
    "RoletrailDeletionFailed",
    "RoletrailTrustDrift",
    "RoletrailPermissionDrift",
    "RoletrailRoleTampering",
    "RoletrailMissingRole",
    "RoletrailStoreUnreachable",
    "RoletrailStoreExpiring",
    "RoletrailOverPrivilegedManager",
    "RoletrailCollectorStale",
    "RoletrailCoverageGap",
    "RoletrailTrailDegraded",
    "RoletrailEvidenceBroken",
    "RoletrailExceptionExpiring",
    "RoletrailReportMissed",
    "RoletrailCertificateExpiring",
    "RoletrailDown",
];

/// The shipped alerts; `None` where nobody here reads YAML.
fn shipped() -> Option<Vec<Value>> {
    let file = yaml(RULES)?;
    let groups = file["groups"].as_array().expect("groups").clone();
    Some(groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect())
}

fn text<'a>(alert: &'a Value, member: &str, key: &str) -> &'a str {
    alert[member][key].as_str().unwrap_or_else(|| panic!("no {member}.{key}: {alert}"))
}

fn promtool(arguments: &[&str]) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards/alerts");
    let output = Command::new("promtool").args(arguments).current_dir(directory).output().expect("starts");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}

#[test]
fn the_alerts_fire_when_they_should_and_only_then() {
    if !has_debian(&["promtool"]) {
        return;
    }
    promtool(&["check", "rules", "--lint=all", "--lint-fatal", "roletrail.yml"]);
    let cases: Vec<_> = ALERTS.iter().map(|alert| format!("tests/{alert}.yml")).collect();
    promtool(&["test", "rules"].into_iter().chain(cases.iter().map(String::as_str)).collect::<Vec<_>>());
}

#[test]
fn every_alert_is_shipped_once_with_all_that_whoever_is_on_call_needs() {
    let Some(alerts) = shipped() else { return };
    let names: Vec<_> = alerts.iter().filter_map(|alert| alert["alert"].as_str()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>(), ALERTS.iter().collect());
    assert_eq!(names.len(), ALERTS.len(), "one is there twice");
    for (alert, name) in alerts.iter().zip(names) {
        assert!(["critical", "warning", "info"].contains(&text(alert, "labels", "severity")), "{name}");
        let summary = text(alert, "annotations", "summary");
        assert!(summary.ends_with('.') && !summary.contains("{{") && summary.len() < 110, "{name}: {summary}");
        assert!(
            summary.starts_with(|first: char| first.is_uppercase()) || summary.starts_with("roletrail"),
            "{name}"
        );
        let description = text(alert, "annotations", "description");
        assert!(description.contains("`roletrail ") && description.contains("{{") || name == "RoletrailReportMissed");
        let link = text(alert, "annotations", "runbook_url");
        assert!(link.ends_with(&format!("/runbooks/{name}.md")), "{name}: {link}");
        assert!(runbooks::find(name).is_some(), "{name} has no runbook");
    }
    assert_eq!(runbooks::all().len(), ALERTS.len(), "there is a runbook of no alert");
    let readme = include_str!("../../../dashboards/README.md");
    for alert in &alerts {
        let (name, severity) = (alert["alert"].as_str().expect("a name"), text(alert, "labels", "severity"));
        let row =
            format!("| [{name}](runbooks/{name}.md) | {severity} | {} |", text(alert, "annotations", "summary"));
        assert!(readme.lines().any(|line| line == row), "dashboards/README.md lacks the row\n{row}");
    }
}

#[test]
fn every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() {
    for alert in ALERTS {
        let Some(file) = yaml(&format!("dashboards/alerts/tests/{alert}.yml")) else { return };
        let cases = file["tests"].as_array().expect("cases");
        let tests = cases.iter().flat_map(|case| case["alert_rule_test"].as_array().expect("a test of the alert"));
        let (mut fires, mut silent) = (0, 0);
        for test in tests {
            assert_eq!(test["alertname"], alert);
            let expected = test["exp_alerts"].as_array().unwrap_or_else(|| panic!("{alert}: {test}"));
            *if expected.is_empty() { &mut silent } else { &mut fires } += 1;
        }
        assert!(0 < fires && 0 < silent, "{alert}: {fires} cases fire, {silent} do not");
    }
}

#[test]
fn every_metric_and_label_that_an_alert_names_is_on_the_page() {
    let Some(alerts) = shipped() else { return };
    for alert in alerts {
        let expression = alert["expr"].as_str().expect("an expression");
        assert_eq!(strangers(expression), [""; 0], "{expression}");
    }
}

#[test]
fn the_address_of_the_runbooks_is_changed_as_the_file_says() {
    let place = Workplace::new();
    let rules = std::fs::read_to_string(format!("{}/{RULES}", env!("CARGO_MANIFEST_DIR"))).expect("the rules");
    let command = rules.lines().find_map(|line| line.strip_prefix("#   ").filter(|line| line.starts_with("sed ")));
    place.write("roletrail.yml", &rules);
    let status = place.other("sh", &["-c", command.expect("a command in its head")]).status().expect("starts");
    assert!(status.success());
    let changed = std::fs::read_to_string(place.path("roletrail.yml")).expect("the rules");
    for alert in ALERTS.into_iter().filter(|alert| *alert != "RoletrailDown") {
        let line = format!("          runbook_url: https://roletrail.example.org/runbooks/{alert}.md");
        assert!(changed.lines().any(|other| other == line), "{changed}");
    }
}
