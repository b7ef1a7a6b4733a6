//! Where the accounts of the inventory are, and what of the directories themselves could not be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::naming::recognise;
use super::saved::{SavedFile, is_hidden};
use crate::config::{Period, SnapshotSource};
use crate::model::{Account, Provider};

/// Digits of an account id of AWS. Ids of Alibaba Cloud have no fixed length.
const AWS_ID_DIGITS: usize = 12;

/// Accounts with their directories, one in each source that has them, and what is wrong with the directories.
pub(super) struct Places<'a> {
    pub(super) accounts: BTreeMap<Account, Vec<(&'a SnapshotSource, PathBuf)>>,
    /// Troubles that cannot be pinned to one account.
    pub(super) troubles: Vec<(Provider, String)>,
}

/// Finds every account of every source.
pub(super) fn find<'a>(sources: &'a [SnapshotSource], providers: &[Provider]) -> Places<'a> {
    let mut places = Places { accounts: BTreeMap::new(), troubles: Vec::new() };
    for source in sources {
        if let Err(reason) = places.add_source(source, providers) {
            places.troubles.extend(providers.iter().map(|provider| (*provider, reason.clone())));
        }
    }
    places
}

impl<'a> Places<'a> {
    fn add_source(&mut self, source: &'a SnapshotSource, providers: &[Provider]) -> Result<(), String> {
        let directories = directories(&source.path)?;
        let mut found = false;
        for directory in directories {
            let name = name_of(&directory).to_ascii_lowercase();
            let Ok(provider) = name.parse::<Provider>() else { continue };
            found = true;
            if providers.contains(&provider) {
                self.add_provider(source, provider, &directory);
            }
        }
        if found {
            return Ok(());
        }
        Err(format!("{}: holds no directory aws or alibaba; lay it out as PROVIDER/ACCOUNT", source.path.display()))
    }

    fn add_provider(&mut self, source: &'a SnapshotSource, provider: Provider, path: &Path) {
        let accounts = match directories(path) {
            Ok(accounts) => accounts,
            Err(reason) => return self.troubles.push((provider, reason)),
        };
        if accounts.is_empty() {
            let reason = format!("{}: holds no account; name a directory in it by each account's id", path.display());
            self.troubles.push((provider, reason));
        }
        for directory in accounts {
            let id = name_of(&directory);
            if is_account_id(provider, &id) {
                self.accounts.entry(Account::new(provider, id)).or_default().push((source, directory));
            } else {
                let reason = format!("{}: is not named by an account id; rename or remove it", directory.display());
                self.troubles.push((provider, reason));
            }
        }
    }
}

fn is_account_id(provider: Provider, name: &str) -> bool {
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    digits && (provider != Provider::Aws || name.len() == AWS_ID_DIGITS)
}

/// The saved answers of one account.
#[derive(Debug, Default)]
pub(super) struct AccountFiles {
    /// Answers of global calls.
    pub(super) global: Vec<SavedFile>,
    /// Answers of regional calls; a Region may have a directory without any.
    pub(super) regions: BTreeMap<String, Vec<SavedFile>>,
    /// Regions that the settings expect.
    pub(super) expected: BTreeSet<String>,
    /// What of the directories could not be read.
    pub(super) troubles: Vec<String>,
}

impl AccountFiles {
    /// Lists the saved answers of an account; none is opened.
    pub(super) fn list(provider: Provider, directories: &[(&SnapshotSource, PathBuf)]) -> Self {
        let mut files = Self::default();
        for (source, directory) in directories {
            files.expected.extend(source.regions.iter().cloned());
            match entries(directory) {
                Ok(paths) => files.add(provider, source, paths),
                Err(reason) => files.troubles.push(reason),
            }
        }
        files
    }

    fn add(&mut self, provider: Provider, source: &SnapshotSource, paths: Vec<PathBuf>) {
        for path in paths {
            let name = name_of(&path).to_ascii_lowercase();
            if !path.is_dir() {
                self.global.extend(saved(provider, source, path));
                continue;
            }
            let files: Vec<_> = match entries(&path) {
                Ok(paths) => paths.into_iter().filter_map(|path| saved(provider, source, path)).collect(),
                Err(reason) => {
                    self.troubles.push(reason);
                    Vec::new()
                }
            };
            if is_region(&name) {
                self.regions.entry(name).or_default().extend(files);
            } else if !files.is_empty() {
                // Answers that nobody reads may be those of a Region whose name is misspelt.
                let reason = "holds answers and is not named by a Region; rename or remove it";
                self.troubles.push(format!("{}: {reason}", path.display()));
            }
        }
    }
}

fn saved(provider: Provider, source: &SnapshotSource, path: PathBuf) -> Option<SavedFile> {
    let (call, suffix) = recognise(provider, &path)?;
    Some(SavedFile { path, call, suffix, max_age: source.max_age.map(Period::duration) })
}

/// Regions of both providers are words of lower case joined by hyphens.
fn is_region(name: &str) -> bool {
    let well_formed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.contains('-') && name.bytes().all(well_formed)
}

fn directories(path: &Path) -> Result<Vec<PathBuf>, String> {
    Ok(entries(path)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// What a directory holds, in the order of names, hidden things left out.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let read = fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>());
    let mut paths = read.map_err(|error| format!("{}: {error}; check the path", directory.display()))?;
    paths.retain(|path| !is_hidden(path));
    paths.sort_unstable();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
