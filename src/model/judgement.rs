//! What judging one account came to.

use jiff::Timestamp;

use super::{Account, AccountVerdict, Finding};

/// A rule that could not decide for a profile: its open findings stay open and become stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Rule id.
    pub rule: String,
    /// Profile id; `None` for rules that judge the account as a whole.
    pub profile: Option<String>,
    /// What is missing.
    pub because: String,
}

/// A reason to resolve a finding that its rule knows better than "no longer so".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// Rule id.
    pub rule: String,
    /// Profile id.
    pub profile: Option<String>,
    /// The store, where the findings of one store are meant.
    pub store: Option<String>,
    /// Why, such as "the store was deleted by a later call".
    pub because: String,
}

/// The judgement on one account: everything that an analysis writes about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The account.
    pub account: Account,
    /// The moment for which it was judged.
    pub as_of: Timestamp,
    /// What is wrong, in a stable order.
    pub findings: Vec<Finding>,
    /// Where nothing could be said.
    pub undecided: Vec<Undecided>,
    /// Why findings that no longer hold were cleared.
    pub cleared: Vec<Cleared>,
    /// One verdict for each profile of the provider.
    pub verdicts: Vec<AccountVerdict>,
    /// When the passing of time alone could change the judgement (a grace time ends).
    pub recheck_at: Option<Timestamp>,
}

/// A change of a stored finding that a judgement brings about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingUpdate {
    /// The finding as it shall be stored.
    pub stored: super::StoredFinding,
    /// The step in its life, or `None` where only the time of its last sighting moved on.
    pub change: Option<super::FindingChange>,
}
