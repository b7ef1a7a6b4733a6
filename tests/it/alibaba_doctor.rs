//! `doctor` against a strict stand-in for Alibaba Cloud.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::Value;

use crate::alibaba::{Account, Bucket, Effect, Fault, Trail, World};
use crate::alibaba_calls::{everything, permitted};
use crate::alibaba_scan::{DIRECTORY, HUB, MEMBER, ORPHAN, Scene, directory};
use crate::doctor::{actions, checks, of_kind, only};
use crate::support::Ran;

fn examined(scene: &Scene, code: i32) -> Value {
    let ran = scene.ends(&["doctor", "--format", "json"], code);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{}", ran.stdout))
}

/// The same, and nothing may have been asked wrongly.
fn rightly(scene: &Scene, code: i32) -> Value {
    let report = examined(scene, code);
    let refusals = scene.cloud.refusals();
    assert!(refusals.is_empty(), "asked wrongly: {refusals:?}");
    report
}

fn detail(check: &Value) -> &str {
    check["detail"].as_str().expect("a detail is text")
}

/// The actions of checks, each once.
fn actions_of(checks: &[&Value]) -> BTreeSet<String> {
    checks.iter().filter_map(|check| check["action"].as_str().map(str::to_owned)).collect()
}

/// One check of a kind.
fn one<'a>(report: &'a Value, kind: &str) -> &'a Value {
    let found = of_kind(report, kind);
    let [one] = found[..] else { panic!("one {kind} was expected: {found:#?}") };
    one
}

#[test]
fn everything_works_and_nothing_is_stored() {
    let scene = everything();
    let report = rightly(&scene, 0);
    assert_eq!(report["ok"], true, "{report:#}");
    assert!(report["grant"].is_null() && report["ram_grant"].is_null(), "{report:#}");
    for outcome in ["missing", "failed", "untested", "warning"] {
        assert!(checks(&report, outcome).iter().all(|check| check["provider"].is_null()), "{outcome}: {report:#}");
    }
    let credentials = one(&report, "credentials");
    assert_eq!(credentials["account"], HUB);
    assert!(detail(credentials).contains("acs:ram::"), "{credentials}");
    assert_eq!(one(&report, "clock")["outcome"], "ok");
    assert_eq!(of_kind(&report, "trail").len(), 2, "one for each account");
    let lists = of_kind(&report, "permission").into_iter().filter(|check| check["action"] == "kms:ListKmsInstances");
    assert_eq!(lists.count(), 2 * 3, "two accounts with three Regions");
    assert!(!scene.place.path("roletrail.db").exists(), "the doctor stores nothing");
    assert!(scene.cloud.most_lookups_of_an_account() <= 2);
    let got = scene.cloud.calls_of("kms:GetKmsInstance");
    assert!(got.iter().any(|call| call.parameters["KmsInstanceId"] == "kst-1111111111111111a"), "{got:?}");
}

#[test]
fn what_is_tried_is_what_the_policy_grants() {
    let scene = everything();
    let report = rightly(&scene, 0);
    let tried = actions_of(&of_kind(&report, "permission"));
    assert_eq!(tried, permitted(&scene));
    let asked = scene.cloud.actions();
    let unasked: Vec<_> = tried.iter().filter(|action| !asked.contains(*action)).collect();
    assert!(unasked.is_empty(), "never asked: {unasked:?}");
}

