//! `[profiles]`: which roles are watched.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::reader::Section;
use super::value;

/// `[profiles]`: which roles are watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Profiles {
    /// A directory with profiles of your own, read beside the built-in ones. Default: none.
    #[serde(serialize_with = "value::optional_path")]
    pub directory: Option<PathBuf>,
    /// Ids of profiles to switch on. Default: none beyond those that are on by themselves.
    pub enable: Vec<String>,
    /// Ids of profiles to switch off. Default: none.
    pub disable: Vec<String>,
    /// More principals to trust, by profile id. Default: none beyond the profile's own.
    pub trust: BTreeMap<String, Vec<String>>,
}

impl Profiles {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            directory: section.optional("directory"),
            enable: section.value("enable", Vec::new()),
            disable: section.value("disable", Vec::new()),
            trust: section.map("trust"),
        }
    }
}
