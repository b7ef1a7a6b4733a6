use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::model::{Provider, Verdict};
use crate::profiles::Profiles;

fn now() -> Timestamp {
    "2026-11-20T10:17:31.25Z".parse().expect("is a time")
}

/// Every file below a directory, by its path from there.
pub(super) fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("directory is there") {
            let path = entry.expect("entry can be read").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = fs::read(&path).expect("file can be read");
                found.insert(path.strip_prefix(root).expect("is below").to_owned(), bytes);
            }
        }
    }
    found
}

/// The JSON of an object, whatever its form.
pub(super) fn json(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(bytes).read_to_end(&mut text).expect("is gzip");
    } else {
        text.extend_from_slice(bytes);
    }
    text
}

/// The records of a log, from either provider's envelopes.
pub(super) fn records_of(bytes: &[u8]) -> Vec<Value> {
    let values: Vec<Value> =
        serde_json::Deserializer::from_slice(&json(bytes)).into_iter().collect::<Result<_, _>>().expect("is JSON");
    match values.as_slice() {
        [Value::Array(records)] => records.clone(),
        [Value::Object(map)] if map.contains_key("Records") => map["Records"].as_array().expect("is a list").clone(),
        lines => lines.to_vec(),
    }
}

pub(super) fn id_of(record: &Value) -> Option<&str> {
    record.get("eventID").or(record.get("eventId"))?.as_str()
}

pub(super) fn is_log(path: &Path) -> bool {
    let path = path.to_string_lossy();
    path.contains("/CloudTrail/") || path.contains("/Actiontrail/")
}

/// The demo as it stands on disk.
struct Demo {
    organisation: Organisation,
    counts: Written,
    trail: BTreeMap<PathBuf, Vec<u8>>,
    inventory: BTreeMap<PathBuf, Vec<u8>>,
}

fn write() -> Demo {
    let organisation = demo(now());
    let directory = tempfile::tempdir().expect("a directory can be made");
    let (trail, inventory) = (directory.path().join("trail"), directory.path().join("inventory"));
    let counts = organisation.write_trail(&trail).expect("can be written");
    organisation.write_inventory(&inventory).expect("can be written");
    Demo { organisation, counts, trail: files(&trail), inventory: files(&inventory) }
}

/// Written once for all tests: they only look.
static DEMO: LazyLock<Demo> = LazyLock::new(write);

fn logs() -> impl Iterator<Item = (&'static PathBuf, &'static Vec<u8>)> {
    DEMO.trail.iter().filter(|(path, _)| is_log(path))
}

#[test]
fn the_same_moment_gives_the_same_bytes() {
    let again = write();
    assert!(again.trail == DEMO.trail && again.inventory == DEMO.inventory);
}

#[test]
fn every_log_can_be_read_and_the_counts_are_right() {
    let (organisation, counts) = (&DEMO.organisation, DEMO.counts);
    let records: Vec<_> = logs().flat_map(|(_, bytes)| records_of(bytes)).collect();
    assert_eq!(logs().count() as u64, counts.log_objects);
    assert_eq!(records.len() as u64, counts.records);
    assert!(2_000 < counts.records, "{counts:?}");
    assert!(counts.bytes_compressed < 5_000_000, "{counts:?}");
    // Each object costs a transaction of the reader: a demo has few.
    assert!(counts.log_objects < 1_500, "{counts:?}");
    let ids: BTreeSet<_> = records.iter().filter_map(id_of).collect();
    assert_eq!(ids.len(), records.len());
    for happening in organisation.accounts.iter().flat_map(|account| &account.happenings) {
        assert!(ids.contains(happening.event_id.as_str()), "{happening:?}");
    }
}

#[test]
fn nothing_happens_outside_the_trails_span() {
    let organisation = &DEMO.organisation;
    for (path, bytes) in logs() {
        for record in records_of(bytes) {
            let at: Timestamp = record["eventTime"].as_str().expect("has a time").parse().expect("is a time");
            assert!(organisation.since <= at && at < organisation.now, "{at} in {}", path.display());
        }
    }
}

#[test]
fn all_forms_and_other_objects_of_real_buckets_occur() {
    assert!(logs().any(|(path, _)| path.extension().is_some_and(|end| end == "json")));
    assert!(logs().any(|(path, bytes)| path.starts_with("AliyunLogs") && json(bytes).starts_with(b"{")));
    assert!(logs().any(|(path, bytes)| path.starts_with("AliyunLogs") && json(bytes).starts_with(b"[")));
    let members = |bytes: &[u8]| {
        let mut one = Vec::new();
        let mut single = flate2::bufread::GzDecoder::new(bytes);
        single.read_to_end(&mut one).is_ok() && one.len() < json(bytes).len()
    };
    assert!(logs().any(|(_, bytes)| bytes.starts_with(&[0x1f, 0x8b]) && members(bytes)));
    for folder in ["CloudTrail-Digest", "CloudTrail-Insight", "Actiontrail-Insight"] {
        let found: Vec<_> = DEMO.trail.iter().filter(|(path, _)| path.to_string_lossy().contains(folder)).collect();
        assert!(!found.is_empty(), "{folder}");
        for (_, bytes) in found {
            assert!(!records_of(bytes).is_empty());
        }
    }
    assert_eq!((DEMO.trail.len() - logs().count()) as u64, DEMO.counts.other_objects);
}

