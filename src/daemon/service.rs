//! The daemon's business: what its tasks do, what its pages show, what a reload changes.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use jiff::Timestamp;

use super::ExceptionsFile;
use super::jobs::{self, CollectReport, JobContext, JobError, ReportError};
use super::reporting;
use super::run::{Reload, Run, Task, Work};
use super::timetable::{COLLECT, REPORT, Timetable, VERIFY};
use crate::config::{Analyze, Settings};
use crate::exports::Views;
use crate::exports::http::{Entrance, Health, Judge, Site};
use crate::exports::metrics::{ApiCalls, Metrics, ProfilesByKind, state_of_store};
use crate::findings::Exceptions;
use crate::model::{Account, AccountVerdict, Provider, RunKind, SourceSummary, api};
use crate::profiles::Profiles;
use crate::rules::{self, Controls};
use crate::sources::live::CallCounts;
use crate::sources::{alibaba, aws};
use crate::store::{StoreError, VerifiedLog};

/// Reads the configuration again, or tells why the old one stays.
pub type Load = Arc<dyn Fn() -> Result<Configuration, String> + Send + Sync>;

/// What a reload changes.
pub struct Configuration {
    /// The settings.
    pub settings: Settings,
    /// The profiles.
    pub profiles: Profiles,
    /// The file of exceptions.
    pub exceptions: ExceptionsFile,
    /// The controls.
    pub controls: Controls,
}

/// The collector of roles and stores, as metrics name it: files and live accounts alike.
const INVENTORY: &str = "inventory";
const COLLECTORS: [&str; 6] =
    [INVENTORY, api::TRAIL_FILES, api::TRAIL_LOOKUP, api::TRAIL_S3, api::TRAIL_SQS, api::TRAIL_OSS];

/// The daemon's business. Shared by the loop's threads and the HTTP server.
pub struct Service {
    context: RwLock<JobContext>,
    load: Load,
    entrance: Arc<Entrance>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    published: Mutex<Option<Published>>,
    /// The evidence log as it was last verified.
    verified: Mutex<Option<VerifiedLog>>,
}

/// What the published state rests on besides the store.
struct Published {
    exceptions: Exceptions,
    /// When time alone changes how one of them stands.
    next_change: Option<Timestamp>,
}

impl Service {
    /// A service over an open history, with the way in to its pages.
    ///
    /// # Errors
    /// A sentence when a metric is declared wrongly, which is a bug of ours.
    pub fn new(context: JobContext, load: Load, entrance: Arc<Entrance>) -> Result<Arc<Self>, String> {
        let metrics = Metrics::new(env!("CARGO_PKG_VERSION")).map_err(|error| error.to_string())?;
        for collector in COLLECTORS {
            metrics.expect_collector(collector);
        }
        expect_calls(&metrics, &context.settings);
        Ok(Arc::new(Self {
            context: RwLock::new(context),
            load,
            entrance,
            metrics: Arc::new(metrics),
            health: Arc::new(Health::default()),
            published: Mutex::default(),
            verified: Mutex::default(),
        }))
    }

    /// The metrics.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// What the pages need.
    #[must_use]
    pub fn site(self: &Arc<Self>) -> Site {
        let judge: Arc<dyn Judge> = Arc::<Self>::clone(self);
        Site { metrics: Arc::clone(&self.metrics), health: Arc::clone(&self.health), views: self.views(), judge }
    }

    /// The history as it is to be shown, with the settings and exceptions of each moment.
    #[must_use]
    pub fn views(self: &Arc<Self>) -> Views {
        let (service, again) = (Arc::clone(self), Arc::clone(self));
        Views::new(move || service.context().view()).renewed_by(move || again.publish_exceptions())
    }

    /// The tasks that the settings ask for.
    ///
    /// # Errors
    /// A sentence that names the wrong setting.
    pub fn tasks(&self) -> Result<Vec<Task>, String> {
        let context = self.context();
        let times = context.store.report_times().map_err(|error| self.storage_trouble(&error.into()))?;
        Ok(Timetable::of(&context.settings)?.tasks(&times))
    }

    /// What the tasks do.
    #[must_use]
    pub fn work(self: &Arc<Self>) -> Work {
        let service = Arc::clone(self);
        Arc::new(move |run: &Run| service.carry_out(run))
    }

