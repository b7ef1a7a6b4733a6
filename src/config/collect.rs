//! `[collect]`: how much a collection may take, and what it keeps.

use std::path::Path;

use serde::Serialize;
use toml::de::DeValue;

use super::reader::Section;
use super::value::{Leaf, Period, word};

/// `[collect]`: how much a collection may take, and what it keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Collect {
    /// Longest time of one run. Default `30m`. What is not read by then is `timed-out`, its verdicts unknown.
    pub deadline: Period,
    /// Longest time of one attempt of one call, its body included. Default `60s`.
    pub call_timeout: Period,
    /// Calls under way at the same time, 1 to 10000. Default 64.
    pub calls_in_flight: u64,
    /// Which trail records to keep. Default `relevant`.
    pub keep: Keep,
    /// Threads that read trail files, 1 to 64. Default: as many as there are cores, at most 8.
    pub threads: Option<u64>,
    /// Whether the ledger gets the SHA-256 of every trail object that is read. Default false.
    pub sha256: bool,
}

/// Which trail records to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// What concerns a profile.
    Relevant,
    /// All management events.
    All,
}

impl Leaf for Keep {
    const EXPECTED: &'static str = "\"relevant\" or \"all\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        word(value, &[("relevant", Self::Relevant), ("all", Self::All)])
    }
}

impl Default for Collect {
    fn default() -> Self {
        Self {
            deadline: Period::from_mins(30),
            call_timeout: Period::from_secs(60),
            calls_in_flight: 64,
            keep: Keep::Relevant,
            threads: None,
            sha256: false,
        }
    }
}

/// Above this a machine runs out of sockets before the cloud runs out of answers.
const MOST_CALLS: u64 = 10_000;

/// Above this a disk is slower than the threads that wait for it.
pub const MOST_THREADS: u64 = 64;

impl Collect {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            deadline: section.positive("deadline", default.deadline),
            call_timeout: section.positive("call_timeout", default.call_timeout),
            calls_in_flight: section.number("calls_in_flight", default.calls_in_flight, 1..=MOST_CALLS),
            keep: section.value("keep", default.keep),
            threads: section.optional_number("threads", 1..=MOST_THREADS),
            sha256: section.value("sha256", default.sha256),
        }
    }
}
