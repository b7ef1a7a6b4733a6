//! The one way to ask a provider anything: under limits, with patience, until the scan's deadline.
//!
//! Retries of SDKs are off. Each attempt has to pass our rate limits, and whoever waits before asking again must
//! not hold a place among the calls under way; an SDK's retries can do neither.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::failure::{Again, Failure};
use super::limits::{AccountLimits, Api, Limits, jittered};
use super::room::Room;
use crate::model::Outcome;

/// Attempts at a call that is throttled: with pauses up to [`LONGEST_PAUSE`], about a minute and a half.
const MOST_THROTTLES: u32 = 8;

/// Attempts at a call whose endpoint fails.
const MOST_FAILURES: u32 = 3;

/// Attempts at a call that gets no answer in time: each costs the whole time of a call.
const MOST_TIMEOUTS: u32 = 2;

/// The first pause after a throttled attempt is at most so long, and each later one twice as long.
const THROTTLE_PAUSE: Duration = Duration::from_secs(1);

/// The same after a failure.
const FAILURE_PAUSE: Duration = Duration::from_millis(200);

/// No pause of our own is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// No pause that a provider asks for is: whoever wants a longer one is asked once more nevertheless.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_mins(1);

/// Attempts at a call whose request was out of date when it came.
const MOST_SIGNINGS: u32 = 2;

/// How often an API was asked, and how that went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Attempts.
    pub requests: u64,
    /// Attempts that were throttled.
    pub throttled: u64,
    /// Attempts that failed otherwise.
    pub errors: u64,
}

/// What holds for every call of a scan.
#[derive(Debug)]
pub struct Scan {
    limits: Arc<Limits>,
    call_timeout: Duration,
    deadline: Instant,
    stop: CancellationToken,
    counts: Mutex<BTreeMap<&'static str, CallCounts>>,
    room: Arc<Room>,
}

impl Scan {
    /// A scan that ends at `deadline`, or when it is told to stop.
    #[must_use]
    pub fn new(calls_in_flight: usize, call_timeout: Duration, deadline: Instant, stop: CancellationToken) -> Self {
        Self {
            limits: Arc::new(Limits::new(calls_in_flight)),
            call_timeout,
            deadline,
            stop,
            counts: Mutex::default(),
            room: Arc::default(),
        }
    }

    /// The same scan with counts of its own: every provider has names of calls that another has too.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self {
            limits: Arc::clone(&self.limits),
            call_timeout: self.call_timeout,
            deadline: self.deadline,
            stop: self.stop.clone(),
            counts: Mutex::default(),
            room: Arc::clone(&self.room),
        }
    }

    /// How often each API was asked so far.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, CallCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Longest time of one attempt.
    #[must_use]
    pub fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    /// Room for trail objects that wait to be stored.
    pub(in crate::sources) fn room(&self) -> &Room {
        &self.room
    }

    /// Why nothing may be asked any more, if so.
    #[must_use]
    pub fn over(&self) -> Option<Failure> {
        if self.stop.is_cancelled() {
            return Some(Failure::timed_out("roletrail was told to stop before this was read"));
        }
        (self.deadline <= Instant::now()).then(|| Failure::timed_out("the deadline of the scan came first"))
    }

    /// Runs `work` unless the scan ends before.
    pub(in crate::sources) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep_until(self.deadline) => {}
            done = work => return Ok(done),
        }
        Err(self.over().unwrap_or_else(|| Failure::timed_out("the scan ended first")))
    }

    fn count(&self, api: &'static str, failure: Option<&Failure>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(api).or_default();
        count.requests += 1;
        match failure {
            Some(failure) if failure.again() == Again::Slower => count.throttled += 1,
            // That something is not there is an answer.
            Some(failure) if !failure.is_absence() => count.errors += 1,
            _ => {}
        }
    }
}

/// Asks on behalf of one account.
#[derive(Debug, Clone)]
pub struct Caller {
    scan: Arc<Scan>,
    limits: Arc<AccountLimits>,
}

impl Caller {
    /// A caller with bounds of its own within those of the scan.
    #[must_use]
    pub fn new(scan: Arc<Scan>) -> Self {
        let limits = Arc::new(AccountLimits::new(Arc::clone(&scan.limits)));
        Self { scan, limits }
    }

    /// The scan.
    #[must_use]
    pub fn scan(&self) -> &Arc<Scan> {
        &self.scan
    }

    /// Makes a call until it succeeds, is refused for good, or patience or the scan ends. `attempt` begins one attempt
    /// and judges its answer; `region` is the one whose endpoint is asked.
    ///
    /// # Errors
    /// The last [`Failure`].
    pub async fn check<T, F>(&self, call: impl Api, region: &str, attempt: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut tried = 0;
        loop {
            // In a box: the SDK's futures are so large that some of them inside each other overflow a thread's stack.
            let failure = match self.scan.within(self.attempt(call, region, Box::pin(attempt()))).await? {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            tried += 1;
            let Some(pause) = pause_after(&failure, tried) else { return Err(failure) };
            tracing::debug!(api = call.action(), region, tried, detail = failure.detail, "asking again");
            if self.scan.within(tokio::time::sleep(pause)).await.is_err() {
                return Err(failure);
            }
        }
    }

    async fn attempt<T>(
        &self,
        call: impl Api,
        region: &str,
        attempt: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let place = self.limits.place(call, region).await;
        let limit = self.scan.call_timeout;
        let done = tokio::time::timeout(limit, attempt).await.unwrap_or_else(|_| {
            Err(Failure::of_timeout(&format!("no whole answer within {} s", limit.as_secs_f64())))
        });
        drop(place);
        self.scan.count(call.action(), done.as_ref().err());
        done
    }
}

/// How long to wait before the next attempt, or `None` where there is none.
fn pause_after(failure: &Failure, tried: u32) -> Option<Duration> {
    let (most, first) = match failure.again() {
        Again::Never => return None,
        Again::Slower => (MOST_THROTTLES, THROTTLE_PAUSE),
        Again::Soon if failure.outcome == Outcome::TimedOut => (MOST_TIMEOUTS, FAILURE_PAUSE),
        Again::Soon => (MOST_FAILURES, FAILURE_PAUSE),
        Again::Once => (MOST_SIGNINGS, FAILURE_PAUSE),
    };
    // What the provider asks for comes first: those who were told the same shall not come back together.
    let asked = failure.pause.unwrap_or_default().min(LONGEST_ASKED_PAUSE);
    (tried < most).then(|| asked + jittered((first * 2_u32.pow(tried - 1)).min(LONGEST_PAUSE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(again: Again, pause: Option<Duration>) -> Failure {
        Failure { again, pause, ..Failure::new(Outcome::Error, "no") }
    }

    #[test]
    fn a_pause_that_the_provider_asks_for_is_kept_within_reason() {
        let after = |pause| pause_after(&failure(Again::Slower, Some(Duration::from_secs(pause))), 1);
        let second = Duration::from_secs(1);
        assert!(after(7).is_some_and(|pause| 7 * second <= pause && pause <= 8 * second));
        assert!(after(100_000).is_some_and(|pause| pause <= 61 * second));
    }

    #[test]
    fn a_request_that_was_out_of_date_is_sent_once_more() {
        assert!(pause_after(&failure(Again::Once, None), 1).is_some());
        assert_eq!(pause_after(&failure(Again::Once, None), 2), None);
    }
}
