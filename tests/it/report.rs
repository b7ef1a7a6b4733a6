//! Reports as their users make and check them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::aws::Account;
use crate::aws_scan::{HUB, MEMBER, ORGANIZATION, Scene, organisation};
use crate::daemon::Daemon;
use crate::records::{ACCOUNT, delivered, intrusion, routine, with};
use crate::support::{Ran, Workplace, wait_for};

/// The month of the records.
const MARCH: [&str; 4] = ["--from", "2026-03-01", "--to", "2026-04-01"];

/// Its directory.
pub const PACK: &str = "out/roletrail-report-org-2026-03-01_2026-04-01";

/// A history with an intrusion in March.
pub fn history() -> Workplace {
    let place = Workplace::new();
    place.write("a.json", delivered(&[intrusion("r-1"), routine("r-2")]));
    place.ingest(&["a.json"], 0);
    place
}

/// The arguments of a report about March.
pub fn march<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["report", "--output", "out"], &MARCH[..], more].concat()
}

/// One more intrusion in March, so that the report is another.
pub fn more_happens(place: &Workplace) {
    let later = with(intrusion("r-3"), json!({"eventTime": "2026-03-09T05:06:07Z"}));
    place.write("b.json", delivered(&[later]));
    place.ingest(&["b.json"], 0);
}

fn file(place: &Workplace, pack: &str, what: &str, extension: &str) -> PathBuf {
    let rest = pack.split_once("roletrail-report").expect("a name of a report").1;
    place.path(&format!("{pack}/roletrail-{what}{rest}.{extension}"))
}

