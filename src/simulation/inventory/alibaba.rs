//! Inventory of an Alibaba Cloud account as the `aliyun` command-line tool prints it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::organisation::{
    Silence, SimulatedAccount, SimulatedRole, SimulatedStore, StoreCondition, StoreEdition,
};
use super::super::random::Random;
use super::{Answer, Entry, silence_of};

/// Name of the system policy of the role.
const POLICY: &str = "AliyunServiceRolePolicyForKMSKeyStore";
/// End of an instance whose story names none: far away.
const LONG_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);
/// The policy's actions of ECS (Alibaba Cloud KMS, "Service-linked role for dedicated KMS").
const ECS_ACTIONS: [&str; 12] = [
    "ecs:CreateNetworkInterfacePermission",
    "ecs:DeleteNetworkInterfacePermission",
    "ecs:CreateNetworkInterface",
    "ecs:DescribeNetworkInterfaces",
    "ecs:DescribeSecurityGroups",
    "ecs:CreateSecurityGroup",
    "ecs:DeleteSecurityGroup",
    "ecs:AuthorizeSecurityGroup",
    "ecs:AuthorizeSecurityGroupEgress",
    "ecs:RevokeSecurityGroup",
    "ecs:RevokeSecurityGroupEgress",
    "ecs:DescribeSecurityGroupAttribute",
];

/// Every file of the account.
pub(super) fn entries(account: &SimulatedAccount, random: &mut Random) -> Vec<Entry> {
    let mut entries = vec![
        Entry::new("get-role.json", role_answer(account, random, |role, id| get_role(account, role, id))),
        Entry::new("list-policies-for-role.json", role_answer(account, random, policies_for_role)),
        Entry::new("get-policy-version.json", Answer::Output(policy_version(&request_id(random)))),
    ];
    for region in &account.regions {
        let here: Vec<_> =
            account.stores.iter().filter(|store| &store.region == region && store.deleted.is_none()).collect();
        let path = format!("{region}/list-kms-instances.json");
        entries.push(Entry::new(path, instances_of(account, region, &here, random)));
        if silence_of(account, region).is_none() {
            entries.extend(here.iter().map(|store| {
                let path = format!("{region}/get-kms-instance-{}.json", store.id);
                Entry::new(path, Answer::Output(instance(account, store, &request_id(random))))
            }));
        }
    }
    entries
}

fn role_answer(
    account: &SimulatedAccount,
    random: &mut Random,
    output: impl Fn(&SimulatedRole, &str) -> Value,
) -> Answer {
    let request = request_id(random);
    if let Some(role) = &account.role {
        return Answer::Output(output(role, &request));
    }
    let message = format!("The role not exists: {}.", account.role_name());
    Answer::Error(error_text("EntityNotExist.Role", &message, "Ram", &request))
}

fn get_role(account: &SimulatedAccount, role: &SimulatedRole, request: &str) -> Value {
    let mut trusted = json!({"Service": [account.service()]});
    if let Some(principal) = &role.added_principal {
        trusted["RAM"] = json!([principal]);
    }
    let trust = json!({
        "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": trusted}],
        "Version": "1",
    });
    json!({
        "RequestId": request,
        "Role": {
            "Arn": account.role_arn(),
            "AssumeRolePolicyDocument": format!("{trust:#}"),
            "CreateDate": role.created.to_string(),
            "Description": "",
            "IsServiceLinkedRole": true,
            "MaxSessionDuration": 3600,
            "RoleId": role.id,
            "RoleName": account.role_name(),
            "RolePrincipalName": format!("{}@role.{}.onaliyunservice.com", account.role_name(), account.id),
            "UpdateDate": role.created.to_string(),
        },
    })
}

fn policies_for_role(role: &SimulatedRole, request: &str) -> Value {
    let entry = |name: &str, kind: &str| {
        json!({
            "AttachDate": role.created.to_string(),
            "DefaultVersion": "v1",
            "Description": "",
            "PolicyName": name,
            "PolicyType": kind,
        })
    };
    let mut policies = vec![entry(POLICY, "System")];
    policies.extend(role.foreign_policy.iter().map(|name| entry(name, "Custom")));
    json!({"Policies": {"Policy": policies}, "RequestId": request})
}

