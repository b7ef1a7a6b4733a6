//! What the keys of a trail's bucket look like, and where in them reading begins.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::config::Period;
use crate::trail::{self, ObjectKind};

/// Days before the last object that was read: objects of a Region are delivered in no strict order, and around midnight
/// some stand in the folder of the day before.
const LOOK_BACK_DAYS: i64 = 1;

/// The folder that a provider makes for logs below a prefix, with a slash at its end as `logs` has one. A prefix may
/// have slashes around it, and may name that folder itself.
pub(in crate::sources) fn root(prefix: Option<&str>, logs: &str) -> String {
    let prefix = prefix.unwrap_or_default().trim_matches('/');
    let named = format!("{prefix}/");
    match prefix {
        "" => logs.to_owned(),
        _ if named == logs || named.ends_with(&format!("/{logs}")) => named,
        _ => format!("{named}{logs}"),
    }
}

/// Whether a key is no log by its place: a digest, an insight, or a folder.
pub(in crate::sources) fn is_no_log(key: &str) -> bool {
    key.ends_with('/') || matches!(trail::layout(key).kind, ObjectKind::Digest | ObjectKind::Insight)
}

/// The day from which a place is read: the last one read less the look-back, never before the day that the
/// configuration names; `None` is from its beginning.
pub(super) fn first_day(read_until: Option<Timestamp>, since: Option<Timestamp>) -> Option<Date> {
    let day = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
    let look_back = Span::new().days(LOOK_BACK_DAYS);
    let from = read_until.map(|time| day(time).saturating_sub(look_back));
    from.max(since.map(day))
}

/// The key after which a listing begins that has everything from a day on.
pub(super) fn start_after(place: &str, day: Date) -> String {
    // No key is the bare day, and those of the day itself come after it because they are longer.
    format!("{place}{:04}/{:02}/{:02}", day.year(), day.month(), day.day())
}

/// Where a setting says that reading begins: a date, a time or a period before now.
pub(in crate::sources) fn moment(since: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(time) = since.parse::<Timestamp>() {
        return Some(time);
    }
    if let Ok(date) = since.parse::<Date>() {
        return date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp());
    }
    let period = since.parse::<Period>().ok()?;
    now.checked_sub(period.duration()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_may_be_written_with_and_without_slashes() {
        for (prefix, expected) in [
            (None, "AWSLogs/"),
            (Some(""), "AWSLogs/"),
            (Some("/"), "AWSLogs/"),
            (Some("trail"), "trail/AWSLogs/"),
            (Some("trail/"), "trail/AWSLogs/"),
            (Some("/a/b/"), "a/b/AWSLogs/"),
            (Some("AWSLogs/"), "AWSLogs/"),
            (Some("a/AWSLogs"), "a/AWSLogs/"),
            (Some("aAWSLogs"), "aAWSLogs/AWSLogs/"),
        ] {
            assert_eq!(root(prefix, "AWSLogs/"), expected, "{prefix:?}");
        }
    }

    #[test]
    fn reading_begins_a_day_before_the_last_object_and_never_before_the_setting() {
        let time = |text: &str| Some(text.parse::<Timestamp>().expect("the test's own time"));
        for (until, since, day) in [
            (None, None, None),
            (None, time("2026-05-04T23:00:00Z"), Some("2026-05-04")),
            (time("2026-05-01T00:00:00Z"), None, Some("2026-04-30")),
            (time("2026-03-01T12:00:00Z"), time("2026-01-01T00:00:00Z"), Some("2026-02-28")),
            (time("2026-03-01T12:00:00Z"), time("2026-04-01T00:00:00Z"), Some("2026-04-01")),
        ] {
            let expected = day.map(|day| day.parse::<Date>().expect("the test's own day"));
            assert_eq!(first_day(until, since), expected, "{until:?} {since:?}");
        }
    }

    #[test]
    fn a_listing_from_a_day_on_has_that_day_and_no_earlier_one() {
        let place = "AWSLogs/111122223333/CloudTrail/eu-west-1/";
        let after = start_after(place, "2026-05-04".parse().expect("a day"));
        let key = |day: &str| format!("{place}{day}/111122223333_CloudTrail_eu-west-1_x.json.gz");
        assert!(after < key("2026/05/04") && after < key("2026/05/05") && after < key("2026/12/01"));
        assert!(key("2026/05/03") < after && key("2025/12/31") < after);
    }

    #[test]
    fn reading_begins_at_a_date_a_time_or_a_period_before_now() {
        let time = |text: &str| text.parse::<Timestamp>().expect("the test's own time");
        let now = time("2026-05-04T12:00:00Z");
        for (since, expected) in [
            ("2026-05-01", "2026-05-01T00:00:00Z"),
            ("2026-05-01T06:00:00Z", "2026-05-01T06:00:00Z"),
            ("2d", "2026-05-02T12:00:00Z"),
        ] {
            assert_eq!(moment(since, now), Some(time(expected)), "{since}");
        }
        assert_eq!(moment("soon", now), None);
    }

    #[test]
    fn insights_and_folders_are_no_logs() {
        for key in ["AliyunLogs/Actiontrail-Insight/cn-hangzhou/2026/01/02/x.gz", "AliyunLogs/Actiontrail/"] {
            assert!(is_no_log(key), "{key}");
        }
        for key in ["AliyunLogs/Actiontrail/cn-hangzhou/2026/01/02/x.gz", "exports/events.json"] {
            assert!(!is_no_log(key), "{key}");
        }
    }
}
