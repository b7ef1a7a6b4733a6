//! `[controls]`: which controls of which frameworks the findings support.

use std::path::PathBuf;

use serde::Serialize;

use super::reader::Section;
use super::value;

/// `[controls]`: which controls of which frameworks the findings support.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Controls {
    /// A file with controls of your own. Default: none.
    #[serde(serialize_with = "value::optional_path")]
    pub file: Option<PathBuf>,
    /// Whether they stand instead of the built-in ones, not beside them. Default false.
    pub replace: bool,
}

impl Controls {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let controls = Self { file: section.optional("file"), replace: section.value("replace", false) };
        if controls.replace && controls.file.is_none() {
            section.problem("replace", "replaces the built-in controls by nothing", "name your own: file = \"...\"");
        }
        controls
    }
}
