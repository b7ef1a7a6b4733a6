//! Reading everything below a prefix, whatever its layout.

use std::sync::Arc;

use super::Bucket;
use crate::config::Aws;
use crate::sources::aws::{Caller, Failure, Scan, Session};
use crate::sources::live::bucket::read_below;
use crate::sources::live::{History, Outlet};

/// A part of a bucket, read with the credentials of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with.
    pub prefix: String,
}

impl Below {
    /// Whether there surely is no such bucket. Other trouble is found when it is read.
    pub async fn is_missing(&self, like: Option<&Aws>, scan: Arc<Scan>) -> bool {
        self.open(like, scan).await.is_err_and(|failure| failure.is("NoSuchBucket"))
    }

    /// Reads every object. `like` is a source whose profile and endpoint are used.
    ///
    /// # Errors
    /// [`Failure`] when it could not be read to its end: objects may be missing.
    pub async fn read(
        &self,
        like: Option<&Aws>,
        scan: Arc<Scan>,
        history: &dyn History,
        outlet: &Outlet,
    ) -> Result<(), Failure> {
        read_below(self.open(like, scan).await?, &self.prefix, history, outlet).await
    }

    async fn open(&self, like: Option<&Aws>, scan: Arc<Scan>) -> Result<Bucket, Failure> {
        let profile = like.and_then(|source| source.profile.as_deref());
        let endpoint = like.and_then(|source| source.endpoint_url.as_deref());
        let session = Session::of_environment(profile, endpoint, Caller::new(scan)).await;
        Bucket::open(&session, &self.bucket).await
    }
}