/// The system policy. Alibaba Cloud answers the document as text.
pub(super) fn policy_version(request: &str) -> Value {
    let document = json!({
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": ECS_ACTIONS, "Resource": "*"},
            {"Effect": "Allow", "Action": ["vpc:DescribeVSwitches", "vpc:DescribeVpcs"], "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": ["yundun-hsm:DescribeInstances", "yundun-hsm:DescribeClusters"],
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Action": "ram:DeleteServiceLinkedRole",
                "Resource": "*",
                "Condition": {"StringEquals": {"ram:ServiceName": "keystore.kms.aliyuncs.com"}},
            },
        ],
    });
    json!({
        "PolicyVersion": {
            "CreateDate": "2021-07-01T00:00:00Z",
            "IsDefaultVersion": true,
            "PolicyDocument": format!("{document:#}"),
            "VersionId": "v1",
        },
        "RequestId": request,
    })
}

fn instances_of(account: &SimulatedAccount, region: &str, here: &[&SimulatedStore], random: &mut Random) -> Answer {
    let request = request_id(random);
    match silence_of(account, region) {
        Some(Silence::Missing) => Answer::NotAsked,
        Some(Silence::TimedOut) => Answer::Error(format!(
            "ERROR: Post \"https://kms.{region}.aliyuncs.com/\": dial tcp {}:443: i/o timeout\n",
            random.address()
        )),
        Some(Silence::Denied) => {
            let message =
                "User not authorized to operate on the specified resource, or this API doesn't support RAM.";
            Answer::Error(error_text("Forbidden.RAM", message, "Kms", &request))
        }
        None => {
            let list: Vec<_> = here
                .iter()
                .map(|store| json!({"KmsInstanceArn": instance_arn(account, store), "KmsInstanceId": store.id}))
                .collect();
            Answer::Output(json!({
                "KmsInstances": {"KmsInstance": list},
                "PageNumber": 1,
                "PageSize": 100,
                "RequestId": request,
                "TotalCount": here.len(),
            }))
        }
    }
}

fn instance_arn(account: &SimulatedAccount, store: &SimulatedStore) -> String {
    format!("acs:kms:{}:{}:keystore/{}", store.region, account.id, store.id)
}

fn instance(account: &SimulatedAccount, store: &SimulatedStore, request: &str) -> Value {
    let status = match store.condition {
        StoreCondition::Connected => "Connected",
        StoreCondition::Disconnected => "Disconnected",
        StoreCondition::Failed(_) => "Error",
    };
    let version = match store.edition {
        StoreEdition::Hsm => "5",
        StoreEdition::WithoutRole => "3",
    };
    let day = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "KmsInstance": {
            "BindVpcs": {"BindVpc": []},
            "ChargeType": "PREPAY",
            "CreateTime": day(store.created),
            "DeletionProtection": "Disabled",
            "EndDate": day(store.expires.unwrap_or(store.created + LONG_LIFE)),
            "InstanceId": store.id,
            "InstanceName": store.name,
            "KeyNum": 1000,
            "ProductType": "kms_ddi_public_cn",
            "ProductVersion": version,
            "SaleStatus": "Normal",
            "SecretNum": "0",
            "Spec": 1000,
            "StartDate": day(store.created),
            "Status": status,
            "VpcId": format!("vpc-{}", Random::named(0, &["vpc", &account.id, &store.region]).name(20)),
            "VpcNum": 1,
            "VswitchIds": [],
            "ZoneIds": [format!("{}-a", store.region), format!("{}-b", store.region)],
        },
        "RequestId": request,
    })
}

/// What the tool prints when the provider refuses.
fn error_text(code: &str, message: &str, product: &str, request: &str) -> String {
    format!(
        "ERROR: SDK.ServerError\nErrorCode: {code}\nRecommend: https://api.aliyun.com/troubleshoot?q={code}&product={product}&requestId={request}\nRequestId: {request}\nMessage: {message}\n"
    )
}

fn request_id(random: &mut Random) -> String {
    random.uuid().to_ascii_uppercase()
}
