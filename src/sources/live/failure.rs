//! Why a call failed, and what that means: for coverage, and for whether to ask again.

use std::error::Error;
use std::time::Duration;

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
    pub(in crate::sources) again: Again,
    /// The shortest pause before asking again, where the provider named one.
    pub(in crate::sources) pause: Option<Duration>,
}

/// Whether asking again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum Again {
    /// After a pause that grows: too many requests.
    Slower,
    /// After a short pause: the network, or the service itself, failed.
    Soon,
    /// One more time, after a short pause: the request itself was out of date.
    Once,
    /// No.
    Never,
}

impl Failure {
    /// A failure that asking again does not cure.
    #[must_use]
    pub fn new(outcome: Outcome, detail: impl AsRef<str>) -> Self {
        Self { outcome, code: None, detail: one_line(detail.as_ref()), again: Again::Never, pause: None }
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

    /// Whether it is an answer: that the thing asked for is not there.
    pub(in crate::sources) fn is_absence(&self) -> bool {
        self.is("NoSuchEntity") || self.code.as_deref().is_some_and(|code| code.starts_with("EntityNotExist"))
    }

    /// Whether the endpoint's name could not be resolved.
    pub(in crate::sources) fn is_unknown_host(&self) -> bool {
        self.code.is_none() && UNRESOLVED.iter().any(|words| self.detail.contains(words))
    }

    /// The same failure, with what was tried in front of its detail.
    pub(in crate::sources) fn at(self, what: &str) -> Self {
        Self { detail: one_line(&format!("{what}: {}", self.detail)), ..self }
    }

    /// The same failure, with what may be behind it after its detail.
    pub(in crate::sources) fn hinting(self, hint: &str) -> Self {
        Self { detail: format!("{}; {hint}", self.detail), ..self }
    }

    pub(in crate::sources) fn again(&self) -> Again {
        self.again
    }

    pub(in crate::sources) fn of_timeout(what: &str) -> Self {
        Self { again: Again::Soon, ..Self::timed_out(what) }
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

/// The causes of an error, each once, on one line.
pub(in crate::sources) fn chain(error: &(dyn Error + 'static)) -> String {
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

pub(in crate::sources) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_DETAIL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
