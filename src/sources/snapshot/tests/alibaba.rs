//! Inventories of Alibaba Cloud.

use super::*;
use crate::model::{StoreNeed, StoreState, TaskStatus};

const ROLE_ROW: (&str, Option<&str>, Option<&str>) = (api::ALIBABA_GET_ROLE, None, Some(RAM_ROLE));
const ATTACHED_ROW: (&str, Option<&str>, Option<&str>) = (api::ALIBABA_POLICIES, None, Some(RAM_ROLE));
const VERSION_ROW: (&str, Option<&str>, Option<&str>) = (api::ALIBABA_POLICY_VERSION, None, Some(RAM_POLICY));
const STORES_ROW: (&str, Option<&str>, Option<&str>) = (api::ALIBABA_INSTANCES, Some("cn-hangzhou"), None);
const LIST: &str = "cn-hangzhou/ListKmsInstances.json";
const DESCRIPTION: &str = "cn-hangzhou/GetKmsInstance-kst-1.json";

#[test]
fn a_whole_inventory_has_no_gaps_and_keeps_everything() {
    let collection = Fixture::alibaba(&[]).only();
    assert_eq!(gaps(&collection), [""; 0]);
    for place in [ROLE_ROW, ATTACHED_ROW, VERSION_ROW, STORES_ROW] {
        check_row(&collection, place, Outcome::Complete, &[]);
    }
    let role = collection.roles[0].role.as_ref().expect("is present");
    assert_eq!((role.name.as_str(), role.role_id.as_str()), (RAM_ROLE, "300000000000000001"));
    assert!(role.trust_policy.as_ref().is_some_and(|trust| trust.contains("keystore.kms.aliyuncs.com")));
    let attached = role.attached.as_ref().expect("is known");
    assert_eq!((attached[0].arn.as_str(), attached[0].version.as_deref()), ("System", Some("v1")));
    assert!(attached[0].document.is_some() && role.inline.is_none());
    let store = &collection.stores[0];
    assert_eq!((store.id.as_str(), store.store_type.as_deref()), ("kst-1", Some("5")));
    assert_eq!((store.need, store.state), (StoreNeed::Needed, StoreState::Connected));
    assert_eq!(store.expires.map(|time| time.to_string()).as_deref(), Some("2027-01-01T16:00:00Z"));
    assert_eq!(collection.stores.len(), 1, "both profiles serve the same instances");
}

#[test]
fn the_latest_deletion_task_is_kept_with_an_unknown_end() {
    let collection = Fixture::alibaba(&[]).only();
    let [task] = &collection.tasks[..] else { panic!("{:?}", collection.tasks) };
    assert!(task.id.ends_with("/7") && task.profile == "alibaba-kms-key-store");
    assert_eq!((task.status, task.submitted_at.to_string().as_str()), (TaskStatus::Unknown, "2026-05-01T00:00:00Z"));
}

#[test]
fn every_error_text_is_understood() {
    let missing = "ERROR: SDK.ServerError\nErrorCode: EntityNotExist.Role\nRequestId: 1\nMessage: The role not exists: AliyunServiceRoleForKMSKeyStore\n";
    let denied =
        "ERROR: SDK.ServerError\nErrorCode: NoPermission\nMessage: You are not authorized to do this action.\n";
    let slow =
        r#"{"Code": "Throttling.User", "Message": "Request was denied due to user flow control.", "RequestId": "1"}"#;
    let hung = "ERROR: Post \"https://ram.aliyuncs.com/\": dial tcp 203.0.113.1:443: i/o timeout";
    for (content, outcome, absent) in [
        (missing, Outcome::Complete, true),
        (denied, Outcome::Denied, false),
        (slow, Outcome::Throttled, false),
        (hung, Outcome::TimedOut, false),
    ] {
        let collection = Fixture::alibaba(&[("GetRole.json", Some(content))]).only();
        check_row(&collection, ROLE_ROW, outcome, &[]);
        assert_eq!(collection.roles.iter().any(|role| role.role.is_none()), absent, "{content}");
        assert!(collection.roles.iter().all(|role| role.role.is_none()));
    }
}

#[test]
fn an_instance_past_its_end_is_expired_whatever_its_status() {
    let over = INSTANCE.replace("2027-01-01T16:00:00Z", "2026-05-31T16:00:00Z").replace("Normal", "Overdue");
    let store = Fixture::alibaba(&[(DESCRIPTION, Some(&over))]).only().stores.remove(0);
    assert_eq!((store.state, store.provider_state.as_deref()), (StoreState::Expired, Some("Connected, Overdue")));
}

