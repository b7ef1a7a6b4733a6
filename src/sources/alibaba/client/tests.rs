//! The client against a server of our own.

use std::sync::Mutex;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::SettableClock;
use crate::config::{Alibaba, AlibabaAccounts, Regions};
use crate::sources::alibaba::Session;
use crate::sources::alibaba::credentials::Secret;
use crate::sources::alibaba::session::{Keys, Lookup};
use crate::sources::live::{Caller, Scan};

const NOW: &str = "2026-01-02T03:04:05Z";

impl Keys for Credentials {
    fn current(&self) -> Lookup<'_> {
        Box::pin(async { Ok(self.clone()) })
    }
}

/// What the server was asked.
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    url: String,
    headers: HeaderMap,
    body: String,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }
}

/// What it answers: status, headers, body.
type Said = (u16, Vec<(&'static str, &'static str)>, String);

/// A server that gives its answers one after the other, the last one for ever.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    async fn saying(answers: Vec<Said>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, answers) = (Arc::clone(&asked), Arc::new(answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answers) = (Arc::clone(&log), Arc::clone(&answers));
                let service = service_fn(move |request| answer(request, Arc::clone(&log), Arc::clone(&answers)));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, asked }
    }

    fn client(&self) -> Client {
        let http = builder().no_proxy().build().expect("a client");
        let clock = SettableClock::at(NOW.parse().expect("a time"));
        let endpoint = Endpoint::of(Some(&source(&self.address))).expect("an endpoint");
        Client::new(endpoint, http, Arc::new(clock))
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    log: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Vec<Said>>,
) -> Result<hyper::Response<axum::body::Body>, hyper::http::Error> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(axum::body::Body::new(body), usize::MAX).await.expect("a body");
    let number = {
        let mut log = log.lock().expect("not poisoned");
        let body = String::from_utf8(body.to_vec()).expect("text");
        let (method, url) = (parts.method.to_string(), parts.uri.to_string());
        log.push(Asked { method, url, headers: parts.headers, body });
        log.len() - 1
    };
    let (status, headers, body) = answers[number.min(answers.len() - 1)].clone();
    let response = hyper::Response::builder().status(status);
    headers.iter().fold(response, |response, (name, value)| response.header(*name, *value)).body(body.into())
}

fn source(address: &str) -> Alibaba {
    Alibaba {
        name: "test".to_owned(),
        accounts: AlibabaAccounts::Own,
        member_role: String::new(),
        external_id: None,
        regions: Regions::Enabled,
        endpoint: Some(format!("http://{address}/{{product}}/{{region}}")),
        allow_http: true,
        lookups_per_second: 2,
        trail: Vec::new(),
    }
}

