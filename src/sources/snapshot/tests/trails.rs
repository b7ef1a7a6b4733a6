//! What answers about trails are taken for.

use super::*;
use crate::model::{Recording, TrailSettings};

const MAIN: &str = r#"{"Name": "main", "S3BucketName": "logs", "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": true,
 "HomeRegion": "us-east-1", "TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main",
 "LogFileValidationEnabled": true, "HasCustomEventSelectors": true, "IsOrganizationTrail": true}"#;
const LOCAL: &str = r#"{"Name": "local", "IsMultiRegionTrail": false, "HomeRegion": "eu-west-1",
 "TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/local", "LogFileValidationEnabled": false}"#;
const LOGGING: &str =
    r#"{"IsLogging": true, "LatestDeliveryError": "AccessDenied", "LatestDeliveryTime": 1767323045.5}"#;
const STOPPED: &str = r#"{"IsLogging": false, "LatestDeliveryError": ""}"#;
const WRITE_ONLY: &str = r#"{"TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main",
 "EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []}]}"#;
const WITHOUT_KMS: &str = r#"{"TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "AdvancedEventSelectors": [
 {"Name": "all but KMS", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]}]}"#;

fn listing(trails: &[&str]) -> String {
    format!("{{\"trailList\": [{}]}}", trails.join(", "))
}

fn trails(files: &[(&str, &str)]) -> Option<Vec<TrailSettings>> {
    let files: Vec<_> = files.iter().map(|(path, content)| (*path, Some(*content))).collect();
    Fixture::aws(&files).only().trails
}

#[test]
fn the_settings_of_a_trail_are_put_together_from_three_answers() {
    let read = trails(&[
        ("describe-trails.json", &listing(&[MAIN])),
        ("get-trail-status.json", LOGGING),
        ("get-event-selectors.json", WRITE_ONLY),
    ]);
    let arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main";
    let recording = Recording { records_reads: Some(false), ..Recording::EVERYTHING };
    let expected = TrailSettings {
        home_region: Some("us-east-1".to_owned()),
        multi_region: true,
        organization: true,
        logging: Some(true),
        log_file_validation: Some(true),
        global_service_events: Some(true),
        delivery_error: Some("AccessDenied".to_owned()),
        bucket: Some("logs".to_owned()),
        recording,
        ..TrailSettings::new("main", arn)
    };
    assert_eq!(read, Some(vec![expected]));
}

#[test]
fn advanced_selectors_are_read() {
    let read = trails(&[("describe-trails.json", &listing(&[MAIN])), ("get-event-selectors.json", WITHOUT_KMS)]);
    let recording = read.map(|trails| trails[0].recording);
    assert_eq!(recording, Some(Recording { records_kms: Some(false), ..Recording::EVERYTHING }));
}

#[test]
fn without_a_complete_list_no_trail_is_known() {
    assert_eq!(trails(&[]), None);
    assert_eq!(trails(&[("get-trail-status.json", LOGGING)]), None);
    assert_eq!(trails(&[("describe-trails.json", "rubbish")]), None);
    let one_broken = [("describe-trails.json", "{\"trailList\": []}"), ("us-east-1/describe-trails.json", "{")];
    assert_eq!(trails(&one_broken), None);
    assert_eq!(trails(&[("describe-trails.json", "{\"trailList\": []}")]), Some(Vec::new()));
}

#[test]
fn each_answer_finds_its_trail_and_what_no_answer_tells_is_not_known() {
    let both = listing(&[MAIN, LOCAL]);
    let logging = |files: &[(&str, &str)]| {
        let files = [&[("describe-trails.json", both.as_str())], files].concat();
        let trails = trails(&files).expect("the list is complete");
        trails.into_iter().map(|trail| (trail.name, trail.logging)).collect::<Vec<_>>()
    };
    let named = |local, main| vec![("local".to_owned(), local), ("main".to_owned(), main)];
    assert_eq!(logging(&[]), named(None, None));
    let by_name = [("get-trail-status-main.json", LOGGING), ("GetTrailStatus_local.json", STOPPED)];
    assert_eq!(logging(&by_name), named(Some(false), Some(true)));
    let by_region = [("us-east-1/get-trail-status.json", LOGGING), ("eu-west-1/get-trail-status.json", STOPPED)];
    assert_eq!(logging(&by_region), named(Some(false), Some(true)));
    assert_eq!(logging(&[("get-trail-status.json", STOPPED)]), named(None, None));
    assert_eq!(logging(&[("get-trail-status-other.json", STOPPED)]), named(None, None));
}

#[test]
fn an_answer_that_may_be_about_any_trail_is_named() {
    let listed = listing(&[MAIN, LOCAL]);
    let files = [("describe-trails.json", Some(listed.as_str())), ("get-trail-status.json", Some(STOPPED))];
    let collection = Fixture::aws(&files).only();
    check_row(&collection, (api::AWS_TRAIL_STATUS, None, None), Outcome::Partial, &["put the trail's name"]);
}

#[test]
fn a_refused_status_leaves_the_rest() {
    let refused = "\nAn error occurred (AccessDeniedException) when calling the GetTrailStatus operation: no\n";
    let listed = listing(&[MAIN]);
    let files = [("describe-trails.json", Some(listed.as_str())), ("get-trail-status.json", Some(refused))];
    let collection = Fixture::aws(&files).only();
    check_row(&collection, (api::AWS_TRAIL_STATUS, None, None), Outcome::Denied, &["AccessDenied"]);
    check_row(&collection, (api::AWS_DESCRIBE_TRAILS, None, None), Outcome::Complete, &[]);
    assert_eq!(collection.trails.map(|trails| trails[0].logging), Some(None));
}
