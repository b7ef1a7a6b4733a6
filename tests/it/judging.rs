//! How records are judged, each case in an account of its own, through the real program.

use serde_json::{Value, json};

use crate::records::{
    ACCOUNT, ALIBABA_ACCOUNT, ALIBABA_ROLE, ALIBABA_SERVICE, PERSON, ROLE, ROLE_NAME, SERVICE, alibaba,
    alibaba_routine, aws, delivered, intrusion, person, routine, with,
};
use crate::support::Workplace;

/// Records, and what they must come to: rule, outcome and actor of the only finding, or silence.
struct Case {
    name: &'static str,
    records: Vec<Value>,
    finding: Option<(&'static str, &'static str, String)>,
    kept: u64,
}

/// An account of the case's own in place of the usual one.
fn account_of(number: usize, record: &Value) -> (String, Value) {
    let (usual, account) = if record.get("eventId").is_some() {
        (ALIBABA_ACCOUNT, format!("2000000000{number:06}"))
    } else {
        (ACCOUNT, format!("2222{number:08}"))
    };
    let text = record.to_string().replace(usual, &account);
    (account.clone(), serde_json::from_str(&text).expect("still JSON"))
}

/// Ingests all cases at once and compares each account's findings and events.
fn check(place: &Workplace, arguments: &[&str], cases: &[Case]) {
    let mut all = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        for (part, record) in case.records.iter().enumerate() {
            let mut record = account_of(number, record).1;
            let key = if record.get("eventId").is_some() { "eventId" } else { "eventID" };
            record[key] = json!(format!("case-{number}-{part}"));
            all.push(record);
        }
    }
    place.write("cases.json", delivered(&all));
    let mut words = vec!["ingest", "cases.json"];
    words.extend(arguments);
    place.json(&words, 0);
    let findings = place.findings();
    let events = place.list(&["events"]);
    for (number, case) in cases.iter().enumerate() {
        let (account, _) = account_of(number, &case.records[0]);
        let here: Vec<_> = findings.iter().filter(|finding| finding["account"] == account.as_str()).collect();
        let prefix = format!("case-{number}-");
        let kept = events.iter().filter(|event| event["event_id"].as_str().is_some_and(|id| id.starts_with(&prefix)));
        assert_eq!(kept.count() as u64, case.kept, "{}: events", case.name);
        let Some((rule, outcome, actor)) = &case.finding else {
            assert!(here.is_empty(), "{}: {here:?}", case.name);
            continue;
        };
        let [finding] = &here[..] else { panic!("{}: one finding was expected: {here:?}", case.name) };
        let actor = actor.replace(ACCOUNT, &account).replace(ALIBABA_ACCOUNT, &account);
        let found = (finding["rule"].as_str(), finding["outcome"].as_str(), finding["actor"].as_str());
        assert_eq!(found, (Some(*rule), Some(*outcome), Some(actor.as_str())), "{}", case.name);
        assert_eq!(finding["count"], 1, "{}", case.name);
    }
}

fn assumed(name: &'static str, outcome: &'static str, actor: &str, record: Value) -> Case {
    Case { name, records: vec![record], finding: Some(("unexpected-assumer", outcome, actor.to_owned())), kept: 1 }
}

fn silent(name: &'static str, kept: u64, record: Value) -> Case {
    Case { name, records: vec![record], finding: None, kept }
}

fn by(identity: Value) -> Value {
    with(routine("x"), json!({ "userIdentity": identity }))
}

fn refused(record: Value) -> Value {
    let message = format!("User: {PERSON} is not authorized to perform: sts:AssumeRole on resource: {ROLE}");
    with(
        record,
        json!({"errorCode": "AccessDenied", "errorMessage": message, "requestParameters": null, "resources": null}),
    )
}

fn switched(by: &Value) -> Value {
    with(
        aws("x", "SwitchRole", "signin.amazonaws.com"),
        json!({"eventType": "AwsConsoleSignIn", "responseElements": {"SwitchRole": "Success"},
            "additionalEventData": {"SwitchFrom": by, "RedirectTo": "https://console.aws.amazon.com/"},
            "userIdentity": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:mallory", "accountId": ACCOUNT,
                "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE_NAME}/mallory"),
                "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE", "arn": ROLE}}}}),
    )
}

