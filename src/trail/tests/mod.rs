//! Tests of the whole layer: from bytes to events.

mod actiontrail;
mod cloudtrail;
mod envelopes;
mod objects;
mod properties;
mod whole;

use std::convert::Infallible;
use std::io::Write as _;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Layout, Limits, ObjectError, ObjectReport, Reading, Sink, layout, read_object};
use crate::model::{Reject, TrailEvent};
use crate::profiles::{Profiles, Selection};

/// The account of most test records.
const ACCOUNT: &str = "111122223333";
/// Name and ARN of the watched role.
const ROLE_NAME: &str = "AWSServiceRoleForKeyManagementServiceCustomKeyStores";
const ROLE: &str = "arn:aws:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceCustomKeyStores";
const SERVICE: &str = "cks.kms.amazonaws.com";
/// The same for Alibaba Cloud.
const ALIBABA_ACCOUNT: &str = "1000000000000001";
const ALIBABA_ROLE_NAME: &str = "AliyunServiceRoleForKMSKeyStore";
const ALIBABA_ROLE: &str = "acs:ram::1000000000000001:role/aliyunserviceroleforkmskeystore";
const ALIBABA_SERVICE: &str = "keystore.kms.aliyuncs.com";

/// No test's object has so many: a cutter that does not come forward must fail a test, not fill the memory.
const MOST_REJECTS: usize = 10_000;

/// Keeps what it is given; an event seen before is no new one.
#[derive(Debug, Default)]
struct Kept {
    events: Vec<TrailEvent>,
    rejects: Vec<Reject>,
}

impl Sink for Kept {
    type Error = Infallible;

    fn event(&mut self, event: TrailEvent) -> Result<bool, Infallible> {
        let new = !self.events.iter().any(|known| known.id == event.id && known.account == event.account);
        self.events.push(event);
        Ok(new)
    }

    fn reject(&mut self, reject: Reject) -> Result<(), Infallible> {
        assert!(self.rejects.len() < MOST_REJECTS, "the cutter does not come forward");
        self.rejects.push(reject);
        Ok(())
    }
}

/// What one object came to.
#[derive(Debug)]
struct Outcome {
    report: Result<ObjectReport, ObjectError<Infallible>>,
    kept: Kept,
}

impl Outcome {
    fn report(&self) -> &ObjectReport {
        let report = self.report.as_ref().unwrap_or_else(|error| panic!("the object was rejected: {error}"));
        let fates = report.kept + report.duplicate + report.irrelevant + report.rejected;
        assert_eq!(report.records, fates, "the counts reconcile");
        assert_eq!(report.rejected, self.kept.rejects.len() as u64, "every reject is handed over");
        report
    }

    /// The reason why the object as a whole was rejected.
    fn refusal(&self) -> String {
        match &self.report {
            Err(ObjectError::Content { reason, .. }) => reason.clone(),
            other => panic!("the content should be to blame: {other:?}"),
        }
    }

    fn ids(&self) -> Vec<&str> {
        self.kept.events.iter().map(|event| event.id.as_str()).collect()
    }

    /// The only event.
    fn event(&self) -> &TrailEvent {
        let [event] = &self.kept.events[..] else { panic!("one event was expected: {self:?}") };
        event
    }

    /// The reason of the only reject.
    fn reason(&self) -> &str {
        let [reject] = &self.kept.rejects[..] else { panic!("one reject was expected: {self:?}") };
        &reject.reason
    }
}

/// Loaded once: thousands of objects are read.
static BUILTIN: LazyLock<Profiles> = LazyLock::new(|| Profiles::builtin().expect("built-in profiles load"));

/// How the tests read unless they say otherwise.
struct Reader {
    profiles: Profiles,
    limits: Limits,
    keep_all: bool,
    layout: Layout,
}

impl Reader {
    fn new() -> Self {
        let profiles = BUILTIN.clone();
        Self { profiles, limits: Limits::default(), keep_all: false, layout: layout("test.json") }
    }

    /// With the profile that watches every service-linked role beside the others.
    fn watching_all() -> Self {
        let selection = Selection { enable: vec!["aws-service-linked-roles".to_owned()], ..Selection::default() };
        Self { profiles: Profiles::load(&selection).expect("built-in profiles load"), ..Self::new() }
    }

