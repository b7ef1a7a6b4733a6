//! `ingest`: every envelope is read, nothing is read or stored twice, the counts come out even, no secret is kept.

use serde_json::{Value, json};

use crate::records::{
    ROLE, aws, delivered, delivered_texts, gzip, intrusion, irrelevant, lines, person, routine, with,
};
use crate::support::{Workplace, reconcile, sorted};

fn counts(report: &Value) -> [u64; 4] {
    ["kept", "duplicate", "irrelevant", "rejected"].map(|name| report["records"][name].as_u64().expect("a count"))
}

#[test]
fn a_second_run_reads_nothing_and_a_changed_object_is_read_again() {
    let place = Workplace::new();
    place.write("logs/a.json", delivered(&[routine("a-1"), irrelevant("a-2")]));
    place.write("logs/deep/er/b.json.gz", gzip(&delivered(&[intrusion("b-1")])));
    let first = place.ingest(&["logs"], 0);
    assert_eq!(first["schema"], 1);
    assert_eq!((&first["objects"]["seen"], &first["objects"]["read"]), (&2.into(), &2.into()));
    assert_eq!(counts(&first), [2, 0, 1, 0]);
    assert!(first["bytes"]["compressed"].as_u64() < first["bytes"]["uncompressed"].as_u64());
    assert_eq!(first["rejects"], json!([]));

    let second = place.ingest(&["logs"], 0);
    assert_eq!((&second["objects"]["seen"], &second["objects"]["already_ingested"]), (&2.into(), &2.into()));
    assert_eq!(second["records"]["read"], 0);

    place.write("logs/a.json", delivered(&[routine("a-1"), irrelevant("a-2"), intrusion("a-3")]));
    let third = place.ingest(&["logs"], 0);
    assert_eq!((&third["objects"]["read"], &third["objects"]["already_ingested"]), (&1.into(), &1.into()));
    assert_eq!(counts(&third), [1, 1, 1, 0]);
    assert_eq!(sorted(&place.list(&["events"]), "event_id"), ["a-1", "a-3", "b-1"]);
}

/// The same record in every form in which it may arrive.
fn envelopes(record: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = delivered(std::slice::from_ref(record));
    let plain = record.to_string().into_bytes();
    let bus = |detail: &Value| {
        json!({"version": "0", "id": "bus", "detail-type": "AWS API Call via CloudTrail", "source": "aws.sts",
            "account": "111122223333", "detail": detail})
    };
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    let pair: Vec<u8> = [plain.clone(), plain.clone()].concat();
    vec![
        ("records.json", bytes.clone()),
        ("pretty.json", serde_json::to_vec_pretty(&json!({ "Records": [record] })).expect("is JSON")),
        ("array.json", json!([record]).to_string().into_bytes()),
        ("single.json", plain.clone()),
        ("lines.ndjson", lines(&[record.clone(), record.clone()])),
        ("windows.ndjson", format!("{record}\r\n\r\n{record}").into_bytes()),
        ("concatenated.json", pair),
        (
            "lookup.json",
            json!({"Events": [{"EventId": record["eventID"], "EventName": "AssumeRole",
                "CloudTrailEvent": record.to_string()}], "NextToken": "x"})
            .to_string()
            .into_bytes(),
        ),
        ("bus.json", bus(record).to_string().into_bytes()),
        (
            "bus.ndjson",
            lines(&[
                bus(record),
                json!({"detail-type": "EC2 Instance State-change Notification", "detail": {"state": "running"}}),
            ]),
        ),
        ("gzip-under-a.json", gzip(&bytes)),
        ("plain-under-a.json.gz", bytes.clone()),
        ("members.json.gz", [gzip(head), gzip(b""), gzip(tail)].concat()),
        ("marked.json", [b"\xEF\xBB\xBF", &bytes[..]].concat()),
        ("marked.json.gz", gzip(&[b"\xEF\xBB\xBF", &bytes[..]].concat())),
    ]
}

