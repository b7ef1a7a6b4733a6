//! The operations that the fake knows, with the parameters that the official SDKs give them.

use super::protocol::Protocol;
use crate::fake::{self, Paging, optional, required};

/// A product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    Sts,
    Ram,
    ResourceManager,
    Kms,
    Hsm,
    ActionTrail,
    Oss,
}

impl Service {
    const ALL: [Self; 7] =
        [Self::Sts, Self::Ram, Self::ResourceManager, Self::Kms, Self::Hsm, Self::ActionTrail, Self::Oss];

    /// The name in endpoint templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Ram => "ram",
            Self::ResourceManager => "resourcemanager",
            Self::Kms => "kms",
            Self::Hsm => "hsm",
            Self::ActionTrail => "actiontrail",
            Self::Oss => "oss",
        }
    }

    /// The version of its API, which no other product has.
    pub fn version(self) -> &'static str {
        match self {
            Self::Sts => "2015-04-01",
            Self::Ram => "2015-05-01",
            Self::ResourceManager => "2020-03-31",
            Self::Kms => "2016-01-20",
            Self::Hsm => "2023-11-13",
            Self::ActionTrail => "2020-07-06",
            Self::Oss => "",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    pub fn versioned(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| *service != Self::Oss && service.version() == version)
    }

    /// The action that permits an operation.
    pub fn action(self, operation: &str) -> String {
        let product = match (self, operation) {
            // An API of Resource Management that RAM's permissions guard.
            (Self::ResourceManager, "GetServiceLinkedRoleDeletionStatus") => "ram",
            (Self::Hsm, _) => "yundun-hsm",
            _ => self.name(),
        };
        format!("{product}:{operation}")
    }

    pub fn protocol(self, xml: bool) -> Protocol {
        match self {
            Self::Oss => Protocol::Oss,
            _ if xml => Protocol::RpcXml,
            _ => Protocol::Rpc,
        }
    }

    /// What it says of a page token that it did not give out.
    pub fn token_error(self) -> &'static str {
        if self == Self::Oss { "InvalidArgument" } else { "InvalidParameter.NextToken" }
    }
}

/// What a parameter can be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text of so many characters.
    Text(usize, usize),
    /// A number in a range.
    Number(i64, i64),
    /// `YYYY-MM-DDThh:mm:ssZ`.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// A parameter; `N` in its name stands for any number.
pub type Member = fake::Member<Kind>;

/// An operation.
#[derive(Debug)]
pub struct Operation {
    pub service: Service,
    pub name: &'static str,
    pub members: &'static [Member],
    pub paging: Option<Paging>,
    /// The parameter with the number of the page, where pages have numbers.
    pub page: Option<&'static str>,
    /// Where the parameters are.
    pub carrier: Carrier,
}

/// Where the parameters of an operation are, and whether it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    Query,
    Form,
    /// Nobody signs it: who asks is not known yet. The secret among its parameters may be in the body.
    Unsigned,
}

impl Operation {
    pub fn find(service: Service, name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.service == service && operation.name == name)
    }
}

const fn operation(service: Service, name: &'static str, members: &'static [Member]) -> Operation {
    Operation { service, name, members, paging: None, page: None, carrier: Carrier::Query }
}

const fn numbered(service: Service, name: &'static str, members: &'static [Member]) -> Operation {
    Operation { page: Some(members[0].name), ..operation(service, name, members) }
}

const PAGE_NUMBER: Member = optional("PageNumber", Kind::Number(1, 1_000_000));
const PAGE_SIZE: Member = optional("PageSize", Kind::Number(1, 100));
const ROLE_NAME: Member = required("RoleName", Kind::Text(1, 64));
const POLICY_NAME: Member = required("PolicyName", Kind::Text(1, 128));
const POLICY_TYPE: Member = required("PolicyType", Kind::Word(&["System", "Custom"]));
const FLAG: Kind = Kind::Word(&["true", "false"]);
const LANGUAGE: Member = optional("AcceptLanguage", Kind::Text(2, 8));

