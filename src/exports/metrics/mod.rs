//! The metrics page.
//!
//! It has two parts. Counters live with the code, in the `prometheus` crate's registry, and start at zero. The state
//! gauges (verdicts, findings, coverage: everything that the store knows) are rendered once after each collection
//! and analysis and kept as text, so that a scrape copies a page instead of asking the store and never waits for it.

mod family;
mod from_store;
mod reference;
mod state;
#[cfg(test)]
mod tests;
mod text;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use jiff::Timestamp;
use prometheus::{Gauge, GaugeVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

use crate::model::{Provider, SourceSummary};
pub use family::{Declaration, Family, Kind};
pub use from_store::{ProfilesByKind, state_of_store};
pub use reference::{declarations, reference};
pub use state::{
    AssumptionsRow, CollectorRow, ExceptionsRow, FindingsRow, GapsRow, RuleSeverities, State, StoresRow, VerdictRow,
    WatermarkRow,
};

/// Why slots had no run of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissedBecause {
    /// The program slept, or the machine did.
    Late,
    /// The task was still running.
    Busy,
}

impl MissedBecause {
    fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Busy => "busy",
        }
    }
}

/// Requests to one API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApiCalls {
    /// All of them.
    pub requests: u64,
    /// Those that were refused for being too many.
    pub throttled: u64,
    /// Those that failed otherwise.
    pub errors: u64,
}

/// The metrics of the process, and the newest page of the state.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    collector_run_duration: GaugeVec,
    collector_runs: IntCounterVec,
    collector_run_failures: IntCounterVec,
    api_requests: IntCounterVec,
    api_throttled: IntCounterVec,
    api_errors: IntCounterVec,
    trail_records: IntCounterVec,
    config_last_reload_successful: IntGauge,
    config_sound: AtomicBool,
    exceptions_sound: AtomicBool,
    web_sound: AtomicBool,
    web_certificate_expiry: GaugeVec,
    storage_errors: IntCounter,
    schedule_next_run: GaugeVec,
    schedule_missed: IntCounterVec,
    schedule_last_failure: GaugeVec,
    schedule_run_failures: IntCounterVec,
    report_last_success: IntGauge,
    evidence_log_size: GaugeVec,
    evidence_verified: GaugeVec,
    state: RwLock<Option<Bytes>>,
}