#[test]
fn every_envelope_is_read_and_the_same_event_is_stored_once() {
    let record = intrusion("the-one");
    let place = Workplace::new();
    for (number, (name, bytes)) in envelopes(&record).into_iter().enumerate() {
        place.write(name, bytes);
        let report = place.ingest(&[name], 0);
        let [kept, duplicate, ..] = counts(&report);
        assert_eq!(kept, u64::from(number == 0), "{name}: {report}");
        assert!(0 < kept + duplicate, "{name}: {report}");
        let alone = Workplace::new();
        let path = place.path(name);
        let report = alone.ingest(&[path.to_str().expect("is text")], 0);
        assert_eq!(counts(&report)[0], 1, "{name}: {report}");
    }
    assert_eq!(sorted(&place.list(&["events"]), "event_id"), ["the-one"]);
    let findings = place.findings();
    assert_eq!(
        (sorted(&findings, "rule"), &findings[0]["count"]),
        (vec!["unexpected-assumer".to_owned()], &1.into())
    );
}

#[test]
fn every_envelope_of_alibaba_is_read() {
    let record = crate::records::alibaba_routine("sls-1");
    let text = record.to_string();
    let flat = json!({"__topic__": "actiontrail_event", "event.eventId": "sls-1", "event.eventName": "AssumeRole",
        "event.eventTime": record["eventTime"], "event.eventSource": record["eventSource"],
        "event.serviceName": "Sts", "event.acsRegion": "cn-hangzhou", "event.recipientAccountId": record["recipientAccountId"],
        "event.requestParameters": record["requestParameters"].to_string(), "event.userIdentity": record["userIdentity"].to_string()});
    for (name, bytes) in [
        ("array.json", json!([record]).to_string()),
        ("single.json", text.clone()),
        ("lines.json", format!("{text}\n{text}\n")),
        ("concatenated.json", format!("{text}{text}")),
        ("sls-text.json", json!({"__topic__": "actiontrail_event", "event": text}).to_string()),
        ("sls-object.json", json!({"__time__": 1, "event": record}).to_string()),
        ("sls-contents.json", json!({"contents": {"event": text}}).to_string()),
        ("sls-flat.json", flat.to_string()),
        ("lookup.json", json!({"Events": [record], "RequestId": "r"}).to_string()),
    ] {
        let place = Workplace::new();
        place.write(name, bytes);
        let report = place.ingest(&[name], 0);
        assert_eq!(counts(&report)[0], 1, "{name}: {report}");
        let [event] = &place.list(&["events"])[..] else { panic!("{name}: one event") };
        assert_eq!(
            (&event["event_id"], &event["actor"]["invoked_by"]),
            (&"sls-1".into(), &"keystore.kms.aliyuncs.com".into())
        );
        assert_eq!(place.findings(), Vec::<Value>::new(), "{name}");
    }
}

#[test]
fn digests_and_insights_are_no_logs() {
    let place = Workplace::new();
    let below = "logs/AWSLogs/111122223333";
    let digest = json!({"awsAccountId": "111122223333", "digestStartTime": "2026-03-04T05:00:00Z",
        "digestEndTime": "2026-03-04T06:00:00Z", "logFiles": []});
    let insight = json!({"Records": [{"eventType": "AwsCloudTrailInsight", "eventCategory": "Insight",
        "eventID": "i", "eventTime": "2026-03-04T05:00:00Z", "insightDetails": {"state": "Start"}}]});
    let name = |kind: &str| {
        format!("{below}/{kind}/us-east-1/2026/03/04/111122223333_{kind}_us-east-1_20260304T0600Z_x.json.gz")
    };
    place.write(&name("CloudTrail-Digest"), gzip(digest.to_string().as_bytes()));
    place.write(&name("CloudTrail-Insight"), gzip(insight.to_string().as_bytes()));
    place.write("digest-elsewhere.json", digest.to_string());
    place.write(&name("CloudTrail"), gzip(&delivered(&[routine("log")])));
    let report = place.ingest(&["logs", "digest-elsewhere.json"], 0);
    assert_eq!((&report["objects"]["skipped"], &report["objects"]["read"]), (&3.into(), &1.into()));
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    let [event] = &place.list(&["events"])[..] else { panic!("one event") };
    assert_eq!(event["delivered_at"], "2026-03-04T06:00:00Z");
}

