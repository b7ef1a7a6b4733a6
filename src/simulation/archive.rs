//! Objects of a trail's bucket: their names, their envelopes and their compression.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use jiff::Timestamp;
use serde_json::Value;

use super::random::Random;
use crate::model::Provider;

/// Id of the simulated organisation on AWS, part of every key.
pub(super) const ORGANISATION: &str = "o-ex4mpl3org";
/// Id of the simulated resource directory on Alibaba Cloud, part of every key.
pub(super) const DIRECTORY: &str = "rd-Ex4mpl";
/// Level of the compression: that of gzip itself, which the providers' ratios suggest.
const LEVEL: u32 = 6;

/// Why a simulation could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A file or directory could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A plan asks for something that cannot be made.
    #[error("{0}")]
    Plan(String),
}

/// Counts of what was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// Objects that hold logs.
    pub log_objects: u64,
    /// Objects that a reader has to skip: digests and insights.
    pub other_objects: u64,
    /// Records in the logs.
    pub records: u64,
    /// Bytes of JSON in the logs.
    pub bytes_uncompressed: u64,
    /// Bytes of the objects that hold logs.
    pub bytes_compressed: u64,
}

/// How the records of an object are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The provider's usual form, compressed.
    Usual,
    /// The same in two members of one gzip file.
    TwoMembers,
    /// The same without compression.
    Plain,
    /// One record a line, compressed.
    Lines,
}

/// Where an object belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub provider: Provider,
    pub account: &'a str,
    pub region: &'a str,
    /// When the trail delivered it.
    pub delivered: Timestamp,
}

/// The body of an object that is being put together, record by record.
pub(super) struct Body {
    form: Form,
    provider: Provider,
    bytes: Vec<u8>,
    records: u64,
}

impl Body {
    /// An empty body.
    pub(super) fn new(provider: Provider, form: Form) -> Self {
        let opening: &[u8] = match (form, provider) {
            (Form::Lines, _) => b"",
            (_, Provider::Aws) => b"{\"Records\":[",
            (_, Provider::Alibaba) => b"[",
        };
        Self { form, provider, bytes: opening.to_vec(), records: 0 }
    }

    /// Adds a record.
    pub(super) fn push(&mut self, record: &Value) {
        if self.records > 0 && self.form != Form::Lines {
            self.bytes.push(b',');
        }
        // Text of a value is plain JSON without line breaks.
        self.bytes.extend_from_slice(record.to_string().as_bytes());
        if self.form == Form::Lines {
            self.bytes.push(b'\n');
        }
        self.records += 1;
    }

    /// Bytes so far, the closing ones included.
    pub(super) fn len(&self) -> u64 {
        (self.bytes.len() + self.closing().len()) as u64
    }

    /// Records so far.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    fn closing(&self) -> &'static [u8] {
        match (self.form, self.provider) {
            (Form::Lines, _) => b"",
            (_, Provider::Aws) => b"]}",
            (_, Provider::Alibaba) => b"]",
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(self.closing());
        self.bytes
    }
}

/// A bucket on disk.
pub(super) struct Archive<'a> {
    root: &'a Path,
    last_directory: PathBuf,
    pub written: Written,
}

/// A log that was written.
pub(super) struct Object {
    /// Its key in the bucket.
    pub key: String,
    /// Its JSON.
    pub json: Vec<u8>,
}

impl<'a> Archive<'a> {
    /// A bucket at `root`, which need not exist.
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, last_directory: PathBuf::new(), written: Written::default() }
    }

    /// Writes a log.
    pub(super) fn write_log(
        &mut self,
        place: &Place<'_>,
        body: Body,
        random: &mut Random,
    ) -> Result<Object, SimulationError> {
        let (form, records) = (body.form, body.records);
        let json = body.finish();
        let bytes = match form {
            Form::Plain => json.clone(),
            Form::Usual | Form::Lines => gzip(&json),
            Form::TwoMembers => {
                let (first, second) = json.split_at(json.len() / 2);
                [gzip(first), gzip(second)].concat()
            }
        };
        let key = log_key(place, form, records, bytes.len(), random);
        self.put(&key, &bytes)?;
        self.written.log_objects += 1;
        self.written.records += records;
        self.written.bytes_uncompressed += json.len() as u64;
        self.written.bytes_compressed += bytes.len() as u64;
        Ok(Object { key, json })
    }

    /// Writes an object that is no log.
    pub(super) fn write_other(&mut self, key: &str, content: &Value) -> Result<(), SimulationError> {
        self.put(key, &gzip(content.to_string().as_bytes()))?;
        self.written.other_objects += 1;
        Ok(())
    }

    fn put(&mut self, key: &str, bytes: &[u8]) -> Result<(), SimulationError> {
        let path = self.root.join(key);
        let directory = path.parent().unwrap_or(self.root);
        // Objects come one Region and day after the other: most directories need no second look.
        if directory != self.last_directory {
            fs::create_dir_all(directory)
                .map_err(|source| SimulationError::Write { path: directory.to_owned(), source })?;
            directory.clone_into(&mut self.last_directory);
        }
        fs::write(&path, bytes).map_err(|source| SimulationError::Write { path, source })
    }
}

/// Compresses, with no time in the header: the same content gives the same bytes.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory cannot fail")
}

/// The part of a key that stands before the date.
pub(super) fn prefix(place: &Place<'_>, folder: &str) -> String {
    let (account, region) = (place.account, place.region);
    match place.provider {
        Provider::Aws => format!("AWSLogs/{ORGANISATION}/{account}/{folder}/{region}"),
        Provider::Alibaba => format!("AliyunLogs/{folder}/{DIRECTORY}/{account}/{region}"),
    }
}

fn log_key(place: &Place<'_>, form: Form, records: u64, size: usize, random: &mut Random) -> String {
    let (account, region, delivered) = (place.account, place.region, place.delivered);
    let day = delivered.strftime("%Y/%m/%d");
    let plain = form == Form::Plain;
    match place.provider {
        Provider::Aws => {
            let (time, unique) = (delivered.strftime("%Y%m%dT%H%MZ"), random.id(16));
            let end = if plain { "json" } else { "json.gz" };
            format!("{}/{day}/{account}_CloudTrail_{region}_{time}_{unique}.{end}", prefix(place, "CloudTrail"))
        }
        Provider::Alibaba => {
            let (time, unique) = (delivered.strftime("%Y%m%d%H%M%S"), random.hex(32));
            let end = if plain { "json" } else { "gz" };
            format!(
                "{}/{day}/Actiontrail_{region}_{time}_1002_{records}_{size}_{unique}.{end}",
                prefix(place, "Actiontrail")
            )
        }
    }
}
