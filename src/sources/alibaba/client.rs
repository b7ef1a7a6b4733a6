//! One attempt at one call: signed, sent, and its answer judged.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderValue, InvalidHeaderValue};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::calls::{Call, Product};
use super::credentials::{Credentials, Secret};
use super::endpoint::{Endpoint, Place, authority};
use super::failure::{Refusal, unanswered, unreadable};
use super::{oss_signer, signer};
use crate::clock::Clock;
use crate::model::Outcome;
use crate::sources::live::doctor::Watch;
use crate::sources::live::{Again, Failure};

/// No connection takes longer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// No answer is longer, in bytes, but an object: pages have at most a thousand items.
pub(super) const MOST_BYTES: u64 = 16 << 20;

/// How we name ourselves.
const USER_AGENT: &str = concat!("roletrail/", env!("CARGO_PKG_VERSION"));

/// How long the provider wants to be left alone, in milliseconds.
const RETRY_AFTER: &str = "x-acs-retry-after";

/// From so many seconds on, this machine's clock is worth a word where a signature's date is refused.
const NOTICEABLE: u64 = 5;

/// The connections that all calls share. Redirects are not followed: nobody but the endpoint gets a signed request.
///
/// # Errors
/// [`Failure`] where TLS cannot be set up on this machine.
pub(super) fn connections() -> Result<reqwest::Client, Failure> {
    builder().build().map_err(unanswered)
}

/// The connections to what stands next to this machine: the metadata service, a credentials address. No proxy may be
/// in between, and none could reach them.
///
/// # Errors
/// As [`connections`].
pub(super) fn neighbours() -> Result<reqwest::Client, Failure> {
    builder().no_proxy().build().map_err(unanswered)
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
}

/// Asks the provider, one attempt at a time.
pub(super) struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    clock: Arc<dyn Clock>,
    watch: Option<Watch>,
}

/// What is asked of OSS.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Where the bucket is.
    pub place: Place<'a>,
    /// The bucket.
    pub bucket: &'a str,
    /// The key of an object; none for a listing.
    pub key: Option<&'a str>,
    /// Parameters; those that are empty are left out.
    pub parameters: &'a [(&'static str, &'a str)],
    /// The most bytes that are taken.
    pub most: u64,
}

/// What OSS gave.
#[derive(Debug)]
pub(super) struct Given {
    /// The entity tag of an object.
    pub tag: Option<String>,
    /// What there is.
    pub body: Bytes,
}

