//! `[exceptions]`: findings that somebody has accepted for a time.

use std::path::PathBuf;

use serde::Serialize;

use super::reader::Section;
use super::value;

/// `[exceptions]`: findings that somebody has accepted for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Exceptions {
    /// The file that lists them. Default `exceptions.toml`; it need not exist.
    #[serde(serialize_with = "value::path")]
    pub file: PathBuf,
}

impl Default for Exceptions {
    fn default() -> Self {
        Self { file: PathBuf::from("exceptions.toml") }
    }
}

impl Exceptions {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self { file: section.value("file", Self::default().file) }
    }
}
