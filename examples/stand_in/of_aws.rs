//! An organisation of AWS.

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use super::Organisation;
use super::aws::{Account, Cloud, Role, Trail, World, external_store, hsm_store};

/// The management account; the accounts are those of `examples/history`.
const HUB: &str = "111100000000";
/// Region names as AWS has them, in the order of the benchmark.
const REGIONS: [&str; 17] = [
    "us-east-1",
    "eu-west-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "sa-east-1",
];

/// The cloud with such an organisation.
pub fn cloud(size: &Organisation) -> anyhow::Result<Cloud> {
    let most = REGIONS.len();
    ensure!((1..=most).contains(&size.regions), "between 1 and {most} Regions can be had");
    Ok(Cloud::start_on(organisation(size.accounts, size.regions)?, size.port))
}

fn organisation(accounts: u64, regions: usize) -> anyhow::Result<World> {
    let enabled: Vec<_> = REGIONS[..regions].iter().map(|name| (*name, "ENABLED_BY_DEFAULT")).collect();
    let mut world = World::new(HUB).regions(&[&enabled[..], &[("me-central-1", "DISABLED")]].concat());
    let now = Timestamp::now().round(Unit::Second)?;
    for number in 0..accounts {
        world = world.account(account(number, now, REGIONS[..regions].last().copied().unwrap_or(REGIONS[0])));
    }
    Ok(world)
}

/// Of ten accounts three have a store, one is orphaned, one has an external store, and the others never had a role.
fn account(number: u64, now: Timestamp, last_region: &str) -> Account {
    let id = (111_100_000_000 + number).to_string();
    let account = Account::new(&id).trail(Trail::healthy(&id, "us-east-1", "all-events", "example-trail-logs"));
    let store = format!("cks-{number:017x}");
    match number % 10 {
        1..=3 => account
            .role(Role::custom_key_stores())
            .store(last_region, hsm_store(&store))
            .events("us-east-1", &[create_role(&id, number, now)])
            .events(last_region, &[create_store(&id, &store, last_region, number, now)]),
        4 => account.orphaned().events("us-east-1", &[create_role(&id, number, now)]),
        5 => account.store(last_region, external_store(&store)),
        _ => account,
    }
}

fn create_store(account: &str, store: &str, region: &str, number: u64, now: Timestamp) -> Value {
    let mut record = record(account, region, "kms.amazonaws.com", "CreateCustomKeyStore", number, now);
    record["requestParameters"] = json!({"customKeyStoreName": store, "clusterId": "cluster-1a23b4cdefg"});
    record["responseElements"] = json!({"customKeyStoreId": store});
    record
}

fn create_role(account: &str, number: u64, now: Timestamp) -> Value {
    let role = Role::custom_key_stores();
    let mut record = record(account, "us-east-1", "iam.amazonaws.com", "CreateServiceLinkedRole", number, now);
    record["userIdentity"]["invokedBy"] = json!("kms.amazonaws.com");
    record["requestParameters"] = json!({"aWSServiceName": "cks.kms.amazonaws.com"});
    record["responseElements"] = json!({"role": {
        "arn": role.arn(account), "roleId": role.id, "roleName": role.name, "path": role.path,
    }});
    record
}

fn record(account: &str, region: &str, source: &str, name: &str, number: u64, now: Timestamp) -> Value {
    let at = now - SignedDuration::from_hours(24 * (40 + i64::try_from(number % 40).unwrap_or(0)));
    let id = |kind: u8| format!("{kind:08x}-0000-4000-8000-{number:012x}");
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDAEXAMPLEOPERATOR01", "arn": format!("arn:aws:iam::{account}:user/operator"),
            "accountId": account, "accessKeyId": "AKIAEXAMPLE000000001", "userName": "operator",
        },
        "eventTime": at.to_string(),
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.9",
        "requestParameters": null,
        "responseElements": null,
        "requestID": id(1),
        "eventID": id(if source == "kms.amazonaws.com" { 2 } else { 3 }),
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
    })
}