/// An answer, whole.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Client {
    /// A client for an endpoint.
    pub fn new(endpoint: Endpoint, http: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        Self { http, endpoint, clock, watch: None }
    }

    /// The same with somebody who sees when answers were sent.
    pub fn watched(self, watch: Option<Watch>) -> Self {
        Self { watch, ..self }
    }

    /// Makes one attempt at a call. It has no time limit of its own beyond that of connecting.
    ///
    /// # Errors
    /// [`Failure`] when there is no answer, a refusal, or an answer without the expected content.
    pub async fn send<T: DeserializeOwned>(
        &self,
        credentials: &Credentials,
        call: Call,
        place: impl Into<Place<'_>>,
        parameters: &[(String, String)],
    ) -> Result<T, Failure> {
        let url = self.endpoint.url(call.product(), place.into())?;
        let date = self.clock.now();
        let answer = exchange(self.signed(credentials, call, url, parameters, date)?, MOST_BYTES).await?;
        if let (Some(watch), Some(sent)) = (&self.watch, answer.sent()) {
            watch.note(sent);
        }
        answer.decoded(call, &secrets(credentials), date)
    }

    /// Makes one attempt at a call that nobody has to sign. Its parameters are secret, so that they go into the body.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_unsigned<T: DeserializeOwned>(
        &self,
        call: Call,
        place: Place<'_>,
        parameters: &[(String, String)],
    ) -> Result<T, Failure> {
        let mut url = self.endpoint.url(call.product(), place)?;
        let date = self.clock.now();
        let common = [
            ("Action", call.name().to_owned()),
            ("Format", "JSON".to_owned()),
            ("SignatureNonce", nonce()),
            ("Timestamp", date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("Version", call.product().version().to_owned()),
        ];
        let common = common.map(|(name, value)| (name.to_owned(), value));
        url.set_query(Some(&signer::canonical(&common)));
        let body = signer::canonical(parameters);
        let request = self.http.post(url).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, signer::FORM).body(body);
        let secrets: Vec<_> = parameters.iter().map(|(_, value)| value.as_str()).collect();
        exchange(request, MOST_BYTES).await?.decoded(call, &secrets, date)
    }

    /// Makes one attempt at reading a bucket, or an object of it.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn fetch(&self, credentials: &Credentials, wanted: &Wanted<'_>) -> Result<Given, Failure> {
        let Wanted { place, bucket, key, parameters, most } = *wanted;
        let mut url = self.endpoint.object(place, bucket, key)?;
        let given: Vec<_> = parameters.iter().filter(|(_, value)| !value.is_empty()).copied().collect();
        let query = signer::canonical(&given);
        url.set_query(Some(&query).filter(|query| !query.is_empty()).map(String::as_str));
        let date = self.clock.now();
        let request = oss_signer::Request { region: place.region, bucket, key, query: &query };
        let headers = oss_signer::sign(credentials, &request, date);
        let answer = exchange(with(headers, self.http.get(url))?, most).await?;
        let tag = answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Given { tag, body: answer.accepted(&secrets(credentials), date)? })
    }

    /// The request of a call: its parameters in the URL, or for HSM in the body.
    fn signed(
        &self,
        credentials: &Credentials,
        call: Call,
        mut url: Url,
        parameters: &[(String, String)],
        date: Timestamp,
    ) -> Result<RequestBuilder, Failure> {
        let parameters = signer::canonical(parameters);
        let is_form = call.product() == Product::Hsm;
        let (query, form) = if is_form { ("", Some(parameters.as_str())) } else { (parameters.as_str(), None) };
        let request = signer::Request {
            host: &authority(&url),
            path: url.path(),
            action: call.name(),
            version: call.product().version(),
            query,
            form,
        };
        let headers = signer::sign(credentials, &request, date, &nonce());
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        let request = self.http.post(url).header(ACCEPT, "application/json");
        let body = form.unwrap_or_default().to_owned();
        // A POST without a length is refused by some servers, and an empty body has none by itself.
        Ok(with(headers, request)?.header(CONTENT_LENGTH, body.len()).body(body))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Only ever used once: the provider refuses one that it has seen.
fn nonce() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Adds the headers of a signature, none of which is ever shown.
fn with(headers: Vec<(&'static str, String)>, request: RequestBuilder) -> Result<RequestBuilder, Failure> {
    headers.into_iter().try_fold(request, |request, (name, value)| {
        let refused = |_: InvalidHeaderValue| {
            Failure::new(Outcome::Error, format!("what belongs into the header {name} cannot stand there"))
        };
        let mut value = HeaderValue::try_from(value).map_err(refused)?;
        value.set_sensitive(true);
        Ok(request.header(name, value))
    })
}

/// Sends a request and takes its answer, of so many bytes at most.
async fn exchange(request: RequestBuilder, most: u64) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(unanswered)?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
    let check = |bytes: u64| {
        let told = || format!("HTTP {status} with an answer of more than {most} bytes");
        if most < bytes { Err(Failure::new(Outcome::Error, told())) } else { Ok(()) }
    };
    check(declared)?;
    // What is declared only may never come.
    let mut body = Vec::with_capacity(usize::try_from(declared.min(MOST_BYTES)).unwrap_or_default());
    while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
        check((body.len() + chunk.len()) as u64)?;
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body: body.into() })
}

