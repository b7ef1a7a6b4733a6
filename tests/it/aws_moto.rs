//! moto's word on IAM, STS and Organizations: the fake and the program must not be wrong in the same way.

use std::process::Command;

use crate::aws::{Account, Moto, Trail, World};
use crate::aws_scan::{CKS, ORGANIZATION, Scene};

/// The account of every key that moto did not give out.
const MOTO_HUB: &str = "123456789012";

#[test]
fn an_organisation_of_moto_is_read_whole() {
    let moto = Moto::start();
    let scene = Scene::new(World::new(MOTO_HUB), &format!("[rules]\ngrace = \"0s\"\n{ORGANIZATION}"));
    let seeded = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/aws/seed_moto.py"))
        .envs(scene.cloud.environment())
        .env("AWS_ENDPOINT_URL", moto.url())
        .output()
        .expect("python3 must be there, with boto3 (see .ci/run)");
    let ids: Vec<String> = serde_json::from_slice(&seeded.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&seeded.stderr)));
    let [with_role, without] = &ids[..] else { panic!("two accounts were made: {ids:?}") };
    scene.cloud.change(|world| {
        for id in [MOTO_HUB, with_role, without] {
            let account = Account::new(id).trail(Trail::healthy(id, "us-east-1", "all", "trail-bucket"));
            world.accounts.insert(id.to_owned(), account);
        }
    });
    scene.cloud.forward(&["iam", "sts", "organizations"], &moto.url());
    let summary = scene.scan(1);
    assert_eq!(summary["coverage"]["accounts_complete"], 3, "{summary}");
    assert_eq!(scene.verdict(with_role), "orphaned");
    assert_eq!(scene.verdict(without), "not-in-use");
    let role = &scene.place.list(&["roles", "--account", with_role, "--profile", CKS])[0]["state"];
    assert_eq!(role["tags"]["owner"], "hsm", "{role}");
    assert_eq!(role["attached"][0]["version"], "v2", "{role}");
    let rules: Vec<_> = scene.place.findings().iter().map(|finding| finding["rule"].clone()).collect();
    assert_eq!(rules, ["orphaned-role"], "neither trust nor permissions differ");
}