#[test]
fn events_without_an_id_are_told_apart_by_their_content() {
    let place = Workplace::new();
    let nameless = |session: &str| {
        let mut record =
            with(intrusion("x"), json!({"requestParameters": {"roleArn": ROLE, "roleSessionName": session}}));
        record.as_object_mut().expect("an object").remove("eventID");
        record
    };
    place.write("a.json", delivered(&[nameless("one"), nameless("two")]));
    place.write("b.json", serde_json::to_vec_pretty(&json!([nameless("two"), nameless("three")])).expect("is JSON"));
    assert_eq!(counts(&place.ingest(&["a.json"], 0)), [2, 0, 0, 0]);
    assert_eq!(counts(&place.ingest(&["b.json"], 0)), [1, 1, 0, 0]);
    let events = place.list(&["events"]);
    assert!(events.iter().all(|event| event["event_id"].as_str().is_some_and(|id| id.starts_with("sha256:"))));
}

#[test]
fn an_updated_record_takes_the_place_of_the_one_it_names() {
    let place = Workplace::new();
    place.write("a.json", delivered(&[intrusion("changed")]));
    let addendum = json!({"reason": "UPDATED_DATA", "updatedFields": "userIdentity", "originalEventID": "changed"});
    let update = with(routine("changed"), json!({ "addendum": addendum }));
    place.write("b.json", delivered(&[update]));
    place.ingest(&["a.json"], 0);
    assert_eq!(place.findings().len(), 1);
    place.ingest(&["b.json"], 0);
    let events = place.list(&["events"]);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["actor"]["invoked_by"], "cks.kms.amazonaws.com");
    assert_eq!(place.findings(), Vec::<Value>::new());
}

const PLANTED: &str = "PLANTEDsecretVALUE";

#[test]
fn no_secret_reaches_the_database() {
    let place = Workplace::new();
    let credentials = json!({"accessKeyId": "ASIAEXAMPLE", "secretAccessKey": format!("{PLANTED}1"),
        "sessionToken": format!("{PLANTED}2"), "expiration": "x"});
    let record = with(
        intrusion("s-1"),
        json!({"responseElements": {"credentials": credentials},
        "requestParameters": {"roleArn": ROLE, "sAMLAssertion": format!("{PLANTED}3"),
            "webIdentityToken": format!("{PLANTED}4"), "tokenCode": format!("{PLANTED}5")}}),
    );
    let store = with(
        aws("s-2", "CreateCustomKeyStore", "kms.amazonaws.com"),
        json!({"userIdentity": person(), "requestParameters": {"keyStorePassword": format!("{PLANTED}6")},
            "responseElements": {"customKeyStoreId": "cks-1"}}),
    );
    let alibaba = with(
        crate::records::alibaba_routine("s-3"),
        json!({"responseElements": {"Credentials": {"AccessKeySecret": format!("{PLANTED}7"), "SecurityToken": format!("{PLANTED}8")}},
            "requestParameterJson": format!("{{\"SecurityToken\":\"{PLANTED}9\"}}")}),
    );
    // A broken record is kept for inspection; it must not keep a secret either.
    let broken = intrusion("s-4").to_string().replacen(
        "\"awsRegion\"",
        &format!("\"sessionToken\":\"{PLANTED}0\",\"awsRegion\":\"x\",\"awsRegion\""),
        1,
    );
    let texts: Vec<String> = [record, store, alibaba].iter().map(Value::to_string).chain([broken]).collect();
    place.write("a.json", delivered_texts(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
    let report = place.ingest(&["a.json"], 2);
    assert_eq!(counts(&report), [3, 0, 0, 1]);
    for entry in std::fs::read_dir(place.root()).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name == "a.json") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("read");
        let text = String::from_utf8_lossy(&bytes);
        if let Some(at) = text.find(PLANTED) {
            let around: String = text[at.saturating_sub(60)..].chars().take(120).collect();
            panic!("{}: {around:?}", path.display());
        }
    }
    let raw = place.ends(&["events", "--format", "ndjson", "--raw"], 0);
    assert!(!raw.stdout.contains(PLANTED) && raw.stdout.contains("[removed]"));
    assert!(!place.ends(&["events", "--rejected"], 0).stdout.contains(PLANTED));
}

