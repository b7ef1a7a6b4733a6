//! Text for people. Text from logs is hostile: it passes through here.

pub use crate::exports::visible::one_line;

/// A count, where there is one.
#[must_use]
pub fn count(count: Option<u64>) -> String {
    count.map_or_else(|| "uncounted".to_owned(), |count| count.to_string())
}
