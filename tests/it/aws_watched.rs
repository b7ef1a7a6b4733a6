//! Live collection as those see it who watch: a terminal, the summary, the metrics page.

use std::process::Command;
use std::time::Duration;

use crate::aws::{Effect, Fault};
use crate::aws_scan::{MEMBER, ORGANIZATION, Scene, organisation};
use crate::daemon::Daemon;
use crate::support::Ran;

const STORES: &str = "kms:DescribeCustomKeyStores";

#[test]
fn the_summary_begins_with_coverage_and_tells_throttles() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    scene.cloud.fault(Fault::on(STORES).account(MEMBER).first(1, Effect::Throttle));
    let summary = scene.ends(&["scan", "--format", "table"], 1).stdout;
    assert!(summary.starts_with("coverage  3 of 3 accounts · 6 of 6 Regions complete\n"), "{summary}");
    let asked = scene.cloud.calls_of(STORES).len();
    assert!(summary.contains(&format!("throttled {STORES} 1 of {asked} calls\n")), "{summary}");
    let quiet = scene.ends(&["scan", "--format", "table"], 1).stdout;
    assert!(!quiet.contains("throttled"), "{quiet}");
}

/// Runs the program with a terminal as its standard error, and prints what it wrote there.
const TERMINAL: &str = r#"
import os, pty, subprocess, sys
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave)
os.close(slave)
seen = b""
while True:
    try:
        part = os.read(master, 65536)
    except OSError:
        break
    if not part:
        break
    seen += part
sys.stdout.write(seen.decode("utf-8", "replace"))
sys.exit(child.wait())
"#;

fn on_a_terminal(scene: &Scene, arguments: &[&str]) -> Ran {
    let mut command: Command = scene.place.other("python3", &["-c", TERMINAL, env!("CARGO_BIN_EXE_roletrail")]);
    command.args(arguments).envs(scene.cloud.environment()).env("TERM", "xterm").env("COLUMNS", "200");
    Ran::from(command.output().expect("python3 must be there (see .ci/run)"))
}

#[test]
fn a_terminal_shows_how_far_the_accounts_are() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    // Slow enough that there is something to see between the first account and the last.
    scene.cloud.set_latency(Duration::from_millis(30));
    let seen = on_a_terminal(&scene, &["scan", "--format", "json"]);
    assert_eq!(seen.code, 1, "{}", seen.stdout);
    assert!(seen.stdout.contains("/3 accounts"), "{:?}", seen.stdout);
    assert!(seen.stdout.contains("calls throttled"), "{:?}", seen.stdout);
}

#[test]
fn without_live_accounts_no_bar_of_accounts_is_shown() {
    let scene = Scene::new(organisation(), "[[snapshot]]\npath = \"inventory\"\n");
    std::fs::create_dir(scene.place.path("inventory")).expect("a directory can be made");
    let seen = on_a_terminal(&scene, &["scan", "--format", "json"]);
    assert!(!seen.stdout.contains("accounts") && !seen.stdout.contains("to go"), "{:?}", seen.stdout);
}

#[test]
fn requests_are_counted_on_the_metrics_page_from_zero() {
    let settings =
        format!("[web]\nlisten_address = \"127.0.0.1:0\"\n[schedule]\ncollect = \"* * * * * *\"\n{ORGANIZATION}");
    let scene = Scene::new(organisation(), &settings);
    let daemon = Daemon::start_as(&scene.place, scene.command(&["run"]));
    let series = |metric: &str, api: &str| format!("roletrail_api_{metric}_total{{api=\"{api}\",provider=\"aws\"}}");
    assert_eq!(daemon.sample(&series("requests", "sqs:ReceiveMessage")).as_deref(), Some("0"));
    assert_eq!(daemon.sample(&series("throttled", STORES)).as_deref(), Some("0"));
    daemon.shows("roletrail_collector_up{account=\"222222222222\",collector=\"inventory\",provider=\"aws\"}", "1");
    let asked = daemon.sample(&series("requests", STORES)).and_then(|value| value.parse().ok()).unwrap_or(0.0);
    assert!(6.0 <= asked, "{asked} requests");
    let runs = daemon.sample("roletrail_collector_runs_total{collector=\"inventory\"}");
    assert!(runs.is_some_and(|runs| runs != "0"));
    assert_eq!(daemon.sample("roletrail_collector_runs_total{collector=\"trail:sqs\"}").as_deref(), Some("0"));
    assert_eq!(daemon.end(), 0);
}
