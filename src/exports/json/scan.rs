//! Summaries of `ingest` and `scan`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::MissingJson;
use crate::model::{Provider, Reject, SourceSummary};

/// The version of the summaries' shape.
const SCHEMA: u32 = 1;

/// Counts of objects. `seen` is the sum of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectsJson {
    /// Found.
    pub seen: u64,
    /// Read to their end.
    pub read: u64,
    /// No trail logs.
    pub skipped: u64,
    /// Read by an earlier run and unchanged since.
    pub already_ingested: u64,
    /// Could not be read.
    pub rejected: u64,
}

/// Counts of records. `read` is the sum of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordsJson {
    /// Found; null where those that no profile concerns were not counted.
    pub read: Option<u64>,
    /// Stored.
    pub kept: u64,
    /// Stored before.
    pub duplicate: u64,
    /// No profile concerns them; null where they were not counted.
    pub irrelevant: Option<u64>,
    /// Could not be read.
    pub rejected: u64,
}

/// Bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BytesJson {
    /// Read from the objects.
    pub compressed: u64,
    /// Of JSON.
    pub uncompressed: u64,
}

/// A rejected record or object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectJson {
    /// Object.
    pub object: String,
    /// Number of the record in it, from 1; null for the object as a whole.
    pub record: Option<u64>,
    /// Offset in the uncompressed object, in bytes.
    pub offset: Option<u64>,
    /// What is wrong.
    pub reason: String,
}

impl From<&Reject> for RejectJson {
    fn from(reject: &Reject) -> Self {
        Self {
            object: reject.object.clone(),
            record: reject.record,
            offset: reject.offset,
            reason: reject.reason.clone(),
        }
    }
}

/// What `ingest` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IngestJson {
    /// Version of the shape.
    pub schema: u32,
    /// Objects.
    pub objects: ObjectsJson,
    /// Records.
    pub records: RecordsJson,
    /// Bytes.
    pub bytes: BytesJson,
    /// Duration.
    pub seconds: f64,
    /// Rejected objects and records.
    pub rejects: Vec<RejectJson>,
}

impl IngestJson {
    /// The shape of a reading.
    #[must_use]
    pub fn new(summary: &SourceSummary, seconds: f64, rejects: &[Reject]) -> Self {
        Self {
            schema: SCHEMA,
            objects: summary.into(),
            records: summary.into(),
            bytes: summary.into(),
            seconds,
            rejects: rejects.iter().map(Into::into).collect(),
        }
    }
}

impl From<&SourceSummary> for ObjectsJson {
    fn from(summary: &SourceSummary) -> Self {
        Self {
            seen: summary.objects_seen,
            read: summary.objects_read,
            skipped: summary.objects_skipped,
            already_ingested: summary.objects_already_ingested,
            rejected: summary.objects_rejected,
        }
    }
}

impl From<&SourceSummary> for RecordsJson {
    fn from(summary: &SourceSummary) -> Self {
        let counted = |count| (!summary.records_uncounted).then_some(count);
        Self {
            read: counted(summary.records_read),
            kept: summary.records_kept,
            duplicate: summary.records_duplicate,
            irrelevant: counted(summary.records_irrelevant),
            rejected: summary.records_rejected,
        }
    }
}

impl From<&SourceSummary> for BytesJson {
    fn from(summary: &SourceSummary) -> Self {
        Self { compressed: summary.bytes_compressed, uncompressed: summary.bytes_uncompressed }
    }
}

/// How much of one provider was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProviderCoverageJson {
    /// Accounts that had to be read.
    pub accounts_expected: u64,
    /// Accounts that were read completely.
    pub accounts_complete: u64,
    /// Regions of all accounts that had to be read.
    pub regions_expected: u64,
    /// Regions that were read completely.
    pub regions_complete: u64,
}

/// Requests to one API in a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiCallsJson {
    /// Provider.
    pub provider: Provider,
    /// The API, as its permission is named.
    pub api: &'static str,
    /// All requests, repeated ones included.
    pub requests: u64,
    /// Those that were refused for being too many.
    pub throttled: u64,
    /// Those that failed otherwise.
    pub errors: u64,
}

/// Coverage of a scan: it leads every summary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ScanCoverageJson {
    /// Accounts that had to be read.
    pub accounts_expected: u64,
    /// Accounts that were read completely.
    pub accounts_complete: u64,
    /// Regions of all accounts that had to be read.
    pub regions_expected: u64,
    /// Regions that were read completely.
    pub regions_complete: u64,
    /// The same for each provider.
    pub by_provider: BTreeMap<Provider, ProviderCoverageJson>,
    /// What is missing.
    pub missing: Vec<MissingJson>,
}

/// The trail part of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrailJson {
    /// Objects.
    pub objects: ObjectsJson,
    /// Records.
    pub records: RecordsJson,
}

/// What `scan` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScanJson {
    /// Version of the shape.
    pub schema: u32,
    /// Run.
    pub run: String,
    /// Start.
    pub started: String,
    /// End.
    pub finished: String,
    /// Coverage.
    pub coverage: ScanCoverageJson,
    /// Requests to the providers' APIs.
    pub calls: Vec<ApiCallsJson>,
    /// Trails.
    pub trail: TrailJson,
    /// Accounts and profiles by verdict.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// Open findings by severity.
    pub findings_open: BTreeMap<&'static str, u64>,
    /// Findings that an exception covers, by severity.
    pub findings_excepted: BTreeMap<&'static str, u64>,
}

impl ScanJson {
    /// The version of the shape.
    #[must_use]
    pub const fn schema() -> u32 {
        SCHEMA
    }
}
