//! What is asked of the Security Token Service. The signed client answers it; tests do so in its place.

use std::pin::Pin;

use super::{Credentials, Secret};
use crate::sources::live::Failure;

/// Credentials of the Security Token Service, in the end.
pub(in crate::sources::alibaba) type Answer<'a> =
    Pin<Box<dyn Future<Output = Result<Credentials, Failure>> + Send + 'a>>;

/// Whoever can ask the Security Token Service.
pub(in crate::sources::alibaba) trait AskSts: Send + Sync {
    /// Assumes a role, signing with `credentials`.
    fn assume_role<'a>(&'a self, credentials: &'a Credentials, request: &'a AssumeRole) -> Answer<'a>;

    /// Assumes a role with a token of an identity provider: this request is not signed.
    fn assume_role_with_oidc<'a>(&'a self, request: &'a AssumeRoleWithOidc) -> Answer<'a>;
}

/// `AssumeRole`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources::alibaba) struct AssumeRole {
    /// The role.
    pub role_arn: String,
    /// The name of the session.
    pub session_name: String,
    /// What the role's trust policy may ask for.
    pub external_id: Option<String>,
    /// A policy that narrows the session.
    pub policy: Option<String>,
    /// How long the session lives, in seconds. None: the service's default, an hour.
    pub duration_seconds: Option<u32>,
    /// The Region whose endpoint is asked. None: the one for all Regions.
    pub region: Option<String>,
}

/// `AssumeRoleWithOIDC`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources::alibaba) struct AssumeRoleWithOidc {
    /// The role, the session and the Region; there is no external id.
    pub role: AssumeRole,
    /// The identity provider, as RAM knows it.
    pub provider_arn: String,
    /// The identity provider's token.
    pub token: Secret,
}

impl AssumeRole {
    /// The parameters of the request, by their names on the wire.
    pub(in crate::sources::alibaba) fn parameters(&self) -> Vec<(&'static str, String)> {
        let always = [("RoleArn", Some(self.role_arn.clone())), ("RoleSessionName", Some(self.session_name.clone()))];
        let optional = [
            ("ExternalId", self.external_id.clone()),
            ("Policy", self.policy.clone()),
            ("DurationSeconds", self.duration_seconds.map(|seconds| seconds.to_string())),
        ];
        always.into_iter().chain(optional).filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl AssumeRoleWithOidc {
    /// The parameters of the request, by their names on the wire. The token is among them.
    pub(in crate::sources::alibaba) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = self.role.parameters();
        parameters.retain(|(name, _)| *name != "ExternalId");
        parameters.push(("OIDCProviderArn", self.provider_arn.clone()));
        parameters.push(("OIDCToken", self.token.expose().to_owned()));
        parameters
    }
}
