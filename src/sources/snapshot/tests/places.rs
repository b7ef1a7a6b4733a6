//! Directories, Regions and ages.

use super::*;
use crate::config::Period;

const STORES_FILE: &str = "describe-custom-key-stores.json";

fn store_rows(collection: &Collection) -> Vec<(String, Outcome)> {
    let rows = collection.coverage.iter().filter(|row| row.key.api == api::AWS_KEY_STORES);
    rows.map(|row| (row.key.region.clone().unwrap_or_default(), row.outcome)).collect()
}

fn named(rows: &[(&str, Outcome)]) -> Vec<(String, Outcome)> {
    rows.iter().map(|(region, outcome)| ((*region).to_owned(), *outcome)).collect()
}

#[test]
fn a_directory_that_is_missing_is_a_gap_of_both_providers() {
    let mut fixture = Fixture::new(&[]);
    fixture.source.path = fixture.root.path().join("nowhere");
    let (rows, collections) = fixture.read();
    assert_eq!(collections.len(), 0);
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((row.outcome, row.key.account), (Outcome::Error, None));
        assert!(row.detail.contains("nowhere") && row.detail.contains("check the path"), "{}", row.detail);
    }
}

#[test]
fn directories_laid_out_wrongly_are_gaps() {
    for (file, outcomes, part) in [
        ("x.json", [Outcome::Error, Outcome::Error], "no directory aws or alibaba"),
        ("aws/prod/get-role.json", [Outcome::Error, Outcome::Complete], "not named by an account id"),
        ("alibaba/x/GetRole.json", [Outcome::Complete, Outcome::Error], "not named by an account id"),
        ("aws/README.md", [Outcome::Error, Outcome::Complete], "holds no account"),
    ] {
        let (rows, _) = Fixture::new(&[(file, "{}")]).read();
        assert_eq!(rows.iter().map(|row| row.outcome).collect::<Vec<_>>(), outcomes, "{file}");
        assert!(rows.iter().any(|row| row.detail.contains(part)), "{file}");
    }
}

#[test]
fn readable_directories_are_complete_and_hidden_ones_do_not_matter() {
    let fixture = Fixture::aws(&[]);
    fixture.write("aws/.git/config", b"");
    fixture.write(".cache/x", b"");
    let (rows, collections) = fixture.read();
    assert!(rows.iter().all(|row| row.outcome == Outcome::Complete));
    assert_eq!(collections.len(), 1);
}

#[test]
fn without_sources_there_is_nothing_to_say() {
    let profiles = Profiles::builtin().expect("built-in profiles load");
    let mut inventory = collect(&[], &profiles, &|_| Vec::new(), now());
    assert_eq!(inventory.directories(), []);
    assert_eq!(inventory.next(), None);
}

#[test]
fn every_expected_region_needs_an_answer() {
    let mut fixture = Fixture::aws(&[("eu-west-1/notes.md", Some("nothing yet"))]);
    fixture.source.regions = vec!["eu-west-2".to_owned()];
    fixture.known = vec!["eu-west-3", "us-east-1"];
    let collection = fixture.only();
    let expected = [
        ("eu-west-1", Outcome::Error),
        ("eu-west-2", Outcome::Error),
        ("eu-west-3", Outcome::Error),
        ("us-east-1", Outcome::Complete),
    ];
    assert_eq!(store_rows(&collection), named(&expected));
    check_row(
        &collection,
        (api::AWS_KEY_STORES, Some("eu-west-1"), None),
        Outcome::Error,
        &["no describe-custom-key-stores.json"],
    );
}

#[test]
fn without_any_region_the_account_is_a_gap() {
    let collection = Fixture::aws(&[("us-east-1/describe-custom-key-stores.json", None)]).only();
    assert_eq!(store_rows(&collection), []);
    check_row(&collection, (api::ACCOUNT, None, None), Outcome::Error, &["no Region has a directory"]);
}

