//! How much may be asked at once and how fast: of everything together, of one account, of one endpoint, of one API.
//!
//! Three bounds hold a place for each call under way. One account that answers slowly can fill its own share and no
//! more, and so can one Region that hangs for every account. The rates are below the provider's published ones and
//! hold for each attempt, the repeated ones too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::steady::{Steady, UnderWay};

/// An API that can be asked.
pub trait Api: Copy {
    /// The action that permits it, as policies and coverage name it.
    fn action(self) -> &'static str;

    /// The service, as endpoints are told apart.
    fn service(self) -> &'static str {
        self.action().split(':').next().unwrap_or_default()
    }

    /// How fast it may be asked in one Region of one account; `None` where nothing is published and one answer
    /// follows the other anyway.
    fn rate(self) -> Option<Rate>;
}

/// A rate: so many at once, then one each interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Time between two calls.
    pub interval: Duration,
    /// Calls that may begin at once.
    pub burst: u32,
}

impl Rate {
    /// So many calls a second, after a burst that may begin at once.
    #[must_use]
    pub fn per_second(calls: f64, burst: u32) -> Self {
        Self { interval: Duration::from_secs_f64(1.0 / calls), burst }
    }
}

/// Of all calls under way, the share that one account, or one service in one Region, can have.
const SHARE: usize = 4;

/// The least of such a share: an account's Regions are asked side by side even where the whole is small.
const LEAST_SHARE: usize = 4;

/// The bounds that hold for everything together.
#[derive(Debug)]
pub struct Limits {
    all: Arc<Semaphore>,
    share: usize,
    endpoints: Mutex<HashMap<(&'static str, String), Arc<Semaphore>>>,
}

impl Limits {
    /// At most `calls_in_flight` calls at once.
    #[must_use]
    pub fn new(calls_in_flight: usize) -> Self {
        let share = (calls_in_flight / SHARE).max(LEAST_SHARE);
        Self { all: Arc::new(Semaphore::new(calls_in_flight)), share, endpoints: Mutex::default() }
    }

