//! This machine's clock against the provider's: AWS refuses signatures that are more than five minutes off.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;

use crate::clock::Clock;
use crate::model::{Check, CheckKind, CheckOutcome, Provider};

/// A difference that times of events begin to show, in seconds.
const NOTICEABLE: u64 = 60;

/// The difference from which on signatures are refused, in seconds (AWS Signature Version 4, "Troubleshooting").
const REFUSED: u64 = 300;

/// Reads the time that an answer was sent at, even where the answer is a refusal.
#[derive(Clone)]
pub(super) struct Watch {
    clock: Arc<dyn Clock>,
    /// Seconds by which this machine is ahead, once an answer told.
    ahead: Arc<Mutex<Option<i64>>>,
}

impl Watch {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, ahead: Arc::default() }
    }

    pub(super) fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::new(self.clone())
    }

    /// What the answers told.
    pub(super) fn check(&self) -> Check {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, detail) = judged(ahead);
        Check { provider: Some(Provider::Aws), ..Check::new(CheckKind::Clock, outcome, detail) }
    }

    fn note(&self, date: &str) {
        let Ok(sent) = DateTime::from_str(date, Format::HttpDate) else { return };
        let ahead = self.clock.now().as_second() - sent.secs();
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }
}

fn judged(ahead: Option<i64>) -> (CheckOutcome, String) {
    let Some(ahead) = ahead else {
        return (CheckOutcome::Untested, "no answer told the provider's time".to_owned());
    };
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    let difference = ahead.unsigned_abs();
    let detail = format!("this machine is {difference} s {side} the provider");
    if REFUSED < difference {
        return (CheckOutcome::Failed, format!("{detail}; signatures are refused until the clock is set"));
    }
    if NOTICEABLE < difference {
        return (CheckOutcome::Warning, format!("{detail}; above {REFUSED} s signatures are refused"));
    }
    (CheckOutcome::Ok, detail)
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.note(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::clock::SettableClock;

    #[test]
    fn a_clock_is_well_within_a_minute_and_useless_beyond_five() {
        for (ahead, outcome, said) in [
            (0, CheckOutcome::Ok, "0 s ahead"),
            (-60, CheckOutcome::Ok, "60 s behind"),
            (61, CheckOutcome::Warning, "61 s ahead"),
            (-300, CheckOutcome::Warning, "300 s behind"),
            (301, CheckOutcome::Failed, "signatures are refused"),
        ] {
            let (seen, detail) = judged(Some(ahead));
            assert!(seen == outcome && detail.contains(said), "{ahead}: {detail}");
        }
        assert_eq!(judged(None).0, CheckOutcome::Untested);
    }

    #[test]
    fn the_time_of_an_answer_is_compared_with_this_machines() {
        let now: Timestamp = "2026-11-22T09:10:00Z".parse().expect("a time");
        let watch = Watch::new(Arc::new(SettableClock::at(now)));
        watch.note("no date");
        assert_eq!(watch.check().outcome, CheckOutcome::Untested);
        watch.note("Sun, 22 Nov 2026 09:00:00 GMT");
        assert_eq!(watch.check().outcome, CheckOutcome::Failed);
        watch.note("Sun, 22 Nov 2026 09:10:07 GMT");
        assert_eq!(watch.check().detail, "this machine is 7 s behind the provider");
    }
}
