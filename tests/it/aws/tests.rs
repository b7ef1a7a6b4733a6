//! The fake itself: an independent client must understand it, and it must refuse what AWS refuses.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::keys::key_of;
use super::role::CKS_ROLE;
use super::{Account, Cloud, Effect, Fault, Moto, Role, Task, Trail, World, external_store, hsm_store};

const HUB: &str = "111111111111";
const MEMBER: &str = "222222222222";
/// The call of the tests that write their requests themselves.
const LISTING: &str = "TrentService.DescribeCustomKeyStores";

fn record(id: &str, name: &str, days_ago: i64, identity: Value) -> Value {
    let at = Timestamp::now() - SignedDuration::from_hours(24 * days_ago);
    json!({
        "eventID": id, "eventName": name, "eventSource": "kms.amazonaws.com", "readOnly": name.starts_with("Describe"),
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "userIdentity": identity,
    })
}

fn world() -> World {
    let alice = json!({"type": "IAMUser", "userName": "alice"});
    let records = [
        record("e-1", "CreateCustomKeyStore", 30, alice.clone()),
        record("e-2", "DeleteCustomKeyStore", 20, alice.clone()),
        record("e-3", "DescribeCustomKeyStores", 10, json!({"type": "AWSService"})),
        record("e-0", "CreateCustomKeyStore", 91, alice),
    ];
    let task = |name: &str| format!("task/aws-service-role/cks.kms.amazonaws.com/{CKS_ROLE}/{name}");
    let usage = [("eu-west-1", &["arn:aws:kms:eu-west-1:222222222222:key/k"][..])];
    let nothing = json!({"Version": "2012-10-17", "Statement": []});
    let member = Account::new(MEMBER)
        .role(Role::custom_key_stores().with_inline("extra", nothing))
        .role(Role::cloud_hsm())
        .store("eu-west-1", hsm_store("cks-1"))
        .store("eu-west-1", external_store("cks-2"))
        .cluster("eu-west-1", "cluster-1a23b4cdefg")
        .key("eu-west-1", "key-1")
        .key("eu-west-1", "key-2")
        .events("eu-west-1", &records)
        .trail(Trail::healthy(MEMBER, "us-east-1", "all", "a-bucket"))
        .task(&task("running"), Task::is("IN_PROGRESS"))
        .task(&task("done"), Task::is("SUCCEEDED"))
        .task(&task("failed"), Task::failed("in use", &usage));
    let mut world = World::new(HUB)
        .account(member)
        .account(Account::new("333333333333").orphaned())
        .account(Account::new("444444444444").state("SUSPENDED"))
        .external_id("our-secret");
    world.empty_pages = true;
    world
}

/// What a raw request gets: status line and headers, and body; nothing where the connection broke.
fn ask(cloud: &Cloud, key: &str, scope: &str, target: &str, body: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(cloud.url().trim_start_matches("http://")).expect("the fake listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    let signature = "0".repeat(64);
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Amz-Date: 20260101T000000Z\r\n\
         X-Amz-Target: {target}\r\nContent-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={key}/20260101/{scope}/aws4_request, SignedHeaders=host, Signature={signature}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the fake reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.to_owned(), body.to_owned()))
}

/// The listing of stores of the hub's own account.
fn list_stores(cloud: &Cloud, body: &str) -> Option<(String, String)> {
    ask(cloud, &key_of(HUB), "eu-west-1/kms", LISTING, body)
}

fn python(cloud: &Cloud, arguments: &[&str]) {
    let mut command = Command::new("python3");
    command.args(arguments).envs(cloud.environment());
    let ran = command.output().expect("python3 must be there, with boto3 (see .ci/run)");
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "python3 must have boto3 and read the fake: {errors}");
}

