//! How far the reading of a trail's event history has come.

use jiff::Timestamp;

/// How far one query of the event history of an account and Region has come, newest events first. All queries of one
/// account and Region share a window that does not move until each of them is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupProgress {
    /// Region.
    pub region: String,
    /// The query, as its source names it.
    pub query: String,
    /// Begin of the window.
    pub window_from: Timestamp,
    /// End of the window.
    pub window_to: Timestamp,
    /// The time of the oldest event that was read: everything later in the window is stored. `None` before the first.
    pub reached: Option<Timestamp>,
    /// Whether everything in the window is stored.
    pub done: bool,
}