fn report_of(place: &Workplace, pack: &str) -> Value {
    let text = fs::read(file(place, pack, "report", "json")).expect("the report");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn a_report_is_written_told_and_verified() {
    let place = history();
    // Without inventory nothing is complete.
    let summary = place.json(&march(&["--format", "json,csv,html"]), 2);
    assert_eq!(summary["coverage"]["complete"], false, "{summary}");
    assert_eq!(summary["findings_open"]["critical"], 1, "{summary}");
    assert_eq!(summary["movements"]["new"], 1, "{summary}");
    assert_eq!(summary["directory"], PACK, "{summary}");
    let report = report_of(&place, PACK);
    let ids: Vec<_> = report["findings"].as_array().expect("a list").iter().map(|row| &row["id"]).collect();
    let listed = place.list(&["findings"]);
    assert_eq!(ids, listed.iter().map(|row| &row["id"]).collect::<Vec<_>>());
    assert_eq!(report["findings"][0]["severity"], listed[0]["severity"]);
    for (what, extension) in [("settings", "json"), ("profiles", "sha256"), ("controls", "json"), ("report", "html")]
    {
        assert!(file(&place, PACK, what, extension).is_file(), "{what}");
    }
    let checked = place.json(&["verify", "pack", PACK], 0);
    assert_eq!((&checked["verified"], &checked["report"]), (&json!(true), &report["id"]), "{checked}");
    let sums = place.other("sha256sum", &["--strict", "-c", "SHA256SUMS"]).current_dir(place.path(PACK)).output();
    assert!(sums.expect("sha256sum is there").status.success());
    // The hash that was printed is the one by which it is known.
    let hash = summary["manifest_sha256"].as_str().expect("a hash");
    place.json(&["verify", "pack", PACK, "--expect", hash], 0);
    place.json(&["verify", "pack", PACK, "--expect", &"0".repeat(64)], 1);
    let table = place.ends(&["verify", "pack", PACK, "--format", "table"], 0);
    assert!(table.stdout.contains("verified"), "{}", table.stdout);
}

#[test]
fn the_same_report_again_changes_nothing_and_another_one_takes_its_place() {
    let place = history();
    let first = place.json(&march(&["--format", "json"]), 2);
    let manifest = place.path(&format!("{PACK}/MANIFEST.json"));
    let written = fs::metadata(&manifest).and_then(|data| data.modified()).expect("a time");
    let second = place.json(&march(&["--format", "json"]), 2);
    assert_eq!((&first["unchanged"], &second["unchanged"]), (&json!(false), &json!(true)));
    assert_eq!(first["manifest_sha256"], second["manifest_sha256"]);
    assert_eq!(fs::metadata(&manifest).and_then(|data| data.modified()).expect("a time"), written);
    more_happens(&place);
    let third = place.json(&march(&["--format", "json"]), 2);
    assert_eq!(third["unchanged"], false);
    assert_ne!(third["manifest_sha256"], first["manifest_sha256"]);
    place.json(&["verify", "pack", PACK], 0);
    assert_eq!(visible_and_hidden(&place.path("out")), 1);
    // The report of the month after knows the one before, and April's own note changes nothing of it.
    let april = ["report", "--output", "out", "--from", "2026-04-01", "--to", "2026-05-01", "--format", "json"];
    let after = place.json(&april, 2);
    assert_eq!(after["movements"]["continuing"], 1, "{after}");
    let pack = "out/roletrail-report-org-2026-04-01_2026-05-01";
    assert_eq!(report_of(&place, pack)["changes"]["since_report"]["id"], third["report"]);
    assert_eq!(place.json(&april, 2)["unchanged"], true);
}

fn visible_and_hidden(directory: &Path) -> usize {
    fs::read_dir(directory).expect("listed").count()
}

#[test]
fn whatever_was_done_to_a_report_is_found() {
    let place = history();
    place.json(&march(&["--format", "json"]), 2);
    let report = file(&place, PACK, "report", "json");
    let (readme, sums) = (place.path(&format!("{PACK}/README.txt")), place.path(&format!("{PACK}/SHA256SUMS")));
    let manifest = place.path(&format!("{PACK}/MANIFEST.json"));
    let strange = place.path(&format!("{PACK}/strange.txt"));
    let whole = fs::read(&report).expect("read");
    let changed = |path: &Path| {
        let mut bytes = fs::read(path).expect("read");
        let place = bytes.iter().rposition(u8::is_ascii_digit).expect("a digit");
        bytes[place] = if bytes[place] == b'0' { b'1' } else { b'0' };
        fs::write(path, bytes).expect("written");
    };
    let cases: [(&str, &dyn Fn(), i32, &str); 9] = [
        ("a digit of the report", &|| changed(&report), 1, "changed"),
        ("a longer file", &|| fs::write(&readme, "more".repeat(2000)).expect("written"), 1, "changed"),
        ("a digit of the manifest", &|| changed(&manifest), 1, "changed"),
        ("a digit of the hashes", &|| changed(&sums), 1, "changed"),
        ("a file too many", &|| fs::write(&strange, "").expect("written"), 1, "unknown"),
        ("a file too few", &|| fs::remove_file(&report).expect("removed"), 2, "missing"),
        ("no hashes", &|| fs::remove_file(&sums).expect("removed"), 2, "missing"),
        ("no manifest any more", &|| fs::write(&manifest, "{}").expect("written"), 1, "changed"),
        (
            "a link to the same bytes",
            &|| {
                place.write("elsewhere", &whole);
                fs::remove_file(&report).expect("removed");
                std::os::unix::fs::symlink(place.path("elsewhere"), &report).expect("linked");
            },
            2,
            "unreadable",
        ),
    ];
    for (name, harm, code, state) in cases {
        place.json(&march(&["--format", "json"]), 2);
        place.json(&["verify", "pack", PACK], 0);
        harm();
        let checked = place.json(&["verify", "pack", PACK], code);
        assert_eq!(checked["verified"], false, "{name}");
        let files = checked["files"].as_array().expect("a list");
        assert!(files.iter().any(|file| file["state"] == state), "{name}: {checked}");
        if name == "no manifest any more" {
            // What is no report any more is nobody's to replace... unless it still has a manifest's name.
            fs::remove_dir_all(place.path(PACK)).expect("removed");
        }
    }
    for nothing in ["out", "nowhere", "a.json"] {
        let ran = place.ends(&["verify", "pack", nothing], 3);
        assert!(ran.stderr.contains("nothing to verify"), "{}", ran.stderr);
    }
}

#[test]
fn a_manifest_that_names_files_elsewhere_reads_none_of_them() {
    let place = history();
    place.json(&march(&["--format", "json"]), 2);
    let manifest = place.path(&format!("{PACK}/MANIFEST.json"));
    let mut value: Value = serde_json::from_slice(&fs::read(&manifest).expect("read")).expect("JSON");
    for name in ["../../a.json", "/etc/passwd", ".", "", "MANIFEST.json"] {
        value["files"][0]["name"] = name.into();
        fs::write(&manifest, value.to_string()).expect("written");
        let checked = place.json(&["verify", "pack", PACK], 1);
        let file = checked["files"].as_array().expect("a list").iter().find(|file| file["name"] == name);
        assert_eq!(file.expect("told")["state"], "changed", "{checked}");
    }
}

#[test]
fn arguments_that_make_no_report_write_none() {
    let place = history();
    for (arguments, said) in [
        (&["--from", "2026-04-01", "--to", "2026-03-01"][..], "before it has begun"),
        (&["--to", "2999-01-01"], "in the future"),
        (&["--from", "soon"], "--from"),
        (&["--period", "last-decade"], "last-month"),
        (&["--period", "last-month", "--from", "7d"], "cannot be used with"),
        (&["--account", "999999999999"], "no account"),
        (&["--account", "../../etc"], "no account"),
        (&["--format", "xml"], "possible values"),
        (&["--format", "json,"], "possible values"),
        (&["--output", "a.json/reports"], "another directory"),
        (&["--output", "/proc/reports"], "another directory"),
    ] {
        let out: &[&str] = if arguments[0] == "--output" { &[] } else { &["--output", "out"] };
        let ran = place.ends(&[&["report"], out, arguments].concat(), 3);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
    let ran = place.ends(&["--format", "table", "report"], 3);
    assert!(ran.stderr.contains("a report is written as"), "{}", ran.stderr);
    assert!(!place.path("out").exists() || visible_and_hidden(&place.path("out")) == 0);
    // Other commands have no such formats.
    let ran = place.ends(&["findings", "--format", "html"], 3);
    assert!(ran.stderr.contains("roletrail report"), "{}", ran.stderr);
    Workplace::new().ends(&["report"], 4);
}

#[cfg(not(feature = "pdf"))]
#[test]
fn a_format_that_the_build_leaves_out_is_refused_by_name_and_left_out_by_default() {
    let place = history();
    let ran = place.ends(&march(&["--format", "pdf"]), 3);
    assert!(ran.stderr.contains("--features pdf"), "{}", ran.stderr);
    let summary = place.json(&march(&[]), 2);
    let files = summary["files"].to_string();
    assert!(files.contains(".html") && files.contains(".csv") && !files.contains(".pdf"), "{files}");
}

#[test]
fn what_stands_in_the_place_of_a_report_and_is_none_is_left_alone() {
    let place = history();
    place.write(&format!("{PACK}/precious.txt"), "precious");
    let ran = place.ends(&march(&["--format", "json"]), 3);
    assert!(ran.stderr.contains("no report"), "{}", ran.stderr);
    assert_eq!(fs::read(place.path(&format!("{PACK}/precious.txt"))).expect("is there"), b"precious");
}

#[test]
fn directories_that_are_missing_are_made_for_their_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = history();
    place.json(&[&["report", "--output", "deep/er/out", "--format", "json"], &MARCH[..]].concat(), 2);
    let mode = |path: &str| fs::metadata(place.path(path)).expect("is there").permissions().mode() & 0o027;
    assert_eq!((mode("deep"), mode("deep/er/out")), (0, 0));
}

#[test]
fn without_a_period_it_is_about_the_last_thirty_days_up_to_now() {
    let place = Workplace::new();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    place.write("a.json", delivered(&[with(intrusion("n-1"), json!({ "eventTime": now }))]));
    place.ingest(&["a.json"], 0);
    let summary = place.json(&["report", "--format", "json", "--output", "out"], 2);
    assert_eq!(summary["movements"]["new"], 1, "what was read a moment ago counts: {summary}");
    // A daemon has the history meanwhile: a report is none the worse.
    place.json(&["report", "--period", "last-month", "--format", "json", "--output", "out"], 2);
    assert_eq!(visible_and_hidden(&place.path("out")), 2);
}

#[test]
fn a_report_of_a_live_organisation_names_who_asked_and_how_often() {
    let scene = Scene::new(organisation().account(Account::new("444444444444").state("SUSPENDED")), ORGANIZATION);
    scene.scan(1);
    let ran = scene.place.json(&["report", "--format", "json", "--output", "out"], 2);
    let report = report_of(&scene.place, ran["directory"].as_str().expect("a directory"));
    let identities = &report["method"]["identities"];
    assert!(identities[0]["identity"].as_str().is_some_and(|arn| arn.starts_with("arn:aws:")), "{identities}");
    let calls = report["method"]["calls"].as_array().expect("a list");
    let roles = calls.iter().find(|row| row["api"] == "iam:GetRole").expect("roles were asked for");
    assert!(roles["requests"].as_u64().is_some_and(|requests| 3 <= requests), "{roles}");
    // The trail is missing, and so is the proof; the inventory is complete.
    assert_eq!(
        (&ran["coverage"]["accounts_expected"], &ran["coverage"]["accounts_complete"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(ran["coverage"]["regions_expected"], ran["coverage"]["regions_complete"]);
    let out = report["scope"]["accounts"].as_array().expect("a list").iter().find(|row| row["included"] == false);
    assert_eq!(out.expect("one is out")["because"], "SUSPENDED");
    let of = |account: &str| {
        let ran = scene.place.json(&["report", "--account", account, "--format", "json", "--output", "one"], 2);
        report_of(&scene.place, ran["directory"].as_str().expect("a directory"))
    };
    let (hub, member) = (of(HUB), of(MEMBER));
    assert_eq!((&hub["scope"]["name"], &member["scope"]["name"]), (&json!(HUB), &json!(MEMBER)));
    assert!(hub["verdicts"].as_array().expect("a list").iter().all(|row| row["account"] == HUB));
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{program} is missing");
        eprintln!("{program} IS NOT INSTALLED: a fault of the disk was not tried");
    }
    found
}

#[test]
fn a_full_disk_keeps_the_report_that_is_there() {
    let place = history();
    // A file system of its own, in a name space of its own, which ends with the shell.
    let script = format!(
        "mkdir out && mount -t tmpfs -o size=640k none out || exit 99\n\
         {program} report --output out {march} --format json >first.json || test $? = 2 || exit 98\n\
         {program} ingest b.json >/dev/null || exit 97\n\
         dd if=/dev/zero of=out/fill bs=4k count=160 2>/dev/null\n\
         {program} report --output out {march} --format json,csv,html; echo $? >code\n\
         {program} verify pack {PACK} >checked.json || exit 96\n\
         ls -a out >listed\n",
        program = env!("CARGO_BIN_EXE_roletrail"),
        march = MARCH.join(" "),
    );
    place.write("b.json", delivered(&[with(intrusion("r-3"), json!({"eventTime": "2026-03-09T05:06:07Z"}))]));
    if !has("unshare") {
        return;
    }
    let output = place.other("unshare", &["-Urm", "sh", "-c", &script]).output().expect("starts");
    let ran = Ran::from(output);
    if ran.code == 99 || ran.stderr.contains("unshare:") {
        eprintln!("no file system can be mounted here: a full disk was not tried: {}", ran.stderr);
        return;
    }
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("No space left") && ran.stderr.contains("free room"), "{}", ran.stderr);
    let read = |name: &str| fs::read_to_string(place.path(name)).expect("written");
    assert_eq!(read("code").trim(), "3");
    let (first, checked): (Value, Value) = (
        serde_json::from_str(&read("first.json")).expect("JSON"),
        serde_json::from_str(&read("checked.json")).expect("JSON"),
    );
    assert_eq!(first["manifest_sha256"], checked["manifest_sha256"]);
    assert!(!read("listed").contains("partial"), "{}", read("listed"));
}

/// Makes the report of March with a fault at a system call; answers its exit code, 137 where it was killed.
fn with_fault(place: &Workplace, fault: &str) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    let call = fault.split(':').next().expect("a call");
    let (trace, inject) = (format!("trace={call}"), format!("inject={fault}"));
    let program = env!("CARGO_BIN_EXE_roletrail");
    let mut arguments = vec!["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject, program];
    let report = march(&["--format", "json,csv"]);
    arguments.extend(&report);
    let status = place.other("strace", &arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let status = status.expect("strace starts");
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).expect("it ended")
}

#[test]
fn killed_or_failed_at_any_step_it_leaves_the_old_report_or_the_new_one() {
    if !has("strace") {
        return;
    }
    let place = history();
    let old = place.json(&march(&["--format", "json,csv"]), 2)["manifest_sha256"].clone();
    fs::rename(place.path(PACK), place.path("old")).expect("kept");
    more_happens(&place);
    let new = place.json(&march(&["--format", "json,csv"]), 2)["manifest_sha256"].clone();
    assert_ne!(old, new);
    let faults = ["signal=SIGKILL", "error=EIO", "error=ENOSPC"];
    let points = [("mkdir", 1), ("fsync", 1), ("fsync", 4), ("fsync", 9), ("renameat2", 1), ("rename", 1)];
    let points = points.into_iter().flat_map(|point| faults.map(|fault| (point, fault)));
    let (mut felt, mut killed) = (0, 0);
    for begin in ["old", "nothing"] {
        for ((call, when), fault) in points.clone() {
            let what = format!("{begin}, {call}:{fault}:when={when}");
            let _ = fs::remove_dir_all(place.path("out"));
            if begin == "old" {
                let copied = place.other("cp", &["-a", "old", PACK]);
                fs::create_dir_all(place.path("out")).expect("made");
                let mut copied = copied;
                assert!(copied.status().expect("cp").success());
            }
            let code = with_fault(&place, &format!("{call}:{fault}:when={when}"));
            assert!([2, 3, 137].contains(&code), "{what}: {code}");
            (felt, killed) = (felt + i32::from(code != 2), killed + i32::from(code == 137));
            if place.path(PACK).exists() {
                let checked = place.json(&["verify", "pack", PACK], 0);
                let known = [&old, &new].contains(&&checked["manifest_sha256"]);
                assert!(known && (begin == "old" || checked["manifest_sha256"] == new), "{what}: {checked}");
            } else {
                assert_eq!(begin, "nothing", "{what}: neither the old nor the new one is there");
            }
            let after = place.json(&march(&["--format", "json,csv"]), 2);
            assert_eq!(after["manifest_sha256"], new, "{what}");
            assert_eq!(visible_and_hidden(&place.path("out")), 1, "{what}: something was left behind");
        }
    }
    assert!(15 <= felt && 6 <= killed, "{felt} faults were felt, {killed} killed");
}

const DAEMON: &str = "[web]\nlisten_address = \"127.0.0.1:0\"\n";

#[test]
fn the_daemon_writes_reports_by_schedule_and_counts_what_fails() {
    let place = history();
    let every_second =
        "[schedule]\nreport = \"* * * * * *\"\n[reports]\nformats = [\"json\", \"pdf\"]\nperiod = \"last-day\"\n";
    place.write("roletrail.toml", format!("{DAEMON}{every_second}"));
    let daemon = Daemon::start_as(&place, place.command(&["run"]));
    let pack = wait_for("a report is written", 40, || {
        let entry = fs::read_dir(place.path("reports"))
            .ok()?
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().starts_with("roletrail-report-org-"))?;
        Some(entry.path())
    });
    let last = "roletrail_report_last_success_timestamp_seconds";
    wait_for("the success is shown", 30, || daemon.sample(last).filter(|value| value != "0"));
    let path = pack.to_str().expect("text");
    assert_eq!(place.json(&["verify", "pack", path], 0)["verified"], true);
    // Commands that read go on meanwhile, and so does a report by hand.
    place.json(&march(&["--format", "json"]), 2);
    // A place that cannot be written is a failure of the task, and nothing else suffers.
    let failures = "roletrail_schedule_run_failures_total{task=\"report\"}";
    assert_eq!(daemon.sample(failures).as_deref(), Some("0"));
    let _ = fs::rename(place.path("reports"), place.path("kept"));
    fs::write(place.path("reports"), "in the way").expect("written");
    wait_for("the failure is counted", 30, || daemon.sample(failures).filter(|value| value != "0"));
    let kept = place.path("kept").join(pack.file_name().expect("a name"));
    place.json(&["verify", "pack", kept.to_str().expect("text")], 0);
    let log = fs::read_to_string(place.path("daemon.log")).expect("a log");
    assert!(log.contains("report written") && log.contains("another directory"), "{log}");
    assert_eq!(daemon.end(), 0);
    // The success outlives the daemon that had it.
    place.write("roletrail.toml", format!("{DAEMON}[schedule]\nreport = \"0 0 1 1 *\"\n"));
    let daemon = Daemon::start_as(&place, place.command(&["run"]));
    wait_for("the success is shown", 30, || daemon.sample(last).filter(|value| value != "0"));
    assert_eq!(daemon.end(), 0);
}

#[test]
fn accounts_that_only_a_log_can_have_named_make_no_path() {
    let place = Workplace::new();
    let strange = with(intrusion("x-1"), json!({"recipientAccountId": "../../../up"}));
    place.write("a.json", delivered(&[strange, intrusion("x-2")]));
    place.run(&["ingest", "a.json"]);
    let known = place.run(&["report", "--output", "out", "--format", "json", "--account", "../../../up"]);
    assert!([2, 3].contains(&known.code), "{known:?}");
    place.json(&["report", "--output", "out", "--format", "json", "--account", ACCOUNT], 2);
    for entry in fs::read_dir(place.root()).expect("listed").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(["a.json", "out"].contains(&name.as_str()) || name.starts_with("roletrail.db"), "{name}");
    }
}
