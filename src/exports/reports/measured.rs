//! Size and SHA-256 of what is written or read, none of which has to be in memory at once.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Bytes that are hashed and written at once.
const BUFFER: usize = 64 << 10;

/// SHA-256 in hex.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Has `write` write into `out`; answers how many bytes that was, and their SHA-256.
///
/// # Errors
/// When `write` or `out` fails.
pub fn measured(out: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<(u64, String)> {
    let mut out = BufWriter::with_capacity(BUFFER, Measured { out, size: 0, hash: Sha256::new() });
    write(&mut out)?;
    let Measured { size, hash, .. } = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((size, hex(&hash.finalize())))
}

/// Size and SHA-256 of a file; what is no file of its own, but points to another, is none.
pub(super) fn of_file(path: &Path) -> io::Result<(u64, String)> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    let mut file = File::open(path)?;
    measured(io::sink(), |out| io::copy(&mut file, out).map(drop))
}

struct Measured<W> {
    out: W,
    size: u64,
    hash: Sha256,
}

impl<W: Write> Write for Measured<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.size += written as u64;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that takes three bytes at a time.
    struct Slow(Vec<u8>);

    impl Write for &mut Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(3);
            self.0.extend(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_was_written_is_measured_and_not_what_was_to_be() {
        let mut disk = Slow(Vec::new());
        let text = "a report ".repeat(20_000);
        let found = measured(&mut disk, |out| out.write_all(text.as_bytes())).expect("written");
        assert_eq!(found, (180_000, sha256(&text)));
        assert_eq!(disk.0, text.as_bytes());
    }
}
