//! `aws cloudtrail validate-logs`, which is not ours, on the same buckets: what it finds valid we do, and what it finds
//! invalid too. It is no part of the tests' requirements, whose SDK is of another version: `AWS_CLI` names the program.

use std::process::Command;

use super::bucket::{END, scene_with};
use super::{Objects, REGION, chain, hour, problems};
use crate::aws::Trail;
use crate::aws_scan::{HUB, Scene};
use crate::support::Ran;

/// Environment variable: the program `aws`, of version 1.
const AWS_CLI: &str = "AWS_CLI";

fn validate(scene: &Scene, program: &str) -> Ran {
    let arn = format!("arn:aws:cloudtrail:{REGION}:{HUB}:trail/all_of_it");
    let mut command: Command = scene.place.other(program, &["cloudtrail", "validate-logs", "--verbose"]);
    command.args(["--trail-arn", &arn, "--region", REGION]);
    command.args(["--start-time", "2026-03-04T00:00:00Z", "--end-time", END]);
    command.envs(scene.cloud.environment());
    Ran::from(command.output().expect("the program that AWS_CLI names starts"))
}

#[test]
fn the_providers_own_validator_agrees() {
    let Ok(program) = std::env::var(AWS_CLI) else {
        eprintln!("NOT COMPARED with `aws cloudtrail validate-logs`: {AWS_CLI} names no program");
        return;
    };
    let bucket = "validated-bucket";
    let scene = scene_with("", |account| account.trail(Trail::healthy(HUB, REGION, "all_of_it", bucket)));
    let mut writer = chain(bucket, REGION);
    HUB.clone_into(&mut writer.account);
    let original = Objects::hourly(&mut writer, hour(0), 6);
    let verify = |code| {
        let arguments = ["verify", "trail", &format!("s3://{bucket}"), "--until", END];
        serde_json::from_str(&scene.ends(&arguments, code).stdout).expect("a report")
    };
    original.deliver(&scene);
    let theirs = validate(&scene, &program);
    assert_eq!(theirs.code, 0, "{theirs:?}");
    for all in ["6/6 digest files valid", "6/6 log files valid"] {
        assert!(theirs.stdout.contains(all), "{theirs:?}");
    }
    assert_eq!(problems(&verify(0)), []);

    let (log, gone, digest) = (&original.logs[1], &original.logs[2], &original.digests[5]);
    let mut tampered = original.clone();
    tampered.change(log, |bytes| bytes.push(b'x'));
    tampered.remove(gone);
    tampered.change(digest, |bytes| *bytes = crate::records::gzip(b"{}"));
    tampered.deliver(&scene);
    let theirs = validate(&scene, &program);
    assert_ne!(theirs.code, 0, "{theirs:?}");
    // It tells what is invalid on standard error.
    let invalid = |key: &str| theirs.stderr.lines().any(|line| line.contains(key) && line.contains("INVALID"));
    let ours = problems(&verify(2));
    for key in [log, gone, digest] {
        assert!(invalid(key), "{key}: {theirs:?}");
        assert!(ours.iter().any(|(_, object)| object == key), "{key}: {ours:?}");
    }
}
