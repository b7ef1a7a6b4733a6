//! Buckets of S3: where they are, what is in them, and their objects.

mod below;
mod keys;

use std::collections::HashMap;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::BucketLocationConstraint;
use bytes::Bytes;

pub use below::Below;
pub(super) use keys::{is_no_log, root};

use super::calls::Call;
use super::{Caller, Failure, Session};
use crate::model::{Outcome, Provider, api};
use crate::sources::live::bucket::{
    self, DECRYPT_HINT, Folder, Layout, Listed, MOST_OBJECT_BYTES, Page, Query, entity_tag,
};
use crate::sources::live::{ObjectName, marker_of};

/// A bucket, asked in its own Region.
#[derive(Debug, Clone)]
pub(in crate::sources) struct Bucket {
    name: String,
    region: String,
    client: aws_sdk_s3::Client,
    caller: Caller,
}

impl Bucket {
    /// Finds out where the bucket is.
    ///
    /// # Errors
    /// [`Failure`] when there is no such bucket, or nobody answers.
    pub(super) async fn open(session: &Session, name: &str) -> Result<Self, Failure> {
        if !is_name(name) {
            return Err(Failure::new(Outcome::Error, format!("{name:?} is no name of a bucket")));
        }
        let region = match location(session, name).await {
            Ok(region) => region,
            // Only its owner may be told where a bucket is; it is mostly where the hub is.
            Err(failure) if failure.outcome == Outcome::Denied => session.home.clone(),
            Err(failure) => return Err(failure.at(&format!("s3://{name}"))),
        };
        let caller = session.caller.clone();
        Ok(Self { name: name.to_owned(), client: session.s3(&region), region, caller })
    }

    /// Fetches an object whole, with the metadata that its writer gave it.
    ///
    /// # Errors
    /// [`Failure`] when it could not be had.
    pub(super) async fn fetch_with_metadata(&self, key: &str) -> Result<(Bytes, HashMap<String, String>), Failure> {
        let fetch = || async {
            let (_, bytes, metadata) = self.fetch_once(key).await?;
            Ok((bytes, metadata))
        };
        hinted(self.caller.check(Call::GetObject, &self.region, fetch).await)
    }

    /// Hands the bytes of an object to a value piece by piece as they come, from a new one again where they break off.
    ///
    /// # Errors
    /// [`Failure`] when it could not be had.
    pub(super) async fn fold<T>(
        &self,
        key: &str,
        begin: impl Fn() -> T,
        take: impl Fn(&mut T, &[u8]),
    ) -> Result<T, Failure> {
        let fetch = || async {
            let mut answer = self.ask(key).await?;
            let promised = answer.content_length.and_then(|length| u64::try_from(length).ok());
            let (mut value, mut size) = (begin(), 0);
            while let Some(piece) = answer.body.next().await {
                let piece = piece.map_err(|error| Failure::protocol(format!("the body broke off: {error}")))?;
                size += piece.len() as u64;
                take(&mut value, &piece);
            }
            if promised.is_some_and(|length| length != size) {
                return Err(Failure::protocol(format!("the body ended after {size} bytes of {promised:?}")));
            }
            Ok(value)
        };
        hinted(self.caller.check(Call::GetObject, &self.region, fetch).await)
    }

    async fn ask(&self, key: &str) -> Result<GetObjectOutput, Failure> {
        let asked = self.client.get_object().bucket(&self.name).key(key).send().await;
        asked.map_err(|error| Failure::of(&error))
    }

    async fn fetch_once(&self, key: &str) -> Result<(ObjectName, Bytes, HashMap<String, String>), Failure> {
        let answer = self.ask(key).await?;
        let promised = answer.content_length.and_then(|length| u64::try_from(length).ok());
        if promised.is_some_and(|length| MOST_OBJECT_BYTES < length) {
            let detail = format!("the object has more than {MOST_OBJECT_BYTES} bytes; no log is so large");
            return Err(Failure::new(Outcome::Error, detail));
        }
        let version = entity_tag(answer.e_tag.as_deref());
        let metadata = answer.metadata.unwrap_or_default();
        let body = answer.body.collect().await;
        let bytes = body.map_err(|error| Failure::protocol(format!("the body broke off: {error}")))?.into_bytes();
        let size = bytes.len() as u64;
        if promised.is_some_and(|length| length != size) {
            return Err(Failure::protocol(format!("the body ended after {size} bytes of {promised:?}")));
        }
        Ok((ObjectName { name: bucket::Bucket::name_of(self, key), size, version }, bytes, metadata))
    }
}

