//! Files of a report, which are made while they are written: a report about a hundred thousand findings is some hundred
//! megabytes in each format, and none of that need stand in memory.

use std::fmt;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

/// A file of a report: its name, and what writes it.
pub struct ReportFile<'a> {
    /// Its name, without a directory.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    body: Box<Body<'a>>,
}

type Body<'a> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'a;

impl<'a> ReportFile<'a> {
    /// A file that `body` writes.
    pub fn new(name: String, media_type: &'static str, body: impl Fn(&mut dyn Write) -> io::Result<()> + 'a) -> Self {
        Self { name, media_type, body: Box::new(body) }
    }

    /// A small file whose text is there already.
    #[must_use]
    pub fn of_text(name: String, media_type: &'static str, text: String) -> Self {
        Self::new(name, media_type, move |out| out.write_all(text.as_bytes()))
    }

    /// Writes what is in it.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        (self.body)(out)
    }

    /// What is in it, at once.
    ///
    /// # Errors
    /// When it cannot be written: a bug of ours.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes)?;
        Ok(bytes)
    }
}

impl fmt::Debug for ReportFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportFile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Writes a document as JSON, indented, with a line feed at its end.
pub(super) fn json(mut out: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, document)?;
    out.write_all(b"\n")
}

/// A list in a document whose members are made while they are written, one after the other.
pub(super) struct Listed<'a, T>(Box<dyn Fn() -> Members<'a, T> + 'a>);

type Members<'a, T> = Box<dyn Iterator<Item = T> + 'a>;

impl<'a, T> Listed<'a, T> {
    /// The list of what `members` makes.
    pub(super) fn new<I: Iterator<Item = T> + 'a>(members: impl Fn() -> I + 'a) -> Self {
        Self(Box::new(move || Box::new(members())))
    }

    /// Whether it has no member.
    pub(super) fn is_empty(&self) -> bool {
        (self.0)().next().is_none()
    }
}

impl<T: Serialize> Serialize for Listed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}
