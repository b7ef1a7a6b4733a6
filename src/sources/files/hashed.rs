//! SHA-256 of an object in the very pass in which it is read.

use std::io::{self, Read, Write};

use flate2::write::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use crate::model::ObjectHashes;
use crate::trail::GZIP_MAGIC;

/// Hands the bytes of an object on and hashes them, as they are and uncompressed, in constant memory.
pub struct Hashed<R> {
    inner: R,
    stored: Hasher,
    content: Content,
}

/// The uncompressed side.
enum Content {
    /// Too few bytes were read to tell.
    Unknown(Vec<u8>),
    /// The same as the stored bytes.
    Plain,
    /// All members of a gzip file.
    Gzip(Box<MultiGzDecoder<Hasher>>),
    /// Not to be had: the stream is damaged.
    Damaged(io::Error),
}

/// The hashes of an object of which both the stored bytes and their content are at hand.
#[must_use]
pub fn hashes_of(stored: &[u8], content: &[u8]) -> ObjectHashes {
    let [stored, content] = [stored, content].map(|bytes| {
        let mut hasher = Hasher::default();
        hasher.0.update(bytes);
        hasher.hex()
    });
    ObjectHashes { stored, content }
}

impl<R: Read> Hashed<R> {
    /// Reads and hashes `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, stored: Hasher::default(), content: Content::Unknown(Vec::new()) }
    }

    /// Reads what is left, and answers the hashes of all of it.
    ///
    /// # Errors
    /// The source's own, and that of a gzip stream that is damaged or cut off.
    pub fn finish(mut self) -> io::Result<ObjectHashes> {
        io::copy(&mut self, &mut io::sink())?;
        let stored = self.stored.hex();
        let content = match self.content {
            Content::Unknown(_) | Content::Plain => stored.clone(),
            Content::Gzip(decoder) => decoder.finish()?.hex(),
            Content::Damaged(error) => return Err(error),
        };
        Ok(ObjectHashes { stored, content })
    }

    fn take(&mut self, bytes: &[u8]) {
        self.stored.0.update(bytes);
        match &mut self.content {
            Content::Unknown(head) => {
                head.extend_from_slice(bytes);
                if GZIP_MAGIC.len() <= head.len() {
                    self.content = Content::of(head);
                }
            }
            Content::Gzip(decoder) => {
                if let Err(error) = decoder.write_all(bytes) {
                    self.content = Content::Damaged(error);
                }
            }
            Content::Plain | Content::Damaged(_) => {}
        }
    }
}

impl Content {
    /// Told by its first bytes and never by a name.
    fn of(head: &[u8]) -> Self {
        if !head.starts_with(&GZIP_MAGIC) {
            return Self::Plain;
        }
        let mut decoder = Box::new(MultiGzDecoder::new(Hasher::default()));
        match decoder.write_all(head) {
            Ok(()) => Self::Gzip(decoder),
            Err(error) => Self::Damaged(error),
        }
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.take(&buffer[..count]);
        Ok(count)
    }
}

/// Hashes what is written to it.
#[derive(Default)]
struct Hasher(Sha256);

impl Hasher {
    fn hex(self) -> String {
        hex::encode(self.0.finalize())
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::read::GzEncoder;

    use super::*;

    /// Gives so many bytes at a time, whatever is asked for.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        GzEncoder::new(bytes, Compression::default()).read_to_end(&mut packed).expect("memory can be read");
        packed
    }

    fn sha256(bytes: &[u8]) -> String {
        let mut hasher = Hasher::default();
        hasher.write_all(bytes).expect("a hash takes everything");
        hasher.hex()
    }

    #[test]
    fn stored_bytes_and_content_are_hashed_however_the_bytes_come() {
        let text = b"{\"Records\":[]}".repeat(5_000);
        let members = [gzip(&text[..100]), gzip(b""), gzip(&text[100..])].concat();
        for (stored, content) in
            [(text.clone(), &text[..]), (gzip(&text), &text), (members, &text), (gzip(b""), b""), (vec![], b"")]
        {
            let expected = ObjectHashes { stored: sha256(&stored), content: sha256(content) };
            for at_a_time in [1, 7, 4096, usize::MAX] {
                let hashes = Hashed::new(Trickle(&stored, at_a_time)).finish().expect("sound");
                assert_eq!(hashes, expected, "{} bytes, {at_a_time} at a time", stored.len());
            }
        }
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn what_was_read_before_is_in_the_hash_and_what_is_left_too() {
        let stored = gzip(&b"text ".repeat(1000));
        for read in [0, 1, 2, 30] {
            let mut hashed = Hashed::new(&stored[..]);
            hashed.read_exact(&mut vec![0; read]).expect("so many there are");
            assert_eq!(hashed.finish().expect("sound").stored, sha256(&stored), "{read}");
        }
    }

    #[test]
    fn a_damaged_stream_has_no_hash() {
        let whole = gzip(&b"text ".repeat(1000));
        for length in 2..whole.len() {
            assert!(Hashed::new(&whole[..length]).finish().is_err(), "cut at {length}");
        }
        assert!(Hashed::new(&[&whole[..], b"garbage"].concat()[..]).finish().is_err());
    }
}