impl Answer {
    /// What the body of a success says.
    fn decoded<T: DeserializeOwned>(self, call: Call, secrets: &[&str], sent: Timestamp) -> Result<T, Failure> {
        let body = self.accepted(secrets, sent)?;
        decoded(call, &body).map_err(|failure| Failure { detail: hidden(secrets, &failure.detail), ..failure })
    }

    /// The body of a success; anything else is a failure.
    fn accepted(self, secrets: &[&str], sent: Timestamp) -> Result<Bytes, Failure> {
        if self.status == 200 {
            return Ok(self.body);
        }
        let Some(refusal) = Refusal::read(&self.body) else {
            return Err(Failure { pause: self.pause(), ..unreadable(self.status) });
        };
        let message = hidden(secrets, &refusal.message);
        let failure = Refusal { message, ..refusal }.failure(self.status);
        let failure = Failure { pause: self.pause(), ..failure };
        let is_dated = failure.again() == Again::Once;
        match self.difference(sent).filter(|_| is_dated) {
            Some(difference) => Err(failure.hinting(&difference)),
            None => Err(failure),
        }
    }

    fn pause(&self) -> Option<Duration> {
        let milliseconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_millis(milliseconds))
    }

    /// When it was sent, by the service's clock.
    fn sent(&self) -> Option<&str> {
        self.headers.get(DATE)?.to_str().ok()
    }

    /// How far this machine's clock is from the service's, where that can be told and is worth telling.
    fn difference(&self, here: Timestamp) -> Option<String> {
        let there = rfc2822::parse(self.sent()?).ok()?.timestamp();
        let ahead = here.duration_since(there).as_secs();
        let side = if ahead < 0 { "behind" } else { "ahead of" };
        let seconds = ahead.unsigned_abs();
        (NOTICEABLE <= seconds).then(|| format!("this machine's clock is {seconds} s {side} the service's"))
    }
}

/// What must stay between us and the provider.
fn secrets(credentials: &Credentials) -> Vec<&str> {
    let secrets = [Some(&credentials.secret), credentials.token.as_ref()];
    secrets.into_iter().flatten().map(Secret::expose).filter(|secret| !secret.is_empty()).collect()
}

/// A message without secrets, as they are and as URLs have them.
fn hidden(secrets: &[&str], message: &str) -> String {
    secrets.iter().fold(message.to_owned(), |message, secret| {
        message.replace(secret, "[redacted]").replace(&signer::encoded(secret), "[redacted]")
    })
}

/// Signs of a refusal in an answer that calls itself a success.
#[derive(Deserialize)]
struct Signs {
    #[serde(default, rename = "Code", alias = "code")]
    code: Value,
    #[serde(default, rename = "Success", alias = "success")]
    success: Value,
}

impl Signs {
    fn is_refusal(&self) -> bool {
        let code = self.code.as_str().unwrap_or_default();
        self.success == Value::Bool(false) || !["", "200", "OK", "Success"].contains(&code)
    }
}

/// What an answer says. One without content, or without the expected one, proves nothing: it is a failure.
fn decoded<T: DeserializeOwned>(call: Call, body: &[u8]) -> Result<T, Failure> {
    let broken = |why: &str| Failure::protocol(format!("{} answered {why}", call.action()));
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(broken(if body.trim_ascii().is_empty() { "nothing" } else { "no JSON object" }));
    }
    let signs: Signs = serde_json::from_slice(body).map_err(|error| broken(&format!("no JSON: {error}")))?;
    if signs.is_refusal() {
        let refusal = Refusal::read(body);
        return Err(refusal.map_or_else(|| broken("that it had no success"), |refusal| refusal.failure(200)));
    }
    serde_json::from_slice(body).map_err(|error| match call {
        // What is wrong may be quoted, and here it may be a secret.
        Call::AssumeRole | Call::AssumeRoleWithOidc => broken("without usable credentials"),
        _ => broken(&format!("without the expected content: {error}")),
    })
}

#[cfg(test)]
mod tests;
