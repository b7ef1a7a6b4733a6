//! Live collection from Alibaba Cloud as those see it who watch: the summary, the metrics page.

use crate::alibaba::{Effect, Fault};
use crate::alibaba_scan::{DIRECTORY, INSTANCES, MEMBER, Scene, directory};
use crate::daemon::Daemon;

#[test]
fn the_summary_begins_with_coverage_and_tells_throttles() {
    let scene = Scene::new(directory(), DIRECTORY);
    scene.cloud.fault(Fault::on(INSTANCES).account(MEMBER).first(1, Effect::Throttle));
    let summary = scene.ends(&["scan", "--format", "table"], 1).stdout;
    assert!(summary.starts_with("coverage  3 of 3 accounts · 9 of 9 Regions complete\n"), "{summary}");
    assert!(summary.contains(&format!("throttled {INSTANCES} 1 of 10 calls\n")), "{summary}");
}

#[test]
fn requests_are_counted_on_the_metrics_page_from_zero() {
    let settings =
        format!("[web]\nlisten_address = \"127.0.0.1:0\"\n[schedule]\ncollect = \"* * * * * *\"\n{DIRECTORY}");
    let scene = Scene::new(directory(), &settings);
    let daemon = Daemon::start_as(&scene.place, scene.command(&["run"]));
    let series =
        |metric: &str, api: &str| format!("roletrail_api_{metric}_total{{api=\"{api}\",provider=\"alibaba\"}}");
    assert_eq!(daemon.sample(&series("requests", "oss:GetObject")).as_deref(), Some("0"));
    assert_eq!(daemon.sample(&series("throttled", INSTANCES)).as_deref(), Some("0"));
    let up = format!("roletrail_collector_up{{account=\"{MEMBER}\",collector=\"inventory\",provider=\"alibaba\"}}");
    daemon.shows(&up, "1");
    let asked = daemon.sample(&series("requests", INSTANCES)).and_then(|value| value.parse().ok()).unwrap_or(0.0);
    assert!(9.0 <= asked, "{asked} requests");
    assert_eq!(daemon.end(), 0);
}
