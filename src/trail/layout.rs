//! What the place of an object in a trail's bucket tells.
//!
//! AWS: `[prefix/]AWSLogs/[o-ORG/]ACCOUNT/CloudTrail/REGION/Y/M/D/ACCOUNT_CloudTrail_REGION_TIME_XXX.json.gz`
//! (`CloudTrail` user guide, "Finding your `CloudTrail` log files"). Alibaba Cloud:
//! `[prefix/]AliyunLogs/Actiontrail/[RD/ACCOUNT/]REGION/Y/M/D/Actiontrail_REGION_TIME_1002_COUNT_SIZE_MD5.gz`
//! (`ActionTrail`, "What is the storage path"). A file that was moved elsewhere is recognised by its name alone.

use jiff::Timestamp;

use super::{Layout, ObjectKind};
use crate::model::Provider;

/// Reads the layout of an object's name (a path or a key).
#[must_use]
pub fn layout(name: &str) -> Layout {
    let mut parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let file = parts.pop().unwrap_or_default();
    from_folders(&parts, file)
        .or_else(|| cloudtrail_file(file))
        .or_else(|| actiontrail_file(file))
        .unwrap_or_else(unplaced)
}

fn unplaced() -> Layout {
    Layout {
        kind: ObjectKind::Unplaced,
        provider: None,
        account: None,
        region: None,
        delivered_at: None,
        promised_events: None,
    }
}

/// Folders decide; the file's name adds what they do not tell.
fn from_folders(parts: &[&str], file: &str) -> Option<Layout> {
    let (at, provider) = parts.iter().enumerate().rev().find_map(|(at, part)| match *part {
        "AWSLogs" => Some((at, Provider::Aws)),
        "AliyunLogs" => Some((at, Provider::Alibaba)),
        _ => None,
    })?;
    let below = &parts[at + 1..];
    let found = match provider {
        Provider::Aws => cloudtrail_folders(below)?,
        Provider::Alibaba => actiontrail_folders(below)?,
    };
    let named = match provider {
        Provider::Aws => cloudtrail_file(file),
        Provider::Alibaba => actiontrail_file(file),
    }
    .unwrap_or_else(unplaced);
    Some(Layout {
        kind: if found.kind == ObjectKind::Log && named.kind != ObjectKind::Unplaced {
            named.kind
        } else {
            found.kind
        },
        provider: Some(provider),
        account: found.account.or(named.account),
        region: found.region.or(named.region),
        ..named
    })
}

fn cloudtrail_folders(below: &[&str]) -> Option<Layout> {
    let at = below.iter().position(|part| cloudtrail_kind(part).is_some())?;
    let account = at.checked_sub(1).map(|before| below[before]).filter(|part| is_number(part));
    Some(Layout {
        kind: cloudtrail_kind(below[at])?,
        account: account.map(str::to_owned),
        region: below.get(at + 1).filter(|part| is_region(part)).map(|part| (*part).to_owned()),
        ..unplaced()
    })
}

fn actiontrail_folders(below: &[&str]) -> Option<Layout> {
    let kind = actiontrail_kind(below.first()?)?;
    let mut rest = &below[1..];
    let mut account = None;
    // An organisation's trail puts the resource directory and the account before the Region.
    if rest.first().is_some_and(|part| part.starts_with("rd-")) {
        rest = &rest[1..];
    }
    if let Some(number) = rest.first().filter(|part| is_number(part)) {
        account = Some((*number).to_owned());
        rest = &rest[1..];
    }
    let region = rest.first().filter(|part| is_region(part)).map(|part| (*part).to_owned());
    Some(Layout { kind, account, region, ..unplaced() })
}

fn cloudtrail_kind(part: &str) -> Option<ObjectKind> {
    match part {
        "CloudTrail" => Some(ObjectKind::Log),
        "CloudTrail-Digest" => Some(ObjectKind::Digest),
        "CloudTrail-Insight" => Some(ObjectKind::Insight),
        _ => None,
    }
}

fn actiontrail_kind(part: &str) -> Option<ObjectKind> {
    if part.eq_ignore_ascii_case("Actiontrail") {
        Some(ObjectKind::Log)
    } else if part.eq_ignore_ascii_case("Actiontrail-Insight") {
        Some(ObjectKind::Insight)
    } else {
        None
    }
}

/// `ACCOUNT_KIND_REGION_TIME_...`, or `ACCOUNT_KIND_REGION-TIME.json` as some tools write it.
fn cloudtrail_file(file: &str) -> Option<Layout> {
    let stem = file.split('.').next()?;
    let mut parts = stem.split('_');
    let account = parts.next().filter(|part| is_number(part))?;
    let kind = cloudtrail_kind(parts.next()?)?;
    let place = parts.next()?;
    let (region, time) = match place.rsplit_once('-') {
        Some((region, time)) if time.len() >= SHORTEST_TIME && time.as_bytes()[0].is_ascii_digit() => {
            (region, Some(time))
        }
        _ => (place, parts.find(|part| moment(part).is_some())),
    };
    Some(Layout {
        kind,
        provider: Some(Provider::Aws),
        account: Some(account.to_owned()),
        region: Some(region).filter(|region| is_region(region)).map(str::to_owned),
        delivered_at: time.and_then(moment),
        promised_events: None,
    })
}

