//! Trail records of both providers: from the bytes of an object to normalised events.
//!
//! One pipeline for every source: bytes are decompressed under limits, cut into records, parsed, judged against
//! the profiles and handed to a [`Sink`] one at a time, so that memory does not depend on the size of the object.

mod actiontrail;
mod cloudtrail;
mod cut;
pub mod digest;
mod json;
mod judge;
mod layout;
mod outline;
mod reading;
mod record;
mod redact;
mod shape;
mod skim;
#[cfg(test)]
mod tests;
mod unpack;
mod whole;

use jiff::Timestamp;

use crate::model::{Provider, Reject, TrailEvent};
use crate::profiles::Profiles;

pub use actiontrail::{
    ASSUMPTIONS as ALIBABA_ASSUMPTIONS, LINKED_ROLE_CALLS as ALIBABA_LINKED_ROLE_CALLS,
    ram_calls as alibaba_ram_calls,
};
pub use cloudtrail::{ASSUMPTIONS as AWS_ASSUMPTIONS, SWITCH as AWS_ROLE_SWITCH, iam_calls as aws_iam_calls};
pub use layout::layout;
pub use reading::read_object;
pub use unpack::GZIP_MAGIC;
pub use whole::{Scratch, read_whole};

/// What the place of an object tells about it (`AWSLogs/...`, `AliyunLogs/...`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What kind of object it is.
    pub kind: ObjectKind,
    /// Provider, where the place tells.
    pub provider: Option<Provider>,
    /// Account, where the place tells. Records have their own.
    pub account: Option<String>,
    /// Region, where the place tells. Records have their own.
    pub region: Option<String>,
    /// When the trail delivered the object, where its name tells.
    pub delivered_at: Option<Timestamp>,
    /// The number of events that the name promises (Alibaba Cloud).
    pub promised_events: Option<u64>,
}

impl Layout {
    /// What is wrong with an object that holds so many records, where its name promises another number.
    #[must_use]
    pub fn miscounted(&self, records: u64) -> Option<String> {
        let promised = self.promised_events.filter(|promised| *promised != records)?;
        Some(format!("its name promises {promised} events, and it holds {records}"))
    }
}

/// Kinds of objects in a trail's bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A log.
    Log,
    /// A digest of a digest chain.
    Digest,
    /// An insight.
    Insight,
    /// Not known from the place: the content decides.
    Unplaced,
}

/// Bounds on what one object may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of JSON that one object may decompress to.
    pub max_object_bytes: u64,
    /// Most bytes out per byte in, once a mebibyte has come out.
    pub max_ratio: u64,
    /// Most bytes of one record.
    pub max_record_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_object_bytes: 4 << 30, max_ratio: 200, max_record_bytes: 16 << 20 }
    }
}

/// How objects are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The profiles that say what is relevant.
    pub profiles: &'a Profiles,
    /// Bounds.
    pub limits: Limits,
    /// Keep every management event, not only what concerns a profile.
    pub keep_all: bool,
    /// Count the records that are skipped, too; without, [`ObjectReport::records`] is those that were looked at.
    pub count: bool,
    /// Parse every record, also those that cannot concern a profile: broken ones among them are found then.
    pub parse_all: bool,
}

/// Receives what is found in an object.
pub trait Sink {
    /// Why a sink refuses.
    type Error;
    /// Takes an event that is to be kept; answers whether it is new.
    ///
    /// # Errors
    /// When it cannot be stored: reading of the object ends.
    fn event(&mut self, event: TrailEvent) -> Result<bool, Self::Error>;
    /// Takes a record that could not be read.
    ///
    /// # Errors
    /// When it cannot be stored: reading of the object ends.
    fn reject(&mut self, reject: Reject) -> Result<(), Self::Error>;
}

/// What reading an object came to. `records = kept + duplicate + irrelevant + rejected`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectReport {
    /// Whether the content turned out to be no log (a digest, an insight): nothing else counts then.
    pub skipped: bool,
    /// The provider of its records.
    pub provider: Option<Provider>,
    /// Records found.
    pub records: u64,
    /// New events.
    pub kept: u64,
    /// Events that were stored before.
    pub duplicate: u64,
    /// Records that no profile concerns.
    pub irrelevant: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Bytes taken from the object.
    pub bytes_in: u64,
    /// Bytes of JSON.
    pub bytes_out: u64,
    /// First and last event time of all its records.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Accounts and Regions that its records speak of, each with the span of its event times.
    pub places: Vec<Place>,
}

/// An account and Region of which an object held records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Provider.
    pub provider: Provider,
    /// Account.
    pub account: String,
    /// Region.
    pub region: Option<String>,
    /// First event time.
    pub from: Timestamp,
    /// Last event time.
    pub to: Timestamp,
}

/// Why an object as a whole could not be read. What was found before the trouble is lost with the transaction
/// of its object, so that a repaired object can be read again whole.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError<E> {
    /// The object's bytes could not be read.
    #[error("cannot read: {0}")]
    Io(std::io::Error),
    /// The content is no trail log, is cut off, or exceeds a limit.
    #[error("{reason}")]
    Content {
        /// Reason and remedy.
        reason: String,
        /// Offset in the uncompressed object.
        offset: Option<u64>,
    },
    /// The sink refused.
    #[error("cannot store")]
    Sink(E),
}
