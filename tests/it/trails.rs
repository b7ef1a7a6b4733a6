//! How trails are set up: what a poor trail is reported for, and what its archive does not prove.

use serde_json::{Value, json};

use crate::records::ACCOUNT;
use crate::snapshot::{Inventory, file};

/// An account that is well but for its trail; `change` spoils the listed trail, its status and its selector.
fn account(change: impl Fn(&mut Value, &mut Value, &mut Value)) -> Inventory {
    let inventory = Inventory::new(2000);
    inventory.stores("us-east-1", &[("cks-1", "AWS_CLOUDHSM")]);
    inventory.with_trail("24h");
    write(&inventory, change);
    inventory
}

fn write(inventory: &Inventory, change: impl Fn(&mut Value, &mut Value, &mut Value)) {
    let arn = format!("arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/main");
    let mut trail = json!({"Name": "main", "TrailARN": arn, "HomeRegion": "eu-central-1", "S3BucketName": "logs",
        "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": true, "LogFileValidationEnabled": true,
        "IsOrganizationTrail": false, "HasCustomEventSelectors": true});
    let mut status = json!({ "IsLogging": true });
    let mut selector = json!({"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
        "ExcludeManagementEventSources": []});
    change(&mut trail, &mut status, &mut selector);
    inventory.write(&file("describe-trails.json"), &json!({ "trailList": [trail] }));
    inventory.write(&file("get-trail-status.json"), &status);
    inventory.write(&file("get-event-selectors.json"), &json!({"TrailARN": arn, "EventSelectors": [selector]}));
}

fn well(_: &mut Value, _: &mut Value, _: &mut Value) {}

fn write_only(_: &mut Value, _: &mut Value, selector: &mut Value) {
    selector["ReadWriteType"] = json!("WriteOnly");
}

/// Subjects of the open findings of the rule, with their Region.
fn degraded(inventory: &Inventory) -> Vec<(String, Option<String>)> {
    let findings = inventory.place.list(&["findings", "--rule", "trail-degraded"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let open = findings.iter().filter(|finding| finding["status"] == "open");
    open.map(|finding| {
        assert_eq!((&finding["severity"], &finding["profile"]), (&json!("high"), &Value::Null), "{finding}");
        (finding["summary"].as_str().expect("a summary").to_owned(), text(&finding["region"]))
    })
    .collect()
}

#[test]
fn a_healthy_trail_is_no_finding_and_proves_a_clean_account() {
    let inventory = account(well);
    let scan = inventory.scan(0);
    assert_eq!(degraded(&inventory), []);
    assert_eq!(inventory.verdict().0, "clean");
    assert_eq!(scan["coverage"]["accounts_complete"], 1, "{scan}");
}

#[test]
fn a_write_only_trail_is_found_and_its_archive_proves_nothing_until_it_is_mended() {
    let inventory = account(write_only);
    inventory.scan(1);
    let found = degraded(&inventory);
    let [(summary, region)] = &found[..] else { panic!("one finding: {found:?}") };
    assert!(summary.contains("assumptions of roles") && summary.contains("main"), "{summary}");
    assert_eq!(region.as_deref(), Some("eu-central-1"));
    let (verdict, _, missing) = inventory.verdict();
    assert_eq!(verdict, "unknown");
    assert!(missing.iter().any(|place| place.starts_with("cloudtrail:GetEventSelectors")), "{missing:?}");
    write(&inventory, well);
    inventory.scan(0);
    assert_eq!((degraded(&inventory), inventory.verdict().0.as_str()), (Vec::new(), "clean"));
}

#[test]
fn an_account_without_a_trail_is_found() {
    let inventory = account(well);
    inventory.write(&file("describe-trails.json"), &json!({ "trailList": [] }));
    inventory.scan(1);
    assert_eq!(degraded(&inventory), [("The account has no trail.".to_owned(), None)]);
    assert_eq!(inventory.verdict().0, "unknown");
}

#[test]
fn what_cannot_be_read_of_a_trail_keeps_its_finding_and_ends_no_scan_as_incomplete() {
    let inventory = account(write_only);
    inventory.scan(1);
    let refused = "\nAn error occurred (AccessDenied) when calling the GetEventSelectors operation: no\n";
    inventory.place.write(&file("get-event-selectors.json"), refused);
    let scan = inventory.scan(1);
    let findings = inventory.place.list(&["findings", "--rule", "trail-degraded"]);
    assert_eq!((findings.len(), &findings[0]["stale"]), (1, &json!(true)), "{findings:?}");
    assert_eq!(scan["coverage"]["accounts_complete"], 1, "{scan}");
    let missing = scan["coverage"]["missing"].as_array().expect("a list");
    assert!(missing.iter().any(|row| row["api"] == "cloudtrail:GetEventSelectors"), "{scan}");
    let gaps = inventory.place.list(&["coverage", "--gaps"]);
    assert!(gaps.iter().any(|row| row["api"] == "cloudtrail:GetEventSelectors"), "{gaps:?}");
}