impl Metrics {
    /// Metrics at zero, for the running `version`.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a declaration is wrong: a bug of ours that no input can cause.
    pub fn new(version: &str) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let build_info = gauges(&registry, &family::BUILD_INFO)?;
        build_info.get_metric_with_label_values(&[version])?.set(1.0);
        let reload = IntGauge::with_opts(options(&family::CONFIG_LAST_RELOAD_SUCCESSFUL))?;
        registry.register(Box::new(reload.clone()))?;
        // The daemon would not run without having read its configuration.
        reload.set(1);
        let report_last_success = IntGauge::with_opts(options(&family::REPORT_LAST_SUCCESS))?;
        registry.register(Box::new(report_last_success.clone()))?;
        let storage_errors = IntCounter::with_opts(options(&family::STORAGE_ERRORS))?;
        registry.register(Box::new(storage_errors.clone()))?;
        let metrics = Self {
            collector_run_duration: gauges(&registry, &family::COLLECTOR_RUN_DURATION)?,
            collector_runs: counters(&registry, &family::COLLECTOR_RUNS)?,
            collector_run_failures: counters(&registry, &family::COLLECTOR_RUN_FAILURES)?,
            api_requests: counters(&registry, &family::API_REQUESTS)?,
            api_throttled: counters(&registry, &family::API_THROTTLED)?,
            api_errors: counters(&registry, &family::API_ERRORS)?,
            trail_records: counters(&registry, &family::TRAIL_RECORDS)?,
            config_last_reload_successful: reload,
            config_sound: AtomicBool::new(true),
            exceptions_sound: AtomicBool::new(true),
            web_sound: AtomicBool::new(true),
            web_certificate_expiry: gauges(&registry, &family::WEB_CERTIFICATE_EXPIRY)?,
            storage_errors,
            schedule_next_run: gauges(&registry, &family::SCHEDULE_NEXT_RUN)?,
            schedule_missed: counters(&registry, &family::SCHEDULE_MISSED)?,
            schedule_last_failure: gauges(&registry, &family::SCHEDULE_LAST_FAILURE)?,
            schedule_run_failures: counters(&registry, &family::SCHEDULE_RUN_FAILURES)?,
            report_last_success,
            evidence_log_size: gauges(&registry, &family::EVIDENCE_LOG_SIZE)?,
            evidence_verified: gauges(&registry, &family::EVIDENCE_VERIFIED)?,
            registry,
            state: RwLock::default(),
        };
        for provider in Provider::ALL {
            metrics.records_read(provider, &SourceSummary::default());
        }
        Ok(metrics)
    }

    /// Shows a collector with zero runs, so that its first failure is seen as an increase.
    pub fn expect_collector(&self, collector: &str) {
        add(&self.collector_runs, &[collector], 0);
        add(&self.collector_run_failures, &[collector], 0);
    }

    /// Counts a run of a collector that took `seconds`.
    pub fn collector_ran(&self, collector: &str, seconds: f64, complete: bool) {
        add(&self.collector_runs, &[collector], 1);
        add(&self.collector_run_failures, &[collector], u64::from(!complete));
        set(&self.collector_run_duration, &[collector], seconds);
    }

    /// Counts requests to an API; counts of zero show it before its first request.
    pub fn api_asked(&self, provider: Provider, api: &str, calls: ApiCalls) {
        let labels = [provider.as_str(), api];
        add(&self.api_requests, &labels, calls.requests);
        add(&self.api_throttled, &labels, calls.throttled);
        add(&self.api_errors, &labels, calls.errors);
    }

    /// Counts the trail records of one reading.
    pub fn records_read(&self, provider: Provider, summary: &SourceSummary) {
        let results = [
            ("kept", summary.records_kept),
            ("duplicate", summary.records_duplicate),
            ("irrelevant", summary.records_irrelevant),
            ("rejected", summary.records_rejected),
        ];
        for (result, records) in results {
            add(&self.trail_records, &[provider.as_str(), result], records);
        }
    }

    /// Tells whether the configuration could be read again.
    pub fn config_reloaded(&self, successful: bool) {
        self.config_sound.store(successful, Ordering::Relaxed);
        self.tell_configuration();
    }

    /// Tells whether the file of exceptions, which is read again whenever it changes, can be used.
    pub fn exceptions_read(&self, successful: bool) {
        self.exceptions_sound.store(successful, Ordering::Relaxed);
        self.tell_configuration();
    }

    /// Tells whether the web configuration, or what it names, could be read again.
    pub fn web_reloaded(&self, successful: bool) {
        self.web_sound.store(successful, Ordering::Relaxed);
        self.tell_configuration();
    }

    fn tell_configuration(&self) {
        let parts = [&self.config_sound, &self.exceptions_sound, &self.web_sound];
        let sound = parts.iter().all(|sound| sound.load(Ordering::Relaxed));
        self.config_last_reload_successful.set(i64::from(sound));
    }

    /// Shows when the certificate of the pages ends.
    pub fn web_certificate_expires(&self, at: Option<Timestamp>) {
        show(&self.web_certificate_expiry, &[], at);
    }

    /// Shows when a report was last written.
    pub fn report_written(&self, at: Option<Timestamp>) {
        self.report_last_success.set(at.map_or(0, Timestamp::as_second));
    }

    /// Shows how many leaves the evidence log has.
    pub fn evidence_grew(&self, leaves: u64) {
        set(&self.evidence_log_size, &[], state::count(leaves));
    }

    /// Shows whether the evidence log verified.
    pub fn evidence_verified(&self, sound: bool) {
        set(&self.evidence_verified, &[], f64::from(u8::from(sound)));
    }

    /// Counts a failed operation on the store.
    pub fn storage_failed(&self) {
        self.storage_errors.inc();
    }

    /// Shows a scheduled task with zero missed slots and failures.
    pub fn expect_task(&self, task: &str) {
        self.slots_missed(task, MissedBecause::Late, 0);
        self.slots_missed(task, MissedBecause::Busy, 0);
        add(&self.schedule_run_failures, &[task], 0);
    }

    /// Counts slots of a task that have no run of their own.
    pub fn slots_missed(&self, task: &str, because: MissedBecause, slots: u64) {
        add(&self.schedule_missed, &[task, because.as_str()], slots);
    }

    /// Counts a run of a task that failed just now.
    pub fn task_failed(&self, task: &str, now: Timestamp) {
        add(&self.schedule_run_failures, &[task], 1);
        set(&self.schedule_last_failure, &[task], state::seconds(now));
    }

    /// Shows when a task is due next.
    pub fn next_run(&self, task: &str, slot: Option<Timestamp>) {
        show(&self.schedule_next_run, &[task], slot);
    }

    /// Renders the state; every scrape from now on shows it.
    pub fn publish(&self, state: &State) {
        let page = Bytes::from(state.render());
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Some(page);
    }

    /// Whether a state has been published.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.state.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The page in its two parts, to be sent one after the other: the counters as of now, and the newest state.
    ///
    /// # Errors
    /// [`prometheus::Error`] when the registry cannot be written as text: a bug of ours.
    pub fn page(&self) -> Result<(String, Option<Bytes>), prometheus::Error> {
        let counters = TextEncoder::new().encode_to_string(&self.registry.gather())?;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner).clone();
        Ok((counters, state))
    }
}

fn options<const N: usize>(family: &Family<N>) -> Opts {
    Opts::new(family.name, family.help)
}

fn gauges<const N: usize>(registry: &Registry, family: &Family<N>) -> Result<GaugeVec, prometheus::Error> {
    let gauges = GaugeVec::new(options(family), &family.labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

fn counters<const N: usize>(registry: &Registry, family: &Family<N>) -> Result<IntCounterVec, prometheus::Error> {
    let counters = IntCounterVec::new(options(family), &family.labels)?;
    registry.register(Box::new(counters.clone()))?;
    Ok(counters)
}

/// Adds to a series. Only a wrong number of labels can fail, which the golden page shows as a missing series.
fn add(counters: &IntCounterVec, labels: &[&str], by: u64) {
    if let Ok(counter) = counters.get_metric_with_label_values(labels) {
        counter.inc_by(by);
    }
}

/// Shows a time that there may be, and takes away one that there is not any more.
fn show(gauges: &GaugeVec, labels: &[&str], time: Option<Timestamp>) {
    match time {
        Some(time) => set(gauges, labels, state::seconds(time)),
        // An error says that there was no such series, which is what is wanted.
        None => drop(gauges.remove_label_values(labels)),
    }
}

fn set(gauges: &GaugeVec, labels: &[&str], value: f64) {
    let gauge: Result<Gauge, _> = gauges.get_metric_with_label_values(labels);
    if let Ok(gauge) = gauge {
        gauge.set(value);
    }
}
