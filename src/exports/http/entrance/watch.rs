//! Files that may change while the daemon runs: what they looked like when they were read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// No certificate, key or web configuration is longer.
const MOST_BYTES: u64 = 1 << 20;

/// What a file looks like from outside; it changes with whatever is written to it or put in its place.
type Stamp = (u64, u64, u64, i64, i64, i64, i64);

/// Files and what they looked like; `None` is a file that was not there.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<(PathBuf, Option<Stamp>)>);

impl Seen {
    /// Notes a file. Whoever reads it does so afterwards: what is written meanwhile is then seen as a change.
    pub(super) fn note(&mut self, path: &Path) {
        self.0.push((path.to_owned(), stamp(path)));
    }

    /// Whether any of the files looks different now.
    pub(super) fn is_outdated(&self) -> bool {
        self.0.iter().any(|(path, seen)| stamp(path) != *seen)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()))
}

/// Reads a file of a length that can be meant.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if MOST_BYTES < bytes.len() as u64 {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {MOST_BYTES} bytes")));
    }
    Ok(bytes)
}
