//! What is asked of Alibaba Cloud, and nothing else: the calls that a scan makes are those that the policy permits.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::alibaba::{Account, Bucket, KEY_STORE_ROLE, Role, Task};
use crate::alibaba_buckets::{key, log};
use crate::alibaba_scan::{DIRECTORY, HUB, MEMBER, Scene, watched, with};
use crate::doctor;

/// Everything that a configuration can ask for.
const TRAILS: &str = "[[alibaba.trail]]\nkind = \"lookup-events\"\n\
                      [[alibaba.trail]]\nkind = \"oss\"\nbucket = \"all-calls\"\nregion = \"cn-hangzhou\"\n";

/// A member with something for every call, and a bucket with one object.
pub fn everything() -> Scene {
    let role = Role::key_stores();
    let task = role.task_id("44444444-4444-4444-4444-444444444444");
    let member = Account::new(MEMBER)
        .with_instance("cn-beijing", "kst-1111111111111111a")
        .role(role.deletion(&task, "2026-03-01T10:00:00Z"))
        .task(&task, Task::is("IN_PROGRESS"))
        .cluster("cn-hangzhou", "cluster-1", "INITIALIZED");
    let object = key("AliyunLogs/Actiontrail/", "cn-hangzhou", "2026-03-04", "a");
    let mut world =
        with(watched(member)).bucket("all-calls", Bucket::new(HUB, "cn-hangzhou").object(&object, &log("a")));
    // The role that somebody tries to delete stands for the one that the instance came with.
    world.at(MEMBER).roles.remove(0);
    Scene::new(world, &format!("{DIRECTORY}{TRAILS}"))
}

/// Actions of the policy that the configuration needs.
pub fn permitted(scene: &Scene) -> BTreeSet<String> {
    let policy = scene.ends(&["policy", "alibaba"], 0).stdout;
    let policy: Value = serde_json::from_str(&policy).expect("a policy is JSON");
    doctor::actions(&policy).into_iter().collect()
}

#[test]
fn the_calls_of_a_scan_are_those_that_the_policy_permits() {
    let scene = everything();
    let ran = scene.scan_as(|_| ());
    assert!(ran.code <= 2, "{}\n{}", ran.stdout, ran.stderr);
    let mut asked = scene.cloud.actions();
    assert!(asked.remove("sts:GetCallerIdentity"), "it needs no permission");
    assert_eq!(asked, permitted(&scene), "{}", ran.stderr);
    assert!(scene.cloud.refusals().is_empty(), "{:?}", scene.cloud.refusals());
    let reads = ["Get", "List", "Describe", "Lookup", "AssumeRole"];
    let name = |action: &str| action.split(':').nth(1).unwrap_or_default().to_owned();
    assert!(asked.iter().all(|action| reads.iter().any(|verb| name(action).starts_with(verb))), "{asked:?}");
    let tasks = scene.place.list(&["tasks"]);
    assert!(tasks[0]["task"].as_str().is_some_and(|id| id.contains(KEY_STORE_ROLE)), "{tasks:?}");
}
