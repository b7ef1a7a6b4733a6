//! Errors that the providers' command-line tools print, where an answer was to be saved.

use serde::Deserialize;

use crate::model::Outcome;

/// Why a call failed, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Error code.
    pub(super) code: String,
    /// Message, on one line.
    pub(super) message: String,
    /// The operation that failed, where the text tells.
    pub(super) operation: Option<String>,
}

/// More of a message says nothing more, and it is stored with every run.
const LONGEST_MESSAGE: usize = 500;

impl Refusal {
    fn new(code: &str, message: &str, operation: Option<&str>) -> Self {
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            code: code.trim().to_owned(),
            message: message.chars().take(LONGEST_MESSAGE).collect(),
            operation: operation.map(str::to_owned),
        }
    }

    /// The error in a JSON body: boto3's `{"Error": {"Code", "Message"}}`, or Alibaba Cloud's `{"Code", "Message"}`.
    pub(super) fn from_json(text: &str) -> Option<Self> {
        if let Ok(Wrapped { error }) = serde_json::from_str(text) {
            return Some(Self::new(&error.code, error.message.as_deref().unwrap_or_default(), None));
        }
        let Flat { code, message } = serde_json::from_str(text).ok()?;
        // Codes of success stand in some answers of Alibaba Cloud too.
        let is_code = code.starts_with(|first: char| first.is_ascii_alphabetic());
        (is_code && code != "OK" && code != "Success").then(|| Self::new(&code, &message, None))
    }

    /// The error in a text that the tool printed.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        Self::from_aws_text(text).or_else(|| Self::from_alibaba_text(text)).or_else(|| Self::without_answer(text))
    }

    /// `An error occurred (CODE) when calling the OPERATION operation: MESSAGE`.
    fn from_aws_text(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("An error occurred (")?;
        let (code, rest) = rest.split_once(')')?;
        let operation = rest.strip_prefix(" when calling the ").and_then(|rest| rest.split(' ').next());
        // Between operation and message may stand how often it was tried: "(reached max retries: 4): ".
        let rest =
            rest.split_once(" (reached max retries: ").map_or(rest, |(_, rest)| rest.trim_start_matches(is_digit));
        let message = rest.split_once(": ").map_or(rest, |(_, message)| message);
        Some(Self::new(code, message, operation))
    }

    /// `ErrorCode: CODE`, `Message: MESSAGE` on lines of their own.
    fn from_alibaba_text(text: &str) -> Option<Self> {
        let field = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
        let code = field("ErrorCode:")?;
        Some(Self::new(code, field("Message:").unwrap_or_default(), None))
    }

    /// The tool got no answer at all, and says so in its own words.
    fn without_answer(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        if ["timed out", "timeout", "deadline exceeded"].iter().any(|word| lower.contains(word)) {
            return Some(Self::new(TIMEOUT, text, None));
        }
        let known = ["could not connect to", "unable to locate credentials", "error:", "expired"];
        known.iter().any(|word| lower.contains(word)).then(|| Self::new("NoAnswer", text, None))
    }

    /// How reading ended.
    pub(super) fn outcome(&self) -> Outcome {
        let code = self.code.to_ascii_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| code.starts_with(word));
        if code.contains("notfound") || code.contains("notexist") {
            Outcome::Error
        } else if begins(&["accessdenied", "nopermission", "forbidden", "unauthorized", "notauthorized"]) {
            Outcome::Denied
        } else if code.contains("throttl") || begins(&["toomanyrequests", "requestlimitexceeded", "slowdown"]) {
            Outcome::Throttled
        } else if code.contains("timeout") || code.contains("timedout") {
            Outcome::TimedOut
        } else {
            Outcome::Error
        }
    }

    /// Whether the provider says that the role asked for is not there.
    pub(super) fn says_no_such_role(&self) -> bool {
        let operation_fits = self.operation.as_deref().is_none_or(|operation| operation == "GetRole");
        operation_fits
            && ["NoSuchEntity", "NoSuchEntityException", "EntityNotExist.Role"].contains(&self.code.as_str())
    }

    /// Code and message.
    pub(super) fn detail(&self) -> String {
        if self.message.is_empty() { self.code.clone() } else { format!("{}: {}", self.code, self.message) }
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// The code for a call that got no answer in time: the tools have none of their own.
const TIMEOUT: &str = "Timeout";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wrapped {
    error: Inner,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inner {
    code: String,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Flat {
    code: String,
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_error_is_read() {
        let aws = "\nAn error occurred (NoSuchEntity) when calling the GetRole operation: The role with name X cannot be found.\n";
        let retried = "An error occurred (Throttling) when calling the GetRole operation (reached max retries: 4): Rate exceeded";
        let alibaba = "ERROR: SDK.ServerError\nErrorCode: EntityNotExist.Role\nRecommend: https://x\nRequestId: 1\nMessage: The role not exists: X.\n";
        for (text, code, message, outcome) in [
            (aws, "NoSuchEntity", "The role with name X cannot be found.", Outcome::Error),
            (retried, "Throttling", "Rate exceeded", Outcome::Throttled),
            (alibaba, "EntityNotExist.Role", "The role not exists: X.", Outcome::Error),
            ("ErrorCode: NoPermission\n", "NoPermission", "", Outcome::Denied),
            (
                "Connect timeout on endpoint URL: \"https://x\"",
                "Timeout",
                "Connect timeout on endpoint URL: \"https://x\"",
                Outcome::TimedOut,
            ),
        ] {
            let refusal = Refusal::from_text(text).expect("an error");
            assert_eq!(
                (refusal.code.as_str(), refusal.message.as_str(), refusal.outcome()),
                (code, message, outcome)
            );
        }
        let boto = r#"{"Error":{"Code":"AccessDeniedException","Message":"no"},"ResponseMetadata":{}}"#;
        assert_eq!(Refusal::from_json(boto).map(|refusal| refusal.outcome()), Some(Outcome::Denied));
        let body = r#"{"Code":"Throttling.User","Message":"slow","RequestId":"1"}"#;
        assert_eq!(Refusal::from_json(body).map(|refusal| refusal.outcome()), Some(Outcome::Throttled));
    }

    #[test]
    fn only_the_role_call_says_that_there_is_no_role() {
        let of = |operation: &str| {
            Refusal::from_text(&format!("An error occurred (NoSuchEntity) when calling the {operation} operation: x"))
        };
        assert!(of("GetRole").is_some_and(|refusal| refusal.says_no_such_role()));
        assert!(of("GetUser").is_some_and(|refusal| !refusal.says_no_such_role()));
    }

    #[test]
    fn an_answer_is_no_error() {
        for text in [r#"{"Role":{}}"#, r#"{"Code":"200","Message":"successful"}"#, r#"{"Code":1}"#, "[]"] {
            assert_eq!(Refusal::from_json(text), None, "{text}");
        }
        assert_eq!(Refusal::from_text("hello"), None);
    }
}
