//! Digests, keys and chains, on digests that the simulation writes and signs.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::{ChainKind, ChainProblem, ChainProblemKind as Kind};
use crate::simulation::{DigestChain, DigestSigner, SignedDigest, log_object};
use crate::trail::Limits;

const BUCKET: &str = "trail-logs";

fn key_pair() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).expect("a key pair")
}

fn sign(pair: &RsaKeyPair, text: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).expect("a signature");
    signature
}

fn hour(number: i64) -> Timestamp {
    let midnight: Timestamp = "2026-03-04T00:00:00Z".parse().expect("a time");
    midnight + SignedDuration::from_hours(number)
}

fn chain<'a>(sign: &'a dyn Fn(&[u8]) -> Vec<u8>, trail: &str, backfill: bool) -> DigestChain<'a> {
    DigestChain {
        bucket: BUCKET.to_owned(),
        prefix: String::new(),
        account: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        trail: trail.to_owned(),
        backfill,
        signer: DigestSigner { fingerprint: "f".to_owned(), sign },
        last: None,
    }
}

/// Digests of the hours, without log files.
fn digests(hours: std::ops::Range<i64>, backfill: bool) -> Vec<SignedDigest> {
    let not_signed = |_: &[u8]| vec![1, 2, 3];
    let mut chain = chain(&not_signed, "main", backfill);
    hours.map(|at| chain.write(hour(at), hour(at + 1), &[])).collect()
}

/// Walks digests; answers what is wrong: what kind, about which hour's digest.
fn walked(begin: Begin, digests: &[SignedDigest], until: Option<Timestamp>) -> Vec<ChainProblem> {
    let mut walk = Walk::new(BUCKET, begin, None);
    let mut problems = Vec::new();
    let mut chain = None;
    for digest in digests {
        let name = DigestName::of(&digest.key).expect("the key of a digest");
        let content = unpack(&digest.bytes).expect("sound");
        let parsed = Digest::parse(&content.bytes).expect("a digest");
        problems.extend(walk.step(&name, &parsed, &content.hash, &digest.signature));
        chain = Some(name.chain);
    }
    problems.extend(walk.end(&chain.expect("a digest"), "folder", until));
    problems
}

fn check(begin: Begin, digests: &[SignedDigest], until: Option<Timestamp>, expected: &[(Kind, &str, i64, i64)]) {
    let problems = walked(begin, digests, until);
    let found: Vec<_> =
        problems.iter().map(|problem| (problem.kind, problem.object.as_str(), problem.from, problem.to)).collect();
    let expected: Vec<_> = expected.iter().map(|&(kind, key, from, to)| (kind, key, hour(from), hour(to))).collect();
    assert_eq!(found, expected, "{problems:#?}");
}

const STRICT: Begin = Begin::From(None);

#[test]
fn a_whole_chain_has_no_problem() {
    check(STRICT, &digests(0..5, false), Some(hour(5)), &[]);
    check(STRICT, &digests(0..5, true), Some(hour(9)), &[]);
}

#[test]
fn digests_that_are_gone_are_told_by_name_and_by_time() {
    let all = digests(0..6, false);
    let without = |gone: std::ops::Range<usize>| {
        let kept = all.iter().enumerate().filter(|(at, _)| !gone.contains(at));
        kept.map(|(_, digest)| digest.clone()).collect::<Vec<_>>()
    };
    check(STRICT, &without(2..3), None, &[(Kind::Missing, &all[2].key, 2, 3)]);
    check(STRICT, &without(2..4), None, &[(Kind::Missing, &all[3].key, 2, 4)]);
    let told = walked(STRICT, &without(2..5), None)[0].reason.clone();
    assert!(told.contains("(3 missing)"), "{told}");
    check(STRICT, &without(5..6), Some(hour(6)), &[(Kind::Gap, "folder", 5, 6)]);
    check(STRICT, &without(5..6), Some(hour(5)), &[]);
    check(STRICT, &without(0..1), None, &[(Kind::Gap, &all[0].key, 0, 1)]);
    check(Begin::From(Some(hour(1))), &without(0..1), None, &[]);
    check(Begin::From(Some(hour(0))), &without(0..1), None, &[(Kind::Gap, &all[0].key, 0, 1)]);
    check(Begin::Open, &without(0..1), None, &[]);
}

