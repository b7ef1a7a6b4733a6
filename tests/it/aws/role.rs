//! Roles, their policies, and deletions of service-linked roles.

use serde_json::{Value, json};

/// Principal of the role that KMS uses for custom key stores.
const CKS: &str = "cks.kms.amazonaws.com";
/// That role's name.
pub const CKS_ROLE: &str = "AWSServiceRoleForKeyManagementServiceCustomKeyStores";
/// Its managed policy's name.
const CKS_POLICY: &str = "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy";
/// Its actions since the first version of that policy.
const CKS_ACTIONS: [&str; 7] = [
    "cloudhsm:Describe*",
    "ec2:CreateNetworkInterface",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateSecurityGroup",
    "ec2:DescribeSecurityGroups",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:DeleteSecurityGroup",
];
/// What the second version added.
const CKS_ACTIONS_SINCE_V2: [&str; 3] =
    ["ec2:DescribeVpcs", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces"];

/// A role of an account.
#[derive(Debug, Clone)]
pub struct Role {
    pub name: String,
    pub path: String,
    pub id: String,
    /// RFC 3339.
    pub created: String,
    pub trust: Value,
    /// ARNs of the policies attached to it.
    pub attached: Vec<String>,
    /// Names and documents of the policies written into it.
    pub inline: Vec<(String, Value)>,
    pub tags: Vec<(String, String)>,
    pub boundary: Option<String>,
    pub description: Option<String>,
    /// Time (RFC 3339) and Region of the last use.
    pub last_used: Option<(String, String)>,
}

impl Role {
    /// A service-linked role: path and trust follow from the service.
    pub fn service_linked(name: &str, service: &str, policy: &str) -> Self {
        Self {
            name: name.to_owned(),
            path: format!("/aws-service-role/{service}/"),
            id: format!("AROA{:X<17}", name.to_uppercase().chars().rev().take(17).collect::<String>()),
            created: "2026-01-15T09:30:00Z".to_owned(),
            trust: trust(service),
            attached: vec![service_policy_arn(policy)],
            inline: Vec::new(),
            tags: Vec::new(),
            boundary: None,
            description: None,
            last_used: None,
        }
    }

    /// The role of KMS for custom key stores, exactly as AWS makes it.
    pub fn custom_key_stores() -> Self {
        Self::service_linked(CKS_ROLE, CKS, CKS_POLICY)
    }

    /// The role of KMS for multi-Region keys.
    pub fn multi_region_keys() -> Self {
        Self::service_linked(
            "AWSServiceRoleForKeyManagementServiceMultiRegionKeys",
            "mrk.kms.amazonaws.com",
            "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy",
        )
    }

    /// The role of `CloudHSM`.
    pub fn cloud_hsm() -> Self {
        Self::service_linked("AWSServiceRoleForCloudHSM", "cloudhsm.amazonaws.com", "CloudHSMServiceRolePolicy")
    }

    /// The same role with another trust policy.
    pub fn trusting(mut self, trust: Value) -> Self {
        self.trust = trust;
        self
    }

    /// The same role, made at another time (RFC 3339).
    pub fn created(mut self, at: &str) -> Self {
        at.clone_into(&mut self.created);
        self
    }

    /// The same role with a policy written into it.
    pub fn with_inline(mut self, name: &str, document: Value) -> Self {
        self.inline.push((name.to_owned(), document));
        self
    }

    /// The same role with another policy attached.
    pub fn with_attached(mut self, arn: &str) -> Self {
        self.attached.push(arn.to_owned());
        self
    }

    pub fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:role{}{}", self.path, self.name)
    }
}

fn trust(service: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
    ]})
}

/// ARN of a policy that AWS attaches to a service-linked role.
pub fn service_policy_arn(name: &str) -> String {
    format!("arn:aws:iam::aws:policy/aws-service-role/{name}")
}

/// A managed policy with its versions: id, time, document. The last one is the default.
#[derive(Debug, Clone)]
pub struct ManagedPolicy {
    pub arn: String,
    pub versions: Vec<(String, String, Value)>,
}

/// The policies of the service-linked roles that the fake can make.
pub fn managed_policies() -> Vec<ManagedPolicy> {
    let allow = |actions: &[&str], resource: &str| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]});
    let now: Vec<_> = CKS_ACTIONS.into_iter().chain(CKS_ACTIONS_SINCE_V2).collect();
    let version = |id: &str, at: &str, document| (id.to_owned(), at.to_owned(), document);
    let mrk = |sid: Option<&str>| {
        let mut statement = json!({"Effect": "Allow", "Action": ["kms:SynchronizeMultiRegionKey"], "Resource": "*"});
        if let Some(sid) = sid {
            statement["Sid"] = json!(sid);
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"];
    vec![
        ManagedPolicy {
            arn: service_policy_arn(CKS_POLICY),
            versions: vec![
                version("v1", "2018-11-14T20:10:53Z", allow(&CKS_ACTIONS, "*")),
                version("v2", "2023-11-10T19:03:34Z", allow(&now, "*")),
            ],
        },
        ManagedPolicy {
            arn: service_policy_arn("AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"),
            versions: vec![
                version("v1", "2021-06-16T15:37:37Z", mrk(None)),
                version("v2", "2024-11-13T22:53:54Z", mrk(Some("KMSSynchronizeMultiRegionKey"))),
            ],
        },
        ManagedPolicy {
            arn: service_policy_arn("CloudHSMServiceRolePolicy"),
            versions: vec![version("v1", "2017-11-06T19:12:46Z", allow(&logs, "arn:aws:logs:*:*:*"))],
        },
    ]
}

/// The deletion of a service-linked role.
#[derive(Debug, Clone)]
pub struct Task {
    pub status: String,
    pub reason: Option<String>,
    /// Region and ARNs of what uses the role.
    pub usage: Vec<(String, Vec<String>)>,
}

impl Task {
    /// A task in a state: `NOT_STARTED`, `IN_PROGRESS`, `SUCCEEDED`.
    pub fn is(status: &str) -> Self {
        Self { status: status.to_owned(), reason: None, usage: Vec::new() }
    }

    /// A task that failed; `usage` is what AWS says that uses the role, which can be nothing.
    pub fn failed(reason: &str, usage: &[(&str, &[&str])]) -> Self {
        let owned = |(region, arns): &(&str, &[&str])| {
            ((*region).to_owned(), arns.iter().map(|arn| (*arn).to_owned()).collect())
        };
        Self {
            status: "FAILED".to_owned(),
            reason: Some(reason.to_owned()),
            usage: usage.iter().map(owned).collect(),
        }
    }
}
