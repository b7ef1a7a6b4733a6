//! What the keys of `CloudTrail`'s buckets look like.
//!
//! `[prefix/]AWSLogs/[o-ORG/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/...` (`CloudTrail` user guide, "Finding your
//! `CloudTrail` log files").

use crate::sources::live::bucket::{self, Folder, Layout};
use crate::trail::{self, ObjectKind};

/// Digits of an account id.
const ID_DIGITS: usize = 12;

/// What the keys are made of.
pub(super) const LAYOUT: Layout =
    Layout { scheme: "s3", logs: "AWSLogs/", trails: "", found: "account's folder", above_regions: "CloudTrail/" };

/// What is below which the accounts stand, with a slash at its end.
pub(in crate::sources::aws) fn root(prefix: Option<&str>) -> String {
    bucket::root(prefix, LAYOUT.logs)
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
    let unplaced = trail::layout(key).kind == ObjectKind::Unplaced;
    bucket::is_no_log(key) || (unplaced && is_of_another_service(key))
}

/// Whether an account's folder is followed by one that is not a trail's.
fn is_of_another_service(key: &str) -> bool {
    let Some((_, below)) = key.rsplit_once("AWSLogs/") else { return false };
    let mut parts = below.split('/').skip_while(|part| part.starts_with("o-"));
    let account = parts.next().unwrap_or_default();
    folder(account) == Folder::Account(account.to_owned()) && parts.nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_accounts_and_organizations_are_told_apart() {
        assert_eq!(folder("p/AWSLogs/111122223333/"), Folder::Account("111122223333".to_owned()));
        assert_eq!(folder("AWSLogs/o-abc123/"), Folder::Organization);
        for other in ["AWSLogs/12/", "AWSLogs/aws-waf-logs/", "AWSLogs/11112222333x/", "/"] {
            assert_eq!(folder(other), Folder::Other, "{other}");
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
}