#[test]
fn a_chain_that_begins_anew_is_a_gap_however_short() {
    let (first, second) = (digests(0..2, false), digests(4..6, false));
    check(STRICT, &[first.clone(), second.clone()].concat(), None, &[(Kind::Gap, &second[0].key, 2, 4)]);
    let second = digests(2..4, false);
    check(STRICT, &[first, second.clone()].concat(), None, &[(Kind::Gap, &second[0].key, 2, 2)]);
}

#[test]
fn a_time_without_digests_is_a_gap_though_the_digests_are_linked() {
    let not_signed = |_: &[u8]| vec![1];
    let mut chain = chain(&not_signed, "main", false);
    let first = chain.write(hour(0), hour(1), &[]);
    let second = chain.write(hour(3), hour(4), &[]);
    check(STRICT, &[first, second.clone()], None, &[(Kind::Gap, &second.key, 1, 3)]);
}

#[test]
fn a_digest_that_was_put_in_the_place_of_another_is_invalid() {
    let not_signed = |_: &[u8]| vec![1];
    let mut all = digests(0..3, false);
    all[1] = chain(&not_signed, "main", false).write(hour(1), hour(2), &[("x".to_owned(), Vec::new())]);
    let key = all[1].key.clone();
    // The chain begins anew with it, and the next one knows it otherwise.
    check(STRICT, &all, None, &[(Kind::Gap, &key, 1, 1), (Kind::Invalid, &key, 1, 2)]);
}

#[test]
fn no_other_bucket_is_followed() {
    let mut all = digests(0..2, false);
    let not_signed = |_: &[u8]| vec![1];
    let mut moved = chain(&not_signed, "main", false);
    moved.last = Some(SignedDigest { bucket: "elsewhere".to_owned(), ..all[0].clone() });
    all[1] = moved.write(hour(1), hour(2), &[]);
    let problems = walked(STRICT, &all, None);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].kind, problems[0].object.as_str()), (Kind::Gap, all[1].key.as_str()));
    assert!(problems[0].reason.contains("elsewhere"), "{}", problems[0].reason);
    let alone = walked(STRICT, &all[1..], None);
    assert!(alone[0].reason.contains("not followed"), "{alone:?}");
}

#[test]
fn digests_of_another_chain_do_not_pass_for_the_ones_before() {
    let all = digests(0..3, false);
    let skipped = vec![all[0].clone(), all[1].clone(), {
        let not_signed = |_: &[u8]| vec![1];
        let mut chain = chain(&not_signed, "main", false);
        chain.last = Some(all[0].clone());
        chain.write(hour(2), hour(3), &[])
    }];
    check(STRICT, &skipped, None, &[(Kind::Invalid, &skipped[2].key, 2, 3)]);
}

#[test]
fn what_could_not_be_trusted_leaves_its_neighbours_alone() {
    let all = digests(0..3, false);
    let mut walk = Walk::new(BUCKET, STRICT, None);
    let mut problems = Vec::new();
    for (at, digest) in all.iter().enumerate() {
        let name = DigestName::of(&digest.key).expect("the key of a digest");
        if at == 1 {
            walk.pass(&digest.key, &name);
            continue;
        }
        let content = unpack(&digest.bytes).expect("sound");
        let parsed = Digest::parse(&content.bytes).expect("a digest");
        problems.extend(walk.step(&name, &parsed, &content.hash, &digest.signature));
    }
    assert_eq!(problems, []);
    assert_eq!(walk.span(), Some((hour(0), hour(3))));
}

#[test]
fn backfill_digests_need_no_order_and_no_hour() {
    let mut all = digests(0..4, true);
    all.swap(1, 2);
    check(STRICT, &all, Some(hour(30)), &[]);
    let gone = all.remove(1);
    check(STRICT, &all, None, &[(Kind::Missing, &gone.key, 2, 3)]);
    all.remove(0);
    let names: Vec<_> = walked(Begin::From(Some(hour(1))), &all, None).into_iter().map(|one| one.object).collect();
    assert_eq!(names, [gone.key], "what ended before the period is not looked for");
}

