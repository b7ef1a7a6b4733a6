//! Listings of a bucket, page by page.

use super::{Bucket, entity_tag};
use crate::sources::aws::Failure;
use crate::sources::aws::calls::Call;

/// An object as a listing tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) key: String,
    pub(super) size: u64,
    pub(super) version: String,
}

/// One page of a listing.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) objects: Vec<Listed>,
    /// Names of folders, with a slash at their end.
    pub(super) folders: Vec<String>,
}

/// A listing under way.
pub(super) struct Pages<'b> {
    bucket: &'b Bucket,
    prefix: String,
    delimiter: Option<&'static str>,
    after: Option<String>,
    token: Option<String>,
    ended: bool,
}

impl Bucket {
    /// Every object below a prefix, after a key.
    pub(super) fn objects(&self, prefix: &str, after: Option<String>) -> Pages<'_> {
        let prefix = prefix.to_owned();
        Pages { bucket: self, prefix, delimiter: None, after, token: None, ended: false }
    }

    /// Every folder right below a prefix.
    ///
    /// # Errors
    /// [`Failure`] when the listing could not be read to its end: folders may be missing.
    pub(super) async fn folders(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let mut pages = Pages { delimiter: Some("/"), ..self.objects(prefix, None) };
        let mut folders = Vec::new();
        while let Some(page) = pages.next().await? {
            folders.extend(page.folders);
        }
        Ok(folders)
    }
}

impl Pages<'_> {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// [`Failure`] when it could not be read, or breaks the rules of listings.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let bucket = self.bucket;
        let ask = || {
            let call = bucket.client.list_objects_v2().bucket(&bucket.name).prefix(&self.prefix);
            let call = call.set_delimiter(self.delimiter.map(str::to_owned)).set_start_after(self.after.clone());
            call.set_continuation_token(self.token.clone()).send()
        };
        let page =
            bucket.caller.call(Call::ListBucket, &bucket.region, ask).await.map_err(|failure| self.at(failure))?;
        match page.next_continuation_token {
            _ if page.is_truncated != Some(true) => self.ended = true,
            None => return Err(self.at(Failure::protocol("a listing is cut off and does not say where"))),
            next if next == self.token => return Err(self.at(Failure::protocol("a listing repeats a page"))),
            next => self.token = next,
        }
        let folders = page.common_prefixes.unwrap_or_default().into_iter().filter_map(|folder| folder.prefix);
        let mut objects = Vec::new();
        for object in page.contents.unwrap_or_default() {
            let Some(key) = object.key else { return Err(self.at(Failure::protocol("an object without a key"))) };
            let size = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
            objects.push(Listed { key, size, version: entity_tag(object.e_tag.as_deref()) });
        }
        Ok(Some(Page { objects, folders: folders.collect() }))
    }

    fn at(&self, failure: Failure) -> Failure {
        failure.at(&self.bucket.name_of(&self.prefix))
    }
}
