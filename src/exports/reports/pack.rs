//! A report as a directory: its files, a manifest with their hashes, and what `sha256sum -c` reads. It is written
//! beside its place and takes that place in one step: completely or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};

use super::ReportFile;
use super::manifest::{self, MANIFEST, Manifest, ManifestFile, PLAIN, SUMS, Subject};
use super::measured::{measured, of_file};

/// Rights of directories and files: reports tell who did what, which is not for everybody on the machine.
const DIRECTORY_MODE: u32 = 0o750;
const FILE_MODE: u32 = 0o640;

/// Why a report could not be written. The one that was there before stays as it was.
#[derive(Debug, thiserror::Error)]
#[error("no report was written: {path}: {source}; {}", remedy(.source))]
pub struct PackError {
    /// What could not be written.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free room on that disk, or write to another directory",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "give this user the right to write there, or write to another directory"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "move it away, or write to another directory",
        ErrorKind::WouldBlock => "another roletrail writes a report there; try again when it is done",
        _ => "check the disk, or write to another directory",
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PackError + '_ {
    move |source| PackError { path: path.to_owned(), source }
}

/// Where a report goes. One at a time is written into a directory.
#[derive(Debug)]
pub struct Place {
    directory: PathBuf,
    name: String,
    /// Locked as long as this is there.
    handle: File,
}

/// A report that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its directory.
    pub path: PathBuf,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// Names of its files, in order.
    pub files: Vec<String>,
    /// The very same report was there already, and nothing was touched.
    pub unchanged: bool,
}

