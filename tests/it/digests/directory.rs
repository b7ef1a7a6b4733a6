//! `verify trail` on directories.

use serde_json::{Value, json};

use super::{ACCOUNT, BUCKET, FINGERPRINT, Objects, REGION, chain, hour, log_key, problems, public_keys, sign};
use crate::support::Workplace;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::RsaKeyPair;
use roletrail::simulation::DigestSigner;

const HOURS: i64 = 6;

fn archive() -> Objects {
    Objects::hourly(&mut chain(BUCKET, REGION), hour(0), HOURS)
}

fn place() -> Workplace {
    let place = Workplace::new();
    place.write("keys.json", public_keys().to_string());
    place
}

fn verify_with(objects: &Objects, metadata: bool, more: &[&str], code: i32) -> Value {
    let place = place();
    objects.save(&place, "saved", metadata);
    let arguments = ["verify", "trail", "saved", "--public-keys", "keys.json"];
    place.json(&[&arguments, more].concat(), code)
}

fn verify(objects: &Objects, code: i32) -> Value {
    verify_with(objects, true, &[], code)
}

/// Verifies; what is found is of these kinds, about these objects.
fn finds(objects: &Objects, code: i32, expected: &[(&str, &str)]) -> Value {
    let report = verify(objects, code);
    let found = problems(&report);
    let found: Vec<_> = found.iter().map(|(kind, object)| (kind.as_str(), object.as_str())).collect();
    assert_eq!(found, expected, "{report:#}");
    assert_eq!(report["verified"], expected.is_empty());
    report
}

fn folder() -> String {
    format!("AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/")
}

#[test]
fn a_whole_archive_verifies() {
    let report = finds(&archive(), 0, &[]);
    for objects in ["digests", "logs"] {
        assert_eq!(report[objects], json!({"checked": 6, "valid": 6, "invalid": 0, "missing": 0, "unread": 0}));
    }
    let chain = &report["chains"][0];
    assert_eq!((&chain["from"], &chain["to"]), (&json!(hour(0)), &json!(hour(6))));
    assert_eq!(
        (&chain["trail"], &chain["bucket"], &chain["kind"]),
        (&json!("all_of_it"), &json!(BUCKET), &json!("standard"))
    );
}

#[test]
fn a_log_file_that_was_changed_is_named() {
    let original = archive();
    let log = &original.logs[2];
    for change in [
        |bytes: &mut Vec<u8>| *bytes = crate::records::gzip(b"{\"Records\":[]}"),
        |bytes: &mut Vec<u8>| bytes.push(b'x'),
        |bytes: &mut Vec<u8>| bytes.extend(crate::records::gzip(b"")),
        |bytes: &mut Vec<u8>| bytes.truncate(20),
        |bytes: &mut Vec<u8>| bytes.clear(),
    ] {
        let mut archive = original.clone();
        archive.change(log, change);
        let report = finds(&archive, 1, &[("invalid", log)]);
        assert_eq!(report["logs"], json!({"checked": 6, "valid": 5, "invalid": 1, "missing": 0, "unread": 0}));
    }
    let mut deleted = original.clone();
    deleted.remove(log);
    finds(&deleted, 2, &[("missing", log)]);
}

#[test]
fn a_log_file_that_was_unpacked_is_the_same() {
    let mut archive = archive();
    let log = archive.logs[2].clone();
    archive.change(&log, |bytes| {
        let mut content = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut content).expect("sound");
        *bytes = content;
    });
    finds(&archive, 0, &[]);
}

#[test]
fn a_digest_that_was_changed_is_named_and_its_word_is_not_taken() {
    let original = archive();
    let digest = &original.digests[2];
    for change in [
        |bytes: &mut Vec<u8>| bytes.push(0),
        |bytes: &mut Vec<u8>| *bytes = b"rubbish".to_vec(),
        |bytes: &mut Vec<u8>| {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).expect("sound");
            let mut content: Value = serde_json::from_str(&text).expect("JSON");
            content["logFiles"] = json!([]);
            *bytes = crate::records::gzip(content.to_string().as_bytes());
        },
    ] {
        let mut archive = original.clone();
        archive.change(digest, change);
        let report = finds(&archive, 1, &[("invalid", digest)]);
        assert_eq!(
            report["logs"]["checked"], 5,
            "the log files of a digest that does not verify are not vouched for"
        );
    }
}