#[test]
fn signatures_hold_for_keys_in_both_forms_and_for_nothing_else() {
    let (pair, other) = (key_pair(), key_pair());
    let signing = |text: &[u8]| sign(&pair, text);
    let mut chain = chain(&signing, "main", false);
    chain.write(hour(0), hour(1), &[]);
    let digest = chain.write(hour(1), hour(2), &[("a".to_owned(), b"log".to_vec())]);
    let content = unpack(&digest.bytes).expect("sound");
    let text = signed_text(&Digest::parse(&content.bytes).expect("a digest"), &content.hash);
    let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
    for der in [pair.public_key().as_ref(), spki.as_ref()] {
        let key = PublicKey { fingerprint: "f".to_owned(), der: der.to_vec(), valid: None };
        assert!(key.signed(&text, &digest.signature));
        assert!(key.signed(&text, &digest.signature.to_ascii_uppercase()));
        assert!(!key.signed(&format!("{text}\n"), &digest.signature));
        assert!(!key.signed(&text, &digest.signature[2..]) && !key.signed(&text, "zz") && !key.signed(&text, ""));
    }
    let other = PublicKey { fingerprint: "f".to_owned(), der: other.public_key().as_ref().to_vec(), valid: None };
    assert!(!other.signed(&text, &digest.signature));
    let rubbish = PublicKey { der: b"no key".to_vec(), ..other };
    assert!(!rubbish.signed(&text, &digest.signature));
}

