//! Buckets of OSS: what is in them, and their objects.

mod below;
mod keys;
mod listing;

use bytes::Bytes;

pub use below::Below;

use super::client::{MOST_BYTES, Wanted};
use super::{Failure, Session};
use crate::model::{Outcome, Provider, api};
use crate::sources::live::bucket::{self, DECRYPT_HINT, Folder, Layout, MOST_OBJECT_BYTES, Page, Query, entity_tag};
use crate::sources::live::{Caller, ObjectName};

/// Entries of a page; more are not given (OSS API reference, "`ListObjectsV2`").
const PAGE: &str = "1000";

/// What is said of a bucket that is asked for in another Region than its own.
const ELSEWHERE: &str = "must be addressed using the specified endpoint";

/// The folder below which trails are delivered.
pub(super) fn root(prefix: Option<&str>) -> String {
    bucket::root(prefix, keys::LAYOUT.logs)
}

/// A bucket, asked in its own Region.
#[derive(Debug, Clone)]
pub(in crate::sources) struct Bucket {
    session: Session,
    name: String,
    region: String,
}

impl Bucket {
    /// The bucket of that name in a Region, which the provider's own answers write with `oss-` before it.
    pub(super) fn new(session: Session, name: &str, region: &str) -> Self {
        let region = region.strip_prefix("oss-").unwrap_or(region).to_owned();
        Self { session, name: name.to_owned(), region }
    }

    fn wanted<'a>(
        &'a self,
        key: Option<&'a str>,
        parameters: &'a [(&'static str, &'a str)],
        most: u64,
    ) -> Wanted<'a> {
        Wanted { place: self.region.as_str().into(), bucket: &self.name, key, parameters, most }
    }

    /// A refusal with what may be behind it.
    fn explained(&self, failure: Failure, hint: Option<&str>) -> Failure {
        if failure.detail.contains(ELSEWHERE) {
            return failure
                .hinting(&format!("the bucket is not in {}: its Region has to be told rightly", self.region));
        }
        match hint {
            Some(hint) if failure.outcome == Outcome::Denied => failure.hinting(hint),
            _ => failure,
        }
    }
}

impl bucket::Bucket for Bucket {
    const PROVIDER: Provider = Provider::Alibaba;

    const TRAIL: &'static str = api::TRAIL_OSS;

    const LAYOUT: Layout = keys::LAYOUT;

    fn name(&self) -> &str {
        &self.name
    }

    fn caller(&self) -> &Caller {
        &self.session.caller
    }

    fn folder(&self, folder: &str) -> Folder {
        keys::folder(folder, &self.session.account)
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, Failure> {
        let parameters = [
            ("list-type", "2"),
            // Keys may have characters that XML has not.
            ("encoding-type", listing::URL),
            ("max-keys", PAGE),
            ("prefix", query.prefix),
            ("delimiter", query.delimiter.unwrap_or_default()),
            ("start-after", query.after.unwrap_or_default()),
            ("continuation-token", query.token.unwrap_or_default()),
        ];
        let wanted = self.wanted(None, &parameters, MOST_BYTES);
        let page = self.session.fetch(&wanted, |given| listing::page(&given.body)).await;
        page.map_err(|failure| self.explained(failure, None))
    }

    async fn fetch(&self, key: &str) -> Result<(ObjectName, Bytes), Failure> {
        let wanted = self.wanted(Some(key), &[], MOST_OBJECT_BYTES);
        let given = self.session.fetch(&wanted, Ok).await;
        let given = given.map_err(|failure| self.explained(failure, Some(DECRYPT_HINT)))?;
        let (size, version) = (given.body.len() as u64, entity_tag(given.tag.as_deref()));
        Ok((ObjectName { name: self.name_of(key), size, version }, given.body))
    }
}
