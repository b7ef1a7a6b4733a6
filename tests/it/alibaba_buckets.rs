//! Trails that lie in buckets of OSS: the whole program against a strict stand-in.

use serde_json::{Value, json};

use crate::alibaba::{Account, Bucket, Effect, Fault, World};
use crate::alibaba_scan::{HUB, MEMBER, Scene};
use crate::records::{alibaba, gzip, lines, with};
use crate::support::{Ran, reconcile, sorted};

const BUCKET: &str = "audit-log";
const ENDPOINT: &str = "allow_http = true\nendpoint = \"ENDPOINT\"\n";

/// Settings of a source with a bucket in Hangzhou, and these of the source and of the trail besides.
fn settings(accounts: &str, more: &str) -> String {
    format!(
        "[[alibaba]]\nname = \"logs\"\naccounts = \"{accounts}\"\n{ENDPOINT}\
         [[alibaba.trail]]\nkind = \"oss\"\nbucket = \"{BUCKET}\"\nregion = \"cn-hangzhou\"\n{more}\n"
    )
}

fn world() -> World {
    World::new(HUB).account(Account::new(MEMBER)).bucket(BUCKET, Bucket::new(HUB, "cn-hangzhou"))
}

/// A scene with these objects in its bucket.
fn scene(more: &str, objects: &[(String, Vec<u8>)]) -> Scene {
    let scene = Scene::new(world(), &settings("none", more));
    deliver(&scene, objects);
    scene
}

/// Puts objects into the bucket.
fn deliver(scene: &Scene, objects: &[(String, Vec<u8>)]) {
    scene.cloud.change(|world| {
        let bucket = world.buckets.get_mut(BUCKET).expect("the bucket is in the world");
        bucket.objects.extend(objects.iter().cloned());
    });
}

/// The key of a delivery of one event at ten past ten, below a folder of the trails.
fn key(folder: &str, region: &str, day: &str, unique: &str) -> String {
    promising(1, folder, region, day, unique)
}

/// The same with another number of events in its name.
fn promising(events: u64, folder: &str, region: &str, day: &str, unique: &str) -> String {
    let (days, stamp) = (day.replace('-', "/"), day.replace('-', ""));
    format!("{folder}{region}/{days}/Actiontrail_{region}_{stamp}101000_1002_{events}_512_{unique}.gz")
}

const TRAILS: &str = "AliyunLogs/Actiontrail/";
const REGION: &str = "cn-hangzhou";

/// A delivery of one record that concerns no profile.
fn log(id: &str) -> Vec<u8> {
    log_of(HUB, id)
}

fn log_of(account: &str, id: &str) -> Vec<u8> {
    gzip(&lines(&[record(account, id)]))
}

fn record(account: &str, id: &str) -> Value {
    with(alibaba(id, "DescribeInstances", "Ecs"), json!({"recipientAccountId": account}))
}

/// Deliveries of a Region on these days.
fn of_days(days: &[&str]) -> Vec<(String, Vec<u8>)> {
    days.iter().map(|day| (key(TRAILS, REGION, day, "a"), log(day))).collect()
}

/// Scans; answers the counts of the objects.
fn scanned(scene: &Scene, code: i32) -> Value {
    let summary = scene.scan(code);
    reconcile(&summary["trail"]);
    summary["trail"]["objects"].clone()
}

fn gaps(scene: &Scene) -> Vec<Value> {
    let rows = scene.place.list(&["coverage"]);
    rows.into_iter().filter(|row| row["outcome"] != "complete" && row["outcome"] != "not-enabled").collect()
}

fn details(scene: &Scene) -> String {
    sorted(&gaps(scene), "detail").join("\n")
}

