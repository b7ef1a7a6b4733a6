//! `rate_limit`: so many requests at once, and one more after each interval.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::file::RateLimit;

/// A token bucket, kept as the time at which it is full again.
#[derive(Debug)]
pub(super) struct Bucket {
    limit: RateLimit,
    full_at: Mutex<Instant>,
}

impl Bucket {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self { limit, full_at: Mutex::new(Instant::now()) }
    }

    pub(super) fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Takes a token if there is one.
    pub(super) fn allows(&self) -> bool {
        let RateLimit { interval, burst } = self.limit;
        let now = Instant::now();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = interval.checked_add((*full_at).saturating_duration_since(now));
        let most = interval.saturating_mul(burst);
        let Some(next) = next.filter(|next| *next <= most) else { return false };
        let Some(next) = now.checked_add(next) else { return false };
        *full_at = next;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn bucket(burst: u32) -> Bucket {
        Bucket::new(RateLimit { interval: Duration::from_secs(1), burst })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_let_through_and_then_one_for_each_interval() {
        let bucket = bucket(3);
        let taken = |bucket: &Bucket| (0..10).filter(|_| bucket.allows()).count();
        assert_eq!(taken(&bucket), 3);
        tokio::time::advance(Duration::from_millis(999)).await;
        assert_eq!(taken(&bucket), 0);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(taken(&bucket), 1);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(taken(&bucket), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_burst_nothing_is_let_through_as_in_the_toolkit() {
        assert!(!bucket(0).allows());
    }
}
