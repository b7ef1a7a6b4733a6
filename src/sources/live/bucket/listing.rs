//! Listings of a bucket, page by page.

use std::sync::Arc;

use super::Bucket;
use super::ahead::Ahead;
use crate::sources::live::{Failure, History, Outlet, paging};

/// Pages of one listing at most: a thousand million objects.
const MOST_PAGES: usize = 1_000_000;

/// An object as a listing tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) struct Listed {
    pub key: String,
    pub size: u64,
    pub version: String,
}

/// What a page of a listing is asked for with.
#[derive(Debug, Clone, Copy)]
pub(in crate::sources) struct Query<'q> {
    /// What keys begin with.
    pub prefix: &'q str,
    /// Where folders right below the prefix are told instead of what is in them: the end of their names.
    pub delimiter: Option<&'static str>,
    /// The key after which the listing begins.
    pub after: Option<&'q str>,
    /// Where the page begins; nothing for the first.
    pub token: Option<&'q str>,
}

/// One page of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::sources) struct Page {
    pub objects: Vec<Listed>,
    /// Names of folders, with a slash at their end.
    pub folders: Vec<String>,
    /// Where the next page begins; nothing on the last.
    pub next: Option<String>,
}

/// A listing under way.
pub(super) struct Pages<'b, B> {
    bucket: &'b B,
    prefix: String,
    delimiter: Option<&'static str>,
    after: Option<String>,
    guard: paging::Pages,
    ended: bool,
}

/// Every object below a prefix, after a key.
pub(super) fn objects<'b, B: Bucket>(bucket: &'b B, prefix: &str, after: Option<String>) -> Pages<'b, B> {
    let guard = paging::Pages::of("a listing", MOST_PAGES);
    Pages { bucket, prefix: prefix.to_owned(), delimiter: None, after, guard, ended: false }
}

/// Every folder right below a prefix.
///
/// # Errors
/// [`Failure`] when the listing could not be read to its end: folders may be missing.
pub(in crate::sources) async fn folders<B: Bucket>(bucket: &B, prefix: &str) -> Result<Vec<String>, Failure> {
    let mut pages = Pages { delimiter: Some("/"), ..objects(bucket, prefix, None) };
    let mut folders = Vec::new();
    while let Some(page) = pages.next().await? {
        folders.extend(page.folders);
    }
    Ok(folders)
}

impl<B: Bucket> Pages<'_, B> {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// [`Failure`] when it could not be read, or breaks the rules of listings.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let token = self.guard.token();
        let query = Query {
            prefix: &self.prefix,
            delimiter: self.delimiter,
            after: self.after.as_deref(),
            token: token.as_deref(),
        };
        let mut page = self.bucket.page(query).await.map_err(|failure| self.at(failure))?;
        let more = self.guard.go_on(page.next.take());
        self.ended = !more.map_err(|failure| self.at(failure))?;
        Ok(Some(page))
    }

    fn at(&self, failure: Failure) -> Failure {
        failure.at(&self.bucket.name_of(&self.prefix))
    }
}

/// Reads every object below a prefix, whatever its layout.
///
/// # Errors
/// [`Failure`] when it could not be read to its end: objects may be missing.
pub(in crate::sources) async fn read_below<B: Bucket>(
    bucket: B,
    prefix: &str,
    history: &dyn History,
    outlet: &Outlet,
) -> Result<(), Failure> {
    let bucket = Arc::new(bucket);
    let mut pages = objects(bucket.as_ref(), prefix, None);
    let mut ahead = Ahead::new(&bucket, history, outlet);
    while let Some(page) = pages.next().await? {
        for object in page.objects {
            ahead.add(object).await?;
        }
    }
    let (owed, first) = ahead.end().await?;
    first.map_or(Ok(()), |failure| Err(failure.at(&format!("{owed} objects could not be fetched"))))
}
