//! Inventories of AWS.

use super::*;
use crate::model::{StoreNeed, StoreState};

const ROLE_ROW: (&str, Option<&str>, Option<&str>) = (api::AWS_GET_ROLE, None, Some(CKS_ROLE));
const ATTACHED_ROW: (&str, Option<&str>, Option<&str>) = (api::AWS_ATTACHED_POLICIES, None, Some(CKS_ROLE));
const INLINE_ROW: (&str, Option<&str>, Option<&str>) = (api::AWS_INLINE_POLICIES, None, Some(CKS_ROLE));
const VERSION_ROW: (&str, Option<&str>, Option<&str>) = (api::AWS_POLICY_VERSION, None, Some(CKS_POLICY));
const STORES_ROW: (&str, Option<&str>, Option<&str>) = (api::AWS_KEY_STORES, Some("us-east-1"), None);

fn stores_with(content: &str) -> Collection {
    Fixture::aws(&[("us-east-1/describe-custom-key-stores.json", Some(content))]).only()
}

#[test]
fn a_whole_inventory_has_no_gaps_and_keeps_everything() {
    let collection = Fixture::aws(&[]).only();
    assert_eq!(gaps(&collection), [""; 0]);
    for place in [ROLE_ROW, ATTACHED_ROW, VERSION_ROW, STORES_ROW, (api::ACCOUNT, None, None)] {
        check_row(&collection, place, Outcome::Complete, &[]);
    }
    let [observation] = &collection.roles[..] else { panic!("{:?}", collection.roles) };
    let role = observation.role.as_ref().expect("is present");
    assert_eq!(observation.profile, "aws-kms-custom-key-stores");
    assert_eq!(role.created.map(|time| time.to_string()).as_deref(), Some("2026-01-02T03:04:05Z"));
    assert_eq!(role.tags["owner"], "hsm");
    assert!(observation.last_used.as_ref().is_some_and(|(_, region)| region.as_deref() == Some("us-east-1")));
    let profiles = Profiles::builtin().expect("built-in profiles load");
    let trust = profiles.get("aws-kms-custom-key-stores").and_then(Profile::trust_policy).expect("has one");
    assert_eq!(role.trust_policy.as_deref(), Some(trust.canonical().as_str()));
    let attached = role.attached.as_ref().expect("is known");
    assert_eq!((attached[0].name.as_str(), attached[0].version.as_deref()), (CKS_POLICY, Some("v2")));
    assert!(attached[0].document.as_ref().is_some_and(|text| text.contains("cloudhsm:describe*")));
}

#[test]
fn stores_are_read_with_state_need_and_time() {
    let collection = stores_with(
        r#"{"CustomKeyStores": [
            {"CustomKeyStoreId": "cks-a", "ConnectionState": "FAILED", "ConnectionErrorCode": "USER_LOCKED_OUT", "CreationDate": "2026-01-02T03:04:05.500000+00:00"},
            {"CustomKeyStoreId": "cks-b", "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "ConnectionState": "DISCONNECTED"},
            {"CustomKeyStoreId": "cks-c", "CustomKeyStoreType": "NEWER", "ConnectionState": "ASLEEP", "Extra": {"x": [1]}}]}"#,
    );
    check_row(&collection, STORES_ROW, Outcome::Complete, &[]);
    let seen: Vec<_> = collection.stores.iter().map(|store| (store.id.as_str(), store.need, store.state)).collect();
    assert_eq!(
        seen,
        [
            ("cks-a", StoreNeed::Needed, StoreState::Failed),
            ("cks-b", StoreNeed::NotNeeded, StoreState::Disconnected),
            ("cks-c", StoreNeed::Unknown, StoreState::Unknown),
        ]
    );
    assert_eq!(collection.stores[0].error_code.as_deref(), Some("USER_LOCKED_OUT"));
    assert_eq!(collection.stores[0].created.map(Timestamp::as_millisecond), Some(1_767_323_045_500));
    assert_eq!(collection.stores[2].provider_state.as_deref(), Some("ASLEEP"));
}

