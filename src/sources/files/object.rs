//! A file as the ledger tells it apart.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A file that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// The path as given, with `/` between its parts; what is not UTF-8 is shown as `\xNN`, so that two files never
    /// share a name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Size in bytes; 0 for a pipe.
    pub size: u64,
    /// Modification time in nanoseconds since 1970, empty where the file system tells none.
    pub version: String,
    /// Whether the user named this very file.
    pub explicit: bool,
}

impl ObjectRef {
    pub(super) fn new(name: String, path: PathBuf, metadata: &Metadata, explicit: bool) -> Self {
        let size = if metadata.is_file() { metadata.len() } else { 0 };
        Self { name, size, version: version(metadata), path, explicit }
    }

    /// Opens the file, without a buffer: who reads it takes large pieces.
    ///
    /// # Errors
    /// The file system's error.
    pub fn open(&self) -> io::Result<File> {
        File::open(&self.path)
    }
}

/// Before 1970 the count is negative: archives do hold files with such times.
fn version(metadata: &Metadata) -> String {
    let Ok(modified) = metadata.modified() else { return String::new() };
    match modified.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos().to_string(),
        Err(before) => format!("-{}", before.duration().as_nanos()),
    }
}

/// The name under which a path is shown and remembered: `./a//b/` is `a/b`.
#[must_use]
pub fn shown_name(path: &Path) -> String {
    let mut name = String::new();
    for component in path.components() {
        match component {
            Component::CurDir => continue,
            Component::RootDir => {
                name.push('/');
                continue;
            }
            _ => {}
        }
        if !name.is_empty() && !name.ends_with('/') {
            name.push('/');
        }
        push_lossily(&mut name, component.as_os_str().as_encoded_bytes());
    }
    if name.is_empty() { ".".to_owned() } else { name }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn push_lossily(name: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        name.push_str(chunk.valid());
        for byte in chunk.invalid() {
            name.push_str("\\x");
            name.extend([byte >> 4, byte & 0xf].map(|digit| char::from(HEX[usize::from(digit)])));
        }
    }
}
