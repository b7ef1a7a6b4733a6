//! The operations that the fake knows, with the members that the service's own model gives their input.

use super::protocol::Protocol;
use crate::fake::{self, Paging, optional, required};

/// A service, by what requests are signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    Kms,
    CloudHsm,
    CloudTrail,
    Organizations,
    Iam,
    Sts,
    Account,
    S3,
    Sqs,
    Sns,
}

impl Service {
    const ALL: [Self; 10] = [
        Self::Kms,
        Self::CloudHsm,
        Self::CloudTrail,
        Self::Organizations,
        Self::Iam,
        Self::Sts,
        Self::Account,
        Self::S3,
        Self::Sqs,
        Self::Sns,
    ];

    /// The name in the credential scope, which is also the one in actions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kms => "kms",
            Self::CloudHsm => "cloudhsm",
            Self::CloudTrail => "cloudtrail",
            Self::Organizations => "organizations",
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Account => "account",
            Self::S3 => "s3",
            Self::Sqs => "sqs",
            Self::Sns => "sns",
        }
    }

    pub fn of(signed_for: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == signed_for)
    }

    pub fn protocol(self) -> Protocol {
        match self {
            Self::Kms | Self::CloudHsm | Self::CloudTrail | Self::Organizations | Self::Sqs => Protocol::Json,
            Self::Iam => Protocol::Query("https://iam.amazonaws.com/doc/2010-05-08/"),
            Self::Sts => Protocol::Query("https://sts.amazonaws.com/doc/2011-06-15/"),
            Self::Sns => Protocol::Query("http://sns.amazonaws.com/doc/2010-03-31/"),
            Self::Account => Protocol::Rest,
            Self::S3 => Protocol::S3,
        }
    }

    /// What stands before the operation in `X-Amz-Target`.
    pub fn target(self) -> &'static str {
        match self {
            Self::Kms => "TrentService.",
            Self::CloudHsm => "BaldrApiService.",
            Self::CloudTrail => "CloudTrail_20131101.",
            Self::Organizations => "AWSOrganizationsV20161128.",
            Self::Sqs => "AmazonSQS.",
            _ => "",
        }
    }

    /// The version that a Query request must name.
    pub fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
            _ => "2010-03-31",
        }
    }

    /// The code for a member that is out of range or unknown.
    pub fn validation_error(self) -> &'static str {
        match self {
            Self::CloudHsm => "CloudHsmInvalidRequestException",
            Self::Organizations => "InvalidInputException",
            Self::Iam | Self::Sts => "ValidationError",
            Self::CloudTrail => "InvalidParameterCombinationException",
            _ => "ValidationException",
        }
    }

    /// The code for a page token that is none.
    pub fn token_error(self) -> &'static str {
        match self {
            Self::Kms => "InvalidMarkerException",
            Self::CloudTrail => "InvalidNextTokenException",
            _ => self.validation_error(),
        }
    }
}

/// What a member of an input holds, with its limits.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text(usize, usize),
    Number(i64, i64),
    Flag,
    Time,
    Structure,
}

/// A member of an input.
pub type Member = fake::Member<Kind>;

/// An operation.
#[derive(Debug)]
pub struct Operation {
    pub service: Service,
    pub name: &'static str,
    pub members: &'static [Member],
    pub paging: Option<Paging>,
}

impl Operation {
    pub fn find(service: Service, name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.service == service && operation.name == name)
    }
}

const fn operation(
    service: Service,
    name: &'static str,
    members: &'static [Member],
    paging: Option<Paging>,
) -> Operation {
    Operation { service, name, members, paging }
}

const MARKER: Member = optional("Marker", Kind::Text(1, 1024));
const IAM_MARKER: Member = optional("Marker", Kind::Text(1, 320));
const LIMIT: Member = optional("Limit", Kind::Number(1, 1000));
const MAX_ITEMS: Member = optional("MaxItems", Kind::Number(1, 1000));
const NEXT_TOKEN: Member = optional("NextToken", Kind::Text(0, 100_000));
const ROLE_NAME: Member = required("RoleName", Kind::Text(1, 64));
const POLICY_ARN: Member = required("PolicyArn", Kind::Text(20, 2048));
const PATH_PREFIX: Member = optional("PathPrefix", Kind::Text(1, 512));