    /// What a reload does.
    #[must_use]
    pub fn reload(self: &Arc<Self>) -> Reload {
        let service = Arc::clone(self);
        Arc::new(move || service.load_again())
    }

    /// Renders the state that is stored; from then on the service is ready.
    ///
    /// # Errors
    /// A sentence when the history cannot be read.
    pub fn publish(&self) -> Result<(), String> {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        *published = Some(self.publish_state().map_err(|error| self.storage_trouble(&error.into()))?);
        self.health.ready();
        Ok(())
    }

    /// Renders the state anew if other exceptions hold than when it was rendered: a scrape shows them at once. While
    /// somebody else is rendering, the page is the older one for that long.
    fn publish_exceptions(&self) {
        let context = self.context();
        let exceptions = context.exceptions.current();
        self.metrics.exceptions_read(context.exceptions.is_sound());
        let Ok(mut published) = self.published.try_lock() else { return };
        // Nothing is shown before the first publication.
        let Some(older) = &*published else { return };
        let is_due = |at: Timestamp| at <= context.now();
        if exceptions.is(&older.exceptions) && !older.next_change.is_some_and(is_due) {
            return;
        }
        match self.publish_state() {
            Ok(newer) => *published = Some(newer),
            Err(error) => {
                tracing::error!(reason = self.storage_trouble(&error.into()), "the metrics are not renewed");
            }
        }
    }

    fn publish_state(&self) -> Result<Published, StoreError> {
        let context = self.context();
        let (view, gauges) = (context.view(), context.store.gauges()?);
        self.metrics.report_written(context.store.report_times()?.written);
        self.metrics.evidence_grew(context.store.evidence_size()?);
        self.metrics.exceptions_read(context.exceptions.is_sound());
        self.metrics.publish(&state_of_store(&gauges, &view.tally()?, &profiles_by_kind(&context.profiles)));
        let next_change = view.exceptions().next_change(view.now());
        Ok(Published { exceptions: view.exceptions().clone(), next_change })
    }

    fn context(&self) -> JobContext {
        self.context.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn carry_out(&self, run: &Run) -> Result<(), String> {
        let context = self.context();
        let outcome = match run.task {
            COLLECT => self.collect(&context),
            VERIFY => self.verify(&context),
            REPORT => match reporting::report(&context, run) {
                Err(ReportError::Job(error)) => Err(error),
                // Nothing is wrong with the history: the place of the reports, or a format.
                written => return written.map_err(|error| error.to_string()).and_then(|()| self.publish()),
            },
            _ => analyze(&context, RunKind::Analyze),
        };
        outcome.and_then(|()| self.verify_news(&context)).map_err(|error| self.storage_trouble(&error))?;
        self.health.well();
        self.publish()
    }

    /// Verifies the whole evidence log with the history that it speaks for.
    fn verify(&self, context: &JobContext) -> Result<(), JobError> {
        let Some((found, log)) = jobs::verify(context)? else { return Ok(()) };
        for problem in &found.problems {
            tracing::error!(
                kind = problem.kind.as_str(),
                detail = problem.detail,
                "the evidence log does not verify"
            );
        }
        tracing::info!(size = found.size, problems = found.problems_found, "verified the evidence log");
        self.metrics.evidence_verified(log.is_sound());
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner) = Some(log);
        Ok(())
    }

    /// Verifies what a run has added to it.
    fn verify_news(&self, context: &JobContext) -> Result<(), JobError> {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(log) = &mut *verified else { return Ok(()) };
        let was_sound = log.is_sound();
        let is_sound = context.store.verify_news(log)?;
        if was_sound && !is_sound {
            tracing::error!(
                "the evidence log does not verify any more; `roletrail verify store` tells what is wrong"
            );
        }
        self.metrics.evidence_verified(is_sound);
        Ok(())
    }

