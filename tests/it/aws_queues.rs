//! Trails that a queue announces: the whole program against moto's SQS, SNS and S3.

use serde_json::{Value, json};

use crate::aws::{Effect, Fault};
use crate::aws_buckets::{boto3, deliver, key, log, scene};
use crate::aws_scan::Scene;
use crate::records::{ACCOUNT, delivered, gzip, routine};
use crate::support::{reconcile, sorted};

/// Makes a queue and answers its address.
fn queue(name: &str) -> String {
    boto3("print(boto3.client('sqs', 'eu-west-1').create_queue(QueueName=sys.argv[1])['QueueUrl'])", &[name])
}

fn send(url: &str, messages: &[Value]) {
    let script = r#"
url, messages = sys.argv[1], json.loads(sys.argv[2])
for message in messages:
    body = message if isinstance(message, str) else json.dumps(message)
    boto3.client("sqs", "eu-west-1").send_message(QueueUrl=url, MessageBody=body)
"#;
    boto3(script, &[url, &Value::from(messages).to_string()]);
}

/// Messages in the queue that can be seen, and those that are hidden.
fn left(url: &str) -> (u64, u64) {
    let script = r#"
names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
found = boto3.client("sqs", "eu-west-1").get_queue_attributes(QueueUrl=sys.argv[1], AttributeNames=names)["Attributes"]
print(json.dumps([int(found[name]) for name in names]))
"#;
    serde_json::from_str(&boto3(script, &[url])).expect("two numbers")
}

fn settings(url: &str) -> String {
    let source = "[[aws]]\nname = \"logs\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"sqs\"\n";
    format!("{source}queue_url = \"{url}\"\n")
}

fn scene_of(url: &str) -> Scene {
    scene(&settings(url))
}

/// Scans in the queue's Region, which a stand-in's address does not tell; answers the counts of the objects.
fn scanned(scene: &Scene, code: i32) -> Value {
    let mut command = scene.command(&["scan"]);
    let ran = crate::support::Ran::from(command.env("AWS_REGION", "eu-west-1").output().expect("the program starts"));
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("a summary");
    reconcile(&summary["trail"]);
    summary["trail"]["objects"].clone()
}

/// A notification of S3 about a key as it is encoded.
fn of_s3(bucket: &str, encoded: &str) -> Value {
    json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": {"key": encoded}}}]})
}

fn of_cloudtrail(bucket: &str, keys: &[&str]) -> Value {
    json!({"s3Bucket": bucket, "s3ObjectKey": keys})
}

fn name(unique: &str) -> String {
    key("", ACCOUNT, "us-east-1", "2026-03-04", unique)
}

#[test]
fn a_queue_is_drained_whatever_way_its_notifications_came() {
    let bucket = "announced";
    let url = queue("shapes");
    let scene = scene_of(&url);
    let odd = "exports/a b+c.json.gz".to_owned();
    let names: Vec<_> = ["A", "B", "C", "D", "E", "F"].iter().map(|unique| name(unique)).collect();
    let mut objects: Vec<_> = names.iter().map(|name| (name.clone(), log(name))).collect();
    objects.push((odd, log("odd")));
    deliver(&scene, bucket, "eu-central-1", &objects);
    let digest = name("G").replace("CloudTrail", "CloudTrail-Digest");
    let mut removed = of_s3(bucket, "gone");
    removed["Records"][0]["eventName"] = json!("ObjectRemoved:Delete");
    send(
        &url,
        &[
            of_s3(bucket, &names[0]),
            of_s3(bucket, "exports/a+b%2Bc.json.gz"),
            of_cloudtrail(bucket, &[&names[1], &names[2]]),
            json!({"source": "aws.s3", "detail-type": "Object Created",
                "detail": {"bucket": {"name": bucket}, "object": {"key": names[3]}}}),
            json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": bucket}),
            removed,
            of_cloudtrail(bucket, &[&digest]),
        ],
    );
    let script = r#"
sns = boto3.client("sns", "eu-west-1")
topic = sns.create_topic(Name="shapes")["TopicArn"]
sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:shapes")
for message in json.loads(sys.argv[1]):
    sns.publish(TopicArn=topic, Message=json.dumps(message))
"#;
    let through_sns = json!([of_s3(bucket, &names[4]), of_cloudtrail(bucket, &[&names[5]])]);
    boto3(script, &[&through_sns.to_string()]);
    assert_eq!(left(&url), (9, 0));
    let counts = scanned(&scene, 0);
    assert_eq!((&counts["read"], &counts["skipped"]), (&json!(7), &json!(1)), "{counts}");
    assert_eq!(left(&url), (0, 0));
    assert_eq!(scene.cloud.calls_of("s3:GetBucketLocation").len(), 1, "where a bucket is, is asked once");

    scene.cloud.forget();
    send(&url, &[of_s3(bucket, &names[0])]);
    assert_eq!(scanned(&scene, 0)["already_ingested"], 1);
    assert_eq!(scene.cloud.calls_of("s3:GetObject").len(), 0, "what is stored is not fetched again");
    assert_eq!(left(&url), (0, 0));
}