/// `Actiontrail_REGION_TIME_1002_COUNT_SIZE_MD5.gz`.
fn actiontrail_file(file: &str) -> Option<Layout> {
    let stem = file.split('.').next()?;
    let parts: Vec<_> = stem.split('_').collect();
    let [kind, region, time, ..] = parts[..] else { return None };
    let kind = actiontrail_kind(kind)?;
    Some(Layout {
        kind,
        provider: Some(Provider::Alibaba),
        account: None,
        region: Some(region).filter(|region| is_region(region)).map(str::to_owned),
        delivered_at: moment(time),
        promised_events: parts.get(4).and_then(|count| count.parse().ok()),
    })
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_region(part: &str) -> bool {
    part.contains('-') && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Digits of the shortest time in a file's name, `YYYYMMDDTHHmm`, without its `T`.
const SHORTEST_TIME: usize = 12;

/// The time in `20260501T1005Z`, `20260501T100500Z` or `20260501100500`, in UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let digits: String = match text.as_bytes().get(8) {
        Some(b'T') => [&text[..8], &text[9..]].concat(),
        _ => text.to_owned(),
    };
    if !is_number(&digits) || !matches!(digits.len(), SHORTEST_TIME | 14) {
        return None;
    }
    let seconds = digits.get(12..14).unwrap_or("00");
    let (date, time) = (&digits[..8], &digits[8..12]);
    format!("{}-{}-{}T{}:{}:{seconds}Z", &date[..4], &date[4..6], &date[6..], &time[..2], &time[2..]).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, kind: ObjectKind, account: Option<&str>, region: Option<&str>, delivered: Option<&str>) {
        let found = layout(name);
        assert_eq!(found.kind, kind, "{name}");
        assert_eq!(found.account.as_deref(), account, "{name}");
        assert_eq!(found.region.as_deref(), region, "{name}");
        assert_eq!(found.delivered_at, delivered.map(|time| time.parse().expect("the test's own time")), "{name}");
    }

    #[test]
    fn places_of_cloudtrail_objects_are_recognised() {
        let file = "111122223333_CloudTrail_eu-west-1_20260504T1005Z_Abc0123456789xyz.json.gz";
        let (account, region, time) = (Some("111122223333"), Some("eu-west-1"), Some("2026-05-04T10:05:00Z"));
        for folder in [
            "",
            "downloads/",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/05/04/",
            "s3://bucket/some/prefix/AWSLogs/o-abcd123456/111122223333/CloudTrail/eu-west-1/2026/05/04/",
            "C:\\logs\\",
        ] {
            check(&format!("{folder}{file}"), ObjectKind::Log, account, region, time);
        }
        let lenient = "AWSLogs/o-abcd/111122223333/CloudTrail/eu-west-1/2026/05/04/111122223333_CloudTrail_eu-west-1-20260504T1005.json";
        check(lenient, ObjectKind::Log, account, region, time);
        check(
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/05/04/part-1.json",
            ObjectKind::Log,
            account,
            region,
            None,
        );
    }

    #[test]
    fn digests_and_insights_are_told_apart_from_logs() {
        let (account, region) = (Some("111122223333"), Some("us-east-1"));
        for suffix in ["", "_backfill"] {
            let name = format!(
                "AWSLogs/o-x1/111122223333/CloudTrail-Digest/us-east-1/2026/05/04/111122223333_CloudTrail-Digest_us-east-1_my_trail_us-east-1_20260504T010203Z{suffix}.json.gz"
            );
            check(&name, ObjectKind::Digest, account, region, Some("2026-05-04T01:02:03Z"));
            check(
                name.rsplit('/').next().unwrap_or_default(),
                ObjectKind::Digest,
                account,
                region,
                Some("2026-05-04T01:02:03Z"),
            );
        }
        let insight = "AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2026/05/04/111122223333_CloudTrail-Insight_us-east-1_20260504T0100Z_x.json.gz";
        check(insight, ObjectKind::Insight, account, region, Some("2026-05-04T01:00:00Z"));
        let insight = "AliyunLogs/Actiontrail-Insight/cn-hangzhou/2026/01/02/x.gz";
        check(insight, ObjectKind::Insight, None, Some("cn-hangzhou"), None);
    }

    #[test]
    fn places_of_actiontrail_objects_are_recognised() {
        let file = "Actiontrail_cn-hangzhou_20260102030405_1002_31_5114_2506e6d6ac5c0355613169c32b996d19.gz";
        let time = Some("2026-01-02T03:04:05Z");
        for (folder, account) in [
            ("", None),
            ("p/AliyunLogs/Actiontrail/cn-hangzhou/2026/01/02/", None),
            ("AliyunLogs/Actiontrail/rd-ab12/1907199417912284/cn-hangzhou/2026/01/02/", Some("1907199417912284")),
        ] {
            let name = format!("{folder}{file}");
            check(&name, ObjectKind::Log, account, Some("cn-hangzhou"), time);
            assert_eq!(layout(&name).promised_events, Some(31));
        }
    }

    #[test]
    fn everything_else_is_unplaced() {
        for name in [
            "",
            "/",
            "events.json",
            "AWSLogs/111122223333/Config/eu-west-1/2026/5/4/ConfigSnapshot/x.json.gz",
            "AWSLogs/111122223333/vpcflowlogs/eu-west-1/x.log.gz",
            "CloudTrail/notes.txt",
            "111122223333_CloudTrailish_eu-west-1_20260504T1005Z_A.json",
        ] {
            check(name, ObjectKind::Unplaced, None, None, None);
        }
    }

    #[test]
    fn an_impossible_time_is_no_time() {
        let file = "111122223333_CloudTrail_eu-west-1_20261399T9905Z_A.json.gz";
        check(file, ObjectKind::Log, Some("111122223333"), Some("eu-west-1"), None);
    }
}
