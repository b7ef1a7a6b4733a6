//! `[reports]`: what reports are written, and where.

use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::de::DeValue;

use super::reader::Section;
use super::value::{self, Leaf, word};

/// `[reports]`: what reports are written, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Reports {
    /// Directory. Default `reports`.
    #[serde(serialize_with = "value::path")]
    pub directory: PathBuf,
    /// Formats. Default html, pdf, csv, json, ocsf and oscal.
    pub formats: Vec<ReportFormat>,
}

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// A page for browsers and print.
    Html,
    /// A document.
    Pdf,
    /// Tables.
    Csv,
    /// roletrail's own shapes.
    Json,
    /// OCSF findings.
    Ocsf,
    /// AWS Security Hub findings.
    Asff,
    /// SARIF results.
    Sarif,
    /// OSCAL assessment results.
    Oscal,
}

impl Leaf for ReportFormat {
    const EXPECTED: &'static str = "one of html, pdf, csv, json, ocsf, asff, sarif, oscal";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        word(
            value,
            &[
                ("html", Self::Html),
                ("pdf", Self::Pdf),
                ("csv", Self::Csv),
                ("json", Self::Json),
                ("ocsf", Self::Ocsf),
                ("asff", Self::Asff),
                ("sarif", Self::Sarif),
                ("oscal", Self::Oscal),
            ],
        )
    }
}

impl Default for Reports {
    fn default() -> Self {
        use ReportFormat::{Csv, Html, Json, Ocsf, Oscal, Pdf};
        Self { directory: PathBuf::from("reports"), formats: vec![Html, Pdf, Csv, Json, Ocsf, Oscal] }
    }
}

impl Reports {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            directory: section.value("directory", default.directory),
            formats: section.value("formats", default.formats),
        }
    }
}
