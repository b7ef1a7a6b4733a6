//! Why a call failed, and what that means: for coverage, and for whether to ask again.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::model::Outcome;
use crate::sources::report::Trouble;

/// More of a message says nothing more, and it is stored with every run.
const LONGEST_DETAIL: usize = 500;

/// What resolvers say of a name that is not there; the SDK hands on nothing better than the text.
const UNRESOLVED: [&str; 3] = ["dns error", "failed to lookup address", "Name or service not known"];

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// How the reading of the place ended.
    pub outcome: Outcome,
    /// The provider's error code, where it gave one.
    pub code: Option<String>,
    /// Code and message, or what went wrong, on one line.
    pub detail: String,
    again: Again,
}

/// Whether asking again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// After a pause that grows: too many requests.
    Slower,
    /// After a short pause: the network, or the service itself, failed.
    Soon,
    /// No.
    Never,
}

impl Failure {
    /// A failure that asking again does not cure.
    #[must_use]
    pub fn new(outcome: Outcome, detail: impl AsRef<str>) -> Self {
        Self { outcome, code: None, detail: one_line(detail.as_ref()), again: Again::Never }
    }

    /// An answer that breaks the provider's own rules: nothing is concluded from it.
    #[must_use]
    pub fn protocol(detail: impl AsRef<str>) -> Self {
        Self { again: Again::Soon, ..Self::new(Outcome::Error, detail) }
    }

    /// No answer within a limit of our own.
    #[must_use]
    pub fn timed_out(detail: impl AsRef<str>) -> Self {
        Self::new(Outcome::TimedOut, detail)
    }

    /// Whether the provider gave this error code. IAM's codes stand without `Exception` on the wire.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref().is_some_and(|given| given.trim_end_matches("Exception") == code)
    }

    /// Whether the endpoint's name could not be resolved.
    pub(super) fn is_unknown_host(&self) -> bool {
        self.code.is_none() && UNRESOLVED.iter().any(|words| self.detail.contains(words))
    }

    /// The same failure, with what was tried in front of its detail.
    pub(super) fn at(self, what: &str) -> Self {
        Self { detail: one_line(&format!("{what}: {}", self.detail)), ..self }
    }

    /// The same failure, with what may be behind it after its detail.
    pub(super) fn hinting(self, hint: &str) -> Self {
        Self { detail: format!("{}; {hint}", self.detail), ..self }
    }

    pub(super) fn again(&self) -> Again {
        self.again
    }

    pub(super) fn of_timeout(what: &str) -> Self {
        Self { again: Again::Soon, ..Self::timed_out(what) }
    }

    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if let Some(failure) = cause(error) {
            return failure.clone();
        }
        match error {
            SdkError::ServiceError(answer) => {
                let (meta, status) = (answer.err().meta(), answer.raw().status().as_u16());
                match meta.code() {
                    Some(code) => Self::of_code(code, meta.message().unwrap_or_default(), status),
                    None => Self::unreadable(status, &chain(error)),
                }
            }
            SdkError::ResponseError(answer) => Self::unreadable(answer.raw().status().as_u16(), &chain(error)),
            SdkError::TimeoutError(_) => Self::of_timeout(&chain(error)),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::of_timeout(&chain(error)),
            SdkError::DispatchFailure(failure) if !failure.is_user() => {
                Self { again: Again::Soon, ..Self::new(Outcome::Error, chain(error)) }
            }
            _ => Self::new(Outcome::Error, chain(error)),
        }
    }

    fn of_code(code: &str, message: &str, status: u16) -> Self {
        let (outcome, again) = meaning(code, status);
        let detail = if message.is_empty() { code.to_owned() } else { format!("{code}: {message}") };
        Self { outcome, code: Some(code.to_owned()), detail: one_line(&detail), again }
    }

    /// An answer without the form of the protocol: cut off, or from something between here and the service.
    fn unreadable(status: u16, why: &str) -> Self {
        let (outcome, again) = match status {
            401 | 403 => (Outcome::Denied, Again::Never),
            429 => (Outcome::Throttled, Again::Slower),
            _ => (Outcome::Error, Again::Soon),
        };
        Self { again, ..Self::new(outcome, format!("HTTP {status} with an answer that cannot be read: {why}")) }
    }
}

