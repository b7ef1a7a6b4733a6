//! Inventories written into real directories, and what is made of them.

mod alibaba;
mod aws;
mod hostile;
mod places;
mod trails;

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::*;

/// The account of every test of AWS.
const AWS: &str = "111122223333";
/// The account of every test of Alibaba Cloud.
const ALIBABA: &str = "1234567890123456";

const CKS_ROLE: &str = "AWSServiceRoleForKeyManagementServiceCustomKeyStores";
const CKS_POLICY: &str = "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy";
const RAM_ROLE: &str = "AliyunServiceRoleForKMSKeyStore";
const RAM_POLICY: &str = "AliyunServiceRolePolicyForKMSKeyStore";

const GET_ROLE: &str = r#"{"Role": {"Path": "/aws-service-role/cks.kms.amazonaws.com/",
 "RoleName": "AWSServiceRoleForKeyManagementServiceCustomKeyStores", "RoleId": "AROAEXAMPLE000000001",
 "Arn": "arn:aws:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceCustomKeyStores",
 "CreateDate": "2026-01-02T03:04:05+00:00",
 "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cks.kms.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
 "MaxSessionDuration": 3600, "Tags": [{"Key": "owner", "Value": "hsm"}],
 "RoleLastUsed": {"LastUsedDate": "2026-05-01T00:00:00+00:00", "Region": "us-east-1"}}}"#;
const ATTACHED: &str = r#"{"AttachedPolicies": [{"PolicyName": "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy",
 "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"}]}"#;
const POLICY_VERSION: &str = r#"{"PolicyVersion": {"VersionId": "v2", "IsDefaultVersion": true,
 "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloudhsm:Describe*", "Resource": "*"}]}}}"#;
const STORES: &str = r#"{"CustomKeyStores": [{"CustomKeyStoreId": "cks-1", "CustomKeyStoreName": "one",
 "CustomKeyStoreType": "AWS_CLOUDHSM", "CloudHsmClusterId": "cluster-1", "ConnectionState": "CONNECTED", "CreationDate": 1767323045.5}], "Truncated": false}"#;
const NO_STORES: &str = r#"{"CustomKeyStores": []}"#;
const NO_SUCH_ROLE: &str = "\nAn error occurred (NoSuchEntity) when calling the GetRole operation: The role with name AWSServiceRoleForKeyManagementServiceCustomKeyStores cannot be found.\n";

const RAM_GET_ROLE: &str = r#"{"RequestId": "1", "Role": {"RoleName": "AliyunServiceRoleForKMSKeyStore", "RoleId": "300000000000000001",
 "Arn": "acs:ram::1234567890123456:role/aliyunserviceroleforkmskeystore", "CreateDate": "2026-01-02T03:04:05Z", "IsServiceLinkedRole": true,
 "AssumeRolePolicyDocument": "{\"Statement\":[{\"Action\":\"sts:AssumeRole\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":[\"keystore.kms.aliyuncs.com\"]}}],\"Version\":\"1\"}",
 "LatestDeletionTask": {"DeletionTaskId": "task/acs-service-role/keystore.kms.aliyuncs.com/AliyunServiceRoleForKMSKeyStore/7", "CreateDate": "2026-05-01T00:00:00Z"}}}"#;
const RAM_ATTACHED: &str = r#"{"Policies": {"Policy": [{"PolicyName": "AliyunServiceRolePolicyForKMSKeyStore", "PolicyType": "System", "DefaultVersion": "v1"}]}}"#;
const RAM_VERSION: &str = r#"{"PolicyVersion": {"VersionId": "v1", "IsDefaultVersion": true, "PolicyDocument": "{\"Version\":\"1\",\"Statement\":[]}"}}"#;
const INSTANCES: &str = r#"{"KmsInstances": {"KmsInstance": [{"KmsInstanceId": "kst-1", "KmsInstanceArn": "acs:kms:cn-hangzhou:1234567890123456:keystore/kst-1"}]}, "TotalCount": 1, "PageNumber": 1, "PageSize": 20}"#;
const INSTANCE: &str = r#"{"KmsInstance": {"InstanceId": "kst-1", "InstanceName": "hsm", "ProductVersion": 5, "Status": "Connected", "SaleStatus": "Normal",
 "CreateTime": "2026-01-02T03:04:05Z", "EndDate": "2027-01-01T16:00:00Z", "SecretNum": "1000", "KeyNum": 10, "VswitchIds": ["vsw-1"], "ZoneIds": "cn-hangzhou-a"}}"#;

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().expect("a time")
}

