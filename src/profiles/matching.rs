//! Recognising a role: by partition, account, path and name together, never by a part of them.

use super::{Profile, RoleMatch};
use crate::model::Provider;

/// The parts of a role's ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleArn<'a> {
    /// Partition (AWS), such as `aws` or `aws-cn`; `None` for Alibaba Cloud.
    pub partition: Option<&'a str>,
    /// Account id.
    pub account: &'a str,
    /// Path with both slashes (AWS); `None` for Alibaba Cloud.
    pub path: Option<&'a str>,
    /// Name of the role.
    pub name: &'a str,
}

impl<'a> RoleArn<'a> {
    /// Takes a role ARN apart: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME` or `acs:ram::ACCOUNT:role/NAME`.
    #[must_use]
    pub fn parse(provider: Provider, arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let scheme = parts.next()?;
        match provider {
            Provider::Aws => {
                let (partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
                let (account, resource) = (parts.next()?, parts.next()?);
                if scheme != "arn" || service != "iam" || !region.is_empty() {
                    return None;
                }
                let path_and_name = resource.strip_prefix("role")?;
                let name_at = path_and_name.rfind('/')? + 1;
                let (path, name) = path_and_name.split_at(name_at);
                (!name.is_empty()).then_some(Self { partition: Some(partition), account, path: Some(path), name })
            }
            Provider::Alibaba => {
                let (service, region, account) = (parts.next()?, parts.next()?, parts.next()?);
                let resource = parts.next()?;
                if scheme != "acs" || service != "ram" || !region.is_empty() || parts.next().is_some() {
                    return None;
                }
                let name = resource.strip_prefix("role/")?;
                (!name.is_empty() && !name.contains('/')).then_some(Self {
                    partition: None,
                    account,
                    path: None,
                    name,
                })
            }
        }
    }
}

impl Profile {
    /// Whether `arn` is a role of this profile. `partition` is the one in which the record was written: a role of
    /// another partition is another role.
    #[must_use]
    pub fn matches_role(&self, arn: &RoleArn<'_>, partition: Option<&str>) -> bool {
        if self.provider == Provider::Aws && partition.is_some() && arn.partition != partition {
            return false;
        }
        match (&self.role, self.provider) {
            (RoleMatch::Named { name, path }, Provider::Aws) => arn.name == name && arn.path == path.as_deref(),
            (RoleMatch::Named { name, .. }, Provider::Alibaba) => arn.name.eq_ignore_ascii_case(name),
            (RoleMatch::ServiceLinked, _) => arn.path.is_some_and(|path| service_of_path(path).is_some()),
        }
    }

    /// Whether a role of this name is the watched one, where a record tells the name alone. The service-linked-role
    /// APIs work on no other kind of role, so that the name is enough there.
    #[must_use]
    pub fn matches_role_name(&self, role_name: &str) -> bool {
        match (&self.role, self.provider) {
            (RoleMatch::Named { name, .. }, Provider::Aws) => role_name == name,
            (RoleMatch::Named { name, .. }, Provider::Alibaba) => role_name.eq_ignore_ascii_case(name),
            (RoleMatch::ServiceLinked, _) => role_name.starts_with("AWSServiceRoleFor"),
        }
    }

    /// Whether `principal` may use the role at `path`: exactly a trusted principal, or the one that the path names.
    #[must_use]
    pub fn trusts(&self, principal: &str, path: Option<&str>) -> bool {
        if self.trusted_principals.iter().any(|trusted| trusted == principal) {
            return true;
        }
        self.role == RoleMatch::ServiceLinked && path.and_then(service_of_path) == Some(principal)
    }
}

/// The service that a path of a service-linked role names: `/aws-service-role/SERVICE/`.
fn service_of_path(path: &str) -> Option<&str> {
    let service = path.strip_prefix("/aws-service-role/")?.strip_suffix('/')?;
    (!service.is_empty() && !service.contains('/')).then_some(service)
}

#[cfg(test)]
mod tests {
    use super::super::Profiles;
    use super::*;

    const CKS: &str = "arn:aws:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceCustomKeyStores";

    fn matches(profile: &str, arn: &str, partition: Option<&str>) -> bool {
        let profiles = Profiles::builtin().expect("built-in profiles load");
        let profile = profiles.get(profile).expect("is built in");
        RoleArn::parse(profile.provider, arn).is_some_and(|arn| profile.matches_role(&arn, partition))
    }

    #[test]
    fn only_the_role_itself_is_the_role() {
        let custom_key_stores = "aws-kms-custom-key-stores";
        assert!(matches(custom_key_stores, CKS, Some("aws")));
        for (other, partition) in [
            (CKS.replace("role/aws-service-role/cks.kms.amazonaws.com/", "role/"), "aws"),
            (format!("{CKS}2"), "aws"),
            (CKS.replace("cks.kms", "mrk.kms"), "aws"),
            (CKS.replace("arn:aws:", "arn:aws-cn:"), "aws"),
            (CKS.to_ascii_lowercase(), "aws"),
            (CKS.replace(":iam:", ":sts:"), "aws"),
        ] {
            assert!(!matches(custom_key_stores, &other, Some(partition)), "{other}");
        }
    }

    #[test]
    fn alibaba_role_names_are_compared_without_ascii_case() {
        let key_store = "alibaba-kms-key-store";
        assert!(matches(key_store, "acs:ram::1234567890123456:role/aliyunserviceroleforkmskeystore", None));
        assert!(matches(key_store, "acs:ram::1234567890123456:role/AliyunServiceRoleForKMSKeyStore", None));
        assert!(!matches(key_store, "acs:ram::1234567890123456:role/aliyunserviceroleforkmskeystore2", None));
        assert!(!matches(key_store, "acs:ram::1234567890123456:role/x/aliyunserviceroleforkmskeystore", None));
    }

    #[test]
    fn a_role_that_a_profile_names_is_not_reported_by_the_profile_of_all_as_well() {
        let all = "aws-service-linked-roles";
        let selection = super::super::Selection { enable: vec![all.to_owned()], ..Default::default() };
        let profiles = Profiles::load(&selection).expect("built-in profiles load");
        let fitting = |arn: &str| {
            let arn = RoleArn::parse(Provider::Aws, arn).expect("a role");
            let fitting = profiles.fitting(Provider::Aws, |profile| profile.matches_role(&arn, Some("aws")));
            fitting.iter().map(|profile| profile.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(fitting(CKS), ["aws-kms-custom-key-stores"]);
        let other = "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
        assert_eq!(fitting(other), [all]);
    }

    #[test]
    fn trust_is_exact() {
        let profiles = Profiles::builtin().expect("built-in profiles load");
        let profile = profiles.get("aws-kms-custom-key-stores").expect("is built in");
        assert!(profile.trusts("cks.kms.amazonaws.com", None));
        for other in ["cks.kms.eu-west-1.amazonaws.com", "kms.amazonaws.com", "CKS.kms.amazonaws.com", "AWS Internal"]
        {
            assert!(!profile.trusts(other, None), "{other}");
        }
    }
}
