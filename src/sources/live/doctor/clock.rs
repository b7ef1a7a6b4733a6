//! This machine's clock against the provider's, who refuses signatures that are too far off.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::fmt::rfc2822;

use crate::clock::Clock;
use crate::model::{Check, CheckKind, CheckOutcome, Provider};

/// A difference that times of events begin to show, in seconds.
const NOTICEABLE: u64 = 60;

/// Reads the time that an answer was sent at, even where the answer is a refusal.
#[derive(Clone)]
pub(in crate::sources) struct Watch {
    clock: Arc<dyn Clock>,
    /// Seconds by which this machine is ahead, once an answer told.
    ahead: Arc<Mutex<Option<i64>>>,
}

impl Watch {
    pub(in crate::sources) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, ahead: Arc::default() }
    }

    /// What the answers told. `refused` is the difference from which on signatures are refused, in seconds.
    pub(in crate::sources) fn check(&self, provider: Provider, refused: u64) -> Check {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, detail) = judged(ahead, refused);
        Check { provider: Some(provider), ..Check::new(CheckKind::Clock, outcome, detail) }
    }

    /// Takes the date of an answer, as HTTP has it.
    pub(in crate::sources) fn note(&self, date: &str) {
        let Ok(sent) = rfc2822::parse(date) else { return };
        let ahead = self.clock.now().as_second() - sent.timestamp().as_second();
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }
}

fn judged(ahead: Option<i64>, refused: u64) -> (CheckOutcome, String) {
    let Some(ahead) = ahead else {
        return (CheckOutcome::Untested, "no answer told the provider's time".to_owned());
    };
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    let difference = ahead.unsigned_abs();
    let detail = format!("this machine is {difference} s {side} the provider");
    if refused < difference {
        return (CheckOutcome::Failed, format!("{detail}; signatures are refused until the clock is set"));
    }
    if NOTICEABLE < difference {
        return (CheckOutcome::Warning, format!("{detail}; above {refused} s signatures are refused"));
    }
    (CheckOutcome::Ok, detail)
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::clock::SettableClock;

    #[test]
    fn a_clock_is_well_within_a_minute_and_useless_beyond_the_limit() {
        for (ahead, outcome, said) in [
            (0, CheckOutcome::Ok, "0 s ahead"),
            (-60, CheckOutcome::Ok, "60 s behind"),
            (61, CheckOutcome::Warning, "61 s ahead"),
            (-300, CheckOutcome::Warning, "300 s behind"),
            (301, CheckOutcome::Failed, "signatures are refused"),
        ] {
            let (seen, detail) = judged(Some(ahead), 300);
            assert!(seen == outcome && detail.contains(said), "{ahead}: {detail}");
        }
        assert_eq!(judged(Some(301), 900).0, CheckOutcome::Warning);
        assert_eq!(judged(None, 300).0, CheckOutcome::Untested);
    }

    #[test]
    fn the_time_of_an_answer_is_compared_with_this_machines() {
        let now: Timestamp = "2026-11-22T09:10:00Z".parse().expect("a time");
        let watch = Watch::new(Arc::new(SettableClock::at(now)));
        watch.note("no date");
        assert_eq!(watch.check(Provider::Aws, 300).outcome, CheckOutcome::Untested);
        watch.note("Sun, 22 Nov 2026 09:00:00 GMT");
        assert_eq!(watch.check(Provider::Aws, 300).outcome, CheckOutcome::Failed);
        watch.note("Sun, 22 Nov 2026 09:10:07 GMT");
        assert_eq!(watch.check(Provider::Aws, 300).detail, "this machine is 7 s behind the provider");
    }
}
