//! The daemon as its users see it: its pages and its signals.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::records::{delivered, intrusion, routine};
use crate::support::{Workplace, wait_for};

/// A running daemon and the address on which it serves.
pub struct Daemon {
    child: Child,
    address: String,
}

impl Daemon {
    /// Starts on `roletrail.toml` and waits until it serves.
    pub fn start(place: &Workplace) -> Self {
        Self::start_as(place, place.command(&["run"]))
    }

    /// The same, by a command with an environment of its own.
    pub fn start_as(place: &Workplace, mut command: Command) -> Self {
        let log = fs::File::create(place.path("daemon.log")).expect("a log");
        let child = command.stdout(Stdio::null()).stderr(log).spawn().expect("starts");
        let mut daemon = Self { child, address: String::new() };
        daemon.address = wait_for("the daemon serves", 30, || {
            let log = fs::read_to_string(place.path("daemon.log")).ok()?;
            let line = log.lines().find(|line| line.contains("address="))?;
            Some(line.split("address=").nth(1)?.split_whitespace().next()?.trim_matches('"').to_owned())
        });
        daemon
    }

    /// Sends a request, answers the status and the body.
    pub fn ask(&self, method: &str, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, body.to_owned())
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path)
    }

    /// Where it serves.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The value of a sample, as the page has it.
    pub fn sample(&self, name: &str) -> Option<String> {
        let (status, page) = self.get("/metrics");
        assert_eq!(status, 200);
        let samples = page.lines().filter_map(|line| line.rsplit_once(' '));
        let found = samples.into_iter().find(|(series, _)| parts(series) == parts(name));
        found.map(|(_, value)| value.to_owned())
    }

    /// Waits until a sample has a value.
    pub fn shows(&self, name: &str, value: &str) {
        let mut last = None;
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            last = self.sample(name);
            if last.as_deref() == Some(value) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{name} is {last:?} and not {value}\n{}", self.get("/metrics").1);
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill starts");
        assert!(sent.success());
    }

    /// Asks it to end and waits for that.
    pub fn end(mut self) -> i32 {
        self.signal("TERM");
        let status = wait_for("the daemon ends", 10, || self.child.try_wait().expect("can be asked"));
        status.code().expect("by itself")
    }
}

/// Name and labels of a series: labels have no order.
fn parts(series: &str) -> Vec<&str> {
    let mut parts: Vec<_> = series.split(['{', '}', ',']).filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const WEB: &str = "[web]\nlisten_address = \"127.0.0.1:0\"\n";

/// Every second, so that the first collection need not be waited for.
const SOURCE: &str = "[schedule]\ncollect = \"* * * * * *\"\n\
    [[aws]]\nname = \"t\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"files\"\npath = \"trail\"\n";

/// The open findings of the grave kind in the account of the tests' records.
pub const OPEN: &str = "roletrail_findings_open{account=\"111122223333\",provider=\"aws\",rule=\"unexpected-assumer\",severity=\"critical\"}";

/// A place whose trail has these records, and is collected every second.
pub fn with_source(records: &[Value]) -> Workplace {
    let place = Workplace::new();
    place.write("roletrail.toml", format!("{WEB}{SOURCE}"));
    place.write("trail/a.json", delivered(records));
    place
}

fn with_two_records() -> Workplace {
    with_source(&[intrusion("d-1"), routine("d-2")])
}

#[test]
fn it_collects_by_itself_serves_its_pages_and_ends_when_told() {
    let place = with_two_records();
    let daemon = Daemon::start(&place);
    assert_eq!(daemon.get("/-/healthy").0, 200);
    daemon.shows(OPEN, "1");
    wait_for("it is ready", 10, || (daemon.get("/-/ready").0 == 200).then_some(()));
    let profile = "account=\"111122223333\",profile=\"aws-kms-custom-key-stores\",provider=\"aws\"";
    daemon.shows(&format!("roletrail_verdict{{{profile},verdict=\"findings\"}}"), "1");
    daemon.shows(&format!("roletrail_verdict{{{profile},verdict=\"clean\"}}"), "0");
    daemon.shows("roletrail_trail_records_total{provider=\"aws\",result=\"kept\"}", "2");
    daemon.shows("roletrail_config_last_reload_successful", "1");
    // What arrives later is seen by a later collection.
    place.write("trail/b.json", delivered(&[routine("d-3")]));
    daemon.shows("roletrail_trail_records_total{provider=\"aws\",result=\"kept\"}", "3");
    for path in ["/metrics", "/-/healthy", "/-/ready"] {
        assert_eq!(daemon.ask("HEAD", path), (200, String::new()), "{path}");
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            assert_eq!(daemon.ask(method, path).0, 405, "{method} {path}");
        }
    }
    assert_eq!(daemon.get("/no/such/page").0, 404);
    let (_, page) = daemon.get("/metrics");
    for name in [
        "roletrail_build_info",
        "roletrail_collector_up",
        "roletrail_coverage_gaps",
        "roletrail_storage_errors_total",
        "roletrail_role_assumptions_total",
        "roletrail_trail_watermark_timestamp_seconds",
    ] {
        assert!(page.contains(&format!("# TYPE {name} ")), "{name}");
    }
    assert!(!page.contains("mallory") && !page.contains("arn:"), "no person and no ARN is a label");
    // Others may read meanwhile, and not write.
    assert_eq!(place.list(&["findings"]).len(), 1);
    place.ends(&["run"], 4);
    assert_eq!(daemon.end(), 0);
    place.json(&["analyze"], 1);
}

