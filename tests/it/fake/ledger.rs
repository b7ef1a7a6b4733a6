//! What was asked of the fake, and how much at once.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A second, the unit of the published limits.
const SECOND: Duration = Duration::from_secs(1);

/// A call that came in.
#[derive(Debug, Clone)]
pub struct Call {
    pub service: String,
    pub operation: String,
    /// As permissions name it, such as `kms:DescribeCustomKeyStores`.
    pub action: String,
    pub account: String,
    pub region: String,
    pub at: Instant,
    /// Of S3: method, path and query.
    pub parameters: Value,
}

/// Everything that is counted and kept.
#[derive(Debug, Default)]
pub struct Ledger {
    pub calls: Vec<Call>,
    pub total: u64,
    /// Calls by action.
    pub by_action: HashMap<String, u64>,
    pub refusals: Vec<String>,
    in_flight: HashMap<String, usize>,
    all_in_flight: usize,
    pub most_in_flight: usize,
    pub most_by_account: HashMap<String, usize>,
    /// When what was last asked, by action, account and Region.
    asked: HashMap<(String, String, String), VecDeque<Instant>>,
    /// When what was last let through.
    admitted: HashMap<(String, String, String), VecDeque<Instant>>,
    most_in_a_second: HashMap<(String, String, String), usize>,
}

impl Ledger {
    /// Notes that a call begins.
    pub fn begin(&mut self, call: Call, keep: bool) {
        self.total += 1;
        *self.by_action.entry(call.action.clone()).or_default() += 1;
        self.all_in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.all_in_flight);
        let now = self.in_flight.entry(call.account.clone()).or_default();
        *now += 1;
        let most = self.most_by_account.entry(call.account.clone()).or_default();
        *most = (*most).max(*now);
        if call.operation == "LookupEvents" {
            let key = (call.action.clone(), call.account.clone(), call.region.clone());
            let recent = self.asked.entry(key.clone()).or_default();
            forget(recent, call.at);
            recent.push_back(call.at);
            let most = self.most_in_a_second.entry(key).or_default();
            *most = (*most).max(recent.len());
        }
        if keep {
            self.calls.push(call);
        }
    }

    /// Notes that a call of an account has ended.
    pub fn end(&mut self, account: &str) {
        self.all_in_flight -= 1;
        if let Some(now) = self.in_flight.get_mut(account) {
            *now -= 1;
        }
    }

    /// Whether one more call stays within a limit per second, account and Region.
    pub fn admit(&mut self, action: &str, account: &str, region: &str, most: usize) -> bool {
        let now = Instant::now();
        let recent = self.admitted.entry((action.to_owned(), account.to_owned(), region.to_owned())).or_default();
        forget(recent, now);
        let fits = recent.len() < most;
        if fits {
            recent.push_back(now);
        }
        fits
    }

    /// The most calls of `LookupEvents` in any second, of one account and Region.
    pub fn most_lookups_in_a_second(&self) -> usize {
        self.most_in_a_second.values().copied().max().unwrap_or(0)
    }
}

fn forget(recent: &mut VecDeque<Instant>, now: Instant) {
    while recent.front().is_some_and(|first| SECOND <= now.saturating_duration_since(*first)) {
        recent.pop_front();
    }
}
