//! The fake itself: an independent client must understand it, and it must refuse what Alibaba Cloud refuses.

use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Account, Bucket, Cloud, Effect, Fault, Instance, Role, Task, Trail, World};

const HUB: &str = "1000000000000001";
const MEMBER: &str = "1000000000000002";

fn record(id: &str, name: &str, days_ago: i64, global: bool) -> Value {
    let at = Timestamp::now() - SignedDuration::from_hours(24 * days_ago);
    json!({
        "eventId": id, "eventName": name, "serviceName": if global { "Ram" } else { "Kms" }, "eventVersion": "1",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "isGlobal": global, "eventRW": "Write",
        "requestParameters": {"RoleName": "AliyunServiceRoleForKMSKeyStore"},
        "userIdentity": {"type": "ram-user", "userName": "alice"},
    })
}

fn world() -> World {
    let records = [
        record("e-1", "CreateKey", 3, false),
        record("e-2", "ConnectKmsInstance", 2, false),
        record("e-3", "ConnectKmsInstance", 30, false),
        record("e-4", "CreateServiceLinkedRole", 1, true),
    ];
    let role = Role::key_stores();
    let (running, failed) = (role.task_id("running"), role.task_id("failed"));
    let usage = [("cn-hangzhou", &["acs:kms:cn-hangzhou:1000000000000002:keystore/kst-1"][..])];
    let member = Account::new(MEMBER)
        .role(role.deletion(&running, "2026-02-01T00:00:00Z"))
        .instance("cn-hangzhou", Instance::hardware("kst-1"))
        .instance("cn-hangzhou", Instance::software("kst-2").status("Disconnected"))
        .cluster("cn-hangzhou", "cluster-1", "INITIALIZED")
        .events("cn-hangzhou", &records)
        .trail(Trail::healthy(MEMBER, "cn-hangzhou", "all-events", "audit-log"))
        .task(&running, Task::goes(&["NOT_STARTED", "IN_PROGRESS", "SUCCEEDED"]))
        .task(&failed, Task::failed("in use", &usage));
    let bucket = Bucket::new(HUB, "cn-hangzhou")
        .object("AliyunLogs/Actiontrail/a b+c.gz", b"first")
        .object("AliyunLogs/Actiontrail/d.gz", b"second")
        .object("folders/a/1", b"")
        .object("folders/a/2", b"")
        .object("folders/b/1", b"")
        .object("folders/c\u{1}%é", b"odd")
        .object("elsewhere", b"third");
    World::new(HUB)
        .account(member)
        .account(Account::new("1000000000000003").orphaned())
        .account(Account::new("1000000000000004").without_member_role())
        .external_id("our-secret")
        .bucket("audit-log", bucket)
}

fn python(cloud: &Cloud, arguments: &[&str]) {
    let mut command = Command::new("python3");
    command.args(arguments).envs(cloud.environment()).env("FAKE", cloud.url().trim_start_matches("http://"));
    let ran = command.output().expect("python3 must be there, with the official SDK (see .ci/run)");
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "python3 must have the official SDK and read the fake: {errors}");
}

fn sdk(cloud: &Cloud, part: &str) {
    python(cloud, &[concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/alibaba/sdk_reads_the_fake.py"), part]);
}

#[test]
fn the_official_sdk_reads_what_the_fake_serves() {
    let cloud = Cloud::start(world());
    sdk(&cloud, "reading");
    let lookup = &cloud.calls_of("actiontrail:LookupEvents")[0];
    assert_eq!((lookup.account.as_str(), lookup.region.as_str()), (MEMBER, "cn-hangzhou"));
    assert!(3 <= cloud.most_lookups_of_an_account(), "the script asks for too much once");
    let expected = ["ram:GetServiceLinkedRoleDeletionStatus", "oss:ListObjects", "oss:GetObject"];
    assert!(expected.iter().all(|action| cloud.actions().contains(*action)), "{:?}", cloud.actions());
    assert_eq!(cloud.refusals(), Vec::<String>::new());
}

#[test]
fn the_official_sdk_is_refused_what_it_must_not_ask() {
    let cloud = Cloud::start(world());
    sdk(&cloud, "refusals");
    let refusals = cloud.refusals();
    for code in ["SignatureDoesNotMatch", "InvalidParameter.PageSize", "LookupEvents: RoleName and EventName"] {
        assert!(refusals.iter().any(|refusal| refusal.starts_with(code)), "{code}: {refusals:?}");
    }
}

#[test]
fn a_clock_that_is_wrong_is_told_of() {
    let cloud = Cloud::start(world());
    cloud.change(|world| world.ahead = SignedDuration::from_mins(16));
    sdk(&cloud, "clock");
}

#[test]
fn faults_reach_the_official_sdk() {
    let cloud = Cloud::start(world());
    let fault = |effect: Effect| Fault::on("kms:DescribeRegions").account(HUB).first(1, effect);
    for (effect, part) in [
        (Effect::AccessDenied, "NoPermission"),
        (Effect::Throttle, "Throttling.User"),
        (Effect::ServerError(503), "ServiceUnavailable"),
    ] {
        for xml in [false, true] {
            cloud.change(|world| world.xml_errors = xml);
            cloud.fault(fault(effect.clone()));
            sdk(&cloud, part);
            cloud.heal();
        }
    }
}
