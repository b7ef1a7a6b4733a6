//! Passing requests on to another server, unchanged.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use hyper::http::request::Parts;
use hyper::{Method, Request as HttpRequest};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use super::catalogue::Service;
use super::cloud::Shared;
use crate::fake::{Answer, Received, Refusal, lock};

/// The largest answer that is passed back.
const ANSWER_LIMIT: usize = 256 << 20;
/// How long a session of the other server counts as valid here.
const LEARNT_LIFE: Duration = Duration::from_hours(1);

/// Operation and parameters of a request to S3, whose operations are methods and paths.
pub fn s3_call(parts: &Parts) -> (String, Value) {
    let query = parts.uri.query().unwrap_or_default();
    let asks = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let path = parts.uri.path().trim_start_matches('/');
    let has_key = path.split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let name = match (&parts.method, has_key) {
        (&Method::GET, false) if asks("location") => "GetBucketLocation".to_owned(),
        (&Method::GET, false) if path.is_empty() => "ListAllMyBuckets".to_owned(),
        (&Method::GET, false) if asks("versions") => "ListBucketVersions".to_owned(),
        (&Method::GET, false) if query.is_empty() || asks("list-type") || asks("prefix") || asks("delimiter") => {
            "ListBucket".to_owned()
        }
        (&Method::HEAD, false) => "ListBucket".to_owned(),
        (&Method::GET | &Method::HEAD, true) => "GetObject".to_owned(),
        (&Method::PUT, true) => "PutObject".to_owned(),
        (&Method::PUT, false) if query.is_empty() => "CreateBucket".to_owned(),
        (&Method::DELETE, true) => "DeleteObject".to_owned(),
        (method, _) => format!("{method}?{query}"),
    };
    (name, json!({"method": parts.method.as_str(), "path": parts.uri.path(), "query": query}))
}

/// The permission that an operation needs, where it is not named like the operation.
pub fn permission(service: Service, operation: &str) -> &str {
    match (service, operation) {
        (Service::Sqs, "DeleteMessageBatch") => "DeleteMessage",
        (Service::Sqs, "ChangeMessageVisibilityBatch") => "ChangeMessageVisibility",
        (Service::Sqs, "SendMessageBatch") => "SendMessage",
        _ => operation,
    }
}

/// Sends a request on and brings the answer back; sessions that are given out on the way are learnt.
pub async fn pass_on(
    received: &Received,
    address: SocketAddr,
    shared: &Shared,
    parameters: &Value,
) -> Result<Answer, Refusal> {
    let answer = exchange(received, address).await.map_err(|error| {
        Refusal::malformed(502, "BadGateway", format!("the server behind the fake at {address}: {error}"))
    })?;
    if let Some(arn) = parameters["RoleArn"].as_str() {
        learn(&answer, arn, shared);
    }
    Ok(answer)
}

async fn exchange(
    received: &Received,
    address: SocketAddr,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut request = HttpRequest::builder().method(&received.parts.method).uri(&received.parts.uri);
    for (name, value) in &received.parts.headers {
        // The body is here whole: neither of these holds for the second leg.
        if !["expect", "transfer-encoding", "content-length", "connection"].contains(&name.as_str()) {
            request = request.header(name, value);
        }
    }
    request = request.header("content-length", received.body.len());
    let response = sender.send_request(request.body(Body::from(received.body.clone()))?).await?;
    let (parts, body) = response.into_parts();
    let body = to_bytes(Body::new(body), ANSWER_LIMIT).await?.to_vec();
    connection.abort();
    let is_head = received.parts.method == Method::HEAD;
    let headers = parts
        .headers
        .iter()
        .filter(|(name, _)| !["connection", "transfer-encoding", "date"].contains(&name.as_str()))
        .filter(|(name, _)| is_head || *name != "content-length")
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    Ok(Answer { status: parts.status.as_u16(), headers, body })
}

fn learn(answer: &Answer, arn: &str, shared: &Shared) {
    let body = String::from_utf8_lossy(&answer.body);
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split_once('<').map(|(text, _)| text.to_owned())
    };
    let (Some(key), Some(token)) = (element("AccessKeyId"), element("SessionToken")) else { return };
    let account = arn.split(':').nth(4).unwrap_or_default();
    lock(&shared.world).keys.learn(&key, &token, account, arn, LEARNT_LIFE);
}
