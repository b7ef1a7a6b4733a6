//! What error answers mean: for coverage, and for whether to ask again.

use serde_json::Value;

use super::answer::element;
use crate::model::Outcome;
use crate::sources::live::{Again, Failure, chain, one_line};

/// Where a refused signature's message begins to repeat the request, its headers included.
const ECHO: &str = "string to sign";

/// What a refusal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Error code.
    pub code: String,
    /// Message; empty where there is none. The request id is left out: the same failure reads the same every time.
    pub message: String,
}

impl Refusal {
    /// Reads the body of an error, JSON or XML; `None` where it is neither.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body = String::from_utf8_lossy(body);
        let body = body.trim_start_matches('\u{feff}').trim_start();
        if body.starts_with('<') {
            let (_, error) = body.split_once("<Error>")?;
            let message = element(error, "Message").unwrap_or_default();
            // Where OSS wants to be asked instead; the message alone only says that it does.
            let elsewhere = element(error, "Endpoint").map(|host| format!(" {host}")).unwrap_or_default();
            return Some(Self { code: element(error, "Code")?, message: message + &elsewhere });
        }
        let body: Value = serde_json::from_str(body).ok()?;
        let field = |names: [&str; 2]| names.iter().find_map(|name| word(body.get(name)?));
        Some(Self { code: field(["Code", "code"])?, message: field(["Message", "message"]).unwrap_or_default() })
    }

    /// The failure that it is.
    pub fn failure(&self, status: u16) -> Failure {
        let (outcome, again) = meaning(&self.code, status);
        let message = without_echo(&self.message);
        let detail = if message.is_empty() { self.code.clone() } else { format!("{}: {message}", self.code) };
        Failure { outcome, code: Some(self.code.clone()), detail: one_line(&detail), again, pause: None }
    }
}

/// An error without the form of the protocol: from something between here and the service.
pub(super) fn unreadable(status: u16) -> Failure {
    let (outcome, again) = match status {
        401 | 403 => (Outcome::Denied, Again::Never),
        429 => (Outcome::Throttled, Again::Slower),
        300..=399 => (Outcome::Error, Again::Never),
        _ => (Outcome::Error, Again::Soon),
    };
    Failure { again, ..Failure::new(outcome, format!("HTTP {status} with an answer that cannot be read")) }
}

/// No answer, or half of one. Without the URL, whose parameters would only repeat what was asked.
pub(super) fn unanswered(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let told = chain(&error);
    if error.is_timeout() {
        return Failure::of_timeout(&told);
    }
    let again = if error.is_builder() { Again::Never } else { Again::Soon };
    Failure { again, ..Failure::new(Outcome::Error, told) }
}

/// A code or a message, which some services write as a number.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn without_echo(message: &str) -> &str {
    let found = message.to_ascii_lowercase().find(ECHO);
    found.map_or(message, |at| message[..at + ECHO.len()].trim_end())
}

/// What an error code means. None of them proves that something is not there, unless it says so of the thing itself.
fn meaning(code: &str, status: u16) -> (Outcome, Again) {
    if is_throttling(code, status) {
        return (Outcome::Throttled, Again::Slower);
    }
    match code {
        // Nonce and date are new with every attempt, so that another one can help.
        "SignatureNonceUsed" | "InvalidTimeStamp.Expired" | "RequestTimeTooSkewed" => (Outcome::Error, Again::Once),
        // The second one is how the key service spells it.
        "ServiceUnavailable" | "SerivceUnvailableTemporary" | "ServiceUnavailableTemporary" | "InternalError" => {
            (Outcome::Error, Again::Soon)
        }
        _ if is_denial(code) => (Outcome::Denied, Again::Never),
        _ if status >= 500 => (Outcome::Error, Again::Soon),
        _ => (Outcome::Error, Again::Never),
    }
}

/// Throttling comes as HTTP 400; OSS names the limit that was exceeded, as HTTP 503.
fn is_throttling(code: &str, status: u16) -> bool {
    code.contains("Throttling") || status == 429 || (status == 503 && code.ends_with("LimitExceeded"))
}

