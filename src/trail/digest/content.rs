//! The content of digests and log files: uncompressed, bounded, hashed on the way.

use std::io::{self, Write};

use flate2::write::GzDecoder;
use sha2::{Digest as _, Sha256};

use crate::trail::unpack::is_bomb;
use crate::trail::{GZIP_MAGIC, Limits};

/// Most bytes of the JSON of one digest: 200,000 log files in an hour and Region.
const MOST_DIGEST_BYTES: u64 = 64 << 20;

/// Takes the bytes of an object piece by piece and hashes its content: what a gzip stream holds, or the bytes
/// themselves where they are plain. (Tools that fetch objects may unpack them on the way, since their metadata says
/// `Content-Encoding: gzip`.)
///
/// A stream with anything behind its end is refused: `CloudTrail` writes one, and what stands behind it was never signed.
pub struct Content {
    state: State,
    limits: Limits,
    taken: u64,
}

/// What became of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// SHA-256 of the content, in hex.
    pub hash: String,
    /// The content, where it was to be kept.
    pub bytes: Vec<u8>,
}

enum State {
    /// Too few bytes to tell.
    Head(Vec<u8>, Sink),
    Plain(Sink),
    Gzip(Box<GzDecoder<Sink>>),
    Broken(String),
}

/// Where the content goes.
#[derive(Default)]
struct Sink {
    hasher: Sha256,
    count: u64,
    most: u64,
    kept: Option<Vec<u8>>,
}

impl Content {
    /// Hashes only.
    #[must_use]
    pub fn hashed(limits: Limits) -> Self {
        Self::with(limits, None)
    }

    fn with(limits: Limits, kept: Option<Vec<u8>>) -> Self {
        let sink = Sink { most: limits.max_object_bytes, kept, ..Sink::default() };
        Self { state: State::Head(Vec::new(), sink), limits, taken: 0 }
    }

    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        self.taken += bytes.len() as u64;
        self.state = match std::mem::replace(&mut self.state, State::Broken(String::new())) {
            State::Head(mut head, sink) => {
                head.extend_from_slice(bytes);
                if head.len() < GZIP_MAGIC.len() {
                    State::Head(head, sink)
                } else if head.starts_with(&GZIP_MAGIC) {
                    State::Gzip(Box::new(GzDecoder::new(sink))).fed(&head)
                } else {
                    State::Plain(sink).fed(&head)
                }
            }
            other => other.fed(bytes),
        };
        if let State::Gzip(decoder) = &self.state
            && is_bomb(self.taken, decoder.get_ref().count, self.limits)
        {
            self.state = State::Broken("it decompresses to far more than a log file holds".to_owned());
        }
    }

    /// What the content came to.
    ///
    /// # Errors
    /// Why it has none.
    pub fn finish(self) -> Result<Packed, String> {
        let sink = match self.state {
            State::Head(head, mut sink) => {
                sink.write_all(&head).map_err(|error| error.to_string())?;
                sink
            }
            State::Plain(sink) => sink,
            State::Gzip(decoder) => decoder.finish().map_err(|error| broken(&error))?,
            State::Broken(reason) => return Err(reason),
        };
        Ok(Packed { hash: hex::encode(sink.hasher.finalize()), bytes: sink.kept.unwrap_or_default() })
    }
}

impl State {
    fn fed(mut self, mut bytes: &[u8]) -> Self {
        let written = match &mut self {
            Self::Plain(sink) => sink.write_all(bytes),
            Self::Gzip(decoder) => loop {
                if bytes.is_empty() {
                    break Ok(());
                }
                match decoder.write(bytes) {
                    // The decoder takes nothing any more once its stream has ended.
                    Ok(0) => {
                        let reason = "there are bytes behind the end of its gzip stream, which nobody signed";
                        return Self::Broken(reason.to_owned());
                    }
                    Ok(count) => bytes = &bytes[count..],
                    Err(error) => break Err(error),
                }
            },
            Self::Head(..) | Self::Broken(_) => Ok(()),
        };
        match written {
            Ok(()) => self,
            Err(error) => Self::Broken(broken(&error)),
        }
    }
}

fn broken(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::FileTooLarge => error.to_string(),
        io::ErrorKind::UnexpectedEof => "its gzip stream is cut off".to_owned(),
        _ => format!("its gzip stream is damaged ({error})"),
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.count += bytes.len() as u64;
        if self.most < self.count {
            let reason = format!("its content has more than {} bytes", self.most);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
        }
        self.hasher.update(bytes);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The content of a digest with its hash.
///
/// # Errors
/// Why it has none.
pub fn unpack(bytes: &[u8]) -> Result<Packed, String> {
    let limits = Limits { max_object_bytes: MOST_DIGEST_BYTES, ..Limits::default() };
    let mut content = Content::with(limits, Some(Vec::new()));
    content.take(bytes);
    content.finish()
}