#[test]
fn what_is_wrong_with_a_listing_is_a_gap_and_no_empty_list() {
    for (content, outcome, parts) in [
        ("", Outcome::Error, &["is empty"][..]),
        (
            "{\"CustomKeyStores\": [",
            Outcome::Error,
            &["describe-custom-key-stores.json", "line 1 column 21", "save it again"],
        ),
        ("{\"Stores\": []}", Outcome::Error, &["missing field `CustomKeyStores`", "another call"]),
        ("{\"CustomKeyStores\": null}", Outcome::Error, &["line 1"]),
        ("{\"CustomKeyStores\": [{\"CustomKeyStoreName\": \"x\"}]}", Outcome::Error, &["CustomKeyStoreId"]),
        (
            "{\"CustomKeyStores\": [{\"CustomKeyStoreId\": \"x\", \"CreationDate\": \"soon\"}]}",
            Outcome::Error,
            &["soon"],
        ),
        ("{\"CustomKeyStores\": [], \"CustomKeyStores\": []}", Outcome::Error, &["duplicate"]),
        ("CUSTOMKEYSTORES\tcks-1\n", Outcome::Error, &["save the output as JSON"]),
        ("{\"CustomKeyStores\": [], \"Truncated\": true, \"NextMarker\": \"x\"}", Outcome::Partial, &["cut off"]),
        ("{\"CustomKeyStores\": [], \"NextToken\": \"x\"}", Outcome::Partial, &["cut off"]),
        (
            "An error occurred (AccessDeniedException) when calling the DescribeCustomKeyStores operation: no",
            Outcome::Denied,
            &["AccessDeniedException: no"],
        ),
        (
            "An error occurred (ThrottlingException) when calling the DescribeCustomKeyStores operation (reached max retries: 4): Rate exceeded",
            Outcome::Throttled,
            &["ThrottlingException"],
        ),
        ("Read timeout on endpoint URL: \"https://kms.us-east-1.amazonaws.com/\"", Outcome::TimedOut, &["Timeout"]),
        (
            "An error occurred (UnrecognizedClientException) when calling the DescribeCustomKeyStores operation: invalid token",
            Outcome::Error,
            &["UnrecognizedClientException"],
        ),
        (
            r#"{"Error": {"Code": "KMSInternalException", "Message": "x"}}"#,
            Outcome::Error,
            &["KMSInternalException: x"],
        ),
    ] {
        let collection = stores_with(content);
        check_row(&collection, STORES_ROW, outcome, parts);
    }
}

#[test]
fn a_file_of_a_windows_shell_is_read() {
    let fixture = Fixture::aws(&[]);
    let path = format!("aws/{AWS}/us-east-1/describe-custom-key-stores.json");
    let units = NO_STORES.encode_utf16().flat_map(u16::to_le_bytes);
    fixture.write(&path, &[0xff, 0xfe].into_iter().chain(units).collect::<Vec<_>>());
    check_row(&fixture.only(), STORES_ROW, Outcome::Complete, &[]);
    fixture.write(&path, format!("\u{feff}{NO_STORES}").as_bytes());
    check_row(&fixture.only(), STORES_ROW, Outcome::Complete, &[]);
    fixture.write(&path, b"\xff\xfe{\xd8");
    check_row(&fixture.only(), STORES_ROW, Outcome::Error, &["UTF-16"]);
}

#[test]
fn a_missing_role_file_is_a_gap() {
    let collection = Fixture::aws(&[("get-role.json", None)]).only();
    check_row(&collection, ROLE_ROW, Outcome::Error, &["no get-role.json", CKS_ROLE]);
    assert_eq!(collection.roles, []);
}

#[test]
fn an_error_that_denies_the_role_is_an_observed_absence() {
    let boto = r#"{"Error": {"Code": "NoSuchEntity", "Message": "The role with name AWSServiceRoleForKeyManagementServiceCustomKeyStores cannot be found."}}"#;
    for content in [NO_SUCH_ROLE, boto] {
        let collection =
            Fixture::aws(&[("get-role.json", Some(content)), ("list-attached-role-policies.json", None)]).only();
        check_row(&collection, ROLE_ROW, Outcome::Complete, &[]);
        check_row(&collection, ATTACHED_ROW, Outcome::Complete, &[]);
        assert_eq!(gaps(&collection), [""; 0]);
        assert!(collection.roles[0].role.is_none());
    }
}

#[test]
fn other_errors_and_other_roles_are_no_absence() {
    for (content, outcome) in [
        (NO_SUCH_ROLE.replace("GetRole", "GetUser"), Outcome::Error),
        (NO_SUCH_ROLE.replace("CustomKeyStores", "CustomKeyStores2"), Outcome::Error),
        (NO_SUCH_ROLE.replace("NoSuchEntity", "AccessDenied"), Outcome::Denied),
        (GET_ROLE.replace("111122223333", "444455556666"), Outcome::Error),
        (GET_ROLE.replace("arn:aws:iam", "arn:aws:sts"), Outcome::Error),
        (GET_ROLE.replace("RoleId", "RoleIdentity"), Outcome::Error),
    ] {
        let collection = Fixture::aws(&[("get-role.json", Some(&content))]).only();
        check_row(&collection, ROLE_ROW, outcome, &[]);
        assert_eq!(collection.roles, [], "{content}");
    }
}

