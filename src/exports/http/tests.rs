use super::*;
use crate::config::Web;
use crate::exports::metrics::{Metrics, State};
use crate::exports::{View, Views};
use crate::findings::Exceptions;
use crate::model::{Account, AccountVerdict};
use crate::rules::Controls;
use crate::store::{Access, DatabaseUrl, Store, StoreError};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A server on a free loopback port.
struct Running {
    address: SocketAddr,
    site: Site,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    /// Where the history is while the server runs.
    _directory: TempDir,
}

/// Judges nothing.
pub(super) struct NoJudge;

impl Judge for NoJudge {
    fn store_kind(&self, _profile: &str) -> String {
        String::new()
    }

    fn verdicts_at(&self, _account: &Account, _at: Timestamp) -> Result<Vec<AccountVerdict>, StoreError> {
        Ok(Vec::new())
    }
}

/// Views of an empty history.
pub(super) async fn views(directory: &Path) -> Views {
    let url = DatabaseUrl(directory.join("roletrail.db"));
    let store = Store::open(&url, Access::Write("test")).await.expect("a new history");
    Views::new(move || View::new(store.clone(), Exceptions::default(), Controls::builtin(), Timestamp::UNIX_EPOCH))
}

/// Any free port of this machine.
fn anywhere() -> Web {
    Web { listen_address: SocketAddr::from(([127, 0, 0, 1], 0)), ..Web::default() }
}

async fn start(limits: Limits) -> Running {
    let metrics = Arc::new(Metrics::new("0.1.0").expect("the declarations are valid"));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (views, judge) = (views(directory.path()).await, Arc::new(NoJudge));
    let site = Site { metrics, health: Arc::default(), views, judge };
    let entrance = Entrance::open(&anywhere()).expect("loopback needs no guard");
    let listener = entrance.bind().await.expect("loopback has a free port");
    let address = listener.local_addr().expect("the listener is bound");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, entrance, site.clone(), limits, async {
        let _ = stopped.await;
    }));
    Running { address, site, stop, server, _directory: directory }
}

/// Sends `request` as it stands and reads until the server closes.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    // A server that refuses a request may reset the connection after its answer.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("answers are text")
}

