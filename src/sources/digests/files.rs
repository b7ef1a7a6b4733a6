//! Digests and log files in a directory that is laid out like a trail's bucket.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Archive, FoundDigest, LogState, Place};
use crate::model::{ChainKind, Outcome};
use crate::sources::live::Failure;
use crate::trail::digest::{Content, Digest, DigestName, unpack};
use crate::trail::{self, Limits};

/// The folder that the trails make.
const LOGS: &str = "AWSLogs";

/// The folders of an account in which its Regions are: log files, digests.
const KINDS: [&str; 2] = ["CloudTrail", "CloudTrail-Digest"];

/// Levels of directories that are searched.
const MOST_LEVELS: usize = 64;

/// Keys that are handed over at once.
const PAGE: usize = 1_000;

/// Digests that are looked at to learn the bucket and what stands before its keys.
const MOST_PEEKED: usize = 100;

/// Bytes of one digest's file at most.
const MOST_DIGEST_BYTES: u64 = 64 << 20;

/// What stands behind the name of a digest in the name of the file with its metadata.
const METADATA: &str = ".metadata.json";

/// So far may the digests of one Region end before those of another in a directory that was saved at one time.
const APART: SignedDuration = SignedDuration::from_hours(2);

/// Bytes that are read at a time.
const READ_BYTES: usize = 64 << 10;

/// A directory that is laid out like a bucket.
#[derive(Debug)]
pub struct Directory {
    limits: Limits,
    regions: Vec<Region>,
    /// The end of the newest digest of all.
    newest: Option<Timestamp>,
}

/// The digests of one account and Region.
#[derive(Debug)]
struct Region {
    place: Place,
    /// The directory in which the folder `AWSLogs` is.
    base: PathBuf,
    /// What stands before it in keys.
    prefix: String,
    keys: Vec<String>,
    /// Signatures of backfill digests, by key, as later ones tell them.
    backfill: OnceLock<BTreeMap<String, String>>,
}

/// What `aws s3api head-object` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Head {
    metadata: BTreeMap<String, String>,
}

impl Directory {
    /// Finds the digests below `root`, of one account or Region where they are named.
    ///
    /// # Errors
    /// What could not be searched.
    pub fn open(root: &Path, account: Option<&str>, region: Option<&str>, limits: Limits) -> Result<Self, String> {
        let of = |path: &Path, error: &io::Error| format!("{}: {error}", path.display());
        let root = fs::canonicalize(root).map_err(|error| of(root, &error))?;
        let mut folders = BTreeMap::new();
        search(&root, 0, &mut folders).map_err(|(path, error)| of(&path, &error))?;
        let wanted = |only: Option<&str>, is: &str| only.is_none_or(|only| only == is);
        folders.retain(|folder: &Folder, _| wanted(account, &folder.account) && wanted(region, &folder.region));
        let mut regions: Vec<Region> = Vec::new();
        for (folder, has_digests) in folders {
            let path = folder.digests();
            regions.push(Region::open(folder, has_digests).map_err(|error| of(&path, &error))?);
        }
        for (at, one) in regions.iter().enumerate() {
            if regions[..at].iter().any(|other| other.place.folder == one.place.folder) {
                let (folder, base) = (&one.place.folder, one.base.display());
                return Err(format!("{folder} is there twice, once in {base}: name one of the copies"));
            }
        }
        let ends = regions.iter().flat_map(|region| region.keys.iter().filter_map(|key| DigestName::of(key)));
        let newest = ends.map(|name| name.end).max();
        Ok(Self { limits, regions, newest })
    }

    /// Whether there is no digest at all.
    #[must_use]
    pub fn has_none(&self) -> bool {
        self.regions.iter().all(|region| region.keys.is_empty())
    }

    fn region(&self, place: &Place) -> Result<&Region, Failure> {
        let found = self.regions.iter().find(|region| region.place.folder == place.folder);
        found.ok_or_else(|| Failure::new(Outcome::Error, "no such folder"))
    }
}

/// A Region's folder of an account, in one copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Folder {
    base: PathBuf,
    /// What stands between `AWSLogs` and the kind: an organization, the account.
    above: String,
    account: String,
    region: String,
}

