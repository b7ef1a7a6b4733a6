//! Trail objects of a bucket: finding them without listing what was read long ago, and fetching them.

mod ahead;
mod deliveries;
mod keys;
mod listing;
mod places;

use bytes::Bytes;

use super::{Caller, Failure, ObjectName};
use crate::model::Provider;
pub(in crate::sources) use deliveries::{Reading, Trail, closed, note_silent};
pub(in crate::sources) use keys::{is_no_log, moment, root};
pub(in crate::sources) use listing::{Listed, Page, Query, folders, read_below};
pub(in crate::sources) use places::read;

/// The largest object that is fetched. `CloudTrail`'s own have at most 50 MB (`CloudTrail` user guide, quotas), and
/// those of `ActionTrail` cover five minutes.
pub(in crate::sources) const MOST_OBJECT_BYTES: u64 = 512 << 20;

/// Why an object may be refused though the bucket is open to us.
pub(in crate::sources) const DECRYPT_HINT: &str =
    "where the trail encrypts its objects with a key of KMS, kms:Decrypt may be missing";

/// A bucket that is open.
pub(in crate::sources) trait Bucket: Send + Sync + 'static {
    /// The provider.
    const PROVIDER: Provider;

    /// The kind of trail, as coverage names it.
    const TRAIL: &'static str;

    /// What the provider's keys are made of.
    const LAYOUT: Layout;

    /// Its name.
    fn name(&self) -> &str;

    /// Who asks.
    fn caller(&self) -> &Caller;

    /// What a folder right below the trails holds, or below one of an organization.
    fn folder(&self, folder: &str) -> Folder;

    /// Whether a key is no log by its place.
    fn is_no_log(&self, key: &str) -> bool {
        is_no_log(key)
    }

    /// Asks for one page of a listing.
    fn page(&self, query: Query<'_>) -> impl Future<Output = Result<Page, Failure>> + Send;

    /// Fetches an object whole, from its beginning again where it breaks off.
    fn fetch(&self, key: &str) -> impl Future<Output = Result<(ObjectName, Bytes), Failure>> + Send;

    /// The name of an object in coverage and ledger.
    fn name_of(&self, key: &str) -> String {
        format!("{}://{}/{key}", Self::LAYOUT.scheme, self.name())
    }
}

/// What keys of trails are made of: `[prefix/]LOGS TRAILS [ORGANIZATION/] ACCOUNT/ ABOVE_REGIONS REGION/YYYY/MM/DD/`.
/// The day is that of the delivery. Every part has a slash at its end, or is empty.
#[derive(Debug, Clone, Copy)]
pub(in crate::sources) struct Layout {
    /// What names of its objects begin with.
    pub scheme: &'static str,
    /// The folder that the provider makes below the prefix.
    pub logs: &'static str,
    /// The folder of the trails in it.
    pub trails: &'static str,
    /// What is to be found there, in words.
    pub found: &'static str,
    /// The folder of an account in which its Regions are.
    pub above_regions: &'static str,
}

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) enum Folder {
    /// The accounts of an organization.
    Organization,
    /// What an account's trails delivered.
    Account(String),
    /// What the trails of this account delivered in one Region.
    RegionOf(String),
    /// Something else.
    Other,
}

/// The version of an object. Listings quote it, notifications do not.
pub(in crate::sources) fn entity_tag(tag: Option<&str>) -> String {
    tag.unwrap_or_default().trim_matches('"').to_owned()
}
