//! How records of CloudTrail are judged.

use serde_json::{Value, json};

use super::{ROLE, ROLE_NAME, Reader, SERVICE, assumption, aws, irrelevant, judged, with};

const CKS: &str = "aws-kms-custom-key-stores";

fn means(record: &Value, expected: &str) {
    let expected: Vec<_> = if expected.is_empty() { vec![] } else { vec![format!("{CKS} {expected}")] };
    assert_eq!(judged(record), expected, "{record}");
}

#[expect(clippy::needless_pass_by_value, reason = "cases are written where they are used")]
fn identity(record: Value, identity: Value) -> Value {
    with(record, json!({ "userIdentity": identity }))
}

#[test]
fn the_service_itself_is_trusted() {
    means(&assumption(), "assumption trusted allowed");
    means(&identity(assumption(), json!({"invokedBy": SERVICE})), "assumption trusted allowed");
    means(&identity(assumption(), json!({"accountId": "1", "invokedBy": SERVICE})), "assumption trusted allowed");
}

#[test]
fn nobody_else_is_trusted() {
    for other in [
        json!({"type": "AWSService", "invokedBy": "kms.amazonaws.com"}),
        json!({"type": "AWSService", "invokedBy": "AWS Internal"}),
        json!({"type": "AWSService", "invokedBy": "cks.kms.eu-west-1.amazonaws.com"}),
        json!({"type": "AWSService", "invokedBy": "cks.kms.amazonaws.com.evil.example"}),
        json!({"type": "AWSService", "invokedBy": "CKS.kms.amazonaws.com"}),
        json!({"type": "AWSService", "invokedBy": " cks.kms.amazonaws.com"}),
        json!({"type": "AWSService", "invokedBy": "\u{441}ks.kms.amazonaws.com"}),
        json!({"type": "AWSService"}),
        json!({"type": "IAMUser", "arn": "arn:aws:iam::1:user/a", "invokedBy": SERVICE}),
        json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/r/s", "invokedBy": SERVICE}),
        json!({"arn": "arn:aws:iam::1:user/a", "invokedBy": SERVICE}),
        json!({"type": "AWSAccount", "accountId": "444455556666", "principalId": "AIDAX"}),
        Value::Null,
    ] {
        means(&identity(assumption(), other), "assumption untrusted allowed");
    }
}

#[test]
fn only_the_role_itself_counts() {
    for other in [
        ROLE.replace("role/aws-service-role/cks.kms.amazonaws.com/", "role/"),
        format!("{ROLE}2"),
        ROLE.replace("/cks.kms", "/mrk.kms"),
        ROLE.replace("arn:aws:", "arn:aws-cn:"),
        ROLE.to_lowercase(),
        "arn:aws:iam::111122223333:role/Admin".to_owned(),
    ] {
        means(&with(assumption(), json!({"requestParameters": {"roleArn": other}})), "");
    }
}

#[test]
fn the_partition_is_that_of_the_records_region() {
    for (region, partition) in [
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("eu-west-1", "aws"),
    ] {
        let role = ROLE.replace("arn:aws:", &format!("arn:{partition}:"));
        let record = with(assumption(), json!({"awsRegion": region, "requestParameters": {"roleArn": role}}));
        means(&record, "assumption trusted allowed");
        means(
            &with(record, json!({"awsRegion": "ap-south-1"})),
            if partition == "aws" { "assumption trusted allowed" } else { "" },
        );
    }
}

#[test]
fn the_target_is_found_wherever_the_record_tells_it() {
    let denied = json!({"errorCode": "AccessDenied", "requestParameters": null, "responseElements": null});
    let message = |role: &str| {
        format!("User: arn:aws:iam::1:user/a is not authorized to perform: sts:AssumeRole on resource: {role}")
    };
    let base = with(aws("AssumeRole", "sts.amazonaws.com"), denied);
    means(&with(base.clone(), json!({"errorMessage": message(ROLE)})), "assumption untrusted denied");
    let because = format!("{} because no identity-based policy allows it", message(ROLE));
    means(&with(base.clone(), json!({ "errorMessage": because })), "assumption untrusted denied");
    means(&with(base.clone(), json!({"errorMessage": message(&format!("{ROLE}2"))})), "");
    means(&with(base.clone(), json!({"errorMessage": format!("{ROLE} was mentioned")})), "");
    let resources = json!({"resources": [{"type": "AWS::IAM::SAMLProvider", "ARN": "arn:aws:iam::1:saml-provider/x"},
        {"type": "AWS::IAM::Role", "ARN": ROLE}]});
    means(&with(base, resources), "assumption untrusted denied");
}

