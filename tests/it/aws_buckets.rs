//! Trails that lie in buckets: the whole program against moto's S3.

use std::process::Command;

use serde_json::{Value, json};

use crate::aws::{Account, Effect, Fault, Moto, Trail, World};
use crate::aws_scan::{HUB, Scene};
use crate::records::{ACCOUNT, delivered, gzip, irrelevant, with};
use crate::support::{reconcile, sorted};

/// A program of boto3 that talks to moto; answers what it printed.
pub fn boto3(script: &str, arguments: &[&str]) -> String {
    let ran = Command::new("python3")
        .args(["-c", &format!("import boto3, json, os, sys\n{script}")])
        .args(arguments)
        .env("AWS_ENDPOINT_URL", Moto::shared().url())
        .envs([("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing")])
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .output()
        .expect("python3 must be there, with boto3 (see .ci/run)");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}

/// A scene whose S3 and SQS are moto's.
pub fn scene(settings: &str) -> Scene {
    let scene = Scene::new(World::new(HUB), settings);
    scene.cloud.forward(&["s3", "sqs", "sns"], &Moto::shared().url());
    scene
}

/// Puts objects into a bucket, which is made where it is missing.
pub fn deliver(scene: &Scene, bucket: &str, region: &str, objects: &[(String, Vec<u8>)]) {
    for (key, body) in objects {
        scene.place.write(&format!("deliver-{bucket}/{key}"), body);
    }
    let script = r#"
bucket, region, root = sys.argv[1:]
s3 = boto3.client("s3", region_name=region)
if bucket not in [known["Name"] for known in s3.list_buckets()["Buckets"]]:
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **place)
for folder, _, files in os.walk(root):
    for name in files:
        path = os.path.join(folder, name)
        s3.put_object(Bucket=bucket, Key=os.path.relpath(path, root), Body=open(path, "rb").read())
"#;
    let root = scene.place.path(&format!("deliver-{bucket}"));
    boto3(script, &[bucket, region, root.to_str().expect("a path of letters")]);
    std::fs::remove_dir_all(root).expect("the directory was made here");
}

/// The key of a delivery at ten past ten.
pub fn key(above: &str, account: &str, region: &str, day: &str, unique: &str) -> String {
    let (folder, stamp) = (day.replace('-', "/"), day.replace('-', ""));
    format!(
        "{above}AWSLogs/{account}/CloudTrail/{region}/{folder}/{}_CloudTrail_{region}_{stamp}T1010Z_{unique}.json.gz",
        account.rsplit('/').next().unwrap_or(account)
    )
}

/// What is delivered in it: one record.
pub fn log(id: &str) -> Vec<u8> {
    gzip(&delivered(&[irrelevant(id)]))
}

fn log_of(account: &str, id: &str) -> Vec<u8> {
    gzip(&delivered(&[with(irrelevant(id), json!({"recipientAccountId": account}))]))
}

fn settings(bucket: &str, more: &str) -> String {
    format!(
        "[[aws]]\nname = \"logs\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"s3\"\nbucket = \"{bucket}\"\n{more}\n"
    )
}

/// Scans; answers the counts of the objects.
fn scanned(scene: &Scene, code: i32) -> Value {
    let summary = scene.scan(code);
    reconcile(&summary["trail"]);
    summary["trail"]["objects"].clone()
}

fn listings(scene: &Scene) -> Vec<String> {
    let query = |call: &crate::aws::Call| call.parameters["query"].as_str().unwrap_or_default().replace("%2F", "/");
    scene.cloud.calls_of("s3:ListBucket").iter().map(query).collect()
}

fn gaps(scene: &Scene) -> Vec<Value> {
    let rows = scene.place.list(&["coverage"]);
    rows.into_iter().filter(|row| row["outcome"] != "complete" && row["outcome"] != "not-enabled").collect()
}

#[test]
fn a_bucket_is_read_once_and_old_days_are_not_listed_again() {
    let bucket = "read-once";
    let scene = scene(&settings(bucket, ""));
    let days = ["2026-01-05", "2026-03-03", "2026-03-04"];
    let mut objects = Vec::new();
    for region in ["eu-west-1", "us-east-1"] {
        objects.extend(days.map(|day| (key("", ACCOUNT, region, day, "A"), log(&format!("{region} {day}")))));
    }
    let digest = key("", ACCOUNT, "us-east-1", "2026-03-04", "A").replace("CloudTrail", "CloudTrail-Digest");
    objects.push((digest, b"not to be read".to_vec()));
    objects.push((format!("AWSLogs/{ACCOUNT}/Config/us-east-1/2026/3/4/x.json.gz"), b"nor this".to_vec()));
    deliver(&scene, bucket, "us-east-1", &objects);
    let counts = scanned(&scene, 0);
    assert_eq!((&counts["read"], &counts["seen"]), (&json!(6), &json!(6)), "{counts}");

    scene.cloud.forget();
    let counts = scanned(&scene, 0);
    assert_eq!((&counts["read"], &counts["already_ingested"]), (&json!(0), &json!(4)), "{counts}");
    assert_eq!(scene.cloud.calls_of("s3:GetObject").len(), 0, "nothing is fetched twice");
    let from = format!("start-after=AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/03/03");
    assert!(listings(&scene).iter().any(|query| query.contains(&from)), "{:?}", listings(&scene));
    let bare = |query: &&String| query.contains("us-east-1/") && !query.contains("start-after");
    assert_eq!(listings(&scene).iter().find(bare), None, "a Region is listed from a day on");

    let late = key("", ACCOUNT, "us-east-1", "2026-03-03", "Late");
    let new = key("", ACCOUNT, "us-east-1", "2026-03-05", "New");
    let first = key("", ACCOUNT, "ap-south-1", "2026-01-01", "First");
    deliver(&scene, bucket, "us-east-1", &[(late, log("late")), (new, log("new")), (first, log("first"))]);
    assert_eq!(scanned(&scene, 0)["read"], 3, "late ones and new Regions too");
}