#[test]
fn a_customers_role_of_the_same_name_is_not_the_role() {
    let content = GET_ROLE.replace("role/aws-service-role/cks.kms.amazonaws.com/", "role/");
    let collection = Fixture::aws(&[("get-role.json", Some(&content))]).only();
    check_row(&collection, ROLE_ROW, Outcome::Complete, &[]);
    assert!(collection.roles[0].role.is_none());
}

#[test]
fn a_trust_policy_may_be_url_encoded_and_a_broken_one_is_a_gap() {
    let document = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cks.kms.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    let encoded = percent_encoding::utf8_percent_encode(document, percent_encoding::NON_ALPHANUMERIC).to_string();
    let with = |value: &str| {
        let content = GET_ROLE.replace(document, value);
        Fixture::aws(&[("get-role.json", Some(&content))]).only()
    };
    assert_eq!(with(&format!("\"{encoded}\"")).roles, Fixture::aws(&[]).only().roles);
    for broken in ["\"%7B\"", "{}", "null", "[]"] {
        let collection = with(broken);
        check_row(&collection, ROLE_ROW, Outcome::Partial, &["trust policy"]);
        assert!(collection.roles[0].role.as_ref().is_some_and(|role| role.trust_policy.is_none()));
    }
}

#[test]
fn two_files_that_differ_about_a_role_are_a_gap() {
    let collection = Fixture::aws(&[("get-role_old.json", Some(NO_SUCH_ROLE))]).only();
    check_row(&collection, ROLE_ROW, Outcome::Error, &["get-role.json, get-role_old.json differ"]);
    let same = Fixture::aws(&[("get-role_copy.json", Some(GET_ROLE))]).only();
    check_row(&same, ROLE_ROW, Outcome::Complete, &[]);
}

#[test]
fn policies_that_cannot_be_read_are_gaps() {
    let list = "list-attached-role-policies.json";
    let version = "get-policy-version.json";
    let old = POLICY_VERSION.replace("true", "false");
    let cut = ATTACHED.replace("}]}", "}], \"IsTruncated\": true}");
    for (changes, place, outcome, parts) in [
        ((list, None), ATTACHED_ROW, Outcome::Error, "no list-attached-role-policies.json"),
        ((list, Some("{}")), ATTACHED_ROW, Outcome::Error, "AttachedPolicies"),
        ((list, Some(cut.as_str())), ATTACHED_ROW, Outcome::Partial, "cut off"),
        ((version, None), VERSION_ROW, Outcome::Error, "no get-policy-version.json"),
        ((version, Some("{\"PolicyVersion\": {")), VERSION_ROW, Outcome::Error, "line 1"),
        ((version, Some(old.as_str())), VERSION_ROW, Outcome::Error, "not the default version"),
        (
            (version, Some("{\"PolicyVersion\":{\"VersionId\":\"v2\",\"Document\":\"x\"}}")),
            VERSION_ROW,
            Outcome::Error,
            "not JSON",
        ),
    ] {
        let collection = Fixture::aws(&[changes]).only();
        check_row(&collection, place, outcome, &[parts]);
        let role = collection.roles[0].role.as_ref().expect("is present");
        let known =
            role.attached.as_ref().is_some_and(|attached| attached.iter().all(|policy| policy.document.is_some()));
        assert!(!known, "{changes:?}");
    }
}

