//! Digests of `CloudTrail`: each lists the log files of an hour with their hashes, names the digest before it, and is
//! signed (`CloudTrail` user guide, "`CloudTrail` digest file structure" and "Custom implementations of `CloudTrail` log
//! file integrity validation").
//!
//! Everything here is pure: where the objects and the keys come from is the business of `sources`.

mod content;
mod document;
mod key;
mod name;
mod walk;

pub use content::{Content, Packed, unpack};
pub use document::{Digest, LogFile, Previous};
pub use key::{KeyListError, PublicKey, read_keys, signed_text};
pub use name::DigestName;
pub use walk::{Begin, Walk};

#[cfg(test)]
mod tests;
