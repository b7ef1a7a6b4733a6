//! Any name and any bytes, compressed or not, under small limits: no panic, and never more than the limits allow.
//!
//! `cargo +nightly fuzz run object -- -max_total_time=60`

#![no_main]

use std::convert::Infallible;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use roletrail::model::{Reject, TrailEvent};
use roletrail::profiles::Profiles;
use roletrail::trail::{Limits, Reading, Sink, layout, read_object};

static PROFILES: LazyLock<Profiles> = LazyLock::new(|| Profiles::builtin().expect("built-in profiles load"));

/// Most bytes of JSON of one object here.
const MOST_BYTES: u64 = 64 << 10;

/// Stops a cutter that does not come forward.
struct Bounded(u64);

impl Bounded {
    fn count(&mut self) {
        self.0 += 1;
        assert!(self.0 <= MOST_BYTES, "more pieces than bytes");
    }
}

impl Sink for Bounded {
    type Error = Infallible;

    fn event(&mut self, _event: TrailEvent) -> Result<bool, Infallible> {
        self.count();
        Ok(true)
    }

    fn reject(&mut self, _reject: Reject) -> Result<(), Infallible> {
        self.count();
        Ok(())
    }
}

fuzz_target!(|input: (&str, &[u8])| {
    let (name, bytes) = input;
    let limits = Limits { max_object_bytes: MOST_BYTES, max_ratio: 20, max_record_bytes: 4 << 10 };
    let reading = Reading { profiles: &PROFILES, limits, keep_all: false, count: true, parse_all: false };
    if let Ok(report) = read_object(bytes, name, &layout(name), &reading, &mut Bounded(0)) {
        assert!(report.bytes_out <= MOST_BYTES);
        assert_eq!(report.records, report.kept + report.duplicate + report.irrelevant + report.rejected);
    }
});