#[test]
fn whatever_is_denied_is_what_is_missing_and_what_is_granted() {
    let scene = everything();
    let optional = [
        "ram:GetServiceLinkedRoleDeletionStatus",
        "yundun-hsm:ListClusters",
        "actiontrail:DescribeTrails",
        "actiontrail:GetTrailStatus",
    ];
    for action in permitted(&scene) {
        scene.cloud.fault(Fault::on(&action).always(Effect::AccessDenied));
        let report = examined(&scene, if optional.contains(&&*action) { 0 } else { 2 });
        let missing = checks(&report, "missing");
        assert_eq!(actions_of(&missing), BTreeSet::from([action.clone()]), "{action}: {report:#}");
        assert!(
            missing.iter().all(|check| check["needed"] != optional.contains(&&*action)),
            "{action}: {missing:#?}"
        );
        assert_eq!(actions(&report["ram_grant"]), [action.as_str()]);
        assert!(report["grant"].is_null(), "{report:#}");
        scene.cloud.heal();
    }
    let table = scene.ends(&["doctor", "--format", "table"], 0).stdout;
    assert!(table.starts_with("All ") && !table.contains("policy alibaba"), "{table}");
    scene.cloud.fault(Fault::on("ram:GetRole").account(MEMBER).always(Effect::AccessDenied));
    let table = scene.ends(&["doctor", "--format", "table"], 2).stdout;
    assert!(table.contains("`roletrail policy alibaba`") && table.contains("\"Version\": \"1\""), "{table}");
    let lines = table.lines().filter(|line| line.trim_start().starts_with("missing ")).count();
    assert_eq!(lines, 1, "{table}");
}

#[test]
fn an_account_without_the_member_role_is_one_failure_with_a_remedy() {
    let scene = Scene::new(directory(), DIRECTORY);
    scene.cloud.change(|world| world.at(ORPHAN).has_member_role = false);
    let report = rightly(&scene, 2);
    let failed = only(&report, "failed");
    assert_eq!((&failed["account"], &failed["action"]), (&ORPHAN.into(), &"sts:AssumeRole".into()));
    assert!(detail(failed).contains("policy alibaba --format terraform"), "{failed}");
    assert!(report["ram_grant"].is_null() && checks(&report, "missing").is_empty());
    let untested = checks(&report, "untested");
    assert!(untested.iter().any(|check| check["account"] == ORPHAN), "{untested:#?}");
}

#[test]
fn a_member_role_that_wants_another_external_id_names_its_trust_policy() {
    let scene = Scene::new(directory().external_id("e-1"), DIRECTORY);
    let report = rightly(&scene, 2);
    let missing = checks(&report, "missing");
    assert_eq!(actions_of(&missing), BTreeSet::from(["sts:AssumeRole".to_owned()]));
    assert!(missing.len() == 2 && missing.iter().all(|check| detail(check).contains("external id")), "{missing:#?}");
    assert_eq!(actions(&report["ram_grant"]), ["sts:AssumeRole"]);
}

#[test]
fn without_credentials_a_sentence_says_what_to_do() {
    let scene = Scene::new(directory(), DIRECTORY);
    let mut command = scene.command(&["doctor", "--format", "table"]);
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let ran = Ran::from(command.output().expect("the program starts"));
    assert_eq!(ran.code, 2, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("no credentials for Alibaba Cloud"), "{}", ran.stdout);
    assert_eq!(scene.cloud.total(), 0);
}

#[test]
fn a_wrong_secret_is_called_wrong_and_not_shown() {
    let scene = Scene::new(directory(), DIRECTORY);
    let mut command = scene.command(&["doctor", "--format", "json"]);
    let ran = command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "not-the-secret").output().expect("the program starts");
    let ran = Ran::from(ran);
    assert!(ran.code == 2 && !ran.stdout.contains("not-the-secret"), "{}\n{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let failed = only(&report, "failed");
    assert_eq!((&failed["check"], &failed["action"]), (&"credentials".into(), &"sts:GetCallerIdentity".into()));
    assert!(detail(failed).contains("not that of the access key"), "{failed}");
    assert!(!checks(&report, "untested").is_empty() && report["ram_grant"].is_null());
}