#[test]
fn digests_that_were_deleted_are_named_with_the_time_that_is_missing() {
    let original = archive();
    let digests = &original.digests;
    let without = |gone: &[usize]| {
        let mut archive = original.clone();
        for at in gone {
            archive.remove(&digests[*at]);
        }
        archive
    };
    finds(&without(&[2]), 2, &[("missing", &digests[2])]);
    let two = finds(&without(&[2, 3]), 2, &[("missing", &digests[3])]);
    let problem = &two["chains"][0]["problems"][0];
    assert_eq!((&problem["from"], &problem["to"]), (&json!(hour(2)), &json!(hour(4))), "{problem}");
    finds(&without(&[5]), 2, &[("gap", &folder())]);
    finds(&without(&[4, 5]), 2, &[("gap", &folder())]);
    finds(&without(&[0]), 2, &[("gap", &digests[0])]);
    let mut all = without(&[0, 1, 2, 3, 4, 5]);
    let place = place();
    all.save(&place, "saved", true);
    let ran = place.ends(&["verify", "trail", "saved", "--public-keys", "keys.json"], 3);
    assert!(ran.stderr.contains("CloudTrail-Digest"), "{}", ran.stderr);
    // Another Region still has its own.
    all.add(Objects::hourly(&mut chain(BUCKET, "us-east-1"), hour(0), HOURS));
    finds(&all, 2, &[("gap", &folder())]);
}

#[test]
fn a_digest_in_another_place_is_no_digest_of_that_place() {
    let mut archive = archive();
    let from = archive.digests[5].clone();
    let object = archive.by_key.remove(&from).expect("the newest");
    let to = from.replace("T060000Z", "T070000Z");
    archive.by_key.insert(to.clone(), object);
    finds(&archive, 1, &[("invalid", &to)]);

    let mut mixed = Objects::hourly(&mut chain(BUCKET, REGION), hour(0), HOURS);
    let other = Objects::hourly(&mut chain(BUCKET, "us-east-1"), hour(0), 1);
    let object = other.by_key[&other.digests[0]].clone();
    mixed.by_key.insert(mixed.digests[3].clone(), object);
    let key = mixed.digests[3].clone();
    finds(&mixed, 1, &[("invalid", &key)]);
}

#[test]
fn a_digest_that_somebody_else_signed_is_invalid() {
    let stranger = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key pair");
    let signing = |text: &[u8]| sign(&stranger, text);
    let mut trusted = chain(BUCKET, REGION);
    let mut archive = Objects::hourly(&mut trusted, hour(0), 3);
    let mut forged = chain(BUCKET, REGION);
    forged.signer = DigestSigner { fingerprint: FINGERPRINT.to_owned(), sign: &signing };
    forged.last = trusted.last.clone();
    archive.hour(&mut forged, hour(3));
    let key = archive.digests[3].clone();
    finds(&archive, 1, &[("invalid", &key)]);

    // With a name of its own for the key, nobody can say: the file may lack it.
    forged.signer.fingerprint = "ffff".to_owned();
    forged.last = trusted.last.clone();
    let mut unknown = Objects::hourly(&mut chain(BUCKET, REGION), hour(0), 3);
    unknown.hour(&mut forged, hour(3));
    let report = finds(&unknown, 2, &[("unread", &key)]);
    let reason = report["chains"][0]["problems"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("list-public-keys --region eu-west-1"), "{reason}");
}

#[test]
fn no_other_bucket_is_looked_into() {
    let mut moved = chain("old-bucket", REGION);
    let before = Objects::hourly(&mut moved, hour(0), 2);
    moved.bucket = BUCKET.to_owned();
    let archive = Objects::hourly(&mut moved, hour(2), 2);
    let report = finds(&archive, 2, &[("gap", &archive.digests[0])]);
    let reason = report["chains"][0]["problems"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("old-bucket"), "{reason}");
    // Even where the objects of the other bucket lie in the same directory.
    let mut both = before;
    both.add(archive.clone());
    let report = verify(&both, 1);
    assert!(
        problems(&report).iter().any(|(kind, key)| kind == "invalid" && *key == archive.digests[0]),
        "{report:#}"
    );
}

#[test]
fn keys_that_lead_out_of_the_directory_are_not_followed() {
    let mut writer = chain(BUCKET, REGION);
    let secret = "../../secret.json.gz".to_owned();
    let mut archive = Objects::hourly(&mut writer, hour(0), 1);
    let digest = writer.write(hour(1), hour(2), &[(secret.clone(), b"known".to_vec())]);
    archive.put_digest(digest);
    let place = place();
    archive.save(&place, "a/b/saved", true);
    place.write("a/secret.json.gz", crate::records::gzip(b"known"));
    let report = place.json(&["verify", "trail", "a/b/saved", "--public-keys", "keys.json"], 2);
    assert_eq!(problems(&report), [("unread".to_owned(), secret)]);
}