    fn collect(&self, context: &JobContext) -> Result<(), JobError> {
        let run = context.store.begin_run(RunKind::Collect, context.now())?;
        let began = Instant::now();
        let report = jobs::collect(context, run)?;
        self.count(&report, began.elapsed().as_secs_f64());
        let complete = !report.incomplete && !report.interrupted;
        if !report.interrupted && context.settings.schedule.analyze == Analyze::AfterCollect {
            jobs::analyze(context, run, false)?;
        }
        context.store.finish_run(run, context.now(), complete, &report.trail.summary)?;
        tracing::info!(
            accounts = report.accounts.len(),
            objects = report.trail.summary.objects_read,
            records = report.trail.summary.records_read,
            complete,
            "collected"
        );
        Ok(())
    }

    fn count(&self, report: &CollectReport, seconds: f64) {
        for (provider, summary) in &report.trail_by_provider {
            self.metrics.records_read(*provider, summary);
        }
        if !report.accounts.is_empty() {
            self.metrics.collector_ran(INVENTORY, seconds, !report.inventory_incomplete);
        }
        if let Some(complete) = report.trail_files {
            self.metrics.collector_ran(api::TRAIL_FILES, seconds, complete);
        }
        for (trail, complete) in &report.live_trails {
            self.metrics.collector_ran(trail, seconds, *complete);
        }
        for ((provider, name), counts) in &report.calls {
            let CallCounts { requests, throttled, errors } = *counts;
            self.metrics.api_asked(*provider, name, ApiCalls { requests, throttled, errors });
        }
    }

    /// The web configuration is a file of its own: one that is wrong keeps the other from nothing.
    fn load_again(&self) -> Result<Vec<Task>, String> {
        self.entrance.reload(&self.metrics);
        let Configuration { settings, profiles, exceptions, controls } = (self.load)()?;
        let times = self.context().store.report_times().map_err(|error| error.to_string())?;
        let tasks = Timetable::of(&settings)?.tasks(&times);
        expect_calls(&self.metrics, &settings);
        let mut context = self.context.write().unwrap_or_else(PoisonError::into_inner);
        if settings.database != context.settings.database
            || settings.web != context.settings.web
            || settings.evidence != context.settings.evidence
        {
            tracing::warn!("[database], [web] and [evidence] take effect at the next start");
        }
        context.settings = Arc::new(settings);
        context.profiles = Arc::new(profiles);
        context.exceptions = Arc::new(exceptions);
        context.controls = controls;
        Ok(tasks)
    }

    fn storage_trouble(&self, error: &JobError) -> String {
        self.metrics.storage_failed();
        self.health.trouble(error.to_string());
        error.to_string()
    }
}

/// By the settings and profiles of the moment.
impl Judge for Service {
    fn store_kind(&self, profile: &str) -> String {
        self.context().profiles.store_kind(profile).to_owned()
    }

    fn verdicts_at(&self, account: &Account, at: Timestamp) -> Result<Vec<AccountVerdict>, StoreError> {
        let context = self.context();
        let evidence = context.store.evidence(account, at, context.judging())?;
        Ok(rules::judge_account(&evidence, &context.profiles).verdicts)
    }
}

/// Every API that a source can ask stands at zero from the start, so that its first trouble is seen as an increase.
fn expect_calls(metrics: &Metrics, settings: &Settings) {
    let aws = aws::calls::Call::ALL.map(|call| (Provider::Aws, call.action()));
    let alibaba = alibaba::calls::Call::ALL.map(|call| (Provider::Alibaba, call.action()));
    let aws = aws.into_iter().filter(|_| !settings.aws.is_empty());
    for (provider, call) in aws.chain(alibaba.into_iter().filter(|_| !settings.alibaba.is_empty())) {
        metrics.api_asked(provider, call, ApiCalls::default());
    }
}

fn profiles_by_kind(profiles: &Profiles) -> ProfilesByKind {
    let mut by_kind = ProfilesByKind::new();
    for profile in profiles.iter() {
        if let Some(store) = &profile.store {
            by_kind.entry(store.kind.clone()).or_default().push(profile.id.clone());
        }
    }
    by_kind
}

fn analyze(context: &JobContext, kind: RunKind) -> Result<(), JobError> {
    let run = context.store.begin_run(kind, context.now())?;
    let report = jobs::analyze(context, run, false)?;
    context.store.finish_run(run, context.now(), !report.interrupted, &SourceSummary::default())?;
    Ok(())
}

#[cfg(test)]
mod tests;