    fn read(&self, bytes: &[u8]) -> Outcome {
        let mut kept = Kept::default();
        let reading = Reading {
            profiles: &self.profiles,
            limits: self.limits,
            keep_all: self.keep_all,
            count: true,
            parse_all: false,
        };
        let report = read_object(bytes, "test.json", &self.layout, &reading, &mut kept);
        Outcome { report, kept }
    }

    /// The only event that comes of a record.
    fn event(&self, record: &Value) -> TrailEvent {
        let outcome = self.read(record.to_string().as_bytes());
        outcome.report();
        outcome.event().clone()
    }

    /// What a record means, in one line for each concern: profile, kind, trust, outcome.
    fn judged(&self, record: &Value) -> Vec<String> {
        let outcome = self.read(record.to_string().as_bytes());
        assert_eq!(outcome.report().rejected, 0, "{outcome:?}");
        let lines = |event: &TrailEvent| {
            let line = |concern: &crate::model::Concern| {
                let kind = serde_json::to_value(concern.kind).expect("kinds are plain");
                let words = [&kind["kind"], &kind["effect"]].map(|word| word.as_str().unwrap_or_default());
                let trust = if concern.trusted { "trusted" } else { "untrusted" };
                format!("{} {} {trust} {}", concern.profile, words.join(" ").trim(), event.outcome)
            };
            event.concerns.iter().map(line).collect::<Vec<_>>()
        };
        outcome.kept.events.iter().flat_map(lines).collect()
    }
}

fn read(text: impl AsRef<[u8]>) -> Outcome {
    Reader::new().read(text.as_ref())
}

fn judged(record: &Value) -> Vec<String> {
    Reader::new().judged(record)
}

/// `record` with the members of `changes` put over it; `null` takes a member away.
fn with(mut record: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (key, change) in changes {
        match change {
            Value::Null => drop(record.as_object_mut().expect("a record is an object").remove(&key)),
            other => record[key] = other,
        }
    }
    record
}

/// A record of AWS by a user.
fn aws(name: &str, source: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "principalId": "AIDAX", "arn": "arn:aws:iam::111122223333:user/alice",
            "accountId": ACCOUNT, "accessKeyId": "AKIAX", "userName": "alice"},
        "eventTime": "2026-05-04T10:01:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.30.0",
        "requestParameters": null,
        "responseElements": null,
        "eventID": "10000000-0000-4000-8000-000000000001",
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    })
}

/// The trusted service assumes the role.
fn assumption() -> Value {
    with(
        aws("AssumeRole", "sts.amazonaws.com"),
        json!({
            "userIdentity": {"type": "AWSService", "invokedBy": SERVICE},
            "requestParameters": {"roleArn": ROLE, "roleSessionName": "kms"},
            "responseElements": {
                "credentials": {"accessKeyId": "ASIAX", "sessionToken": "hidden"},
                "assumedRoleUser": {"assumedRoleId": "AROAX:kms", "arn": "arn:aws:sts::111122223333:assumed-role/x/kms"},
            },
        }),
    )
}

/// A call that concerns nobody.
fn irrelevant() -> Value {
    aws("DescribeInstances", "ec2.amazonaws.com")
}

/// A record of Alibaba Cloud by a RAM user.
fn alibaba(name: &str, service: &str) -> Value {
    json!({
        "eventId": "EAFA2EF6-0000-4838-A566-0E2AADD2D04B",
        "eventVersion": 1,
        "eventSource": "ram.aliyuncs.com",
        "serviceName": service,
        "eventName": name,
        "eventTime": "2026-01-02T03:04:05Z",
        "eventType": "ApiCall",
        "eventCategory": "Management",
        "eventRW": "Write",
        "acsRegion": "cn-hangzhou",
        "sourceIpAddress": "203.0.113.9",
        "userAgent": "AliyunConsole",
        "userIdentity": {"type": "ram-user", "principalId": "2001", "accountId": ALIBABA_ACCOUNT, "userName": "bo"},
        "requestParameters": {},
        "recipientAccountId": ALIBABA_ACCOUNT,
        "errorCode": "",
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}
