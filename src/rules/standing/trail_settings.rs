//! How the account's trails are set up, where all of them were read.

use jiff::Timestamp;

use super::coverage::{account_closed_at, rows};
use crate::model::{Evidence, Outcome, Provider, Recording, TrailSettings, TrailSpan, api, either};

/// The trails of an account as they are now.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Trails<'a> {
    /// States that hold, in the order of ARNs.
    spans: Vec<&'a TrailSpan>,
    /// When they were listed last.
    pub(in crate::rules) listed_at: Timestamp,
    /// Since when the list has been complete.
    pub(in crate::rules) listed_since: Timestamp,
}

impl<'a> Trails<'a> {
    /// The trails; nothing where the list of them is not known to be complete.
    pub(in crate::rules) fn of(evidence: &'a Evidence) -> Option<Self> {
        let listed_by = calls(evidence).listing;
        let listings = || rows(evidence).filter(|span| span.coverage.key.api == listed_by);
        let closed_at = account_closed_at(evidence);
        let counts = listings().all(|span| span.coverage.outcome == Outcome::Complete)
            && listings().all(|span| closed_at <= Some(span.checked_at));
        let listed_at = listings().map(|span| span.checked_at).max().filter(|_| counts)?;
        let listed_since = listings().map(|span| span.since).max()?;
        let mut spans: Vec<_> = evidence.trails.iter().filter(|span| span.valid_to.is_none()).collect();
        spans.sort_by(|left, right| left.trail.arn.cmp(&right.trail.arn));
        Some(Self { spans, listed_at, listed_since })
    }

    /// Every trail.
    pub(in crate::rules) fn all(&self) -> &[&'a TrailSpan] {
        &self.spans
    }

    /// The trails of all Regions.
    pub(in crate::rules) fn everywhere(&self) -> Vec<&'a TrailSpan> {
        self.spans.iter().copied().filter(|span| span.trail.multi_region).collect()
    }
}

/// The calls that tell how trails are set up.
struct Calls {
    listing: &'static str,
    status: &'static str,
    recording: &'static str,
}

fn calls(evidence: &Evidence) -> Calls {
    match evidence.account.provider {
        Provider::Aws => Calls {
            listing: api::AWS_DESCRIBE_TRAILS,
            status: api::AWS_TRAIL_STATUS,
            recording: api::AWS_EVENT_SELECTORS,
        },
        // The list tells what each trail records.
        Provider::Alibaba => Calls {
            listing: api::ALIBABA_DESCRIBE_TRAILS,
            status: api::ALIBABA_TRAIL_STATUS,
            recording: api::ALIBABA_DESCRIBE_TRAILS,
        },
    }
}

/// Whether one of the trails runs.
pub(in crate::rules) fn any_runs(spans: &[&TrailSpan]) -> Option<bool> {
    spans.iter().map(|span| span.trail.logging).fold(Some(false), either)
}

/// What the trails record together.
pub(in crate::rules) fn recorded(spans: &[&TrailSpan]) -> Recording {
    spans.iter().map(|span| span.trail.recorded()).fold(Recording::NOTHING, Recording::or)
}

/// Names of the trails, in words.
pub(in crate::rules) fn names(trails: &[&TrailSettings]) -> String {
    trails.iter().map(|trail| trail.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What of the events that matter no trail records in all Regions: the call whose answer tells it, and the words.
/// Nothing where all of it is recorded, or where too little could be read to tell.
pub(in crate::rules) fn unrecorded(evidence: &Evidence) -> Option<(&'static str, String)> {
    let trails = Trails::of(evidence)?;
    let calls = calls(evidence);
    if trails.all().is_empty() {
        return Some((calls.listing, "the account has no trail".to_owned()));
    }
    let everywhere = trails.everywhere();
    if everywhere.is_empty() {
        return Some((calls.listing, "no trail records every Region".to_owned()));
    }
    if any_runs(&everywhere) == Some(false) {
        return Some((calls.status, "no trail of every Region is logging".to_owned()));
    }
    let lost = lost(recorded(&everywhere));
    (!lost.is_empty()).then(|| (calls.recording, format!("no trail of every Region records {}", lost.join(", "))))
}

/// What is certainly not recorded, in words.
fn lost(recording: Recording) -> Vec<&'static str> {
    [
        (recording.records_reads, "reads (assumptions of roles)"),
        (recording.records_writes, "writes (changes of roles)"),
        (recording.records_kms, "KMS (changes of key stores)"),
    ]
    .into_iter()
    .filter(|(recorded, _)| *recorded == Some(false))
    .map(|(_, words)| words)
    .collect()
}
