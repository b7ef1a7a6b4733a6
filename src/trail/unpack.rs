//! From the object's bytes to plain JSON bytes, under limits, in constant memory.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::Limits;

/// Why the bytes of an object cannot be had to the end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The source failed.
    Io(io::Error),
    /// The content is to blame.
    Content {
        /// Reason and remedy.
        reason: String,
        /// Offset in the uncompressed object.
        offset: Option<u64>,
    },
}

/// Bytes that every gzip member begins with.
pub const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// The byte order mark of UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Bytes that may come out before the ratio is looked at: small objects compress in all ways.
const RATIO_FROM: u64 = 1 << 20;

/// Bytes read from the source at a time.
const READ_BYTES: usize = 64 << 10;

/// An object's plain bytes: gzip (all members) or plain, told by content and never by name.
pub(super) struct Unpacked<R: Read> {
    bytes: Bytes<R>,
    limits: Limits,
    out: u64,
    /// Bytes that were read ahead to look for a byte order mark.
    ahead: Vec<u8>,
}

enum Bytes<R: Read> {
    Plain(Source<R>),
    Gzip(Box<MultiGzDecoder<Source<R>>>),
}

type Source<R> = BufReader<Counted<R>>;

impl<R: Read> Unpacked<R> {
    /// Looks at the first bytes.
    pub(super) fn new(bytes: R, limits: Limits) -> Result<Self, Trouble> {
        let counted = Counted { inner: bytes, count: 0, failed: false };
        let mut source = BufReader::with_capacity(READ_BYTES, counted);
        // One read may bring a single byte; the magic needs two.
        let gzip = loop {
            match source.fill_buf() {
                Ok([]) => break false,
                Ok([first]) => break *first == GZIP_MAGIC[0],
                Ok(head) => break head.starts_with(&GZIP_MAGIC),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Trouble::Io(error)),
            }
        };
        let bytes = if gzip { Bytes::Gzip(Box::new(MultiGzDecoder::new(source))) } else { Bytes::Plain(source) };
        let mut unpacked = Self { bytes, limits, out: 0, ahead: Vec::new() };
        unpacked.skip_byte_order_mark()?;
        Ok(unpacked)
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), Trouble> {
        let mut head = [0; BYTE_ORDER_MARK.len()];
        let mut length = 0;
        while length < head.len() {
            match self.read(&mut head[length..])? {
                0 => break,
                count => length += count,
            }
        }
        if head != BYTE_ORDER_MARK {
            self.ahead = head[..length].to_vec();
        }
        Ok(())
    }

    /// Offset of the first byte after a byte order mark. To be asked before anything is read.
    pub(super) fn begin(&self) -> u64 {
        self.out - self.ahead.len() as u64
    }

    /// Reads the next bytes; 0 only at the end of the object.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Trouble> {
        if !self.ahead.is_empty() {
            let count = self.ahead.len().min(buffer.len());
            buffer[..count].copy_from_slice(&self.ahead[..count]);
            self.ahead.drain(..count);
            return Ok(count);
        }
        self.read(buffer)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Trouble> {
        loop {
            let result = match &mut self.bytes {
                Bytes::Plain(source) => source.read(buffer),
                Bytes::Gzip(decoder) => decoder.read(buffer),
            };
            match result {
                Ok(count) => {
                    self.out += count as u64;
                    self.check_limits()?;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.trouble(error)),
            }
        }
    }

    fn check_limits(&self) -> Result<(), Trouble> {
        let Limits { max_object_bytes, max_ratio, .. } = self.limits;
        if max_object_bytes < self.out {
            return Err(self.content(format!(
                "the object holds more than {max_object_bytes} bytes of JSON; if that is right, raise `[limits] max_object_bytes`"
            )));
        }
        if is_bomb(self.bytes_in(), self.out, self.limits) {
            return Err(self.content(format!(
                "the object decompresses to more than {max_ratio} times its size, as a gzip bomb does; if that is right, raise `[limits] max_ratio`"
            )));
        }
        Ok(())
    }

    fn trouble(&self, error: io::Error) -> Trouble {
        if self.source().failed {
            return Trouble::Io(error);
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.content(
                "the gzip stream is cut off, or bytes that are no gzip follow it; fetch the object again".to_owned(),
            ),
            _ if 0 < self.out && error.to_string().contains("header") => self.content(
                "there are bytes after the end of the gzip stream that are no gzip; fetch the object again"
                    .to_owned(),
            ),
            _ => self.content(format!("the gzip stream is damaged ({error}); fetch the object again")),
        }
    }

    fn content(&self, reason: String) -> Trouble {
        Trouble::Content { reason, offset: Some(self.out) }
    }

    fn source(&self) -> &Counted<R> {
        match &self.bytes {
            Bytes::Plain(source) => source.get_ref(),
            Bytes::Gzip(decoder) => decoder.get_ref().get_ref(),
        }
    }

    /// Bytes taken from the source so far.
    pub(super) fn bytes_in(&self) -> u64 {
        self.source().count
    }

    /// Plain bytes given so far, a byte order mark included.
    pub(super) fn bytes_out(&self) -> u64 {
        self.out
    }
}

/// Whether more came out, or will, than an honest object of that size holds.
pub(super) fn is_bomb(taken: u64, out: u64, limits: Limits) -> bool {
    RATIO_FROM < out && taken.max(1).saturating_mul(limits.max_ratio) < out
}

/// Counts what is read, and remembers whether the source itself failed: a decoder's errors look alike.
struct Counted<R> {
    inner: R,
    count: u64,
    failed: bool,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.count += count as u64;
                Ok(count)
            }
            Err(error) => {
                self.failed |= error.kind() != io::ErrorKind::Interrupted;
                Err(error)
            }
        }
    }
}
