//! What an answer says that is none: a problem document (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::store::StoreError;

/// The media type of problem documents.
pub(super) const PROBLEM_TYPE: &str = "application/problem+json";

/// Seconds after which it is worth asking again.
const AGAIN_AFTER: HeaderValue = HeaderValue::from_static("2");

/// Why a request got no answer (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::exports::http) struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong, and what to do.
    detail: String,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
}

impl Problem {
    /// A problem of a request as a whole.
    pub(in crate::exports::http) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            parameter: None,
        }
    }

    /// A parameter that cannot be understood.
    pub(super) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail).about(name)
    }

    /// The same, with the parameter to blame.
    pub(super) fn about(self, parameter: &str) -> Self {
        Self { parameter: Some(parameter.to_owned()), ..self }
    }

    /// A method that does more than read.
    pub(in crate::exports::http) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this server is read only; use GET or HEAD")
    }

    /// Everybody who reads the history is at it.
    pub(super) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests read the history at once; try again in a moment",
        )
    }

    /// Work that broke off.
    pub(super) fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made; please report this")
    }
}

/// A history that cannot be read is no empty list.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Plain data with text keys is always JSON.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_TYPE)], body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, AGAIN_AFTER);
        }
        response
    }
}
