//! The dashboards: they fit Grafana's schema, and every query of them finds data where there is some.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::names::{PENDING, strangers};
use super::servers::{Server, has, has_debian};
use crate::daemon::Daemon;
use crate::support::{Workplace, wait_for};

const FILES: [&str; 2] = ["overview", "collector"];

/// Columns of Grafana's grid.
const COLUMNS: u64 = 24;

/// The newest format of the kind of dashboards that every current Grafana imports.
const SCHEMA_VERSION: u64 = 42;

fn path(name: &str) -> String {
    format!("{}/dashboards/grafana/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn dashboards() -> Vec<Value> {
    let read = |name: &str| std::fs::read(path(name)).expect("a dashboard");
    FILES.iter().map(|name| serde_json::from_slice(&read(name)).expect("JSON")).collect()
}

fn list<'a>(value: &'a Value, member: &str) -> &'a Vec<Value> {
    value[member].as_array().unwrap_or_else(|| panic!("no list {member}: {value}"))
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no text {member}: {value}"))
}

/// Panels that show something: rows are headings.
fn panels(dashboard: &Value) -> Vec<&Value> {
    list(dashboard, "panels").iter().filter(|panel| panel["type"] != "row").collect()
}

/// The expressions of all panels and variables with where they stand; what Grafana fills in is filled in.
fn expressions() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for dashboard in dashboards() {
        for panel in panels(&dashboard) {
            for target in list(panel, "targets") {
                all.push((text(panel, "title").to_owned(), filled(text(target, "expr"))));
            }
        }
        for variable in list(&dashboard["templating"], "list").iter().filter(|one| one["type"] == "query") {
            let query = text(variable, "query");
            let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
            let (selector, label) = inner.and_then(|inner| inner.rsplit_once(", ")).expect("label_values(x, label)");
            all.push((text(variable, "name").to_owned(), filled(&format!("group by ({label}) ({selector})"))));
        }
    }
    all
}

fn filled(expression: &str) -> String {
    let mut text = expression.replace("$__rate_interval", "1m").replace("$__range", "5m");
    for variable in ["job", "instance", "provider", "account"] {
        text = text.replace(&format!("\"${variable}\""), "\".*\"");
    }
    assert!(!text.contains('$'), "a variable that no dashboard has: {text}");
    text
}

#[test]
fn the_dashboards_fit_the_schema_of_grafana() {
    let Some(directory) = std::env::var_os("ROLETRAIL_SCHEMAS").map(PathBuf::from) else {
        eprintln!("ROLETRAIL_SCHEMAS IS NOT SET: the dashboards were not checked with the schema of Grafana");
        return;
    };
    if !has(
        "check-jsonschema",
        &["--version"],
        "pip install -r tests/requirements.txt, and put its bin first in PATH",
    ) {
        return;
    }
    let schema = directory.join("grafana/dashboard-strict.schema.json");
    let mut check = Command::new("check-jsonschema");
    let output = check.arg("--schemafile").arg(schema).args(FILES.map(path)).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

#[test]
fn the_dashboards_import_anywhere_and_know_each_other() {
    let mut ids = BTreeSet::new();
    for dashboard in dashboards() {
        assert!(dashboard["id"].is_null(), "an id belongs to one Grafana");
        assert!(ids.insert(text(&dashboard, "uid").to_owned()), "the uid must be unique and stay");
        assert_eq!(dashboard["schemaVersion"], SCHEMA_VERSION);
        assert_eq!(dashboard["tags"], serde_json::json!(["roletrail"]));
        let links = list(&dashboard, "links");
        assert!(links.iter().any(|link| link["type"] == "dashboards" && link["tags"] == dashboard["tags"]));
        let variables = list(&dashboard["templating"], "list");
        let names: Vec<_> = variables.iter().map(|variable| text(variable, "name")).collect();
        assert_eq!(names, ["datasource", "job", "instance", "provider", "account"]);
        assert_eq!((&variables[0]["type"], &variables[0]["query"]), (&"datasource".into(), &"prometheus".into()));
        let queried = panels(&dashboard).into_iter().flat_map(|panel| list(panel, "targets").iter().chain([panel]));
        for part in queried.chain(&variables[1..]) {
            assert_eq!(part["datasource"]["uid"], "${datasource}", "{part}");
        }
    }
}

#[test]
fn every_panel_explains_itself_and_has_a_unit() {
    for dashboard in dashboards() {
        let mut titles = BTreeSet::new();
        for panel in panels(&dashboard) {
            let (title, description) = (text(panel, "title"), text(panel, "description"));
            assert!(titles.insert(title), "{title} twice");
            assert!(20 < description.len() && description.ends_with('.'), "{title}: {description}");
            assert!(!text(&panel["fieldConfig"]["defaults"], "unit").is_empty(), "{title}");
            assert!(!list(panel, "targets").is_empty(), "{title}");
        }
    }
}

#[test]
fn no_panel_has_the_id_of_another_or_covers_it() {
    for dashboard in dashboards() {
        let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
        for panel in list(&dashboard, "panels") {
            assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{panel}");
            let place = |name: &str| panel["gridPos"][name].as_u64().expect("a place");
            let (x, y, w, h) = (place("x"), place("y"), place("w"), place("h"));
            assert!(x + w <= COLUMNS, "{panel}");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(taken.insert(cell), "{} covers another panel", panel["title"]);
            }
        }
    }
}