#[test]
fn a_reload_takes_a_good_configuration_and_keeps_the_old_one_against_a_bad_one() {
    let place = with_two_records();
    let daemon = Daemon::start(&place);
    let reloaded = "roletrail_config_last_reload_successful";
    daemon.shows(reloaded, "1");
    daemon.shows(OPEN, "1");
    for wrong in ["[schedule]\ncolect = \"* * * * *\"\n", "not even TOML [", "[schedule]\ncollect = \"0 0 30 2 *\"\n"]
    {
        place.write("roletrail.toml", format!("{WEB}{wrong}"));
        daemon.signal("HUP");
        daemon.shows(reloaded, "0");
        assert_eq!(daemon.get("/-/healthy").0, 200);
        place.write("roletrail.toml", format!("{WEB}{SOURCE}"));
        daemon.signal("HUP");
        daemon.shows(reloaded, "1");
    }
    // The old configuration was kept whole, and a new one takes effect.
    place.write("more/b.json", delivered(&[routine("d-9")]));
    place.write("roletrail.toml", format!("{WEB}{}", SOURCE.replace("\"trail\"", "\"more\"")));
    daemon.signal("HUP");
    daemon.shows("roletrail_trail_records_total{provider=\"aws\",result=\"kept\"}", "3");
    assert_eq!(daemon.end(), 0);
}

#[test]
fn without_any_source_it_serves_what_its_history_holds() {
    let place = Workplace::new();
    place.write("a.json", delivered(&[intrusion("h-1")]));
    place.ingest(&["a.json"], 0);
    place.write("roletrail.toml", WEB);
    let daemon = Daemon::start(&place);
    daemon.shows(OPEN, "1");
    assert_eq!(daemon.end(), 0);

    // With no history at all it makes one and has nothing to say.
    let place = Workplace::new();
    place.write("roletrail.toml", WEB);
    let daemon = Daemon::start(&place);
    assert_eq!(daemon.get("/metrics").0, 200);
    assert_eq!(daemon.end(), 0);
}

#[test]
fn it_ends_within_its_time_in_the_middle_of_a_collection() {
    let place = with_two_records();
    for object in 0..400 {
        let records: Vec<_> = (0..20).map(|n| routine(&format!("m-{object}-{n}"))).collect();
        place.write(&format!("trail/m-{object:03}.json"), delivered(&records));
    }
    let daemon = Daemon::start(&place);
    assert_eq!(daemon.end(), 0);
    let report = place.ingest(&["trail"], 0);
    assert_eq!(report["records"]["rejected"], 0);
    assert_eq!(place.list(&["events", "--limit", "9000"]).len(), 2 + 400 * 20);
}

#[test]
fn a_configuration_that_is_wrong_or_an_address_that_is_taken_is_said_at_once() {
    let place = Workplace::new();
    place.write("roletrail.toml", "[web]\nlisten_addres = \"127.0.0.1:0\"\n");
    place.ends(&["run"], 3);
    place.write("roletrail.toml", "[web]\nlisten_address = \"0.0.0.0:0\"\n");
    let ran = place.ends(&["run"], 3);
    assert!(ran.stderr.contains("0.0.0.0"), "{}", ran.stderr);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = taken.local_addr().expect("known");
    place.write("roletrail.toml", format!("[web]\nlisten_address = \"{address}\"\n"));
    let ran = place.ends(&["run"], 3);
    assert!(ran.stderr.contains(&address.to_string()), "{}", ran.stderr);
}

/// Whether a program is there. Its absence is said aloud, and fails where it must be there: nothing else may make
/// these tests silent.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    assert!(found || std::env::var_os("CI").is_none(), "{program} is not installed");
    if !found {
        eprintln!("{program} IS NOT INSTALLED (Debian packages prometheus and curl): what needs it was not checked");
    }
    found
}

/// A running Prometheus.
pub struct Prometheus(pub Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