/// An inventory in a directory of its own.
struct Fixture {
    root: tempfile::TempDir,
    source: SnapshotSource,
    known: Vec<&'static str>,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let source = SnapshotSource { path: root.path().to_owned(), regions: Vec::new(), max_age: None };
        let fixture = Self { root, source, known: Vec::new() };
        for (path, content) in files {
            fixture.write(path, content.as_bytes());
        }
        fixture
    }

    /// A whole inventory of AWS; `changes` replace files of it, or remove them where they are empty.
    fn aws(changes: &[(&str, Option<&str>)]) -> Self {
        let whole = [
            ("get-role.json", GET_ROLE),
            ("list-attached-role-policies.json", ATTACHED),
            ("get-policy-version.json", POLICY_VERSION),
            ("us-east-1/describe-custom-key-stores.json", STORES),
        ];
        Self::changed(&format!("aws/{AWS}"), &whole, changes)
    }

    fn alibaba(changes: &[(&str, Option<&str>)]) -> Self {
        let whole = [
            ("GetRole.json", RAM_GET_ROLE),
            ("ListPoliciesForRole.json", RAM_ATTACHED),
            ("GetPolicyVersion.json", RAM_VERSION),
            ("cn-hangzhou/ListKmsInstances.json", INSTANCES),
            ("cn-hangzhou/GetKmsInstance-kst-1.json", INSTANCE),
        ];
        Self::changed(&format!("alibaba/{ALIBABA}"), &whole, changes)
    }

    fn changed(account: &str, whole: &[(&str, &str)], changes: &[(&str, Option<&str>)]) -> Self {
        let fixture = Self::new(&[]);
        let of = |path: &str| changes.iter().find(|(changed, _)| *changed == path);
        let kept = whole.iter().filter(|(path, _)| of(path).is_none()).map(|(path, content)| (*path, *content));
        let new = changes.iter().filter_map(|(path, content)| Some((*path, (*content)?)));
        for (path, content) in kept.chain(new) {
            fixture.write(&format!("{account}/{path}"), content.as_bytes());
        }
        fixture
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("can be made");
        fs::write(path, content).expect("can be written");
    }

    fn read(&self) -> (Vec<Coverage>, Vec<Collection>) {
        let profiles = Profiles::builtin().expect("built-in profiles load");
        let known = |_: &Account| self.known.iter().map(|region| (*region).to_owned()).collect();
        let inventory = collect(std::slice::from_ref(&self.source), &profiles, &known, now());
        (inventory.directories().to_vec(), inventory.collect())
    }

    fn only(&self) -> Collection {
        let (_, mut collections) = self.read();
        assert_eq!(collections.len(), 1, "one account is expected");
        collections.remove(0)
    }
}

/// The row of an API, Region and subject, as `outcome detail`.
fn row(collection: &Collection, api: &str, region: Option<&str>, subject: Option<&str>) -> Option<(Outcome, String)> {
    let fits =
        |key: &CoverageKey| key.api == api && key.region.as_deref() == region && key.subject.as_deref() == subject;
    let found = collection.coverage.iter().find(|row| fits(&row.key))?;
    Some((found.outcome, found.detail.clone()))
}

/// Checks one row's outcome and that its detail holds each of `parts`.
#[track_caller]
fn check_row(collection: &Collection, place: (&str, Option<&str>, Option<&str>), outcome: Outcome, parts: &[&str]) {
    let (api, region, subject) = place;
    let Some((found, detail)) = row(collection, api, region, subject) else {
        panic!("no row {place:?} in {:#?}", collection.coverage)
    };
    assert_eq!(found, outcome, "{place:?}: {detail}");
    assert_eq!(outcome == Outcome::Complete, detail.is_empty(), "{detail:?}");
    for part in parts {
        assert!(detail.contains(part), "{part:?} is not in {detail:?}");
    }
}

fn gaps(collection: &Collection) -> Vec<String> {
    let gaps = collection.coverage.iter().filter(|row| row.outcome.is_gap());
    gaps.map(|row| {
        format!("{} {:?} {:?}: {} {}", row.key.api, row.key.region, row.key.subject, row.outcome, row.detail)
    })
    .collect()
}

fn set_age(path: &Path, days: u64) {
    let file = fs::File::options().write(true).open(path).expect("opens");
    let modified = std::time::SystemTime::from(now()) - std::time::Duration::from_secs(days * 86_400);
    file.set_modified(modified).expect("can be set");
}
