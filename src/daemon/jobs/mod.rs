//! What the program does, once or on a schedule: read trails, collect inventory, judge.
//!
//! Commands and the daemon run the same jobs; they differ only in who starts them and who watches the progress.

mod ahead;
mod analyze;
mod collect;
mod desk;
mod doctor;
mod ingest;
mod live;
mod objects;
mod report;
mod scan;
mod trail_coverage;
mod verify;
mod verify_trail;

use std::sync::Arc;

use jiff::Timestamp;

use super::{ExceptionsFile, Stop};
use crate::clock::Clock;
use crate::config::Settings;
use crate::exports::View;
use crate::model::{JudgingSettings, SourceSummary};
use crate::profiles::Profiles;
use crate::rules::Controls;
use crate::store::{Store, StoreError};

pub use analyze::{AnalysisReport, analyze, judge_at};
pub use collect::{CollectReport, collect};
pub use desk::ReadingChoice;
pub use doctor::{DoctorContext, DoctorReport, doctor};
pub use ingest::{IngestReport, Root, ingest, ingest_files, missing_bucket};
pub use report::{Gathered, ReportError, ReportRequest, Reported, gather, note_report, write_report};
pub use scan::{ScanReport, summarize};
pub use verify::{checkpoint_keys, verify};
pub use verify_trail::{CheckedTrail, TrailQuery, TrailRoot, UnreadPlace, VerifyTrailError, verify_trail};

/// Everything that a job needs. Made by `boot`.
#[derive(Clone)]
pub struct JobContext {
    /// The history.
    pub store: Store,
    /// The settings.
    pub settings: Arc<Settings>,
    /// The profiles.
    pub profiles: Arc<Profiles>,
    /// The file of exceptions.
    pub exceptions: Arc<ExceptionsFile>,
    /// The controls.
    pub controls: Controls,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How objects are read.
    pub choice: ReadingChoice,
    /// Whether a daemon keeps the schedules.
    pub scheduled: bool,
    /// Where live sources do their asking.
    pub runtime: tokio::runtime::Handle,
    /// Whether to stop.
    pub stop: Stop,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
}

impl JobContext {
    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The history as outputs show it, now.
    #[must_use]
    pub fn view(&self) -> View {
        let now = self.now();
        View::new(self.store.clone(), self.exceptions.current(), self.controls.clone(), now)
            .with_profiles(Arc::clone(&self.profiles))
    }

    /// The times that the rules need, from the settings.
    #[must_use]
    pub fn judging(&self) -> JudgingSettings {
        super::timetable::judging(&self.settings, self.scheduled, self.now())
    }
}

/// Why a job could not go on. What it has stored stays.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A source broke off: a bug of ours.
    #[error("a source broke off ({0}); please report this")]
    Broken(String),
}

/// Watches a job.
pub trait Progress: Send + Sync {
    /// Whether it is worth finding out how much there is to do.
    fn wants_total(&self) -> bool {
        false
    }
    /// There is so much to read: objects and bytes.
    fn expect(&self, _objects: u64, _bytes: u64) {}
    /// One object of that size is done; what was read of it.
    fn object_done(&self, _bytes: u64, _read: &SourceSummary) {}
    /// So many more accounts are to be read.
    fn expect_accounts(&self, _more: u64) {}
    /// One account is read; so many of its Regions answered completely.
    fn account_done(&self, _regions: u64) {}
    /// So many calls were made up to now, and so many of them were throttled.
    fn asked(&self, _calls: u64, _throttled: u64) {}
    /// No more accounts are read.
    fn accounts_finish(&self) {}
    /// The reading has ended.
    fn finish(&self) {}
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {}