#[test]
fn the_trail_of_an_organisation_is_read_in_the_region_of_its_bucket() {
    let bucket = "of-organisation";
    let scene = scene(&settings(bucket, "prefix = \"some/where/\""));
    let accounts = [ACCOUNT, "444455556666"];
    let in_organization =
        |account: &str| key("some/where/", &format!("o-ab12/{account}"), "eu-west-1", "2026-03-04", "A");
    let objects = accounts.map(|account| (in_organization(account), log_of(account, account)));
    deliver(&scene, bucket, "eu-central-1", &objects);
    deliver(
        &scene,
        bucket,
        "eu-central-1",
        &[(key("", "999988887777", "eu-west-1", "2026-03-04", "A"), log("above"))],
    );
    assert_eq!(scanned(&scene, 0)["read"], 2, "what is not below the prefix is another's");
    let fetched = scene.cloud.calls_of("s3:GetObject");
    assert!(fetched.iter().all(|call| call.region == "eu-central-1"), "{fetched:?}");
    let rows = scene.place.list(&["coverage"]);
    let whole: Vec<_> = rows.into_iter().filter(|row| !row["account"].is_null()).collect();
    let mut known = sorted(&whole, "account");
    known.dedup();
    assert_eq!(known, accounts);
}

#[test]
fn the_first_reading_begins_where_the_settings_say() {
    let bucket = "since-a-day";
    let scene = scene(&settings(bucket, "since = \"2026-03-01\""));
    let objects = ["2026-01-05", "2026-02-28", "2026-03-01", "2026-03-04"]
        .map(|day| (key("", ACCOUNT, "us-east-1", day, "A"), log(day)));
    deliver(&scene, bucket, "us-east-1", &objects);
    assert_eq!(scanned(&scene, 0)["seen"], 2);
}

#[test]
fn an_object_that_is_refused_is_rejected_and_read_when_it_is_not_refused_any_more() {
    let bucket = "refused-once";
    let scene = scene(&settings(bucket, ""));
    let day = |number: u32| format!("2026-03-{number:02}");
    let objects: Vec<_> =
        (1..=5).map(|number| (key("", ACCOUNT, "us-east-1", &day(number), "A"), log(&day(number)))).collect();
    deliver(&scene, bucket, "us-east-1", &objects);
    scene.cloud.fault(Fault::on("s3:GetObject").nth(2, Effect::AccessDenied));
    let counts = scanned(&scene, 2);
    assert_eq!((&counts["read"], &counts["rejected"]), (&json!(4), &json!(1)), "the rest is read: {counts}");
    let details = sorted(&gaps(&scene), "detail").join("\n");
    assert!(details.contains("AccessDenied") && details.contains("kms:Decrypt"), "{details}");

    scene.cloud.heal();
    let counts = scanned(&scene, 0);
    assert_eq!((&counts["read"], &counts["already_ingested"]), (&json!(1), &json!(4)), "{counts}");
    assert_eq!(gaps(&scene), Vec::<Value>::new());
}

#[test]
fn a_place_that_cannot_be_listed_is_a_gap_and_is_read_from_its_old_beginning() {
    let bucket = "listing-fails";
    let scene = scene(&settings(bucket, ""));
    let first = ["2026-03-01", "2026-03-04"].map(|day| (key("", ACCOUNT, "us-east-1", day, "A"), log(day)));
    deliver(&scene, bucket, "us-east-1", &first);
    assert_eq!(scanned(&scene, 0)["read"], 2);
    let later = ["2026-03-07", "2026-03-20"].map(|day| (key("", ACCOUNT, "us-east-1", day, "A"), log(day)));
    deliver(&scene, bucket, "us-east-1", &later);
    for listing in 1..=3 {
        scene.cloud.fault(Fault::on("s3:ListBucket").nth(listing, Effect::AccessDenied));
        assert_eq!(scanned(&scene, 2)["read"], 0);
        let gaps = gaps(&scene);
        assert!(gaps.iter().any(|gap| gap["outcome"] == "denied" && gap["api"] == "trail:s3"), "{gaps:?}");
        scene.cloud.heal();
    }
    assert_eq!(scanned(&scene, 0)["read"], 2);
    assert_eq!(gaps(&scene), Vec::<Value>::new());
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    let bucket = "breaks-off";
    let scene = scene(&settings(bucket, ""));
    deliver(&scene, bucket, "us-east-1", &[(key("", ACCOUNT, "us-east-1", "2026-03-04", "A"), log("a"))]);
    scene.cloud.fault(Fault::on("s3:GetObject").first(1, Effect::HalfBody));
    assert_eq!(scanned(&scene, 0)["read"], 1);
    assert_eq!(scene.cloud.calls_of("s3:GetObject").len(), 2);
}

