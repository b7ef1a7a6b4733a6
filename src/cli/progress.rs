//! Progress on a terminal: of live accounts, and of the bytes of trails.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

use crate::daemon::jobs::{Progress, Unwatched};
use crate::model::SourceSummary;

/// Bars on standard error where that is a terminal and nobody asked for quiet; nothing otherwise.
#[must_use]
pub fn progress(quiet: bool) -> Arc<dyn Progress> {
    if quiet || !std::io::stderr().is_terminal() { Arc::new(Unwatched) } else { Arc::new(Bars::default()) }
}

/// Each bar is made when there is something to show in it, so that nothing flickers where there is not.
#[derive(Default)]
struct Bars {
    screen: MultiProgress,
    accounts: OnceLock<Accounts>,
    trail: OnceLock<Trail>,
}

/// Live accounts: read of expected, Regions, throttles, rate and time to go.
struct Accounts {
    line: ProgressBar,
    regions: AtomicU64,
    calls: AtomicU64,
    throttled: AtomicU64,
}

/// Trails: bytes, objects, records, rate and time to go.
struct Trail {
    line: ProgressBar,
    objects: AtomicU64,
    expected: AtomicU64,
    records: AtomicU64,
    /// Bytes of JSON.
    json: AtomicU64,
}

impl Bars {
    fn bar(&self, template: &str) -> ProgressBar {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.screen.add(ProgressBar::new(0).with_style(style))
    }

    fn accounts(&self) -> &Accounts {
        self.accounts.get_or_init(|| Accounts {
            line: self.bar("{bar:30} {pos}/{len} accounts · {msg}"),
            regions: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        })
    }

    fn trail(&self) -> &Trail {
        self.trail.get_or_init(|| Trail {
            line: self.bar("{bar:30} {bytes}/{total_bytes} · {msg} · {eta} to go"),
            objects: AtomicU64::new(0),
            expected: AtomicU64::new(0),
            records: AtomicU64::new(0),
            json: AtomicU64::new(0),
        })
    }
}

impl Accounts {
    fn show(&self) {
        let (regions, calls) = (self.regions.load(Ordering::Relaxed), self.calls.load(Ordering::Relaxed));
        let throttled = self.throttled.load(Ordering::Relaxed);
        let calls = format!("{regions} Regions · {throttled} of {calls} calls throttled");
        // The inventory may be whole long before the event history is.
        let is_whole = self.line.length() == Some(self.line.position());
        self.line.set_message(if is_whole {
            format!("{calls} · reading events")
        } else {
            format!("{calls} · {:.1}/s · {} to go", self.line.per_sec(), HumanDuration(self.line.eta()))
        });
    }
}

impl Trail {
    fn object_done(&self, bytes: u64, read: &SourceSummary) {
        self.line.inc(bytes);
        let objects = self.objects.fetch_add(1, Ordering::Relaxed) + 1;
        let records = self.records.fetch_add(read.records_read, Ordering::Relaxed) + read.records_read;
        let json = self.json.fetch_add(read.bytes_uncompressed, Ordering::Relaxed) + read.bytes_uncompressed;
        let expected = self.expected.load(Ordering::Relaxed);
        let rate = megabytes_per_second(json, self.line.elapsed().as_secs_f64());
        // Where only those that matter are counted, they must not look like all.
        let which = if read.records_uncounted { "relevant records" } else { "records" };
        self.line.set_message(format!("{objects}/{expected} objects · {records} {which} · {rate:.0} MB/s of JSON"));
    }
}

impl Progress for Bars {
    fn wants_total(&self) -> bool {
        true
    }

    fn expect(&self, objects: u64, bytes: u64) {
        let trail = self.trail();
        // A second trail begins a new line.
        if trail.line.is_finished() {
            trail.line.reset();
            trail.line.set_length(0);
        }
        trail.expected.store(objects, Ordering::Relaxed);
        trail.objects.store(0, Ordering::Relaxed);
        trail.records.store(0, Ordering::Relaxed);
        trail.json.store(0, Ordering::Relaxed);
        trail.line.inc_length(bytes);
    }

    fn object_done(&self, bytes: u64, read: &SourceSummary) {
        self.trail().object_done(bytes, read);
    }

    fn expect_accounts(&self, more: u64) {
        let accounts = self.accounts();
        accounts.line.inc_length(more);
        accounts.show();
    }

    fn account_done(&self, regions: u64) {
        // Accounts that nobody announced could not even be tried.
        let Some(accounts) = self.accounts.get() else { return };
        accounts.regions.fetch_add(regions, Ordering::Relaxed);
        accounts.line.inc(1);
        accounts.show();
    }

    fn asked(&self, calls: u64, throttled: u64) {
        let Some(accounts) = self.accounts.get() else { return };
        accounts.calls.store(calls, Ordering::Relaxed);
        accounts.throttled.store(throttled, Ordering::Relaxed);
        accounts.show();
    }

    fn accounts_finish(&self) {
        if let Some(accounts) = self.accounts.get() {
            accounts.line.finish_and_clear();
        }
    }

    fn finish(&self) {
        if let Some(trail) = self.trail.get() {
            trail.line.finish_and_clear();
        }
    }
}

/// Millions of bytes in a second.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub fn megabytes_per_second(bytes: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { bytes as f64 / 1e6 / seconds } else { 0.0 }
}
