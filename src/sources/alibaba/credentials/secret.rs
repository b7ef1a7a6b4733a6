//! Text that is shown to nobody.

use std::fmt;

use serde::Deserialize;
use zeroize::Zeroizing;

/// Text that is shown to nobody, and wiped when it is dropped.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(in crate::sources::alibaba) struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text.
    pub(in crate::sources::alibaba) fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for signing and sending.
    pub(in crate::sources::alibaba) fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
