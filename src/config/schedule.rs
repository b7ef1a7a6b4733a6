//! `[schedule]`: when the daemon works. The expressions stay text here; the daemon's schedule judges them.

use std::path::Path;

use serde::{Serialize, Serializer};
use toml::de::DeValue;

use super::reader::Section;
use super::value::Leaf;

/// `[schedule]`: when the daemon works. Cron expressions of 5 fields, or 6 with seconds first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Schedule {
    /// When to collect. Default `*/15 * * * *`: every quarter of an hour.
    pub collect: String,
    /// When to judge: `after-collect` (the default) or a cron expression.
    #[schemars(with = "String")]
    pub analyze: Analyze,
    /// When to write reports. Default `0 6 1 * *`: on the first of a month at 06:00.
    pub report: String,
    /// When to verify the whole evidence log with every row that it speaks about; also at each start. Default
    /// `41 3 * * *`: every night.
    pub verify: String,
    /// Time zone of the expressions, an IANA name such as `Europe/Berlin`. Default: UTC.
    pub time_zone: Option<String>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            collect: "*/15 * * * *".to_owned(),
            analyze: Analyze::AfterCollect,
            report: "0 6 1 * *".to_owned(),
            verify: "41 3 * * *".to_owned(),
            time_zone: None,
        }
    }
}

/// When to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Analyze {
    /// After every collection.
    AfterCollect,
    /// On a schedule of its own.
    At(String),
}

/// The word for [`Analyze::AfterCollect`].
const AFTER_COLLECT: &str = "after-collect";

impl Serialize for Analyze {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::AfterCollect => AFTER_COLLECT,
            Self::At(cron) => cron,
        })
    }
}

impl Leaf for Analyze {
    const EXPECTED: &'static str = "\"after-collect\" or a cron expression such as \"5 * * * *\"";

    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        let text = String::read(value, base)?;
        Ok(if text == AFTER_COLLECT { Self::AfterCollect } else { Self::At(text) })
    }
}

impl Schedule {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            collect: section.value("collect", default.collect),
            analyze: section.value("analyze", default.analyze),
            report: section.value("report", default.report),
            verify: section.value("verify", default.verify),
            time_zone: section.optional("time_zone"),
        }
    }
}
