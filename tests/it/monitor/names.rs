//! Every metric and label that something shipped names is one of the page.

use std::collections::{BTreeMap, BTreeSet};

use roletrail::exports::metrics::declarations;

use super::promql::named;

/// What Prometheus itself notes of each target.
const OF_PROMETHEUS: [&str; 3] = ["up", "scrape_duration_seconds", "scrape_samples_scraped"];

/// Names of the contract that no part of the program exports yet.
pub const PENDING: [&str; 0] = [];

/// What is wrong with the names of an expression.
pub fn strangers(expression: &str) -> Vec<String> {
    let mut labels_of: BTreeMap<&str, BTreeSet<&str>> =
        declarations().map(|declared| (declared.name, declared.labels.iter().copied().collect())).collect();
    labels_of.extend(OF_PROMETHEUS.into_iter().chain(PENDING).map(|name| (name, BTreeSet::new())));
    for labels in labels_of.values_mut() {
        labels.extend(["job", "instance"]);
    }
    let found = named(expression);
    let (mut wrong, mut known) = (Vec::new(), BTreeSet::<&str>::new());
    for (metric, labels) in &found.selectors {
        let Some(declared) = labels_of.get(metric.as_str()) else {
            wrong.push(format!("there is no metric {metric}"));
            continue;
        };
        known.extend(declared);
        let without = labels.iter().filter(|label| !declared.contains(label.as_str()));
        wrong.extend(without.map(|label| format!("{metric} has no label {label}")));
    }
    let ungrouped = found.grouping.iter().filter(|label| !known.contains(label.as_str()));
    wrong.extend(ungrouped.map(|label| format!("nothing has the label {label}")));
    if found.selectors.is_empty() {
        wrong.push("it names no metric".to_owned());
    }
    wrong
}

#[test]
fn a_wrong_name_is_found() {
    assert_eq!(strangers("sum by (account) (roletrail_findings_open{rule=\"x\"}) > up"), [""; 0]);
    for wrong in [
        "roletrail_findings_opened > 0",
        "roletrail_findings_open{region=\"x\"}",
        "sum by (region) (roletrail_findings_open)",
        "time() > 0",
    ] {
        assert_eq!(strangers(wrong).len(), 1, "{wrong}");
    }
}

#[test]
fn what_is_pending_is_not_there_yet() {
    for declared in declarations() {
        assert!(!PENDING.contains(&declared.name), "{} is exported: take it off the list", declared.name);
    }
}
