//! What a benchmark archive shall be like.

use jiff::{SignedDuration, Timestamp};

use super::super::archive::SimulationError;
use super::super::random::Random;
use crate::model::Provider;

/// Regions of AWS in the order in which a plan uses them; the first keeps the events of global services.
const AWS_REGIONS: [&str; 17] = [
    "us-east-1",
    "eu-central-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-2",
    "us-east-2",
    "ap-northeast-1",
    "eu-west-2",
    "ap-southeast-1",
    "us-west-1",
    "eu-north-1",
    "ap-south-1",
    "ca-central-1",
    "eu-west-3",
    "sa-east-1",
    "ap-northeast-2",
    "ap-northeast-3",
];
/// The same of Alibaba Cloud.
const ALIBABA_REGIONS: [&str; 7] =
    ["cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen", "cn-hongkong", "ap-southeast-3", "ap-southeast-1"];
/// Half of the objects are smaller than this, in bytes of JSON.
const MEDIAN_OBJECT: f64 = 200_000.0;
/// Spread of the sizes: the deviation of their natural logarithm. The mean is then 1.5 times the median.
const SIZE_SPREAD: f64 = 0.9;
/// Smallest and largest object, in bytes of JSON.
const OBJECT_BOUNDS: (f64, f64) = (3_000.0, 8_000_000.0);
/// Mean size of an object, in bytes of JSON: enough to say how many there will be.
const MEAN_OBJECT: u64 = 300_000;
/// Least size of an archive: below, there is no room for a life.
const LEAST_BYTES: u64 = 1_000_000;
/// Most accounts of an archive: every one is held in memory.
const MOST_ACCOUNTS: u64 = 20_000;
/// Longest span of time in days.
const MOST_DAYS: i64 = 3_650;
/// Largest single object, in bytes: what CloudTrail may deliver compressed, twenty times over.
const LARGEST_OBJECT: u64 = 1_000_000_000;
/// 2026-01-01T00:00:00Z.
const DEFAULT_START: i64 = 1_767_225_600;
/// Hours in a day.
const HOURS: i64 = 24;

/// What a benchmark archive shall be like.
#[derive(Debug, Clone)]
pub struct CorpusPlan {
    /// Provider of all its records.
    pub provider: Provider,
    /// Size in bytes of uncompressed JSON.
    pub bytes: u64,
    /// Accounts.
    pub accounts: u64,
    /// Regions of every account.
    pub regions: usize,
    /// Records that concern the watched role, in a million. Met as far as roles are in use.
    pub relevant_per_million: u64,
    /// Records that look as if they did, in a million.
    pub decoys_per_million: u64,
    /// First moment.
    pub start: Timestamp,
    /// Span of time in days.
    pub days: i64,
    /// Size in bytes of one object that is much larger than the others, if there shall be one.
    pub large_object: Option<u64>,
    /// The seed: equal plans give equal bytes.
    pub seed: u64,
}

impl CorpusPlan {
    /// A plan for an archive of `bytes` bytes with the mix of an ordinary organisation.
    #[must_use]
    pub fn new(provider: Provider, bytes: u64) -> Self {
        Self {
            provider,
            bytes,
            accounts: 40,
            regions: 4,
            relevant_per_million: 800,
            decoys_per_million: 400,
            start: Timestamp::from_second(DEFAULT_START).unwrap_or(Timestamp::UNIX_EPOCH),
            days: 30,
            large_object: None,
            seed: 1,
        }
    }

    /// Refuses what cannot be made.
    pub(super) fn check(&self) -> Result<(), SimulationError> {
        let most_regions = Self::all_regions(self.provider).len();
        let complaint = if self.bytes < LEAST_BYTES {
            format!("an archive needs at least {LEAST_BYTES} bytes, not {}", self.bytes)
        } else if !(1..=MOST_ACCOUNTS).contains(&self.accounts) {
            format!("an archive has 1 to {MOST_ACCOUNTS} accounts, not {}", self.accounts)
        } else if !(1..=most_regions).contains(&self.regions) {
            format!("{} has 1 to {most_regions} Regions here, not {}", self.provider, self.regions)
        } else if !(2..=MOST_DAYS).contains(&self.days) {
            format!("an archive spans 2 to {MOST_DAYS} days, not {}", self.days)
        } else if self.large_object.is_some_and(|bytes| LARGEST_OBJECT < bytes || self.bytes / 2 < bytes) {
            format!("the large object has at most {LARGEST_OBJECT} bytes and half of the archive")
        } else {
            return Ok(());
        };
        Err(SimulationError::Plan(complaint))
    }

    /// Names of the Regions in use.
    pub(super) fn region_names(&self) -> &'static [&'static str] {
        &Self::all_regions(self.provider)[..self.regions]
    }

    /// About how many objects there will be.
    pub(super) fn object_count(&self) -> u64 {
        self.bytes / MEAN_OBJECT
    }

    /// How long the archive's span is.
    pub(super) fn span(&self) -> SignedDuration {
        SignedDuration::from_hours(self.days * HOURS)
    }

    /// The moment at which the archive has grown to `written` bytes.
    pub(super) fn moment_of(&self, written: u64) -> Timestamp {
        let seconds = u128::from(self.span().as_secs().unsigned_abs()) * u128::from(written) / u128::from(self.bytes);
        self.start + SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0))
    }

    /// Size of an object, log-normal.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the bounds fit and are positive")]
    pub(super) fn object_size(random: &mut Random) -> u64 {
        let size = MEDIAN_OBJECT * (SIZE_SPREAD * random.normal()).exp();
        size.clamp(OBJECT_BOUNDS.0, OBJECT_BOUNDS.1) as u64
    }

    fn all_regions(provider: Provider) -> &'static [&'static str] {
        match provider {
            Provider::Aws => &AWS_REGIONS,
            Provider::Alibaba => &ALIBABA_REGIONS,
        }
    }
}
