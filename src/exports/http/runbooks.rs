//! The runbooks, where whoever is on call finds them: `/runbooks/NAME.md`.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::pages::{TEXT_TYPE, sentence};
use crate::exports::runbooks;

/// The runbook of an alert, as plain text: browsers show that, and would save Markdown to a file.
pub(super) async fn runbook(Path(file): Path<String>) -> Response {
    match file.strip_suffix(".md").and_then(runbooks::find) {
        Some(runbook) => ([(header::CONTENT_TYPE, TEXT_TYPE)], runbook.markdown()).into_response(),
        None => sentence(StatusCode::NOT_FOUND, &format!("there is a runbook for each of\n{}", names())),
    }
}

fn names() -> String {
    runbooks::all().iter().map(|runbook| format!("/runbooks/{}.md", runbook.alert)).collect::<Vec<_>>().join("\n")
}
