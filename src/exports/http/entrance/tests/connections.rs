//! Connections to a server with TLS: what a client must show, what it may take, what ends.

use std::io;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::SanType;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion, RootCertStore};

use super::super::super::tests::{NoJudge, views};
use super::super::super::{Health, Limits, Site, serve};
use super::certificates::{Pair, host};
use super::*;
use crate::exports::metrics::State;

/// A server on a free port of this machine; it ends with its last handle.
struct Running {
    place: Place,
    entrance: Arc<Entrance>,
    address: SocketAddr,
    metrics: Arc<Metrics>,
    _stop: oneshot::Sender<()>,
    /// Where the history is while the server runs.
    _history: tempfile::TempDir,
}

async fn start(text: &str) -> Running {
    start_at(Place::new(text)).await
}

async fn start_at(place: Place) -> Running {
    let (entrance, metrics) = (place.open(), metrics());
    metrics.publish(&State::default());
    let history = tempfile::tempdir().expect("a temporary directory");
    let views = views(history.path()).await;
    let judge = Arc::new(NoJudge);
    let site = Site { metrics: Arc::clone(&metrics), health: Arc::new(Health::default()), views, judge };
    let listener = entrance.bind().await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(serve(listener, Arc::clone(&entrance), site, Limits::default(), async {
        let _ = stopped.await;
    }));
    Running { place, entrance, address, metrics, _stop: stop, _history: history }
}

/// What a client brings to a handshake.
#[derive(Default)]
struct Client<'a> {
    pair: Option<&'a Pair>,
    http2: bool,
    versions: Option<ProtocolVersion>,
}

impl Running {
    async fn connect(&self, client: &Client<'_>) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate_of(&self.place.authority.pair)).expect("an authority");
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let versions = tokio_rustls::rustls::ALL_VERSIONS.iter().copied();
        let versions: Vec<_> =
            versions.filter(|version| client.versions.is_none_or(|only| version.version == only)).collect();
        let builder = builder.with_protocol_versions(&versions).expect("versions").with_root_certificates(roots);
        let mut config = match client.pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
                builder.with_client_auth_cert(vec![certificate_of(pair)], key).expect("they belong together")
            }
        };
        config.alpn_protocols = if client.http2 { vec![HTTP2.to_vec()] } else { Vec::new() };
        let stream = TcpStream::connect(self.address).await?;
        TlsConnector::from(Arc::new(config)).connect("localhost".try_into().expect("a name"), stream).await
    }

    /// The status of the page of health, or why there is none.
    async fn status(&self, client: &Client<'_>) -> io::Result<u16> {
        let mut stream = self.connect(client).await?;
        stream.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| io::Error::other(format!("no answer: {answer:?}")))
    }

    async fn http2(
        &self,
        window: Option<u32>,
    ) -> (http2::SendRequest<Body>, tokio::task::JoinHandle<hyper::Result<()>>) {
        let stream = self.connect(&Client { http2: true, ..Client::default() }).await.expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(HTTP2));
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(window);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.expect("HTTP/2");
        (sender, tokio::spawn(connection))
    }
}

fn certificate_of(pair: &Pair) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pair.certificate.as_bytes()).expect("a certificate")
}

