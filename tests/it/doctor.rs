//! `doctor` against an organisation that speaks AWS's protocols.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::aws::{Cloud, Effect, Fault, Moto};
use crate::aws_scan::{HUB, MEMBER, ORGANIZATION, ORPHAN, Scene, organisation};
use crate::support::{Ran, Workplace, wait_for};

/// A whole organisation, its event history included.
const WATCHED: &str = "[[aws]]\nname = \"org\"\naccounts = \"organization\"\n\
                       [[aws.trail]]\nkind = \"lookup-events\"\n";

fn examined(scene: &Scene, code: i32) -> Value {
    let ran = scene.ends(&["doctor", "--format", "json"], code);
    let refusals = scene.cloud.refusals();
    assert!(refusals.is_empty(), "asked wrongly: {refusals:?}");
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{}", ran.stdout))
}

pub fn checks<'a>(report: &'a Value, outcome: &str) -> Vec<&'a Value> {
    let all = report["checks"].as_array().expect("a list of checks");
    all.iter().filter(|check| check["outcome"] == outcome).collect()
}

/// The only check with this outcome.
pub fn only<'a>(report: &'a Value, outcome: &str) -> &'a Value {
    let found = checks(report, outcome);
    let [one] = found[..] else { panic!("one {outcome} was expected: {found:#?}") };
    one
}

pub fn of_kind<'a>(report: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = report["checks"].as_array().expect("a list of checks");
    all.iter().filter(|check| check["check"] == kind).collect()
}

/// The actions of a policy document.
pub fn actions(document: &Value) -> Vec<String> {
    let statements = document["Statement"].as_array().into_iter().flatten();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().into_iter().flatten());
    actions.map(|action| action.as_str().expect("an action is a word").to_owned()).collect()
}

#[test]
fn everything_works_and_nothing_is_stored() {
    let scene = Scene::new(organisation(), WATCHED);
    let report = examined(&scene, 0);
    assert_eq!(report["ok"], true, "{report:#}");
    assert!(
        report["grant"].is_null() && checks(&report, "missing").is_empty() && checks(&report, "failed").is_empty()
    );
    for kind in ["config", "database", "disk", "clock", "credentials", "trail"] {
        assert!(!of_kind(&report, kind).is_empty(), "no check of the {kind}: {report:#}");
    }
    let [credentials] = of_kind(&report, "credentials")[..] else { panic!("{report:#}") };
    assert_eq!(credentials["account"], HUB);
    assert!(credentials["detail"].as_str().is_some_and(|detail| detail.contains("arn:aws:")), "{credentials}");
    let stores = of_kind(&report, "permission")
        .into_iter()
        .filter(|check| check["action"] == "kms:DescribeCustomKeyStores" && check["outcome"] == "ok");
    assert_eq!(stores.count(), 3 * 2, "three accounts with two Regions");
    assert!(!scene.place.path("roletrail.db").exists(), "the doctor stores nothing");
    assert!(scene.cloud.most_lookups_in_a_second() <= 2);
}

#[test]
fn what_is_tried_is_what_the_policy_grants() {
    let scene = Scene::new(organisation(), WATCHED);
    let report = examined(&scene, 0);
    let tried: BTreeSet<_> = of_kind(&report, "permission")
        .iter()
        .map(|check| check["action"].as_str().expect("an action").to_owned())
        .collect();
    let policy = scene.ends(&["policy", "aws", "--config", "roletrail.toml"], 0);
    let policy: Value = serde_json::from_str(&policy.stdout).expect("JSON");
    assert_eq!(tried, actions(&policy).into_iter().collect());
    let asked = scene.cloud.actions();
    let unasked: Vec<_> = tried.iter().filter(|action| !asked.contains(*action)).collect();
    assert!(unasked.is_empty(), "never asked: {unasked:?}");
}

