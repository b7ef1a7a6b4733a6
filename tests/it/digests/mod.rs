//! Digest chains that the simulation writes and signs, and what the program says of them.

mod bucket;
mod collector;
mod directory;
mod validator;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use roletrail::simulation::{DigestChain, DigestSigner, SignedDigest, log_object};
use serde_json::{Value, json};

use crate::aws_buckets::boto3;
use crate::aws_scan::Scene;
use crate::records::{ACCOUNT, delivered, irrelevant};
use crate::support::Workplace;

pub const BUCKET: &str = "trail-logs";
pub const REGION: &str = "eu-west-1";

/// A key pair costs a second; nobody minds that all tests share it.
static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("a key pair"));

pub fn sign(pair: &RsaKeyPair, text: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).expect("a signature");
    signature
}

fn sign_as_cloudtrail(text: &[u8]) -> Vec<u8> {
    sign(&KEY, text)
}

/// The name of the key: whatever it is, digests and lists say the same.
pub const FINGERPRINT: &str = "8eba5db5bea9b640d1c96a77256fe7f2";

/// As `aws cloudtrail list-public-keys` prints it.
pub fn public_keys() -> Value {
    json!({"PublicKeyList": [public_key()]})
}

pub fn public_key() -> Value {
    json!({
        "Value": STANDARD.encode(KEY.public_key().as_ref()),
        "ValidityStartTime": 1_000_000_000, "ValidityEndTime": 4_000_000_000_i64, "Fingerprint": FINGERPRINT,
    })
}

/// The objects of a trail: by key, bytes and signature.
#[derive(Clone, Default)]
pub struct Objects {
    pub bucket: String,
    pub by_key: BTreeMap<String, (Vec<u8>, Option<String>)>,
    /// Keys of the digests, oldest first.
    pub digests: Vec<String>,
    /// Keys of the log files, oldest first.
    pub logs: Vec<String>,
}

/// What a chain is written with.
pub fn chain(bucket: &str, region: &str) -> DigestChain<'static> {
    DigestChain {
        bucket: bucket.to_owned(),
        prefix: String::new(),
        account: ACCOUNT.to_owned(),
        region: region.to_owned(),
        trail: "all_of_it".to_owned(),
        backfill: false,
        signer: DigestSigner { fingerprint: FINGERPRINT.to_owned(), sign: &sign_as_cloudtrail },
        last: None,
    }
}

pub fn first_hour() -> Timestamp {
    "2026-03-04T00:00:00Z".parse().expect("a time")
}

pub fn hour(number: i64) -> Timestamp {
    first_hour() + SignedDuration::from_hours(number)
}

pub fn log_key(chain: &DigestChain<'_>, at: Timestamp) -> String {
    let (prefix, account, region) = (&chain.prefix, &chain.account, &chain.region);
    let (day, time) = (at.strftime("%Y/%m/%d"), at.strftime("%Y%m%dT%H%MZ"));
    format!(
        "{prefix}AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{time}_AbCdEf0123456789.json.gz"
    )
}

impl Objects {
    /// A chain of so many hours from `first` on; each with one log file, delivered at half past.
    pub fn hourly(chain: &mut DigestChain<'_>, first: Timestamp, hours: i64) -> Self {
        let mut objects = Self { bucket: chain.bucket.clone(), ..Self::default() };
        for number in 0..hours {
            objects.hour(chain, first + SignedDuration::from_hours(number));
        }
        objects
    }

    /// Adds an hour.
    pub fn hour(&mut self, chain: &mut DigestChain<'_>, start: Timestamp) {
        let at = start + SignedDuration::from_mins(30);
        let content = delivered(&[irrelevant(&format!("{} {at}", chain.region))]);
        let key = log_key(chain, at);
        let digest = chain.write(start, start + SignedDuration::from_hours(1), &[(key.clone(), content.clone())]);
        self.put_log(key, &content);
        self.put_digest(digest);
    }

    pub fn put_log(&mut self, key: String, content: &[u8]) {
        self.by_key.insert(key.clone(), (log_object(content), None));
        self.logs.push(key);
    }

    pub fn put_digest(&mut self, digest: SignedDigest) {
        self.digests.push(digest.key.clone());
        self.by_key.insert(digest.key, (digest.bytes, Some(digest.signature)));
    }

    pub fn add(&mut self, other: Self) {
        self.by_key.extend(other.by_key);
        self.digests.extend(other.digests);
        self.logs.extend(other.logs);
    }

    pub fn remove(&mut self, key: &str) -> Vec<u8> {
        self.by_key.remove(key).expect("an object of that key").0
    }

    /// Changes the bytes of an object.
    pub fn change(&mut self, key: &str, change: impl Fn(&mut Vec<u8>)) {
        change(&mut self.by_key.get_mut(key).expect("an object of that key").0);
    }

    /// Saves the objects below a directory, with the metadata of digests where `metadata` says so.
    pub fn save(&self, place: &Workplace, root: &str, metadata: bool) {
        let _ = std::fs::remove_dir_all(place.path(root));
        for (key, (bytes, signature)) in &self.by_key {
            place.write(&format!("{root}/{key}"), bytes);
            if let Some(signature) = signature.as_ref().filter(|_| metadata) {
                let head = json!({"ContentLength": bytes.len(), "Metadata": {
                    "signature": signature, "signature-algorithm": "SHA256withRSA",
                }});
                place.write(&format!("{root}/{key}.metadata.json"), head.to_string());
            }
        }
    }

    /// Puts the objects into their bucket, and takes away what else is in it.
    pub fn deliver(&self, scene: &Scene) {
        let root = format!("deliver-{}", self.bucket);
        let mut signatures = BTreeMap::new();
        for (key, (bytes, signature)) in &self.by_key {
            scene.place.write(&format!("{root}/{key}"), bytes);
            signatures.insert(key, signature);
        }
        let manifest = scene.place.write("signatures.json", json!(signatures).to_string());
        let script = r#"
bucket, root, manifest = sys.argv[1:]
s3 = boto3.client("s3", region_name="us-east-1")
if bucket not in [known["Name"] for known in s3.list_buckets()["Buckets"]]:
    s3.create_bucket(Bucket=bucket)
wanted = json.load(open(manifest))
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
    for known in page.get("Contents", []):
        if known["Key"] not in wanted:
            s3.delete_object(Bucket=bucket, Key=known["Key"])
for key, signature in wanted.items():
    given = {"signature": signature, "signature-algorithm": "SHA256withRSA"} if signature else {}
    s3.put_object(Bucket=bucket, Key=key, Body=open(os.path.join(root, key), "rb").read(), Metadata=given)
"#;
        let (root, manifest) = (scene.place.path(&root), manifest);
        let text = |path: &std::path::Path| path.to_str().expect("a path of letters").to_owned();
        boto3(script, &[&self.bucket, &text(&root), &text(&manifest)]);
        std::fs::remove_dir_all(root).expect("the directory was made here");
    }
}

/// The problems of a check: kind and object, in order.
pub fn problems(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let chains = report["chains"].as_array().expect("a list of chains");
    let all = chains.iter().flat_map(|chain| chain["problems"].as_array().expect("a list of problems"));
    all.map(|problem| (text(&problem["kind"]), text(&problem["object"]))).collect()
}
