//! Whatever stands in a file, nothing panics and nothing unreadable counts as complete.

use proptest::prelude::*;

use super::*;

/// Each file of the two whole inventories with the row that it feeds.
const FED: [(&str, &str, &str, &str); 9] = [
    ("aws", "get-role.json", GET_ROLE, api::AWS_GET_ROLE),
    ("aws", "list-attached-role-policies.json", ATTACHED, api::AWS_ATTACHED_POLICIES),
    ("aws", "get-policy-version.json", POLICY_VERSION, api::AWS_POLICY_VERSION),
    ("aws", "us-east-1/describe-custom-key-stores.json", STORES, api::AWS_KEY_STORES),
    ("alibaba", "GetRole.json", RAM_GET_ROLE, api::ALIBABA_GET_ROLE),
    ("alibaba", "ListPoliciesForRole.json", RAM_ATTACHED, api::ALIBABA_POLICIES),
    ("alibaba", "GetPolicyVersion.json", RAM_VERSION, api::ALIBABA_POLICY_VERSION),
    ("alibaba", "cn-hangzhou/ListKmsInstances.json", INSTANCES, api::ALIBABA_INSTANCES),
    ("alibaba", "cn-hangzhou/GetKmsInstance-kst-1.json", INSTANCE, api::ALIBABA_INSTANCES),
];

/// What `content` in the file makes of the row that it feeds.
fn outcome_of(fed: usize, content: &[u8]) -> Option<Outcome> {
    let (provider, file, _, api) = FED[fed];
    let (fixture, account) =
        if provider == "aws" { (Fixture::aws(&[]), AWS) } else { (Fixture::alibaba(&[]), ALIBABA) };
    fixture.write(&format!("{provider}/{account}/{file}"), content);
    let collection = fixture.only();
    let watched = [None, Some(CKS_ROLE), Some(CKS_POLICY), Some(RAM_ROLE), Some(RAM_POLICY)];
    let mut rows = collection.coverage.iter().filter(|row| row.key.api == api);
    rows.find(|row| watched.contains(&row.key.subject.as_deref())).map(|row| row.outcome)
}

/// A whole answer with some of its bytes cut off, changed or put in.
fn damaged() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..4);
    (0..FED.len(), damage).prop_map(|(fed, damage)| {
        let mut bytes = FED[fed].2.as_bytes().to_vec();
        for (at, byte, kind) in damage {
            let at = at.index(bytes.len().max(1));
            match kind {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => bytes[at] = byte,
                2 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.insert(at.min(bytes.len()), byte),
            }
        }
        (fed, bytes)
    })
}

fn is_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice::<serde_json::Value>(text).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damaged_answers_are_never_complete((fed, bytes) in damaged()) {
        let outcome = outcome_of(fed, &bytes);
        prop_assert!(is_json(&bytes) || outcome != Some(Outcome::Complete), "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_bytes_are_never_complete(fed in 0..FED.len(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert_ne!(outcome_of(fed, &bytes), Some(Outcome::Complete));
    }
}

#[test]
fn every_fed_row_is_complete_without_damage() {
    for (fed, (_, file, content, _)) in FED.iter().enumerate() {
        assert_eq!(outcome_of(fed, content.as_bytes()), Some(Outcome::Complete), "{file}");
    }
}

#[test]
fn every_cut_of_an_answer_is_noticed() {
    for (fed, (_, file, content, _)) in FED.iter().enumerate() {
        for end in (0..content.len()).step_by(19) {
            let outcome = outcome_of(fed, &content.as_bytes()[..end]);
            assert_ne!(outcome, Some(Outcome::Complete), "{file} cut at {end}");
        }
    }
}

#[test]
fn deep_nesting_huge_numbers_and_a_directory_in_the_files_place_are_errors() {
    let deep = format!("{{\"Role\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(outcome_of(0, deep.as_bytes()), Some(Outcome::Error));
    let huge = STORES.replace("1767323045.5", "1e400");
    assert_eq!(outcome_of(3, huge.as_bytes()), Some(Outcome::Error));
    let fixture = Fixture::aws(&[("us-east-1/describe-custom-key-stores.json", None)]);
    fixture.write(&format!("aws/{AWS}/us-east-1/describe-custom-key-stores.json/x"), b"");
    check_row(&fixture.only(), (api::AWS_KEY_STORES, Some("us-east-1"), None), Outcome::Error, &[]);
}