#[test]
fn one_refusal_in_one_place_is_that_line_and_that_grant() {
    let scene = Scene::new(organisation(), WATCHED);
    let denied = Fault::on("kms:DescribeCustomKeyStores").account(MEMBER).region("eu-west-1");
    scene.cloud.fault(denied.always(Effect::AccessDenied));
    let report = examined(&scene, 2);
    assert_eq!(report["ok"], false);
    let missing = only(&report, "missing");
    assert_eq!(missing["account"], MEMBER);
    assert_eq!(missing["region"], "eu-west-1");
    assert_eq!(missing["action"], "kms:DescribeCustomKeyStores");
    assert_eq!(missing["needed"], true);
    assert!(checks(&report, "failed").is_empty(), "{report:#}");
    assert_eq!(actions(&report["grant"]), ["kms:DescribeCustomKeyStores"]);
    let table = scene.ends(&["doctor", "--format", "table"], 2).stdout;
    assert!(table.starts_with("1 of ") && table.contains(" permissions is missing"), "{table}");
    let lines = table.lines().filter(|line| line.trim_start().starts_with("missing ")).count();
    assert!(lines == 1 && table.contains("\"Action\": [\n"), "{table}");
}

#[test]
fn a_refused_optional_call_is_shown_and_no_failure() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    scene.cloud.fault(Fault::on("cloudtrail:GetEventSelectors").account(MEMBER).always(Effect::AccessDenied));
    let report = examined(&scene, 0);
    assert_eq!(report["ok"], true);
    assert_eq!(only(&report, "missing")["needed"], false);
    assert_eq!(actions(&report["grant"]), ["cloudtrail:GetEventSelectors"]);
}

#[test]
fn an_account_that_cannot_be_entered_is_one_refusal() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    scene.cloud.change(|world| world.at(ORPHAN).has_member_role = false);
    let report = examined(&scene, 2);
    let missing = only(&report, "missing");
    assert_eq!((&missing["account"], &missing["action"]), (&ORPHAN.into(), &"sts:AssumeRole".into()));
    assert_eq!(report["grant"]["Statement"][0]["Sid"], "HubAssumeMemberRoles");
    assert_eq!(actions(&report["grant"]), ["sts:AssumeRole"]);
    let untested = checks(&report, "untested");
    assert!(untested.iter().all(|check| check["account"] == ORPHAN), "{untested:#?}");
    assert!(!untested.is_empty());
}

#[test]
fn a_service_that_fails_is_not_a_missing_permission() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    scene.cloud.fault(Fault::on("iam:GetRole").account(MEMBER).always(Effect::ServerError(500)));
    let report = examined(&scene, 2);
    let failed = only(&report, "failed");
    assert_eq!((&failed["account"], &failed["action"]), (&MEMBER.into(), &"iam:GetRole".into()));
    assert!(report["grant"].is_null() && checks(&report, "missing").is_empty());
}

#[test]
fn expired_credentials_are_called_expired() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    scene.cloud.fault(Fault::on("sts:GetCallerIdentity").always(Effect::Expired));
    let report = examined(&scene, 2);
    let failed = only(&report, "failed");
    assert_eq!(failed["check"], "credentials");
    assert!(failed["detail"].as_str().is_some_and(|detail| detail.contains("expired; renew them")), "{failed}");
    assert!(!checks(&report, "untested").is_empty() && report["grant"].is_null());
}