#[test]
fn software_instances_need_no_role_and_unknown_ones_count() {
    for (edition, need) in [
        ("\"3\"", StoreNeed::NotNeeded),
        ("3", StoreNeed::NotNeeded),
        ("\"9\"", StoreNeed::Unknown),
        ("null", StoreNeed::Unknown),
    ] {
        let content = INSTANCE.replace("\"ProductVersion\": 5", &format!("\"ProductVersion\": {edition}"));
        let collection = Fixture::alibaba(&[(DESCRIPTION, Some(&content))]).only();
        assert_eq!(collection.stores[0].need, need, "{edition}");
    }
}

#[test]
fn what_is_missing_of_the_instances_is_partial_and_what_is_broken_an_error() {
    let more = INSTANCES.replace("\"TotalCount\": 1", "\"TotalCount\": \"2\"");
    let none = r#"{"KmsInstances": {"KmsInstance": []}, "TotalCount": 0}"#;
    let forbidden = "ErrorCode: Forbidden.NoPermission\nMessage: no\n";
    for (change, outcome, part, stores) in [
        ((LIST, Some(more.as_str())), Outcome::Partial, "1 of 2 instances", 1),
        ((LIST, Some(none)), Outcome::Partial, "kst-1 is described but not listed", 1),
        ((LIST, None), Outcome::Error, "no ListKmsInstances.json", 1),
        ((LIST, Some("{\"KmsInstances\": {}}")), Outcome::Error, "TotalCount", 1),
        (
            (LIST, Some("{\"KmsInstances\": {\"KmsInstance\": []}, \"TotalCount\": \"x\"}")),
            Outcome::Error,
            "no count",
            1,
        ),
        ((DESCRIPTION, None), Outcome::Partial, "no GetKmsInstance answer for kst-1", 1),
        ((DESCRIPTION, Some("{")), Outcome::Error, "GetKmsInstance-kst-1.json", 1),
        ((DESCRIPTION, Some(forbidden)), Outcome::Denied, "Forbidden.NoPermission", 1),
    ] {
        let collection = Fixture::alibaba(&[change]).only();
        check_row(&collection, STORES_ROW, outcome, &[part]);
        assert_eq!(collection.stores.len(), stores, "{change:?}");
    }
}

#[test]
fn an_instance_known_by_its_id_alone_counts_as_needing_the_role() {
    let collection = Fixture::alibaba(&[(DESCRIPTION, None)]).only();
    assert_eq!((collection.stores[0].need, collection.stores[0].state), (StoreNeed::Unknown, StoreState::Unknown));
}

#[test]
fn an_empty_region_is_complete() {
    let none = r#"{"KmsInstances": {"KmsInstance": []}, "TotalCount": 0}"#;
    let collection = Fixture::alibaba(&[(LIST, Some(none)), (DESCRIPTION, None)]).only();
    check_row(&collection, STORES_ROW, Outcome::Complete, &[]);
    assert_eq!(collection.stores, []);
}

#[test]
fn the_text_of_a_policy_may_come_from_get_policy() {
    let policy = format!(
        r#"{{"Policy": {{"PolicyName": "{RAM_POLICY}"}}, "DefaultPolicyVersion": {{"VersionId": "v1", "IsDefaultVersion": true, "PolicyDocument": "{{\"Statement\":[]}}"}}}}"#
    );
    let collection = Fixture::alibaba(&[("GetPolicyVersion.json", None), ("GetPolicy.json", Some(&policy))]).only();
    check_row(&collection, VERSION_ROW, Outcome::Complete, &[]);
    let newer = RAM_ATTACHED.replace("v1", "v2");
    let collection = Fixture::alibaba(&[("ListPoliciesForRole.json", Some(&newer))]).only();
    check_row(&collection, VERSION_ROW, Outcome::Error, &["not the default version"]);
}

#[test]
fn the_twin_is_expected_only_where_a_file_speaks_of_it() {
    let twin = "AliyunServiceRoleForCustomKeyStore";
    let place = (api::ALIBABA_GET_ROLE, None, Some(twin));
    check_row(&Fixture::alibaba(&[]).only(), place, Outcome::NotConfigured, &[]);
    let missing = format!("ErrorCode: EntityNotExist.Role\nMessage: The role not exists: {twin}\n");
    let collection = Fixture::alibaba(&[("GetRole-twin.json", Some(&missing))]).only();
    check_row(&collection, place, Outcome::Complete, &[]);
    check_row(&collection, ROLE_ROW, Outcome::Complete, &[]);
    assert_eq!(collection.roles.len(), 2);
    assert_eq!(gaps(&collection), [""; 0]);
}

#[test]
fn role_names_are_compared_without_case() {
    let lower = RAM_GET_ROLE.replace(&format!("\"{RAM_ROLE}\""), &format!("\"{}\"", RAM_ROLE.to_ascii_lowercase()));
    let collection = Fixture::alibaba(&[("GetRole.json", Some(&lower))]).only();
    check_row(&collection, ROLE_ROW, Outcome::Complete, &[]);
    assert_eq!(gaps(&collection), [""; 0]);
}