#[test]
fn whoever_assumes_the_role_is_found_unless_it_is_the_service() {
    let role = "arn:aws:sts::111122223333:assumed-role/Admin/ci";
    let session = json!({"type": "AssumedRole", "arn": role, "accountId": ACCOUNT, "principalId": "AROAX:ci",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/Admin", "principalId": "AROAX"}}});
    let saml = with(
        by(json!({"type": "SAMLUser", "principalId": "abc=:bob", "userName": "bob", "identityProvider": "abc="})),
        json!({"eventName": "AssumeRoleWithSAML"}),
    );
    let web = with(
        by(
            json!({"type": "WebIdentityUser", "principalId": "idp.example:sub", "userName": "sub", "identityProvider": "idp.example"}),
        ),
        json!({"eventName": "AssumeRoleWithWebIdentity"}),
    );
    let carrying = with(json!({"x": 1}), person());
    let carrying = with(carrying, json!({"invokedBy": SERVICE}));
    let service = |name: &str| by(json!({"type": "AWSService", "invokedBy": name}));
    let cases = [
        silent("the service", 1, routine("x")),
        silent("the service without a type", 1, by(json!({"invokedBy": SERVICE}))),
        assumed("a user", "allowed", PERSON, intrusion("x")),
        assumed("a user who is refused", "denied", PERSON, refused(intrusion("x"))),
        assumed("a role", "allowed", role, by(session)),
        assumed("SAML", "allowed", "abc=:bob", saml),
        assumed("web identity", "allowed", "idp.example:sub", web),
        assumed(
            "a console switch",
            "allowed",
            "arn:aws:iam::444455556666:user/mallory",
            switched(&json!("arn:aws:iam::444455556666:user/mallory")),
        ),
        assumed("a person carrying the service", "allowed", PERSON, by(carrying)),
        assumed("AWS Internal", "allowed", "AWS Internal", service("AWS Internal")),
        assumed("KMS itself", "allowed", "kms.amazonaws.com", service("kms.amazonaws.com")),
        assumed(
            "a regional principal",
            "allowed",
            "cks.kms.eu-west-1.amazonaws.com",
            service("cks.kms.eu-west-1.amazonaws.com"),
        ),
        assumed(
            "a longer principal",
            "allowed",
            "cks.kms.amazonaws.com.evil.example",
            service("cks.kms.amazonaws.com.evil.example"),
        ),
        assumed("another case", "allowed", "CKS.KMS.AMAZONAWS.COM", service("CKS.KMS.AMAZONAWS.COM")),
        assumed("a trailing dot", "allowed", "cks.kms.amazonaws.com.", service("cks.kms.amazonaws.com.")),
        assumed("a look-alike", "allowed", "\u{441}ks.kms.amazonaws.com", service("\u{441}ks.kms.amazonaws.com")),
    ];
    check(&Workplace::new(), &[], &cases);
}

#[test]
fn what_is_another_role_or_only_mentions_it_is_silent() {
    let elsewhere =
        |arn: &str| with(intrusion("x"), json!({"requestParameters": {"roleArn": arn}, "resources": null}));
    let outside = ROLE.replace("aws-service-role/cks.kms.amazonaws.com/", "");
    let policy = json!({"requestParameters": {"policy": format!("{{\"Principal\":{{\"AWS\":\"{ROLE}\"}}}}")}});
    let read = with(
        aws("x", "GetRole", "iam.amazonaws.com"),
        json!({"userIdentity": person(), "requestParameters": {"roleName": ROLE_NAME}}),
    );
    let china = with(intrusion("x"), json!({"awsRegion": "cn-north-1"}));
    let china =
        serde_json::from_str(&china.to_string().replace("arn:aws:iam", "arn:aws-cn:iam")).expect("still JSON");
    let cases = [
        silent("the same name outside the path", 0, elsewhere(&outside)),
        silent("a longer name", 0, elsewhere(&format!("{ROLE}2"))),
        silent("a longer path", 0, elsewhere(&ROLE.replace("amazonaws.com/", "amazonaws.com/x/"))),
        silent(
            "another partition in a Region of this one",
            0,
            elsewhere(&ROLE.replace("arn:aws:", "arn:aws-us-gov:")),
        ),
        silent("a key policy", 0, with(aws("x", "PutKeyPolicy", "kms.amazonaws.com"), policy)),
        silent("a read", 0, read),
        assumed("the other partition at home", "allowed", "arn:aws-cn:iam::111122223333:user/mallory", china),
    ];
    check(&Workplace::new(), &[], &cases);
}

#[test]
fn the_same_holds_for_alibaba() {
    let by = |identity: Value| with(alibaba_routine("x"), json!({ "userIdentity": identity }));
    let user = |name: &str| json!({"type": "ram-user", "principalId": "2001", "userName": name, "accountId": ALIBABA_ACCOUNT});
    let system =
        |id: &str| json!({"type": "system", "principalId": id, "userName": id, "accountId": ALIBABA_ACCOUNT});
    let upper = with(
        alibaba_routine("x"),
        json!({"requestParameters": {"RoleArn": ALIBABA_ROLE.replace("aliyunservice", "AliyunService")}}),
    );
    let longer = with(by(user("bo")), json!({"requestParameters": {"RoleArn": format!("{ALIBABA_ROLE}2")}}));
    let denied =
        with(by(user("bo")), json!({"errorCode": "NoPermission", "errorMessage": "You are not authorized."}));
    let root = json!({"type": "root-account", "principalId": ALIBABA_ACCOUNT, "accountId": ALIBABA_ACCOUNT, "userName": "root"});
    let arn = |who: &str| format!("acs:ram::{ALIBABA_ACCOUNT}:{who}");
    let cases = [
        silent("the service", 1, alibaba_routine("x")),
        silent("the role in another case", 1, upper),
        silent("a longer name", 0, longer),
        assumed("a user", "allowed", &arn("user/bo"), by(user("bo"))),
        assumed("a user who is refused", "denied", &arn("user/bo"), denied),
        assumed("the root account", "allowed", &arn("root"), by(root)),
        assumed(
            "a user named like the service",
            "allowed",
            &arn(&format!("user/{ALIBABA_SERVICE}")),
            by(user(ALIBABA_SERVICE)),
        ),
        assumed("another service", "allowed", "kms.aliyuncs.com", by(system("kms.aliyuncs.com"))),
        assumed(
            "the twin's service",
            "allowed",
            "customkeystore.kms.aliyuncs.com",
            by(system("customkeystore.kms.aliyuncs.com")),
        ),
        silent(
            "a read",
            0,
            with(
                alibaba("x", "GetRole", "Ram"),
                json!({"userIdentity": user("bo"), "requestParameters": {"RoleName": "AliyunServiceRoleForKMSKeyStore"}}),
            ),
        ),
    ];
    check(&Workplace::new(), &[], &cases);
}

#[test]
fn an_assumption_across_accounts_is_two_records_and_one_finding() {
    let place = Workplace::new();
    let caller = "arn:aws:iam::444455556666:user/mallory";
    let identity = json!({"type": "IAMUser", "arn": caller, "accountId": "444455556666", "principalId": "AIDAX"});
    let shared = json!({"sharedEventID": "shared-1"});
    let theirs = with(
        with(by(identity), shared.clone()),
        json!({"eventID": "caller-side", "recipientAccountId": "444455556666"}),
    );
    let ours = with(
        with(by(json!({"type": "AWSAccount", "accountId": "444455556666", "principalId": "AIDAX"})), shared),
        json!({"eventID": "owner-side"}),
    );
    for order in [[theirs.clone(), ours.clone()], [ours, theirs]] {
        let place = Workplace::new();
        place.write("pair.json", delivered(&order));
        place.ingest(&["pair.json"], 0);
        let [finding] = &place.findings()[..] else { panic!("one finding: {:?}", place.findings()) };
        assert_eq!((&finding["account"], &finding["actor"]), (&ACCOUNT.into(), &caller.into()), "{finding}");
        let mut events: Vec<_> =
            finding["events"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        events.sort_unstable();
        assert_eq!(events, ["caller-side", "owner-side"]);
        let accounts = crate::support::sorted(&place.list(&["events"]), "account");
        assert_eq!(accounts, [ACCOUNT, "444455556666"]);
    }
    // The caller's account alone records a refusal.
    let refusal = with(refused(intrusion("far")), json!({"recipientAccountId": "444455556666"}));
    place.write("far.json", delivered(&[refusal]));
    place.ingest(&["far.json"], 0);
    let [finding] = &place.findings()[..] else { panic!("one finding") };
    assert_eq!(
        (&finding["account"], &finding["outcome"], &finding["severity"]),
        (&ACCOUNT.into(), &"denied".into(), &"medium".into())
    );
}

fn session(changes: Value) -> Value {
    let identity = json!({"type": "AssumedRole", "principalId": "AROAEXAMPLE:kms", "accountId": ACCOUNT,
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE_NAME}/kms"), "invokedBy": SERVICE,
        "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE", "arn": ROLE}}});
    with(with(aws("x", "DescribeVpcs", "ec2.amazonaws.com"), json!({ "userIdentity": identity })), changes)
}