#[test]
fn federated_assumptions_count_too() {
    for name in ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"] {
        let change = json!({"eventName": name, "errorCode": "AccessDenied",
            "userIdentity": {"type": "SAMLUser", "principalId": "x=:bob", "userName": "bob"}});
        means(&with(assumption(), change), "assumption untrusted denied");
    }
}

#[test]
fn what_only_mentions_the_role_is_no_concern() {
    let policy = json!({"requestParameters": {"policy": format!("{{\"Principal\":{{\"AWS\":\"{ROLE}\"}}}}")}});
    means(&with(aws("PutKeyPolicy", "kms.amazonaws.com"), policy), "");
    let named = json!({"requestParameters": {"roleName": ROLE_NAME, "roleArn": ROLE}});
    for (name, source) in [
        ("GetRole", "iam"),
        ("ListRolePolicies", "iam"),
        ("AssumeRole", "example"),
        ("AssumeRole", "iam"),
        ("AssumeRoleX", "sts"),
        ("PassRole", "iam"),
    ] {
        means(&with(aws(name, &format!("{source}.amazonaws.com")), named.clone()), "");
    }
    means(&aws("DescribeCustomKeyStores", "kms.amazonaws.com"), "");
    means(&irrelevant(), "");
}

fn switch(changes: Value) -> Value {
    let base = json!({
        "eventType": "AwsConsoleSignIn",
        "responseElements": {"SwitchRole": "Success"},
        "additionalEventData": {"SwitchFrom": "arn:aws:iam::444455556666:user/mallory"},
        "userIdentity": {"type": "AssumedRole", "principalId": "AROAX:mallory",
            "arn": format!("arn:aws:sts::111122223333:assumed-role/{ROLE_NAME}/mallory"),
            "sessionContext": {"sessionIssuer": {"arn": ROLE, "principalId": "AROAX"}}},
    });
    with(with(aws("SwitchRole", "signin.amazonaws.com"), base), changes)
}

#[test]
fn a_console_role_switch_is_an_assumption_by_whoever_switched() {
    means(&switch(json!({})), "assumption untrusted allowed");
    let event = Reader::new().event(&switch(json!({})));
    assert_eq!(event.actor.label(), Some("arn:aws:iam::444455556666:user/mallory"));
    assert_eq!(event.actor.account.as_deref(), Some("444455556666"));
    assert_eq!((event.role.as_deref(), event.role_id.as_deref()), (Some(ROLE), Some("AROAX")));

    let user = json!({"type": "IAMUser", "arn": "arn:aws:iam::444455556666:user/mallory"});
    for told in [
        json!({"additionalEventData": {"SwitchTo": ROLE}}),
        json!({"additionalEventData": {"RoleArn": ROLE}}),
        json!({"requestParameters": {"roleArn": ROLE}}),
        json!({"errorMessage": format!("not authorized to perform: sts:AssumeRole on resource: {ROLE}")}),
    ] {
        let failed = switch(json!({"userIdentity": user, "responseElements": {"SwitchRole": "Failure"}}));
        means(&with(failed, told), "assumption untrusted denied");
    }
    let other = json!({"userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/Ops/a",
        "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::1:role/Ops"}}}});
    means(&switch(other), "");
}

fn session(changes: Value) -> Value {
    let base = json!({"userIdentity": {"type": "AssumedRole", "principalId": "AROAX:kms",
        "arn": format!("arn:aws:sts::111122223333:assumed-role/{ROLE_NAME}/kms"), "accountId": "111122223333",
        "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAX", "arn": ROLE}},
        "invokedBy": SERVICE}});
    with(with(aws("CreateSecurityGroup", "ec2.amazonaws.com"), base), changes)
}

#[test]
fn calls_of_a_session_are_judged_by_invoker_action_and_date() {
    means(&session(json!({})), "session-activity trusted allowed");
    means(&session(json!({"eventName": "RunInstances"})), "session-activity untrusted allowed");
    let describe = json!({"eventSource": "cloudhsm.amazonaws.com", "eventName": "DescribeClusters"});
    means(&session(describe), "session-activity trusted allowed");
    // DescribeVpcs came with the policy's second version, on 2023-11-10.
    means(&session(json!({"eventName": "DescribeVpcs"})), "session-activity trusted allowed");
    let early = json!({"eventName": "DescribeVpcs", "eventTime": "2023-01-01T00:00:00Z"});
    means(&session(early), "session-activity untrusted allowed");
    let before_any = json!({"eventName": "DescribeVpcs", "eventTime": "2018-01-01T00:00:00Z"});
    means(&session(before_any), "session-activity trusted allowed");
    let mut person = session(json!({}));
    person["userIdentity"]["invokedBy"] = Value::Null;
    means(&person, "session-activity untrusted allowed");
    let event = Reader::new().event(&session(json!({})));
    assert_eq!((event.role.as_deref(), event.role_id.as_deref()), (Some(ROLE), Some("AROAX")));
}