#[test]
fn the_two_chains_of_a_trail_are_walked_by_themselves() {
    let mut late = chain(BUCKET, REGION);
    late.backfill = true;
    let mut archive = archive();
    let log = log_key(&late, hour(1) + jiff::SignedDuration::from_mins(7));
    for (start, logs) in [(1, vec![(log.clone(), b"{}".to_vec())]), (4, vec![])] {
        archive.put_digest(late.write(hour(start), hour(start + 1), &logs));
    }
    archive.put_log(log.clone(), b"{}");
    let report = finds(&archive, 0, &[]);
    assert_eq!(report["chains"].as_array().map(Vec::len), Some(2), "{report:#}");
    let first = archive.digests[6].clone();
    let mut without = archive.clone();
    without.remove(&first);
    finds(&without, 2, &[("missing", &first)]);
    archive.change(&log, |bytes| bytes.push(1));
    finds(&archive, 1, &[("invalid", &log)]);
}

#[test]
fn a_chain_that_begins_twice_is_a_gap() {
    let mut archive = archive();
    let again = Objects::hourly(&mut chain(BUCKET, REGION), hour(8), 2);
    let first = again.digests[0].clone();
    archive.add(again);
    finds(&archive, 2, &[("gap", &first)]);
}

#[test]
fn without_metadata_each_digest_is_vouched_for_by_the_next() {
    let archive = archive();
    let newest = &archive.digests[5];
    let report = verify_with(&archive, false, &[], 2);
    assert_eq!(problems(&report), [("unread".to_owned(), newest.clone())]);
    assert_eq!(report["digests"]["valid"], 5);
    verify_with(&archive, false, &["--until", "2026-03-04T05:00:00Z"], 0);
}

#[test]
fn a_part_of_the_time_can_be_verified() {
    let mut archive = archive();
    let (first, log) = (archive.digests[0].clone(), archive.logs[5].clone());
    archive.remove(&first);
    archive.remove(&log);
    let part = ["--since", "2026-03-04T01:00:00Z", "--until", "2026-03-04T05:00:00Z"];
    let report = verify_with(&archive, true, &part, 0);
    assert_eq!(report["digests"]["checked"], 4, "{report:#}");
    verify_with(&archive, true, &["--until", "2026-03-04T09:00:00Z", "--since", "2026-03-04T01:00:00Z"], 2);
    for filter in [["--account", "999999999999"], ["--region", "us-east-1"]] {
        let place = place();
        archive.save(&place, "saved", true);
        place.ends(&[&["verify", "trail", "saved", "--public-keys", "keys.json"][..], &filter].concat(), 3);
    }
}

#[test]
fn a_directory_may_begin_anywhere_above_the_regions() {
    let mut writer = chain(BUCKET, REGION);
    writer.prefix = "some/where/".to_owned();
    let archive = Objects::hourly(&mut writer, hour(0), 2);
    let place = place();
    archive.save(&place, "saved", true);
    std::fs::rename(place.path("saved/some/where"), place.path("moved")).expect("a directory can be moved");
    for root in ["moved", "moved/AWSLogs", &format!("moved/AWSLogs/{ACCOUNT}"), "."] {
        let report = place.json(&["verify", "trail", root, "--public-keys", "keys.json"], 0);
        assert_eq!(report["logs"]["valid"], 2, "{root}");
    }
    std::fs::create_dir(place.path("copy")).expect("a directory can be made");
    archive.save(&place, "copy", true);
    let ran = place.ends(&["verify", "trail", ".", "--public-keys", "keys.json"], 3);
    assert!(ran.stderr.contains("twice"), "{}", ran.stderr);
}

#[test]
fn wrong_arguments_do_nothing_and_say_what_to_do() {
    let place = place();
    archive().save(&place, "saved", true);
    place.write("broken.json", "{");
    for (arguments, told) in [
        (&["saved"][..], "list-public-keys"),
        (&["nowhere", "--public-keys", "keys.json"], "nowhere"),
        (&["saved", "--public-keys", "broken.json"], "broken.json"),
        (&["saved", "--public-keys", "missing.json"], "missing.json"),
        (&["oss://bucket"], "ActionTrail"),
        (&["s3://"], "s3://BUCKET"),
        (&["saved", "--public-keys", "keys.json", "--since", "soon"], "--since"),
        (&["saved", "--public-keys", "keys.json", "--since", "1d", "--until", "2d"], "--until"),
    ] {
        let ran = place.ends(&[&["verify", "trail"], arguments].concat(), 3);
        assert!(ran.stderr.contains(told) && ran.stdout.is_empty(), "{arguments:?}: {}", ran.stderr);
    }
    let ran = place.ends(&["verify", "trail", "saved", "--public-keys", "keys.json", "--format", "table"], 0);
    assert!(ran.stdout.ends_with("verified  saved · digests 6 of 6 · log files 6 of 6 · 0 gaps\n"), "{}", ran.stdout);
}
