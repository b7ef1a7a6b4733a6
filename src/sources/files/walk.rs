//! Walking files and directories in a stable order, one directory's names in memory per level.

use std::collections::HashSet;
use std::fs::{self, DirEntry, File, FileType, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::object::{ObjectRef, shown_name};
use super::policy::{FileVerdict, PEEK_BYTES, looks_like_log};
use crate::trail::{ObjectKind, layout};

/// Levels of directories that are walked: more than any file system's longest path allows, so that only an endless
/// nesting is ever cut.
const MOST_LEVELS: usize = 2048;

/// What a walk comes upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file to be read.
    Object(ObjectRef),
    /// A file that is no trail log, or something that is no file.
    Skipped {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A file or directory that could not be looked at: what is in it stays unknown.
    Unreadable {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Walks `path`, a file or a directory, recursively and in the order of names. A path that is named explicitly is
/// always read, unless it is a directory.
#[must_use]
pub fn discover(path: &Path) -> Walk {
    Walk { start: Some(path.to_owned()), levels: Vec::new(), linked: HashSet::new() }
}

/// How many objects are to be read below some paths, and how many bytes they have: a walk without reading.
#[must_use]
pub fn measure(paths: &[PathBuf]) -> (u64, u64) {
    let entries = paths.iter().flat_map(|path| discover(path));
    entries.fold((0, 0), |(objects, bytes), entry| match entry {
        Entry::Object(object) => (objects + 1, bytes + object.size),
        Entry::Skipped { .. } | Entry::Unreadable { .. } => (objects, bytes),
    })
}

/// A walk under way.
#[derive(Debug)]
pub struct Walk {
    start: Option<PathBuf>,
    /// What is left of each directory on the way down, in reverse order, with what the directory tells of it.
    levels: Vec<Vec<(PathBuf, FileType)>>,
    /// Directories that symbolic links have led to. Each is walked once by link, so that links can neither loop nor
    /// multiply; directories reached without a link need no memory.
    linked: HashSet<PathBuf>,
}

impl Iterator for Walk {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if let Some(entry) = self.start.take().and_then(|start| self.begin(start)) {
            return Some(entry);
        }
        while let Some(level) = self.levels.last_mut() {
            let Some((path, kind)) = level.pop() else {
                self.levels.pop();
                continue;
            };
            // Trails have a directory for each day: half of what is walked need not be looked at.
            let entry = if kind.is_dir() { self.descend(&path) } else { self.visit(path) };
            if let Some(entry) = entry {
                return Some(entry);
            }
        }
        None
    }
}

impl Walk {
    fn begin(&mut self, path: PathBuf) -> Option<Entry> {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => self.descend(&path),
            Ok(metadata) => Some(Entry::Object(ObjectRef::new(shown_name(&path), path, &metadata, true))),
            Err(error) => Some(unreadable(&path, &error)),
        }
    }

    fn visit(&mut self, path: PathBuf) -> Option<Entry> {
        let (is_link, metadata) = match look(&path) {
            Ok(found) => found,
            Err(error) => return Some(unreadable(&path, &error)),
        };
        if metadata.is_dir() {
            return if is_link { self.follow(&path) } else { self.descend(&path) };
        }
        if !metadata.is_file() {
            return Some(skipped(&path, "no file: a pipe, socket or device"));
        }
        let name = shown_name(&path);
        if let Some(reason) = no_log_by_place(&name) {
            return Some(Entry::Skipped { name, reason: reason.to_owned() });
        }
        Some(match looks_like_log(&path, || peek(&path)) {
            Ok(FileVerdict::Read) => Entry::Object(ObjectRef::new(name, path, &metadata, false)),
            Ok(FileVerdict::Skip(reason)) => skipped(&path, reason),
            Err(error) => unreadable(&path, &error),
        })
    }

    fn follow(&mut self, link: &Path) -> Option<Entry> {
        let parent = link.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (target, here) = match (fs::canonicalize(link), fs::canonicalize(parent)) {
            (Ok(target), Ok(here)) => (target, here),
            (Err(error), _) | (_, Err(error)) => return Some(unreadable(link, &error)),
        };
        if here.starts_with(&target) {
            return Some(skipped(link, "a symbolic link to a directory that it lies in"));
        }
        if !self.linked.insert(target) {
            return Some(skipped(link, "a symbolic link to a directory that another link led to"));
        }
        self.descend(link)
    }

    fn descend(&mut self, directory: &Path) -> Option<Entry> {
        if MOST_LEVELS <= self.levels.len() {
            let reason = format!("more than {MOST_LEVELS} directories deep; name a directory further down");
            return Some(Entry::Unreadable { name: shown_name(directory), reason });
        }
        let entries = fs::read_dir(directory)
            .and_then(|entries| entries.map(|entry| named(&entry?)).collect::<io::Result<Vec<_>>>());
        match entries {
            Ok(mut entries) => {
                // All of them begin with the directory: their bytes have the order of their names.
                entries.sort_unstable_by(|(left, _), (right, _)| right.as_os_str().cmp(left.as_os_str()));
                self.levels.push(entries);
                None
            }
            Err(error) => Some(unreadable(directory, &error)),
        }
    }
}

fn named(entry: &DirEntry) -> io::Result<(PathBuf, FileType)> {
    Ok((entry.path(), entry.file_type()?))
}

/// Whether the path is a symbolic link, and what it is or leads to.
fn look(path: &Path) -> io::Result<(bool, Metadata)> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() { Ok((true, fs::metadata(path)?)) } else { Ok((false, metadata)) }
}

fn no_log_by_place(name: &str) -> Option<&'static str> {
    match layout(name).kind {
        ObjectKind::Digest => Some("a digest of the trail, no log"),
        ObjectKind::Insight => Some("an insight of the trail, no log"),
        ObjectKind::Log | ObjectKind::Unplaced => None,
    }
}

fn peek(path: &Path) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(PEEK_BYTES);
    File::open(path)?.take(PEEK_BYTES as u64).read_to_end(&mut first)?;
    Ok(first)
}

fn skipped(path: &Path, reason: impl Into<String>) -> Entry {
    Entry::Skipped { name: shown_name(path), reason: reason.into() }
}

fn unreadable(path: &Path, error: &io::Error) -> Entry {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "; check the path",
        io::ErrorKind::PermissionDenied => "; run roletrail as a user who may read it",
        _ => "",
    };
    Entry::Unreadable { name: shown_name(path), reason: format!("{error}{remedy}") }
}