static OPERATIONS: &[Operation] = &[
    operation(Service::Sts, "GetCallerIdentity", &[]),
    operation(
        Service::Sts,
        "AssumeRole",
        &[
            required("RoleArn", Kind::Text(1, 2048)),
            required("RoleSessionName", Kind::Text(2, 64)),
            optional("DurationSeconds", Kind::Number(900, 43_200)),
            optional("ExternalId", Kind::Text(2, 1224)),
            optional("Policy", Kind::Text(1, 2048)),
            optional("SourceIdentity", Kind::Text(2, 64)),
        ],
    ),
    Operation {
        carrier: Carrier::Unsigned,
        ..operation(
            Service::Sts,
            "AssumeRoleWithOIDC",
            &[
                required("RoleArn", Kind::Text(1, 2048)),
                required("RoleSessionName", Kind::Text(2, 64)),
                required("OIDCProviderArn", Kind::Text(1, 256)),
                required("OIDCToken", Kind::Text(4, 20_000)),
                optional("DurationSeconds", Kind::Number(900, 43_200)),
                optional("Policy", Kind::Text(1, 2048)),
            ],
        )
    },
    operation(Service::Ram, "GetRole", &[ROLE_NAME]),
    operation(Service::Ram, "ListPoliciesForRole", &[ROLE_NAME]),
    operation(Service::Ram, "GetPolicy", &[POLICY_NAME, POLICY_TYPE]),
    operation(
        Service::Ram,
        "GetPolicyVersion",
        &[POLICY_NAME, POLICY_TYPE, required("VersionId", Kind::Text(2, 16))],
    ),
    numbered(Service::ResourceManager, "ListAccounts", &[PAGE_NUMBER, PAGE_SIZE, optional("IncludeTags", FLAG)]),
    operation(
        Service::ResourceManager,
        "GetServiceLinkedRoleDeletionStatus",
        &[required("DeletionTaskId", Kind::Text(1, 1000))],
    ),
    operation(Service::Kms, "DescribeRegions", &[LANGUAGE]),
    numbered(Service::Kms, "ListKmsInstances", &[PAGE_NUMBER, PAGE_SIZE, optional("Filters", Kind::Text(2, 4096))]),
    operation(Service::Kms, "GetKmsInstance", &[required("KmsInstanceId", Kind::Text(1, 64))]),
    Operation {
        carrier: Carrier::Form,
        ..numbered(
            Service::Hsm,
            "ListClusters",
            &[
                optional("CurrentPage", Kind::Number(1, 1_000_000)),
                optional("PageSize", Kind::Number(1, 1000)),
                required("RegionId", Kind::Text(2, 64)),
            ],
        )
    },
    operation(Service::ActionTrail, "DescribeRegions", &[LANGUAGE]),
    Operation {
        paging: Some(Paging { asked: "NextToken", given: "NextToken", flag: None }),
        ..operation(
            Service::ActionTrail,
            "LookupEvents",
            &[
                optional("StartTime", Kind::Time),
                optional("EndTime", Kind::Time),
                optional("Direction", Kind::Word(&["FORWARD", "BACKWARD"])),
                optional("MaxResults", Kind::Number(1, 50)),
                optional("NextToken", Kind::Text(1, 4096)),
                optional("LookupAttribute.N.Key", Kind::Text(1, 64)),
                optional("LookupAttribute.N.Value", Kind::Text(1, 2000)),
            ],
        )
    },
    operation(
        Service::ActionTrail,
        "DescribeTrails",
        &[
            optional("IncludeOrganizationTrail", FLAG),
            optional("IncludeShadowTrails", FLAG),
            optional("NameList", Kind::Text(1, 1024)),
        ],
    ),
    operation(
        Service::ActionTrail,
        "GetTrailStatus",
        &[required("Name", Kind::Text(6, 36)), optional("IsOrganizationTrail", FLAG)],
    ),
    Operation {
        paging: Some(Paging {
            asked: "continuation-token",
            given: "NextContinuationToken",
            flag: Some("IsTruncated"),
        }),
        ..operation(
            Service::Oss,
            "ListObjects",
            &[
                required("list-type", Kind::Word(&["2"])),
                optional("prefix", Kind::Text(0, 1024)),
                optional("delimiter", Kind::Word(&["/"])),
                optional("start-after", Kind::Text(0, 1024)),
                optional("continuation-token", Kind::Text(1, 4096)),
                optional("max-keys", Kind::Number(1, 1000)),
                optional("encoding-type", Kind::Word(&["url"])),
                optional("fetch-owner", FLAG),
            ],
        )
    },
    operation(Service::Oss, "GetObject", &[]),
];
