//! Reading everything below a prefix, whatever its layout.

use std::sync::Arc;

use super::Bucket;
use super::ahead::Ahead;
use crate::config::Aws;
use crate::sources::aws::found::{History, Outlet};
use crate::sources::aws::{Caller, Failure, Scan, Session};

/// Reads every object below a prefix of a bucket, with the credentials of the environment or those of a source.
///
/// # Errors
/// [`Failure`] when the bucket could not be listed to its end: objects may be missing.
pub async fn read_below(
    source: &Aws,
    (bucket, prefix): (&str, &str),
    scan: Arc<Scan>,
    history: &dyn History,
    outlet: &Outlet,
) -> Result<(), Failure> {
    let session = Session::of_environment(source, Caller::new(scan)).await;
    let bucket = Arc::new(Bucket::open(&session, bucket).await?);
    let mut pages = bucket.objects(prefix, None);
    let mut ahead = Ahead::new(&bucket, history, outlet);
    while let Some(page) = pages.next().await? {
        for object in page.objects {
            ahead.add(object).await?;
        }
    }
    let (owed, first) = ahead.end().await?;
    first.map_or(Ok(()), |failure| Err(failure.at(&format!("{owed} objects could not be fetched"))))
}