#[test]
fn public_keys_are_read_as_every_version_of_the_command_prints_them() {
    let value = STANDARD.encode(b"der");
    let one = |from: Value, to: Value| json!({"PublicKeyList": [{"Value": value, "ValidityStartTime": from, "ValidityEndTime": to, "Fingerprint": "f"}]});
    let valid = Some((hour(0), hour(24)));
    for (list, valid) in [
        (one(json!("2026-03-04T00:00:00+00:00"), json!("2026-03-05T00:00:00Z")), valid),
        (one(json!(hour(0).as_second()), json!(1_772_668_800.25)), valid),
        (one(json!(null), json!(null)), None),
    ] {
        let keys = read_keys(list.to_string().as_bytes()).expect("a list");
        assert_eq!(keys, [PublicKey { fingerprint: "f".to_owned(), der: b"der".to_vec(), valid }]);
    }
    let two = format!("{0}\n{0}", one(json!(null), json!(null)));
    assert_eq!(read_keys(two.as_bytes()).expect("two lists").len(), 2);
    for wrong in ["", "{}", r#"{"PublicKeyList": []}"#, r#"{"PublicKeyList": [{"Value": "!", "Fingerprint": "f"}]}"#]
    {
        let told = read_keys(wrong.as_bytes()).expect_err(wrong).to_string();
        assert!(told.contains("list-public-keys"), "{told}");
    }
    let key = read_keys(one(json!(hour(0).as_second()), json!(hour(24).as_second())).to_string().as_bytes());
    let key = &key.expect("a list")[0];
    assert!(key.in_use((hour(-2), hour(0))) && key.in_use((hour(24), hour(30))));
    assert!(!key.in_use((hour(-2), hour(-1))) && !key.in_use((hour(25), hour(30))));
}

#[test]
fn what_a_key_tells_is_read_from_its_ends() {
    let key = "p/AWSLogs/o-x/111122223333/CloudTrail-Digest/eu-west-1/2026/03/04/111122223333_CloudTrail-Digest_eu-west-1_my_own_trail_us-east-1_20260304T010000Z";
    for (end, kind) in [(".json.gz", ChainKind::Standard), ("_backfill.json.gz", ChainKind::Backfill)] {
        let name = DigestName::of(&format!("{key}{end}")).expect("the key of a digest");
        let chain = &name.chain;
        assert_eq!((chain.account.as_str(), chain.region.as_str()), ("111122223333", "eu-west-1"));
        assert_eq!((chain.trail.as_str(), chain.home_region.as_str()), ("my_own_trail", "us-east-1"));
        assert_eq!((chain.kind, name.end), (kind, hour(1)));
    }
    for other in [
        "111122223333_CloudTrail_eu-west-1_20260304T0100Z_x.json.gz",
        "111122223333_CloudTrail-Digest_eu-west-1_t_us-east-1_2026.json.gz",
        "x_CloudTrail-Digest_eu-west-1_t_us-east-1_20260304T010000Z.json.gz",
        "111122223333_CloudTrail-Digest_eu-west-1_us-east-1_20260304T010000Z.json.gz",
        "",
    ] {
        assert_eq!(DigestName::of(other), None, "{other}");
    }
}

fn valid() -> Value {
    let digest = digests(0..2, false).pop().expect("two");
    let mut content: Value = serde_json::from_slice(&unpack(&digest.bytes).expect("sound").bytes).expect("JSON");
    content["logFiles"] =
        json!([{"s3Bucket": "b", "s3Object": "k", "hashValue": "AB".repeat(32), "hashAlgorithm": "SHA-256"}]);
    content
}

#[test]
fn a_digest_is_read_strictly_and_its_faults_are_named() {
    let good = Digest::parse(valid().to_string().as_bytes()).expect("a digest");
    assert_eq!(good.logs[0].hash, "ab".repeat(32));
    for (member, value, named) in [
        ("digestEndTime", json!("soon"), "digestEndTime"),
        ("digestEndTime", json!("2020-01-01T00:00:00Z"), "before it begins"),
        ("digestStartTime", json!(7), "digestStartTime"),
        ("digestS3Object", json!(""), "digestS3Object"),
        ("digestSignatureAlgorithm", json!("MD5"), "SHA256withRSA"),
        ("previousDigestS3Object", json!(null), "some are null"),
        ("previousDigestHashValue", json!("12"), "previousDigestHashValue"),
        ("previousDigestHashAlgorithm", json!("SHA-1"), "previousDigestHashAlgorithm"),
        ("logFiles", json!([{"s3Bucket": "b", "s3Object": "k", "hashValue": "x"}]), "logFiles[0].hashValue"),
        ("logFiles", json!(null), "logFiles"),
    ] {
        let mut digest = valid();
        digest[member] = value;
        let told = Digest::parse(digest.to_string().as_bytes()).expect_err(member);
        assert!(told.contains(named) || told.contains("line 1"), "{member}: {told}");
    }
    for member in ["previousDigestSignature", "digestPublicKeyFingerprint", "digestS3Bucket", "logFiles"] {
        let mut digest = valid();
        digest.as_object_mut().expect("an object").remove(member);
        let told = Digest::parse(digest.to_string().as_bytes()).expect_err(member);
        assert!(told.contains(member), "{told}");
    }
    let twice = valid().to_string().replacen('{', "{\"digestEndTime\":\"2026-03-04T09:00:00Z\",", 1);
    assert!(Digest::parse(twice.as_bytes()).is_err(), "a member that is there twice can be read in two ways");
    assert!(Digest::parse(b"\xff{}").is_err() && Digest::parse(b"").is_err());
}

fn hashed(bytes: &[u8], at_a_time: usize) -> Result<String, String> {
    let mut content = Content::hashed(Limits::default());
    bytes.chunks(at_a_time.max(1)).for_each(|part| content.take(part));
    content.finish().map(|packed| packed.hash)
}

#[test]
fn bytes_behind_the_stream_and_streams_that_are_cut_off_are_told() {
    let (content, packed) = (b"{\"Records\":[]}".repeat(500), log_object(&b"{\"Records\":[]}".repeat(500)));
    let hash = hashed(&content, 7).expect("plain bytes");
    for at_a_time in [1, 2, 3, 10, 1 << 20] {
        assert_eq!(hashed(&packed, at_a_time), Ok(hash.clone()));
        for behind in [&b"x"[..], &packed, b"\0", &log_object(b"")] {
            let told = hashed(&[&packed[..], behind].concat(), at_a_time).expect_err("more than was signed");
            assert!(told.contains("behind the end"), "{told}");
        }
    }
    for length in [2, 5, 20, packed.len() - 9, packed.len() - 1] {
        assert!(hashed(&packed[..length], 64).is_err(), "cut at {length}");
    }
    let mut damaged = packed.clone();
    let middle = damaged.len() - 5;
    damaged[middle] ^= 1;
    assert!(hashed(&damaged, 64).is_err(), "another checksum");
    let bomb = log_object(&vec![b' '; 30 << 20]);
    assert!(hashed(&bomb, 1 << 10).is_err(), "a gzip bomb");
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), at in 1_usize..80) {
        let _ = hashed(&bytes, at);
        let _ = hashed(&[&[0x1f, 0x8b, 8][..], &bytes].concat(), at);
        let _ = Digest::parse(&bytes);
        let _ = read_keys(&bytes);
        let _ = DigestName::of(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_change_of_a_digest_makes_the_reader_panic(at in 0_usize..900, byte in any::<u8>(), cut in 0_usize..900) {
        let mut text = valid().to_string().into_bytes();
        let (at, cut) = (at % text.len(), cut % text.len());
        text[at] = byte;
        let _ = Digest::parse(&text);
        let _ = Digest::parse(&text[cut..]);
        let _ = Digest::parse(&text[..cut]);
    }
}