impl Trouble for Failure {
    fn outcome(&self) -> Outcome {
        self.outcome
    }

    fn detail(&self) -> String {
        self.detail.clone()
    }
}

/// What an error code means. Codes are spelt with and without `Exception`, by service.
fn meaning(code: &str, status: u16) -> (Outcome, Again) {
    let name = code.trim_end_matches("Exception");
    match name {
        "Throttling"
        | "Throttled"
        | "ThrottledException"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "LimitExceededRate"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceeded"
        | "RequestThrottledByService" => (Outcome::Throttled, Again::Slower),
        "RequestTimeout" | "RequestTimedOut" => (Outcome::TimedOut, Again::Soon),
        "UnsupportedOperation" => (Outcome::Unsupported, Again::Never),
        "AccessDenied"
        | "AccessDeniedForDependency"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "AuthorizationError"
        | "AllAccessDisabled"
        | "AccountProblem"
        | "OptInRequired" => (Outcome::Denied, Again::Never),
        _ if name.ends_with("Throttling") || name.starts_with("Throttling") => (Outcome::Throttled, Again::Slower),
        _ if status == 429 => (Outcome::Throttled, Again::Slower),
        _ if status >= 500 => (Outcome::Error, Again::Soon),
        _ => (Outcome::Error, Again::Never),
    }
}

/// A failure of ours inside the SDK's error: the credentials of an account could not be had.
fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Failure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return Some(failure);
        }
        next = error.source();
    }
    None
}

/// The causes of an error, each once, on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let part = error.to_string();
        if !parts.contains(&part) {
            parts.push(part);
        }
        next = error.source();
    }
    parts.join(": ")
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_DETAIL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_spelling_mean_the_same() {
        for (code, status, outcome, again) in [
            ("AccessDenied", 403, Outcome::Denied, Again::Never),
            ("AccessDeniedException", 400, Outcome::Denied, Again::Never),
            ("UnauthorizedOperation", 403, Outcome::Denied, Again::Never),
            ("Throttling", 400, Outcome::Throttled, Again::Slower),
            ("ThrottlingException", 400, Outcome::Throttled, Again::Slower),
            ("TooManyRequestsException", 429, Outcome::Throttled, Again::Slower),
            ("SlowDown", 503, Outcome::Throttled, Again::Slower),
            ("KMSInternalException", 500, Outcome::Error, Again::Soon),
            ("ServiceFailure", 500, Outcome::Error, Again::Soon),
            ("UnsupportedOperationException", 400, Outcome::Unsupported, Again::Never),
            ("UnrecognizedClientException", 400, Outcome::Error, Again::Never),
            ("InvalidClientTokenId", 403, Outcome::Error, Again::Never),
            ("ExpiredTokenException", 400, Outcome::Error, Again::Never),
        ] {
            assert_eq!(meaning(code, status), (outcome, again), "{code}");
        }
    }

    #[test]
    fn a_code_is_recognised_with_and_without_its_ending() {
        let failure =
            |code: &str| Failure { code: Some(code.to_owned()), ..Failure::new(Outcome::Error, "no such role") };
        assert!(failure("NoSuchEntity").is("NoSuchEntity") && failure("NoSuchEntityException").is("NoSuchEntity"));
        assert!(!failure("NoSuchEntityElse").is("NoSuchEntity"));
        assert!(!Failure::new(Outcome::Error, "NoSuchEntity").is("NoSuchEntity"));
    }

    #[test]
    fn a_detail_is_one_short_line() {
        let failure = Failure::new(Outcome::Error, format!("a\n\tb {}", "x".repeat(1_000)));
        assert!(failure.detail.starts_with("a b x") && failure.detail.len() == LONGEST_DETAIL);
    }
}
