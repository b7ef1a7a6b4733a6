//! Verifying the digest chains of a trail on demand: of a directory, or of a bucket. The history is not needed for it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::desk::limits;
use crate::config::Settings;
use crate::daemon::Stop;
use crate::model::ChainId;
use crate::sources::aws::{DigestBucket, DigestScope};
use crate::sources::digests::{
    Archive, ChainPart, Check, DELIVERED_WITHIN, Directory, Horizon, KeyFile, Keys, Place,
};
use crate::sources::live::{Failure, Scan};
use crate::trail::digest::Begin;

/// Places that are checked at once.
const PLACES_AT_ONCE: usize = 8;

/// A check that somebody waits for ends when it is done or interrupted; this is only a bound.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Where the digests are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailRoot {
    /// A directory that is laid out like the bucket.
    Directory(PathBuf),
    /// A bucket of AWS, and what the keys begin with.
    Bucket(String, String),
}

/// What is to be verified.
#[derive(Debug, Clone)]
pub struct TrailQuery {
    /// Where.
    pub root: TrailRoot,
    /// Only this account.
    pub account: Option<String>,
    /// Only this Region.
    pub region: Option<String>,
    /// From when on.
    pub since: Option<Timestamp>,
    /// Up to when.
    pub until: Option<Timestamp>,
    /// Public keys that were saved.
    pub keys: Option<KeyFile>,
}

/// A folder that could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadPlace {
    /// Which.
    pub place: String,
    /// Why.
    pub reason: String,
}

/// What verifying came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedTrail {
    /// The chains, in order.
    pub chains: Vec<ChainPart>,
    /// What could not be listed.
    pub unread: Vec<UnreadPlace>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyTrailError {
    /// There is nothing to verify, or it cannot be looked for.
    #[error("{0}")]
    Nothing(String),
}

/// Verifies the chains.
///
/// # Errors
/// [`VerifyTrailError`] where there is nothing to verify.
pub fn verify_trail(
    runtime: &Handle,
    settings: &Settings,
    now: Timestamp,
    stop: &Stop,
    query: &TrailQuery,
) -> Result<CheckedTrail, VerifyTrailError> {
    match &query.root {
        TrailRoot::Directory(path) => {
            let (account, region) = (query.account.as_deref(), query.region.as_deref());
            let opened = Directory::open(path, account, region, limits(settings));
            let directory = opened.map_err(VerifyTrailError::Nothing)?;
            let Some(keys) = &query.keys else {
                return Err(VerifyTrailError::Nothing(format!(
                    "{}: name the public keys with --public-keys FILE; `aws cloudtrail list-public-keys --region REGION \
                     --start-time … --end-time …` prints them, Region by Region",
                    path.display()
                )));
            };
            if directory.has_none() {
                return Err(nothing(&path.display().to_string()));
            }
            // A directory ends when it was saved, and only its own log files tell when that was.
            let horizon = query.until.map_or(Horizon::Logs, Horizon::At);
            runtime.block_on(check_all(&directory, keys, query, horizon, stop))
        }
        TrailRoot::Bucket(..) => runtime.block_on(check_bucket(settings, now, stop, query)),
    }
}

async fn check_bucket(
    settings: &Settings,
    now: Timestamp,
    stop: &Stop,
    query: &TrailQuery,
) -> Result<CheckedTrail, VerifyTrailError> {
    let TrailRoot::Bucket(bucket, prefix) = &query.root else { return Ok(CheckedTrail::default()) };
    let collect = &settings.collect;
    let at_once = usize::try_from(collect.calls_in_flight).unwrap_or(usize::MAX);
    let deadline = Instant::now() + LONGEST;
    let scan = Arc::new(Scan::new(at_once, collect.call_timeout.unsigned(), deadline, stop.token().child_token()));
    let scope = DigestScope {
        bucket: bucket.clone(),
        prefix: prefix.clone(),
        account: query.account.clone(),
        region: query.region.clone(),
    };
    let opened = DigestBucket::open(scope, settings.aws.first(), scan, limits(settings)).await;
    let (archive, api) = match opened {
        Ok(opened) => opened,
        Err(failure) if failure.is("NoSuchBucket") => return Err(VerifyTrailError::Nothing(failure.detail)),
        Err(failure) => return Ok(unlisted(format!("s3://{bucket}/{prefix}"), &failure)),
    };
    let delivered = now.saturating_sub(DELIVERED_WITHIN).unwrap_or(now);
    let horizon = Horizon::At(query.until.map_or(delivered, |until| until.min(delivered)));
    match &query.keys {
        Some(keys) => check_all(&archive, keys, query, horizon, stop).await,
        None => check_all(&archive, &api, query, horizon, stop).await,
    }
}

async fn check_all<A: Archive, K: Keys>(
    archive: &A,
    keys: &K,
    query: &TrailQuery,
    horizon: Horizon,
    stop: &Stop,
) -> Result<CheckedTrail, VerifyTrailError> {
    let places = match archive.places().await {
        Ok(places) => places,
        Err(failure) => return Ok(unlisted("the folders of the digests".to_owned(), &failure)),
    };
    if !places.iter().any(|place| place.has_digests) {
        return Err(nothing("the trail"));
    }
    let (since, until) = (query.since, query.until);
    let known = BTreeMap::new();
    let check = Check { archive, keys, begin: Begin::From(since), since, until, horizon, known };
    let mut checks = stream::iter(&places)
        .map(|place| Box::pin(check_place(&check, place, stop)))
        .buffer_unordered(PLACES_AT_ONCE);
    let (mut chains, mut report) = (BTreeMap::<ChainId, ChainPart>::new(), CheckedTrail::default());
    while let Some((place, parts, ended)) = checks.next().await {
        for part in parts {
            match chains.get_mut(&part.id) {
                Some(known) => known.extend(part),
                None => drop(chains.insert(part.id.clone(), part)),
            }
        }
        report.unread.extend(ended.err().map(|failure| unread(place.folder.clone(), &failure)));
    }
    report.unread.sort_by(|left, right| left.place.cmp(&right.place));
    report.chains = chains.into_values().collect();
    report.interrupted = stop.is_requested();
    Ok(report)
}

async fn check_place<'p, A: Archive, K: Keys>(
    check: &Check<'_, A, K>,
    place: &'p Place,
    stop: &Stop,
) -> (&'p Place, Vec<ChainPart>, Result<(), Failure>) {
    let mut parts: BTreeMap<ChainId, ChainPart> = BTreeMap::new();
    if stop.is_requested() {
        return (place, Vec::new(), Err(Failure::timed_out("roletrail was told to stop before this was read")));
    }
    let ended = check
        .place(place, |part| {
            match parts.get_mut(&part.id) {
                Some(known) => known.extend(part),
                None => drop(parts.insert(part.id.clone(), part)),
            }
            !stop.is_requested()
        })
        .await;
    (place, parts.into_values().collect(), ended)
}

fn nothing(place: &str) -> VerifyTrailError {
    VerifyTrailError::Nothing(format!(
        "{place} holds no digest that is to be verified; digests lie in AWSLogs/ACCOUNT/CloudTrail-Digest/REGION/, and \
         CloudTrail writes them where log file validation is on"
    ))
}

fn unread(place: String, failure: &Failure) -> UnreadPlace {
    UnreadPlace { place, reason: format!("{}: {}", failure.outcome, failure.detail) }
}

fn unlisted(place: String, failure: &Failure) -> CheckedTrail {
    CheckedTrail { unread: vec![unread(place, failure)], ..CheckedTrail::default() }
}
