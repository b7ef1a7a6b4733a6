//! The lock beside the database: one writing process at a time, and a second one learns who the first is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::StoreError;
use super::schema::companion;

/// How much of the lock file is read: a process number and a command fit well.
const HOLDER_BYTES: u64 = 256;

/// The lock, held until it is dropped. The operating system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// Takes the lock of the database at `database` for `command`, or says who holds it.
    pub(super) fn take(database: &Path, command: &str) -> Result<Self, StoreError> {
        let path = companion(database, ".lock");
        let unusable = |error: std::io::Error| StoreError::Unusable {
            path: path.clone(),
            reason: format!("the lock file cannot be written ({error}); give this user the right to write there"),
        };
        let mut file = private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path: database.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        sign(&mut file, command).map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

/// Makes new files readable by their owner only.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn sign(file: &mut File, command: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    write!(file, "process {}, roletrail {command}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(HOLDER_BYTES).read_to_string(&mut text);
    // The holder may be between taking the lock and signing it.
    if read.is_err() || text.trim().is_empty() { "an unnamed process".to_owned() } else { text.trim().to_owned() }
}