impl bucket::Bucket for Bucket {
    const PROVIDER: Provider = Provider::Aws;

    const TRAIL: &'static str = api::TRAIL_S3;

    const LAYOUT: Layout = keys::LAYOUT;

    fn name(&self) -> &str {
        &self.name
    }

    fn caller(&self) -> &Caller {
        &self.caller
    }

    fn folder(&self, folder: &str) -> Folder {
        keys::folder(folder)
    }

    fn is_no_log(&self, key: &str) -> bool {
        is_no_log(key)
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, Failure> {
        let ask = || {
            let call = self.client.list_objects_v2().bucket(&self.name).prefix(query.prefix);
            let call = call.set_delimiter(query.delimiter.map(str::to_owned));
            let call = call.set_start_after(query.after.map(str::to_owned));
            call.set_continuation_token(query.token.map(str::to_owned)).send()
        };
        let page = self.caller.call(Call::ListBucket, &self.region, ask).await?;
        let next = marker_of(page.is_truncated == Some(true), page.next_continuation_token)?;
        let folders = page.common_prefixes.unwrap_or_default().into_iter().filter_map(|folder| folder.prefix);
        let mut objects = Vec::new();
        for object in page.contents.unwrap_or_default() {
            let Some(key) = object.key else { return Err(Failure::protocol("an object without a key")) };
            let size = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
            objects.push(Listed { key, size, version: entity_tag(object.e_tag.as_deref()) });
        }
        Ok(Page { objects, folders: folders.collect(), next })
    }

    async fn fetch(&self, key: &str) -> Result<(ObjectName, Bytes), Failure> {
        let fetch = || async {
            let (object, bytes, _) = self.fetch_once(key).await?;
            Ok((object, bytes))
        };
        hinted(self.caller.check(Call::GetObject, &self.region, fetch).await)
    }
}

/// A refusal, with what may be behind it.
fn hinted<T>(fetched: Result<T, Failure>) -> Result<T, Failure> {
    fetched.map_err(|failure| match failure.outcome {
        Outcome::Denied => failure.hinting(DECRYPT_HINT),
        _ => failure,
    })
}

/// The Region of a bucket, as it is told.
pub(super) async fn location(session: &Session, name: &str) -> Result<String, Failure> {
    let asked = session.global_region();
    let client = session.s3(asked);
    let ask = || client.get_bucket_location().bucket(name).send();
    let answer = session.caller.call(Call::GetBucketLocation, asked, ask).await?;
    Ok(region_of(answer.location_constraint(), asked))
}

/// The Region that an answer names: nothing is the first Region of the partition, `EU` the first in Europe (Amazon S3
/// API Reference, `GetBucketLocation`).
fn region_of(constraint: Option<&BucketLocationConstraint>, global: &str) -> String {
    match constraint.map(BucketLocationConstraint::as_str) {
        None | Some("" | "null") => global.to_owned(),
        Some("EU") => "eu-west-1".to_owned(),
        Some(region) => region.to_owned(),
    }
}

/// Letters, digits, dots and hyphens; old buckets have capitals and underscores too (Amazon S3 user guide, "Bucket
/// naming rules"). Names come from messages as well, and go into addresses.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (3..=255).contains(&name.len()) && name.bytes().all(allowed) && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_without_a_location_is_in_the_first_region() {
        for (word, region) in [(None, "us-east-1"), (Some(""), "us-east-1"), (Some("EU"), "eu-west-1")] {
            let constraint = word.map(BucketLocationConstraint::from);
            assert_eq!(region_of(constraint.as_ref(), "us-east-1"), region, "{word:?}");
        }
        let frankfurt = BucketLocationConstraint::from("eu-central-1");
        assert_eq!(region_of(Some(&frankfurt), "us-east-1"), "eu-central-1");
    }

    #[test]
    fn what_is_no_name_of_a_bucket_is_not_asked_for() {
        for name in ["trail-logs", "my.bucket.eu", "Old_Bucket"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "ab", "a/b", "../etc", "a b c", "x?y", "a..b"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