fn asked(scene: &Scene, parameter: &str) -> Vec<String> {
    let calls = scene.cloud.calls_of("oss:ListObjects").into_iter();
    calls.filter_map(|call| call.parameters["query"][parameter].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_bucket_is_read_once_and_old_days_are_not_listed_again() {
    let mut objects = of_days(&["2026-01-05", "2026-03-03", "2026-03-04"]);
    objects.push((key(TRAILS, "cn-beijing", "2026-03-04", "a"), log("beijing")));
    objects.push((key("AliyunLogs/Actiontrail-Insight/", REGION, "2026-03-04", "a"), b"not to be read".to_vec()));
    let scene = scene("", &objects);
    let counts = scanned(&scene, 0);
    assert_eq!((&counts["read"], &counts["seen"]), (&json!(4), &json!(4)), "{counts}");
    let rows = scene.place.list(&["coverage"]);
    let own = |row: &&Value| row["account"] == HUB && row["api"] == "trail:oss" && row["outcome"] == "complete";
    assert_eq!(rows.iter().filter(own).count(), 4, "the bucket, its two Regions and its events: {rows:?}");

    scene.cloud.forget();
    let counts = scanned(&scene, 0);
    assert_eq!((&counts["read"], &counts["already_ingested"]), (&json!(0), &json!(3)), "{counts}");
    assert_eq!(scene.cloud.calls_of("oss:GetObject").len(), 0, "nothing is fetched twice");
    let from = asked(&scene, "start-after");
    assert!(from.contains(&format!("{TRAILS}{REGION}/2026/03/03")), "{from:?}");
    assert!(asked(&scene, "prefix").iter().all(|prefix| !prefix.contains("Insight")));

    let late = key(TRAILS, REGION, "2026-03-03", "late");
    let midnight = format!("{TRAILS}{REGION}/2026/03/04/Actiontrail_{REGION}_20260305000005_1002_1_512_a.gz");
    let first = key(TRAILS, "ap-southeast-1", "2026-01-01", "first");
    deliver(&scene, &[(late, log("late")), (midnight, log("midnight")), (first, log("first"))]);
    assert_eq!(scanned(&scene, 0)["read"], 3, "late ones, those of the day before, and new Regions");
}

#[test]
fn the_trail_of_a_resource_directory_is_read_by_account() {
    let below = |account: &str| format!("some/where/{TRAILS}rd-Ab12/{account}/");
    let objects =
        [HUB, MEMBER].map(|account| (key(&below(account), REGION, "2026-03-04", "a"), log_of(account, account)));
    let scene = scene("prefix = \"some/where/\"", &objects);
    deliver(&scene, &[(key(TRAILS, REGION, "2026-03-04", "a"), log("above"))]);
    assert_eq!(scanned(&scene, 0)["read"], 2, "what is not below the prefix is another's");
    let rows = scene.place.list(&["coverage"]);
    let whole: Vec<_> = rows.into_iter().filter(|row| !row["account"].is_null()).collect();
    let mut known = sorted(&whole, "account");
    known.dedup();
    assert_eq!(known, [HUB, MEMBER]);
}

#[test]
fn a_listing_is_read_to_its_last_page_whatever_the_keys_are() {
    let names = ["a b", "a+b", "a%20b", "a&b<c>", "ü\u{1}", "z"];
    let folder = format!("{TRAILS}{REGION}/2026/03/04/");
    let objects = names.map(|name| (format!("{folder}{name}.gz"), log(name)));
    let scene = scene("", &objects);
    scene.cloud.change(|world| world.page_size = 2);
    assert_eq!(scanned(&scene, 0)["read"], names.len());
    assert_eq!(asked(&scene, "continuation-token").len(), 2);
}

#[test]
fn the_first_reading_begins_where_the_settings_say() {
    let objects = of_days(&["2026-01-05", "2026-02-28", "2026-03-01", "2026-03-04"]);
    assert_eq!(scanned(&scene("since = \"2026-03-01\"", &objects), 0)["seen"], 2);
}

#[test]
fn an_object_that_is_refused_is_rejected_and_read_when_it_is_not_refused_any_more() {
    let scene = scene("", &of_days(&["2026-03-01", "2026-03-02", "2026-03-03"]));
    scene.cloud.fault(Fault::on("oss:GetObject").nth(2, Effect::AccessDenied));
    let counts = scanned(&scene, 2);
    assert_eq!((&counts["read"], &counts["rejected"]), (&json!(2), &json!(1)), "the rest is read: {counts}");
    let told = details(&scene);
    assert!(told.contains("AccessDenied") && told.contains("kms:Decrypt"), "{told}");

    scene.cloud.heal();
    let counts = scanned(&scene, 0);
    assert_eq!((&counts["read"], &counts["already_ingested"]), (&json!(1), &json!(2)), "{counts}");
    assert_eq!(gaps(&scene), Vec::<Value>::new());
}

#[test]
fn an_object_that_went_away_or_is_archived_is_told() {
    for (status, code, told, rejected) in [
        (404, "NoSuchKey", "the object went away before it was read", 1),
        (403, "InvalidObjectState", "1 objects could not be fetched", 0),
    ] {
        let scene = scene("", &of_days(&["2026-03-01", "2026-03-02"]));
        scene.cloud.fault(Fault::on("oss:GetObject").nth(1, Effect::Error(status, code.to_owned())));
        let counts = scanned(&scene, 2);
        assert_eq!((&counts["read"], &counts["rejected"]), (&json!(1), &json!(rejected)), "{code}: {counts}");
        assert!(details(&scene).contains(told), "{code}: {}", details(&scene));
    }
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    for action in ["oss:GetObject", "oss:ListObjects"] {
        let scene = scene("", &of_days(&["2026-03-04"]));
        scene.cloud.fault(Fault::on(action).first(1, Effect::HalfBody));
        assert_eq!(scanned(&scene, 0)["read"], 1, "{action}");
    }
}

#[test]
fn a_listing_that_cannot_be_read_to_its_end_is_a_gap() {
    for (effect, why) in [
        (Effect::AccessDenied, "AccessDenied"),
        (Effect::TruncatedWithoutMarker, "cut off"),
        (Effect::RepeatedToken, "repeats a page"),
        (Effect::HalfBody, "no whole listing"),
        (Effect::EmptyBody, "no whole listing"),
        (Effect::Html, "HTTP 500"),
    ] {
        let scene = scene("", &of_days(&["2026-03-01", "2026-03-04"]));
        scene.cloud.fault(Fault::on("oss:ListObjects").always(effect.clone()));
        scanned(&scene, 2);
        let told = gaps(&scene);
        assert!(told.iter().any(|gap| gap["api"] == "trail:oss" && gap["account"].is_null()), "{effect:?}: {told:?}");
        assert!(details(&scene).contains(why), "{effect:?}: {}", details(&scene));
        scene.cloud.heal();
        assert_eq!(scanned(&scene, 0)["read"], 2, "{effect:?} is over");
        assert_eq!(gaps(&scene), Vec::<Value>::new(), "{effect:?} is over");
    }
}

#[test]
fn a_place_that_cannot_be_listed_is_read_from_its_old_beginning() {
    let scene = scene("", &of_days(&["2026-03-01", "2026-03-04"]));
    assert_eq!(scanned(&scene, 0)["read"], 2);
    deliver(&scene, &of_days(&["2026-03-07", "2026-03-20"]));
    scene.cloud.fault(Fault::on("oss:ListObjects").nth(2, Effect::AccessDenied));
    assert_eq!(scanned(&scene, 2)["read"], 0);
    scene.cloud.heal();
    assert_eq!(scanned(&scene, 0)["read"], 2);
    assert_eq!(gaps(&scene), Vec::<Value>::new());
}

#[test]
fn an_object_with_fewer_records_than_its_name_promises_is_a_gap_until_it_is_whole() {
    let name = promising(2, TRAILS, REGION, "2026-03-04", "a");
    let scene = scene("", &[(name.clone(), log("a"))]);
    assert_eq!(scanned(&scene, 2)["read"], 1, "what is there is read");
    let told = gaps(&scene);
    assert_eq!((&told[0]["account"], &told[0]["outcome"]), (&json!(HUB), &json!("partial")), "{told:?}");
    assert_eq!(told[0]["detail"], format!("oss://{BUCKET}/{name}: its name promises 2 events, and it holds 1"));

    assert_eq!(scanned(&scene, 2)["already_ingested"], 1, "it is not whole for having been read before");
    assert_eq!(gaps(&scene).len(), 1);
    deliver(&scene, &[(name, gzip(&lines(&[record(HUB, "a"), record(HUB, "b")])))]);
    assert_eq!(scanned(&scene, 0)["read"], 1);
    assert_eq!(gaps(&scene), Vec::<Value>::new());
}

#[test]
fn files_are_counted_as_well() {
    let scene = scene("", &[]);
    let name = promising(3, TRAILS, REGION, "2026-03-04", "a");
    scene.place.write(&name, log("a"));
    for objects in ["read", "already_ingested"] {
        let report = scene.place.ingest(&["AliyunLogs"], 2);
        assert_eq!(report["objects"][objects], 1, "{report}");
        assert!(details(&scene).contains("promises 3 events, and it holds 1"), "{}", details(&scene));
    }
    scene.place.write(&name, gzip(&lines(&["a", "b", "c"].map(|id| record(HUB, id)))));
    scene.place.ingest(&["AliyunLogs"], 0);
    assert_eq!(gaps(&scene), Vec::<Value>::new());
}

#[test]
fn an_account_of_which_the_bucket_holds_nothing_is_told() {
    let scene = Scene::new(world(), &settings("resource-directory", ""));
    deliver(&scene, &of_days(&["2026-03-04"]));
    scanned(&scene, 2);
    let silent = |account: &str| {
        let told = |gap: &Value| gap["account"] == account && gap["api"] == "trail:oss";
        gaps(&scene).iter().any(told)
    };
    assert!(silent(MEMBER) && !silent(HUB), "{:?}", gaps(&scene));
}

#[test]
fn a_bucket_that_is_not_there_or_elsewhere_or_empty_is_a_gap() {
    for (change, why) in [
        (("", ""), "is the prefix right?"),
        ((BUCKET, "not-there"), "NoSuchBucket"),
        ((REGION, "cn-beijing"), "the bucket is not in cn-beijing"),
        ((BUCKET, "Not/A/Bucket"), "no name of a bucket"),
    ] {
        let scene = Scene::new(world(), &settings("none", "").replace(change.0, change.1));
        let ran = scene.scan_as(|_| ());
        assert_eq!(ran.code, 2, "{why}: {}", ran.stderr);
        assert!(details(&scene).contains(why), "{why}: {}", details(&scene));
    }
}

#[test]
fn without_credentials_every_bucket_is_a_gap() {
    let scene = scene("", &of_days(&["2026-03-04"]));
    let ran = scene.scan_as(|command| {
        command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    });
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let told = gaps(&scene);
    assert!(
        told.iter().any(|gap| gap["api"] == "trail:oss" && gap["subject"] == format!("oss://{BUCKET}/")),
        "{told:?}"
    );
}

/// A source that reads nothing by itself: its endpoint is used.
fn for_ingest() -> Scene {
    Scene::new(world(), &format!("[[alibaba]]\nname = \"logs\"\naccounts = \"none\"\n{ENDPOINT}"))
}

fn ingest(scene: &Scene, arguments: &[&str], code: i32) -> Value {
    let ran = scene.ends(&[&["ingest"], arguments].concat(), code);
    let report = serde_json::from_str(&ran.stdout).expect("a report");
    reconcile(&report);
    report
}

#[test]
fn ingest_reads_buckets_beside_files() {
    let scene = for_ingest();
    let insight = key("logs/AliyunLogs/Actiontrail-Insight/", REGION, "2026-03-04", "a");
    let objects = [
        (key(&format!("logs/{TRAILS}"), REGION, "2026-03-04", "a"), log("a")),
        (insight, b"x".to_vec()),
        ("logs/flat.json".to_owned(), log("b")),
        ("other/c.json".to_owned(), log("c")),
    ];
    deliver(&scene, &objects);
    scene.place.write("d.json", log("d"));
    let url = format!("oss://{BUCKET}/logs/");
    let arguments = ["--region", REGION, "d.json", &url];
    let first = ingest(&scene, &arguments, 0);
    assert_eq!((&first["objects"]["read"], &first["objects"]["skipped"]), (&json!(3), &json!(1)), "{first}");
    assert_eq!(ingest(&scene, &arguments, 0)["objects"]["already_ingested"], 3);
    assert_eq!(scene.cloud.calls_of("oss:GetObject").len(), 2, "each was fetched once");
    assert_eq!(scene.cloud.refusals(), Vec::<String>::new());

    scene.cloud.fault(Fault::on("oss:ListObjects").always(Effect::AccessDenied));
    let refused = ingest(&scene, &arguments, 2);
    let reason = refused["rejects"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("AccessDenied"), "{refused}");
    let told = gaps(&scene);
    assert!(told.iter().any(|gap| gap["api"] == "trail:oss" && gap["subject"] == url), "{told:?}");
}

#[test]
fn ingest_finds_the_region_of_a_bucket_in_the_settings_and_in_the_environment() {
    let url = format!("oss://{BUCKET}");
    let with_trail = scene("", &of_days(&["2026-03-04"]));
    assert_eq!(ingest(&with_trail, &[&url], 0)["objects"]["read"], 1);
    for variable in ["OSS_REGION", "ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION"] {
        let scene = for_ingest();
        deliver(&scene, &of_days(&["2026-03-04"]));
        let untold = scene.ends(&["ingest", &url], 3);
        assert!(untold.stderr.contains("--region cn-hangzhou"), "{}", untold.stderr);
        let told = scene.command(&["ingest", &url]).env(variable, REGION).output().expect("the program starts");
        let told = Ran::from(told);
        assert_eq!(told.code, 0, "{variable}: {}", told.stderr);
    }
}

#[test]
fn ingest_of_a_bucket_that_is_not_there_does_nothing() {
    let scene = for_ingest();
    let ran = scene.ends(&["ingest", "--region", REGION, "oss://no-such-bucket-here/x"], 3);
    assert!(ran.stderr.contains("oss://no-such-bucket-here: there is no such bucket"), "{}", ran.stderr);
    assert!(!scene.place.path("roletrail.db").exists());
    scene.ends(&["ingest", "oss://"], 3);
}
