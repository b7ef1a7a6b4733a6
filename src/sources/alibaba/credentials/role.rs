//! A role that is assumed with other credentials: `RamRoleArn`, `ChainableRamRoleArn`, `ram_role_arn`.

use super::{AskSts, AssumeRole, Given, Giving, Provide};

/// A role that is assumed with the credentials of another place.
#[derive(Debug)]
pub(super) struct Role {
    /// Whose credentials sign the request.
    pub(super) with: Box<dyn Provide>,
    /// The role.
    pub(super) request: AssumeRole,
}

impl Provide for Role {
    fn provide<'a>(&'a self, sts: &'a dyn AskSts) -> Giving<'a> {
        Box::pin(async move {
            let credentials = match self.with.provide(sts).await? {
                Given::These(credentials) => credentials,
                nothing @ Given::NotHere(_) => return Ok(nothing),
            };
            let assumed = sts.assume_role(&credentials, &self.request).await;
            assumed.map(Given::These).map_err(|failure| failure.at(&format!("role {}", self.request.role_arn)))
        })
    }
}
