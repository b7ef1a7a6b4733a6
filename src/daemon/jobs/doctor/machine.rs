//! What the machine brings: settings, the database, room on its disk.

use std::path::Path;

use rustix::fs::{Access as Right, access, statvfs};

use super::DoctorContext;
use crate::config::{Loaded, Problem};
use crate::model::{Check, CheckKind, CheckOutcome};
use crate::store::{Access, DatabaseUrl, Store, StoreError};

/// Below this a disk is nearly full, in bytes: a batch, its log and a backup of a small history fit.
const LITTLE_ROOM: u64 = 1 << 30;

/// Below one part in so many a disk is nearly full, however large it is.
const LITTLE_SHARE: u64 = 10;

/// The configuration: which file, what this version cannot do with it.
pub(super) fn config(loaded: &Loaded, problems: &[Problem]) -> Vec<Check> {
    let file = loaded.file.as_ref().map_or_else(
        || "no configuration file; the defaults hold".to_owned(),
        |file| format!("{} is read", file.display()),
    );
    let check = |outcome, detail| Check::new(CheckKind::Config, outcome, detail);
    let failed = problems.iter().map(|problem| check(CheckOutcome::Failed, problem.to_string()));
    std::iter::once(check(CheckOutcome::Ok, file)).chain(failed).collect()
}

/// The database and the disk that it is on. It is read and not locked, so that a daemon may be at work.
pub(super) fn database(context: &DoctorContext) -> Vec<Check> {
    let check = |outcome, detail| Check::new(CheckKind::Database, outcome, detail);
    let url: DatabaseUrl = match context.loaded.settings.database.url.parse() {
        Ok(url) => url,
        Err(reason) => return vec![check(CheckOutcome::Failed, reason)],
    };
    let opened = context.runtime.block_on(Store::open(&url, Access::Read)).and_then(|store| store.status());
    let directory = url.0.parent().filter(|directory| !directory.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let (outcome, detail) = match opened {
        Ok(status) => {
            let detail =
                format!("{}: schema {}, {} bytes", url.0.display(), status.schema_version, status.size_bytes);
            (CheckOutcome::Ok, detail)
        }
        Err(StoreError::Missing { .. }) => would_be_made(&url.0, directory),
        Err(error) => (CheckOutcome::Failed, error.to_string()),
    };
    let mut checks = vec![check(outcome, detail)];
    checks.extend(disk(directory));
    checks
}

fn would_be_made(path: &Path, directory: &Path) -> (CheckOutcome, String) {
    match access(directory, Right::WRITE_OK | Right::EXEC_OK) {
        Ok(()) => (CheckOutcome::Ok, format!("{} is not there yet and can be made", path.display())),
        Err(error) => {
            let detail =
                format!("{} is not there and cannot be made in {}: {error}", path.display(), directory.display());
            (CheckOutcome::Failed, detail)
        }
    }
}

/// Room on the disk of a directory; nothing where the directory is not there, which the database says.
fn disk(directory: &Path) -> Option<Check> {
    let (outcome, detail) = room(directory)?;
    Some(Check::new(CheckKind::Disk, outcome, format!("{}: {detail}", directory.display())))
}

/// Room on the disk of a directory that is there.
pub(super) fn room(directory: &Path) -> Option<(CheckOutcome, String)> {
    let disk = statvfs(directory).ok()?;
    let (free, whole) = (disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize));
    Some(judged(free, whole))
}

fn judged(free: u64, whole: u64) -> (CheckOutcome, String) {
    let outcome =
        if free < LITTLE_ROOM || free < whole / LITTLE_SHARE { CheckOutcome::Warning } else { CheckOutcome::Ok };
    let percent = free.saturating_mul(100).checked_div(whole).unwrap_or_default();
    (outcome, format!("{} MiB free ({percent} %)", free >> 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_nearly_full_by_room_or_by_share() {
        let gib = 1 << 30;
        for (free, whole, outcome) in [
            (2 * gib, 10 * gib, CheckOutcome::Ok),
            (gib, 10 * gib, CheckOutcome::Ok),
            (gib - 1, 2 * gib, CheckOutcome::Warning),
            (99 * gib, 1_000 * gib, CheckOutcome::Warning),
            (0, 0, CheckOutcome::Warning),
        ] {
            assert_eq!(judged(free, whole).0, outcome, "{free} of {whole}");
        }
    }

    #[test]
    fn a_database_can_be_made_only_in_a_directory_that_is_there() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let inside = directory.path().join("new.db");
        assert_eq!(would_be_made(&inside, directory.path()).0, CheckOutcome::Ok);
        let gone = directory.path().join("gone");
        assert_eq!(would_be_made(&gone.join("new.db"), &gone).0, CheckOutcome::Failed);
        assert!(disk(directory.path()).is_some() && disk(&gone).is_none());
    }
}
