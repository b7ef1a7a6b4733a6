//! What the SDK's errors mean: for coverage, and for whether to ask again.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::calls::Call;
use crate::model::Outcome;
use crate::sources::live::{Again, Caller, Failure, chain, one_line};

impl Caller {
    /// Makes a call of the SDK until it succeeds, is refused for good, or patience or the scan ends. `attempt` begins one
    /// attempt; `region` is the one whose endpoint is asked.
    ///
    /// # Errors
    /// The last [`Failure`].
    pub async fn call<T, E, F>(&self, call: Call, region: &str, attempt: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let judged = || {
            let answer = attempt();
            async { answer.await.map_err(|error| Failure::of(&error)) }
        };
        self.check(call, region, judged).await
    }
}

impl Failure {
    pub(in crate::sources::aws) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
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
        Self { outcome, code: Some(code.to_owned()), detail: one_line(&detail), again, pause: None }
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
}
