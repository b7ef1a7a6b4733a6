//! How texts and times fit into the fields of other people's formats.

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;

use super::{EvidenceItem, Movement, Report, ReportFinding};
use crate::exports::json::ControlJson;
use crate::exports::visible::lines;
use crate::model::{Partition, Provider};

/// The earliest time that every format can hold: OCSF counts milliseconds from here.
const EARLIEST: Timestamp = Timestamp::UNIX_EPOCH;
/// The latest that every format can hold, 2999-12-31T23:59:59Z: OSCAL knows no later years.
const LATEST: Timestamp = Timestamp::constant(32_503_679_999, 0);

/// A moment that every format can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(Timestamp);

impl Moment {
    /// Milliseconds since 1970.
    pub(super) fn millis(self) -> i64 {
        self.0.as_millisecond()
    }
}

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        Self(time.clamp(EARLIEST, LATEST))
    }
}

/// RFC 3339 in UTC.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// When a finding was seen and judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// When an analysis first opened it.
    pub(super) opened: Moment,
    /// First time that it was so.
    pub(super) first_seen: Moment,
    /// Last time that it was so.
    pub(super) last_seen: Moment,
    /// The last time that anything about it changed.
    pub(super) modified: Moment,
}

impl Times {
    /// The times of `found`.
    pub(super) fn of(found: &ReportFinding) -> Self {
        let finding = &found.finding;
        let changes = found.life.iter().map(|change| change.at).chain(finding.resolved_at);
        Self {
            opened: finding.opened_at.into(),
            first_seen: finding.first_seen.into(),
            last_seen: finding.last_seen.into(),
            modified: changes.fold(finding.opened_at, Timestamp::max).into(),
        }
    }
}

/// The items of evidence that each finding rests on.
pub(super) fn by_finding(report: &Report) -> HashMap<&str, Vec<&EvidenceItem>> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for item in &report.evidence {
        item.findings.iter().for_each(|id| found.entry(id.as_ref()).or_default().push(item));
    }
    found
}

/// At most `limit` characters as UTF-16 counts them, which is never less than the field's owner counts; a text that is
/// too long ends in an ellipsis.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
    if units(text) <= limit {
        return text.to_owned();
    }
    let mut room = limit.saturating_sub(1);
    let fits = |character: &char| {
        let left = room.checked_sub(character.len_utf16());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept + "…"
}

/// A text for a field that must not be blank, with everything in it visible: what counts as blank differs among those
/// who read such fields, but no escape does.
pub(super) fn filled(text: &str, limit: usize) -> String {
    let shown = lines(text);
    if shown.trim().is_empty() { "(blank)".to_owned() } else { cut(&shown, limit) }
}

/// A control as people write it: `PCI DSS 4.0.1 7.2.5.1`, and that its id was not verified where it was not.
pub(super) fn control_name(control: &ControlJson) -> String {
    let mark = if control.unverified { " (unverified)" } else { "" };
    format!("{} {}{mark}", control.framework, control.id)
}

/// The last part of a role's ARN.
pub(super) fn role_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The partition of an account, as the ARN of its role tells it.
pub(super) fn partition(role: Option<&str>) -> Partition {
    role.and_then(|arn| arn.strip_prefix("arn:")?.split(':').next()?.parse().ok()).unwrap_or_default()
}

/// The provider as people write it.
pub(super) fn provider_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => "AWS",
        Provider::Alibaba => "Alibaba Cloud",
    }
}

/// Whether a rule judges what somebody did, not how things are.
pub(super) fn is_about_events(rule: &str) -> bool {
    let rules = ["unexpected-assumer", "unexpected-activity", "role-tampering", "failed-role-deletion"];
    rules.contains(&rule) || rule == "failed-store-deletion"
}

/// What was left unread, in words.
pub(super) fn coverage(report: &Report) -> String {
    let population = &report.population;
    format!(
        "{}: {} of {} accounts and {} of {} Regions were read completely, {} of {} runs left something unread, {} \
         records and {} objects could not be read",
        if population.complete { "complete" } else { "incomplete" },
        population.accounts_complete,
        population.accounts_expected,
        population.regions_complete,
        population.regions_expected,
        population.runs_incomplete,
        population.runs,
        population.records_rejected,
        population.objects_rejected,
    )
}

impl Movement {
    /// Whether it was there before the period already.
    pub(super) fn was_there(self) -> bool {
        matches!(self, Self::Continuing | Self::Reopened)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_text_ends_in_an_ellipsis_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("😀😀😀", 4), "😀…");
        assert_eq!(filled(" \n", 9), "(blank)");
    }

    #[test]
    fn times_that_a_format_cannot_hold_are_the_nearest_that_it_can() {
        let moment = |text: &str| Moment::from(text.parse::<Timestamp>().expect("a time")).to_string();
        assert_eq!(moment("1066-10-14T09:00:00Z"), "1970-01-01T00:00:00Z");
        assert_eq!(moment("9999-01-01T00:00:00Z"), "2999-12-31T23:59:59Z");
        assert_eq!(moment("2026-10-19T04:50:00.25Z"), "2026-10-19T04:50:00.25Z");
    }

    #[test]
    fn the_partition_is_the_arns() {
        assert_eq!(partition(Some("arn:aws-cn:iam::111122223333:role/x")), Partition::AwsCn);
        assert_eq!(partition(Some("arn:<script>")), Partition::Aws);
        assert_eq!(partition(None), Partition::Aws);
    }

    proptest! {
        #[test]
        fn a_cut_text_keeps_its_limit_and_its_beginning(text in any::<String>(), limit in 1_usize..40) {
            let kept = cut(&text, limit);
            prop_assert!(kept.encode_utf16().count() <= limit);
            prop_assert!(text.starts_with(kept.strip_suffix('…').unwrap_or(&kept)) || kept == text);
        }
    }
}
