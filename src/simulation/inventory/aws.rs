//! Inventory of an AWS account as version 2 of the AWS command-line tool prints it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::organisation::{
    Silence, SimulatedAccount, SimulatedRole, SimulatedStore, StoreCondition, StoreEdition,
};
use super::super::random::Random;
use super::{Answer, Entry, silence_of};

/// Name of the managed policy of the role.
const POLICY: &str = "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy";
/// Actions of the managed policy's newest version (AWS managed policy reference, edited on 2023-11-10).
const ACTIONS: [&str; 10] = [
    "cloudhsm:Describe*",
    "ec2:CreateNetworkInterface",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateSecurityGroup",
    "ec2:DescribeSecurityGroups",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:DeleteSecurityGroup",
    "ec2:DescribeVpcs",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
];

/// Every file of the account.
pub(super) fn entries(account: &SimulatedAccount, random: &mut Random) -> Vec<Entry> {
    let role = account.role.as_ref();
    let answer = |operation: &str, output: &dyn Fn(&SimulatedRole) -> Value| match role {
        Some(role) => Answer::Output(output(role)),
        None => Answer::Error(no_such_role(account, operation)),
    };
    let mut entries = vec![
        Entry::new("get-role.json", answer("GetRole", &|role| get_role(account, role))),
        Entry::new(
            "list-attached-role-policies.json",
            answer("ListAttachedRolePolicies", &|role| attached_policies(account, role)),
        ),
        Entry::new("list-role-policies.json", answer("ListRolePolicies", &|_| json!({"PolicyNames": []}))),
    ];
    entries.extend(policy_versions(role.and_then(|role| role.foreign_policy.as_deref())));
    for region in &account.regions {
        let path = format!("{region}/describe-custom-key-stores.json");
        entries.push(Entry::new(path, stores_of(account, region, random)));
    }
    entries
}

/// The policy is the provider's: it can be read whether the account has the role or not. Where two are attached, the
/// files are named after them.
fn policy_versions(foreign: Option<&str>) -> Vec<Entry> {
    let Some(foreign) = foreign else {
        return vec![Entry::new("get-policy-version.json", Answer::Output(policy_version()))];
    };
    let file = |policy: &str| format!("get-policy-version.{policy}.json");
    vec![
        Entry::new(file(POLICY), Answer::Output(policy_version())),
        Entry::new(file(foreign), Answer::Output(customer_policy_version())),
    ]
}

/// A policy that somebody wrote and attached although the role is the provider's.
fn customer_policy_version() -> Value {
    json!({"PolicyVersion": {
        "Document": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:CreateGrant"], "Resource": "*"}],
        },
        "VersionId": "v1",
        "IsDefaultVersion": true,
        "CreateDate": "2026-03-02T09:41:05+00:00",
    }})
}

fn get_role(account: &SimulatedAccount, role: &SimulatedRole) -> Value {
    let mut trusted = json!({"Service": account.service()});
    if let Some(principal) = &role.added_principal {
        trusted["AWS"] = json!(principal);
    }
    let last_used = role
        .last_used
        .as_ref()
        .map_or_else(|| json!({}), |(at, region)| json!({"LastUsedDate": printed_time(*at), "Region": region}));
    json!({"Role": {
        "Path": format!("/aws-service-role/{}/", account.service()),
        "RoleName": account.role_name(),
        "RoleId": role.id,
        "Arn": account.role_arn(),
        "CreateDate": printed_time(role.created),
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}],
        },
        "MaxSessionDuration": 3600,
        "RoleLastUsed": last_used,
    }})
}

fn attached_policies(account: &SimulatedAccount, role: &SimulatedRole) -> Value {
    let mut policies = vec![json!({
        "PolicyName": POLICY,
        "PolicyArn": format!("arn:aws:iam::aws:policy/aws-service-role/{POLICY}"),
    })];
    policies.extend(
        role.foreign_policy.iter().map(
            |name| json!({"PolicyName": name, "PolicyArn": format!("arn:aws:iam::{}:policy/{name}", account.id)}),
        ),
    );
    json!({"AttachedPolicies": policies})
}

/// The newest version of the managed policy.
pub(super) fn policy_version() -> Value {
    json!({"PolicyVersion": {
        "Document": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}],
        },
        "VersionId": "v2",
        "IsDefaultVersion": true,
        "CreateDate": "2023-11-10T19:03:34+00:00",
    }})
}

fn stores_of(account: &SimulatedAccount, region: &str, random: &mut Random) -> Answer {
    let operation = "DescribeCustomKeyStores";
    match silence_of(account, region) {
        Some(Silence::Missing) => Answer::NotAsked,
        Some(Silence::TimedOut) => {
            Answer::Error(format!("\nConnect timeout on endpoint URL: \"https://kms.{region}.amazonaws.com/\"\n"))
        }
        Some(Silence::Denied) => Answer::Error(format!(
            "\nAn error occurred (AccessDeniedException) when calling the {operation} operation: User: arn:aws:sts::{}:assumed-role/roletrail-reader/snapshot is not authorized to perform: kms:{operation} because no identity-based policy allows the kms:{operation} action\n",
            account.id
        )),
        None => {
            let here = account.stores.iter().filter(|store| store.region == region && store.deleted.is_none());
            let stores: Vec<_> = here.map(|store| store_entry(store, random)).collect();
            Answer::Output(json!({"CustomKeyStores": stores}))
        }
    }
}

fn store_entry(store: &SimulatedStore, random: &mut Random) -> Value {
    let (state, error) = match &store.condition {
        StoreCondition::Connected => ("CONNECTED", None),
        StoreCondition::Disconnected => ("DISCONNECTED", None),
        StoreCondition::Failed(code) => ("FAILED", Some(code)),
    };
    let mut entry = json!({"CustomKeyStoreId": store.id, "CustomKeyStoreName": store.name});
    if store.edition == StoreEdition::Hsm {
        entry["CloudHsmClusterId"] = json!(store.cluster);
        entry["TrustAnchorCertificate"] =
            json!("-----BEGIN CERTIFICATE-----\nZXhhbXBsZQ==\n-----END CERTIFICATE-----\n");
    }
    entry["ConnectionState"] = json!(state);
    if let Some(code) = error {
        entry["ConnectionErrorCode"] = json!(code);
    }
    entry["CreationDate"] =
        json!(format!("{}.{:03}000+00:00", store.created.strftime("%Y-%m-%dT%H:%M:%S"), random.below(1000)));
    match store.edition {
        StoreEdition::Hsm => entry["CustomKeyStoreType"] = json!("AWS_CLOUDHSM"),
        StoreEdition::WithoutRole => {
            entry["CustomKeyStoreType"] = json!("EXTERNAL_KEY_STORE");
            entry["XksProxyConfiguration"] = json!({
                "Connectivity": "PUBLIC_ENDPOINT",
                "AccessKeyId": "EXAMPLEEXAMPLEEXAMPLE",
                "UriEndpoint": "https://keys.example.com",
                "UriPath": "/kms/xks/v1",
            });
        }
    }
    entry
}

fn no_such_role(account: &SimulatedAccount, operation: &str) -> String {
    format!(
        "\nAn error occurred (NoSuchEntity) when calling the {operation} operation: The role with name {} cannot be found.\n",
        account.role_name()
    )
}

/// The tool prints an offset instead of a `Z`.
fn printed_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