#[test]
fn inventory_is_json_or_the_tools_error_text() {
    let files = &DEMO.inventory;
    let mut errors = BTreeSet::new();
    for (path, bytes) in files {
        let text = String::from_utf8_lossy(bytes);
        if serde_json::from_slice::<Value>(bytes).is_err() {
            assert!(["An error occurred (", "Connect timeout", "ErrorCode: "].iter().any(|form| text.contains(form)));
            errors.insert(path.to_string_lossy().into_owned());
        }
    }
    let expected = [
        "alibaba/1000200030004005/cn-shanghai/list-kms-instances.json",
        "aws/000011112222/get-role.json",
        "aws/000011112222/list-attached-role-policies.json",
        "aws/000011112222/list-role-policies.json",
        "aws/555566667777/ap-southeast-2/describe-custom-key-stores.json",
    ];
    assert_eq!(errors.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let regions = DEMO.organisation.accounts.iter().map(|account| account.regions.len()).sum::<usize>();
    let lists = ["describe-custom-key-stores.json", "list-kms-instances.json"];
    assert_eq!(files.keys().filter(|path| lists.iter().any(|list| path.ends_with(list))).count(), regions);
}

#[test]
fn the_policies_in_inventory_are_the_profiles_newest() {
    let profiles = Profiles::builtin().expect("built-in profiles load");
    for (file, pointer, profile) in [
        ("aws/111122223333/get-policy-version.json", "/PolicyVersion/Document", AWS_PROFILE),
        ("alibaba/1000200030004001/get-policy-version.json", "/PolicyVersion/PolicyDocument", ALIBABA_PROFILE),
    ] {
        let value: Value = serde_json::from_slice(&DEMO.inventory[Path::new(file)]).expect("is JSON");
        let document = value.pointer(pointer).expect("has a document");
        let document = crate::model::PolicyDocument::from_value(document).expect("is a policy");
        let policy = profiles.get(profile).and_then(|profile| profile.policy.as_ref()).expect("has a policy");
        assert!(policy.versions.last().expect("has a version").document.means_the_same(&document));
    }
}

#[test]
fn the_story_agrees_with_the_profiles() {
    let profiles = Profiles::builtin().expect("built-in profiles load");
    for account in demo(now()).accounts {
        let profile = profiles.get(account.profile()).expect("is built in");
        assert!(profile.primary);
        assert_eq!(profile.role_name(), account.role_name());
        assert_eq!(profile.trusted_principals, [account.service()]);
        let calls = &profile.store.as_ref().expect("serves stores").calls;
        for store in &account.stores {
            assert!(!store.id.is_empty() && account.regions.contains(&store.region), "{store:?}");
        }
        assert!(calls.iter().any(|call| call.name.starts_with("Create")));
    }
}

#[test]
fn what_is_expected_agrees_with_the_story() {
    let organisation = demo(now());
    assert_eq!(organisation.accounts.len(), organisation.expected.len());
    for (account, expected) in organisation.accounts.iter().zip(&organisation.expected) {
        assert_eq!((account.provider, &account.id), (expected.provider, &expected.account));
        assert!(expected.rules.is_sorted(), "{expected:?}");
        let needing =
            account.stores.iter().any(|store| store.deleted.is_none() && store.edition == StoreEdition::Hsm);
        let facts = (account.role.is_some(), needing, account.silent.is_empty());
        let possible = match expected.verdict {
            Verdict::Clean | Verdict::Findings => facts == (true, true, true),
            Verdict::Orphaned => facts == (true, false, true),
            Verdict::Unknown => facts == (true, false, false),
            Verdict::NotInUse => facts == (false, false, true),
        };
        assert!(possible, "{expected:?}");
        assert_eq!(
            expected.rules.is_empty(),
            matches!(expected.verdict, Verdict::Clean | Verdict::Unknown | Verdict::NotInUse)
        );
    }
    for provider in Provider::ALL {
        for verdict in [Verdict::Clean, Verdict::Findings, Verdict::Orphaned, Verdict::Unknown] {
            let found = organisation.expected.iter().any(|one| (one.provider, one.verdict) == (provider, verdict));
            assert!(found, "{provider} {verdict}");
        }
    }
}

#[test]
fn the_service_uses_a_role_only_while_a_store_is_there() {
    for account in demo(now()).accounts {
        let trusted: Vec<_> = account.happenings.iter().filter(|one| one.by == Caller::Service).collect();
        for use_ in &trusted {
            let covered = account.stores.iter().any(|store| {
                store.edition == StoreEdition::Hsm
                    && store.created < use_.at
                    && store.deleted.is_none_or(|deleted| use_.at < deleted)
            });
            assert!(covered, "{} at {}", account.id, use_.at);
        }
        assert_eq!(account.role.is_some(), 20 < trusted.len(), "{}", account.id);
    }
}
