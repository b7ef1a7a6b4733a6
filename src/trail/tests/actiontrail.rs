//! How records of ActionTrail are judged.

use serde_json::{Value, json};

use super::{ALIBABA_ACCOUNT, ALIBABA_ROLE, ALIBABA_ROLE_NAME, ALIBABA_SERVICE, Reader, alibaba, judged, with};

const KEY_STORE: &str = "alibaba-kms-key-store";

fn means(record: &Value, expected: &str) {
    let expected: Vec<_> = if expected.is_empty() { vec![] } else { vec![format!("{KEY_STORE} {expected}")] };
    assert_eq!(judged(record), expected, "{record}");
}

#[expect(clippy::needless_pass_by_value, reason = "cases are written where they are used")]
fn assumption(identity: Value) -> Value {
    let change = json!({"userIdentity": identity, "requestParameters": {"RoleArn": ALIBABA_ROLE, "RoleSessionName": 169_074},
        "responseElements": {"AssumedRoleUser": {"AssumedRoleId": "3001:kms"}, "Credentials": {"AccessKeySecret": "hidden"}}});
    with(alibaba("AssumeRole", "Sts"), change)
}

fn service() -> Value {
    json!({"type": "system", "principalId": ALIBABA_SERVICE, "userName": ALIBABA_SERVICE, "accountId": ALIBABA_ACCOUNT})
}

#[test]
fn the_service_itself_is_trusted() {
    for identity in [
        service(),
        json!({"type": "system", "userName": ALIBABA_SERVICE}),
        json!({"principalId": ALIBABA_SERVICE}),
        json!({"type": ALIBABA_SERVICE, "principalId": ALIBABA_SERVICE}),
    ] {
        means(&assumption(identity), "assumption trusted allowed");
    }
    let event = Reader::new().event(&assumption(service()));
    assert_eq!(event.actor.label(), Some(ALIBABA_SERVICE));
    assert_eq!((event.role.as_deref(), event.role_id.as_deref()), (Some(ALIBABA_ROLE), Some("3001")));
}

#[test]
fn nobody_else_is_trusted() {
    for other in [
        json!({"type": "ram-user", "principalId": "2001", "userName": ALIBABA_SERVICE}),
        json!({"type": "ram-user", "principalId": ALIBABA_SERVICE}),
        json!({"type": "root-account", "userName": "root"}),
        json!({"type": "system", "principalId": "kms.aliyuncs.com"}),
        json!({"type": "system", "principalId": "customkeystore.kms.aliyuncs.com"}),
        json!({"type": "system", "principalId": "2001", "userName": ALIBABA_SERVICE}),
        json!({"type": "system"}),
        Value::Null,
    ] {
        means(&assumption(other), "assumption untrusted allowed");
    }
}

#[test]
fn the_role_is_compared_without_ascii_case_and_nothing_else_is_it() {
    for (role, expected) in [
        (format!("acs:ram::{ALIBABA_ACCOUNT}:role/{ALIBABA_ROLE_NAME}"), "assumption trusted allowed"),
        (format!("{ALIBABA_ROLE}2"), ""),
        (ALIBABA_ROLE.replace("role/", "role/x/"), ""),
        (ALIBABA_ROLE.replace("kmskeystore", "kmssecretsmanagerforrds"), ""),
    ] {
        let record =
            with(assumption(service()), json!({"requestParameters": {"RoleArn": role}, "responseElements": null}));
        means(&record, expected);
    }
}

#[test]
fn errors_are_told_from_success() {
    for (code, outcome) in [
        (Value::Null, "allowed"),
        (json!(""), "allowed"),
        (json!("NoPermission"), "denied"),
        (json!("Forbidden.RAM"), "denied"),
        (json!("EntityNotExist.Role"), "failed"),
    ] {
        let record = with(assumption(json!({"type": "ram-user", "userName": "bo"})), json!({"errorCode": code}));
        means(&record, &format!("assumption untrusted {outcome}"));
    }
}

