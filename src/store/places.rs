//! Places in lists: by what a row is ordered, so that a list can go on behind it. They leave the program and come back
//! in cursors, so that none of them is trusted: any place is only a place to begin at.

use serde::{Deserialize, Serialize};

use crate::model::{Account, Provider, Severity};

/// The place of a finding: worst first, then oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingPlace(pub(super) Severity, pub(super) i64, pub(super) String);

/// The place of a verdict: provider, account, profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictPlace(pub(super) Provider, pub(super) String, pub(super) String);

/// The place of a role's state: provider, account, profile, begin, row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolePlace(pub(super) Provider, pub(super) String, pub(super) String, pub(super) i64, pub(super) i64);

/// The place of a store's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorePlace {
    pub(super) provider: Provider,
    pub(super) account: String,
    pub(super) kind: String,
    pub(super) region: String,
    pub(super) store: String,
    pub(super) since: i64,
    pub(super) row: i64,
}

/// The place of a coverage row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveragePlace {
    pub(super) provider: Provider,
    pub(super) account: String,
    pub(super) api: String,
    pub(super) region: String,
    pub(super) subject: String,
    pub(super) since: i64,
    pub(super) row: i64,
}

/// The place of a deletion task: when it was submitted, row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPlace(pub(super) i64, pub(super) i64);

/// The place of an event, in each of the orders in which events are walked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPlace {
    /// The provider of the account whose events are walked; `None` where all events are.
    pub(super) provider: Option<Provider>,
    pub(super) time: i64,
    pub(super) row: i64,
    pub(super) key: [u8; 16],
}

impl VerdictPlace {
    /// The place of the verdict on an account and profile.
    #[must_use]
    pub fn new(account: &Account, profile: &str) -> Self {
        Self(account.provider, account.id.clone(), profile.to_owned())
    }

    /// The place before everything about the account of this place.
    #[must_use]
    pub fn before_account(&self) -> Self {
        Self(self.0, self.1.clone(), String::new())
    }

    /// The place behind everything about an account.
    #[must_use]
    pub fn behind_account(account: &Account) -> Self {
        Self::new(account, "\u{10ffff}")
    }

    /// Whether the verdict on an account and profile comes later than this place.
    #[must_use]
    pub fn is_before(&self, account: &Account, profile: &str) -> bool {
        (self.0.as_str(), self.1.as_str(), self.2.as_str())
            < (account.provider.as_str(), account.id.as_str(), profile)
    }
}
