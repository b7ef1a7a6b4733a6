//! Changing a file of the user's: wholly or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

/// Rights of a file that was not there before: others may read it, the daemon among them.
const NEW_FILE: u32 = 0o644;

/// Puts `text` into the place of `file`, whose text was `before` (nothing, where there was no file). Rights and owner
/// stay as they are. Whatever goes wrong, the old file is there as it was.
///
/// # Errors
/// [`io::Error`]; also when somebody else has changed the file meanwhile.
pub fn replace_file(file: &Path, before: &str, text: &str) -> io::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let target = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let directory = File::open(directory_of(&target))?;
    // Two of these commands at a time take turns. A file system without locks has the comparison below.
    let _ = directory.lock();
    let old = match fs::read(&target) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if old.as_deref().unwrap_or_default() != before.as_bytes() {
        return Err(io::Error::other("somebody else has changed it meanwhile; nothing was written, try again"));
    }
    let beside = beside(&target);
    let written = write(&beside, &target, old.is_some(), text).and_then(|()| fs::rename(&beside, &target));
    if let Err(error) = written {
        // There may be nothing to remove, and there is nobody to tell a second failure.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    directory.sync_all()
}

fn write(beside: &Path, target: &Path, exists: bool, text: &str) -> io::Result<()> {
    // What a killed command has left. Never followed if it is a link.
    let _ = fs::remove_file(beside);
    let mut new = OpenOptions::new().write(true).create_new(true).mode(NEW_FILE).open(beside)?;
    if exists {
        let old = fs::metadata(target)?;
        // Only the superuser may give files away, and only she needs to: whoever else can replace a file leaves it to
        // herself.
        let _ = fchown(&new, Some(old.uid()), Some(old.gid()));
        new.set_permissions(old.permissions())?;
    }
    new.write_all(text.as_bytes())?;
    new.sync_all()
}

fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name beside the file: only within one directory, and so one file system, a file takes another's place at once.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    directory_of(file).join(format!(".{name}.new"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_rights_and_links_stay_links() {
        let directory = tempfile::tempdir().expect("a directory");
        let (file, link) = (directory.path().join("real.toml"), directory.path().join("link.toml"));
        fs::write(&file, "old").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("changed");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        replace_file(&link, "old", "new").expect("replaced");
        assert_eq!(fs::read_to_string(&file).expect("read"), "new");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(directory.path()).expect("a list").count(), 2, "nothing is left beside it");
    }

    #[test]
    fn what_somebody_else_has_changed_is_not_overwritten() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("a.toml");
        replace_file(&file, "", "one").expect("made");
        let refused = replace_file(&file, "", "two").expect_err("it holds something else");
        assert!(refused.to_string().contains("meanwhile"), "{refused}");
        assert_eq!(fs::read_to_string(&file).expect("read"), "one");
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_beside_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("a.toml");
        fs::create_dir(&file).expect("a directory of that name");
        assert!(replace_file(&file, "", "text").is_err());
        assert!(replace_file(&directory.path().join("no/such/a.toml"), "", "text").is_err());
        assert_eq!(fs::read_dir(directory.path()).expect("a list").count(), 1);
    }
}
