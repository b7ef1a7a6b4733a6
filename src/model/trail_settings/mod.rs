//! The trails of an account as they are set up: what they record, and whether they run.

mod recording;
mod selectors;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use recording::{Recording, both, either};
pub use selectors::{AdvancedSelector, EventSelector, FieldSelector, ReadWrite};

/// The settings of one trail. What could not be read is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailSettings {
    /// Name.
    pub name: String,
    /// ARN; it tells the trails of an account apart.
    pub arn: String,
    /// Region in which the trail was created.
    pub home_region: Option<String>,
    /// Whether it records every Region, not its home Region alone.
    pub multi_region: bool,
    /// Whether it is the organization's, for all its accounts.
    pub organization: bool,
    /// Whether it runs; a trail that was never started does not.
    pub logging: Option<bool>,
    /// Whether it writes digests by which its log files can be checked.
    pub log_file_validation: Option<bool>,
    /// Whether it records global services (IAM).
    pub global_service_events: Option<bool>,
    /// The newest error of delivering log files.
    pub delivery_error: Option<String>,
    /// Bucket to which it delivers.
    pub bucket: Option<String>,
    /// What it records.
    pub recording: Recording,
}

impl TrailSettings {
    /// A trail of which only name and ARN are known.
    #[must_use]
    pub fn new(name: impl Into<String>, arn: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            arn: arn.into(),
            home_region: None,
            multi_region: false,
            organization: false,
            logging: None,
            log_file_validation: None,
            global_service_events: None,
            delivery_error: None,
            bucket: None,
            recording: Recording::UNKNOWN,
        }
    }

    /// What the trail records while it runs as it is set up now.
    #[must_use]
    pub fn recorded(&self) -> Recording {
        let mut recording = self.recording.if_holds(self.logging);
        if self.global_service_events == Some(false) {
            // The events of IAM are left out.
            recording.records_writes = Some(false);
        }
        recording
    }
}

/// A state of a trail and the time for which it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailSpan {
    /// The trail's settings.
    pub trail: TrailSettings,
    /// First observation of this state.
    pub valid_from: Timestamp,
    /// First observation of another state or of its absence; `None` while it holds.
    pub valid_to: Option<Timestamp>,
    /// Last observation of this state.
    pub last_seen: Timestamp,
}