#[test]
fn what_cannot_be_understood_or_read_stays_in_the_queue_and_is_told() {
    let bucket = "poisoned";
    let url = queue("poison");
    let scene = scene_of(&url);
    let (whole, broken, missing) = (name("Whole"), name("Broken"), name("Missing"));
    let objects = [(whole.clone(), log("whole")), (broken.clone(), log("broken")[..20].to_vec())];
    deliver(&scene, bucket, "us-east-1", &objects);
    let messages =
        [json!("hello"), of_cloudtrail(bucket, &[&whole, &broken]), of_s3(bucket, &missing), of_s3(bucket, &whole)];
    send(&url, &messages);
    for round in 0..2 {
        let counts = scanned(&scene, 2);
        assert_eq!(counts["rejected"], 2, "round {round}: {counts}");
        assert_eq!(left(&url), (3, 0), "they can be seen again after the scan");
    }
    let gaps: Vec<_> =
        scene.place.list(&["coverage"]).into_iter().filter(|row| row["outcome"] != "complete").collect();
    assert_eq!(gaps.len(), 3, "{gaps:?}");
    let details = sorted(&gaps, "detail").join("\n");
    for word in ["cannot be understood", "gzip", "NoSuchKey"] {
        assert!(details.contains(word), "{word}: {details}");
    }
    deliver(&scene, bucket, "us-east-1", &[(broken, log("broken")), (missing, log("missing"))]);
    boto3("boto3.client('sqs', 'eu-west-1').purge_queue(QueueUrl=sys.argv[1])", &[&url]);
    send(&url, &messages[1..3]);
    assert_eq!(scanned(&scene, 0)["read"], 2);
    assert_eq!(left(&url), (0, 0));
}

#[test]
fn a_message_stays_while_its_objects_cannot_be_stored() {
    let bucket = "unstored";
    let url = queue("unstored");
    let scene = scene_of(&url);
    assert_eq!(scanned(&scene, 0)["seen"], 0);
    deliver(&scene, bucket, "us-east-1", &[(name("A"), gzip(&delivered(&[routine("a")])))]);
    send(&url, &[of_s3(bucket, &name("A"))]);
    let store = |statement: &str| {
        let store = rusqlite::Connection::open(scene.place.path("roletrail.db")).expect("the store is there");
        store.execute_batch(statement).expect("the statement is right");
    };
    store("CREATE TRIGGER full BEFORE INSERT ON objects BEGIN SELECT RAISE(ABORT, 'no room'); END");
    let mut command = scene.command(&["scan"]);
    let ran = command.env("AWS_REGION", "eu-west-1").output().expect("the program starts");
    assert_eq!(ran.status.code(), Some(4), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(scene.cloud.calls_of("sqs:DeleteMessage").len(), 0);
    let (seen, hidden) = left(&url);
    assert_eq!(seen + hidden, 1);
    store("DROP TRIGGER full");
    // The program may have ended while it waited for more: what is sent now would come to that wait, and be hidden.
    let other = queue("unstored-again");
    scene.place.write("roletrail.toml", settings(&other));
    send(&other, &[of_s3(bucket, &name("A"))]);
    assert_eq!(scanned(&scene, 0)["read"], 1);
    assert_eq!(left(&other), (0, 0));
}

#[test]
fn a_queue_that_refuses_is_a_gap_and_so_is_a_message_that_cannot_be_deleted() {
    let bucket = "undeleted";
    let url = queue("undeleted");
    let scene = scene_of(&url);
    deliver(&scene, bucket, "us-east-1", &[(name("A"), log("a"))]);
    send(&url, &[of_s3(bucket, &name("A"))]);
    scene.cloud.fault(Fault::on("sqs:ReceiveMessage").always(Effect::AccessDenied));
    assert_eq!(scanned(&scene, 2)["seen"], 0);
    scene.cloud.heal();
    scene.cloud.fault(Fault::on("sqs:DeleteMessage").always(Effect::AccessDenied));
    assert_eq!(scanned(&scene, 2)["read"], 1);
    scene.cloud.heal();
    assert_eq!(scanned(&scene, 0)["already_ingested"], 1);
    assert_eq!(left(&url), (0, 0));
    let open = scene.place.list(&["coverage"]);
    assert!(open.iter().all(|row| row["outcome"] == "complete"), "{open:?}");
}
