//! Exceptions in the running daemon: effective at once, and never worse than the last good file.

use std::fs;

use crate::daemon::Daemon;
use crate::exceptions::{add, finding, intruded};
use crate::support::{Workplace, wait_for};

const OPEN: &str = "roletrail_findings_open{account=\"111122223333\",provider=\"aws\",rule=\"unexpected-assumer\",severity=\"critical\"}";
const OLDEST: &str = "roletrail_finding_oldest_open_timestamp_seconds{account=\"111122223333\",provider=\"aws\",rule=\"unexpected-assumer\"}";
const EXCEPTED: &str = "roletrail_findings_excepted{account=\"111122223333\",provider=\"aws\",rule=\"unexpected-assumer\",severity=\"critical\"}";
const SOUND: &str = "roletrail_config_last_reload_successful";

/// A daemon that collects nothing and judges at midnight: what its page shows anew comes from the file alone.
fn start(place: &Workplace) -> Daemon {
    let settings = "[web]\nlisten_address = \"127.0.0.1:0\"\n[schedule]\ncollect = \"0 0 * * *\"\n";
    place.write("roletrail.toml", settings);
    Daemon::start_as(place, place.command(&["run"]))
}

#[test]
fn the_metrics_follow_the_file_without_a_new_collection() {
    let place = intruded(&["mallory"]);
    let id = finding(&place);
    let daemon = start(&place);
    daemon.shows(OPEN, "1");
    assert!(daemon.sample(OLDEST).is_some() && daemon.sample(EXCEPTED).is_none());
    daemon.shows("roletrail_exceptions_active", "0");
    let added = add(&place, &["--finding", &id, "--expires", "90d"], 0);
    daemon.shows(OPEN, "0");
    daemon.shows(EXCEPTED, "1");
    daemon.shows("roletrail_exceptions_active", "1");
    daemon.shows("roletrail_exceptions{state=\"active\"}", "1");
    assert_eq!(daemon.sample(OLDEST), None);
    let expires: jiff::Timestamp = added["exception"]["expires"].as_str().expect("a time").parse().expect("a time");
    daemon.shows("roletrail_exception_next_expiry_timestamp_seconds", &expires.as_second().to_string());

    // A broken file changes nothing but the sign that it is broken.
    let good = fs::read_to_string(place.path("exceptions.toml")).expect("written");
    place.write("exceptions.toml", good.replace("owner", "onwer"));
    daemon.shows(SOUND, "0");
    daemon.shows(OPEN, "0");
    daemon.shows("roletrail_exceptions_active", "1");
    let log = fs::read_to_string(place.path("daemon.log")).expect("a log");
    assert_eq!(log.matches("the file of exceptions is wrong").count(), 1, "it is told once: {log}");
    place.write("exceptions.toml", &good);
    daemon.shows(SOUND, "1");

    place.remove("exceptions.toml");
    daemon.shows(OPEN, "1");
    daemon.shows("roletrail_exceptions_active", "0");
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_reload_with_a_broken_file_changes_nothing_and_a_start_is_refused() {
    let place = intruded(&["mallory"]);
    let id = finding(&place);
    add(&place, &["--finding", &id, "--expires", "90d"], 0);
    let daemon = start(&place);
    daemon.shows(OPEN, "0");
    let good = fs::read_to_string(place.path("exceptions.toml")).expect("written");
    place.write("exceptions.toml", "[[exception]]\n");
    daemon.signal("HUP");
    wait_for("the reload is refused", 30, || {
        let log = fs::read_to_string(place.path("daemon.log")).ok()?;
        log.contains("the configuration is wrong; the old one stays").then_some(())
    });
    daemon.shows(SOUND, "0");
    daemon.shows(OPEN, "0");
    place.write("exceptions.toml", good);
    daemon.signal("HUP");
    daemon.shows(SOUND, "1");
    daemon.shows(OPEN, "0");
    assert_eq!(daemon.end(), 0);
    place.write("exceptions.toml", "[[exception]]\n");
    assert!(place.ends(&["run"], 3).stderr.contains("exceptions.toml:1:1"));
}
