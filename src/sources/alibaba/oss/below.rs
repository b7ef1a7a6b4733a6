//! Reading everything below a prefix, whatever its layout.

use std::sync::Arc;

use super::Bucket;
use crate::config::Alibaba;
use crate::sources::alibaba::{Failure, Session};
use crate::sources::live::bucket::{Bucket as _, Query, read_below};
use crate::sources::live::{Caller, History, Outlet, Scan};

/// A part of a bucket, read with the credentials of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with.
    pub prefix: String,
    /// The Region of the bucket.
    pub region: String,
}

impl Below {
    /// Whether there surely is no such bucket. Other trouble is found when it is read.
    pub async fn is_missing(&self, like: Option<&Alibaba>, scan: Arc<Scan>) -> bool {
        let Ok(bucket) = self.open(like, scan) else { return false };
        let first = Query { prefix: &self.prefix, delimiter: Some("/"), after: None, token: None };
        bucket.page(first).await.is_err_and(|failure| failure.is("NoSuchBucket"))
    }

    /// Reads every object. `like` is a source whose endpoint is used.
    ///
    /// # Errors
    /// [`Failure`] when it could not be read to its end: objects may be missing.
    pub async fn read(
        &self,
        like: Option<&Alibaba>,
        scan: Arc<Scan>,
        history: &dyn History,
        outlet: &Outlet,
    ) -> Result<(), Failure> {
        read_below(self.open(like, scan)?, &self.prefix, history, outlet).await
    }

    fn open(&self, like: Option<&Alibaba>, scan: Arc<Scan>) -> Result<Bucket, Failure> {
        let session = Session::of_environment(like, Caller::new(scan))?;
        Ok(Bucket::new(session, &self.bucket, &self.region))
    }
}
