//! Calls of an API that allows no burst: never more in any second than its rate, whenever the service counts them.
//!
//! When a call arrives is not known, only that it does so before its answer comes. So the next one begins a whole
//! interval after the end of the one before; counted from its beginning, a call that is long on its way would come
//! close to those after it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// A call is with the service by then, over a new connection to another continent too. A service that is slow with its
/// answer, or gives none, keeps the calls to other Regions no longer.
const ARRIVED: Duration = Duration::from_millis(500);

/// The calls of one API that share one rate.
#[derive(Debug, Default)]
pub(super) struct Steady {
    /// Whose turn it is to begin, first come first served.
    turn: tokio::sync::Mutex<()>,
    calls: Mutex<Calls>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct Calls {
    begins: Vec<Instant>,
    last_end: Option<Instant>,
}

/// A call under way; dropped, it has ended.
#[derive(Debug)]
pub(super) struct UnderWay {
    steady: Arc<Steady>,
    begin: Instant,
}

impl Steady {
    /// Waits until a call may begin, then for its `place`; it begins when that is had.
    pub(super) async fn begin<T>(
        self: Arc<Self>,
        interval: Duration,
        place: impl Future<Output = T>,
    ) -> (T, UnderWay) {
        let turn = self.turn.lock().await;
        while let Some(due) = self.due(interval) {
            tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = self.ended.notified() => {}
            }
        }
        let place = place.await;
        let begin = Instant::now();
        self.calls().begins.push(begin);
        drop(turn);
        (place, UnderWay { steady: self, begin })
    }

    /// When the next call may begin, if that is not now.
    fn due(&self, interval: Duration) -> Option<Instant> {
        let due = self.calls().last_arrival()? + interval;
        (Instant::now() < due).then_some(due)
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    /// The latest moment at which any call so far can have come to the service.
    fn last_arrival(&self) -> Option<Instant> {
        let under_way = self.begins.iter().map(|begin| *begin + ARRIVED);
        under_way.chain(self.last_end).max()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut calls = self.steady.calls();
        if let Some(at) = calls.begins.iter().position(|begin| *begin == self.begin) {
            calls.begins.swap_remove(at);
        }
        calls.last_end = Some(Instant::now());
        drop(calls);
        self.steady.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const INTERVAL: Duration = Duration::from_millis(510);

    /// Makes a call that takes so long; answers when it began and ended.
    async fn call(steady: &Arc<Steady>, lasts: Duration) -> (Instant, Instant) {
        let ((), under_way) = Arc::clone(steady).begin(INTERVAL, std::future::ready(())).await;
        let begin = Instant::now();
        tokio::time::sleep(lasts).await;
        drop(under_way);
        (begin, Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn callers_side_by_side_stay_within_the_rate_whenever_their_calls_arrive() {
        let steady = Arc::default();
        let lengths = (0..60).map(|number| Duration::from_millis([0, 480, 20, 499, 120, 250][number % 6]));
        let calls = join_all(lengths.map(|lasts| call(&steady, lasts))).await;
        // The worst there can be: each arrives at its end, or at its beginning.
        for parity in 0..3 {
            let arrival = |number: usize| if number % 3 == parity { calls[number].1 } else { calls[number].0 };
            let mut arrivals: Vec<_> = (0..calls.len()).map(arrival).collect();
            arrivals.sort();
            let closest = arrivals.windows(3).map(|three| three[2] - three[0]).min();
            assert!(closest.is_some_and(|closest| SECOND < closest), "{closest:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_an_answer_does_not_keep_the_others() {
        let steady = Arc::default();
        let start = Instant::now();
        let hung = call(&steady, 100 * SECOND);
        let others = async {
            call(&steady, SECOND / 10).await;
            call(&steady, SECOND / 10).await;
            start.elapsed()
        };
        let (_, took) = futures_util::future::join(hung, others).await;
        assert!(took < 2 * SECOND, "{took:?}");
    }
}