    fn endpoint(&self, service: &'static str, region: &str) -> Arc<Semaphore> {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let known = endpoints.entry((service, region.to_owned()));
        Arc::clone(known.or_insert_with(|| Arc::new(Semaphore::new(self.share))))
    }
}

/// The bounds of one account.
#[derive(Debug)]
pub struct AccountLimits {
    shared: Arc<Limits>,
    calls: Arc<Semaphore>,
    paces: Mutex<HashMap<ApiOfRegion, Pace>>,
    steady: Mutex<HashMap<ApiOfRegion, Arc<Steady>>>,
}

type ApiOfRegion = (&'static str, String);

/// A place among the calls under way; dropped, it is free again.
#[derive(Debug)]
pub struct Place {
    _under_way: Option<UnderWay>,
    _permits: Permits,
}

#[derive(Debug)]
struct Permits {
    _account: OwnedSemaphorePermit,
    _endpoint: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl AccountLimits {
    /// The bounds of one more account.
    #[must_use]
    pub fn new(shared: Arc<Limits>) -> Self {
        let calls = Arc::new(Semaphore::new(shared.share));
        Self { shared, calls, paces: Mutex::default(), steady: Mutex::default() }
    }

    /// Waits until a call may begin.
    pub async fn place(&self, call: impl Api, region: &str) -> Place {
        let permits = self.permits(call.service(), region);
        match call.rate() {
            None => Place { _under_way: None, _permits: permits.await },
            Some(rate) if rate.burst == 1 => {
                let steady = self.steady(call.action(), region);
                let (permits, under_way) = steady.begin(rate.interval, permits).await;
                Place { _under_way: Some(under_way), _permits: permits }
            }
            Some(rate) => {
                tokio::time::sleep_until(self.next_slot(call.action(), region, rate)).await;
                Place { _under_way: None, _permits: permits.await }
            }
        }
    }

    /// The narrow bounds come first, so that whoever waits for them takes nothing from others.
    async fn permits(&self, service: &'static str, region: &str) -> Permits {
        let endpoint = self.shared.endpoint(service, region);
        Permits {
            _account: taken(&self.calls).await,
            _endpoint: taken(&endpoint).await,
            _all: taken(&self.shared.all).await,
        }
    }

    fn steady(&self, api: &'static str, region: &str) -> Arc<Steady> {
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(steady.entry((api, region.to_owned())).or_default())
    }

    fn next_slot(&self, api: &'static str, region: &str, rate: Rate) -> Instant {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.entry((api, region.to_owned())).or_default().next(Instant::now(), rate)
    }
}

async fn taken(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    Arc::clone(semaphore).acquire_owned().await.expect("nobody closes these semaphores")
}

/// When calls of one API in one Region of one account may begin: steadily, after a burst.
#[derive(Debug, Default)]
struct Pace {
    /// When the next call is due if calls come steadily.
    due: Option<Instant>,
}

impl Pace {
    fn next(&mut self, now: Instant, rate: Rate) -> Instant {
        let due = self.due.map_or(now, |due| due.max(now));
        let credit = rate.interval * rate.burst.saturating_sub(1);
        self.due = Some(due + rate.interval);
        due.checked_sub(credit).unwrap_or(now).max(now)
    }
}

/// A pause before asking again: any length up to `most`, so that those who failed together do not come back together.
#[must_use]
pub(in crate::sources) fn jittered(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::aws::calls::Call;

    /// The most calls that begin within any second of those that `rate` lets through as fast as it can.
    fn most_in_a_second(rate: Rate, calls: u32) -> usize {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut now = start;
        let begins: Vec<_> = (0..calls)
            .map(|_| {
                now = pace.next(now, rate);
                now
            })
            .collect();
        let within = |from: &Instant| begins.iter().filter(|at| *from <= **at && **at <= *from + SECOND).count();
        begins.iter().map(within).max().unwrap_or_default()
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn no_api_is_asked_faster_than_its_provider_publishes() {
        for (call, published) in [
            (Call::LookupEvents, 2),
            (Call::DescribeCustomKeyStores, 5),
            (Call::DescribeTrails, 10),
            (Call::GetTrailStatus, 10),
            (Call::GetEventSelectors, 10),
        ] {
            let rate = call.rate().expect("has one");
            let most = most_in_a_second(rate, 100);
            assert!(most <= published && most + 1 >= published.min(2), "{call:?}: {most} of {published}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_bursts_begins_an_interval_after_the_end_of_the_one_before() {
        let account = AccountLimits::new(Arc::new(Limits::new(16)));
        let first = account.place(Call::LookupEvents, "r").await;
        tokio::time::sleep(SECOND).await;
        let end = Instant::now();
        drop(first);
        drop(account.place(Call::LookupEvents, "r").await);
        assert!(SECOND / 2 < end.elapsed(), "{:?}", end.elapsed());
        let other = Instant::now();
        drop(account.place(Call::LookupEvents, "other").await);
        assert_eq!(other.elapsed(), Duration::ZERO, "another Region has a rate of its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_account_leaves_places_for_others() {
        let shared = Arc::new(Limits::new(16));
        let (slow, other) = (AccountLimits::new(Arc::clone(&shared)), AccountLimits::new(Arc::clone(&shared)));
        let mut held = Vec::new();
        for region in 0..4 {
            held.push(slow.place(Call::GetObject, &format!("r-{region}")).await);
        }
        let fifth = tokio::time::timeout(SECOND, slow.place(Call::GetObject, "r-9")).await;
        assert!(fifth.is_err(), "an account has a quarter of 16");
        drop(other.place(Call::GetObject, "r-9").await);
        held.pop();
        drop(slow.place(Call::GetObject, "r-9").await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_region_that_hangs_holds_its_own_share_only() {
        let shared = Arc::new(Limits::new(16));
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(AccountLimits::new(Arc::clone(&shared)).place(Call::GetObject, "hung").await);
        }
        let account = AccountLimits::new(shared);
        assert!(tokio::time::timeout(SECOND, account.place(Call::GetObject, "hung")).await.is_err());
        drop(account.place(Call::GetObject, "well").await);
    }
}
