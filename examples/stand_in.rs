//! Serves a simulated organisation on loopback, for benchmarks and for trying roletrail by hand.
//!
//! ```text
//! cargo run --release --example stand_in -- --accounts 1000 --regions 17 --latency 50ms --port 4599
//! ```
//! It prints the environment that a program needs to talk to it, and serves until it is ended. There is no moto behind
//! it: buckets and queues are refused.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser;
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use aws::{Account, Cloud, Role, Trail, World, external_store, hsm_store};

#[path = "../tests/it/aws/mod.rs"]
mod aws;

/// The management account.
const HUB: &str = "100000000000";
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

/// Serves a simulated organisation on loopback.
#[derive(Debug, Parser)]
#[command(name = "stand_in")]
struct Arguments {
    /// Accounts, the management account among them
    #[arg(long, default_value_t = 100)]
    accounts: u64,
    /// Regions that every account has switched on (at most 17)
    #[arg(long, default_value_t = 17)]
    regions: usize,
    /// Time before every answer, such as 50ms
    #[arg(long, default_value = "0ms")]
    latency: SignedDuration,
    /// Port on loopback; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seconds between lines that tell how many calls there were; 0 prints none
    #[arg(long, default_value_t = 10)]
    report: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    ensure!(0 < arguments.accounts, "an organisation has an account at least");
    ensure!((1..=REGIONS.len()).contains(&arguments.regions), "between 1 and {} Regions can be had", REGIONS.len());
    let latency = Duration::try_from(arguments.latency).context("a latency is not negative")?;
    let cloud = Cloud::start_on(organisation(arguments.accounts, arguments.regions)?, arguments.port);
    cloud.set_latency(latency);
    cloud.only_count();
    for (name, value) in cloud.environment() {
        println!("export {name}={value}");
    }
    report(&cloud, arguments.report);
    Ok(())
}

/// Tells how it goes until the program is ended.
fn report(cloud: &Cloud, seconds: u64) {
    let (pause, mut before) = (Duration::from_secs(if seconds == 0 { 3600 } else { seconds }), 0);
    loop {
        std::thread::sleep(pause);
        let total = cloud.total();
        if seconds != 0 && total != before {
            let rate = (total - before) / seconds;
            let (most, refused) = (cloud.most_in_flight(), cloud.refusals().len());
            eprintln!("{total} calls, {rate} a second, at most {most} at once, {refused} malformed");
        }
        before = total;
    }
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
    let id = (100_000_000_000 + number).to_string();
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
