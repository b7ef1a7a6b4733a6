//! From a question to an answer: on a thread that may wait, within bounds.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::super::Site;
use super::{Page, Trouble, frame, trouble};
use crate::exports::View;

/// How long a page waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes a page of the view of now.
pub(super) async fn answer(
    site: Site,
    places: Arc<Semaphore>,
    make: impl FnOnce(&View) -> Result<Page, Trouble> + Send + 'static,
) -> Response {
    let Ok(Ok(place)) = timeout(PATIENCE, places.acquire_owned()).await else { return refuse(&Trouble::Busy) };
    let answer = spawn_blocking(move || {
        let view = site.views.now();
        let page = make(&view).map(|page| frame::document(&page.title, Some(view.now()), &page.body));
        // The place is free when the page is made, even if nobody waits for it any more.
        drop(place);
        page
    });
    match answer.await {
        Ok(Ok(page)) => Html(page).into_response(),
        Ok(Err(trouble)) => refuse(&trouble),
        // A bug of ours: the thread has told the log.
        Err(_) => refuse(&Trouble::Busy),
    }
}

fn refuse(trouble: &Trouble) -> Response {
    let status = match trouble {
        Trouble::Nothing(_) => StatusCode::NOT_FOUND,
        Trouble::Question(_) => StatusCode::BAD_REQUEST,
        Trouble::Store(error) => {
            tracing::warn!(%error, "a page could not be made");
            StatusCode::SERVICE_UNAVAILABLE
        }
        Trouble::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    let page = trouble::page(trouble);
    (status, Html(frame::document(&page.title, None, &page.body))).into_response()
}
