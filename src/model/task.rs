//! Deletion tasks of service-linked roles: accepted at once, decided later, and decided outside the trail.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of a deletion task, in the providers' own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    /// Accepted, not begun.
    NotStarted,
    /// Under way.
    InProgress,
    /// The role is gone.
    Succeeded,
    /// The provider refused: the reason says why.
    Failed,
    /// The provider failed (Alibaba Cloud).
    InternalError,
    /// Submitted according to the trail; nobody asked for its state.
    Unknown,
}

impl TaskStatus {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::NotStarted, Self::InProgress, Self::Succeeded, Self::Failed, Self::InternalError, Self::Unknown];

    /// The provider's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::InternalError => "INTERNAL_ERROR",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The status with that word, [`TaskStatus::Unknown`] for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.as_str() == word).unwrap_or(Self::Unknown)
    }

    /// Whether the task has ended, well or not.
    #[must_use]
    pub fn is_final(self) -> bool {
        self == Self::Succeeded || self.is_failure()
    }

    /// Whether the task ended without deleting the role.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::InternalError)
    }
}

/// Resources that hold a role, as a failed task lists them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TaskUsage {
    /// The Region of the entry; it may differ from the Region in the ARNs.
    pub region: Option<String>,
    /// ARNs.
    pub resources: Vec<String>,
}

/// One deletion task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionTask {
    /// Account id.
    pub account: String,
    /// Profile id.
    pub profile: String,
    /// The provider's id of the task.
    pub id: String,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// Who submitted it.
    pub submitted_by: Option<String>,
    /// The trail event that submitted it.
    pub event_id: Option<String>,
    /// Last known status.
    pub status: TaskStatus,
    /// When that status was read.
    pub checked_at: Option<Timestamp>,
    /// The provider's reason.
    pub reason: Option<String>,
    /// What holds the role.
    pub usage: Vec<TaskUsage>,
}
