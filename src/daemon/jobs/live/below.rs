//! Reading a part of a bucket that somebody named.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::begin_scan;
use super::history::StoreHistory;
use super::objects::Objects;
use super::taker::next;
use crate::config::{Alibaba, Settings};
use crate::daemon::jobs::{IngestReport, JobContext, JobError};
use crate::model::{Coverage, CoverageKey, Outcome, Provider, Reject, api};
use crate::sources::live::{Failure, Found, History, MOST_WAITING, Outlet, Scan};
use crate::sources::{alibaba, aws};
use crate::store::RunId;

/// A reading that somebody waits for ends when it is done or interrupted; this is only a bound.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// A part of a bucket that somebody named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Below {
    /// Of AWS.
    S3(aws::Below),
    /// Of Alibaba Cloud.
    Oss(alibaba::Below),
}

impl Below {
    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> String {
        match self {
            Self::S3(below) => format!("s3://{}", below.bucket),
            Self::Oss(below) => format!("oss://{}", below.bucket),
        }
    }

    fn prefix(&self) -> &str {
        match self {
            Self::S3(below) => &below.prefix,
            Self::Oss(below) => &below.prefix,
        }
    }

    fn provider(&self) -> Provider {
        match self {
            Self::S3(_) => Provider::Aws,
            Self::Oss(_) => Provider::Alibaba,
        }
    }

    /// The kind of trail.
    fn api(&self) -> &'static str {
        match self {
            Self::S3(_) => api::TRAIL_S3,
            Self::Oss(_) => api::TRAIL_OSS,
        }
    }

    async fn is_missing(&self, settings: &Settings, scan: Arc<Scan>) -> bool {
        match self {
            Self::S3(below) => below.is_missing(settings.aws.first(), scan).await,
            Self::Oss(below) => below.is_missing(like(settings, below), scan).await,
        }
    }

    async fn read(
        &self,
        settings: &Settings,
        scan: Arc<Scan>,
        history: &dyn History,
        outlet: &Outlet,
    ) -> Result<(), Failure> {
        match self {
            Self::S3(below) => below.read(settings.aws.first(), scan, history, outlet).await,
            Self::Oss(below) => below.read(like(settings, below), scan, history, outlet).await,
        }
    }
}

/// The source whose endpoint is used: one that has the bucket, else the first.
fn like<'s>(settings: &'s Settings, below: &alibaba::Below) -> Option<&'s Alibaba> {
    let sources = &settings.alibaba;
    sources.iter().find(|source| source.region_of(&below.bucket).is_some()).or(sources.first())
}

/// Whether there surely is no such bucket.
pub(in crate::daemon::jobs) fn is_missing(runtime: &Handle, settings: &Settings, below: &Below) -> bool {
    let timeout = settings.collect.call_timeout.unsigned();
    let scan = Scan::new(1, timeout, Instant::now() + LONGEST, CancellationToken::new());
    runtime.block_on(below.is_missing(settings, Arc::new(scan)))
}

/// Reads every object; what could not be read is stored as coverage, and listed.
pub(in crate::daemon::jobs) fn ingest_below(
    context: &JobContext,
    run: RunId,
    below: &Below,
) -> Result<IngestReport, JobError> {
    let (scan, _asking) = begin_scan(context, LONGEST);
    let (outlet, mut inlet) = mpsc::channel(MOST_WAITING);
    let asking = context.runtime.spawn({
        let (below, settings) = (below.clone(), Arc::clone(&context.settings));
        let history = StoreHistory::new(context.store.clone(), below.provider());
        async move { below.read(&settings, scan, &history, &outlet).await }
    });
    let mut objects = Objects::new(context, run, below.provider());
    while let Some(found) = next(&mut inlet, &mut objects)? {
        if let Found::Object(object) = found {
            objects.take(*object)?;
        }
    }
    let mut report = objects.end()?;
    let read = context.runtime.block_on(asking).map_err(|error| JobError::Broken(error.to_string()))?;
    let subject = format!("{}/{}", below.bucket(), below.prefix());
    context.store.save_coverage(run, context.now(), &[row(context, below, &subject, read.as_ref().err())])?;
    report.interrupted |= context.stop.is_requested();
    if let Err(failure) = read {
        tracing::warn!(bucket = subject, detail = failure.detail, "not read to the end");
        report.incomplete = true;
        let reason = format!("{}: {}", failure.outcome, failure.detail);
        report.rejects.push(Reject { object: subject, record: None, offset: None, reason, raw: Vec::new() });
    }
    Ok(report)
}

fn row(context: &JobContext, below: &Below, subject: &str, failure: Option<&Failure>) -> Coverage {
    let (outcome, detail) = failure
        .map_or_else(|| (Outcome::Complete, String::new()), |failure| (failure.outcome, failure.detail.clone()));
    let (provider, api) = (below.provider(), below.api().to_owned());
    let key = CoverageKey { provider, account: None, region: None, api, subject: Some(subject.to_owned()) };
    Coverage { key, outcome, detail, from: context.now(), to: context.now() }
}
