//! Who we are to Alibaba Cloud.

use std::fmt;

use jiff::Timestamp;

/// What requests are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    /// Id of the access key.
    pub key_id: String,
    /// The access key's secret.
    pub secret: Secret,
    /// Security token, for temporary credentials.
    pub token: Option<Secret>,
    /// When they end, for temporary credentials.
    pub expires: Option<Timestamp>,
}

/// Text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for signing and sending.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let credentials = Credentials {
            key_id: "LTAI-key".to_owned(),
            secret: Secret::new("s3cret"),
            token: Some(Secret::new("t0ken")),
            expires: None,
        };
        let shown = format!("{credentials:?} {credentials:#?}");
        assert!(shown.contains("LTAI-key") && !shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
    }
}
