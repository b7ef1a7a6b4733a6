//! Checking the digest chains of trails, wherever the objects are: in a bucket, or in a directory laid out like one.
//!
//! One check for both; a place of objects answers what is there, and tells "not there" from "could not be read".

mod check;
mod files;
mod found;
mod keys;

use jiff::{SignedDuration, Timestamp};

use super::live::Failure;
use crate::trail::digest::{Content, PublicKey};

pub use check::{Check, Horizon};
pub use files::Directory;
pub use found::{ChainPart, Counts};
pub use keys::KeyFile;

/// A digest is in its bucket so long after the end of its hour, at the latest: until then its absence says nothing.
/// (`CloudTrail` tells no figure; log files come within minutes on average, a digest within the next hour.)
pub const DELIVERED_WITHIN: SignedDuration = SignedDuration::from_hours(3);

/// The folder of an account's digests in one Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The bucket, where it is known before any digest is read.
    pub bucket: Option<String>,
    /// The folder of the digests, by its key, with a slash at its end.
    pub folder: String,
    /// Whether there are digests at all; else there are log files without any.
    pub has_digests: bool,
}

/// A digest as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDigest {
    /// The bytes of the object.
    pub bytes: Vec<u8>,
    /// Its signature, in hex, where one is at hand.
    pub signature: Option<String>,
    /// When a backfill digest was made, which tells the key that signed it.
    pub generated_at: Option<Timestamp>,
}

/// Whether a log file is what a digest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogState {
    /// Its content has the hash.
    Same,
    /// It is something else; what.
    Other(String),
    /// It is not there.
    Missing,
}

/// Where digests and log files are.
pub trait Archive: Send + Sync {
    /// The folders of digests, and of log files that have none.
    ///
    /// # Errors
    /// [`Failure`] when some could not be found out.
    fn places(&self) -> impl Future<Output = Result<Vec<Place>, Failure>> + Send;

    /// Keys in a folder in their order, behind `after`; nothing at its end.
    ///
    /// # Errors
    /// [`Failure`] when they could not be listed.
    fn keys(&self, place: &Place, after: &str) -> impl Future<Output = Result<Vec<String>, Failure>> + Send;

    /// Fetches a digest; `None` where it is not there (any more).
    ///
    /// # Errors
    /// [`Failure`] when it could not be read.
    fn digest(&self, place: &Place, key: &str) -> impl Future<Output = Result<Option<FoundDigest>, Failure>> + Send;

    /// Compares the content of a log file with the SHA-256 that it is to have.
    ///
    /// # Errors
    /// [`Failure`] when it could not be read.
    fn log(&self, place: &Place, key: &str, hash: &str) -> impl Future<Output = Result<LogState, Failure>> + Send;

    /// When the newest log file beside these digests was delivered, where that has to be told by the archive itself:
    /// up to then its digests have to reach.
    ///
    /// # Errors
    /// [`Failure`] when it could not be found out.
    fn newest_log(&self, place: &Place) -> impl Future<Output = Result<Option<Timestamp>, Failure>> + Send;
}

/// The answer to a search for a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundKey {
    /// It is this one.
    Key(PublicKey),
    /// `CloudTrail` has none of that fingerprint for that time: whoever signed was somebody else.
    Unknown,
    /// Nobody can say; why.
    NotAtHand(String),
}

/// Where public keys come from.
pub trait Keys: Send + Sync {
    /// Finds the key that was used in a Region at some time of a stretch.
    ///
    /// # Errors
    /// [`Failure`] when nobody could be asked.
    fn find(
        &self,
        region: &str,
        fingerprint: &str,
        used: (Timestamp, Timestamp),
    ) -> impl Future<Output = Result<FoundKey, Failure>> + Send;
}

/// Whether a content has the SHA-256 that a digest tells.
pub(super) fn compared(content: Content, hash: &str) -> LogState {
    match content.finish() {
        Ok(found) if found.hash == hash => LogState::Same,
        Ok(found) => {
            LogState::Other(format!("its content was changed: its SHA-256 is {}, and {hash} was signed", found.hash))
        }
        Err(reason) => LogState::Other(reason),
    }
}