#[test]
fn what_the_session_does_is_judged_by_who_asks_and_by_the_policy() {
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE_NAME}/kms");
    let mut person = session(json!({}));
    person["userIdentity"].as_object_mut().expect("an object").remove("invokedBy");
    let found = |name, record: Value, actor: &str| Case {
        name,
        records: vec![record],
        finding: Some(("unexpected-activity", "allowed", actor.to_owned())),
        kept: 1,
    };
    let cases = [
        silent("what the policy allows", 1, session(json!({}))),
        found("what it does not", session(json!({"eventName": "RunInstances"})), &arn),
        found("by nobody's order", person, &arn),
    ];
    check(&Workplace::new(), &[], &cases);
}

#[test]
fn the_user_can_trust_more_principals_and_watch_more_roles() {
    let place = Workplace::new();
    place.write(
        "c.toml",
        "[profiles]\ndirectory = \"mine\"\nenable = [\"aws-service-linked-roles\"]\n\
         [profiles.trust]\naws-kms-custom-key-stores = [\"kms.amazonaws.com\"]\n\
         aws-service-linked-roles = [\"kms.amazonaws.com\"]\n",
    );
    place.write(
        "mine/batch.toml",
        "id = \"my-batch\"\nprovider = \"aws\"\ntitle = \"Batch\"\n[role]\nname = \"AWSServiceRoleForBatch\"\n\
         path = \"/aws-service-role/batch.amazonaws.com/\"\ntrusted_principals = [\"batch.amazonaws.com\"]\ndeletion = \"documented\"\n",
    );
    let target = |service: &str, name: &str, by: Value| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{name}");
        with(routine("x"), json!({"requestParameters": {"roleArn": arn}, "resources": null, "userIdentity": by}))
    };
    let service = |name: &str| json!({"type": "AWSService", "invokedBy": name});
    let batch = |by| target("batch.amazonaws.com", "AWSServiceRoleForBatch", by);
    let scaling = |by| target("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", by);
    let kms = with(routine("x"), json!({"userIdentity": service("kms.amazonaws.com")}));
    let (other_kms, batch_by_scaling) =
        (service("kms.eu-west-1.amazonaws.com"), service("autoscaling.amazonaws.com"));
    let config = ["--config", "c.toml"];
    let records = [
        (kms, 0),
        (with(routine("x"), json!({ "userIdentity": other_kms })), 1),
        (batch(service("batch.amazonaws.com")), 0),
        (batch(batch_by_scaling), 1),
        (scaling(service("autoscaling.amazonaws.com")), 0),
        (scaling(person()), 1),
    ];
    let numbered: Vec<_> = records
        .iter()
        .enumerate()
        .map(|(n, (record, _))| with(record.clone(), json!({"eventID": format!("u-{n}")})))
        .collect();
    place.write("a.json", delivered(&numbered));
    place.json(&[&["ingest", "a.json"], &config[..]].concat(), 0);
    assert_eq!(place.list(&["events"]).len(), records.len());
    let findings = place.findings();
    for (number, (_, expected)) in records.iter().enumerate() {
        let id = format!("u-{number}");
        let naming = findings
            .iter()
            .filter(|finding| finding["events"].as_array().is_some_and(|ids| ids.contains(&json!(id))));
        let count = naming.count();
        assert_eq!(0 < count, 0 < *expected, "{id}: {findings:?}");
    }
    // Findings of one profile about different roles stay apart, each with its own role.
    for finding in &findings {
        let role = finding["role"].as_str().expect("a role").rsplit('/').next().expect("a name");
        assert!(finding["summary"].as_str().is_some_and(|summary| summary.contains(role)), "{finding}");
        assert_eq!(finding["count"], 1, "{finding}");
    }
    let mine: Vec<_> = findings.iter().filter(|finding| finding["profile"] == "my-batch").collect();
    assert_eq!(mine.len(), 1, "{findings:?}");
    // Without the settings the same records say something else.
    let plain = Workplace::new();
    plain.write("a.json", delivered(&numbered));
    plain.ingest(&["a.json"], 0);
    assert_eq!(plain.list(&["events"]).len(), 2);
    assert_eq!(plain.findings().len(), 2);
}

