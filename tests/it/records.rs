//! Trail records of the tests, and the forms in which they are delivered.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

pub const ACCOUNT: &str = "111122223333";
pub const ROLE_NAME: &str = "AWSServiceRoleForKeyManagementServiceCustomKeyStores";
pub const ROLE: &str = "arn:aws:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceCustomKeyStores";
pub const SERVICE: &str = "cks.kms.amazonaws.com";
pub const PROFILE: &str = "aws-kms-custom-key-stores";
pub const PERSON: &str = "arn:aws:iam::111122223333:user/mallory";

pub const ALIBABA_ACCOUNT: &str = "1000000000000001";
pub const ALIBABA_ROLE: &str = "acs:ram::1000000000000001:role/aliyunserviceroleforkmskeystore";
pub const ALIBABA_SERVICE: &str = "keystore.kms.aliyuncs.com";

/// The members of `changes` in place of those of `record`.
pub fn with(mut record: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (key, value) in changes {
        record[key] = value;
    }
    record
}

/// A record of CloudTrail, by the service.
pub fn aws(id: &str, name: &str, source: &str) -> Value {
    json!({
        "eventVersion": "1.11", "eventID": id, "eventTime": "2026-03-04T05:06:07Z", "eventName": name,
        "eventSource": source, "awsRegion": "eu-central-1", "sourceIPAddress": "198.51.100.7",
        "userAgent": "tests", "userIdentity": {"type": "AWSService", "invokedBy": SERVICE},
        "requestParameters": null, "responseElements": null, "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT, "eventCategory": "Management", "managementEvent": true,
    })
}

/// The service assumes the role.
pub fn routine(id: &str) -> Value {
    with(
        aws(id, "AssumeRole", "sts.amazonaws.com"),
        json!({"requestParameters": {"roleArn": ROLE, "roleSessionName": "kms"},
            "resources": [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": ROLE}]}),
    )
}

pub fn person() -> Value {
    json!({"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": PERSON, "accountId": ACCOUNT, "userName": "mallory"})
}

/// A person assumes the role.
pub fn intrusion(id: &str) -> Value {
    with(routine(id), json!({"userIdentity": person()}))
}

/// A record that concerns no profile.
pub fn irrelevant(id: &str) -> Value {
    with(aws(id, "DescribeInstances", "ec2.amazonaws.com"), json!({"userIdentity": person()}))
}

/// A record of ActionTrail.
pub fn alibaba(id: &str, name: &str, service: &str) -> Value {
    json!({
        "eventId": id, "eventVersion": "1", "eventTime": "2026-03-04T05:06:07Z", "eventName": name,
        "eventSource": format!("{}.aliyuncs.com", service.to_ascii_lowercase()), "serviceName": service,
        "acsRegion": "cn-hangzhou", "eventType": "ApiCall", "requestId": "R-1", "sourceIpAddress": "198.51.100.8",
        "userAgent": "tests", "recipientAccountId": ALIBABA_ACCOUNT,
        "userIdentity": {"type": "system", "principalId": ALIBABA_SERVICE, "userName": ALIBABA_SERVICE,
            "accountId": ALIBABA_ACCOUNT},
    })
}

/// The service assumes its role at Alibaba Cloud.
pub fn alibaba_routine(id: &str) -> Value {
    with(
        alibaba(id, "AssumeRole", "Sts"),
        json!({"requestParameters": {"RoleArn": ALIBABA_ROLE, "RoleSessionName": "kms"}}),
    )
}

/// As CloudTrail delivers.
pub fn delivered(records: &[Value]) -> Vec<u8> {
    json!({ "Records": records }).to_string().into_bytes()
}

/// `Records` of texts that need not be JSON.
pub fn delivered_texts(records: &[&str]) -> Vec<u8> {
    format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes()
}

/// One record a line.
pub fn lines(records: &[Value]) -> Vec<u8> {
    records.iter().map(|record| format!("{record}\n")).collect::<String>().into_bytes()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}