#[test]
fn parameters_are_read_from_their_copy_in_a_string() {
    let copy = json!({"requestParameters": null, "responseElements": null,
        "requestParameterJson": format!("{{\"RoleArn\":\"{ALIBABA_ROLE}\",\"SecurityToken\":\"hidden\"}}")});
    let record = with(assumption(service()), copy);
    means(&record, "assumption trusted allowed");
    assert!(!Reader::new().event(&record).raw.contains("hidden"));
    let release = json!({"requestParameters": null, "requestParameterJson": "{\"KmsInstanceId\":\"kst-1\"}"});
    let event = Reader::new().event(&with(alibaba("ReleaseKmsInstance", "Kms"), release));
    assert_eq!(event.store.as_deref(), Some("kst-1"));
}

#[test]
fn actors_get_an_arn() {
    for (identity, label) in [
        (
            json!({"type": "root-account", "principalId": ALIBABA_ACCOUNT, "accountId": ALIBABA_ACCOUNT, "userName": "root"}),
            "root",
        ),
        (json!({"type": "ram-user", "accountId": ALIBABA_ACCOUNT, "userName": "bo"}), "user/bo"),
        (json!({"type": "assumed-role", "accountId": ALIBABA_ACCOUNT, "userName": "ci:build"}), "role/ci/build"),
    ] {
        let event = Reader::new().event(&assumption(identity));
        assert_eq!(event.actor.label(), Some(format!("acs:ram::{ALIBABA_ACCOUNT}:{label}").as_str()));
    }
}

fn session(changes: Value) -> Value {
    let base = json!({"sourceIpAddress": ALIBABA_SERVICE, "userIdentity": {"type": "assumed-role", "accountId": ALIBABA_ACCOUNT,
        "principalId": "3001:kms", "userName": "aliyunserviceroleforkmskeystore:kms"}});
    with(with(alibaba("CreateNetworkInterface", "Ecs"), base), changes)
}

#[test]
fn calls_of_a_session_are_judged_by_source_and_action() {
    means(&session(json!({})), "session-activity trusted allowed");
    means(&session(json!({"sourceIpAddress": "Internal"})), "session-activity trusted allowed");
    means(&session(json!({"sourceIpAddress": "203.0.113.9"})), "session-activity untrusted allowed");
    means(&session(json!({"sourceIpAddress": null})), "session-activity untrusted allowed");
    means(&session(json!({"eventName": "RunInstances"})), "session-activity untrusted allowed");
    means(
        &session(json!({"serviceName": "Hsm", "eventName": "DescribeInstances"})),
        "session-activity trusted allowed",
    );
    let event = Reader::new().event(&session(json!({})));
    assert_eq!((event.role.as_deref(), event.role_id.as_deref()), (Some(ALIBABA_ROLE), Some("3001")));
    for user in ["aliyunserviceroleforkmskeystore2:kms", "someone:aliyunserviceroleforkmskeystore"] {
        means(&session(json!({"userIdentity": {"type": "assumed-role", "userName": user}})), "");
    }
    let bare = json!({"userIdentity": {"type": "assumed-role", "userName": "aliyunserviceroleforkmskeystore"}});
    means(&session(bare), "session-activity trusted allowed");
    let by_parameter = json!({"userIdentity": {"type": "assumed-role"},
        "requestParameters": {"stsTokenPrincipalName": "aliyunserviceroleforkmskeystore/kms"}});
    means(&session(by_parameter), "session-activity trusted allowed");
}

