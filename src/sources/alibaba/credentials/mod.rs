//! Who we are to Alibaba Cloud: the provider's default credential chain, and roles in other accounts.
//!
//! One file tells of one place where credentials are found. Nothing here reads the process environment by itself, and
//! no command is ever run.

mod chain;
mod cli;
mod environment;
mod file;
mod http;
mod ini;
mod kept;
mod member;
mod metadata;
mod oidc;
mod role;
mod secret;
mod sts;
#[cfg(test)]
mod tests;
mod uri;
mod wire;

use std::fmt::Debug;
use std::pin::Pin;

use jiff::Timestamp;

pub(super) use chain::{Chain, Surroundings};
pub(super) use member::Member;
pub(super) use secret::Secret;
pub(super) use sts::{Answer, AskSts, AssumeRole, AssumeRoleWithOidc};
pub(super) use wire::Assumed;

use crate::model::Outcome;
use crate::sources::live::Failure;

/// The name of our sessions where nothing else is set, as the trails of the accounts show it.
const SESSION_NAME: &str = "roletrail";

/// What requests are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    /// Id of the access key.
    pub key_id: String,
    /// The access key's secret.
    pub secret: Secret,
    /// Security token, for temporary credentials.
    pub token: Option<Secret>,
    /// When they end, for temporary credentials.
    pub expires: Option<Timestamp>,
}

/// How the environment is read: the value of a variable.
type Lookup<'e> = &'e dyn Fn(&str) -> Option<String>;

/// One place where credentials are found.
trait Provide: Debug + Send + Sync {
    /// Asks for credentials, every time anew.
    fn provide<'a>(&'a self, sts: &'a dyn AskSts) -> Giving<'a>;
}

/// What a place gives, in the end.
type Giving<'a> = Pin<Box<dyn Future<Output = Result<Given, Failure>> + Send + 'a>>;

/// What a place gives.
#[derive(Debug)]
enum Given {
    /// Credentials.
    These(Credentials),
    /// Nothing, and nobody said that there is anything: the next place is asked. Why.
    NotHere(String),
}

/// Credentials that somebody wrote down.
#[derive(Debug)]
struct Fixed(Credentials);

impl Provide for Fixed {
    fn provide<'a>(&'a self, _sts: &'a dyn AskSts) -> Giving<'a> {
        Box::pin(async { Ok(Given::These(self.0.clone())) })
    }
}

/// A variable that is set to something: an empty one counts as absent.
fn set(environment: Lookup<'_>, name: &str) -> Option<String> {
    environment(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Whether a variable says `true`, in any case.
fn is_true(environment: Lookup<'_>, name: &str) -> bool {
    set(environment, name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Credentials that cannot be had, and why.
fn unusable(detail: impl AsRef<str>) -> Failure {
    Failure::new(Outcome::Error, detail)
}
