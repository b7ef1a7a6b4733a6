//! What the keys of `ActionTrail`'s buckets look like.
//!
//! `[prefix/]AliyunLogs/Actiontrail/REGION/YYYY/MM/DD/...`, and of a resource directory's trail
//! `[prefix/]AliyunLogs/Actiontrail/RD/ACCOUNT/REGION/YYYY/MM/DD/...` (`ActionTrail`, "What is the storage path").

use crate::sources::live::bucket::{Folder, Layout};
use crate::trail;

/// What the keys are made of. Insights have a folder of their own beside that of the trails.
pub(super) const LAYOUT: Layout = Layout {
    scheme: "oss",
    logs: "AliyunLogs/",
    trails: "Actiontrail/",
    found: "folder of a Region or account",
    above_regions: "",
};

/// What a folder below those of the trails holds. The trail of a single account does not tell which it is: the bucket is
/// in the account of whoever reads it, `own`.
pub(super) fn folder(name: &str, own: &str) -> Folder {
    let layout = trail::layout(&format!("{name}object"));
    match (layout.account, layout.region) {
        (Some(account), None) => Folder::Account(account),
        (None, Some(_)) => Folder::RegionOf(own.to_owned()),
        (None, None) => Folder::Organization,
        (Some(_), Some(_)) => Folder::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_regions_accounts_and_directories_are_told_apart() {
        let account = |id: &str| Folder::Account(id.to_owned());
        for (name, expected) in [
            ("AliyunLogs/Actiontrail/cn-hangzhou/", Folder::RegionOf("1".to_owned())),
            ("p/AliyunLogs/Actiontrail/rd-ab12/", Folder::Organization),
            ("p/AliyunLogs/Actiontrail/rd-ab12/1000000000000002/", account("1000000000000002")),
            ("AliyunLogs/Actiontrail/1000000000000002/", account("1000000000000002")),
            ("AliyunLogs/Actiontrail/1000000000000002/cn-hangzhou/", Folder::Other),
        ] {
            assert_eq!(folder(name, "1"), expected, "{name}");
        }
    }
}
