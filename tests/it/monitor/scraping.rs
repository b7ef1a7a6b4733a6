//! The page as Prometheus's own tools see it.

use std::io::Write as _;
use std::process::Stdio;

use super::servers::{Server, has_debian};
use crate::daemon::{Daemon, OPEN, with_source};
use crate::records::{intrusion, routine};
use crate::support::{Workplace, wait_for};

/// What `promtool check metrics` says about a page.
pub fn promtool_says(place: &Workplace, page: &str) -> String {
    let mut check = place.other("promtool", &["check", "metrics"]);
    let mut check =
        check.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    check.stdin.take().expect("is piped").write_all(page.as_bytes()).expect("written");
    let output = check.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

#[test]
fn promtool_has_nothing_to_say_about_the_metrics() {
    if !has_debian(&["promtool"]) {
        return;
    }
    let place = with_source(&[intrusion("d-1"), routine("d-2")]);
    let daemon = Daemon::start(&place);
    daemon.shows(OPEN, "1");
    for page in [&daemon.get("/metrics").1, include_str!("../../../src/exports/metrics/golden.txt")] {
        assert_eq!(promtool_says(&place, page), "");
    }
}

#[test]
fn a_real_prometheus_scrapes_it_and_answers() {
    if !has_debian(&["prometheus"]) {
        return;
    }
    let place = with_source(&[intrusion("d-1"), routine("d-2")]);
    let daemon = Daemon::start(&place);
    daemon.shows(OPEN, "1");
    let prometheus = Server::prometheus(&place, daemon.address(), "");
    let row = wait_for("Prometheus has scraped", 40, || {
        prometheus
            .query("roletrail_findings_open{rule=\"unexpected-assumer\",severity=\"critical\"}")
            .first()
            .cloned()
    });
    assert_eq!((&row["value"][1], &row["metric"]["account"]), (&"1".into(), &"111122223333".into()), "{row}");
    assert_eq!(prometheus.query("up{job=\"roletrail\"}")[0]["value"][1], "1");
}
