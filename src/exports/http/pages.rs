//! What is served at which path.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::body::{Frame, SizeHint};

use super::api::{self, Judge, Problem};
use super::runbooks::runbook;
use super::status;
use crate::exports::Views;
use crate::exports::metrics::Metrics;

const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
pub(super) const TEXT_TYPE: &str = "text/plain; charset=utf-8";

/// Sent with every answer: nothing is ever to be run, framed, guessed at or kept.
pub(super) const SECURITY_HEADERS: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// How the daemon stands, in sentences. A new one is healthy and not ready.
#[derive(Debug)]
pub struct Health {
    state: RwLock<Standing>,
}

#[derive(Debug)]
struct Standing {
    not_ready: Option<String>,
    trouble: Option<String>,
}

impl Default for Health {
    fn default() -> Self {
        let not_ready = Some("the history is not open yet".to_owned());
        Self { state: RwLock::new(Standing { not_ready, trouble: None }) }
    }
}

impl Health {
    /// The store is open and the first state is published.
    pub fn ready(&self) {
        self.change(|standing| standing.not_ready = None);
    }

    /// Not ready any more: why.
    pub fn not_ready(&self, because: impl Into<String>) {
        self.change(|standing| standing.not_ready = Some(because.into()));
    }

    /// Something keeps the daemon from its work: what.
    pub fn trouble(&self, what: impl Into<String>) {
        self.change(|standing| standing.trouble = Some(what.into()));
    }

    /// The trouble is over.
    pub fn well(&self) {
        self.change(|standing| standing.trouble = None);
    }

    fn change(&self, how: impl FnOnce(&mut Standing)) {
        how(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn reason(&self, which: impl FnOnce(&Standing) -> Option<&String>) -> Option<String> {
        which(&self.state.read().unwrap_or_else(PoisonError::into_inner)).cloned()
    }
}

/// All that the pages need.
#[derive(Clone)]
pub struct Site {
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// Health and readiness.
    pub health: Arc<Health>,
    /// The history, as it is to be shown.
    pub views: Views,
    /// Whoever judges, for the API.
    pub judge: Arc<dyn Judge>,
}

pub(super) fn router(site: Site) -> Router {
    Router::new()
        .merge(status::routes())
        .route("/metrics", get(metrics))
        .route("/runbooks/{file}", get(runbook))
        .route("/-/healthy", get(healthy))
        .route("/-/ready", get(ready))
        .merge(api::router(site.views.clone(), Arc::clone(&site.judge)))
        .fallback(nothing)
        .layer(middleware::from_fn(guard))
        .with_state(site)
}

/// Refuses whatever is not a reading, and adds the security headers to every answer.
async fn guard(request: Request, next: Next) -> Response {
    let mut response = if [Method::GET, Method::HEAD].contains(request.method()) {
        next.run(request).await
    } else {
        let refused = if api::owns(request.uri().path()) {
            Problem::method().into_response()
        } else {
            status::not_allowed(request.headers(), request.method())
                .unwrap_or_else(|| sentence(StatusCode::METHOD_NOT_ALLOWED, "this server is read only: GET and HEAD"))
        };
        ([(header::ALLOW, "GET, HEAD")], refused).into_response()
    };
    response.headers_mut().extend(SECURITY_HEADERS);
    response
}

async fn nothing(headers: HeaderMap) -> Response {
    status::not_found(&headers)
        .unwrap_or_else(|| sentence(StatusCode::NOT_FOUND, "there is nothing here; the start page is /"))
}

async fn metrics(State(site): State<Site>) -> Response {
    let views = site.views.clone();
    // Whatever became of it: the page is there.
    let _ = tokio::task::spawn_blocking(move || views.renew()).await;
    match site.metrics.page() {
        Ok((counters, state)) => {
            let parts = [Bytes::from(counters)].into_iter().chain(state).collect();
            ([(header::CONTENT_TYPE, METRICS_TYPE)], Body::new(Pieces(parts))).into_response()
        }
        Err(error) => sentence(StatusCode::INTERNAL_SERVER_ERROR, &format!("the metrics cannot be shown: {error}")),
    }
}

async fn healthy(State(site): State<Site>) -> Response {
    match site.health.reason(|standing| standing.trouble.as_ref()) {
        None => sentence(StatusCode::OK, "roletrail is healthy"),
        Some(trouble) => sentence(StatusCode::SERVICE_UNAVAILABLE, &trouble),
    }
}

async fn ready(State(site): State<Site>) -> Response {
    let reason = site.health.reason(|standing| standing.not_ready.as_ref());
    let unpublished = || (!site.metrics.is_published()).then(|| "the first state is not rendered yet".to_owned());
    match reason.or_else(unpublished) {
        None => sentence(StatusCode::OK, "roletrail is ready"),
        Some(because) => sentence(StatusCode::SERVICE_UNAVAILABLE, &because),
    }
}

pub(super) fn sentence(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, TEXT_TYPE)], format!("{text}\n")).into_response()
}

/// A body in pieces that are already in memory: a page of many megabytes is shared by its readers, not copied for each.
struct Pieces(VecDeque<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}
