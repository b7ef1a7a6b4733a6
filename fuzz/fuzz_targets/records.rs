//! Any bytes as the plain content of an object: no panic, the counts reconcile, and reading comes to an end.
//!
//! `cargo +nightly fuzz run records -- -max_total_time=60`

#![no_main]

use std::convert::Infallible;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use roletrail::model::{Reject, TrailEvent};
use roletrail::profiles::Profiles;
use roletrail::trail::{Limits, Reading, Sink, layout, read_object};

static PROFILES: LazyLock<Profiles> = LazyLock::new(|| Profiles::builtin().expect("built-in profiles load"));

/// Counts, and stops a cutter that does not come forward.
struct Counting {
    pieces: usize,
    most: usize,
    concerned: usize,
}

impl Counting {
    fn count(&mut self) {
        self.pieces += 1;
        assert!(self.pieces <= self.most, "more pieces than bytes");
    }
}

impl Sink for Counting {
    type Error = Infallible;

    fn event(&mut self, event: TrailEvent) -> Result<bool, Infallible> {
        self.count();
        self.concerned += usize::from(!event.concerns.is_empty());
        assert!(event.raw.starts_with('{') && event.raw.ends_with('}'), "what is stored is an object again");
        Ok(true)
    }

    fn reject(&mut self, _reject: Reject) -> Result<(), Infallible> {
        self.count();
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let mut concerned = [0, 0];
    for (keep_all, concerned) in [false, true].into_iter().zip(&mut concerned) {
        let reading = Reading { profiles: &PROFILES, limits: Limits::default(), keep_all, count: true, parse_all: false };
        let mut sink = Counting { pieces: 0, most: data.len() + 1, concerned: 0 };
        if let Ok(report) = read_object(data, "fuzz.json", &layout("fuzz.json"), &reading, &mut sink) {
            assert_eq!(report.records, report.kept + report.duplicate + report.irrelevant + report.rejected);
        }
        *concerned = sink.concerned;
    }
    assert_eq!(concerned[0], concerned[1], "the filter left out what a full reading finds");
});
