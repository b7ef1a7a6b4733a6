//! Digests that are checked with each collection.

use serde_json::{Value, json};

use super::bucket::{KEYS, scene};
use super::{ACCOUNT, Objects, REGION, chain, hour};
use crate::aws::{Effect, Fault};
use crate::aws_scan::Scene;

fn settings(bucket: &str, more: &str) -> String {
    format!(
        "[[aws]]\nname = \"logs\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"s3\"\nbucket = \"{bucket}\"\n\
         verify_digests = true\n{more}\n"
    )
}

fn row(scene: &Scene) -> Value {
    let rows = scene.place.list(&["coverage"]);
    let mut rows = rows.into_iter().filter(|row| row["api"] == "trail:digest");
    let row = rows.next().expect("a row about the digests");
    assert_eq!(rows.next(), None);
    row
}

fn broken(scene: &Scene, status: &str) -> Vec<Value> {
    scene.place.list(&["findings", "--rule", "evidence-broken", "--status", status])
}

#[test]
fn each_collection_checks_what_is_new() {
    let bucket = "collected-digests";
    let scene = scene(&settings(bucket, ""));
    let mut writer = chain(bucket, REGION);
    let mut archive = Objects::hourly(&mut writer, hour(0), 6);
    archive.deliver(&scene);
    scene.scan(0);
    let told = row(&scene);
    assert_eq!(
        (&told["outcome"], &told["account"], &told["region"]),
        (&json!("complete"), &json!(ACCOUNT), &json!(REGION))
    );
    assert_eq!((&told["from"], &told["to"]), (&json!(hour(0)), &json!(hour(6))), "{told}");
    let fetched = |key: &str| {
        let calls = scene.cloud.calls_of("s3:GetObject");
        calls.iter().filter(|call| call.parameters["path"].as_str().is_some_and(|path| path.contains(key))).count()
    };
    assert_eq!((fetched("CloudTrail-Digest"), fetched("/CloudTrail/")), (6, 6), "log files are fetched once");
    assert_eq!(scene.cloud.calls_of(KEYS).len(), 1);

    archive.hour(&mut writer, hour(6));
    archive.deliver(&scene);
    scene.cloud.forget();
    scene.scan(0);
    assert_eq!((fetched("CloudTrail-Digest"), fetched("/CloudTrail/")), (1, 1));
    assert_eq!(row(&scene)["to"], json!(hour(7)));
    assert_eq!(broken(&scene, "all"), Vec::<Value>::new());
    assert_eq!(scene.cloud.refusals(), Vec::<String>::new());
}

#[test]
fn a_log_file_that_was_changed_is_a_finding_until_the_right_one_is_back() {
    let bucket = "changed-log";
    let scene = scene(&settings(bucket, ""));
    let mut writer = chain(bucket, REGION);
    let original = Objects::hourly(&mut writer, hour(0), 6);
    let log = &original.logs[3];
    let mut archive = original.clone();
    archive.change(log, |bytes| *bytes = crate::records::gzip(b"{\"Records\":[]}"));
    archive.deliver(&scene);
    scene.scan(1);
    let found = broken(&scene, "open");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["severity"], &found[0]["account"]), (&json!("critical"), &json!(ACCOUNT)));
    assert!(found[0]["summary"].as_str().is_some_and(|told| told.contains(log.as_str())), "{found:?}");
    assert_eq!(row(&scene)["outcome"], "complete", "it was read: that it does not verify is a finding");
    scene.scan(1);
    assert_eq!(broken(&scene, "open").len(), 1, "it does not clear by being old");
    original.deliver(&scene);
    scene.scan(0);
    assert_eq!((broken(&scene, "open").len(), broken(&scene, "resolved").len()), (0, 1));
}

#[test]
fn objects_that_are_gone_are_findings_until_they_are_back() {
    let bucket = "gone-objects";
    let scene = scene(&settings(bucket, ""));
    let mut writer = chain(bucket, REGION);
    let original = Objects::hourly(&mut writer, hour(0), 8);
    let mut archive = original.clone();
    archive.remove(&original.logs[1]);
    archive.remove(&original.digests[4]);
    archive.remove(&original.digests[5]);
    archive.deliver(&scene);
    scene.scan(1);
    let found = broken(&scene, "open");
    assert_eq!((found.len(), &found[0]["count"]), (1, &json!(2)), "{found:?}");
    original.deliver(&scene);
    scene.scan(0);
    assert_eq!(broken(&scene, "open"), Vec::<Value>::new());
}

#[test]
fn what_was_read_before_it_was_deleted_is_still_proved() {
    let bucket = "read-in-time";
    let scene = scene(&settings(bucket, ""));
    let mut writer = chain(bucket, REGION);
    let mut archive = Objects::hourly(&mut writer, hour(0), 2);
    archive.hour(&mut writer, hour(2));
    let late = archive.by_key.remove(&archive.digests[2]).expect("the newest digest");
    archive.deliver(&scene);
    scene.scan(0);
    // The digest comes when its log file has been read and is gone.
    archive.remove(&archive.logs[2].clone());
    archive.by_key.insert(archive.digests[2].clone(), late);
    archive.deliver(&scene);
    scene.scan(0);
    assert_eq!(row(&scene)["to"], json!(hour(3)));
}

#[test]
fn a_refusal_is_shown_and_changes_no_exit_code_and_no_finding() {
    let bucket = "refused-keys";
    let scene = scene(&settings(bucket, ""));
    let archive = Objects::hourly(&mut chain(bucket, REGION), hour(0), 30);
    archive.deliver(&scene);
    scene.cloud.fault(Fault::on(KEYS).always(Effect::AccessDenied));
    scene.scan(0);
    let told = row(&scene);
    assert_eq!(told["outcome"], "partial");
    assert!(told["detail"].as_str().is_some_and(|detail| detail.contains("AccessDenied")), "{told}");
    assert_eq!(broken(&scene, "all"), Vec::<Value>::new());
    scene.cloud.heal();
    scene.scan(0);
    assert_eq!((&row(&scene)["outcome"], &row(&scene)["to"]), (&json!("complete"), &json!(hour(30))));
}

#[test]
fn without_digests_there_is_nothing_to_check() {
    let bucket = "no-digests";
    let scene = scene(&settings(bucket, ""));
    let mut archive = Objects::hourly(&mut chain(bucket, REGION), hour(0), 2);
    archive.digests.clone().iter().for_each(|digest| drop(archive.remove(digest)));
    archive.deliver(&scene);
    scene.scan(0);
    assert_eq!(row(&scene)["outcome"], "not-enabled");
}

#[test]
fn the_check_begins_where_the_settings_say() {
    let bucket = "digests-since";
    let scene = scene(&settings(bucket, "since = \"2026-03-05\""));
    let mut archive = Objects::hourly(&mut chain(bucket, REGION), hour(0), 30);
    let old = archive.logs[3].clone();
    archive.remove(&old);
    archive.deliver(&scene);
    scene.scan(0);
    assert_eq!(row(&scene)["from"], json!(hour(24)));
}
