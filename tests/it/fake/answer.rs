//! Answers and errors before they have the form of a protocol.

/// An error as a service answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// Whether the request itself was wrong, which a test of a correct client must never see.
    pub malformed: bool,
    /// More elements of an error, where its form has room for them.
    pub details: Vec<(&'static str, String)>,
}

impl Refusal {
    /// An answer that a correct client can get.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), malformed: false, details: Vec::new() }
    }

    /// The answer to a request that should not have been made.
    pub fn malformed(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { malformed: true, ..Self::new(status, code, message) }
    }

    /// The same with one more element.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }
}

/// An answer before it goes out.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// How the services of a protocol tell errors.
pub trait Errors: Copy {
    /// A permission is missing.
    fn access_denied(self, who: &str, action: &str) -> Refusal;

    /// There were too many calls.
    fn throttled(self) -> Refusal;

    /// They are ill.
    fn unwell(self, status: u16) -> Refusal;

    /// An access key is not theirs.
    fn unknown_key(self) -> Refusal;

    /// A session has ended.
    fn expired(self) -> Refusal;
}