#[test]
fn stores_roles_and_their_tampering_are_followed_in_the_trail() {
    let refusal = |code: &str| json!({"errorCode": code, "errorMessage": "no"});
    let iam = |name: &str, changes: Value| {
        with(
            with(
                aws("x", name, "iam.amazonaws.com"),
                json!({"userIdentity": person(), "requestParameters": {"roleName": ROLE_NAME}}),
            ),
            changes,
        )
    };
    let delete = with(
        aws("x", "DeleteCustomKeyStore", "kms.amazonaws.com"),
        json!({"userIdentity": person(), "requestParameters": {"customKeyStoreId": "cks-1"}}),
    );
    let found = |name, rule, outcome, record: Value| Case {
        name,
        records: vec![record],
        finding: Some((rule, outcome, PERSON.to_owned())),
        kept: 1,
    };
    let cases = [
        found(
            "a refused edit",
            "role-tampering",
            "denied",
            iam("UpdateAssumeRolePolicy", refusal("UnmodifiableEntityException")),
        ),
        found("an accepted edit", "role-tampering", "allowed", iam("AttachRolePolicy", json!({}))),
        found(
            "a refused deletion of the role",
            "failed-role-deletion",
            "denied",
            iam("DeleteServiceLinkedRole", refusal("AccessDenied")),
        ),
        found(
            "a store with keys",
            "failed-store-deletion",
            "failed",
            with(delete.clone(), refusal("CustomKeyStoreHasCMKsException")),
        ),
        silent("a store deleted", 1, delete),
        silent(
            "connecting",
            1,
            with(
                aws("x", "ConnectCustomKeyStore", "kms.amazonaws.com"),
                json!({"userIdentity": person(), "requestParameters": {"customKeyStoreId": "cks-1"}}),
            ),
        ),
    ];
    check(&Workplace::new(), &[], &cases);
}

