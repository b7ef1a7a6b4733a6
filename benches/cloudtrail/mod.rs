//! Records of CloudTrail as plain text: quickly made, small and all alike, for histories and benches that count rows.
//! Archives that look like an organisation's come from `roletrail::simulation`.

#![allow(dead_code, reason = "each program makes the records that it needs")]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

/// The profile whose role these records use.
pub const PROFILE: &str = "aws-kms-custom-key-stores";
/// The Region of every record.
pub const REGION: &str = "eu-central-1";

const SERVICE: &str = "cks.kms.amazonaws.com";
const ROLE: &str = "AWSServiceRoleForKeyManagementServiceCustomKeyStores";

/// What a record tells.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Something that concerns no profile.
    Ordinary,
    /// A key policy that names the role, which does not concern it.
    Mention,
    /// The service assumes its role.
    ServiceAssumes,
    /// The service makes a call with the role.
    ServiceCalls,
    /// The person of that number assumes the role: a finding of its own.
    PersonAssumes(u64),
    /// The role is made.
    MakesRole,
    /// A store is made that needs the role.
    MakesStore,
}

/// The account of that number.
pub fn account(number: u64) -> String {
    format!("1111{number:08}")
}

/// A record; equal seeds and numbers give equal ids.
pub fn record(account: &str, at: Timestamp, act: Act, seed: u64, number: u64) -> String {
    let (identity, source, name, request, response) = told(account, act, number);
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"{at:.0}","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"{REGION}","sourceIPAddress":"198.51.100.7","userAgent":"aws-sdk-go/1.55 (go1.23; linux; amd64)","requestParameters":{request},"responseElements":{response},"requestID":"{}","eventID":"{}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management"}}"#,
        uuid(seed, number, 0),
        uuid(seed, number, 2),
    )
}

/// Identity, service, call, request and response.
fn told(account: &str, act: Act, number: u64) -> (String, &'static str, &'static str, String, String) {
    let arn = format!("arn:aws:iam::{account}:role/aws-service-role/{SERVICE}/{ROLE}");
    let person = |name: &str| {
        format!(
            r#"{{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::{account}:user/{name}","accountId":"{account}","userName":"{name}"}}"#
        )
    };
    let service = format!(r#"{{"type":"AWSService","invokedBy":"{SERVICE}"}}"#);
    let assume = format!(r#"{{"roleArn":"{arn}","roleSessionName":"kms"}}"#);
    let null = || "null".to_owned();
    match act {
        Act::Ordinary => {
            let session = format!(
                r#"{{"type":"AssumedRole","principalId":"AROAEXAMPLE:i-{number:08x}","arn":"arn:aws:sts::{account}:assumed-role/deploy/i-{number:08x}","accountId":"{account}","accessKeyId":"ASIAEXAMPLE"}}"#
            );
            (session, "ec2", "DescribeInstances", r#"{"instancesSet":{},"filterSet":{}}"#.to_owned(), null())
        }
        Act::Mention => {
            let policy = format!(r#"{{"keyId":"k","policy":"{{\"Statement\":[{{\"Principal\":\"{arn}\"}}]}}"}}"#);
            (person("lena"), "kms", "PutKeyPolicy", policy, null())
        }
        Act::ServiceAssumes => (service, "sts", "AssumeRole", assume, null()),
        Act::ServiceCalls => {
            let session = format!(
                r#"{{"type":"AssumedRole","principalId":"AROAEXAMPLE{account}:kms","arn":"arn:aws:sts::{account}:assumed-role/{ROLE}/kms","accountId":"{account}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE{account}","arn":"{arn}","accountId":"{account}","userName":"{ROLE}"}}}},"invokedBy":"{SERVICE}"}}"#
            );
            (session, "cloudhsm", "DescribeClusters", "{}".to_owned(), null())
        }
        Act::PersonAssumes(person_number) => {
            (person(&format!("person-{person_number}")), "sts", "AssumeRole", assume, null())
        }
        Act::MakesRole => {
            let role = format!(r#"{{"role":{{"arn":"{arn}","roleId":"AROAEXAMPLE{account}","roleName":"{ROLE}"}}}}"#);
            let request = format!(r#"{{"aWSServiceName":"{SERVICE}"}}"#);
            (person("ops"), "iam", "CreateServiceLinkedRole", request, role)
        }
        Act::MakesStore => {
            let request = r#"{"customKeyStoreName":"vault","cloudHsmClusterId":"cluster-1"}"#.to_owned();
            let store = format!(r#"{{"customKeyStoreId":"cks-{account}"}}"#);
            (person("ops"), "kms", "CreateCustomKeyStore", request, store)
        }
    }
}

/// Records as CloudTrail delivers them.
pub fn delivered(records: &[String]) -> Vec<u8> {
    format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes()
}

/// Compressed at the given level.
pub fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory can be written")
}

/// An id as random as real ones, so that it compresses and lies in an index as they do.
fn uuid(seed: u64, number: u64, part: u64) -> String {
    let high = mixed(seed << 48 ^ number << 2 ^ part);
    let low = mixed(high ^ number);
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{:04x}-{:012x}", low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff)
}

/// The finishing step of splitmix64.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
