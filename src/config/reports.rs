//! `[reports]`: what reports are written, and where.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
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
    /// Formats. Default html, pdf, csv, json, ocsf and oscal; pdf is left out by a build without it.
    pub formats: Vec<ReportFormat>,
    /// What a report of the schedule is about. Default `last-month`.
    pub period: ReportSpan,
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

impl ReportFormat {
    /// Every format.
    pub const ALL: [Self; 8] =
        [Self::Html, Self::Pdf, Self::Csv, Self::Json, Self::Ocsf, Self::Asff, Self::Sarif, Self::Oscal];

    /// The name used in the configuration and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ocsf => "ocsf",
            Self::Asff => "asff",
            Self::Sarif => "sarif",
            Self::Oscal => "oscal",
        }
    }
}

/// The part of the calendar that a report is about: the last one that was over at its time. In UTC, weeks from Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReportSpan {
    /// A day.
    LastDay,
    /// A week.
    LastWeek,
    /// A month.
    LastMonth,
    /// A quarter of a year.
    LastQuarter,
    /// A year.
    LastYear,
}

impl ReportSpan {
    /// Every one, with its name.
    pub const ALL: [(&str, Self); 5] = [
        ("last-day", Self::LastDay),
        ("last-week", Self::LastWeek),
        ("last-month", Self::LastMonth),
        ("last-quarter", Self::LastQuarter),
        ("last-year", Self::LastYear),
    ];

    /// Begin and end of the last one that was over at `now`; `None` only at the ends of time.
    #[must_use]
    pub fn before(self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let quarter = || Date::new(today.year(), (today.month() - 1) / 3 * 3 + 1, 1).ok();
        let (end, length) = match self {
            Self::LastDay => (today, 1.day()),
            Self::LastWeek => {
                (today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok()?, 1.week())
            }
            Self::LastMonth => (today.first_of_month(), 1.month()),
            Self::LastQuarter => (quarter()?, 3.months()),
            Self::LastYear => (today.first_of_year(), 1.year()),
        };
        let midnight = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
        Some((midnight(end.checked_sub(length).ok()?)?, midnight(end)?))
    }
}

impl Leaf for ReportSpan {
    const EXPECTED: &'static str = "one of last-day, last-week, last-month, last-quarter, last-year";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        word(value, &Self::ALL)
    }
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
        Self {
            directory: PathBuf::from("reports"),
            formats: vec![Html, Pdf, Csv, Json, Ocsf, Oscal],
            period: ReportSpan::LastMonth,
        }
    }
}

impl Reports {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            directory: section.value("directory", default.directory),
            formats: section.value("formats", default.formats),
            period: section.value("period", default.period),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_the_calendar_is_the_one_that_is_over() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().expect("a time");
        let later: Timestamp = "2026-03-31T23:59:59Z".parse().expect("a time");
        for (span, from, to, later_from) in [
            (ReportSpan::LastDay, "2026-02-28", "2026-03-01", "2026-03-30"),
            (ReportSpan::LastWeek, "2026-02-16", "2026-02-23", "2026-03-23"),
            (ReportSpan::LastMonth, "2026-02-01", "2026-03-01", "2026-02-01"),
            (ReportSpan::LastQuarter, "2025-10-01", "2026-01-01", "2025-10-01"),
            (ReportSpan::LastYear, "2025-01-01", "2026-01-01", "2025-01-01"),
        ] {
            let (begin, end) = span.before(now).expect("in time");
            assert_eq!(
                (begin.to_string(), end.to_string()),
                (format!("{from}T00:00:00Z"), format!("{to}T00:00:00Z"))
            );
            let (begin, end) = span.before(later).expect("in time");
            assert_eq!(begin.to_string(), format!("{later_from}T00:00:00Z"), "{span:?}");
            assert!(end <= later, "{span:?}");
        }
    }
}
