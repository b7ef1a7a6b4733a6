//! A request before it reaches the pages: may it, and what goes with every answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::super::pages::{SECURITY_HEADERS, sentence};
use super::{Entrance, Rules, auth};

/// What a connection's requests are answered with.
#[derive(Clone)]
pub(in super::super) struct Visit {
    entrance: Arc<Entrance>,
    rules: Arc<Rules>,
    pages: TowerToHyperService<Router>,
    at_work: Arc<AtomicUsize>,
}

impl Visit {
    pub(in super::super) fn new(entrance: Arc<Entrance>, rules: Arc<Rules>, router: Router) -> Self {
        Self { entrance, rules, pages: TowerToHyperService::new(router), at_work: Arc::default() }
    }

    /// How many requests are waiting for an answer.
    pub(in super::super) fn at_work(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.at_work)
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let _working = Working::begin(&self.at_work);
        let mut response = match self.refusal(request.headers()).await {
            None => self.pages.call(request).await?,
            Some(mut refusal) => {
                refusal.headers_mut().extend(SECURITY_HEADERS);
                refusal
            }
        };
        let headers = response.headers_mut();
        for (name, value) in &self.rules.headers {
            match value {
                Some(value) => drop(headers.insert(name, value.clone())),
                None => drop(headers.remove(name)),
            }
        }
        Ok(response)
    }

    /// The order is the toolkit's: first the limit, then the password. Why a login fails is nobody's business.
    async fn refusal(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        if self.rules.bucket.as_ref().is_some_and(|bucket| !bucket.allows()) {
            return Some(sentence(
                StatusCode::TOO_MANY_REQUESTS,
                "too many requests; the web configuration limits them",
            ));
        }
        let users = &self.rules.access.users;
        if users.is_empty() {
            return None;
        }
        let admitted = match auth::credentials(headers) {
            Some(credentials) => self.entrance.checker.admits(users, credentials).await,
            None => false,
        };
        if admitted {
            return None;
        }
        let mut refusal = sentence(StatusCode::UNAUTHORIZED, "a user name and its password are needed");
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        Some(refusal)
    }
}

/// Counts a request for as long as it is there; clients may take requests back.
struct Working(Arc<AtomicUsize>);

impl Working {
    fn begin(at_work: &Arc<AtomicUsize>) -> Self {
        at_work.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(at_work))
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Service<Request<Incoming>> for Visit {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        Box::pin(self.clone().answer(request))
    }
}