#[test]
fn several_roles_and_versions_stand_beside_each_other() {
    let hsm = GET_ROLE
        .replace(CKS_ROLE, "AWSServiceRoleForCloudHSM")
        .replace("cks.kms.amazonaws.com", "cloudhsm.amazonaws.com");
    let hsm_attached = ATTACHED.replace(CKS_POLICY, "CloudHSMServiceRolePolicy");
    let logs = POLICY_VERSION.replace("cloudhsm:Describe*", "logs:PutLogEvents").replace("v2", "v1");
    let old = POLICY_VERSION.replace("v2", "v1").replace("true", "false");
    let collection = Fixture::aws(&[
        ("get-role.AWSServiceRoleForCloudHSM.json", Some(&hsm)),
        ("list-attached-role-policies-AWSServiceRoleForCloudHSM.json", Some(&hsm_attached)),
        ("get-policy-version_CloudHSMServiceRolePolicy.json", Some(&logs)),
        ("get-policy-version_v1.json", Some(&old)),
        ("us-east-1/describe-clusters.json", Some(r#"{"Clusters": [{"ClusterId": "cluster-1", "State": "ACTIVE"}, {"ClusterId": "cluster-0", "State": "DELETED"}]}"#)),
    ])
    .only();
    assert_eq!(gaps(&collection), [""; 0]);
    let texts: Vec<_> = collection
        .roles
        .iter()
        .filter_map(|role| role.role.as_ref()?.attached.as_ref()?[0].document.clone())
        .collect();
    assert!(texts[0].contains("cloudhsm:describe*") && texts[1].contains("logs:putlogevents"), "{texts:?}");
    let clusters: Vec<_> = collection.stores.iter().filter(|store| store.kind == "aws-cloudhsm-cluster").collect();
    assert_eq!(
        clusters.iter().map(|store| (store.id.as_str(), store.need)).collect::<Vec<_>>(),
        [("cluster-1", StoreNeed::Needed)]
    );
}

#[test]
fn a_policy_text_that_could_belong_to_two_policies_belongs_to_none() {
    let two = ATTACHED.replace(
        "[{",
        r#"[{"PolicyName": "CloudHSMServiceRolePolicy", "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/CloudHSMServiceRolePolicy"}, {"#,
    );
    let collection = Fixture::aws(&[("list-attached-role-policies.json", Some(&two))]).only();
    for policy in [CKS_POLICY, "CloudHSMServiceRolePolicy"] {
        check_row(&collection, (api::AWS_POLICY_VERSION, None, Some(policy)), Outcome::Error, &["in its name"]);
    }
}

#[test]
fn the_default_version_is_the_one_that_get_policy_names() {
    let v1 = POLICY_VERSION.replace("v2", "v1").replace("\"IsDefaultVersion\": true,", "");
    let policy = format!(r#"{{"Policy": {{"PolicyName": "{CKS_POLICY}", "DefaultVersionId": "v1"}}}}"#);
    let collection =
        Fixture::aws(&[("get-policy-version-v1.json", Some(&v1)), ("get-policy.json", Some(&policy))]).only();
    check_row(&collection, VERSION_ROW, Outcome::Complete, &[]);
    let attached = collection.roles[0].role.as_ref().and_then(|role| role.attached.clone()).expect("is known");
    assert_eq!(attached[0].version.as_deref(), Some("v1"));
    let broken = Fixture::aws(&[("get-policy.json", Some("{"))]).only();
    check_row(&broken, ("iam:GetPolicy", None, None), Outcome::Error, &["get-policy.json"]);
}

#[test]
fn inline_policies_need_both_answers_and_none_is_expected_without_a_listing() {
    let text =
        format!(r#"{{"RoleName": "{CKS_ROLE}", "PolicyName": "extra", "PolicyDocument": {{"Statement": []}}}}"#);
    let names = r#"{"PolicyNames": ["extra"]}"#;
    let inline = |changes: &[(&str, Option<&str>)]| {
        let collection = Fixture::aws(changes).only();
        let inline = collection.roles[0].role.as_ref().and_then(|role| role.inline.clone());
        (collection, inline.map(|policies| policies.iter().filter(|policy| policy.document.is_some()).count()))
    };
    let (collection, known) = inline(&[]);
    check_row(&collection, INLINE_ROW, Outcome::NotConfigured, &["no list-role-policies.json"]);
    assert_eq!(known, None);
    let (collection, known) =
        inline(&[("list-role-policies.json", Some(names)), ("get-role-policy.json", Some(&text))]);
    check_row(&collection, INLINE_ROW, Outcome::Complete, &[]);
    assert_eq!(known, Some(1));
    let (collection, known) = inline(&[("list-role-policies.json", Some(names))]);
    check_row(&collection, INLINE_ROW, Outcome::Partial, &["no get-role-policy.json for extra"]);
    assert_eq!(known, Some(0));
    let (collection, _) =
        inline(&[("list-role-policies.json", Some(r#"{"PolicyNames": []}"#)), ("get-role-policy.json", Some(&text))]);
    check_row(&collection, INLINE_ROW, Outcome::Partial, &["does not name"]);
    let (collection, _) = inline(&[("list-role-policies.json", Some(names)), ("get-role-policy.json", Some("{"))]);
    check_row(&collection, INLINE_ROW, Outcome::Error, &["get-role-policy.json"]);
}

#[test]
fn a_profile_that_no_file_speaks_of_is_not_configured_and_no_gap() {
    let collection = Fixture::aws(&[]).only();
    for role in ["AWSServiceRoleForCloudHSM", "AWSServiceRoleForKeyManagementServiceMultiRegionKeys"] {
        check_row(&collection, (api::AWS_GET_ROLE, None, Some(role)), Outcome::NotConfigured, &["no get-role.json"]);
    }
    assert_eq!(row(&collection, api::AWS_CLUSTERS, Some("us-east-1"), None), None);
}

#[test]
fn clusters_without_their_role_are_a_gap() {
    let collection = Fixture::aws(&[
        ("us-east-1/describe-clusters.json", Some("{\"Clusters\": []}")),
        ("eu-west-1/describe-custom-key-stores.json", Some(NO_STORES)),
    ])
    .only();
    check_row(&collection, (api::AWS_GET_ROLE, None, Some("AWSServiceRoleForCloudHSM")), Outcome::Error, &[]);
    check_row(&collection, (api::AWS_CLUSTERS, Some("us-east-1"), None), Outcome::Complete, &[]);
    check_row(
        &collection,
        (api::AWS_CLUSTERS, Some("eu-west-1"), None),
        Outcome::Error,
        &["no describe-clusters.json"],
    );
}

#[test]
fn multi_region_keys_are_named_as_not_known_here() {
    let mrk = NO_SUCH_ROLE.replace("CustomKeyStores", "MultiRegionKeys");
    let collection = Fixture::aws(&[("get-role-mrk.json", Some(&mrk))]).only();
    let role = "AWSServiceRoleForKeyManagementServiceMultiRegionKeys";
    check_row(&collection, (api::AWS_GET_ROLE, None, Some(role)), Outcome::Complete, &[]);
    check_row(&collection, (api::AWS_KEYS, None, None), Outcome::NotConfigured, &["kms:ListKeys"]);
}

#[test]
fn trail_answers_are_covered_only_where_they_were_read() {
    let none = Fixture::aws(&[]).only();
    assert_eq!(row(&none, "cloudtrail:DescribeTrails", None, None), None);
    let collection = Fixture::aws(&[
        ("describe-trails.json", Some("{\"trailList\": []}")),
        ("us-east-1/get-trail-status.json", Some("{\"IsLogging\": \"yes\"}")),
        ("us-east-1/get-event-selectors.json", Some("{\"TrailARN\": \"x\"}")),
    ])
    .only();
    check_row(&collection, ("cloudtrail:DescribeTrails", None, None), Outcome::Complete, &[]);
    check_row(&collection, ("cloudtrail:GetTrailStatus", Some("us-east-1"), None), Outcome::Error, &["boolean"]);
    check_row(
        &collection,
        ("cloudtrail:GetEventSelectors", Some("us-east-1"), None),
        Outcome::Error,
        &["no selectors"],
    );
}

#[test]
fn the_profile_of_all_roles_takes_every_service_linked_role_and_no_other() {
    let other = GET_ROLE.replace(CKS_ROLE, "AWSServiceRoleForRDS").replace("cks.kms", "rds");
    let plain = GET_ROLE.replace(CKS_ROLE, "Admin").replace("aws-service-role/cks.kms.amazonaws.com/", "");
    let fixture = Fixture::aws(&[("get-role-rds.json", Some(&other)), ("get-role-admin.json", Some(&plain))]);
    let selection =
        crate::profiles::Selection { enable: vec!["aws-service-linked-roles".to_owned()], ..Default::default() };
    let profiles = Profiles::load(&selection).expect("built-in profiles load");
    let sources = [fixture.source.clone()];
    let collection = collect(&sources, &profiles, &|_| Vec::new(), now()).next().expect("an account");
    let of_all = collection.roles.iter().filter(|role| role.profile == "aws-service-linked-roles");
    let names: Vec<_> = of_all.filter_map(|role| Some(role.role.as_ref()?.name.as_str())).collect();
    assert_eq!(names, [CKS_ROLE, "AWSServiceRoleForRDS"]);
    check_row(&collection, (api::AWS_GET_ROLE, None, Some("AWSServiceRoleForRDS")), Outcome::Complete, &[]);
}

#[test]
fn the_text_of_a_policy_that_has_no_business_there_is_not_needed() {
    let admin = "AdministratorAccess";
    let attached = ATTACHED.replace(
        "}]}",
        &format!(r#"}}, {{"PolicyName": "{admin}", "PolicyArn": "arn:aws:iam::aws:policy/{admin}"}}]}}"#),
    );
    let collection = Fixture::aws(&[("list-attached-role-policies.json", Some(&attached))]).only();
    check_row(&collection, VERSION_ROW, Outcome::Complete, &[]);
    check_row(
        &collection,
        (api::AWS_POLICY_VERSION, None, Some(admin)),
        Outcome::NotConfigured,
        &["save it with AdministratorAccess in its name"],
    );
    assert_eq!(gaps(&collection), [""; 0]);
}
