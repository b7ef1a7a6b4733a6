//! What a report says about the evidence log of the history.

use jiff::Timestamp;
use serde::Serialize;

/// The evidence log of the history, at a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceLog {
    /// Leaves that the checkpoint speaks for.
    pub size: u64,
    /// Root over them, in hex.
    pub root: String,
    /// The log's name in its checkpoints.
    pub origin: String,
    /// When the checkpoint was made.
    pub made_at: Timestamp,
    /// It is the last one of the period; otherwise the first that speaks for all that the history holds.
    pub in_period: bool,
    /// The name under which it is signed, where it is.
    pub signed_by: Option<String>,
    /// The checkpoint's text, to be kept.
    pub checkpoint: String,
    /// Whether the whole log, and every row that it speaks about, verified when the report was made.
    pub verified: bool,
    /// In how many places it did not.
    pub problems: u64,
    /// Rows that stood in the history before the log began, and count as they stood then.
    pub inherited_rows: u64,
}