#[test]
fn boto3_reads_what_the_fake_serves() {
    let cloud = Cloud::start(world());
    python(&cloud, &[concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/aws/boto3_reads_the_fake.py")]);
    let refusals = cloud.refusals();
    assert!(refusals.iter().any(|refusal| refusal.starts_with("InvalidAction: iam:ListUsers")), "{refusals:?}");
    let lookup = &cloud.calls_of("cloudtrail:LookupEvents")[0];
    assert_eq!((lookup.account.as_str(), lookup.region.as_str()), (MEMBER, "eu-west-1"));
    assert!(cloud.actions().contains("cloudhsm:DescribeClusters"));
}

#[test]
fn requests_that_the_model_does_not_know_are_refused_and_noted() {
    let cloud = Cloud::start(World::new(HUB));
    let check = |key: &str, scope: &str, target: &str, body: &str, code: &str| {
        cloud.forget();
        let (head, answer) = ask(&cloud, key, scope, target, body).expect("an answer");
        assert!(answer.contains(code), "{target} {body}: {head} {answer}");
        cloud.refusals().len()
    };
    let hub = key_of(HUB);
    assert_eq!(check(&hub, "eu-west-1/kms", LISTING, r#"{"Max":1}"#, "ValidationException"), 1);
    assert_eq!(check(&hub, "eu-west-1/kms", LISTING, r#"{"Limit":"ten"}"#, "ValidationException"), 1);
    assert_eq!(check(&hub, "eu-west-1/kms", LISTING, "{", "SerializationException"), 1);
    assert_eq!(check(&hub, "eu-west-1/cloudtrail", LISTING, "{}", "InvalidSignatureException"), 1);
    assert_eq!(check(&hub, "mars-1/kms", LISTING, "{}", "InvalidSignatureException"), 1);
    assert_eq!(check(&hub, "eu-west-1/ec2", "", "{}", "InvalidSignatureException"), 1);
    assert_eq!(check(&hub, "eu-west-1/kms", "TrentService.DeleteKey", "{}", "UnknownOperationException"), 1);
    assert_eq!(check("no key", "eu-west-1/kms", LISTING, "{}", "UnrecognizedClientException"), 0);
    assert_eq!(check(&key_of("999999999999"), "eu-west-1/kms", LISTING, "{}", "UnrecognizedClientException"), 0);
    assert_eq!(check(&hub, "eu-west-1/kms", LISTING, "{}", r#""CustomKeyStores":[]"#), 0);
}

#[test]
fn a_session_that_has_ended_is_refused_in_the_words_of_each_protocol() {
    let cloud = Cloud::start(world());
    let script = r#"
import boto3, botocore, time
keys = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::222222222222:role/roletrail-reader",
    RoleSessionName="boto", ExternalId="our-secret")["Credentials"]
session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
time.sleep(1.2)
for service, operation, code in [("kms", "list_keys", "ExpiredTokenException"),
        ("iam", "list_roles", "ExpiredToken"), ("account", "list_regions", "ExpiredTokenException")]:
    try:
        getattr(session.client(service), operation)()
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(service)
"#;
    cloud.change(|world| world.session_life = Duration::from_secs(1));
    python(&cloud, &["-c", script]);
}

#[test]
fn faults_strike_the_calls_that_they_are_for() {
    let cloud = Cloud::start(World::new(HUB));
    cloud.change(|world| world.stores_per_second = 1000);
    let check = |effect: Effect, expected: Option<(&str, &str)>| {
        cloud.heal();
        cloud.fault(
            Fault::on("kms:DescribeCustomKeyStores").account(HUB).region("eu-west-1").first(1, effect.clone()),
        );
        let struck = list_stores(&cloud, "{}");
        match (expected, &struck) {
            (None, None) => {}
            (Some((in_head, in_body)), Some((head, body))) => {
                assert!(head.contains(in_head) && body.contains(in_body), "{effect:?}: {head} {body}");
            }
            _ => unreachable!("{effect:?}: {struck:?}"),
        }
        let (head, body) = list_stores(&cloud, "{}").expect("an answer");
        assert!(
            head.starts_with("HTTP/1.1 200") && body.contains("CustomKeyStores"),
            "{effect:?} struck twice: {head}"
        );
    };
    check(Effect::AccessDenied, Some(("400", "AccessDeniedException")));
    check(Effect::Throttle, Some(("400", "ThrottlingException")));
    check(Effect::ServerError(503), Some(("503", "InternalServerException")));
    check(
        Effect::Error(400, "KMSInternalException".to_owned()),
        Some(("x-amzn-errortype: KMSInternal", "KMSInternal")),
    );
    check(Effect::Html, Some(("500", "<html>")));
    check(Effect::EmptyBody, Some(("content-length: 0", "")));
    check(Effect::HalfBody, Some(("200", "{\"Cust")));
    check(Effect::Reset, None);
    check(Effect::ExtraFields, Some(("200", "FieldOfTheFuture")));
    check(Effect::RepeatedToken, Some(("200", "\"Truncated\":true")));
    check(Effect::TruncatedWithoutMarker, Some(("200", "\"Truncated\":true")));
    assert_eq!(cloud.refusals(), Vec::<String>::new());
}

#[test]
fn a_repeated_token_leads_round_and_round() {
    let cloud = Cloud::start(World::new(HUB));
    cloud.fault(Fault::on("kms:DescribeCustomKeyStores").always(Effect::RepeatedToken));
    let token = |answer: &str| {
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        answer["NextMarker"].as_str().expect("a token").to_owned()
    };
    let first = token(&list_stores(&cloud, "{}").expect("an answer").1);
    let second = token(&list_stores(&cloud, &json!({"Marker": first}).to_string()).expect("an answer").1);
    assert_eq!(first, second);
}

#[test]
fn a_hanging_call_does_not_answer_and_is_in_flight() {
    let cloud = Cloud::start(World::new(HUB));
    cloud.fault(Fault::on("*").first(1, Effect::Hang));
    let url = cloud.url();
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("the fake listens");
    stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout can be set");
    let credential = format!("{}/20260101/eu-west-1/kms/aws4_request", key_of(HUB));
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Date: 20260101T000000Z\r\nX-Amz-Target: {LISTING}\r\n\
         Content-Length: 2\r\nAuthorization: AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, \
         Signature={}\r\n\r\n{{}}",
        "0".repeat(64)
    );
    stream.write_all(request.as_bytes()).expect("the fake reads");
    assert!(stream.read(&mut [0; 1]).is_err(), "nothing must be answered");
    list_stores(&cloud, "{}").expect("the next call is answered");
    assert_eq!((cloud.most_in_flight(), cloud.most_in_flight_of(HUB)), (2, 2));
}

#[test]
fn an_answer_drips_and_another_comes_late() {
    let cloud = Cloud::start(World::new(HUB));
    for effect in [Effect::Drip, Effect::Delay(Duration::from_secs(1))] {
        cloud.heal();
        cloud.fault(Fault::on("kms:DescribeCustomKeyStores").always(effect.clone()));
        let begun = Instant::now();
        let (_, body) = list_stores(&cloud, "{}").expect("an answer");
        assert!(body.contains("CustomKeyStores"), "{body}");
        assert!(Duration::from_secs(1) <= begun.elapsed(), "{effect:?}: {:?}", begun.elapsed());
    }
}

#[test]
fn calls_are_in_flight_for_as_long_as_the_latency_lasts() {
    let cloud = Cloud::start(World::new(HUB));
    cloud.set_latency(Duration::from_secs(1));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| list_stores(&cloud, "{}").expect("an answer"));
        }
    });
    assert!(2 <= cloud.most_in_flight(), "{}", cloud.most_in_flight());
}

#[test]
fn calls_beyond_the_published_rates_are_throttled() {
    let cloud = Cloud::start(World::new(HUB));
    let lookup = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    let ask_in = |region: &str| {
        let scope = format!("{region}/cloudtrail");
        ask(&cloud, &key_of(HUB), &scope, lookup, "{}").expect("an answer").1
    };
    let answers: Vec<_> = (0..8).map(|_| ask_in("eu-west-1")).collect();
    assert!(answers.iter().any(|answer| answer.contains("ThrottlingException")), "{answers:?}");
    assert!(ask_in("us-east-1").contains("Events"), "another Region has a limit of its own");
    assert!(2 < cloud.most_lookups_in_a_second());
}

#[test]
fn s3_and_sqs_are_passed_on_and_the_calls_kept() {
    let cloud = Cloud::start(world());
    cloud.forward(&["s3", "sqs", "sns"], &Moto::shared().url());
    let script = r#"
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="passed-on")
s3.put_object(Bucket="passed-on", Key="AWSLogs/a b+c.json.gz", Body=b"x" * 2_000_000, Metadata={"signature": "00ff"})
[entry] = s3.list_objects_v2(Bucket="passed-on", Prefix="AWSLogs/")["Contents"]
assert entry["Key"] == "AWSLogs/a b+c.json.gz", entry
got = s3.get_object(Bucket="passed-on", Key=entry["Key"])
assert got["Body"].read() == b"x" * 2_000_000 and got["Metadata"] == {"signature": "00ff"}
assert s3.head_object(Bucket="passed-on", Key=entry["Key"])["ContentLength"] == 2_000_000
assert s3.get_bucket_location(Bucket="passed-on")["LocationConstraint"] is None
sqs = boto3.client("sqs", region_name="eu-west-1")
url = sqs.create_queue(QueueName="passed-on")["QueueUrl"]
sqs.send_message(QueueUrl=url, MessageBody="body")
[message] = sqs.receive_message(QueueUrl=url)["Messages"]
sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
boto3.client("sns").create_topic(Name="passed-on")
"#;
    python(&cloud, &["-c", script]);
    let expected =
        ["s3:ListBucket", "s3:GetObject", "s3:GetBucketLocation", "sqs:ReceiveMessage", "sqs:DeleteMessage"];
    let actions = cloud.actions();
    assert!(expected.iter().all(|action| actions.contains(*action)), "{actions:?}");
    assert_eq!(cloud.calls_of("sqs:ReceiveMessage")[0].region, "eu-west-1");
    assert_eq!(cloud.refusals(), Vec::<String>::new());
}

#[test]
fn sessions_of_moto_are_known_to_the_fake() {
    let cloud = Cloud::start(world());
    cloud.forward(&["sts"], &Moto::shared().url());
    let script = r#"
import boto3
keys = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::222222222222:role/any", RoleSessionName="boto")["Credentials"]
session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
assert len(session.client("kms", region_name="eu-west-1").list_keys()["Keys"]) == 2
"#;
    python(&cloud, &["-c", script]);
    assert_eq!(cloud.calls_of("kms:ListKeys")[0].account, MEMBER);
}
