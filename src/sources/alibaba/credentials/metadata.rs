//! The role of the machine: the metadata service of Elastic Compute Service.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{AskSts, Credentials, Given, Giving, Lookup, Provide, Secret, http, is_true, set, unusable, wire};
use crate::sources::live::Failure;

/// Where the service is, on every machine of Alibaba Cloud.
pub(super) const ADDRESS: &str = "http://100.100.100.200";

/// Next door, an answer comes at once; elsewhere, none ever does.
const LIMIT: Duration = Duration::from_secs(1);

/// How long a token of ours lives: each is used for one or two questions.
const TOKEN_SECONDS: &str = "60";

/// The header with which a token is asked for.
const TOKEN_LIFE: &str = "X-aliyun-ecs-metadata-token-ttl-seconds";

/// The header that carries a token.
const TOKEN: &str = "X-aliyun-ecs-metadata-token";

/// The metadata service.
#[derive(Debug)]
pub(super) struct Metadata {
    http: reqwest::Client,
    base: String,
    /// The role of the machine, where it was named.
    role: Option<String>,
    /// Whether the service may be asked without a token.
    without_token: bool,
    /// Whether somebody said that the machine has a role. If not, silence means that this is no machine of Alibaba Cloud.
    expected: bool,
}

impl Metadata {
    /// The service as a place of the chain: `None` where it is switched off.
    pub(super) fn of_environment(environment: Lookup<'_>, http: &reqwest::Client, base: &str) -> Option<Self> {
        if is_true(environment, "ALIBABA_CLOUD_ECS_METADATA_DISABLED") {
            return None;
        }
        let role = set(environment, "ALIBABA_CLOUD_ECS_METADATA");
        let expected = role.is_some();
        Some(Self { expected, ..Self::of_role(environment, http, base, role) })
    }

    /// The service as a file names it.
    pub(super) fn of_role(environment: Lookup<'_>, http: &reqwest::Client, base: &str, role: Option<String>) -> Self {
        let without_token = !is_true(environment, "ALIBABA_CLOUD_IMDSV1_DISABLED");
        let base = base.trim_end_matches('/').to_owned();
        Self { http: http.clone(), base, role, without_token, expected: true }
    }

    /// With a token first; without one where the service knows none and that is allowed.
    async fn ask(&self) -> Result<Credentials, Failure> {
        match self.token().await {
            Ok(token) => match self.credentials(Some(&token)).await {
                Err(_) if self.without_token => self.credentials(None).await,
                done => done,
            },
            // A service that gives no answer in time gives none to the next question either.
            Err(failure) if self.without_token && failure.outcome != crate::model::Outcome::TimedOut => {
                self.credentials(None).await
            }
            Err(failure) => Err(failure),
        }
    }

    async fn token(&self) -> Result<Secret, Failure> {
        let request = self.http.put(format!("{}/latest/api/token", self.base)).header(TOKEN_LIFE, TOKEN_SECONDS);
        let body = http::body(request, LIMIT).await?;
        text(&body).map(Secret::new)
    }

    async fn credentials(&self, token: Option<&Secret>) -> Result<Credentials, Failure> {
        let role = match &self.role {
            Some(role) => role.clone(),
            None => text(&self.get("", token).await?)?,
        };
        wire::read(&self.get(&role, token).await?)
    }

    async fn get(&self, role: &str, token: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mut request = self.http.get(format!("{}/latest/meta-data/ram/security-credentials/{role}", self.base));
        if let Some(token) = token {
            request = request.header(TOKEN, token.expose());
        }
        http::body(request, LIMIT).await
    }
}

/// A word that the service answers: a name or a token.
fn text(body: &[u8]) -> Result<String, Failure> {
    let word = std::str::from_utf8(body).map(str::trim).unwrap_or_default();
    if word.is_empty() || word.contains(|c: char| !c.is_ascii_graphic()) {
        return Err(unusable("the answer is not one word"));
    }
    Ok(word.to_owned())
}

impl Provide for Metadata {
    fn provide<'a>(&'a self, _sts: &'a dyn AskSts) -> Giving<'a> {
        Box::pin(async move {
            match self.ask().await {
                Ok(credentials) => Ok(Given::These(credentials)),
                Err(failure) if self.expected => Err(failure.at("the machine's role, from the metadata service")),
                Err(failure) => Ok(Given::NotHere(format!("the metadata service: {}", failure.detail))),
            }
        })
    }
}
