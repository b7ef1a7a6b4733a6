//! UUIDs that depend on the report and the place in it alone, so that the same report gives the same bytes.

use serde::Serialize;
use sha1::{Digest as _, Sha1};

/// The name space of this program's reports: a random UUID, drawn once.
const NAMESPACE: [u8; 16] =
    [0x9c, 0x1d, 0x6f, 0x3e, 0x52, 0x7b, 0x4a, 0x08, 0xb4, 0xe5, 0x2a, 0x90, 0xd1, 0x7c, 0x63, 0xfa];

/// A UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Uuid(String);

impl Uuid {
    /// As a reference inside the document.
    pub(super) fn href(&self) -> String {
        format!("#{}", self.0)
    }
}

/// Gives out the UUIDs of a report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Uuids<'a> {
    /// Id of the report.
    pub(super) report: &'a str,
}

impl Uuids<'_> {
    /// The UUID of a place: what it is, and its id among its like. Version 5 of RFC 9562, which asks for SHA-1; it names
    /// and protects nothing.
    pub(super) fn of(self, what: &str, id: &str) -> Uuid {
        let mut hash = Sha1::new();
        hash.update(NAMESPACE);
        for part in [self.report, what, id] {
            // The length before each part keeps ("ab", "c") and ("a", "bc") apart.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x50;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Uuid(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_uuid_and_no_other_has_it() {
        let uuids = Uuids { report: "r-1" };
        let one = uuids.of("finding", "a");
        assert_eq!(one, uuids.of("finding", "a"));
        assert_ne!(one, uuids.of("findinga", ""));
        assert_ne!(one, Uuids { report: "r-2" }.of("finding", "a"));
        assert_eq!((&one.0[14..15], one.0.len()), ("5", 36));
        assert!("89ab".contains(&one.0[19..20]));
    }
}