#[test]
fn every_metric_and_label_that_a_dashboard_names_is_on_the_page() {
    for (title, expression) in expressions() {
        assert_eq!(strangers(&expression), [""; 0], "{title}: {expression}");
    }
}

#[test]
fn promtool_understands_every_expression() {
    if !has_debian(&["promtool"]) {
        return;
    }
    let place = Workplace::new();
    let rules: Vec<_> = (0..)
        .zip(expressions())
        .map(|(number, (_, expression))| serde_json::json!({"record": format!("x:{number}"), "expr": expression}))
        .collect();
    // Every JSON is YAML.
    let file = serde_json::json!({"groups": [{"name": "dashboards", "rules": rules}]});
    place.write("rules.yml", file.to_string());
    let output = place.other("promtool", &["check", "rules", "rules.yml"]).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

/// What has no data in the demo: its pages are served without TLS, so that there is no certificate.
const WITHOUT_DATA: [&str; 1] = ["roletrail_web_certificate_expiry_timestamp_seconds"];

/// A daemon that collects the demo's organisation every few seconds, over a history with an exception and a report. Its
/// reports on schedule fail, because a file is where their directory should be.
fn demonstration(place: &Workplace) -> Daemon {
    place.json(&["demo", "--directory", "it"], 0);
    let settings = std::fs::read_to_string(place.path("it/roletrail.toml")).expect("the demo's settings");
    let often = settings.replace("\"*/5 * * * *\"", "\"*/2 * * * * *\"\nreport = \"*/2 * * * * *\"");
    assert_ne!(settings, often, "the demo has another schedule");
    let often = format!("{often}\n[reports]\ndirectory = \"often.toml\"\n");
    place.write("it/often.toml", format!("[web]\nlisten_address = \"127.0.0.1:0\"\n{often}"));
    let database = ["--database", "sqlite://it/roletrail.db"];
    let findings = place.list(&[&["findings"][..], &database].concat());
    let finding = findings[0]["id"].as_str().expect("an id");
    let accept = ["exceptions", "add", "--config", "it/often.toml", "--finding", finding, "--owner", "tests"];
    place.ends(&[&accept[..], &["--reason", "for a look at it", "--ticket", "T-1", "--expires", "30d"]].concat(), 0);
    let report = place.run(&["report", "--config", "it/often.toml", "--format", "json", "--output", "it/reports"]);
    assert!([0, 2].contains(&report.code), "the demo is incomplete on purpose: {report:?}");
    Daemon::start_as(place, place.command(&["run", "--config", "it/often.toml"]))
}

#[test]
fn every_query_of_the_dashboards_finds_data_in_the_demo() {
    if !has_debian(&["prometheus"]) {
        return;
    }
    let place = Workplace::new();
    let daemon = demonstration(&place);
    let prometheus = Server::prometheus(&place, daemon.address(), "");
    let pending = |expression: &str| PENDING.iter().chain(&WITHOUT_DATA).any(|name| expression.contains(name));
    let mut waiting = expressions();
    let all = waiting.len();
    waiting.retain(|(_, expression)| !pending(expression));
    assert!(40 < waiting.len(), "{} of {all}", waiting.len());
    let mut left = Vec::new();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(90);
    // Rates need two scrapes after a collection.
    wait_for("data, or the end of patience", 100, || {
        waiting.retain(|(_, expression)| prometheus.query(expression).is_empty());
        left.clone_from(&waiting);
        (waiting.is_empty() || deadline < std::time::Instant::now()).then_some(())
    });
    assert!(left.is_empty(), "no data for {left:#?}");
}
