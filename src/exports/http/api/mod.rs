//! The JSON API, read only: the lists that the commands print, in pages, and its own description.
//!
//! Requests are read before anything else, so that a wrong one costs nothing. Whatever reads the history does so on a
//! blocking thread, one of few at a time, and hands over a whole answer of bounded size: a client that reads slowly, or
//! goes away, holds no reader of the history.

mod cursor;
mod lists;
mod openapi;
mod page;
mod parameters;
mod problem;
mod query;
mod readers;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;

use crate::exports::Views;
use crate::model::{Account, AccountVerdict};
use crate::store::StoreError;
pub(super) use problem::Problem;
use query::Query;
use readers::Readers;

/// Where everything of the API lies, but its description.
const ROOT: &str = "/api/";
/// Where the description is.
const DESCRIPTION: &str = "/openapi.json";
const JSON_TYPE: &str = "application/json";

/// Bytes of all headers of a request together. Ours and those of any browser are far below it.
const HEADER_BYTES: usize = 8 * 1024;

/// What the API has to ask of whoever knows profiles and judges.
pub trait Judge: Send + Sync {
    /// The kind of store that a profile serves; the empty word where it serves none.
    fn store_kind(&self, profile: &str) -> String;

    /// The verdicts on an account as of a moment, from the history.
    ///
    /// # Errors
    /// [`StoreError`].
    fn verdicts_at(&self, account: &Account, at: Timestamp) -> Result<Vec<AccountVerdict>, StoreError>;
}

/// The lists of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Findings,
    Verdicts,
    Coverage,
    Roles,
    Stores,
    Events,
    Tasks,
}

impl List {
    const ALL: [Self; 7] =
        [Self::Findings, Self::Verdicts, Self::Coverage, Self::Roles, Self::Stores, Self::Events, Self::Tasks];

    fn name(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Verdicts => "verdicts",
            Self::Coverage => "coverage",
            Self::Roles => "roles",
            Self::Stores => "stores",
            Self::Events => "events",
            Self::Tasks => "tasks",
        }
    }

    fn path(self) -> String {
        format!("{ROOT}v1/{}", self.name())
    }
}

/// Where the API's facts come from.
#[derive(Clone)]
struct Source {
    views: Views,
    judge: Arc<dyn Judge>,
}

struct Api {
    source: Source,
    readers: Readers,
    description: Bytes,
}

/// The routes of the API.
pub(super) fn router<S: Clone + Send + Sync + 'static>(views: Views, judge: Arc<dyn Judge>) -> Router<S> {
    with_readers(Source { views, judge }, Readers::default())
}

fn with_readers<S: Clone + Send + Sync + 'static>(source: Source, readers: Readers) -> Router<S> {
    let api = Arc::new(Api { source, readers, description: openapi::document().to_string().into() });
    let mut router = Router::new()
        .route(DESCRIPTION, get(description))
        .route("/api/v1/findings/{id}", get(one_finding))
        .route("/api", get(nothing))
        .route("/api/", get(nothing))
        .route("/api/{*rest}", get(nothing));
    for list in List::ALL {
        let answer = move |State(api): State<Arc<Api>>, RawQuery(query): RawQuery| page_of(api, list, query);
        router = router.route(&list.path(), get(answer));
    }
    router.layer(middleware::from_fn(measured)).with_state(api)
}

/// Whether answers at a path have the API's shape.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with(ROOT) || path == "/api" || path == DESCRIPTION
}

/// Refuses requests whose heads the server can read and nobody needs.
async fn measured(request: Request, next: Next) -> Response {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    if HEADER_BYTES < headers.sum() {
        let detail =
            format!("the headers of a request may have {HEADER_BYTES} bytes together; send fewer or shorter ones");
        return Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail).into_response();
    }
    next.run(request).await
}

async fn description(State(api): State<Arc<Api>>) -> Response {
    json(api.description.clone())
}

async fn nothing() -> Problem {
    let lists = List::ALL.map(List::path).join(", ");
    Problem::new(StatusCode::NOT_FOUND, format!("there is nothing here; there is {lists}, and {DESCRIPTION}"))
}

async fn page_of(api: Arc<Api>, list: List, query: Option<String>) -> Result<Response, Problem> {
    let query = Query::read(list, parameters::of(list), query.as_deref())?;
    let source = api.source.clone();
    api.readers.read(move || lists::page(list, &query, &source)).await.map(|body| json(body.into()))
}

async fn one_finding(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = Query::read(List::Findings, parameters::OF_ONE_FINDING, query.as_deref())?;
    let source = api.source.clone();
    api.readers.read(move || lists::finding(&id, &query, &source)).await.map(|body| json(body.into()))
}

fn json(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, JSON_TYPE)], body).into_response()
}
