//! Objects whose bytes are at hand: unpacked in one go, and skimmed where that is as good as parsing them.
//!
//! What is skimmed is a log at its place in a trail's bucket, in valid UTF-8, whose structure is sound and whose first and
//! last records are of the account and Region that its place tells. Every record that may concern a profile is parsed; if
//! one of them cannot be read, the object is parsed whole. So the events are those of parsing everything. What skimming
//! does not find is a syntax error inside records that could not concern a profile whatever they say.

use libdeflater::Decompressor;
use memchr::memmem;

use super::reading::{read_object, read_skimmed};
use super::skim::{Needles, skim};
use super::unpack::{BYTE_ORDER_MARK, GZIP_MAGIC, is_bomb};
use super::{Layout, Limits, ObjectError, ObjectKind, ObjectReport, Reading, Sink};
use crate::model::Provider;
use crate::profiles::Profiles;

/// The largest text that is held whole. Objects of `CloudTrail` have at most 50 MB.
const MOST_WHOLE: usize = 64 << 20;

/// Buffers that have grown beyond this are given back after the object.
const MOST_KEPT: usize = 16 << 20;

/// Smaller texts are parsed whole: that costs next to nothing.
pub(super) const LEAST_SKIMMED: usize = 32 << 10;

/// More candidates are a text that is best parsed record by record.
const MOST_CANDIDATES: usize = 10_000;

/// What every gzip member begins with: the magic, and the only method there is.
const MEMBER: [u8; 3] = [GZIP_MAGIC[0], GZIP_MAGIC[1], 8];

/// Bytes of a member's head and trailer, the least there can be.
const LEAST_MEMBER: usize = 18;

/// What reading objects one after the other uses again.
pub struct Scratch {
    decompressor: Decompressor,
    text: Vec<u8>,
    /// How much of `text` the last object takes; nothing where that was not unpacked here.
    unpacked: Option<usize>,
    aws: Option<Needles>,
    alibaba: Option<Needles>,
}

impl Scratch {
    /// For readings with these profiles.
    #[must_use]
    pub fn new(profiles: &Profiles) -> Self {
        let [aws, alibaba] = [Provider::Aws, Provider::Alibaba].map(|provider| Needles::of(profiles, provider));
        Self { decompressor: Decompressor::new(), text: Vec::new(), unpacked: None, aws, alibaba }
    }

    /// The text of an object, where it can be had at once. `None` also where something is wrong with it: reading it
    /// piece by piece tells what.
    fn unpack(&mut self, bytes: &[u8], limits: Limits) -> Option<usize> {
        let size = usize::try_from(u32::from_le_bytes(*bytes.last_chunk::<4>()?)).ok()?;
        let is_single = LEAST_MEMBER <= bytes.len() && memmem::find(&bytes[1..], &MEMBER).is_none();
        let allowed = size <= MOST_WHOLE && size as u64 <= limits.max_object_bytes;
        if !is_single || !allowed || is_bomb(bytes.len() as u64, size as u64, limits) {
            return None;
        }
        if self.text.len() < size {
            self.text.resize(size, 0);
        }
        let written = self.decompressor.gzip_decompress(bytes, &mut self.text[..size]).ok()?;
        (written == size).then_some(size)
    }

    fn needles(&self, provider: Provider) -> Option<&Needles> {
        match provider {
            Provider::Aws => self.aws.as_ref(),
            Provider::Alibaba => self.alibaba.as_ref(),
        }
    }

    /// What the last object was unpacked to, if it was compressed and unpacked in one go.
    #[must_use]
    pub fn unpacked(&self) -> Option<&[u8]> {
        self.unpacked.map(|size| &self.text[..size])
    }

    fn begin(&mut self) {
        self.unpacked = None;
        if MOST_KEPT < self.text.len() {
            self.text = Vec::new();
        }
    }
}

/// Reads one object of which all bytes are at hand; as [`read_object`], and faster.
///
/// # Errors
/// As [`read_object`].
pub fn read_whole<S: Sink>(
    bytes: &[u8],
    scratch: &mut Scratch,
    name: &str,
    layout: &Layout,
    reading: &Reading<'_>,
    sink: &mut S,
) -> Result<ObjectReport, ObjectError<S::Error>> {
    if matches!(layout.kind, ObjectKind::Digest | ObjectKind::Insight) {
        return read_object(bytes, name, layout, reading, sink);
    }
    scratch.begin();
    if bytes.starts_with(&GZIP_MAGIC) {
        match scratch.unpack(bytes, reading.limits) {
            // A text that looks like gzip again would be unpacked twice.
            Some(size) if !scratch.text[..size].starts_with(&GZIP_MAGIC) => {
                scratch.unpacked = Some(size);
                let text = &scratch.text[..size];
                let report = read_text(text, scratch, name, layout, reading, sink);
                report.map(|report| ObjectReport { bytes_in: bytes.len() as u64, ..report })
            }
            _ => read_object(bytes, name, layout, reading, sink),
        }
    } else {
        read_text(bytes, scratch, name, layout, reading, sink)
    }
}

fn read_text<S: Sink>(
    text: &[u8],
    scratch: &Scratch,
    name: &str,
    layout: &Layout,
    reading: &Reading<'_>,
    sink: &mut S,
) -> Result<ObjectReport, ObjectError<S::Error>> {
    let records = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if let Some(needles) = skimmed_for(records, scratch, layout, reading)
        && let Ok(records) = simdutf8::basic::from_utf8(records)
        && let Some(found) = skim(records.as_bytes(), needles, reading.count)
        && found.candidates.len() <= MOST_CANDIDATES
        && let Some(report) = read_skimmed(records, &found, name, layout, reading, sink).map_err(ObjectError::Sink)?
    {
        let size = text.len() as u64;
        return Ok(ObjectReport { bytes_in: size, bytes_out: size, ..report });
    }
    read_object(text, name, layout, reading, sink)
}

/// The needles to skim a text for, where it may be skimmed.
fn skimmed_for<'s>(text: &[u8], scratch: &'s Scratch, layout: &Layout, reading: &Reading<'_>) -> Option<&'s Needles> {
    let is_placed = layout.kind == ObjectKind::Log && layout.region.is_some();
    let is_worth_it = LEAST_SKIMMED <= text.len() && text.len() as u64 <= reading.limits.max_object_bytes;
    if reading.keep_all || reading.parse_all || !is_placed || !is_worth_it {
        return None;
    }
    scratch.needles(layout.provider?)
}