fn get(path: &str) -> Request<Body> {
    Request::get(format!("https://localhost{path}")).body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn each_kind_of_client_authentication_lets_in_whom_it_should() {
    let strangers = Authority::new("theirs");
    for (auth, none, ours, named, stale, theirs) in [
        ("NoClientCert", true, true, true, true, true),
        ("RequestClientCert", true, true, true, true, true),
        ("RequireAnyClientCert", false, true, true, true, true),
        ("RequireClientCert", false, true, true, true, true),
        ("VerifyClientCertIfGiven", true, true, true, false, false),
        ("RequireAndVerifyClientCert", false, true, true, false, false),
    ] {
        let ca = if auth == "NoClientCert" { "" } else { "client_ca_file: ca.pem, " };
        let server = start(&TLS.replace('}', &format!(", {ca}client_auth_type: {auth}}}"))).await;
        let authority = &server.place.authority;
        let pairs = [
            (None, none),
            (Some(authority.signs("client", &[])), ours),
            (Some(authority.signs("client", &[host("a.example")])), named),
            (Some(authority.signs_from_to("client", &[], 2000, 2001)), stale),
            (Some(strangers.signs("client", &[])), theirs),
        ];
        for version in [ProtocolVersion::TLSv1_2, ProtocolVersion::TLSv1_3] {
            for (number, (pair, admitted)) in pairs.iter().enumerate() {
                let client = Client { pair: pair.as_ref(), versions: Some(version), ..Client::default() };
                let status = server.status(&client).await;
                assert_eq!(status.is_ok_and(|status| status == 200), *admitted, "{auth} {number} {version:?}");
            }
        }
    }
}

#[tokio::test]
async fn of_clients_that_are_verified_only_those_with_an_allowed_name_come_in() {
    let more = ", client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert, client_allowed_sans: [b.example, 10.0.0.1, \"mailto:x\", ada@example.org]}";
    let server = start(&TLS.replace('}', more)).await;
    let mail = |text: &str| SanType::Rfc822Name(text.try_into().expect("ASCII"));
    let uri = |text: &str| SanType::URI(text.try_into().expect("ASCII"));
    for (names, admitted) in [
        (vec![], false),
        (vec![host("a.example")], false),
        (vec![host("a.example"), host("b.example")], true),
        (vec![host("x.b.example")], false),
        (vec![SanType::IpAddress([10, 0, 0, 1].into())], true),
        (vec![SanType::IpAddress([10, 0, 0, 2].into())], false),
        (vec![uri("mailto:x")], true),
        (vec![mail("ada@example.org")], true),
        (vec![mail("bob@example.org")], false),
    ] {
        let pair = server.place.authority.signs("b.example", &names);
        let status = server.status(&Client { pair: Some(&pair), ..Client::default() }).await;
        assert_eq!(status.is_ok(), admitted, "{names:?}");
    }
}

#[tokio::test]
async fn a_self_signed_certificate_that_is_listed_itself_is_let_in() {
    let clients = ", client_ca_file: own.pem, client_auth_type: RequireAndVerifyClientCert}";
    let (place, own) = (Place::new(&TLS.replace('}', clients)), Authority::new("client"));
    place.write("own.pem", &own.pair.certificate);
    let server = start_at(place).await;
    assert_eq!(server.status(&Client { pair: Some(&own.pair), ..Client::default() }).await.ok(), Some(200));
    // Another one of the same name is somebody else's.
    let other = Authority::new("client");
    assert!(server.status(&Client { pair: Some(&other.pair), ..Client::default() }).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_go_on_is_cut() {
    let server = start(TLS).await;
    for begin in [&b""[..], b"\x16\x03\x01"] {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(server.address).await.expect("it listens");
        stream.write_all(begin).await.expect("sent");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!((answer.len(), begun.elapsed().as_secs()), (0, Limits::default().head_time.as_secs()));
    }
}

#[tokio::test]
async fn plain_http_is_told_to_use_tls_and_nonsense_ends() {
    let server = start(TLS).await;
    let ask = async |text: &[u8]| {
        let mut stream = TcpStream::connect(server.address).await.expect("it listens");
        stream.write_all(text).await.expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("a clean end");
        answer
    };
    for method in ["GET", "HEAD", "POST", "get"] {
        let answer = ask(format!("{method} /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await;
        let answer = String::from_utf8(answer).expect("text");
        assert!(answer.starts_with("HTTP/1.0 400 Bad Request\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nthis port speaks TLS: ask with https://\n"), "{answer}");
    }
    // An alert of TLS, and nothing else.
    assert_eq!(ask(b"\x16\x03\x01\x00\x04\xff\x00\x00\x00").await.first(), Some(&21));
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_plain_connections_hold_behind_tls() {
    let server = start(TLS).await;
    let mut stream = server.connect(&Client::default()).await.expect("TLS");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: loc").await.expect("sent");
    let begun = Instant::now();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    assert_eq!(begun.elapsed().as_secs(), Limits::default().head_time.as_secs());
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_of_http2_is_ended_and_one_in_use_is_not() {
    let server = start(TLS).await;
    let (mut sender, connection) = server.http2(None).await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(8)).await;
        let answer = sender.send_request(get("/-/healthy")).await.expect("it is open");
        assert_eq!(answer.status(), StatusCode::OK);
    }
    ends_by_itself(connection).await;
}

/// A paused clock goes on to the next timer with each byte that comes, so that this takes its longest.
async fn ends_by_itself(connection: tokio::task::JoinHandle<hyper::Result<()>>) {
    let _ = timeout(3 * Limits::default().stall_time, connection).await.expect("it ends");
}

#[tokio::test(start_paused = true)]
async fn a_client_of_http2_that_takes_no_answer_is_given_up() {
    let server = start(TLS).await;
    let (mut sender, connection) = server.http2(Some(0)).await;
    let answer = sender.send_request(get("/metrics")).await.expect("the head of the answer");
    assert_eq!(answer.status(), StatusCode::OK);
    ends_by_itself(connection).await;
    drop(answer);
}

#[tokio::test]
async fn a_head_without_measure_is_refused_in_http2_too() {
    let server = start(TLS).await;
    let (mut sender, _connection) = server.http2(None).await;
    let mut request = get("/");
    request.headers_mut().insert("x", "x".repeat(64 * 1024).parse().expect("a value"));
    let answer = sender.send_request(request).await;
    assert!(!answer.is_ok_and(|answer| answer.status() != StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
}

#[tokio::test]
async fn a_connection_ends_when_its_user_is_taken_away() {
    let server = start(&format!("{TLS}{ADA}")).await;
    let mut stream = server.connect(&Client::default()).await.expect("TLS");
    stream.write_all(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.expect("an answer");
    assert_eq!(&begin, b"HTTP/1.1 401");
    let (mut sender, connection) = server.http2(None).await;
    assert_eq!(sender.send_request(get("/")).await.expect("an answer").status(), StatusCode::UNAUTHORIZED);
    server.place.write("web.yml", &format!("{TLS}{}", ADA.replace("ada", "bob")));
    server.entrance.reload(&server.metrics);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("it ends");
    connection.await.expect("it ends").expect("cleanly");
}