/// The members of an event, as the contract lists them.
const MEMBERS: [&str; 20] = [
    "provider",
    "account",
    "region",
    "event_id",
    "event_time",
    "delivered_at",
    "ingested_at",
    "name",
    "source",
    "actor",
    "role",
    "store",
    "outcome",
    "error_code",
    "error_message",
    "source_ip",
    "user_agent",
    "object",
    "sha256",
    "raw",
];

#[test]
fn events_have_the_members_of_the_contract() {
    let place = Workplace::new();
    let denied = with(intrusion("e-1"), json!({"errorCode": "AccessDenied", "errorMessage": "no"}));
    place.write("a.json", delivered(&[denied, routine("e-2")]));
    place.ingest(&["a.json"], 0);
    let raw = place.ends(&["events", "--format", "ndjson", "--raw"], 0);
    let events: Vec<Value> =
        raw.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is one value")).collect();
    assert_eq!(events.len(), 2);
    for event in &events {
        let members: Vec<_> = event.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(members, MEMBERS);
        let actor: Vec<_> = event["actor"].as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(actor, ["type", "arn", "invoked_by", "account"]);
        assert_eq!(event["raw"]["eventID"], event["event_id"]);
        assert_eq!(event["sha256"].as_str().map(str::len), Some(64));
    }
    let denied = events.iter().find(|event| event["event_id"] == "e-1").expect("the denied one");
    assert_eq!(denied["outcome"], "denied");
    assert_eq!((&denied["error_code"], &denied["error_message"]), (&"AccessDenied".into(), &"no".into()));
    let plain = place.list(&["events"]);
    assert!(plain.iter().all(|event| event.get("raw").is_none()));
}

#[test]
fn findings_have_the_members_of_the_contract_and_list_twenty_events() {
    let place = Workplace::new();
    let many: Vec<_> = (0..25)
        .map(|n| with(intrusion(&format!("m-{n:02}")), json!({"eventTime": format!("2026-03-04T05:{n:02}:00Z")})))
        .collect();
    place.write("a.json", delivered(&many));
    place.ingest(&["a.json"], 0);
    let [finding] = &place.list(&["findings"])[..] else { panic!("one finding") };
    for member in [
        "id",
        "rule",
        "severity",
        "status",
        "provider",
        "account",
        "region",
        "profile",
        "role",
        "store",
        "actor",
        "outcome",
        "basis",
        "summary",
        "first_seen",
        "last_seen",
        "count",
        "events",
        "fix",
        "controls",
    ] {
        assert!(finding.get(member).is_some(), "{member}");
    }
    assert_eq!(finding["count"], 25);
    let events = finding["events"].as_array().expect("a list");
    assert_eq!((events.len(), &events[0]), (20, &json!("m-24")));
    assert_eq!(place.findings()[0]["events"].as_array().map(Vec::len), Some(25));
    assert_eq!(
        (&finding["first_seen"], &finding["last_seen"]),
        (&"2026-03-04T05:00:00Z".into(), &"2026-03-04T05:24:00Z".into())
    );
    assert!(finding["fix"]["who"].is_string() && finding["fix"]["how"].is_string());
    assert!(finding["controls"][0]["framework"].is_string() && finding["controls"][0]["id"].is_string());
}

#[test]
fn what_is_not_there_is_a_slip_and_begins_nothing() {
    let place = Workplace::new();
    for path in ["missing", "oss://bucket/prefix"] {
        let ran = place.ends(&["ingest", path], 3);
        assert!(ran.stderr.contains(path), "{}", ran.stderr);
    }
    assert!(!place.path("roletrail.db").exists());
    place.write("empty/.keep", "");
    reconcile(&place.ingest(&["empty"], 0));
}