async fn request(address: SocketAddr, method: &str, path: &str) -> String {
    ask(address, &format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    answer.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[tokio::test]
async fn the_metrics_page_is_the_counters_followed_by_the_published_state() {
    let server = start(Limits::default()).await;
    let before = request(server.address, "GET", "/metrics").await;
    assert!(before.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(body(&before).contains("roletrail_build_info{version=\"0.1.0\"} 1\n"));
    assert!(!body(&before).contains("roletrail_metric_series_dropped"));
    server.site.metrics.publish(&State::default());
    let after = request(server.address, "GET", "/metrics").await;
    assert!(body(&after).ends_with("roletrail_metric_series_dropped 0\n"));
    assert_eq!(header(&after, "content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(header(&after, "content-length"), Some(body(&after).len().to_string().as_str()));
}

#[tokio::test]
async fn ready_comes_when_the_store_is_open_and_the_first_state_is_rendered() {
    let server = start(Limits::default()).await;
    let answer = request(server.address, "GET", "/-/ready").await;
    assert!(answer.starts_with("HTTP/1.1 503 "));
    assert_eq!(body(&answer), "the history is not open yet\n");
    server.site.health.ready();
    let answer = request(server.address, "GET", "/-/ready").await;
    assert!(answer.starts_with("HTTP/1.1 503 "));
    assert_eq!(body(&answer), "the first state is not rendered yet\n");
    server.site.metrics.publish(&State::default());
    assert!(request(server.address, "GET", "/-/ready").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn health_tells_the_trouble_and_its_end() {
    let server = start(Limits::default()).await;
    assert!(request(server.address, "GET", "/-/healthy").await.starts_with("HTTP/1.1 200 OK\r\n"));
    server.site.health.trouble("no space is left for the history");
    let answer = request(server.address, "GET", "/-/healthy").await;
    assert!(answer.starts_with("HTTP/1.1 503 "));
    assert_eq!(body(&answer), "no space is left for the history\n");
    server.site.health.well();
    assert!(request(server.address, "GET", "/-/healthy").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn anything_but_reading_is_refused_everywhere() {
    let server = start(Limits::default()).await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for path in ["/metrics", "/nothing"] {
            let answer = request(server.address, method, path).await;
            assert!(answer.starts_with("HTTP/1.1 405 "), "{method} {path}: {answer}");
            assert_eq!(header(&answer, "allow"), Some("GET, HEAD"));
        }
    }
    assert!(request(server.address, "OPTIONS", "*").await.starts_with("HTTP/1.1 405 "));
    assert!(request(server.address, "CONNECT", "example.org:443").await.starts_with("HTTP/1.1 405 "));
}

#[tokio::test]
async fn a_head_has_the_headers_of_the_page_and_no_body() {
    let server = start(Limits::default()).await;
    let page = request(server.address, "GET", "/").await;
    let head = request(server.address, "HEAD", "/").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(body(&head), "");
    assert_eq!(header(&head, "content-length"), header(&page, "content-length"));
}

#[tokio::test]
async fn unknown_paths_are_not_found_and_every_answer_has_the_security_headers() {
    let server = start(Limits::default()).await;
    for path in ["/nothing", "//metrics", "/metrics/", "/../metrics", "/%2e%2e/metrics", "/-/"] {
        assert!(request(server.address, "GET", path).await.starts_with("HTTP/1.1 404 "), "{path}");
    }
    for (method, path) in [("GET", "/"), ("GET", "/nothing"), ("POST", "/"), ("GET", "/-/ready")] {
        let answer = request(server.address, method, path).await;
        assert!(
            header(&answer, "content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'"))
        );
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn the_start_page_links_to_the_others_and_has_no_script() {
    let server = start(Limits::default()).await;
    let answer = request(server.address, "GET", "/").await;
    assert_eq!(header(&answer, "content-type"), Some("text/html; charset=utf-8"));
    for link in ["/metrics", "/-/healthy", "/-/ready"] {
        assert!(body(&answer).contains(&format!("href=\"{link}\"")));
    }
    assert!(!body(&answer).contains("<script"));
}

#[tokio::test]
async fn every_runbook_is_served_as_text_and_an_unknown_one_names_those_that_there_are() {
    let server = start(Limits::default()).await;
    for runbook in crate::exports::runbooks::all() {
        let answer = request(server.address, "GET", &format!("/runbooks/{}.md", runbook.alert)).await;
        assert_eq!(header(&answer, "content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(body(&answer), runbook.markdown());
    }
    for path in ["/runbooks/RoletrailUp.md", "/runbooks/RoletrailDown", "/runbooks/..%2fmetrics.md", "/runbooks/"] {
        let answer = request(server.address, "GET", path).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    let answer = request(server.address, "GET", "/runbooks/x").await;
    assert!(body(&answer).contains("/runbooks/RoletrailDown.md"), "{answer}");
}

#[tokio::test]
async fn a_head_without_measure_is_refused() {
    let server = start(Limits::default()).await;
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
    assert!(ask(server.address, &long).await.starts_with("HTTP/1.1 431 "));
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: x\r\n".repeat(Limits::default().headers));
    assert!(ask(server.address, &many).await.starts_with("HTTP/1.1 431 "));
    assert!(ask(server.address, "\u{1}\u{2}nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_its_head_slowly_is_cut() {
    let server = start(Limits::default()).await;
    let begun = Instant::now();
    let answer = ask(server.address, "GET /metrics HTTP/1.1\r\nHost: loc").await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert_eq!(begun.elapsed().as_secs(), Limits::default().head_time.as_secs());
}

#[tokio::test(start_paused = true)]
async fn connections_beyond_the_limit_wait_for_a_free_slot() {
    let server = start(Limits { connections: 1, ..Limits::default() }).await;
    let mut holder = TcpStream::connect(server.address).await.expect("the server listens");
    holder.write_all(b"GET / HT").await.expect("the server reads");
    let begun = Instant::now();
    assert!(request(server.address, "GET", "/-/healthy").await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(begun.elapsed().as_secs(), Limits::default().head_time.as_secs());
}

#[tokio::test(start_paused = true)]
async fn the_server_ends_in_time_though_a_client_hangs_on() {
    let server = start(Limits { head_time: Duration::from_hours(1), ..Limits::default() }).await;
    let mut hanging = TcpStream::connect(server.address).await.expect("the server listens");
    hanging.write_all(b"GET / HT").await.expect("the server reads");
    tokio::time::sleep(Duration::from_millis(1)).await;
    let begun = Instant::now();
    server.stop.send(()).expect("the server runs");
    server.server.await.expect("the server ends by itself");
    assert!(begun.elapsed() <= Limits::default().closing_time + Duration::from_millis(1));
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_server_ends_at_once_when_its_connections_are_idle() {
    let server = start(Limits::default()).await;
    let mut idle = TcpStream::connect(server.address).await.expect("the server listens");
    idle.write_all(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("the server reads");
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.expect("the server answers");
    let begun = Instant::now();
    server.stop.send(()).expect("the server runs");
    server.server.await.expect("the server ends by itself");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[test]
fn an_address_that_others_can_reach_must_be_allowed_by_name() {
    let open = |text: &str, allow_insecure| {
        let listen_address = text.parse().expect("the test gives an address");
        Entrance::open(&Web { listen_address, allow_insecure, config_file: None }).map_err(|error| error.to_string())
    };
    for text in ["0.0.0.0:9847", "[::]:9847", "192.0.2.1:9847", "[::ffff:127.0.0.1]:9847"] {
        let refused = open(text, false).err();
        assert!(refused.is_some_and(|text| text.contains("allow_insecure = true under [web]")), "{text}");
        assert!(open(text, true).is_ok());
    }
    for text in ["127.0.0.1:9847", "127.9.9.9:1", "[::1]:9847"] {
        assert!(open(text, false).is_ok(), "{text}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let server = start(Limits::default()).await;
    let second = Entrance::open(&Web { listen_address: server.address, ..Web::default() }).expect("it is loopback");
    let second = second.bind().await;
    assert!(matches!(second, Err(ListenError::InUse { address }) if address == server.address));
}
