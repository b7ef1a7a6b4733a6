//! Ordinary records of an Alibaba Cloud account: what fills a trail and concerns no watched role.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::organisation::SimulatedAccount;
use super::super::random::Random;
use super::actiontrail::{Call, Setting, assume_role, session, user, write};

/// Roles under which programs of an account run.
const WORKLOADS: [&str; 4] = ["ack-worker", "settlement-job", "log-shipper", "deploy-pipeline"];
/// Runs of programs whose sessions are seen.
const RUNS: u64 = 2_000;
/// People with a user in the account.
const PEOPLE: [&str; 3] = ["wei.zhang", "lena.fischer", "mei.lin"];

/// One record, of a kind that chance picks.
pub(super) fn record(account: &SimulatedAccount, region: &str, at: Timestamp, random: &mut Random) -> Value {
    let role = *random.pick(&WORKLOADS);
    let role_id = format!("3{}", Random::named(0, &["role", &account.id, role]).digits(17));
    let person = *random.pick(&PEOPLE);
    let run = format!("run-{}", Random::new(random.below(RUNS)).hex(20));
    let workload = session(&account.id, role, &role_id, &run, at);
    let (call, identity) = match random.below(8) {
        0 | 1 => (instances(random), workload),
        2 => (metrics(account, random), workload),
        3 => (key_use(account, region, random), workload),
        4 => (log_store(random), workload),
        5 => {
            let arn = format!("acs:ram::{}:role/{role}", account.id);
            (assume_role(&arn, &role_id, &run, at, random), user(&account.id, person))
        }
        6 => (Call::new("Ram", "ListUsers", "Read", json!({"MaxItems": 100})), user(&account.id, person)),
        _ => (Call::new("Vpc", "DescribeVpcs", "Read", json!({"PageSize": 50})), user(&account.id, person)),
    };
    let event_id = random.uuid().to_ascii_uppercase();
    let setting = Setting { account: &account.id, region, at, event_id, identity, service: None, error: None };
    write(call, setting, random)
}

fn instances(random: &mut Random) -> Call {
    let instance = format!("i-{}", random.name(20));
    let request = json!({"InstanceIds": format!("[\"{instance}\"]"), "PageSize": 100, "PageNumber": 1});
    let mut call = Call::new("Ecs", "DescribeInstances", "Read", request);
    call.response = json!({"RequestId": random.uuid().to_ascii_uppercase(), "TotalCount": 1, "PageSize": 100});
    call
}

fn metrics(account: &SimulatedAccount, random: &mut Random) -> Call {
    let request = json!({
        "Namespace": "acs_ecs_dashboard",
        "MetricName": random.pick(&["CPUUtilization", "memory_usedutilization", "diskusage_utilization"]),
        "Period": 60,
        "Dimensions": format!("[{{\"userId\":\"{}\",\"instanceId\":\"i-{}\"}}]", account.id, random.name(20)),
    });
    Call::new("Cms", "DescribeMetricList", "Read", request)
}

fn key_use(account: &SimulatedAccount, region: &str, random: &mut Random) -> Call {
    let key = format!("key-{}", Random::named(random.below(6), &["key", &account.id, region]).name(20));
    let mut call = Call::new("Kms", "Decrypt", "Read", json!({"EncryptionContext": {"job": "settlement"}}));
    call.response = json!({
        "KeyId": key,
        "KeyVersionId": random.uuid(),
        "RequestId": random.uuid().to_ascii_uppercase(),
    });
    call
}

fn log_store(random: &mut Random) -> Call {
    let request = json!({"project": "settlement-logs", "logstore": format!("shard-{}", random.below(16)), "ttl": 30});
    Call::new("Sls", "UpdateLogStore", "Write", request)
}
