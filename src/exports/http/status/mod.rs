//! The status page and what belongs to it: pages for people, made when they are asked for.
//!
//! A page reads the history on a thread that may wait, a few of them at a time. Where the history cannot be read the
//! answer is a page that says so: an empty list would be taken for good news.

mod account;
mod answer;
mod finding;
mod frame;
mod list;
mod query;
mod rule;
mod start;
mod tables;
#[cfg(test)]
mod tests;
mod trouble;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use tokio::sync::Semaphore;

use super::Site;
use crate::exports::html::STYLE;
use crate::model::{Account, Provider};
use crate::store::StoreError;
use answer::answer;
use query::Query;

/// Pages that are made at a time. Each holds a thread and a connection to the store.
const PAGES_AT_A_TIME: usize = 4;

/// The stylesheet of the pages themselves.
const PAGE_STYLE: &str = include_str!("page.css");

/// A small picture for the browser's tab.
const ICON: &str = include_str!("icon.svg");

/// A page: its title and what stands between its header and its footer.
struct Page {
    title: String,
    body: Markup,
}

/// Why there is no page.
enum Trouble {
    /// There is no such thing.
    Nothing(String),
    /// The question makes no sense.
    Question(String),
    /// The history cannot be read.
    Store(StoreError),
    /// Too many pages are being made.
    Busy,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The status page and what belongs to it.
pub(super) fn routes() -> Router<Site> {
    let places = Arc::new(Semaphore::new(PAGES_AT_A_TIME));
    let (of_start, of_finding, of_account) = (Arc::clone(&places), Arc::clone(&places), Arc::clone(&places));
    Router::new()
        .route(
            "/",
            get(async move |State(site): State<Site>, uri: Uri| {
                answer(site, of_start, move |view| start::page(view, &Query::of(&uri)?)).await
            }),
        )
        .route(
            "/findings/{id}",
            get(async move |State(site): State<Site>, Path(id): Path<String>| {
                answer(site, of_finding, move |view| finding::page(view, &id)).await
            }),
        )
        .route(
            "/accounts/{provider}/{id}",
            get(async move |State(site): State<Site>, Path((provider, id)): Path<(String, String)>| {
                answer(site, of_account, move |view| account::page(view, &known_account(&provider, id)?)).await
            }),
        )
        .route(
            "/rules/{id}",
            get(async move |State(site): State<Site>, Path(id): Path<String>| {
                answer(site, places, move |view| rule::page(view, &id)).await
            }),
        )
        .route(
            "/style.css",
            get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], [STYLE, PAGE_STYLE].concat())),
        )
        .route("/icon.svg", get(async || ([(header::CONTENT_TYPE, "image/svg+xml")], ICON)))
}

fn known_account(provider: &str, id: String) -> Result<Account, Trouble> {
    let provider: Provider = provider
        .parse()
        .map_err(|_| Trouble::Nothing("There is no such provider: aws and alibaba are known.".to_owned()))?;
    Ok(Account::new(provider, id))
}

/// What whoever asks for a path that does not exist gets: a page for a browser, `None` for programs.
pub(super) fn not_found(headers: &HeaderMap) -> Option<Response> {
    let body = html! {
        h1 { "There is nothing here" }
        p { "No page has this address. " a href="/" { "The status page" } " links to all of them." }
    };
    wants_page(headers).then(|| whole(StatusCode::NOT_FOUND, "Not found", &body))
}

/// The same for a request that would change something.
pub(super) fn not_allowed(headers: &HeaderMap, method: &Method) -> Option<Response> {
    let body = html! {
        h1 { "This server is read only" }
        p { "It answers GET and HEAD; " code { (method.as_str()) } " is refused. " a href="/" { "The status page" } }
    };
    wants_page(headers).then(|| whole(StatusCode::METHOD_NOT_ALLOWED, "Read only", &body))
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn whole(status: StatusCode, title: &str, body: &Markup) -> Response {
    (status, axum::response::Html(frame::document(title, None, body))).into_response()
}
