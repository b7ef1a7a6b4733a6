//! Recognising saved answers by the names of their files.
//!
//! People name such files in many ways: `get-role.json`, `GetRole_AWSServiceRoleForCloudHSM.json`, `get role.txt`.
//! The name without case, hyphens, underscores, dots and spaces begins with the call; the rest is theirs.

use std::path::Path;

use crate::model::Provider;

/// The call whose answer a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    GetRole,
    ListAttachedPolicies,
    GetPolicyVersion,
    GetPolicy,
    ListInlinePolicies,
    GetInlinePolicy,
    DescribeKeyStores,
    DescribeClusters,
    ListInstances,
    GetInstance,
    ListRegions,
    DescribeRegions,
    DescribeTrails,
    GetEventSelectors,
    GetTrailStatus,
}

const AWS: [(&str, Call); 13] = [
    ("getrole", Call::GetRole),
    ("getrolepolicy", Call::GetInlinePolicy),
    ("listattachedrolepolicies", Call::ListAttachedPolicies),
    ("listrolepolicies", Call::ListInlinePolicies),
    ("getpolicyversion", Call::GetPolicyVersion),
    ("getpolicy", Call::GetPolicy),
    ("describecustomkeystores", Call::DescribeKeyStores),
    ("describeclusters", Call::DescribeClusters),
    ("listregions", Call::ListRegions),
    ("describeregions", Call::DescribeRegions),
    ("describetrails", Call::DescribeTrails),
    ("geteventselectors", Call::GetEventSelectors),
    ("gettrailstatus", Call::GetTrailStatus),
];

const ALIBABA: [(&str, Call); 9] = [
    ("getrole", Call::GetRole),
    ("listpoliciesforrole", Call::ListAttachedPolicies),
    ("getpolicyversion", Call::GetPolicyVersion),
    ("getpolicy", Call::GetPolicy),
    ("listkmsinstances", Call::ListInstances),
    ("getkmsinstance", Call::GetInstance),
    ("describeregions", Call::DescribeRegions),
    ("describetrails", Call::DescribeTrails),
    ("gettrailstatus", Call::GetTrailStatus),
];

/// Extensions of saved answers. Others are editors' backups and the like.
const EXTENSIONS: [&str; 4] = ["json", "txt", "out", "err"];

/// The call that a file's name begins with, and the rest of the name in plain form ([`plain`]).
pub(super) fn recognise(provider: Provider, file: &Path) -> Option<(Call, String)> {
    let stem = match file.extension() {
        None => file.file_name()?,
        Some(extension) if EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)) => {
            file.file_stem()?
        }
        Some(_) => return None,
    };
    let name = plain(&stem.to_string_lossy());
    let known: &[_] = match provider {
        Provider::Aws => &AWS,
        Provider::Alibaba => &ALIBABA,
    };
    let fitting = known.iter().filter(|(prefix, _)| name.starts_with(prefix));
    let (prefix, call) = fitting.max_by_key(|(prefix, _)| prefix.len())?;
    Some((*call, name[prefix.len()..].to_owned()))
}

/// The file name under which people are told to save an answer.
pub(super) fn usual_name(provider: Provider, call: Call) -> &'static str {
    match (call, provider) {
        (Call::GetRole, Provider::Aws) => "get-role.json",
        (Call::GetRole, Provider::Alibaba) => "GetRole.json",
        (Call::ListAttachedPolicies, Provider::Aws) => "list-attached-role-policies.json",
        (Call::ListAttachedPolicies, Provider::Alibaba) => "ListPoliciesForRole.json",
        (Call::GetPolicyVersion, Provider::Aws) => "get-policy-version.json",
        (Call::GetPolicyVersion, Provider::Alibaba) => "GetPolicyVersion.json",
        (Call::GetPolicy, Provider::Aws) => "get-policy.json",
        (Call::GetPolicy, Provider::Alibaba) => "GetPolicy.json",
        (Call::ListInlinePolicies, _) => "list-role-policies.json",
        (Call::GetInlinePolicy, _) => "get-role-policy.json",
        (Call::DescribeKeyStores, _) => "describe-custom-key-stores.json",
        (Call::DescribeClusters, _) => "describe-clusters.json",
        (Call::ListInstances, _) => "ListKmsInstances.json",
        (Call::GetInstance, _) => "GetKmsInstance.json",
        (Call::ListRegions, _) => "list-regions.json",
        (Call::DescribeRegions, Provider::Aws) => "describe-regions.json",
        (Call::DescribeRegions, Provider::Alibaba) => "DescribeRegions.json",
        (Call::DescribeTrails, Provider::Aws) => "describe-trails.json",
        (Call::DescribeTrails, Provider::Alibaba) => "DescribeTrails.json",
        (Call::GetEventSelectors, _) => "get-event-selectors.json",
        (Call::GetTrailStatus, Provider::Aws) => "get-trail-status.json",
        (Call::GetTrailStatus, Provider::Alibaba) => "GetTrailStatus.json",
    }
}

/// A name without what people vary: case and separators.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_recognised_however_they_are_spelt() {
        for (provider, file, call, rest) in [
            (Provider::Aws, "get-role.json", Call::GetRole, ""),
            (Provider::Aws, "get-role.AWSServiceRoleForCloudHSM.json", Call::GetRole, "awsserviceroleforcloudhsm"),
            (Provider::Aws, "Get Role Policy_inline.JSON", Call::GetInlinePolicy, "inline"),
            (Provider::Aws, "get-policy-version_v2.json", Call::GetPolicyVersion, "v2"),
            (Provider::Aws, "get-policy.txt", Call::GetPolicy, ""),
            (Provider::Alibaba, "GetKmsInstance-kst-1.json", Call::GetInstance, "kst1"),
            (Provider::Alibaba, "list_kms_instances", Call::ListInstances, ""),
        ] {
            assert_eq!(recognise(provider, Path::new(file)), Some((call, rest.to_owned())), "{file}");
        }
    }

    #[test]
    fn other_files_are_not() {
        for file in [
            "README.md",
            "get-role.json.bak",
            "get-role.json~",
            ".get-role.json.swp",
            "role.json",
            "GetKmsInstance.json",
        ] {
            assert_eq!(recognise(Provider::Aws, Path::new(file)), None, "{file}");
        }
    }
}