const KMS_PAGES: Option<Paging> = Some(Paging { asked: "Marker", given: "NextMarker", flag: Some("Truncated") });
const IAM_PAGES: Option<Paging> = Some(Paging { asked: "Marker", given: "Marker", flag: Some("IsTruncated") });
const TOKEN_PAGES: Option<Paging> = Some(Paging { asked: "NextToken", given: "NextToken", flag: None });

static OPERATIONS: [Operation; 21] = [
    operation(
        Service::Kms,
        "DescribeCustomKeyStores",
        &[
            optional("CustomKeyStoreId", Kind::Text(1, 64)),
            optional("CustomKeyStoreName", Kind::Text(1, 256)),
            LIMIT,
            MARKER,
        ],
        KMS_PAGES,
    ),
    operation(Service::Kms, "ListKeys", &[LIMIT, MARKER], KMS_PAGES),
    operation(
        Service::CloudHsm,
        "DescribeClusters",
        &[
            optional("Filters", Kind::Structure),
            optional("NextToken", Kind::Text(0, 256)),
            optional("MaxResults", Kind::Number(1, 25)),
        ],
        TOKEN_PAGES,
    ),
    operation(
        Service::CloudTrail,
        "LookupEvents",
        &[
            optional("LookupAttributes", Kind::Structure),
            optional("StartTime", Kind::Time),
            optional("EndTime", Kind::Time),
            optional("EventCategory", Kind::Text(1, 16)),
            optional("MaxResults", Kind::Number(1, 50)),
            NEXT_TOKEN,
        ],
        TOKEN_PAGES,
    ),
    operation(
        Service::CloudTrail,
        "ListPublicKeys",
        &[optional("StartTime", Kind::Time), optional("EndTime", Kind::Time), NEXT_TOKEN],
        TOKEN_PAGES,
    ),
    operation(
        Service::CloudTrail,
        "DescribeTrails",
        &[optional("trailNameList", Kind::Structure), optional("includeShadowTrails", Kind::Flag)],
        None,
    ),
    operation(Service::CloudTrail, "GetTrailStatus", &[required("Name", Kind::Text(3, 2048))], None),
    operation(Service::CloudTrail, "GetEventSelectors", &[required("TrailName", Kind::Text(3, 2048))], None),
    operation(
        Service::Organizations,
        "ListAccounts",
        &[NEXT_TOKEN, optional("MaxResults", Kind::Number(1, 20))],
        TOKEN_PAGES,
    ),
    operation(Service::Iam, "GetRole", &[ROLE_NAME], None),
    operation(Service::Iam, "ListRoles", &[PATH_PREFIX, IAM_MARKER, MAX_ITEMS], IAM_PAGES),
    operation(Service::Iam, "ListAttachedRolePolicies", &[ROLE_NAME, PATH_PREFIX, IAM_MARKER, MAX_ITEMS], IAM_PAGES),
    operation(Service::Iam, "ListRolePolicies", &[ROLE_NAME, IAM_MARKER, MAX_ITEMS], IAM_PAGES),
    operation(Service::Iam, "ListRoleTags", &[ROLE_NAME, IAM_MARKER, MAX_ITEMS], IAM_PAGES),
    operation(Service::Iam, "GetRolePolicy", &[ROLE_NAME, required("PolicyName", Kind::Text(1, 128))], None),
    operation(Service::Iam, "GetPolicy", &[POLICY_ARN], None),
    operation(Service::Iam, "GetPolicyVersion", &[POLICY_ARN, required("VersionId", Kind::Text(2, 32))], None),
    operation(
        Service::Iam,
        "GetServiceLinkedRoleDeletionStatus",
        &[required("DeletionTaskId", Kind::Text(1, 1000))],
        None,
    ),
    operation(
        Service::Account,
        "ListRegions",
        &[
            optional("AccountId", Kind::Text(12, 12)),
            optional("MaxResults", Kind::Number(1, 50)),
            optional("NextToken", Kind::Text(0, 1000)),
            optional("RegionOptStatusContains", Kind::Structure),
        ],
        TOKEN_PAGES,
    ),
    operation(
        Service::Sts,
        "AssumeRole",
        &[
            required("RoleArn", Kind::Text(20, 2048)),
            required("RoleSessionName", Kind::Text(2, 64)),
            optional("DurationSeconds", Kind::Number(900, 43_200)),
            optional("ExternalId", Kind::Text(2, 1224)),
            optional("Policy", Kind::Text(1, 2048)),
            optional("SourceIdentity", Kind::Text(2, 64)),
        ],
        None,
    ),
    operation(Service::Sts, "GetCallerIdentity", &[], None),
];
