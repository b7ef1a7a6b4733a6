//! Any text as a configuration file: no panic, and what is accepted can be explained and checked further.
//!
//! `cargo +nightly fuzz run configuration -- -max_total_time=60`

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use roletrail::config;
use roletrail::daemon::Timetable;

fuzz_target!(|text: &str| {
    if let Ok(loaded) = config::parse(text, Path::new("/etc/roletrail/roletrail.toml")) {
        assert!(!loaded.explain().is_empty());
        let _ = loaded.unsupported();
        let _ = loaded.require_usable(Timetable::problems(&loaded.settings));
    }
});
