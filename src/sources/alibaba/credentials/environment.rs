//! Credentials that stand in the environment: a key, or a role for the token of an identity provider.

use super::oidc::Oidc;
use super::{AssumeRole, Credentials, Fixed, Lookup, Provide, SESSION_NAME, Secret, set, unusable};
use crate::sources::live::Failure;

const KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// The key in the environment, if there is one. Half of a key is a mistake: another identity must not take its place.
pub(super) fn key(environment: Lookup<'_>) -> Result<Option<Box<dyn Provide>>, Failure> {
    let half = |present: &str, missing: &str| {
        Err(unusable(format!("{present} is set and {missing} is not; set both, or neither")))
    };
    match (set(environment, KEY_ID), set(environment, KEY_SECRET)) {
        (None, None) => Ok(None),
        (Some(_), None) => half(KEY_ID, KEY_SECRET),
        (None, Some(_)) => half(KEY_SECRET, KEY_ID),
        (Some(key_id), Some(secret)) => {
            let token = set(environment, SECURITY_TOKEN).map(Secret::new);
            let key = Credentials { key_id, secret: Secret::new(secret), token, expires: None };
            Ok(Some(Box::new(Fixed(key))))
        }
    }
}

/// The role for a cluster's service account. Its three variables are set together; one alone has other uses.
pub(super) fn oidc(environment: Lookup<'_>) -> Option<Box<dyn Provide>> {
    let role_arn = set(environment, "ALIBABA_CLOUD_ROLE_ARN")?;
    let provider_arn = set(environment, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN")?;
    let token_file = set(environment, "ALIBABA_CLOUD_OIDC_TOKEN_FILE")?.into();
    let role = role(environment, role_arn);
    Some(Box::new(Oidc { role, provider_arn, token_file }))
}

/// A role with what the environment says of sessions and of the Security Token Service.
pub(super) fn role(environment: Lookup<'_>, role_arn: String) -> AssumeRole {
    AssumeRole {
        role_arn,
        session_name: set(environment, "ALIBABA_CLOUD_ROLE_SESSION_NAME").unwrap_or_else(|| SESSION_NAME.to_owned()),
        external_id: None,
        policy: None,
        duration_seconds: None,
        region: set(environment, "ALIBABA_CLOUD_STS_REGION"),
    }
}
