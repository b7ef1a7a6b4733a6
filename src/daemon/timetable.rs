//! The settings' schedules as tasks of the daemon.

use jiff::{SignedDuration, Timestamp};

use super::run::{FirstRun, Task};
use super::schedule::Schedule;
use crate::config::{Analyze, Problem, Settings};
use crate::model::JudgingSettings;
use crate::store::ReportTimes;

/// Collects, and judges afterwards unless judging has a schedule of its own.
pub const COLLECT: &str = "collect";
/// Judges.
pub const ANALYZE: &str = "analyze";
/// Writes a report.
pub const REPORT: &str = "report";

/// Verifies the evidence log.
pub const VERIFY: &str = "verify";

/// What may stay uncollected before it is reported, where no schedule tells: two of the default schedule's quarters
/// of an hour.
const DEFAULT_PATIENCE: SignedDuration = SignedDuration::from_mins(30);

/// A schedule that is right in every time zone.
const ANY_TIME: &str = "* * * * *";

/// The schedules that the settings ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timetable {
    collect: Schedule,
    /// `None`: after each collection.
    analyze: Option<Schedule>,
    report: Schedule,
    verify: Schedule,
    has_source: bool,
}

impl Timetable {
    /// Reads the schedules.
    ///
    /// # Errors
    /// A sentence that names the setting, what is wrong with it and the remedy.
    pub fn of(settings: &Settings) -> Result<Self, String> {
        let zone = settings.schedule.time_zone.as_deref();
        let read =
            |key: &str, text: &str| Schedule::parse(text, zone).map_err(|error| format!("schedule.{key}: {error}"));
        Ok(Self {
            report: read("report", &settings.schedule.report)?,
            verify: read("verify", &settings.schedule.verify)?,
            collect: read("collect", &settings.schedule.collect)?,
            analyze: match &settings.schedule.analyze {
                Analyze::AfterCollect => None,
                Analyze::At(text) => Some(read("analyze", text)?),
            },
            has_source: !settings.has_no_source(),
        })
    }

    /// Everything that is wrong with the schedules, each under its setting.
    #[must_use]
    pub fn problems(settings: &Settings) -> Vec<Problem> {
        let zone = settings.schedule.time_zone.as_deref();
        // A zone that is wrong is one problem and not one of each schedule.
        let (zone, zone_error) = match Schedule::parse(ANY_TIME, zone) {
            Ok(_) => (zone, None),
            Err(error) => (None, Some(("schedule.time_zone", error))),
        };
        let mut texts = vec![
            ("schedule.collect", &settings.schedule.collect),
            ("schedule.report", &settings.schedule.report),
            ("schedule.verify", &settings.schedule.verify),
        ];
        if let Analyze::At(text) = &settings.schedule.analyze {
            texts.push(("schedule.analyze", text));
        }
        let errors = texts.into_iter().filter_map(|(key, text)| Some((key, Schedule::parse(text, zone).err()?)));
        errors.chain(zone_error).map(|(key, error)| problem(key, &error.to_string())).collect()
    }

    /// The tasks. Without any source there is nothing to collect; judging goes on, because time alone can change a
    /// verdict. A report whose slot passed while no daemon was running is made up for, once; `reports` tells which slot
    /// was served last, and since when there is anything to report. Last of all what is there is verified, from the start
    /// on.
    #[must_use]
    pub fn tasks(&self, reports: &ReportTimes) -> Vec<Task> {
        let task = |name, schedule: &Schedule| {
            let (schedule, first) = (schedule.clone(), FirstRun::AtOnce);
            Task { name, schedule, first, retries: false }
        };
        let collect = self.has_source.then(|| task(COLLECT, &self.collect));
        let analyze = match &self.analyze {
            Some(schedule) => Some(task(ANALYZE, schedule)),
            None if self.has_source => None,
            None => Some(task(ANALYZE, &self.collect)),
        };
        let since = reports.slot.or(reports.first_run);
        let first = since.map_or(FirstRun::AtFirstSlot, FirstRun::CatchUpSince);
        // Its slots may be a month apart; the others come again soon enough.
        let report = Task { name: REPORT, schedule: self.report.clone(), first, retries: true };
        let verify = task(VERIFY, &self.verify);
        collect.into_iter().chain(analyze).chain([report, verify]).collect()
    }

    /// Two schedules: what stays uncollected for longer is reported.
    #[must_use]
    pub fn patience(&self, now: Timestamp) -> SignedDuration {
        let interval = self.collect.interval(now);
        interval.and_then(|interval| interval.checked_mul(2)).unwrap_or(DEFAULT_PATIENCE)
    }
}

/// The schedules' errors end with the remedy.
fn problem(key: &str, error: &str) -> Problem {
    let (message, remedy) = error.rsplit_once("; ").unwrap_or((error, "give another"));
    Problem::new(key, message, remedy)
}

/// The times that the rules need. `scheduled` tells whether the schedules are really kept, by a daemon.
#[must_use]
pub fn judging(settings: &Settings, scheduled: bool, now: Timestamp) -> JudgingSettings {
    let patience = Timetable::of(settings).map_or(DEFAULT_PATIENCE, |timetable| timetable.patience(now));
    settings.rules.judging(patience, scheduled)
}
