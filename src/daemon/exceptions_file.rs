//! The file of exceptions, read again whenever it has changed.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::config::{self, ConfigError, ExceptionsLaw, Period};
use crate::findings::Exceptions;
use crate::rules;

/// How often somebody who asks has the disk looked at.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// The file of exceptions. Its default is no file at all.
#[derive(Default)]
pub struct ExceptionsFile {
    source: Option<Source>,
    known: Mutex<Known>,
}

struct Source {
    file: PathBuf,
    /// Whether it must exist.
    required: bool,
    longest: Period,
    notice: Period,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Known {
    current: Exceptions,
    /// What the file looked like when it was read last.
    stamp: Option<Stamp>,
    looked_at: Option<Timestamp>,
    /// Why what the file holds now cannot be used.
    trouble: Option<String>,
}

/// What tells a changed file from the same: file system and number of the file, length, and the times of its last
/// change of content and of anything at all.
#[derive(Debug, PartialEq, Eq)]
struct Stamp([u64; 3], [(i64, i64); 2]);

impl Stamp {
    fn of(file: &Path) -> Option<Self> {
        let found = std::fs::metadata(file).ok()?;
        let times = [(found.mtime(), found.mtime_nsec()), (found.ctime(), found.ctime_nsec())];
        Some(Self([found.dev(), found.ino(), found.size()], times))
    }
}

impl ExceptionsFile {
    /// Reads the file of the settings. One that somebody has `named` must exist.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong in it.
    pub fn open(settings: &config::Exceptions, named: bool, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let config::Exceptions { file, longest, expiry_notice: notice } = settings.clone();
        let source = Source { file, required: named, longest, notice, clock };
        let (stamp, looked_at) = (Stamp::of(&source.file), Some(source.clock.now()));
        let known = Known { current: source.read()?, stamp, looked_at, trouble: None };
        Ok(Self { source: Some(source), known: Mutex::new(known) })
    }

    /// The exceptions as the file has them now; as it had them last, if what it holds now cannot be used.
    #[must_use]
    pub fn current(&self) -> Exceptions {
        self.look().current.clone()
    }

    /// Whether what the file holds now can be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.look().trouble.is_none()
    }

    fn look(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = &self.source {
            known.look(source);
        }
        known
    }
}

impl Known {
    fn look(&mut self, source: &Source) {
        let now = source.clock.now();
        // A clock that was set back does not stop the looking.
        let is_fresh = |at: Timestamp| at <= now && now.duration_since(at) < LOOK_EVERY;
        if self.looked_at.is_some_and(is_fresh) {
            return;
        }
        self.looked_at = Some(now);
        // Before the reading: what changes meanwhile is read next time.
        let stamp = Stamp::of(&source.file);
        if stamp == self.stamp {
            return;
        }
        self.stamp = stamp;
        match source.read() {
            Ok(exceptions) => {
                tracing::info!(file = %source.file.display(), exceptions = exceptions.all().len(), "exceptions read");
                (self.current, self.trouble) = (exceptions, None);
            }
            Err(error) => {
                let reason = error.to_string();
                if self.trouble.as_ref() != Some(&reason) {
                    tracing::error!(reason, "the file of exceptions is wrong; the old exceptions stay in effect");
                }
                self.trouble = Some(reason);
            }
        }
    }
}

impl Source {
    fn read(&self) -> Result<Exceptions, ConfigError> {
        let law = ExceptionsLaw { rules: &rules::ids(), longest: self.longest, now: self.clock.now() };
        let (_, list) = config::read_exceptions(&self.file, self.required, &law)?;
        Ok(Exceptions::with_notice(list, self.notice.duration()))
    }
}

#[cfg(test)]
mod tests;
