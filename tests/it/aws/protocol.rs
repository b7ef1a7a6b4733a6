//! The three protocols: how answers and errors look in each.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::fake::{Answer, Errors, Refusal};

/// A protocol; that of Query has the namespace of its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Json,
    Query(&'static str),
    Rest,
    /// Errors of S3, which is served by moto.
    S3,
}

impl Protocol {
    /// An answer of an operation.
    pub fn answer(self, operation: &str, result: &Value, request_id: &str) -> Answer {
        let body = match self {
            Self::Json | Self::Rest => result.to_string(),
            Self::Query(namespace) => {
                let mut inner = String::new();
                write_xml(&mut inner, result);
                format!(
                    "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{inner}</{operation}Result>\
                     <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
                )
            }
            Self::S3 => String::new(),
        };
        self.envelope(200, body, request_id)
    }

    /// An error.
    pub fn error(self, refusal: &Refusal, request_id: &str) -> Answer {
        let (code, message) = (&refusal.code, escape(&refusal.message));
        let body = match self {
            Self::Json => json!({"__type": code, "message": refusal.message}).to_string(),
            Self::Rest => json!({"message": refusal.message}).to_string(),
            Self::Query(namespace) => {
                let kind = if refusal.status < 500 { "Sender" } else { "Receiver" };
                format!(
                    "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{kind}</Type><Code>{code}</Code>\
                     <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
                )
            }
            Self::S3 => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
                 <RequestId>{request_id}</RequestId></Error>"
            ),
        };
        let mut answer = self.envelope(refusal.status, body, request_id);
        if matches!(self, Self::Json | Self::Rest) {
            answer.headers.push(("x-amzn-errortype".to_owned(), code.clone()));
        }
        answer
    }

    fn envelope(self, status: u16, body: String, request_id: &str) -> Answer {
        let kind = match self {
            Self::Json => "application/x-amz-json-1.1",
            Self::Rest => "application/json",
            Self::Query(_) => "text/xml",
            Self::S3 => "application/xml",
        };
        let headers = vec![
            ("content-type".to_owned(), kind.to_owned()),
            ("x-amzn-requestid".to_owned(), request_id.to_owned()),
        ];
        Answer { status, headers, body: body.into_bytes() }
    }

    /// How they say that a request was signed for something else, or not at all.
    pub fn wrong_signature(self, message: impl Into<String>) -> Refusal {
        match self {
            Self::Json | Self::Rest => Refusal::malformed(400, "InvalidSignatureException", message),
            Self::Query(_) | Self::S3 => Refusal::malformed(403, "SignatureDoesNotMatch", message),
        }
    }
}

impl Errors for Protocol {
    fn access_denied(self, who: &str, action: &str) -> Refusal {
        let message = format!(
            "User: {who} is not authorized to perform: {action} because no identity-based policy allows the {action} action"
        );
        match self {
            Self::Json => Refusal::new(400, "AccessDeniedException", message),
            Self::Rest => Refusal::new(403, "AccessDeniedException", message),
            Self::Query(_) | Self::S3 => Refusal::new(403, "AccessDenied", message),
        }
    }

    fn throttled(self) -> Refusal {
        match self {
            Self::Json => Refusal::new(400, "ThrottlingException", "Rate exceeded"),
            Self::Rest => Refusal::new(429, "TooManyRequestsException", "Too Many Requests"),
            Self::Query(_) => Refusal::new(400, "Throttling", "Rate exceeded"),
            Self::S3 => Refusal::new(503, "SlowDown", "Please reduce your request rate."),
        }
    }

    fn unwell(self, status: u16) -> Refusal {
        let code = match self {
            Self::Json | Self::Rest => "InternalServerException",
            Self::Query(_) => "ServiceFailure",
            Self::S3 => "InternalError",
        };
        Refusal::new(status, code, "We encountered an internal error. Please try again.")
    }

    fn unknown_key(self) -> Refusal {
        let message = "The security token included in the request is invalid.";
        match self {
            Self::Json => Refusal::new(400, "UnrecognizedClientException", message),
            Self::Rest => Refusal::new(403, "UnrecognizedClientException", message),
            Self::Query(_) => Refusal::new(403, "InvalidClientTokenId", message),
            Self::S3 => Refusal::new(403, "InvalidAccessKeyId", message),
        }
    }

    fn expired(self) -> Refusal {
        let message = "The security token included in the request is expired";
        match self {
            Self::Json => Refusal::new(400, "ExpiredTokenException", message),
            Self::Rest => Refusal::new(403, "ExpiredTokenException", message),
            Self::Query(_) => Refusal::new(403, "ExpiredToken", message),
            Self::S3 => Refusal::new(400, "ExpiredToken", message),
        }
    }
}

/// Writes the members of a value as elements; the entries of a list are `member` elements, null is nothing.
fn write_xml(out: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                let _ = write!(out, "<{name}>");
                write_xml(out, value);
                let _ = write!(out, "</{name}>");
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                out.push_str("<member>");
                write_xml(out, entry);
                out.push_str("</member>");
            }
        }
        Value::String(text) => out.push_str(&escape(text)),
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
