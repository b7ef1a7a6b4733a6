//! Roles, their policies, and deletions of service-linked roles.

use serde_json::{Value, json};

/// The role of Dedicated KMS instances and private key stores.
pub const KEY_STORE_ROLE: &str = "AliyunServiceRoleForKMSKeyStore";
const KEY_STORE_SERVICE: &str = "keystore.kms.aliyuncs.com";
const KEY_STORE_POLICY: &str = "AliyunServiceRolePolicyForKMSKeyStore";
/// Its near-twin.
pub const CUSTOM_ROLE: &str = "AliyunServiceRoleForCustomKeyStore";
const CUSTOM_SERVICE: &str = "customkeystore.kms.aliyuncs.com";
const CUSTOM_POLICY: &str = "AliyunServiceRolePolicyForCustomKeyStore";

/// A role of an account.
#[derive(Debug, Clone)]
pub struct Role {
    pub name: String,
    pub id: String,
    /// RFC 3339.
    pub created: String,
    pub trust: Value,
    /// Names of the policies attached to it, and their types.
    pub attached: Vec<(String, String)>,
    pub service_linked: bool,
    /// Id of the last task to delete it, and when that began.
    pub deletion: Option<(String, String)>,
}

impl Role {
    pub fn key_stores() -> Self {
        Self::service_linked(KEY_STORE_ROLE, KEY_STORE_SERVICE, KEY_STORE_POLICY)
    }

    pub fn custom_key_stores() -> Self {
        Self::service_linked(CUSTOM_ROLE, CUSTOM_SERVICE, CUSTOM_POLICY)
    }

    /// A service-linked role that trusts its service alone.
    pub fn service_linked(name: &str, service: &str, policy: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: format!("30000000{:010}", name.bytes().map(u64::from).sum::<u64>()),
            created: "2026-01-15T09:30:00Z".to_owned(),
            trust: json!({
                "Statement": [{
                    "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]},
                }],
                "Version": "1",
            }),
            attached: vec![(policy.to_owned(), "System".to_owned())],
            service_linked: true,
            deletion: None,
        }
    }

    /// The same role with another trust policy.
    pub fn trusting(mut self, trust: Value) -> Self {
        self.trust = trust;
        self
    }

    /// The same role with one more policy.
    pub fn with_policy(mut self, name: &str, kind: &str) -> Self {
        self.attached.push((name.to_owned(), kind.to_owned()));
        self
    }

    /// The same role, which somebody tried to delete.
    pub fn deletion(mut self, task: &str, at: &str) -> Self {
        self.deletion = Some((task.to_owned(), at.to_owned()));
        self
    }

    /// The id of a task to delete it.
    pub fn task_id(&self, number: &str) -> String {
        let service = self.trust["Statement"][0]["Principal"]["Service"][0].as_str().unwrap_or_default();
        format!("task/acs-service-role/{service}/{}/{number}", self.name)
    }

    /// Its ARN, in which service-linked roles are in lower case.
    pub fn arn(&self, account: &str) -> String {
        let name = if self.service_linked { self.name.to_ascii_lowercase() } else { self.name.clone() };
        format!("acs:ram::{account}:role/{name}")
    }
}

/// A policy with its versions, oldest first; the last is the default.
#[derive(Debug, Clone)]
pub struct Policy {
    pub name: String,
    /// `System` or `Custom`.
    pub kind: String,
    /// Id, time (RFC 3339) and document.
    pub versions: Vec<(String, String, Value)>,
}

impl Policy {
    pub fn system(name: &str, actions: &[&str]) -> Self {
        let document = json!({"Version": "1", "Statement": [allowing(actions)]});
        let version = ("v1".to_owned(), "2021-05-20T08:00:00Z".to_owned(), document);
        Self { name: name.to_owned(), kind: "System".to_owned(), versions: vec![version] }
    }

    /// The same with a newer version.
    pub fn version(mut self, id: &str, at: &str, document: Value) -> Self {
        self.versions.push((id.to_owned(), at.to_owned(), document));
        self
    }
}

/// The policies of the roles above. The first says what its page shows; of the second no text is public.
pub fn system_policies() -> Vec<Policy> {
    let interfaces = [
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
    let mut own = Policy::system(KEY_STORE_POLICY, &interfaces);
    let more = [
        allowing(&["vpc:DescribeVSwitches", "vpc:DescribeVpcs"]),
        allowing(&["yundun-hsm:DescribeInstances", "yundun-hsm:DescribeClusters"]),
        json!({
            "Effect": "Allow", "Action": "ram:DeleteServiceLinkedRole", "Resource": "*",
            "Condition": {"StringEquals": {"ram:ServiceName": KEY_STORE_SERVICE}},
        }),
    ];
    for (_, _, document) in &mut own.versions {
        document["Statement"].as_array_mut().expect("a list of statements").extend(more.clone());
    }
    vec![own, Policy::system(CUSTOM_POLICY, &interfaces), Policy::system("AdministratorAccess", &["*"])]
}

fn allowing(actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

/// The deletion of a service-linked role: what each poll is told, the last of them for ever.
#[derive(Debug, Clone)]
pub struct Task {
    pub states: Vec<String>,
    pub reason: Option<String>,
    /// Region and ARNs of what still uses the role.
    pub usage: Vec<(String, Vec<String>)>,
}

impl Task {
    /// One that stands at `NOT_STARTED`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED` or `INTERNAL_ERROR`.
    pub fn is(status: &str) -> Self {
        Self::goes(&[status])
    }

    /// One that goes through several of them.
    pub fn goes(states: &[&str]) -> Self {
        let states = states.iter().map(|state| (*state).to_owned()).collect();
        Self { states, reason: None, usage: Vec::new() }
    }

    /// One that failed because of what still uses the role.
    pub fn failed(reason: &str, usage: &[(&str, &[&str])]) -> Self {
        let own = |arns: &[&str]| arns.iter().map(|arn| (*arn).to_owned()).collect();
        Self {
            reason: Some(reason.to_owned()),
            usage: usage.iter().map(|(region, arns)| ((*region).to_owned(), own(arns))).collect(),
            ..Self::is("FAILED")
        }
    }

    /// What the next poll is told.
    pub fn poll(&mut self) -> String {
        if 1 < self.states.len() { self.states.remove(0) } else { self.states[0].clone() }
    }
}
