//! `[exceptions]`: findings that somebody has accepted for a time.

use std::path::PathBuf;

use serde::Serialize;

use super::reader::Section;
use super::value::{self, Period};

/// `[exceptions]`: findings that somebody has accepted for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Exceptions {
    /// The file that lists them. Default `exceptions.toml`, which need not exist; one that is named here must.
    #[serde(serialize_with = "value::path")]
    pub file: PathBuf,
    /// How long an exception may last at most. Default `366d`.
    pub longest: Period,
    /// How long before its end an exception is reported. Default `30d`.
    pub expiry_notice: Period,
}

impl Default for Exceptions {
    fn default() -> Self {
        Self {
            file: PathBuf::from("exceptions.toml"),
            longest: Period::from_hours(366 * 24),
            expiry_notice: Period::from_hours(30 * 24),
        }
    }
}

impl Exceptions {
    /// The setting that names the file.
    pub const FILE_KEY: &'static str = "exceptions.file";

    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            file: section.value("file", default.file),
            longest: section.positive("longest", default.longest),
            expiry_notice: section.value("expiry_notice", default.expiry_notice),
        }
    }
}
