//! Records that name the watched role, or something that looks like it, and do not concern it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::organisation::SimulatedAccount;
use super::super::random::Random;
use super::actiontrail;
use super::cloudtrail::{Call, Setting, assume_role, service, user, write};

/// A person whose calls are looked at twice.
const PERSON: &str = "lena.fischer";

/// A decoy in the form of CloudTrail.
pub(super) fn aws(account: &SimulatedAccount, region: &str, at: Timestamp, random: &mut Random) -> Value {
    let (call, identity, by) = match random.below(5) {
        0 => (read_of_role(account), user(&account.id, PERSON), None),
        1 => (key_policy(account, region, random), user(&account.id, PERSON), None),
        2 => (other_role(account), user(&account.id, PERSON), None),
        3 => (read_of_stores(), user(&account.id, PERSON), None),
        _ => {
            // A role of the customer's that has the same name, outside the service's path.
            let arn = format!("arn:aws:iam::{}:role/{}", account.id, account.role_name());
            let id = format!("AROAEXAMPLE{}", random.id(10));
            let by = "ec2.amazonaws.com";
            (assume_role(&arn, &id, "look-alike", region, at, random), service(by), Some(by))
        }
    };
    let event_id = random.uuid();
    let setting = Setting { account: &account.id, region, at, event_id, identity, service: by, error: None };
    write(call, setting, random)
}

fn read_of_role(account: &SimulatedAccount) -> Call {
    Call::new("iam.amazonaws.com", "GetRole", true, json!({"roleName": account.role_name()}), Value::Null)
}

fn read_of_stores() -> Call {
    Call::new("kms.amazonaws.com", "DescribeCustomKeyStores", true, json!({"limit": 100}), Value::Null)
}

fn key_policy(account: &SimulatedAccount, region: &str, random: &mut Random) -> Call {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": account.role_arn()},
        "Action": "kms:DescribeKey",
        "Resource": "*",
    }]});
    let key = random.uuid();
    let request = json!({"keyId": key, "policyName": "default", "policy": policy.to_string()});
    let mut call = Call::new("kms.amazonaws.com", "PutKeyPolicy", false, request, Value::Null);
    call.resource = Some(("AWS::KMS::Key", format!("arn:aws:kms:{region}:{}:key/{key}", account.id)));
    call
}

fn other_role(account: &SimulatedAccount) -> Call {
    let name = "AWSServiceRoleForAutoScaling";
    let request = json!({"aWSServiceName": "autoscaling.amazonaws.com"});
    let response = json!({"role": {
        "arn": format!("arn:aws:iam::{}:role/aws-service-role/autoscaling.amazonaws.com/{name}", account.id),
        "roleName": name,
        "path": "/aws-service-role/autoscaling.amazonaws.com/",
    }});
    Call::new("iam.amazonaws.com", "CreateServiceLinkedRole", false, request, response)
}

/// A decoy in the form of ActionTrail.
pub(super) fn alibaba(account: &SimulatedAccount, region: &str, at: Timestamp, random: &mut Random) -> Value {
    let mut call = match random.below(3) {
        0 => actiontrail::Call::new("Ram", "GetRole", "Read", json!({"RoleName": account.role_name()})),
        1 => actiontrail::Call::new("Kms", "ListKmsInstances", "Read", json!({"PageNumber": 1, "PageSize": 100})),
        _ => {
            let arn = format!("acs:ram::{}:role/{}-reader", account.id, account.role_name().to_ascii_lowercase());
            actiontrail::Call::new("Sts", "AssumeRole", "Write", json!({"RoleArn": arn, "RoleSessionName": "audit"}))
        }
    };
    call.response = json!({"RequestId": random.uuid().to_ascii_uppercase()});
    let event_id = random.uuid().to_ascii_uppercase();
    let identity = actiontrail::user(&account.id, PERSON);
    let setting =
        actiontrail::Setting { account: &account.id, region, at, event_id, identity, service: None, error: None };
    actiontrail::write(call, setting, random)
}