impl Place {
    /// Finds out that a report can be written to `directory` under `name`, before anybody goes to the trouble of making
    /// it. What an earlier attempt left behind is cleared away.
    ///
    /// # Errors
    /// [`PackError`] where it cannot.
    pub fn open(directory: &Path, name: &str) -> Result<Self, PackError> {
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory).map_err(at(directory))?;
        let handle = File::open(directory).map_err(at(directory))?;
        match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => return Err(at(directory)(error.into())),
            // Some network file systems have no locks; there, whoever writes twice at a time has to take care.
            _ => {}
        }
        let place = Self { directory: directory.to_owned(), name: name.to_owned(), handle };
        place.recover()?;
        place.begin()?;
        Ok(place)
    }

    /// The directory of the report.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.directory.join(&self.name)
    }

    fn hidden(&self, kind: &str) -> PathBuf {
        self.directory.join(format!(".{}.{kind}", self.name))
    }

    fn partial(&self) -> PathBuf {
        self.hidden("partial")
    }

    /// The report before this one, for the moment in which neither stands in its place: only where the file system
    /// cannot exchange two directories.
    fn previous(&self) -> PathBuf {
        self.hidden("previous")
    }

    /// Puts right what a killed attempt left.
    fn recover(&self) -> Result<(), PackError> {
        let (path, previous, partial) = (self.path(), self.previous(), self.partial());
        if previous.exists() && !path.exists() {
            fs::rename(&previous, &path).map_err(at(&path))?;
        }
        for left in [previous, partial] {
            remove(&left).map_err(at(&left))?;
        }
        let metadata = fs::symlink_metadata(&path);
        let is_report = metadata.as_ref().is_ok_and(fs::Metadata::is_dir) && path.join(MANIFEST).is_file();
        match metadata {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(at(&path)(error)),
            Ok(_) if is_report => Ok(()),
            Ok(_) => Err(at(&path)(io::Error::new(ErrorKind::AlreadyExists, "something that is no report is there"))),
        }
    }

    fn begin(&self) -> Result<(), PackError> {
        let partial = self.partial();
        DirBuilder::new().mode(DIRECTORY_MODE).create(&partial).map_err(at(&partial))
    }

    /// Writes the files with their manifest.
    ///
    /// # Errors
    /// [`PackError`]; whatever was there before is still there.
    pub fn write(self, subject: Subject, files: Vec<ReportFile<'_>>) -> Result<Written, PackError> {
        let written = self.try_write(subject, files);
        // Nothing is lost with it, and a later attempt clears away what stays.
        let _ = remove(&self.partial());
        written
    }

    fn try_write(&self, subject: Subject, mut files: Vec<ReportFile<'_>>) -> Result<Written, PackError> {
        files.sort_by(|left, right| left.name.cmp(&right.name));
        files.push(manifest::readme(&subject, &files));
        let mut listed = files.iter().map(|file| self.put(file)).collect::<Result<Vec<_>, _>>()?;
        listed.sort_by(|left, right| left.name.cmp(&right.name));
        let manifest = Manifest::of(subject, listed.clone());
        let file = self.put(&ReportFile::of_text(MANIFEST.to_owned(), "application/json", manifest.text()))?;
        let sums = ReportFile::of_text(SUMS.to_owned(), PLAIN, manifest.sums(&file.sha256));
        let manifest_sha256 = file.sha256.clone();
        listed.extend([file, self.put(&sums)?]);
        listed.sort_by(|left, right| left.name.cmp(&right.name));
        let unchanged = holds(&self.path(), &listed);
        if !unchanged {
            self.sync(&listed)?;
            self.take_place(&self.partial())?;
        }
        let files = listed.into_iter().map(|file| file.name).collect();
        Ok(Written { path: self.path(), manifest_sha256, files, unchanged })
    }

    /// Writes a file beside the report's place.
    fn put(&self, file: &ReportFile<'_>) -> Result<ManifestFile, PackError> {
        let path = self.partial().join(&file.name);
        let (size, sha256) = write_file(&path, file).map_err(at(&path))?;
        Ok(ManifestFile { name: file.name.clone(), size, sha256, media_type: file.media_type.to_owned() })
    }

    /// Has the disk keep what was written.
    fn sync(&self, files: &[ManifestFile]) -> Result<(), PackError> {
        let partial = self.partial();
        for path in files.iter().map(|file| partial.join(&file.name)).chain([partial.clone()]) {
            File::open(&path).and_then(|file| file.sync_all()).map_err(at(&path))?;
        }
        Ok(())
    }

    /// Puts the complete report in its place, and removes the one that stood there.
    fn take_place(&self, partial: &Path) -> Result<(), PackError> {
        let path = self.path();
        if !path.exists() {
            fs::rename(partial, &path).map_err(at(&path))?;
            return self.handle.sync_all().map_err(at(&self.directory));
        }
        match renameat_with(CWD, partial, CWD, &path, RenameFlags::EXCHANGE) {
            Ok(()) => {
                // What is called partial now is the old report.
                self.handle.sync_all().map_err(at(&self.directory))
            }
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
                self.take_place_in_steps(partial, &path)
            }
            Err(error) => Err(at(&path)(error.into())),
        }
    }

    fn take_place_in_steps(&self, partial: &Path, path: &Path) -> Result<(), PackError> {
        let previous = self.previous();
        fs::rename(path, &previous).map_err(at(&previous))?;
        if let Err(error) = fs::rename(partial, path) {
            fs::rename(&previous, path).map_err(at(path))?;
            return Err(at(path)(error));
        }
        self.handle.sync_all().map_err(at(&self.directory))?;
        remove(&previous).map_err(at(&previous))
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a file; answers its size and its SHA-256.
fn write_file(path: &Path, file: &ReportFile<'_>) -> io::Result<(u64, String)> {
    let out = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    measured(out, |out| file.write_to(out))
}

/// Whether a directory holds these files, byte for byte, and no other.
fn holds(path: &Path, files: &[ManifestFile]) -> bool {
    let Ok(entries) = fs::read_dir(path) else { return false };
    let is_there = |file: &ManifestFile| {
        let path = path.join(&file.name);
        let same_size = fs::symlink_metadata(&path).is_ok_and(|found| found.len() == file.size);
        same_size && of_file(&path).is_ok_and(|(_, sha256)| sha256 == file.sha256)
    };
    entries.count() == files.len() && files.iter().all(is_there)
}