impl Folder {
    fn relative(&self, kind: &str) -> String {
        format!("{LOGS}/{}/{kind}/{}/", self.above, self.region)
    }

    fn digests(&self) -> PathBuf {
        self.base.join(self.relative(KINDS[1]))
    }

    /// Reads the place of a directory: the folder, and whether it is one of digests.
    fn of(path: &Path) -> Option<(Self, bool)> {
        let parts: Vec<_> = path.components().collect();
        let at = parts.iter().rposition(|part| part.as_os_str() == LOGS)?;
        let below: Option<Vec<_>> = parts[at + 1..].iter().map(|part| part.as_os_str().to_str()).collect();
        let below = below?;
        let [above @ .., kind, region] = below.as_slice() else { return None };
        let kind = KINDS.iter().position(|known| known == kind)?;
        let account = above.last()?;
        let folder = Self {
            base: parts[..at].iter().collect(),
            above: above.join("/"),
            account: (*account).to_owned(),
            region: (*region).to_owned(),
        };
        Some((folder, kind == 1))
    }
}

/// Finds the folders of Regions; each with whether there are digests.
fn search(path: &Path, level: usize, found: &mut BTreeMap<Folder, bool>) -> Result<(), (PathBuf, io::Error)> {
    if let Some((folder, digests)) = Folder::of(path) {
        *found.entry(folder).or_default() |= digests;
        return Ok(());
    }
    if MOST_LEVELS <= level {
        return Ok(());
    }
    for path in directories(path).map_err(|error| (path.to_owned(), error))? {
        search(&path, level + 1, found)?;
    }
    Ok(())
}

/// The directories right in another one, in order; links are not followed.
fn directories(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// The names of the files below a directory, relative to it, in order.
fn files(path: &Path, above: &str, names: &mut Vec<String>) -> io::Result<()> {
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let file_name = entry.file_name();
        let Some(name) = file_name.to_str() else { continue };
        if entry.file_type()?.is_dir() {
            files(&entry.path(), &format!("{above}{name}/"), names)?;
        } else {
            names.push(format!("{above}{name}"));
        }
    }
    Ok(())
}

impl Region {
    fn open(folder: Folder, has_digests: bool) -> io::Result<Self> {
        let relative = folder.relative(KINDS[1]);
        let mut keys = Vec::new();
        if has_digests {
            files(&folder.digests(), &relative, &mut keys)?;
            keys.retain(|key| DigestName::of(key).is_some());
        }
        let place = Place {
            account: folder.account,
            region: folder.region,
            bucket: None,
            folder: relative,
            has_digests: !keys.is_empty(),
        };
        let mut region = Self { place, base: folder.base, prefix: String::new(), keys, backfill: OnceLock::new() };
        region.learn();
        Ok(region)
    }

    /// Learns the bucket, and what stands before `AWSLogs` in its keys, from a digest that lies in its place.
    fn learn(&mut self) {
        let told = self.keys.iter().take(MOST_PEEKED).find_map(|key| {
            let digest = self.parsed(key)?;
            let prefix = digest.object.strip_suffix(key.as_str())?.to_owned();
            (prefix.is_empty() || prefix.ends_with('/')).then_some((digest.bucket, prefix))
        });
        let Some((bucket, prefix)) = told else { return };
        self.place.folder = format!("{prefix}{}", self.place.folder);
        for key in &mut self.keys {
            *key = format!("{prefix}{key}");
        }
        self.place.bucket = Some(bucket);
        self.prefix = prefix;
    }

    fn parsed(&self, key: &str) -> Option<Digest> {
        let bytes = read_bounded(&self.path(key)?).ok()??;
        Digest::parse(&unpack(&bytes).ok()?.bytes).ok()
    }

