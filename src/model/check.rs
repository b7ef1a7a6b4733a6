//! What was tried before a collection relies on it: credentials, permissions, the machine itself.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Provider;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    /// The configuration.
    Config,
    /// The history's database.
    Database,
    /// Room on the disk of the database.
    Disk,
    /// This machine's clock.
    Clock,
    /// Credentials, and whose they are.
    Credentials,
    /// One action in one account, and in one Region where it has Regions.
    Permission,
    /// What the trails of an account record.
    Trail,
}

impl CheckKind {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Database => "database",
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::Credentials => "credentials",
            Self::Permission => "permission",
            Self::Trail => "trail",
        }
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for CheckKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckOutcome {
    /// It works.
    Ok,
    /// It works, and somebody should look.
    Warning,
    /// It cannot be tried: trying would change something, or there is nothing to try it on.
    Untested,
    /// The provider refuses for want of a permission.
    Missing,
    /// It does not work, or no answer was had.
    Failed,
}

impl CheckOutcome {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Untested => "untested",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }

    /// Whether it does not work.
    #[must_use]
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Missing | Self::Failed)
    }
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for CheckOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is about.
    pub kind: CheckKind,
    /// The provider, where it is about one.
    pub provider: Option<Provider>,
    /// The account, where it is about one.
    pub account: Option<String>,
    /// The Region, where it is about one.
    pub region: Option<String>,
    /// The action, as permissions name it.
    pub action: Option<String>,
    /// Whether a collection is incomplete without it.
    pub needed: bool,
    /// How it ended.
    pub outcome: CheckOutcome,
    /// What was seen, on one line.
    pub detail: String,
}

impl Check {
    /// A check of this machine.
    #[must_use]
    pub fn new(kind: CheckKind, outcome: CheckOutcome, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let (provider, account, region, action) = (None, None, None, None);
        Self { kind, provider, account, region, action, needed: true, outcome, detail }
    }

    /// Whether something that is needed does not work.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        self.needed && self.outcome.is_bad()
    }
}
