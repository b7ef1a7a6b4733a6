//! The story of `roletrail demo`: one organisation on both clouds in which every verdict occurs.

mod alibaba;
mod aws;

use jiff::{SignedDuration, Timestamp, Unit};

use super::organisation::{Expected, Organisation, SimulatedAccount};
use super::random::Random;
use crate::model::Verdict;

/// Seed of the demo: its details are the same on every machine.
const SEED: u64 = 0x0726_1e74_a11d_e300;
/// How far back the demo's trails reach.
const DAYS: i64 = 60;
/// Hours in a day.
const HOURS: i64 = 24;

/// The organisation of the demo, its story told at `now`: the same moment gives the same bytes.
#[must_use]
pub fn demo(now: Timestamp) -> Organisation {
    // Trails know whole seconds only; a moment that cannot be rounded is one at the end of time.
    let now = now.round(Unit::Second).unwrap_or(now);
    let mut teller = Teller { now, random: Random::new(SEED), accounts: Vec::new(), expected: Vec::new() };
    aws::tell(&mut teller);
    alibaba::tell(&mut teller);
    let Teller { accounts, expected, .. } = teller;
    Organisation { now, since: now - SignedDuration::from_hours(DAYS * HOURS), seed: SEED, accounts, expected }
}

/// Gathers the accounts as they are told.
struct Teller {
    now: Timestamp,
    random: Random,
    accounts: Vec<SimulatedAccount>,
    expected: Vec<Expected>,
}

impl Teller {
    /// The moment some days and minutes before now.
    fn ago(&self, days: i64, minutes: i64) -> Timestamp {
        self.now - SignedDuration::from_mins(days * HOURS * 60 + minutes)
    }

    /// Takes an account whose story has been told.
    fn add(&mut self, account: SimulatedAccount, verdict: Verdict, rules: &[&str]) {
        self.expected.push(Expected {
            provider: account.provider,
            account: account.id.clone(),
            profile: account.profile().to_owned(),
            verdict,
            rules: rules.iter().map(|&rule| rule.to_owned()).collect(),
        });
        self.accounts.push(account);
    }
}
