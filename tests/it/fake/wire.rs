//! The HTTP of a fake: a server on a thread of its own, and what the network makes of its answers.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use futures_util::stream;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::faults::Effect;

/// The largest body that is read.
const BODY_LIMIT: usize = 256 << 20;
/// How long a byte takes where answers drip.
const DRIP: Duration = Duration::from_millis(100);

/// The connection is to be reset.
#[derive(Debug)]
pub struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("reset")
    }
}

impl std::error::Error for Reset {}

/// What came in, before it is known what it asks.
pub struct Received {
    pub parts: Parts,
    pub body: Bytes,
}

/// A server on a thread of its own; it ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on a port of loopback (0: a free one); answers when it listens.
    pub fn start<F, A>(port: u16, respond: F) -> Self
    where
        F: Fn(Received) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Result<Response<Body>, Reset>> + Send,
    {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a listener can be asynchronous");
        let address = listener.local_addr().expect("a listener has an address");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || run(listener, &respond, stopped));
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself, which is what is wanted.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves until told to stop.
fn run<F, A>(listener: TcpListener, respond: &F, stopped: oneshot::Receiver<()>)
where
    F: Fn(Received) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response<Body>, Reset>> + Send,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener can be asynchronous");
        let accept = async {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let respond = respond.clone();
                tokio::spawn(async move { serve(stream, &respond).await });
            }
        };
        tokio::select! {
            () = accept => {}
            _ = stopped => {}
        }
    });
    runtime.shutdown_background();
}

async fn serve<F, A>(stream: tokio::net::TcpStream, respond: &F)
where
    F: Fn(Received) -> A,
    A: Future<Output = Result<Response<Body>, Reset>>,
{
    // Answers are small and written whole; waiting for more would only make them late.
    let _ = stream.set_nodelay(true);
    let mut io = TokioIo::new(stream);
    let reset = AtomicBool::new(false);
    let service = service_fn(|request| {
        let reset = &reset;
        async move {
            let answer = match receive(request).await {
                Ok(received) => respond(received).await,
                Err(gone) => Err(gone),
            };
            if answer.is_err() {
                reset.store(true, Ordering::Relaxed);
            }
            answer
        }
    });
    let _ =
        hyper::server::conn::http1::Builder::new().timer(TokioTimer::new()).serve_connection(&mut io, service).await;
    if reset.load(Ordering::Relaxed) {
        let _ = io.inner().set_zero_linger();
    }
}

async fn receive(request: HttpRequest<Incoming>) -> Result<Received, Reset> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), BODY_LIMIT).await.map_err(|_| Reset)?;
    Ok(Received { parts, body })
}

pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The parameters of a query or a form, in the order in which they came; `+` is a blank.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// What the network makes of an answer.
pub fn shape(mut answer: Answer, effect: Option<&Effect>) -> Response<Body> {
    match effect {
        Some(Effect::Html) => {
            answer.status = 500;
            answer.headers = vec![("content-type".to_owned(), "text/html".to_owned())];
            answer.body = b"<html><body><h1>500 Internal Server Error</h1></body></html>".to_vec();
        }
        Some(Effect::EmptyBody) => answer.body.clear(),
        Some(Effect::HalfBody) => answer.body.truncate(answer.body.len() / 2),
        Some(Effect::Drip) => return dripping(answer),
        _ => {}
    }
    whole(answer)
}

fn head(answer: &Answer) -> hyper::http::response::Builder {
    let length = answer.body.len();
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    // An answer to HEAD tells a length of its own.
    if answer.headers.iter().any(|(name, _)| name == "content-length") {
        return response;
    }
    response.header("content-length", length)
}

/// The answer as it is.
pub fn whole(answer: Answer) -> Response<Body> {
    head(&answer).body(Body::from(answer.body)).expect("the headers are valid")
}

fn dripping(answer: Answer) -> Response<Body> {
    let head = head(&answer);
    let bytes = stream::unfold(answer.body.into_iter(), |mut rest| async move {
        let byte = rest.next()?;
        tokio::time::sleep(DRIP).await;
        Some((Ok::<_, Infallible>(Bytes::copy_from_slice(&[byte])), rest))
    });
    head.body(Body::from_stream(bytes)).expect("the headers are valid")
}