fn credentials() -> Credentials {
    Credentials {
        key_id: "STS.key".to_owned(),
        secret: Secret::new("s3cret/s3cret"),
        token: Some(Secret::new("t0ken/t0ken==")),
        expires: None,
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// What one attempt comes to with this answer.
async fn attempt(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Result<Value, Failure> {
    let server = Server::saying(vec![(status, headers.to_vec(), body.to_owned())]).await;
    server.client().send(&credentials(), Call::GetRole, "cn-hangzhou", &[]).await
}

/// The signature of a request as the server would compute it from what arrived.
fn expected_authorization(asked: &Asked, call: Call) -> String {
    let (path, query) = asked.url.split_once('?').unwrap_or((&asked.url, ""));
    let request = signer::Request {
        host: asked.header("host"),
        path,
        action: call.name(),
        version: call.product().version(),
        query,
        form: Some(asked.body.as_str()).filter(|body| !body.is_empty()),
    };
    let date = asked.header("x-acs-date").parse().expect("a date");
    let headers = signer::sign(&credentials(), &request, date, asked.header("x-acs-signature-nonce"));
    headers.last().expect("headers").1.clone()
}

#[test]
fn connections_can_be_made() {
    connections().expect("TLS can be set up");
}

#[tokio::test]
async fn a_call_arrives_as_it_was_signed() {
    let server = Server::saying(vec![(200, vec![], "{\"RequestId\":\"1\"}".to_owned())]).await;
    let parameters = pairs(&[("StartTime", "2026-01-01T00:00:00Z"), ("Key", "a*~ +é/'()!\"<>")]);
    let answer: Value = server
        .client()
        .send(&credentials(), Call::LookupEvents, "cn-hangzhou", &parameters)
        .await
        .expect("an answer");
    assert_eq!(answer["RequestId"], "1");
    let asked = server.asked().remove(0);
    let path =
        "/actiontrail/cn-hangzhou?Key=a%2A~%20%2B%C3%A9%2F%27%28%29%21%22%3C%3E&StartTime=2026-01-01T00%3A00%3A00Z";
    assert_eq!((asked.method.as_str(), asked.url.as_str(), asked.body.as_str()), ("POST", path, ""));
    assert_eq!(asked.header("authorization"), expected_authorization(&asked, Call::LookupEvents));
    assert_eq!(asked.header("host"), server.address);
    for (name, value) in [
        ("x-acs-action", "LookupEvents"),
        ("x-acs-version", "2020-07-06"),
        ("x-acs-date", NOW),
        ("x-acs-security-token", "t0ken/t0ken=="),
        ("accept", "application/json"),
        ("content-length", "0"),
        ("user-agent", USER_AGENT),
    ] {
        assert_eq!(asked.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn hsm_has_its_parameters_in_the_body() {
    let server = Server::saying(vec![(200, vec![], "{}".to_owned())]).await;
    let parameters = pairs(&[("RegionId", "cn-beijing"), ("CurrentPage", "1")]);
    let answer: Result<Value, _> =
        server.client().send(&credentials(), Call::ListClusters, "cn-beijing", &parameters).await;
    answer.expect("an answer");
    let asked = server.asked().remove(0);
    assert_eq!((asked.url.as_str(), asked.body.as_str()), ("/hsm/cn-beijing", "CurrentPage=1&RegionId=cn-beijing"));
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(asked.header("authorization"), expected_authorization(&asked, Call::ListClusters));
}

#[tokio::test]
async fn an_object_is_asked_for_below_the_template() {
    let server = Server::saying(vec![(200, vec![("etag", "\"T\"")], "content".to_owned())]).await;
    let client = server.client();
    let wanted = wanted(Some("a b/c.gz"), 7);
    let object = client.fetch(&credentials(), &wanted).await.expect("an object");
    assert_eq!((object.body, object.tag.as_deref()), (Bytes::from("content"), Some("\"T\"")));
    let parameters = [("prefix", "a/"), ("continuation-token", "")];
    let listing = Wanted { key: None, parameters: &parameters, ..wanted };
    client.fetch(&credentials(), &listing).await.expect("a listing");
    let asked = server.asked();
    assert_eq!(asked[0].url, "/oss/cn-beijing/audit/a%20b/c.gz");
    assert_eq!(asked[1].url, "/oss/cn-beijing/audit/?prefix=a%2F");
    let request = oss_signer::Request { region: "cn-beijing", bucket: "audit", key: None, query: "prefix=a%2F" };
    let headers = oss_signer::sign(&credentials(), &request, NOW.parse().expect("a time"));
    assert_eq!(asked[1].header("authorization"), headers.last().expect("headers").1);
}

fn wanted(key: Option<&str>, most: u64) -> Wanted<'_> {
    Wanted { place: "cn-beijing".into(), bucket: "audit", key, parameters: &[], most }
}

#[tokio::test]
async fn an_object_has_a_bound_of_its_own() {
    let server = Server::saying(vec![(200, vec![], "content".to_owned())]).await;
    let failure = server.client().fetch(&credentials(), &wanted(Some("a"), 6)).await.expect_err("too long");
    assert!(failure.detail.contains("more than 6 bytes") && failure.again() == Again::Never, "{failure}");
}

#[tokio::test]
async fn what_cannot_be_taken_is_asked_for_again() {
    let server = Server::saying(vec![(200, vec![], "half".to_owned()), (200, vec![], "whole".to_owned())]).await;
    let take = |given: Given| {
        if given.body == "whole" { Ok(given.body) } else { Err(Failure::protocol("half of it")) }
    };
    let taken = session(server.client()).fetch(&wanted(None, MOST_BYTES), take).await;
    assert_eq!((taken, server.asked().len()), (Ok(Bytes::from("whole")), 2));
}

#[tokio::test]
async fn a_throttled_call_is_told_how_long_to_wait() {
    let body = r#"{"Code":"Throttling.User","Message":"too fast"}"#;
    let failure = attempt(400, &[("x-acs-retry-after", "1500")], body).await.expect_err("throttled");
    assert_eq!((failure.outcome, failure.again()), (Outcome::Throttled, Again::Slower));
    assert_eq!(failure.pause, Some(Duration::from_millis(1500)));
    assert_eq!(failure.detail, "Throttling.User: too fast");
    let failure = attempt(400, &[("x-acs-retry-after", "soon")], body).await.expect_err("throttled");
    assert_eq!(failure.pause, None);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named_where_it_matters() {
    let (late, expired) = ("Fri, 02 Jan 2026 03:24:05 GMT", r#"{"Code":"InvalidTimeStamp.Expired","Message":"m"}"#);
    let failure = attempt(400, &[("date", late)], expired).await.expect_err("expired");
    assert_eq!(failure.detail, "InvalidTimeStamp.Expired: m; this machine's clock is 1200 s behind the service's");
    assert_eq!(failure.again(), Again::Once);
    let failure = attempt(403, &[("date", late)], r#"{"Code":"NoPermission"}"#).await.expect_err("denied");
    assert_eq!(failure.detail, "NoPermission");
    let failure = attempt(400, &[("date", "Fri, 02 Jan 2026 03:04:06 GMT")], expired).await.expect_err("expired");
    assert_eq!(failure.detail, "InvalidTimeStamp.Expired: m");
}

#[tokio::test]
async fn an_error_in_xml_is_an_error() {
    let body = "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>no &amp; never</Message></Error>";
    let failure = attempt(404, &[("content-type", "text/xml")], body).await.expect_err("not found");
    assert_eq!((failure.detail.as_str(), failure.again()), ("NoSuchBucket: no & never", Again::Never));
}

#[tokio::test]
async fn an_answer_without_content_is_no_answer() {
    for (body, why) in [
        ("", "ram:GetRole answered nothing"),
        (" \n", "answered nothing"),
        ("<html></html>", "no JSON object"),
        ("[]", "no JSON object"),
        ("{\"Role\":", "no JSON"),
        ("{\"Success\":false}", "that it had no success"),
    ] {
        let failure = attempt(200, &[], body).await.expect_err(body);
        assert!(failure.detail.contains(why), "{body}: {failure}");
        assert_eq!((failure.outcome, failure.again()), (Outcome::Error, Again::Soon), "{body}");
    }
    let failure = attempt(200, &[], r#"{"Code":"Forbidden.RAM","Message":"no"}"#).await.expect_err("denied");
    assert_eq!((failure.outcome, failure.detail.as_str()), (Outcome::Denied, "Forbidden.RAM: no"));
    attempt(200, &[], r#"{"Code":"200","Success":true}"#).await.expect("a success");
    attempt(204, &[], "").await.expect_err("no content");
}

#[test]
fn what_is_expected_and_missing_is_named_unless_it_may_be_secret() {
    #[derive(Debug, serde::Deserialize)]
    struct Wanted {
        #[serde(rename = "Number")]
        _number: u64,
    }
    let body = br#"{"Number":"s3cret"}"#;
    let failure = decoded::<Wanted>(Call::GetRole, body).expect_err("no number");
    assert!(failure.detail.contains("s3cret"), "{failure}");
    let failure = decoded::<Wanted>(Call::AssumeRole, body).expect_err("no number");
    assert!(!failure.detail.contains("s3cret"), "{failure}");
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up() {
    let most = usize::try_from(MOST_BYTES).expect("a few megabytes");
    let failure = attempt(200, &[], &" ".repeat(most + 1)).await.expect_err("too long");
    assert!(failure.detail.contains("more than 16777216 bytes") && failure.again() == Again::Never, "{failure}");
    let failure = attempt(200, &[], &" ".repeat(most)).await.expect_err("blank");
    assert!(failure.detail.contains("answered nothing"), "{failure}");
}

#[tokio::test]
async fn half_an_answer_is_asked_for_again() {
    // The server sees that it has promised too much, and cuts the connection.
    let failure = attempt(200, &[("content-length", "100")], "{\"RequestId\"").await.expect_err("cut");
    assert_eq!((failure.outcome, failure.again()), (Outcome::Error, Again::Soon), "{failure}");
}

#[tokio::test]
async fn nobody_else_gets_a_signed_request() {
    let elsewhere = Server::saying(vec![(200, vec![], "{}".to_owned())]).await;
    let location: &'static str = format!("http://{}/", elsewhere.address).leak();
    let failure = attempt(307, &[("location", location)], "").await.expect_err("a redirect");
    assert!(failure.detail.contains("HTTP 307") && failure.again() == Again::Never, "{failure}");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_asked_again_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let server = Server { address, asked: Arc::default() };
    let answer: Result<Value, _> = server.client().send(&credentials(), Call::GetRole, "cn-hangzhou", &[]).await;
    let failure = answer.expect_err("nobody there");
    assert_eq!((failure.outcome, failure.again()), (Outcome::Error, Again::Soon));
    assert!(!failure.detail.contains("http://"), "{failure}");
}

#[tokio::test]
async fn secrets_come_back_in_no_failure() {
    let body =
        json!({"Code": "Other", "Message": "you sent s3cret/s3cret and t0ken/t0ken== and t0ken%2Ft0ken%3D%3D"});
    for status in [400, 200] {
        let failure = attempt(status, &[], &body.to_string()).await.expect_err("refused");
        assert_eq!(failure.detail, "Other: you sent [redacted] and [redacted] and [redacted]");
    }
}

#[tokio::test]
async fn secrets_are_neither_logged_nor_shown() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let watch = tracing::subscriber::set_default(subscriber);
    let server = Server::saying(vec![(200, vec![], "{}".to_owned())]).await;
    let client = server.client();
    let url = client.endpoint.url(Product::Ram, "cn-hangzhou".into()).expect("a URL");
    let request = client.signed(&credentials(), Call::GetRole, url, &[], NOW.parse().expect("a time"));
    tracing::info!("{request:?}");
    let session = session(client);
    tracing::info!("{session:?}");
    session.ask::<Value>(Call::GetRole, "cn-hangzhou", &[]).await.expect("an answer");
    drop(watch);
    let log = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("text");
    assert!(log.contains("Session") && log.contains("x-acs-security-token"), "{log}");
    for secret in ["s3cret", "t0ken", "Signature="] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn a_nonce_that_was_seen_before_is_replaced_once() {
    let used = (400, vec![], r#"{"Code":"SignatureNonceUsed"}"#.to_owned());
    let server = Server::saying(vec![used.clone(), (200, vec![], "{}".to_owned())]).await;
    session(server.client()).ask::<Value>(Call::GetRole, "cn-hangzhou", &[]).await.expect("an answer");
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert_ne!(asked[0].header("x-acs-signature-nonce"), asked[1].header("x-acs-signature-nonce"));
    assert_eq!(asked[1].header("authorization"), expected_authorization(&asked[1], Call::GetRole));

    let server = Server::saying(vec![used]).await;
    let failure = session(server.client()).ask::<Value>(Call::GetRole, "cn-hangzhou", &[]).await;
    assert!(failure.expect_err("refused twice").is("SignatureNonceUsed"));
    assert_eq!(server.asked().len(), 2);
}

fn session(client: Client) -> Session {
    let deadline = Instant::now() + Duration::from_mins(1);
    let scan = Scan::new(16, Duration::from_secs(10), deadline, CancellationToken::new());
    Session::new("1000000000000001", Arc::new(client), Arc::new(credentials()), Caller::new(Arc::new(scan)))
}

/// Where a test's log goes.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