#[test]
fn the_life_of_the_role_is_followed_whatever_the_service() {
    for service in ["ResourceManager", "Ram", "Kms"] {
        let call = |name: &str, changes: Value| with(alibaba(name, service), changes);
        let asked = |request: Value| json!({ "requestParameters": request });
        means(
            &call("CreateServiceLinkedRole", asked(json!({"ServiceName": ALIBABA_SERVICE}))),
            "role-creation untrusted allowed",
        );
        means(&call("CreateServiceLinkedRole", asked(json!({"ServiceName": "actiontrail.aliyuncs.com"}))), "");
        let answered =
            json!({"requestParameters": {}, "responseElements": {"role": {"arn": ALIBABA_ROLE, "roleId": "3001"}}});
        means(&call("CreateServiceLinkedRole", answered), "role-creation untrusted allowed");
        for kind in ["acs", "aliyun"] {
            let task = format!("task/{kind}-service-role/{ALIBABA_SERVICE}/{ALIBABA_ROLE_NAME}/cedf70c4");
            let deleted = json!({"requestParameters": {"RoleName": ALIBABA_ROLE_NAME}, "responseElements": {"DeletionTaskId": task}});
            means(&call("DeleteServiceLinkedRole", deleted.clone()), "role-deletion untrusted allowed");
            let event = Reader::new().event(&call("DeleteServiceLinkedRole", deleted));
            assert_eq!(event.deletion_task.as_deref(), Some(task.as_str()));
            means(
                &call("GetServiceLinkedRoleDeletionStatus", asked(json!({"DeletionTaskId": task}))),
                "deletion-check untrusted allowed",
            );
        }
        let check = asked(json!({"RoleArn": ALIBABA_ROLE, "ServiceName": ALIBABA_SERVICE}));
        means(&call("CheckServiceLinkedRoleForDeleting", check), "deletion-check untrusted allowed");
        let other = json!({"requestParameters": {"RoleName": "AliyunServiceRoleForActionTrail"},
            "referencedResources": {"ACS::RAM::Role": [ALIBABA_ROLE_NAME]}});
        means(&call("DeleteServiceLinkedRole", other), "");
    }
}

#[test]
fn the_ordinary_role_apis_are_tampering_and_descriptions_are_not() {
    let call = |name: &str, changes: Value| with(alibaba(name, "Ram"), changes);
    let named = json!({"requestParameters": {"RoleName": ALIBABA_ROLE_NAME}});
    let refused =
        json!({"requestParameters": {"RoleName": ALIBABA_ROLE_NAME}, "errorCode": "NotSupport.ServiceLinkedRole"});
    for name in ["AttachPolicyToRole", "DetachPolicyFromRole", "DeleteRole"] {
        means(&call(name, named.clone()), "role-tampering untrusted allowed");
        means(&call(name, refused.clone()), "role-tampering untrusted denied");
        means(&with(call(name, named.clone()), json!({"serviceName": "Sae"})), "");
    }
    means(&call("UpdateRole", named), "role-edit untrusted allowed");
    means(&call("UpdateRole", refused), "role-tampering untrusted denied");
    let trust = json!({"requestParameters": {"RoleName": ALIBABA_ROLE_NAME, "NewAssumeRolePolicyDocument": "{}"}});
    means(&call("UpdateRole", trust), "role-tampering untrusted allowed");
    for names in [json!({"ResourceNames": [ALIBABA_ROLE_NAME]}), json!({"ResourceNames.1": ALIBABA_ROLE_NAME})] {
        let request = with(names, json!({"ResourceType": "role"}));
        means(&call("TagResources", json!({ "requestParameters": request })), "role-edit untrusted allowed");
        means(
            &call("TagResources", json!({"requestParameters": with(request, json!({"ResourceType": "user"}))})),
            "",
        );
    }
    means(&call("GetRole", json!({"requestParameters": {"RoleName": ALIBABA_ROLE_NAME}})), "");
}

#[test]
fn a_store_concerns_both_twin_roles() {
    let twins = |effect: &str, outcome: &str| {
        [KEY_STORE, "alibaba-kms-custom-key-store"]
            .map(|profile| format!("{profile} store {effect} untrusted {outcome}"))
    };
    let kms = |name: &str, service: &str| {
        let request = json!({"requestParameters": {"KmsInstanceId": "acs:kms:cn-hangzhou:1:keystore/kst-1", "ProductVersion": 5}});
        with(alibaba(name, service), request)
    };
    let record = kms("CreateKmsInstance", "kms");
    assert_eq!(judged(&record), twins("created", "allowed"));
    let event = Reader::new().event(&record);
    assert_eq!((event.store.as_deref(), event.store_type.as_deref()), (Some("kst-1"), Some("5")));
    let failed = with(kms("ReleaseKmsInstance", "Kms"), json!({"errorCode": "Rejected.KeysExist"}));
    assert_eq!(judged(&failed), twins("deleted", "failed"));
    let refund = |id: &str| {
        judged(&with(alibaba("RefundInstance", "BssOpenApi"), json!({"requestParameters": {"InstanceId": id}})))
    };
    assert_eq!(refund("kst-1"), twins("deleted", "allowed"));
    assert!(refund("i-1").is_empty());
    assert!(judged(&kms("GetKmsInstance", "Kms")).is_empty());
}
