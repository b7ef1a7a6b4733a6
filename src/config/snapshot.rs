//! `[[snapshot]]`: inventory from files.

use std::path::PathBuf;

use serde::Serialize;

use super::reader::Section;
use super::value::{self, Period};

/// `[[snapshot]]`: a directory with the saved output of the providers' own command-line tools, laid out as
/// `<provider>/<account>/get-role.json`, `<provider>/<account>/<region>/describe-custom-key-stores.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SnapshotSource {
    /// The directory. No default.
    #[serde(serialize_with = "value::path")]
    pub path: PathBuf,
    /// Regions that every account is expected to have files for, beyond those that it has directories for.
    /// Default: none.
    pub regions: Vec<String>,
    /// Age from which a file proves nothing any more, such as `2d`. Default: none.
    pub max_age: Option<Period>,
}

impl SnapshotSource {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let max_age: Option<Period> = section.optional("max_age");
        if max_age.is_some_and(Period::is_zero) {
            section.problem("max_age", "is zero", "give a period such as \"2d\", or remove it");
        }
        Self { path: section.required("path"), regions: section.value("regions", Vec::new()), max_age }
    }
}