#[test]
fn a_session_without_issuer_is_kept_by_its_roles_id_alone() {
    let mut record = session(json!({}));
    record["userIdentity"]["sessionContext"] = json!({"attributes": {}});
    means(&record, "session-activity untrusted allowed");
    let event = Reader::new().event(&record);
    assert_eq!((event.role, event.role_id.as_deref()), (None, Some("AROAX")));
    record["userIdentity"]["sessionContext"] =
        json!({"sessionIssuer": {"arn": format!("arn:aws:iam::111122223333:role/{ROLE_NAME}")}});
    means(&record, "");
}

#[test]
fn the_life_of_the_role_is_followed() {
    let iam = |name: &str, changes: Value| with(aws(name, "iam.amazonaws.com"), changes);
    let named = json!({"requestParameters": {"roleName": ROLE_NAME}});
    let task = format!("task/aws-service-role/{SERVICE}/{ROLE_NAME}/30000000");
    let created = iam("CreateServiceLinkedRole", json!({"requestParameters": {"aWSServiceName": SERVICE}}));
    means(&created, "role-creation untrusted allowed");
    assert_eq!(Reader::new().event(&created).role.as_deref(), Some(ROLE));
    means(
        &with(
            created.clone(),
            json!({"requestParameters": {"aWSServiceName": "elasticloadbalancing.amazonaws.com"}}),
        ),
        "",
    );
    let suffixed = json!({"requestParameters": {"aWSServiceName": SERVICE, "customSuffix": "x"}});
    means(&with(created.clone(), suffixed), "");
    let answered = with(created.clone(), json!({"responseElements": {"role": {"arn": ROLE, "roleId": "AROAX"}}}));
    assert_eq!(Reader::new().event(&answered).role_id.as_deref(), Some("AROAX"));
    let refused = |action: &str, resource: &str| {
        json!({"errorCode": "AccessDenied",
        "errorMessage": format!("User: u is not authorized to perform: iam:{action} on resource: {resource} because")})
    };
    means(
        &iam("CreateServiceLinkedRole", refused("CreateServiceLinkedRole", ROLE)),
        "role-creation untrusted denied",
    );

    let deleted =
        iam("DeleteServiceLinkedRole", with(named.clone(), json!({"responseElements": {"deletionTaskId": task}})));
    means(&deleted, "role-deletion untrusted allowed");
    let event = Reader::new().event(&deleted);
    assert_eq!((event.deletion_task.as_deref(), event.role.as_deref()), (Some(task.as_str()), Some(ROLE)));
    for resource in [ROLE.to_owned(), format!("role {ROLE_NAME}")] {
        means(
            &iam("DeleteServiceLinkedRole", refused("DeleteServiceLinkedRole", &resource)),
            "role-deletion untrusted denied",
        );
    }
    means(
        &iam("GetServiceLinkedRoleDeletionStatus", json!({"requestParameters": {"deletionTaskId": task}})),
        "deletion-check untrusted allowed",
    );
    let other = task.replace(SERVICE, "mrk.kms.amazonaws.com");
    means(&iam("GetServiceLinkedRoleDeletionStatus", json!({"requestParameters": {"deletionTaskId": other}})), "");
}

#[test]
fn the_ordinary_role_apis_are_tampering_and_descriptions_are_not() {
    let named = json!({"requestParameters": {"roleName": ROLE_NAME}});
    let protected = json!({"errorCode": "UnmodifiableEntityException",
        "errorMessage": format!("Cannot perform the operation on the protected role '{ROLE_NAME}' - this role is only modifiable by AWS")});
    for name in [
        "UpdateAssumeRolePolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "PutRolePolicy",
        "DeleteRolePolicy",
        "DeleteRole",
        "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary",
    ] {
        let record = with(aws(name, "iam.amazonaws.com"), named.clone());
        means(&record, "role-tampering untrusted allowed");
        means(&with(record.clone(), protected.clone()), "role-tampering untrusted denied");
        means(
            &with(with(record.clone(), protected.clone()), json!({"requestParameters": null})),
            "role-tampering untrusted denied",
        );
        let elsewhere = format!("not authorized on resource: arn:aws:iam::111122223333:role/{ROLE_NAME}");
        means(&with(record, json!({"errorCode": "AccessDenied", "errorMessage": elsewhere})), "");
    }
    let update = with(aws("UpdateRole", "iam.amazonaws.com"), named.clone());
    means(&update, "role-edit untrusted allowed");
    means(&with(update, protected), "role-tampering untrusted denied");
    for name in ["UpdateRoleDescription", "TagRole", "UntagRole"] {
        means(&with(aws(name, "iam.amazonaws.com"), named.clone()), "role-edit untrusted allowed");
    }
}