/// Some services say `Forbidden` of what is not there.
fn is_denial(code: &str) -> bool {
    let denying = ["NoPermission", "Forbidden", "AccessDenied", "Unauthorized"];
    let missing = ["NotFound", "NotExist", "NotExists"];
    denying.iter().any(|word| code.starts_with(word)) && !missing.iter().any(|word| code.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_more_than_the_status() {
        for (code, status, outcome, again) in [
            ("Throttling.User", 400, Outcome::Throttled, Again::Slower),
            ("Throttling", 400, Outcome::Throttled, Again::Slower),
            ("Rejected.Throttling", 400, Outcome::Throttled, Again::Slower),
            ("Forbidden.Throttling", 403, Outcome::Throttled, Again::Slower),
            ("QpsLimitExceeded", 503, Outcome::Throttled, Again::Slower),
            ("Whatever", 429, Outcome::Throttled, Again::Slower),
            ("ServiceUnavailable", 503, Outcome::Error, Again::Soon),
            ("SerivceUnvailableTemporary", 503, Outcome::Error, Again::Soon),
            ("InternalError", 500, Outcome::Error, Again::Soon),
            ("InternalError", 400, Outcome::Error, Again::Soon),
            ("UnknownError", 502, Outcome::Error, Again::Soon),
            ("NoPermission", 403, Outcome::Denied, Again::Never),
            ("NoPermission.RAM", 403, Outcome::Denied, Again::Never),
            ("Forbidden.RAM", 403, Outcome::Denied, Again::Never),
            ("Forbidden", 403, Outcome::Denied, Again::Never),
            ("AccessDenied", 403, Outcome::Denied, Again::Never),
            ("Forbidden.DKMSInstanceNotFound", 403, Outcome::Error, Again::Never),
            ("Forbidden.KeyNotFound", 404, Outcome::Error, Again::Never),
            ("EntityNotExist.Role", 404, Outcome::Error, Again::Never),
            ("InvalidApi.NotFound", 404, Outcome::Error, Again::Never),
            ("Rejected.UnsupportedOperation", 400, Outcome::Error, Again::Never),
            ("InvalidAccessKeyId.NotFound", 404, Outcome::Error, Again::Never),
            ("SignatureDoesNotMatch", 400, Outcome::Error, Again::Never),
            ("SignatureNonceUsed", 400, Outcome::Error, Again::Once),
            ("InvalidTimeStamp.Expired", 400, Outcome::Error, Again::Once),
            ("RequestTimeTooSkewed", 403, Outcome::Error, Again::Once),
        ] {
            assert_eq!(meaning(code, status), (outcome, again), "{code} {status}");
        }
    }

    #[test]
    fn a_refusal_is_read_from_every_form_that_it_has() {
        let expected = Some(Refusal { code: "NoPermission".to_owned(), message: "not you".to_owned() });
        for body in [
            r#"{"RequestId":"1","HostId":"h","Code":"NoPermission","Message":"not you"}"#,
            r#"{"requestId":"1","code":"NoPermission","message":"not you"}"#,
            "\u{feff}<?xml version='1.0'?>\n<Error><RequestId>1</RequestId><Code>NoPermission</Code>\
             <Message>not you</Message></Error>",
        ] {
            assert_eq!(Refusal::read(body.as_bytes()), expected, "{body}");
        }
        for body in ["", "<html><Code>x</Code></html>", "[]", "{}", "null", r#"{"Code":""}"#, "<Error><Code>cut"] {
            assert_eq!(Refusal::read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn where_to_ask_instead_is_told() {
        let body = "<Error><Code>AccessDenied</Code><Message>Use the specified endpoint.</Message>\
                    <Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>";
        let refusal = Refusal::read(body.as_bytes()).expect("an error");
        assert_eq!(refusal.message, "Use the specified endpoint. oss-cn-beijing.aliyuncs.com");
    }

    #[test]
    fn a_role_that_is_not_there_is_an_answer() {
        let refusal = Refusal { code: "EntityNotExist.Role".to_owned(), message: String::new() };
        let failure = refusal.failure(404);
        assert!(failure.is_absence() && failure.is("EntityNotExist.Role") && failure.detail == "EntityNotExist.Role");
    }

    #[test]
    fn a_request_is_not_repeated_in_the_detail() {
        let message = "Specified signature does not match; server string to sign is: POST x-acs-security-token:t0ken";
        let refusal = Refusal { code: "SignatureDoesNotMatch".to_owned(), message: message.to_owned() };
        let detail = refusal.failure(400).detail;
        assert!(detail.ends_with("server string to sign") && !detail.contains("t0ken"), "{detail}");
    }

    #[test]
    fn what_no_service_of_the_provider_wrote_is_judged_by_its_status() {
        for (status, outcome, again) in [
            (403, Outcome::Denied, Again::Never),
            (429, Outcome::Throttled, Again::Slower),
            (302, Outcome::Error, Again::Never),
            (404, Outcome::Error, Again::Soon),
            (502, Outcome::Error, Again::Soon),
        ] {
            let failure = unreadable(status);
            assert_eq!((failure.outcome, failure.again()), (outcome, again), "{status}");
        }
    }
}
