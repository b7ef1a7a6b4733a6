//! Killed at any point, and with a full or failing disk: the next run completes, nothing is lost and nothing doubled.
//!
//! `strace` ends the program at the chosen system call. Without it the same is tried by the clock.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use crate::records::{delivered, gzip, intrusion, irrelevant, routine, with};
use crate::support::Workplace;

/// Objects of the archive; each has records of its own and one that every object has.
const OBJECTS: usize = 12;

fn archive() -> Workplace {
    let place = Workplace::new();
    for object in 0..OBJECTS {
        let at = |record: Value, minute: usize| {
            with(record, json!({"eventTime": format!("2026-03-04T{object:02}:{minute:02}:00Z")}))
        };
        let records = [
            at(routine(&format!("{object}-routine")), 1),
            at(intrusion(&format!("{object}-person")), 2),
            at(irrelevant(&format!("{object}-other")), 3),
            intrusion("everywhere"),
        ];
        place.write(&format!("logs/{object:02}.json.gz"), gzip(&delivered(&records)));
    }
    place
}

/// What the history says, without the times of its making.
fn dump(place: &Workplace) -> Value {
    let mut events = place.list(&["events"]);
    for event in &mut events {
        event["ingested_at"].take();
        // Which of the objects that hold an event came first may differ.
        event["object"].take();
    }
    let mut findings = place.list(&["findings", "--status", "all", "--all-events"]);
    for finding in &mut findings {
        finding["opened_at"].take();
    }
    let mut verdicts = place.list(&["verdicts"]);
    for verdict in &mut verdicts {
        verdict["assumptions"]["since"].take();
    }
    json!({"events": events, "findings": findings, "verdicts": verdicts})
}

/// The end state of a run without trouble.
fn undisturbed() -> &'static Value {
    static DUMP: OnceLock<Value> = OnceLock::new();
    DUMP.get_or_init(|| {
        let place = archive();
        place.ingest(&["logs"], 0);
        let dump = dump(&place);
        assert_eq!(dump["events"].as_array().map(Vec::len), Some(2 * OBJECTS + 1));
        dump
    })
}

/// A second run completes what the first left, and a third has nothing to do.
fn recovers(place: &Workplace, what: &str) {
    let report = place.ingest(&["logs"], 0);
    assert_eq!(report["records"]["rejected"], 0, "{what}: {report}");
    assert_eq!(&dump(place), undisturbed(), "{what}");
    let again = place.ingest(&["logs"], 0);
    assert_eq!(again["objects"]["already_ingested"], OBJECTS, "{what}: {again}");
    let check = place.ends(&["db", "status"], 0);
    assert!(!check.stdout.contains("damaged"), "{what}: {}", check.stdout);
}

fn has_strace() -> bool {
    let found = Command::new("strace").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        eprintln!("strace is not installed: no fault was injected at a chosen system call");
    }
    found
}

/// Runs `ingest` with a fault at a system call; answers exit code (128 + signal) and what was said.
fn injected(place: &Workplace, fault: &str) -> (i32, String) {
    let call = fault.split(':').next().expect("a call");
    let (trace, inject) = (format!("trace={call}"), format!("inject={fault}"));
    let program = env!("CARGO_BIN_EXE_roletrail");
    let arguments = ["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject, program, "ingest", "logs"];
    let output = place.other("strace", &arguments).output().expect("strace starts");
    let code = output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal));
    (code.expect("it ended"), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn killed_at_any_system_call_a_second_run_completes() {
    if !has_strace() {
        return;
    }
    let mut killed = 0;
    // The schema is made with the first 130 writes or so, the rest is the history itself.
    let points = [1, 20, 60, 100].into_iter().chain((120..=180).step_by(6)).map(|when| ("pwrite64", when));
    let points = points.chain([1, 4, 8, 11, 13, 15, 16, 17, 18].map(|when| ("fsync", when)));
    for (call, when) in points.chain([("unlink", 1), ("unlink", 3), ("ftruncate", 1), ("ftruncate", 4)]) {
        let place = archive();
        let (code, _) = injected(&place, &format!("{call}:signal=SIGKILL:when={when}"));
        assert!(code == 137 || code == 0, "{call} {when}: {code}");
        killed += i32::from(code == 137);
        recovers(&place, &format!("killed at {call} {when}"));
    }
    assert!(20 <= killed, "only {killed} runs were killed: the points lie behind the end of the run");
}

#[test]
fn killed_at_any_time_a_second_run_completes() {
    for delay in [5, 12, 20, 30, 45] {
        let place = archive();
        let mut child =
            place.command(&["ingest", "logs"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().expect("can be killed");
        child.wait().expect("ends");
        recovers(&place, &format!("killed after {delay} ms"));
    }
}

#[test]
fn a_full_or_failing_disk_ends_with_code_four_and_a_later_run_completes() {
    if !has_strace() {
        return;
    }
    let mut failed = 0;
    for fault in [
        "pwrite64:error=ENOSPC:when=1+",
        "pwrite64:error=ENOSPC:when=6+",
        "pwrite64:error=ENOSPC:when=20+",
        "pwrite64:error=EIO:when=12",
        "pwrite64:error=ENOSPC:when=135+",
        "pwrite64:error=EIO:when=145",
        "fsync:error=EIO:when=1",
        "fsync:error=EIO:when=12",
        "fsync:error=EIO:when=15",
        "fsync:error=EIO:when=16+",
    ] {
        let place = archive();
        let (code, said) = injected(&place, fault);
        assert!(code == 4 || code == 0, "{fault}: {code} {said}");
        assert!(!said.contains("panicked"), "{fault}: {said}");
        if code == 4 {
            assert!(said.contains("roletrail: "), "{fault}: {said}");
            failed += 1;
        }
        recovers(&place, fault);
    }
    assert!(7 <= failed, "only {failed} faults were felt");
}