#[test]
fn the_life_of_stores_is_followed() {
    let kms = |name: &str, changes: Value| with(aws(name, "kms.amazonaws.com"), changes);
    let id = json!({"requestParameters": {"customKeyStoreId": "cks-1"}});
    for (name, effect) in [
        ("ConnectCustomKeyStore", "connected"),
        ("DisconnectCustomKeyStore", "disconnected"),
        ("UpdateCustomKeyStore", "changed"),
        ("DeleteCustomKeyStore", "deleted"),
    ] {
        means(&kms(name, id.clone()), &format!("store {effect} untrusted allowed"));
        assert_eq!(Reader::new().event(&kms(name, id.clone())).store.as_deref(), Some("cks-1"));
    }
    let has_keys =
        with(kms("DeleteCustomKeyStore", id.clone()), json!({"errorCode": "CustomKeyStoreHasCMKsException"}));
    means(&has_keys, "store deleted untrusted failed");
    let created = json!({"requestParameters": {"customKeyStoreType": "EXTERNAL_KEY_STORE"}, "responseElements": {"customKeyStoreId": "cks-2"}});
    let event = Reader::new().event(&kms("CreateCustomKeyStore", created));
    assert_eq!((event.store.as_deref(), event.store_type.as_deref()), (Some("cks-2"), Some("EXTERNAL_KEY_STORE")));
    means(&with(kms("DeleteCustomKeyStore", id), json!({"eventSource": "example.com"})), "");
}

#[test]
fn ids_of_a_kind_are_told_by_their_prefix() {
    let key = |name: &str, id: &str| {
        let resources = json!({"resources": [{"ARN": format!("arn:aws:kms:eu-west-1:1:key/{id}")}]});
        judged(&with(aws(name, "kms.amazonaws.com"), resources))
    };
    assert_eq!(key("DeleteKey", "mrk-1"), ["aws-kms-multi-region-keys store deleted untrusted allowed"]);
    assert!(key("DeleteKey", "1234").is_empty());
    assert!(key("CreateKey", "mrk-1").is_empty());
}

#[test]
fn a_profile_for_all_service_linked_roles_speaks_of_those_that_no_other_names() {
    let reader = Reader::watching_all();
    assert_eq!(reader.judged(&assumption()), [format!("{CKS} assumption trusted allowed")]);
    let other = "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
    let change = json!({"requestParameters": {"roleArn": other}, "userIdentity": {"type": "AWSService", "invokedBy": "rds.amazonaws.com"}});
    assert_eq!(reader.judged(&with(assumption(), change)), ["aws-service-linked-roles assumption trusted allowed"]);
    let change = json!({"requestParameters": {"roleArn": other}});
    assert_eq!(reader.judged(&with(assumption(), change)), ["aws-service-linked-roles assumption untrusted allowed"]);
}

#[test]
fn an_update_names_the_event_that_it_replaces() {
    let addendum =
        |reason: &str| json!({"addendum": {"reason": reason, "originalEventID": "1"}, "sharedEventID": "2"});
    let event = Reader::new().event(&with(assumption(), addendum("UPDATED_DATA")));
    assert_eq!((event.replaces.as_deref(), event.shared_id.as_deref()), (Some("1"), Some("2")));
    assert_eq!(Reader::new().event(&with(assumption(), addendum("DELIVERY_DELAY"))).replaces, None);
}

#[test]
fn a_cross_account_attempt_concerns_the_roles_owner() {
    let change = json!({"recipientAccountId": "444455556666", "errorCode": "AccessDenied", "requestParameters": null,
        "responseElements": null, "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::444455556666:user/m"},
        "errorMessage": format!("not authorized to perform: sts:AssumeRole on resource: {ROLE}")});
    let event = Reader::new().event(&with(assumption(), change));
    assert_eq!((event.account.as_str(), event.concerns[0].account.as_str()), ("444455556666", super::ACCOUNT));
}