    /// Where the object of a key is; nothing for a key that leads elsewhere.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let relative = Path::new(key.strip_prefix(&self.prefix)?);
        let is_plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        (is_plain && !key.contains('\\')).then(|| self.base.join(relative))
    }

    /// The signature of a digest: from its metadata where they were saved, else from the digest after it.
    fn signature(&self, key: &str, path: &Path) -> (Option<String>, Option<Timestamp>) {
        let mut beside = path.as_os_str().to_owned();
        beside.push(METADATA);
        let head = fs::read(PathBuf::from(beside)).ok().and_then(|text| serde_json::from_slice::<Head>(&text).ok());
        if let Some(Head { metadata }) = head {
            let value = |name: &str| metadata.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let made = value("backfill-generation-timestamp").and_then(|(_, time)| time.parse().ok());
            return (value("signature").map(|(_, signature)| signature.clone()), made);
        }
        (self.told_signature(key), None)
    }

    fn told_signature(&self, key: &str) -> Option<String> {
        let chain = DigestName::of(key)?.chain;
        let of_chain = |other: &&String| DigestName::of(other).is_some_and(|name| name.chain == chain);
        if chain.kind == ChainKind::Backfill {
            // Which of them comes next is not told by their times.
            let all = self.backfill.get_or_init(|| {
                let keys = self.keys.iter().filter(of_chain);
                let told = keys.filter_map(|key| self.parsed(key)?.previous);
                told.map(|previous| (previous.object, previous.signature)).collect()
            });
            return all.get(key).cloned();
        }
        let next = self.keys.iter().skip_while(|other| other.as_str() <= key).find(of_chain)?;
        let previous = self.parsed(next)?.previous?;
        (previous.object == key).then_some(previous.signature)
    }

    /// When the newest log file was delivered, as its name says.
    fn newest_log(&self) -> Option<Timestamp> {
        let logs = self.place.folder.strip_prefix(&self.prefix)?.replace("/CloudTrail-Digest/", "/CloudTrail/");
        newest_below(&self.base.join(logs), 0)
    }
}

/// The newest delivery below a folder of years, months and days: the last folder that holds one.
fn newest_below(path: &Path, level: usize) -> Option<Timestamp> {
    let mut names = Vec::new();
    let folders = directories(path).ok()?;
    if level < MOST_LEVELS
        && let Some(newest) = folders.iter().rev().find_map(|folder| newest_below(folder, level + 1))
    {
        return Some(newest);
    }
    files(path, "", &mut names).ok()?;
    names.iter().filter_map(|name| trail::layout(name).delivered_at).max()
}

/// The bytes of a file; nothing where there is none.
fn read_bounded(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MOST_DIGEST_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Outcome::Error, format!("{}: {error}", path.display()))
}

impl Archive for Directory {
    async fn places(&self) -> Result<Vec<Place>, Failure> {
        Ok(self.regions.iter().map(|region| region.place.clone()).collect())
    }

    async fn keys(&self, place: &Place, after: &str) -> Result<Vec<String>, Failure> {
        let keys = self.region(place)?.keys.iter();
        Ok(keys.skip_while(|key| key.as_str() <= after).take(PAGE).cloned().collect())
    }

    async fn digest(&self, place: &Place, key: &str) -> Result<Option<FoundDigest>, Failure> {
        let region = self.region(place)?;
        let Some(path) = region.path(key) else { return Ok(None) };
        let Some(bytes) = read_bounded(&path).map_err(|error| unreadable(&path, &error))? else { return Ok(None) };
        let (signature, generated_at) = region.signature(key, &path);
        Ok(Some(FoundDigest { bytes, signature, generated_at }))
    }

    async fn log(&self, place: &Place, key: &str, hash: &str) -> Result<LogState, Failure> {
        let region = self.region(place)?;
        let Some(path) = region.path(key) else {
            return Err(Failure::new(Outcome::Error, format!("it lies outside of {}", region.base.display())));
        };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LogState::Missing),
            Err(error) => return Err(unreadable(&path, &error)),
        };
        let mut content = Content::hashed(self.limits);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => content.take(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&path, &error)),
            }
        }
        Ok(super::compared(content, hash))
    }

    async fn newest_log(&self, place: &Place) -> Result<Option<Timestamp>, Failure> {
        let newest = self.newest.and_then(|newest| newest.checked_sub(APART).ok());
        Ok(self.region(place)?.newest_log().max(newest))
    }
}