#[test]
fn an_orphan_is_inferred_from_the_trail_alone_and_says_so() {
    let place = Workplace::new();
    let at = |record: Value, id: &str, time: &str| {
        with(record, json!({"eventID": id, "eventTime": time, "userIdentity": person()}))
    };
    let create_role = with(
        aws("x", "CreateServiceLinkedRole", "iam.amazonaws.com"),
        json!({"requestParameters": {"aWSServiceName": SERVICE}, "responseElements": {"role": {"arn": ROLE, "roleId": "AROAX", "roleName": ROLE_NAME}}}),
    );
    let create = with(
        aws("x", "CreateCustomKeyStore", "kms.amazonaws.com"),
        json!({"responseElements": {"customKeyStoreId": "cks-1"}}),
    );
    let delete = with(
        aws("x", "DeleteCustomKeyStore", "kms.amazonaws.com"),
        json!({"requestParameters": {"customKeyStoreId": "cks-1"}}),
    );
    place.write(
        "a.json",
        delivered(&[
            at(create_role, "l-1", "2026-01-01T00:00:00Z"),
            at(create, "l-2", "2026-01-01T00:05:00Z"),
            with(routine("l-3"), json!({"eventTime": "2026-01-02T00:00:00Z"})),
        ]),
    );
    place.ingest(&["a.json"], 0);
    assert_eq!(place.findings(), Vec::<Value>::new());
    place.write("b.json", delivered(&[at(delete, "l-4", "2026-01-10T00:00:00Z")]));
    place.ingest(&["b.json"], 0);
    let [finding] = &place.findings()[..] else { panic!("one finding: {:?}", place.findings()) };
    assert_eq!((&finding["rule"], &finding["basis"]), (&"orphaned-role".into(), &"inferred".into()));
    let verdict = place.verdict(ACCOUNT, crate::records::PROFILE);
    assert_eq!((&verdict["verdict"], &verdict["basis"]), (&"orphaned".into(), &"inferred".into()), "{verdict}");
    assert_eq!(place.json(&["findings", "--fail-on", "low"], 1).as_array().map(Vec::len), Some(1));
    place.json(&["findings", "--fail-on", "medium"], 0);
    place.json(&["analyze"], 1);
    place.json(&["analyze", "--fail-on", "medium"], 0);
}
