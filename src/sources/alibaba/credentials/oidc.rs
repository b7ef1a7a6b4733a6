//! A role that is assumed with the token of an identity provider: RRSA, roles for service accounts of a cluster.

use std::path::PathBuf;

use super::{AskSts, AssumeRole, AssumeRoleWithOidc, Given, Giving, Provide, Secret, unusable};
use crate::sources::live::Failure;

/// A role that is assumed with a token from a file.
#[derive(Debug)]
pub(super) struct Oidc {
    /// The role.
    pub(super) role: AssumeRole,
    /// The identity provider, as RAM knows it.
    pub(super) provider_arn: String,
    /// Where its token is. The cluster writes it anew before it ends, so it is read each time.
    pub(super) token_file: PathBuf,
}

impl Oidc {
    async fn token(&self) -> Result<Secret, Failure> {
        let file = self.token_file.display();
        let text = tokio::fs::read_to_string(&self.token_file).await.map_err(|error| {
            unusable(format!(
                "the OIDC token file {file} cannot be read ({error}); check that it is mounted and readable"
            ))
        })?;
        let token = Secret::new(text);
        if token.is_empty() {
            return Err(unusable(format!("the OIDC token file {file} is empty; check what writes it")));
        }
        Ok(Secret::new(token.expose().trim()))
    }
}

impl Provide for Oidc {
    fn provide<'a>(&'a self, sts: &'a dyn AskSts) -> Giving<'a> {
        Box::pin(async move {
            let (role, provider_arn) = (self.role.clone(), self.provider_arn.clone());
            let request = AssumeRoleWithOidc { role, provider_arn, token: self.token().await? };
            let assumed = sts.assume_role_with_oidc(&request).await;
            assumed.map(Given::These).map_err(|failure| failure.at(&format!("role {}", self.role.role_arn)))
        })
    }
}
