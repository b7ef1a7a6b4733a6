//! What is asked of AWS, and nothing else: the calls that a scan makes are those that the policy permits.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::aws::{Account, CKS_ROLE, Moto, Role, Task, Trail, World, hsm_store};
use crate::aws_buckets::{boto3, deliver, key, log};
use crate::aws_scan::{HUB, MEMBER, Scene, deletion, deletion_record};
use crate::digests::{Objects, chain, hour};

/// Everything that a configuration can ask for.
fn settings(queue: &str) -> String {
    format!(
        "[profiles]\nenable = [\"aws-service-linked-roles\"]\n\
         [[aws]]\nname = \"everything\"\naccounts = \"organization\"\n\
         [[aws.trail]]\nkind = \"lookup-events\"\n\
         [[aws.trail]]\nkind = \"s3\"\nbucket = \"all-calls\"\nverify_digests = true\n\
         [[aws.trail]]\nkind = \"sqs\"\nqueue_url = \"{queue}\"\n"
    )
}

/// Actions of the policy that the configuration needs.
fn permitted(scene: &Scene) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(&scene.ends(&["policy", "aws"], 0).stdout).expect("a policy is JSON");
    let statements = policy["Statement"].as_array().expect("a list of statements").iter();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().cloned().unwrap_or_default());
    actions.map(|action| action.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_calls_of_a_scan_are_those_that_the_policy_permits() {
    let task = deletion("44444444-4444-4444-4444-444444444444");
    let nothing = json!({"Version": "2012-10-17", "Statement": []});
    let member = Account::new(MEMBER)
        .role(Role::custom_key_stores().with_inline("extra", nothing))
        .role(Role::service_linked(
            "AWSServiceRoleForSupport",
            "support.amazonaws.com",
            "AWSSupportServiceRolePolicy",
        ))
        .store("eu-west-1", hsm_store("cks-1"))
        .task(&task, Task::is("IN_PROGRESS"))
        .trail(Trail::healthy(MEMBER, "us-east-1", "all", "all-calls"))
        .events("us-east-1", &[recent(deletion_record(MEMBER, &task))]);
    let queue = boto3("print(boto3.client('sqs').create_queue(QueueName='all-calls')['QueueUrl'])", &[]);
    let scene = Scene::new(World::new(HUB).account(member), &settings(&queue));
    scene.cloud.forward(&["s3", "sqs"], &Moto::shared().url());
    let mut digests = chain("all-calls", "us-east-1");
    MEMBER.clone_into(&mut digests.account);
    Objects::hourly(&mut digests, hour(0), 1).deliver(&scene);
    let day = key("", MEMBER, "us-east-1", "2026-03-04", "A");
    deliver(&scene, "all-calls", "us-east-1", &[(day.clone(), log("one"))]);
    let notified = json!({"s3Bucket": "all-calls", "s3ObjectKey": [day]}).to_string();
    let send = "boto3.client('sqs').send_message(QueueUrl=sys.argv[1], MessageBody=sys.argv[2])";
    boto3(send, &[&queue, &notified]);
    boto3(send, &[&queue, "not for us"]);
    scene.ends(&["scan"], 2);
    let mut asked: BTreeSet<_> = scene.cloud.actions();
    assert!(asked.remove("sts:GetCallerIdentity"), "it needs no permission, and no policy can take it away");
    assert_eq!(asked, permitted(&scene));
    assert!(scene.cloud.refusals().is_empty(), "{:?}", scene.cloud.refusals());
    assert!(asked.iter().all(|action| !changes_something(action)), "{asked:?}");
    let tasks = scene.place.list(&["tasks"]);
    assert_eq!(tasks[0]["status"], "IN_PROGRESS", "told by the trail and asked for in the same scan: {tasks:?}");
    assert!(tasks[0]["task"].as_str().is_some_and(|id| id.contains(CKS_ROLE)));
}

/// The same record of an hour ago.
fn recent(mut record: Value) -> Value {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    record["eventTime"] = json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    record
}

/// Messages of a queue are all that is ever taken away or held back.
fn changes_something(action: &str) -> bool {
    let of_queue = action.starts_with("sqs:");
    let reads = ["Get", "List", "Describe", "Lookup", "AssumeRole"];
    let name = action.split(':').nth(1).unwrap_or_default();
    !of_queue && !reads.iter().any(|verb| name.starts_with(verb))
}
