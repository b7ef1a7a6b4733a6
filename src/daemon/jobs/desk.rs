//! Where one object after the other is read: the same way on the job's own thread and on others.

use std::io::Read;

use super::{JobContext, JobError};
use crate::config::{Keep, Settings};
use crate::model::ObjectHashes;
use crate::profiles::Profiles;
use crate::sources::files::{Hashed, hashes_of};
use crate::store::{ObjectIdentity, StoreError};
use crate::trail::{self, Layout, Limits, ObjectError, ObjectReport, Reading, Scratch, Sink};

/// An object of fewer stored bytes is read whole before it is decompressed, a larger one piece by piece.
const WHOLE_BYTES: u64 = 64 << 20;

/// Bytes of the buffer that are kept for the next object. Objects of trails are smaller; what a single large one took
/// is given back.
const KEPT_BYTES: usize = 8 << 20;

/// What the user chose for this run, beyond the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingChoice {
    /// Count the records that no profile concerns.
    pub count: bool,
    /// Parse every record, so that a broken one is named although no profile could concern it.
    pub parse_all: bool,
    /// Hash the objects that an earlier run has read without hashing them.
    pub hash_known: bool,
}

impl Default for ReadingChoice {
    fn default() -> Self {
        Self { count: true, parse_all: false, hash_known: false }
    }
}

impl JobContext {
    /// How objects are read, from the settings and what the user chose.
    pub(super) fn reading(&self) -> Reading<'_> {
        Reading {
            profiles: &self.profiles,
            limits: limits(&self.settings),
            keep_all: self.settings.collect.keep == Keep::All,
            count: self.choice.count,
            parse_all: self.choice.parse_all,
        }
    }
}

/// The bounds of the settings.
pub(super) fn limits(settings: &Settings) -> Limits {
    let limits = &settings.limits;
    Limits {
        max_object_bytes: limits.max_object_bytes,
        max_ratio: limits.max_ratio,
        max_record_bytes: usize::try_from(limits.max_record_bytes).unwrap_or(usize::MAX),
    }
}

/// An object that was read to its end. What it held went to a sink.
pub(super) struct Finished {
    pub(super) report: ObjectReport,
    /// Where they were asked for.
    pub(super) hashes: Option<ObjectHashes>,
}

/// Why an object cannot be read.
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) offset: Option<u64>,
}

impl Refusal {
    /// A refusal of the whole object.
    pub(super) fn new(reason: String) -> Self {
        Self { reason, offset: None }
    }
}

/// How the reading of an object ended without its end.
pub(super) enum Trouble<E> {
    /// The object is to blame.
    Object(Refusal),
    /// The sink takes no more.
    Sink(E),
}

impl<E> From<ObjectError<E>> for Trouble<E> {
    fn from(error: ObjectError<E>) -> Self {
        match error {
            ObjectError::Sink(error) => Self::Sink(error),
            ObjectError::Io(error) => Self::Object(Refusal::new(format!("cannot be read: {error}"))),
            ObjectError::Content { reason, offset } => Self::Object(Refusal { reason, offset }),
        }
    }
}

impl From<Trouble<StoreError>> for Trouble<JobError> {
    fn from(trouble: Trouble<StoreError>) -> Self {
        match trouble {
            Trouble::Object(refusal) => Self::Object(refusal),
            Trouble::Sink(error) => Self::Sink(error.into()),
        }
    }
}

/// Reads objects; its buffers are used again and again.
pub(super) struct Desk {
    buffer: Vec<u8>,
    scratch: Scratch,
}

impl Desk {
    /// For readings with these profiles.
    pub(super) fn new(profiles: &Profiles) -> Self {
        Self { buffer: Vec::new(), scratch: Scratch::new(profiles) }
    }

    /// Reads an object to its end. Its hashes are taken in the same pass where `hash` asks for them.
    pub(super) fn read<R: Read, S: Sink>(
        &mut self,
        (object, layout): (&ObjectIdentity, &Layout),
        mut bytes: R,
        (reading, hash): (&Reading<'_>, bool),
        sink: &mut S,
    ) -> Result<Finished, Trouble<S::Error>> {
        let place = (object.name.as_str(), layout);
        // A pipe does not tell its size.
        if object.size == 0 || WHOLE_BYTES <= object.size {
            return stream(place, bytes, (reading, hash), sink);
        }
        self.buffer.clear();
        self.buffer.reserve(usize::try_from(object.size).unwrap_or_default() + 1);
        bytes.by_ref().take(WHOLE_BYTES).read_to_end(&mut self.buffer).map_err(ObjectError::Io)?;
        if WHOLE_BYTES <= self.buffer.len() as u64 {
            // It has grown since it was found.
            return stream(place, self.buffer.chain(bytes), (reading, hash), sink);
        }
        let finished = whole(place, (&self.buffer, &mut self.scratch), (reading, hash), sink);
        if KEPT_BYTES < self.buffer.capacity() {
            self.buffer = Vec::new();
        }
        finished
    }
}

fn whole<S: Sink>(
    (name, layout): (&str, &Layout),
    (bytes, scratch): (&[u8], &mut Scratch),
    (reading, hash): (&Reading<'_>, bool),
    sink: &mut S,
) -> Result<Finished, Trouble<S::Error>> {
    let report = trail::read_whole(bytes, scratch, name, layout, reading, sink)?;
    // After the reading, which knows the limits: nobody decompresses a gzip bomb for its hash.
    let hashes = || match scratch.unpacked() {
        Some(content) => Ok(hashes_of(bytes, content)),
        None => Hashed::new(bytes).finish(),
    };
    let hashes = hash.then(hashes).transpose().map_err(ObjectError::Io)?;
    Ok(Finished { report, hashes })
}

fn stream<S: Sink>(
    (name, layout): (&str, &Layout),
    bytes: impl Read,
    (reading, hash): (&Reading<'_>, bool),
    sink: &mut S,
) -> Result<Finished, Trouble<S::Error>> {
    if !hash {
        let report = trail::read_object(bytes, name, layout, reading, sink)?;
        return Ok(Finished { report, hashes: None });
    }
    let mut seen = Hashed::new(bytes);
    let report = trail::read_object(&mut seen, name, layout, reading, sink)?;
    let hashes = Some(seen.finish().map_err(ObjectError::Io)?);
    Ok(Finished { report, hashes })
}
