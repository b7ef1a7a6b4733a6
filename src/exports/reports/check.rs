//! Whether a pack is what its manifest says.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;

use super::manifest::{MANIFEST, Manifest, ManifestFile, SUMS};
use super::measured::{of_file, sha256};

/// Bytes of a manifest at most: one of a report has a few dozen files.
const MANIFEST_BYTES: u64 = 16 << 20;

/// How a file of a pack stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// As the manifest says.
    Ok,
    /// It has other content.
    Changed,
    /// The manifest lists it, and it is not there.
    Missing,
    /// It is there, and the manifest does not list it.
    Unknown,
    /// It could not be read.
    Unreadable,
}

impl FileState {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileCheck {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: FileState,
    /// What is wrong with it.
    pub detail: String,
}

/// What checking a pack came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackCheck {
    /// Version of this shape.
    pub schema: u32,
    /// The directory.
    pub pack: String,
    /// Id of the report, as the manifest has it.
    pub report: Option<String>,
    /// Whether everything is as the manifest says.
    pub verified: bool,
    /// SHA-256 of the manifest.
    pub manifest_sha256: String,
    /// Every file, in the order of their names.
    pub files: Vec<FileCheck>,
}

impl PackCheck {
    /// Whether a file that the manifest lists is not there.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.files.iter().any(|file| matches!(file.state, FileState::Missing | FileState::Unreadable))
    }
}

/// Checks a pack against its manifest, and that against `expected`, the hash by which somebody knows it.
///
/// # Errors
/// A sentence when there is nothing to verify.
pub fn check(directory: &Path, expected: Option<&str>) -> Result<PackCheck, String> {
    let nothing =
        |why: String| format!("nothing to verify: {why}; name the directory of one report, with its {MANIFEST}");
    let path = directory.join(MANIFEST);
    let bytes = read_bounded(&path).map_err(|error| nothing(format!("{}: {error}", path.display())))?;
    let manifest_sha256 = sha256(&bytes);
    let mut files = Vec::new();
    let manifest = match serde_json::from_slice::<Manifest>(&bytes) {
        Ok(manifest) => {
            if manifest.files.is_empty() {
                return Err(nothing(format!("{} lists no file", path.display())));
            }
            let troubles = manifest_troubles(&manifest, &manifest_sha256, expected);
            files.push(file_check(MANIFEST, FileState::Changed, &troubles));
            check_files(directory, &manifest, &manifest_sha256, &mut files);
            Some(manifest)
        }
        Err(error) => {
            files.push(file_check(MANIFEST, FileState::Changed, &[format!("it is no manifest: {error}")]));
            None
        }
    };
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(PackCheck {
        schema: 1,
        pack: directory.display().to_string(),
        report: manifest.map(|manifest| manifest.subject.report),
        verified: files.iter().all(|file| file.state == FileState::Ok),
        manifest_sha256,
        files,
    })
}

/// A file in the state that troubles mean, if there are any.
fn file_check(name: &str, bad: FileState, troubles: &[String]) -> FileCheck {
    let state = if troubles.is_empty() { FileState::Ok } else { bad };
    FileCheck { name: name.to_owned(), state, detail: troubles.join("; ") }
}

fn manifest_troubles(manifest: &Manifest, hash: &str, expected: Option<&str>) -> Vec<String> {
    let mut troubles = Vec::new();
    if let Some(expected) = expected.filter(|expected| !expected.eq_ignore_ascii_case(hash)) {
        troubles.push(format!("its SHA-256 is {hash}, {expected} was expected"));
    }
    if manifest.root != manifest.expected_root() {
        troubles.push("its root is not that of the hashes that it lists".to_owned());
    }
    let names: BTreeSet<_> = manifest.files.iter().map(|file| &file.name).collect();
    if names.len() != manifest.files.len() {
        troubles.push("it lists a file twice".to_owned());
    }
    troubles
}

fn check_files(directory: &Path, manifest: &Manifest, hash: &str, files: &mut Vec<FileCheck>) {
    files.extend(manifest.files.iter().map(|listed| check_file(directory, listed)));
    files.push(match fs::read(directory.join(SUMS)) {
        Err(error) => unreadable(SUMS, &error),
        Ok(bytes) => {
            let same = bytes == manifest.sums(hash).into_bytes();
            let trouble = (!same).then(|| "it does not hold the hashes that the manifest lists".to_owned());
            file_check(SUMS, FileState::Changed, trouble.as_slice())
        }
    });
    let known: BTreeSet<_> = files.iter().map(|file| file.name.clone()).collect();
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let strange = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let strange: Vec<_> = strange.filter(|name| !known.contains(name)).collect();
    let detail = ["the manifest does not list it".to_owned()];
    files.extend(strange.iter().map(|name| file_check(name, FileState::Unknown, &detail)));
}

fn check_file(directory: &Path, listed: &ManifestFile) -> FileCheck {
    let name = listed.name.as_str();
    if name.is_empty() || name.contains(['/', '\\', '\0']) || [".", "..", MANIFEST, SUMS].contains(&name) {
        return file_check(name, FileState::Changed, &["that is no name of a file of a report".to_owned()]);
    }
    match of_file(&directory.join(name)) {
        Err(error) => unreadable(name, &error),
        Ok((size, _)) if size != listed.size => {
            let detail = format!("it has {size} bytes, {} were listed", listed.size);
            file_check(name, FileState::Changed, &[detail])
        }
        Ok((_, hash)) if hash != listed.sha256 => {
            file_check(name, FileState::Changed, &[format!("its SHA-256 is {hash}, {} was listed", listed.sha256)])
        }
        Ok(_) => file_check(name, FileState::Ok, &[]),
    }
}

fn unreadable(name: &str, error: &io::Error) -> FileCheck {
    let state = if error.kind() == io::ErrorKind::NotFound { FileState::Missing } else { FileState::Unreadable };
    file_check(name, state, &[error.to_string()])
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MANIFEST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
