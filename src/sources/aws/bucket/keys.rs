//! What the keys of a trail's bucket look like, and where in them reading begins.
//!
//! `[prefix/]AWSLogs/[o-ORG/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/...` (`CloudTrail` user guide, "Finding your
//! `CloudTrail` log files"). The day is that of the delivery.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::trail::{self, ObjectKind};

/// Digits of an account id.
const ID_DIGITS: usize = 12;

/// Days before the last object that was read: objects of a Region are delivered in no strict order.
const LOOK_BACK_DAYS: i64 = 1;

/// What is below which the accounts stand, with a slash at its end. A prefix may have slashes around it, and may name
/// `AWSLogs` itself.
pub(in crate::sources::aws) fn root(prefix: Option<&str>) -> String {
    let prefix = prefix.unwrap_or_default().trim_matches('/');
    match prefix {
        "" => "AWSLogs/".to_owned(),
        _ if prefix == "AWSLogs" || prefix.ends_with("/AWSLogs") => format!("{prefix}/"),
        _ => format!("{prefix}/AWSLogs/"),
    }
}

/// What a folder below the root holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Folder {
    /// The accounts of an organization.
    Organization,
    /// What an account's trails delivered.
    Account(String),
    /// Something else.
    Other,
}

/// Reads the last part of a folder's name.
pub(super) fn folder(name: &str) -> Folder {
    let name = name.trim_end_matches('/');
    let part = name.rsplit('/').next().unwrap_or(name);
    if part.len() == ID_DIGITS && part.bytes().all(|byte| byte.is_ascii_digit()) {
        return Folder::Account(part.to_owned());
    }
    if part.starts_with("o-") { Folder::Organization } else { Folder::Other }
}

/// Whether a key is no log by its place: a digest, an insight, a folder, or what another service delivers beside the
/// trails.
pub(in crate::sources::aws) fn is_no_log(key: &str) -> bool {
    match trail::layout(key).kind {
        ObjectKind::Log => key.ends_with('/'),
        ObjectKind::Digest | ObjectKind::Insight => true,
        ObjectKind::Unplaced => key.ends_with('/') || is_of_another_service(key),
    }
}

/// Whether an account's folder is followed by one that is not a trail's.
fn is_of_another_service(key: &str) -> bool {
    let Some((_, below)) = key.rsplit_once("AWSLogs/") else { return false };
    let mut parts = below.split('/').skip_while(|part| part.starts_with("o-"));
    let account = parts.next().unwrap_or_default();
    folder(account) == Folder::Account(account.to_owned()) && parts.nth(1).is_some()
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
            assert_eq!(root(prefix), expected, "{prefix:?}");
        }
    }

    #[test]
    fn folders_of_accounts_and_organizations_are_told_apart() {
        assert_eq!(folder("p/AWSLogs/111122223333/"), Folder::Account("111122223333".to_owned()));
        assert_eq!(folder("AWSLogs/o-abc123/"), Folder::Organization);
        for other in ["AWSLogs/12/", "AWSLogs/aws-waf-logs/", "AWSLogs/11112222333x/", "/"] {
            assert_eq!(folder(other), Folder::Other, "{other}");
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
    fn what_is_no_log_by_its_place_is_not_fetched() {
        for key in [
            "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/05/04/x.json.gz",
            "AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/05/04/x.json.gz",
            "AWSLogs/111122223333/CloudTrail/",
            "AWSLogs/111122223333/Config/eu-west-1/2026/5/4/ConfigSnapshot/x.json.gz",
            "p/AWSLogs/o-a1/111122223333/vpcflowlogs/eu-west-1/x.log.gz",
        ] {
            assert!(is_no_log(key), "{key}");
        }
        for key in [
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/05/04/x.json.gz",
            "p/AWSLogs/o-a1/111122223333/CloudTrail/eu-west-1/2026/05/04/x.json.gz",
            "exports/events.json",
            "AWSLogs/events.json",
            "AWSLogs/111122223333/events.json",
        ] {
            assert!(!is_no_log(key), "{key}");
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
}