#[test]
fn a_rejected_object_stays_a_gap_until_a_whole_one_is_in_its_place() {
    let bucket = "rubbish-inside";
    let scene = scene(&settings(bucket, ""));
    let name = key("", ACCOUNT, "us-east-1", "2026-03-04", "A");
    deliver(&scene, bucket, "us-east-1", &[(name.clone(), log("a")[..20].to_vec())]);
    assert_eq!(scanned(&scene, 2)["rejected"], 1);
    assert_eq!(gaps(&scene)[0]["account"], ACCOUNT);
    deliver(&scene, bucket, "us-east-1", &[(name, log("a"))]);
    assert_eq!(scanned(&scene, 0)["read"], 1);
    assert_eq!(gaps(&scene), Vec::<Value>::new());
}

#[test]
fn an_account_of_which_the_bucket_holds_nothing_is_told() {
    let bucket = "silent-account";
    let world = World::new(HUB).account(Account::new(HUB).trail(Trail::healthy(HUB, "us-east-1", "all", bucket)));
    let scene = Scene::new(world, &settings(bucket, "").replace("\"none\"", "\"self\""));
    scene.cloud.forward(&["s3"], &Moto::shared().url());
    deliver(&scene, bucket, "us-east-1", &[(key("", ACCOUNT, "us-east-1", "2026-03-04", "A"), log("a"))]);
    assert_eq!(scanned(&scene, 2)["read"], 1);
    let told = gaps(&scene);
    assert!(told.iter().any(|gap| gap["account"] == HUB && gap["api"] == "trail:s3"), "{told:?}");
    deliver(&scene, bucket, "us-east-1", &[(key("", HUB, "us-east-1", "2026-03-04", "A"), log_of(HUB, "hub"))]);
    assert_eq!(scanned(&scene, 0)["read"], 1);
    assert_eq!(gaps(&scene), Vec::<Value>::new());
}

#[test]
fn a_bucket_without_trails_or_that_is_not_there_is_a_gap() {
    let scene = scene(&settings("not-there-at-all", ""));
    scanned(&scene, 2);
    deliver(&scene, "not-there-at-all", "us-east-1", &[("notes.txt".to_owned(), b"x".to_vec())]);
    scanned(&scene, 2);
    let details = sorted(&gaps(&scene), "detail").join("\n");
    assert!(details.contains("is the prefix right?"), "{details}");
}

#[test]
fn ingest_reads_buckets_beside_files() {
    let bucket = "for-ingest";
    let scene = scene("");
    let deep = key("logs/", ACCOUNT, "us-east-1", "2026-03-04", "A");
    let digest = deep.replace("CloudTrail", "CloudTrail-Digest");
    let objects = [(deep, log("a")), (digest, b"x".to_vec()), ("logs/flat.json".to_owned(), log("b"))];
    deliver(&scene, bucket, "eu-west-1", &objects);
    deliver(&scene, bucket, "eu-west-1", &[("other/c.json".to_owned(), log("c"))]);
    scene.place.write("d.json", log("d"));
    let url = format!("s3://{bucket}/logs/");
    let ingest = |code: i32| -> Value {
        let ran = scene.ends(&["ingest", "d.json", &url], code);
        let report = serde_json::from_str(&ran.stdout).expect("a report");
        reconcile(&report);
        report
    };
    let first = ingest(0);
    assert_eq!((&first["objects"]["read"], &first["objects"]["skipped"]), (&json!(3), &json!(1)), "{first}");
    assert_eq!(ingest(0)["objects"]["already_ingested"], 3);
    assert_eq!(scene.cloud.calls_of("s3:GetObject").len(), 2, "each was fetched once");

    scene.cloud.fault(Fault::on("s3:ListBucket").always(Effect::AccessDenied));
    let refused = ingest(2);
    let reason = refused["rejects"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("AccessDenied"), "{refused}");
}

#[test]
fn ingest_of_a_bucket_that_is_not_there_does_nothing() {
    let scene = scene("");
    let ran = scene.ends(&["ingest", "s3://no-such-bucket-here/x"], 3);
    assert!(ran.stderr.contains("no such bucket"), "{}", ran.stderr);
    assert!(!scene.place.path("roletrail.db").exists());
    scene.ends(&["ingest", "s3://"], 3);
    scene.ends(&["ingest", "oss://bucket/prefix"], 3);
}