#[test]
fn without_credentials_a_sentence_says_so() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    let mut command = scene.command(&["doctor", "--format", "table"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let ran = Ran::from(command.output().expect("the program starts"));
    assert_eq!(ran.code, 2, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("no credentials"), "{}", ran.stdout);
    assert_eq!(scene.cloud.total(), 0);
}

#[test]
fn without_a_live_source_the_rest_is_checked() {
    let place = Workplace::new();
    let report = place.json(&["doctor"], 0);
    assert!(of_kind(&report, "permission").is_empty() && !of_kind(&report, "disk").is_empty());
    let table = place.ends(&["doctor", "--format", "table"], 0).stdout;
    assert!(table.starts_with("No live source is configured"), "{table}");
    assert!(!place.path("roletrail.db").exists());
}

#[test]
fn a_wrong_configuration_and_a_damaged_history_have_their_own_codes() {
    let place = Workplace::new();
    place.write("roletrail.toml", "[[aws]]\nname = \"a\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"athena\"\ndatabase = \"d\"\ntable = \"t\"\n");
    let report = place.json(&["doctor"], 3);
    assert_eq!(only(&report, "failed")["check"], "config");
    place.remove("roletrail.toml");
    place.write("roletrail.db", "no database at all, and long enough to be looked at");
    let report = place.json(&["doctor"], 4);
    assert_eq!(only(&report, "failed")["check"], "database");
    place.write("roletrail.toml", "nonsense = 1\n");
    place.ends(&["doctor"], 3);
}

#[test]
fn the_files_that_the_settings_name_are_looked_at() {
    let place = Workplace::new();
    let detail = |report: &Value, part: &str| {
        let checks = report["checks"].as_array().expect("checks").clone();
        let found = checks.into_iter().find(|check| check["detail"].as_str().is_some_and(|text| text.contains(part)));
        let found = found.unwrap_or_else(|| panic!("nothing about {part}: {report:#}"));
        (
            found["outcome"].as_str().unwrap_or_default().to_owned(),
            found["detail"].to_string(),
            found["needed"] == true,
        )
    };
    let bare = place.json(&["doctor"], 0);
    assert!(detail(&bare, "exceptions.toml").1.contains("nothing is accepted"));
    assert!(detail(&bare, "reports are written to").1.contains("can be made"));
    place.write("roletrail.toml", "[controls]\nfile = \"own.toml\"\n[reports]\ndirectory = \"packs\"\n");
    let control = "[[control]]\nframework = \"House\"\nversion = \"1\"\nid = \"H-1\"\nsupports = \"x\"\nrules = [\"orphaned-role\"]\n";
    place.write("own.toml", control);
    let row = "[[exception]]\nid = \"OLD-1\"\nrule = \"trust-drift\"\naccount = \"111122223333\"\nowner = \"us\"\n\
        reason = \"because\"\nticket = \"T\"\ncreated = \"2020-01-01\"\nexpires = \"2020-03-01\"\n";
    place.write("exceptions.toml", row);
    let report = place.json(&["doctor"], 0);
    assert!(detail(&report, "own.toml").1.contains("1 controls, beside the built-in ones"), "{report:#}");
    let (outcome, said, _) = detail(&report, "exceptions.toml");
    assert!(outcome == "warning" && said.contains("1 expired (OLD-1)"), "{said}");
    // What is wrong is named with its place, all of it at once, and is a wrong configuration.
    place.write("exceptions.toml", row.replace("owner", "ower"));
    place.write("own.toml", control.replace("orphaned-role", "orphan-role"));
    let report = place.json(&["doctor"], 3);
    assert!(detail(&report, "unknown key").1.contains("exceptions.toml:5:1"), "{report:#}");
    assert!(detail(&report, "own.toml:").1.contains("orphaned-role"), "{report:#}");
    // Reports that somebody asked for and that cannot be written are trouble; others are only told.
    place.remove("exceptions.toml");
    place.write("own.toml", control);
    place.write("packs", "in the way");
    let report = place.json(&["doctor"], 2);
    let (outcome, said, needed) = detail(&report, "packs");
    assert!(outcome == "failed" && needed && said.contains("[reports] directory"), "{said}");
    place.remove("roletrail.toml");
    place.write("reports", "in the way");
    let (outcome, _, needed) = detail(&place.json(&["doctor"], 0), "reports cannot be written");
    assert!(outcome == "failed" && !needed);
}

/// A closed port: nobody answers, which is neither a refusal nor expired credentials.
#[test]
fn nobody_at_the_endpoint_is_told_as_such() {
    let place = Workplace::new();
    let cloud = Cloud::start(organisation());
    let environment = cloud.environment();
    drop(cloud);
    place.write("roletrail.toml", ORGANIZATION);
    let mut command = place.command(&["doctor", "--format", "ndjson"]);
    let ran = Ran::from(command.envs(environment).output().expect("the program starts"));
    assert_eq!(ran.code, 2, "{}\n{}", ran.stdout, ran.stderr);
    let lines = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let credentials: Vec<_> = lines.filter(|check| check["check"] == "credentials").collect();
    assert!(credentials.len() == 1 && credentials[0]["outcome"] == "failed", "{credentials:?}");
}

/// A bucket and a queue of moto, the queue with one message.
const TRAILS: &str = "[[aws]]\nname = \"trails\"\naccounts = \"none\"\n\
                      [[aws.trail]]\nkind = \"s3\"\nbucket = \"doctors-bucket\"\n\
                      [[aws.trail]]\nkind = \"sqs\"\nqueue_url = \"QUEUE\"\n";

fn python(scene: &Scene, script: &str) -> String {
    let mut command = Command::new("python3");
    let ran = command.args(["-c", script]).envs(scene.cloud.environment()).output();
    let ran = Ran::from(ran.expect("python3 must be there, with boto3 (see .ci/run)"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout.trim().to_owned()
}

#[test]
fn buckets_and_queues_are_tried_without_taking_anything() {
    let scene = Scene::new(organisation(), "");
    scene.cloud.forward(&["s3", "sqs"], &Moto::shared().url());
    let url = python(
        &scene,
        r#"
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="doctors-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
sqs = boto3.client("sqs", region_name="us-east-1")
url = sqs.create_queue(QueueName="doctors-queue")["QueueUrl"]
sqs.send_message(QueueUrl=url, MessageBody="body")
print(url)
"#,
    );
    scene.place.write("roletrail.toml", TRAILS.replace("QUEUE", &url));
    let empty = examined(&scene, 0);
    assert!(checks(&empty, "failed").is_empty(), "{empty:#}");
    python(
        &scene,
        r#"
import boto3
boto3.client("s3").put_object(Bucket="doctors-bucket", Key="AWSLogs/1/x.json.gz", Body=b"xyz")
"#,
    );
    scene.cloud.forget();
    let report = examined(&scene, 0);
    let [got] = &scene.cloud.calls_of("s3:GetObject")[..] else { panic!("one object is read") };
    assert!(got.region == "eu-west-1" && got.parameters["path"] == "/doctors-bucket/AWSLogs/1/x.json.gz", "{got:?}");
    let untested: BTreeSet<_> = checks(&report, "untested").iter().map(|check| check["action"].to_string()).collect();
    assert!(untested.contains("\"sqs:ReceiveMessage\""), "{untested:?}");
    assert!(scene.cloud.calls_of("sqs:ReceiveMessage").is_empty());
    let tried = ["sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];
    assert!(tried.iter().all(|action| !scene.cloud.calls_of(action).is_empty()));
    let left = python(
        &scene,
        &format!(
            "import boto3\nprint(len(boto3.client('sqs', region_name='us-east-1').receive_message(QueueUrl='{url}')\
             .get('Messages', [])))"
        ),
    );
    assert_eq!(left, "1", "the message is still in the queue");
}

#[test]
fn a_bucket_that_may_not_be_listed_leaves_its_objects_untried() {
    let scene = Scene::new(organisation(), "");
    scene.cloud.forward(&["s3", "sqs"], &Moto::shared().url());
    python(&scene, "import boto3\nboto3.client('s3').create_bucket(Bucket='closed-bucket')");
    let settings = "[[aws]]\nname = \"trails\"\naccounts = \"none\"\n\
                    [[aws.trail]]\nkind = \"s3\"\nbucket = \"closed-bucket\"\nprefix = \"org/\"\n";
    scene.place.write("roletrail.toml", settings);
    scene.cloud.fault(Fault::on("s3:ListBucket").always(Effect::AccessDenied));
    let report = examined(&scene, 2);
    assert_eq!(only(&report, "missing")["action"], "s3:ListBucket");
    assert_eq!(only(&report, "untested")["action"], "s3:GetObject");
    assert_eq!(report["grant"]["Statement"][0]["Resource"], "arn:aws:s3:::closed-bucket");
}

/// A daemon holds the history's lock; the doctor needs none.
#[test]
fn a_daemon_at_work_is_not_in_the_way() {
    let scene = Scene::new(organisation(), &format!("[web]\nlisten_address = \"127.0.0.1:0\"\n{ORGANIZATION}"));
    let mut daemon = scene.command(&["run"]).stderr(Stdio::null()).spawn().expect("the program starts");
    wait_for("the history", 30, || scene.place.path("roletrail.db.lock").exists().then_some(()));
    let report = wait_for("a history that can be read", 30, || {
        let ran = Ran::from(scene.command(&["doctor", "--format", "json"]).output().expect("the program starts"));
        (ran.code == 0).then_some(ran.stdout)
    });
    assert!(daemon.try_wait().expect("a child can be asked").is_none(), "the daemon is still at work");
    daemon.kill().expect("a child can be ended");
    daemon.wait().expect("a child can be waited for");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["ok"], true, "{report:#}");
}
