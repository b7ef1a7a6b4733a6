//! `[limits]`: what one trail object may cost.

use serde::Serialize;

use super::reader::Section;

/// `[limits]`: what one trail object may cost. An object beyond a limit is rejected, the rest is still read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Limits {
    /// Most bytes of JSON that one object may decompress to. Default 4294967296 (4 GiB).
    pub max_object_bytes: u64,
    /// Most bytes out per compressed byte in, once a mebibyte has come out. Default 200.
    pub max_ratio: u64,
    /// Most bytes of one record. Default 16777216 (16 MiB); at most 4294967295.
    pub max_record_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_object_bytes: 4 << 30, max_ratio: 200, max_record_bytes: 16 << 20 }
    }
}

/// Below this ordinary records of `CloudTrail` (256 KB) would be rejected.
const LEAST_RECORD: u64 = 1 << 20;
/// A record is held in memory as a whole, on 32-bit machines too.
const MOST_RECORD: u64 = u32::MAX as u64;

impl Limits {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            max_object_bytes: section.number("max_object_bytes", default.max_object_bytes, LEAST_RECORD..=1 << 50),
            max_ratio: section.number("max_ratio", default.max_ratio, 2..=1_000_000),
            max_record_bytes: section.number(
                "max_record_bytes",
                default.max_record_bytes,
                LEAST_RECORD..=MOST_RECORD,
            ),
        }
    }
}
