//! Providers and accounts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A cloud provider whose roles are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Amazon Web Services, every partition.
    Aws,
    /// Alibaba Cloud, the China and the international site.
    Alibaba,
}

impl Provider {
    /// Both providers, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Aws, Self::Alibaba];

    /// The name used in the command line, JSON, tables and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Alibaba => "alibaba",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A provider name that roletrail does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown provider {0:?}; known are \"aws\" and \"alibaba\"")]
pub struct ParseProviderError(String);

impl FromStr for Provider {
    type Err = ParseProviderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.as_str() == text)
            .ok_or_else(|| ParseProviderError(text.to_owned()))
    }
}

/// One account of a provider. The id stays text: Alibaba ids have 16 digits or more, AWS ids leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    /// The provider.
    pub provider: Provider,
    /// The provider's own id of the account.
    pub id: String,
}

impl Account {
    /// An account of `provider` with the provider's own `id`.
    #[must_use]
    pub fn new(provider: Provider, id: impl Into<String>) -> Self {
        Self { provider, id: id.into() }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.id)
    }
}
