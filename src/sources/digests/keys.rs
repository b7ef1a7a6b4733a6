//! Public keys that somebody saved.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{FoundKey, Keys};
use crate::sources::live::Failure;
use crate::trail::digest::{PublicKey, read_keys};

/// Most bytes of a file of keys: a year's keys of every Region are a few hundred.
const MOST_BYTES: u64 = 16 << 20;

/// A file with the answers of `aws cloudtrail list-public-keys`.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
    keys: Vec<PublicKey>,
}

impl KeyFile {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let of = |reason: String| format!("{}: {reason}", path.display());
        let size = std::fs::metadata(path).map_err(|error| of(error.to_string()))?.len();
        if MOST_BYTES < size {
            return Err(of(format!("more than {MOST_BYTES} bytes are no list of public keys")));
        }
        let text = std::fs::read(path).map_err(|error| of(error.to_string()))?;
        Ok(Self { path: path.to_owned(), keys: read_keys(&text).map_err(|error| of(error.to_string()))? })
    }
}

impl Keys for KeyFile {
    async fn find(&self, region: &str, fingerprint: &str, used: (Timestamp, Timestamp)) -> Result<FoundKey, Failure> {
        let named = |key: &&PublicKey| key.fingerprint == fingerprint;
        let Some(key) = self.keys.iter().filter(named).max_by_key(|key| key.in_use(used)) else {
            // A file can hold too few, so that this is no proof of anything.
            let (from, to) = used;
            return Ok(FoundKey::NotAtHand(format!(
                "{} has no key with the fingerprint {fingerprint:?}; add what `aws cloudtrail list-public-keys --region \
                 {region} --start-time {from} --end-time {to}` prints (where that lists no such key either, somebody else \
                 signed)",
                self.path.display()
            )));
        };
        Ok(if key.in_use(used) { FoundKey::Key(key.clone()) } else { FoundKey::Unknown })
    }
}
