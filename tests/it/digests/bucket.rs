//! `verify trail` on buckets: moto's S3, and the public keys of the fake.

use serde_json::{Value, json};

use super::{FINGERPRINT, Objects, REGION, chain, hour, problems, public_key, public_keys};
use crate::aws::{Account, Effect, Fault, Moto, World};
use crate::aws_scan::{HUB, Scene};

pub const KEYS: &str = "cloudtrail:ListPublicKeys";

/// The end of what is verified of the buckets.
pub const END: &str = "2026-03-04T06:00:00Z";

/// A scene with the public keys in both Regions, whose S3 is moto's.
pub fn scene(settings: &str) -> Scene {
    scene_with(settings, |account| account)
}

/// The same, with more in the account.
pub fn scene_with(settings: &str, more: impl Fn(Account) -> Account) -> Scene {
    let account = Account::new(HUB).public_key(REGION, public_key()).public_key("us-east-1", public_key());
    let scene = Scene::new(World::new(HUB).account(more(account)), settings);
    scene.cloud.forward(&["s3"], &Moto::shared().url());
    scene
}

fn verify(scene: &Scene, bucket: &str, more: &[&str], code: i32) -> Value {
    let url = format!("s3://{bucket}");
    let arguments = ["verify", "trail", &url, "--until", END];
    let ran = scene.ends(&[&arguments, more].concat(), code);
    serde_json::from_str(&ran.stdout).expect("a report")
}

#[test]
fn a_bucket_verifies_with_the_keys_that_cloudtrail_tells() {
    let scene = scene("");
    let mut writer = chain("verified-bucket", REGION);
    writer.prefix = "some/where/".to_owned();
    let mut archive = Objects::hourly(&mut writer, hour(0), 6);
    writer = chain("verified-bucket", "us-east-1");
    writer.prefix = "some/where/".to_owned();
    archive.add(Objects::hourly(&mut writer, hour(0), 6));
    archive.deliver(&scene);
    let report = verify(&scene, "verified-bucket/some/where", &[], 0);
    assert_eq!((&report["digests"]["valid"], &report["logs"]["valid"]), (&json!(12), &json!(12)), "{report:#}");
    let asked = scene.cloud.calls_of(KEYS);
    let regions: Vec<_> = asked.iter().map(|call| call.region.as_str()).collect();
    assert!(regions.contains(&REGION) && regions.contains(&"us-east-1"), "each Region has its own keys: {regions:?}");
    assert_eq!(regions.len(), 2, "and is asked once");
    let only = verify(&scene, "verified-bucket/some/where", &["--region", REGION], 0);
    assert_eq!(only["digests"]["valid"], 6);
    let only = verify(&scene, &format!("verified-bucket/some/where/AWSLogs/{}/", super::ACCOUNT), &[], 0);
    assert_eq!(only["digests"]["valid"], 12);
    assert!(!scene.place.path("roletrail.db").exists(), "no history is needed");
}

#[test]
fn what_was_done_to_a_bucket_is_found() {
    let bucket = "tampered-bucket";
    let scene = scene("");
    let original = Objects::hourly(&mut chain(bucket, REGION), hour(0), 6);
    let finds = |objects: &Objects, code, kind: &str, object: &str| {
        objects.deliver(&scene);
        let report = verify(&scene, bucket, &[], code);
        assert_eq!(problems(&report), [(kind.to_owned(), object.to_owned())], "{report:#}");
    };
    let with = |change: &dyn Fn(&mut Objects)| {
        let mut objects = original.clone();
        change(&mut objects);
        objects
    };
    let (log, digest) = (&original.logs[2], &original.digests[3]);
    finds(&with(&|objects| objects.change(log, |bytes| bytes.push(1))), 1, "invalid", log);
    finds(&with(&|objects| drop(objects.remove(log))), 2, "missing", log);
    finds(&with(&|objects| objects.change(digest, |bytes| bytes.push(1))), 1, "invalid", digest);
    finds(&with(&|objects| drop(objects.remove(digest))), 2, "missing", digest);
    let folder = format!("AWSLogs/{}/CloudTrail-Digest/{REGION}/", super::ACCOUNT);
    finds(&with(&|objects| drop(objects.remove(&original.digests[5]))), 2, "gap", &folder);
    let resigned = |objects: &mut Objects| {
        objects.by_key.get_mut(digest).expect("a digest").1 = Some("00".repeat(256));
    };
    finds(&with(&resigned), 1, "invalid", digest);
    let unsigned = |objects: &mut Objects| objects.by_key.get_mut(digest).expect("a digest").1 = None;
    finds(&with(&unsigned), 2, "unread", digest);
}

#[test]
fn a_key_that_cloudtrail_does_not_know_was_somebody_elses() {
    let bucket = "strange-key";
    let scene = scene("");
    let mut writer = chain(bucket, REGION);
    let mut archive = Objects::hourly(&mut writer, hour(0), 5);
    writer.signer.fingerprint = "ffff".to_owned();
    archive.hour(&mut writer, hour(5));
    archive.deliver(&scene);
    let report = verify(&scene, bucket, &[], 1);
    assert_eq!(problems(&report), [("invalid".to_owned(), archive.digests[5].clone())]);
    // A list of one's own may lack it.
    let lists = public_keys().to_string().replace(FINGERPRINT, "eeee");
    scene.place.write("keys.json", lists);
    scene.cloud.forget();
    let report = verify(&scene, bucket, &["--public-keys", "keys.json"], 2);
    assert_eq!(report["digests"]["unread"], 6, "{report:#}");
    assert_eq!(scene.cloud.calls_of(KEYS).len(), 0);
}

#[test]
fn what_is_refused_or_not_there_is_told() {
    let bucket = "refusing-bucket";
    let scene = scene("");
    Objects::hourly(&mut chain(bucket, REGION), hour(0), 6).deliver(&scene);
    for (call, unread) in [(KEYS, "digests"), ("s3:GetObject", "digests"), ("s3:ListBucket", "")] {
        scene.cloud.fault(Fault::on(call).always(Effect::AccessDenied));
        let report = verify(&scene, bucket, &[], 2);
        let told = report.to_string();
        assert!(told.contains("AccessDenied"), "{call}: {told}");
        if !unread.is_empty() {
            assert_eq!(report[unread]["unread"], 6, "{call}");
        }
        scene.cloud.heal();
    }
    let ran = scene.ends(&["verify", "trail", "s3://no-such-bucket-for-digests"], 3);
    assert!(ran.stderr.contains("NoSuchBucket"), "{}", ran.stderr);
    let ran = scene.ends(&["verify", "trail", &format!("s3://{bucket}/other")], 3);
    assert!(ran.stderr.contains("CloudTrail-Digest"), "{}", ran.stderr);
    // A bucket is checked up to now, and these digests are old.
    let ran = scene.ends(&["verify", "trail", &format!("s3://{bucket}")], 2);
    assert!(ran.stdout.contains("there is no digest after"), "{}", ran.stdout);
}
