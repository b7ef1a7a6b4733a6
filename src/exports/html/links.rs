//! Paths of our own pages. Whatever comes from a log is one percent-encoded segment of them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::Account;

/// Everything but what RFC 3986 calls unreserved.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The page of a finding.
#[must_use]
pub fn finding_path(id: &str) -> String {
    format!("/findings/{}", segment(id))
}

/// The page of an account.
#[must_use]
pub fn account_path(account: &Account) -> String {
    format!("/accounts/{}/{}", account.provider, segment(&account.id))
}

/// The page of a rule.
#[must_use]
pub fn rule_path(rule: &str) -> String {
    format!("/rules/{}", segment(rule))
}

/// A path with the values that are not empty as its query.
#[must_use]
pub fn query(path: &str, values: &[(&str, &str)]) -> String {
    let filled = values.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = filled.map(|(name, value)| format!("{name}={}", segment(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// A segment that is a dot or two would be taken for a step.
fn segment(text: &str) -> String {
    match text {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}
