//! The progress of a reading on a terminal: bytes, objects, rate and time to go.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use crate::daemon::jobs::{Progress, Unwatched};

/// A bar on standard error where that is a terminal and nobody asked for quiet; nothing otherwise.
#[must_use]
pub fn progress(quiet: bool) -> Arc<dyn Progress> {
    if quiet || !std::io::stderr().is_terminal() { Arc::new(Unwatched) } else { Arc::new(Bar::new()) }
}

struct Bar {
    line: ProgressBar,
    objects: AtomicU64,
    expected: AtomicU64,
    records: AtomicU64,
}

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        let template = "{bar:30} {bytes}/{total_bytes} · {msg} · {bytes_per_sec} · {eta} to go";
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { line: bar, objects: AtomicU64::new(0), expected: AtomicU64::new(0), records: AtomicU64::new(0) }
    }
}

impl Progress for Bar {
    fn wants_total(&self) -> bool {
        true
    }

    fn expect(&self, objects: u64, bytes: u64) {
        // A second trail begins a new line.
        if self.line.is_finished() {
            self.line.reset();
            self.line.set_length(0);
        }
        self.expected.store(objects, Ordering::Relaxed);
        self.objects.store(0, Ordering::Relaxed);
        self.line.inc_length(bytes);
    }

    fn object_done(&self, bytes: u64, records: u64) {
        let objects = self.objects.fetch_add(1, Ordering::Relaxed) + 1;
        let records = self.records.fetch_add(records, Ordering::Relaxed) + records;
        self.line.inc(bytes);
        let expected = self.expected.load(Ordering::Relaxed);
        self.line.set_message(format!("{objects}/{expected} objects · {records} records"));
    }

    fn finish(&self) {
        self.line.finish_and_clear();
    }
}
