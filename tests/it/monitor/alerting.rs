//! From a record in a trail to whoever is on call: the real daemon, Prometheus with the shipped alerts, Alertmanager.

use std::process::Command;

use roletrail::exports::runbooks;
use serde_json::Value;

use super::servers::{Receiver, Server, get, has_debian};
use crate::daemon::{Daemon, OPEN, with_source};
use crate::records::{ACCOUNT, PERSON, delivered, intrusion, routine};
use crate::support::{Workplace, wait_for};

const ALERT: &str = "RoletrailUnexpectedAssumer";

/// The shipped example, with a receiver of the test's and without its patience.
fn configure_alertmanager(place: &Workplace, receiver: &Receiver) {
    let example = include_str!("../../../dashboards/alertmanager.example.yml");
    let mut text = example.to_owned();
    for (setting, value) in [("group_wait", "0s"), ("group_interval", "1s")] {
        let line = text.lines().find(|line| line.trim().starts_with(setting)).expect("the example has it").to_owned();
        text = text.replace(&line, &format!("  {setting}: {value}"));
    }
    text = text.replace("http://127.0.0.1:9000/", &format!("http://{}/", receiver.address));
    assert!(text.contains(&receiver.address.to_string()), "{text}");
    place.write("alertmanager.yml", text);
}

fn amtool(file: &str) {
    let output = Command::new("amtool").args(["check-config", file]).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

/// Prometheus with the shipped alerts.
fn prometheus(place: &Workplace, daemon: &Daemon, alertmanager: &Server) -> Server {
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards/alerts/roletrail.yml");
    // A group is evaluated every second here; alerts that wait do so as shipped.
    let more = format!(
        "rule_files: ['{rules}']\nalerting:\n  alertmanagers:\n  - static_configs: [{{targets: ['{}']}}]\n",
        alertmanager.address
    );
    Server::prometheus(place, daemon.address(), &more)
}

#[test]
fn an_unexpected_assumer_in_a_trail_reaches_whoever_is_on_call() {
    if !has_debian(&["prometheus", "prometheus-alertmanager", "amtool"]) {
        return;
    }
    let place = with_source(&[routine("e-1")]);
    let receiver = Receiver::listen();
    configure_alertmanager(&place, &receiver);
    amtool(place.path("alertmanager.yml").to_str().expect("UTF-8"));
    let daemon = Daemon::start(&place);
    daemon.shows(OPEN, "0");
    let alertmanager = Server::alertmanager(&place);
    let prometheus = prometheus(&place, &daemon, &alertmanager);
    wait_for("Prometheus has judged a page on which all is well", 60, || {
        let evaluated = "prometheus_rule_group_last_evaluation_timestamp_seconds";
        let open = "roletrail_findings_open{rule=\"unexpected-assumer\",severity=\"critical\"} == 0";
        let own = get(&prometheus.address, "/metrics")?.1;
        let judged = own.lines().any(|line| line.starts_with(evaluated) && !line.ends_with(" 0"));
        (judged && !prometheus.query(open).is_empty()).then_some(())
    });
    assert_eq!(prometheus.query(&format!("ALERTS{{alertname=\"{ALERT}\"}}")), Vec::<Value>::new());
    assert_eq!(receiver.alerts(ALERT, "firing"), Vec::<Value>::new());

    place.write("trail/b.json", delivered(&[intrusion("e-2")]));
    let alert = wait_for("the alert arrives", 60, || receiver.alerts(ALERT, "firing").first().cloned());
    let labels = &alert["labels"];
    assert_eq!((&labels["severity"], &labels["account"]), (&"critical".into(), &ACCOUNT.into()), "{alert}");
    assert_eq!(labels["provider"], "aws");
    let said = alert.to_string();
    assert!(!said.contains(PERSON) && !said.contains("arn:"), "who it was stays in the history: {said}");
    let annotation = |name: &str| alert["annotations"][name].as_str().unwrap_or_else(|| panic!("no {name}: {alert}"));
    assert!(annotation("description").contains(&format!("Account {ACCOUNT} of aws has 1 open finding")), "{alert}");
    assert!(annotation("description").contains("`roletrail findings --rule unexpected-assumer`"), "{alert}");
    // The runbook is where the alert says.
    let link = annotation("runbook_url").strip_prefix("http://").expect("a link");
    let (address, path) = link.split_once('/').expect("a path");
    assert_eq!(address, daemon.address());
    let (status, runbook) = get(address, &format!("/{path}")).expect("the daemon answers");
    assert_eq!(status, 200);
    assert_eq!(Some(runbook), runbooks::find(ALERT).map(runbooks::Runbook::markdown));

    // Once somebody has accepted the finding, nobody is called any more.
    let finding = place.findings()[0]["id"].as_str().expect("an id").to_owned();
    let accept = ["exceptions", "add", "--finding", &finding, "--owner", "tests", "--reason", "reviewed", "--ticket"];
    place.ends(&[&accept[..], &["T-1", "--expires", "30d"]].concat(), 0);
    wait_for("the alert ends", 60, || receiver.alerts(ALERT, "resolved").first().cloned());
}

#[test]
fn the_examples_for_prometheus_and_alertmanager_are_valid() {
    if !has_debian(&["promtool", "amtool"]) {
        return;
    }
    let dashboards = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards");
    amtool(&format!("{dashboards}/alertmanager.example.yml"));
    let mut check = Command::new("promtool");
    let output = check.args(["check", "config", "prometheus.example.yml"]).current_dir(dashboards).output();
    let output = output.expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}
