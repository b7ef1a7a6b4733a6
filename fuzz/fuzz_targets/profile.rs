//! Any text as a role profile: no panic.
//!
//! `cargo +nightly fuzz run profile -- -max_total_time=60`

#![no_main]

use libfuzzer_sys::fuzz_target;
use roletrail::profiles;

fuzz_target!(|text: &str| {
    if let Ok(profile) = profiles::parse(text) {
        assert!(!profile.id.is_empty());
    }
});
