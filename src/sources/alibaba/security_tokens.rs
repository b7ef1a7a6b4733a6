//! The Security Token Service, and the credentials that sessions sign with.

use std::fmt;
use std::sync::Arc;

use super::calls::{Call, Product};
use super::client::Client;
use super::credentials::{self, Answer, AskSts, AssumeRole, AssumeRoleWithOidc, Assumed, Chain, Credentials, Member};
use super::endpoint::Place;
use super::session::{Keys, Lookup};
use crate::sources::live::Caller;

/// The service as the hub asks it: its rate is the hub's.
pub(super) struct SecurityTokens {
    pub(super) client: Arc<Client>,
    pub(super) caller: Caller,
}

/// The Region by which the service's own host goes in limits.
const EVERYWHERE: &str = "all";

/// Where the service is asked: in the Region that the environment names, or where it answers for all.
pub(super) fn place(region: Option<&str>) -> Place<'_> {
    region.map_or(Place { region: EVERYWHERE, host: Some(Product::STS_EVERYWHERE) }, Place::from)
}

impl AskSts for SecurityTokens {
    fn assume_role<'a>(&'a self, credentials: &'a Credentials, request: &'a AssumeRole) -> Answer<'a> {
        Box::pin(async move {
            let place = place(request.region.as_deref());
            let parameters = owned(request.parameters());
            let attempt = || self.client.send::<Assumed>(credentials, Call::AssumeRole, place, &parameters);
            self.caller.check(Call::AssumeRole, place.region, attempt).await?.into_credentials()
        })
    }

    fn assume_role_with_oidc<'a>(&'a self, request: &'a AssumeRoleWithOidc) -> Answer<'a> {
        Box::pin(async move {
            let place = place(request.role.region.as_deref());
            let parameters = owned(request.parameters());
            let attempt = || self.client.send_unsigned::<Assumed>(Call::AssumeRoleWithOidc, place, &parameters);
            self.caller.check(Call::AssumeRoleWithOidc, place.region, attempt).await?.into_credentials()
        })
    }
}

fn owned(parameters: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The credentials of the environment.
pub(super) struct Own {
    pub(super) chain: Arc<Chain>,
    pub(super) tokens: Arc<SecurityTokens>,
}

impl Keys for Own {
    fn current(&self) -> Lookup<'_> {
        Box::pin(self.chain.current(&*self.tokens))
    }
}

/// The credentials of a role in another account.
pub(super) struct OfMember {
    pub(super) member: Member,
    pub(super) tokens: Arc<SecurityTokens>,
}

impl Keys for OfMember {
    fn current(&self) -> Lookup<'_> {
        Box::pin(self.member.current(&*self.tokens))
    }
}

// What they hold is not for logs.
impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

impl fmt::Debug for OfMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfMember")
    }
}

/// The chain of this process.
///
/// # Errors
/// [`Failure`](crate::sources::live::Failure) when a place of it is set up wrongly, or none is.
pub(super) fn chain_of_process(
    http: &reqwest::Client,
    clock: Arc<dyn crate::clock::Clock>,
) -> Result<Chain, crate::sources::live::Failure> {
    let environment = |name: &str| std::env::var(name).ok();
    Chain::find(&credentials::Surroundings::of(&environment, http, clock))
}
