//! Credentials that are kept until shortly before their end.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::{Credentials, unusable};
use crate::clock::Clock;
use crate::sources::live::Failure;

/// Credentials are renewed so long before their end: longer than any call takes.
const RENEWAL_MARGIN: SignedDuration = SignedDuration::from_secs(150);

/// Credentials that are asked for once and then kept.
pub(super) struct Kept {
    clock: Arc<dyn Clock>,
    current: Mutex<Option<Credentials>>,
}

impl Kept {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, current: Mutex::default() }
    }

    /// The credentials, renewed if their end is near. Whoever comes while another renews waits for the same ones. Where
    /// renewing fails, those that still live are used on.
    pub(super) async fn get<F>(&self, renew: impl FnOnce() -> F) -> Result<Credentials, Failure>
    where
        F: Future<Output = Result<Credentials, Failure>>,
    {
        let mut current = self.current.lock().await;
        if let Some(known) = current.as_ref().filter(|known| lives(known, self.clock.now() + RENEWAL_MARGIN)) {
            return Ok(known.clone());
        }
        let renewed = renew().await.and_then(|renewed| self.check(renewed));
        match (renewed, current.as_ref().filter(|known| lives(known, self.clock.now()))) {
            (Ok(renewed), _) => {
                *current = Some(renewed.clone());
                Ok(renewed)
            }
            (Err(failure), Some(known)) => {
                tracing::warn!(detail = failure.detail, "credentials could not be renewed; the old ones still live");
                Ok(known.clone())
            }
            (Err(failure), None) => Err(failure),
        }
    }

    fn check(&self, credentials: Credentials) -> Result<Credentials, Failure> {
        if lives(&credentials, self.clock.now()) {
            return Ok(credentials);
        }
        Err(unusable("the credentials had ended when they were given; check this machine's clock"))
    }
}

/// Whether credentials are good at a time; those without an end always are.
fn lives(credentials: &Credentials, at: Timestamp) -> bool {
    credentials.expires.is_none_or(|end| at < end)
}
