//! The evidence log in the history: what every transaction wrote, noted, appended and read back.

mod covered;
mod heads;
mod log;
mod notes;
mod verifying;

pub use heads::EvidenceHead;
pub use log::Signer;
pub use verifying::{EvidenceCheck, VerifiedLog};

pub(super) use covered::{EVENTS, OBJECTS};
pub(super) use log::{Log, begin};
pub(super) use notes::Notes;