#[test]
fn a_clock_that_is_off_is_told_before_and_after_it_matters() {
    let scene = Scene::new(World::new(HUB), &DIRECTORY.replace("resource-directory", "self"));
    scene.cloud.change(|world| world.ahead = SignedDuration::from_mins(-5));
    let clock = one(&rightly(&scene, 0), "clock").clone();
    assert!(clock["outcome"] == "warning" && detail(&clock).contains("s ahead of the provider"), "{clock}");
    scene.cloud.change(|world| world.ahead = SignedDuration::from_mins(20));
    let report = examined(&scene, 2);
    let failed = checks(&report, "failed");
    let kinds: Vec<_> = failed.iter().map(|check| check["check"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["clock", "credentials"], "{failed:#?}");
    assert!(detail(failed[0]).contains("behind the provider; signatures are refused"), "{failed:#?}");
    assert!(detail(failed[1]).contains("clock is set"), "{failed:#?}");
}

#[test]
fn plain_http_is_refused_before_anything_is_signed() {
    let scene = Scene::new(World::new(HUB), &DIRECTORY.replace("allow_http = true\n", ""));
    let ran = scene.ends(&["doctor"], 3);
    assert!(ran.stderr.contains("plain http") && ran.stderr.contains("allow_http"), "{}", ran.stderr);
    assert_eq!(scene.cloud.total(), 0);
}

#[test]
fn nobody_at_the_endpoint_is_told_as_such() {
    let Scene { place, cloud } = Scene::new(World::new(HUB), DIRECTORY);
    let environment = cloud.environment();
    drop(cloud);
    let ran = place.command(&["doctor", "--format", "json"]).envs(environment).output();
    let ran = Ran::from(ran.expect("the program starts"));
    assert_eq!(ran.code, 2, "{}\n{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert!(only(&report, "failed")["check"] == "credentials" && one(&report, "clock")["outcome"] == "untested");
    assert!(report["ram_grant"].is_null());
}

#[test]
fn trails_that_leave_something_out_are_told() {
    let healthy = |name: &str| Trail::healthy(HUB, "cn-hangzhou", name, "trail-bucket");
    let account = Account::new(HUB)
        .trail(healthy("writes-only").recording("Write"))
        .trail(healthy("never-began").never_started());
    let scene = Scene::new(World::new(HUB).account(account), &DIRECTORY.replace("resource-directory", "self"));
    let report = rightly(&scene, 0);
    let trail = one(&report, "trail");
    assert_eq!((&trail["outcome"], &trail["needed"]), (&"warning".into(), &false.into()));
    assert!(detail(trail).contains("writes-only leaves read events out"), "{trail}");
    assert!(detail(trail).contains("never-began is not logging"), "{trail}");
}

/// A source with a bucket alone.
fn bucket(region: &str) -> String {
    let source = DIRECTORY.replace("resource-directory", "none");
    format!(
        "{source}[[alibaba.trail]]\nkind = \"oss\"\nbucket = \"audit-log\"\nregion = \"{region}\"\nprefix = \"org\"\n"
    )
}

#[test]
fn an_empty_bucket_is_tried_and_a_closed_one_leaves_its_objects_untried() {
    let world = || World::new(HUB).bucket("audit-log", Bucket::new(HUB, "cn-hangzhou"));
    let scene = Scene::new(world(), &bucket("cn-hangzhou"));
    let report = rightly(&scene, 0);
    let tried = of_kind(&report, "permission");
    assert!(tried.len() == 2 && tried.iter().all(|check| check["outcome"] == "ok"), "{tried:#?}");
    let [got] = &scene.cloud.calls_of("oss:GetObject")[..] else { panic!("one object is asked for") };
    assert!(got.parameters["key"].as_str().is_some_and(|key| key.starts_with("org/AliyunLogs/")), "{got:?}");
    scene.cloud.fault(Fault::on("oss:ListObjects").always(Effect::AccessDenied));
    let report = rightly(&scene, 2);
    assert_eq!(only(&report, "missing")["action"], "oss:ListObjects");
    assert_eq!(only(&report, "untested")["action"], "oss:GetObject");
    assert_eq!(report["ram_grant"]["Statement"][0]["Resource"], "acs:oss:*:*:audit-log");

    let elsewhere = Scene::new(world(), &bucket("cn-beijing"));
    let report = examined(&elsewhere, 2);
    let told = checks(&report, "missing").into_iter().chain(checks(&report, "failed"));
    assert!(told.into_iter().any(|check| detail(check).contains("not in cn-beijing")), "{report:#}");
}
