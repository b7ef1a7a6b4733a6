//! What the key of a digest tells.

use jiff::Timestamp;

use crate::model::{ChainId, ChainKind};
use crate::trail::layout::moment;

/// The part of a key that says what it is.
const DIGEST: &str = "CloudTrail-Digest";

/// The end of the names in the backfill chain, before the ending of the file.
const BACKFILL: &str = "_backfill";

/// What the key of a digest tells:
/// `ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOME-REGION_YYYYMMDDTHHmmssZ[_backfill].json.gz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestName {
    /// Its chain.
    pub chain: ChainId,
    /// The end of the time that it covers.
    pub end: Timestamp,
}

impl DigestName {
    /// Reads the last part of a key; `None` for what is no digest.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        let file = key.rsplit('/').next()?;
        let stem = file.strip_suffix(".json.gz").or_else(|| file.strip_suffix(".json"))?;
        let (stem, kind) = match stem.strip_suffix(BACKFILL) {
            Some(stem) => (stem, ChainKind::Backfill),
            None => (stem, ChainKind::Standard),
        };
        // The name of a trail may have underscores of its own: it is what is left between the others.
        let mut front = stem.splitn(4, '_');
        let (account, digest, region) = (front.next()?, front.next()?, front.next()?);
        let mut back = front.next()?.rsplitn(3, '_');
        let (time, home, trail) = (back.next()?, back.next()?, back.next()?);
        let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
        if digest != DIGEST || !is_account || region.is_empty() || trail.is_empty() || home.is_empty() {
            return None;
        }
        let [account, region, trail, home_region] = [account, region, trail, home].map(str::to_owned);
        Some(Self { chain: ChainId { account, region, trail, home_region, kind }, end: moment(time)? })
    }
}