#[test]
fn the_list_of_regions_says_which_are_expected_and_which_are_off() {
    let list = r#"{"Regions": [{"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
        {"RegionName": "ap-east-1", "RegionOptStatus": "DISABLED"}, {"RegionName": "me-south-1", "RegionOptStatus": "DISABLED"},
        {"RegionName": "af-south-1", "RegionOptStatus": "ENABLED"}]}"#;
    let refused =
        "An error occurred (UnrecognizedClientException) when calling the DescribeCustomKeyStores operation: x";
    let mut fixture = Fixture::aws(&[
        ("list-regions.json", Some(list)),
        ("me-south-1/describe-custom-key-stores.json", Some(refused)),
        ("af-south-1/describe-custom-key-stores.json", Some(refused)),
    ]);
    fixture.known = vec!["ap-east-1"];
    let collection = fixture.only();
    let expected = [
        ("af-south-1", Outcome::Error),
        ("ap-east-1", Outcome::NotEnabled),
        ("me-south-1", Outcome::NotEnabled),
        ("us-east-1", Outcome::Complete),
    ];
    assert_eq!(store_rows(&collection), named(&expected));
    check_row(&collection, (api::AWS_KEY_STORES, Some("ap-east-1"), None), Outcome::NotEnabled, &["DISABLED"]);
}

#[test]
fn a_switched_off_region_that_answered_all_the_same_counts() {
    let list = r#"{"Regions": [{"RegionName": "us-east-1", "OptInStatus": "not-opted-in"}]}"#;
    let collection = Fixture::aws(&[("describe-regions.json", Some(list))]).only();
    assert_eq!(store_rows(&collection), named(&[("us-east-1", Outcome::Complete)]));
    assert_eq!(collection.stores.len(), 1);
}

#[test]
fn a_list_of_regions_that_is_broken_or_cut_off_is_a_gap_of_the_account() {
    for (content, outcome) in [
        ("{", Outcome::Error),
        ("{\"Regions\": [], \"NextToken\": \"x\"}", Outcome::Partial),
        ("An error occurred (AccessDenied) when calling the ListRegions operation: x", Outcome::Denied),
    ] {
        let collection = Fixture::aws(&[("list-regions.json", Some(content))]).only();
        check_row(&collection, (api::ACCOUNT, None, None), outcome, &[]);
    }
}

#[test]
fn alibaba_regions_are_listed_too() {
    let list = r#"{"Regions": {"Region": [{"RegionId": "cn-hangzhou"}, {"RegionId": "cn-shanghai"}]}}"#;
    let collection = Fixture::alibaba(&[("DescribeRegions.json", Some(list))]).only();
    check_row(
        &collection,
        (api::ALIBABA_INSTANCES, Some("cn-shanghai"), None),
        Outcome::Error,
        &["no ListKmsInstances.json"],
    );
}

#[test]
fn a_file_older_than_max_age_proves_nothing() {
    let mut fixture = Fixture::aws(&[]);
    let path = fixture.root.path().join("aws").join(AWS).join("us-east-1").join(STORES_FILE);
    let of = |fixture: &Fixture| store_rows(&fixture.only())[0].1;
    set_age(&path, 3);
    assert_eq!(of(&fixture), Outcome::Complete);
    fixture.source.max_age = Some(Period::from_hours(48));
    assert_eq!(of(&fixture), Outcome::Error);
    check_row(
        &fixture.only(),
        (api::AWS_KEY_STORES, Some("us-east-1"), None),
        Outcome::Error,
        &["2026-05-29", "max_age"],
    );
    set_age(&path, 1);
    assert_eq!(of(&fixture), Outcome::Complete);
}

#[test]
fn one_account_may_be_spread_over_two_sources() {
    let first = Fixture::aws(&[]);
    let second = Fixture::new(&[(&format!("aws/{AWS}/eu-west-1/{STORES_FILE}"), NO_STORES)]);
    let profiles = Profiles::builtin().expect("built-in profiles load");
    let sources = [first.source.clone(), second.source.clone()];
    let collections: Vec<_> = collect(&sources, &profiles, &|_| Vec::new(), now()).collect();
    assert_eq!(collections.len(), 1);
    assert_eq!(
        store_rows(&collections[0]),
        named(&[("eu-west-1", Outcome::Complete), ("us-east-1", Outcome::Complete)])
    );
    assert_eq!(gaps(&collections[0]), [""; 0]);
}

#[test]
fn answers_in_a_directory_that_is_no_region_are_a_gap() {
    let collection = Fixture::aws(&[("eu_west_1/describe-custom-key-stores.json", Some(STORES))]).only();
    check_row(&collection, (api::ACCOUNT, None, None), Outcome::Error, &["eu_west_1", "not named by a Region"]);
    let collection = Fixture::aws(&[("my notes/todo.md", Some("ask for rights"))]).only();
    check_row(&collection, (api::ACCOUNT, None, None), Outcome::Complete, &[]);
}
