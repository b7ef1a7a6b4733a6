//! Sentences that every page and report begins with.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::text::{moment, number};

/// How much of what was expected could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CoverageCounts {
    /// Accounts that had to answer.
    pub accounts_expected: u64,
    /// Those that did, completely.
    pub accounts_complete: u64,
    /// Regions that had to answer, account by account.
    pub regions_expected: u64,
    /// Those that did.
    pub regions_complete: u64,
}

impl CoverageCounts {
    /// Whether nothing is missing of something that was expected.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        0 < self.accounts_expected
            && self.accounts_expected == self.accounts_complete
            && self.regions_expected == self.regions_complete
    }
}

/// "7 of 8 accounts and 131 of 134 Regions complete".
#[must_use]
pub fn coverage(counts: &CoverageCounts) -> Markup {
    html! {
        strong { (number(counts.accounts_complete)) " of " (counted(counts.accounts_expected, "account")) }
        " and "
        strong { (number(counts.regions_complete)) " of " (counted(counts.regions_expected, "Region")) }
        " complete"
    }
}

/// What is worth as much as a finding: the population in which there was none.
#[must_use]
pub fn proof(since: Timestamp, assumptions: u64, by_trusted: u64, accounts: u64, regions: (u64, u64)) -> Markup {
    html! {
        "Proof of what is clean: since " (moment(since)) ", " (number(assumptions)) " assumptions of the role in "
        (counted(accounts, "account")) ", " (number(by_trusted)) " of them by the trusted service; "
        (number(regions.0)) " of " (counted(regions.1, "Region")) " complete."
    }
}

/// A count with its noun.
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    let number = number(count);
    if count == 1 { format!("{number} {noun}") } else { format!("{number} {noun}s") }
}

/// How long ago a time was, in one unit.
#[must_use]
pub fn age(time: Timestamp, now: Timestamp) -> String {
    let passed = now.duration_since(time);
    if passed < SignedDuration::from_mins(1) {
        return "less than a minute ago".to_owned();
    }
    let units = [(60 * 24 * 2, 60 * 24, "day"), (120, 60, "hour"), (0, 1, "minute")];
    let minutes = passed.as_mins().unsigned_abs();
    let (_, length, unit) = units.into_iter().find(|(least, ..)| *least <= minutes).unwrap_or((0, 1, "minute"));
    format!("{} ago", counted(minutes / length, unit))
}
