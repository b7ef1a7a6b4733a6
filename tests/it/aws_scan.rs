//! The whole program against an organisation that speaks AWS's protocols.

use serde_json::{Value, json};

use crate::aws::{Account, CKS_ROLE, Role, Task, Trail, World, external_store, hsm_store};
use crate::scene::{self, Provider};
use crate::support::sorted;

pub const HUB: &str = "111111111111";
pub const MEMBER: &str = "222222222222";
pub const ORPHAN: &str = "333333333333";
const CLOSED: &str = "444444444444";
const STORES: &str = "kms:DescribeCustomKeyStores";
pub const CKS: &str = "aws-kms-custom-key-stores";

/// Settings of a source with the whole organisation, without trails.
pub const ORGANIZATION: &str = "[[aws]]\nname = \"org\"\naccounts = \"organization\"\n";

/// Three accounts: one without the role, one with a store, one with an orphan.
pub fn organisation() -> World {
    let watched = |account: Account| {
        let trail = Trail::healthy(&account.id, "us-east-1", "all", "trail-bucket");
        account.trail(trail)
    };
    World::new(HUB)
        .account(watched(Account::new(HUB)))
        .account(watched(Account::new(MEMBER).with_store("eu-west-1", "cks-1111111111111111a")))
        .account(watched(Account::new(ORPHAN).orphaned()))
}

impl Provider for World {
    const HUB: &str = HUB;
    const MEMBER: &str = MEMBER;
    const ORPHAN: &str = ORPHAN;
    const PROFILE: &str = CKS;
    const STORES: &str = STORES;
    const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
    const SOURCE: &str = ORGANIZATION;

    fn organisation() -> Self {
        organisation()
    }
}

/// A workplace, and the simulated AWS.
pub type Scene = scene::Scene<World>;

/// The outcomes of coverage rows, with the Region where there is one.
fn outcomes(rows: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(&row["region"]), text(&row["outcome"]))).collect()
}

#[test]
fn an_organisation_is_read_whole() {
    let scene = Scene::new(organisation().account(Account::new(CLOSED).state("SUSPENDED")), ORGANIZATION);
    let summary = scene.scan(1);
    assert_eq!(summary["coverage"]["accounts_expected"], 3, "{summary}");
    assert_eq!(summary["coverage"]["accounts_complete"], 3, "{summary}");
    assert_eq!(summary["coverage"]["regions_expected"], summary["coverage"]["regions_complete"]);
    for (account, verdict) in [(HUB, "not-in-use"), (MEMBER, "unknown"), (ORPHAN, "orphaned")] {
        assert_eq!(scene.verdict(account), verdict, "{account}");
    }
    let missing = &scene.place.verdict(MEMBER, CKS)["coverage"]["missing"];
    assert_eq!((missing[0]["api"].as_str(), missing.as_array().map(Vec::len)), (Some("trail"), Some(1)), "{missing}");
    let closed = &scene.rows(CLOSED, "account")[0];
    assert_eq!((&closed["outcome"], &closed["detail"]), (&json!("not-enabled"), &json!("SUSPENDED")));
    assert!(scene.place.list(&["verdicts", "--account", CLOSED]).is_empty());
}

#[test]
fn a_role_is_kept_with_all_that_it_may_do() {
    let nothing =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let role = Role::custom_key_stores().with_inline("extra", nothing);
    let world = World::new(HUB).account(Account::new(MEMBER).role(role).store("eu-west-1", hsm_store("cks-1")));
    let scene = Scene::new(world, ORGANIZATION);
    scene.scan(1);
    let roles = scene.place.list(&["roles", "--account", MEMBER, "--profile", CKS]);
    let role = &roles[0];
    assert_eq!(role["state"]["attached"][0]["version"], "v2", "{role}");
    assert_eq!(role["state"]["inline"][0]["name"], "extra", "{role}");
    let found = sorted(&scene.place.findings(), "rule");
    assert!(found.contains(&"permission-drift".to_owned()), "{found:?}");
}

#[test]
fn external_stores_are_kept_and_do_not_count() {
    let account = Account::new(ORPHAN).orphaned().store("eu-west-1", external_store("cks-9"));
    let scene = Scene::new(World::new(HUB).account(account), ORGANIZATION);
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
    let stores = scene.place.list(&["stores", "--account", ORPHAN]);
    assert_eq!(stores[0]["store"], "cks-9", "{stores:?}");
}

#[test]
fn every_page_of_every_listing_is_read() {
    let mut account = Account::new(MEMBER).role(Role::multi_region_keys());
    for number in 0..7 {
        account = account
            .store("eu-west-1", hsm_store(&format!("cks-{number}")))
            .cluster("eu-west-1", &format!("cluster-{number}"))
            .key("eu-west-1", &format!("mrk-{number}"))
            .key("eu-west-1", &format!("plain-{number}"));
    }
    let mut world = organisation().account(account).page_size(2);
    world.empty_pages = true;
    let scene = Scene::new(world, ORGANIZATION);
    scene.scan(1);
    let stores = scene.place.list(&["stores", "--account", MEMBER]);
    assert_eq!(stores.len(), 21, "{stores:?}");
    assert!(stores.iter().all(|store| !store["store"].as_str().is_some_and(|id| id.starts_with("plain"))));
}

#[test]
fn a_source_reads_its_own_account_or_those_it_lists() {
    for (accounts, expected) in [("\"self\"", 1), ("[\"222222222222\", \"333333333333\"]", 2)] {
        let scene = Scene::new(organisation(), &format!("[[aws]]\nname = \"some\"\naccounts = {accounts}\n"));
        let summary = scene.scan_as(|_| {});
        let summary: Value = serde_json::from_str(&summary.stdout).expect("JSON");
        assert_eq!(summary["coverage"]["accounts_complete"], expected, "{accounts}: {summary}");
        assert!(!scene.cloud.actions().contains("organizations:ListAccounts"), "{accounts}");
    }
}

#[test]
fn members_are_entered_with_the_external_id() {
    let world = || organisation().external_id("our-secret");
    let with = format!("{ORGANIZATION}external_id = \"our-secret\"\n");
    Scene::new(world(), &with).scan(1);
    let without = Scene::new(world(), ORGANIZATION);
    without.scan(2);
    assert_eq!(outcomes(&without.rows(ORPHAN, "account")), [(String::new(), "denied".to_owned())]);
    assert_eq!(without.verdict(ORPHAN), "unknown");
    assert_eq!(without.verdict(HUB), "not-in-use", "the hub's own account needs no role");
}

#[test]
fn other_partitions_are_read_with_their_own_arns_and_regions() {
    for (partition, first, second) in
        [("aws-us-gov", "us-gov-west-1", "us-gov-east-1"), ("aws-cn", "cn-north-1", "cn-northwest-1")]
    {
        let regions = [(first, "ENABLED_BY_DEFAULT"), (second, "ENABLED_BY_DEFAULT")];
        let trail = |id: &str| Trail::healthy(id, first, "all", "trail-bucket");
        let world = World::new(HUB)
            .account(Account::new(HUB).trail(trail(HUB)))
            .account(Account::new(ORPHAN).orphaned().trail(trail(ORPHAN)))
            .regions(&regions)
            .partition(partition);
        let scene = Scene::new(world, ORGANIZATION);
        let ran = scene.scan_as(|command| _ = command.env("AWS_REGION", second));
        assert_eq!(ran.code, 1, "{partition}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(scene.verdict(ORPHAN), "orphaned", "{partition}");
        let role = scene.place.list(&["roles", "--account", ORPHAN, "--profile", CKS])[0]["role"].to_string();
        assert!(role.contains(&format!("arn:{partition}:iam::")), "{role}");
        assert!(scene.cloud.refusals().is_empty(), "{partition}: {:?}", scene.cloud.refusals());
        assert!(scene.cloud.calls_of("iam:GetRole").iter().all(|call| call.region == first));
        assert!(scene.cloud.calls_of("sts:AssumeRole").iter().all(|call| call.region == second), "STS is regional");
    }
}

#[test]
fn a_region_that_is_off_is_listed_and_not_asked() {
    let world = organisation().regions(&[("us-east-1", "ENABLED_BY_DEFAULT"), ("me-south-1", "DISABLED")]);
    let scene = Scene::new(world, ORGANIZATION);
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
    let rows = outcomes(&scene.rows(ORPHAN, STORES));
    assert_eq!(
        rows,
        [("me-south-1".to_owned(), "not-enabled".to_owned()), ("us-east-1".to_owned(), "complete".to_owned())]
    );
    assert!(scene.cloud.calls_of(STORES).iter().all(|call| call.region == "us-east-1"));
}

#[test]
fn a_region_that_is_switched_off_while_it_has_a_store_is_unknown() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    scene.scan(1);
    scene.cloud.change(|world| {
        let member = world.accounts.get_mut(MEMBER).expect("is in the world");
        member.opt.insert("eu-west-1".to_owned(), "DISABLED".to_owned());
    });
    scene.scan(1);
    assert_eq!(scene.verdict(MEMBER), "unknown");
    let missing = scene.place.verdict(MEMBER, CKS)["coverage"]["missing"].to_string();
    assert!(missing.contains("eu-west-1") && missing.contains("not-enabled"), "{missing}");
}

#[test]
fn listed_regions_are_expected_as_given() {
    let settings = format!("{ORGANIZATION}regions = [\"eu-west-1\"]\n");
    let scene = Scene::new(organisation(), &settings);
    let summary = scene.scan(1);
    assert_eq!(summary["coverage"]["regions_expected"], 3, "one of each account: {summary}");
    assert!(!scene.cloud.actions().contains("account:ListRegions"));
}

#[test]
fn a_deletion_that_failed_says_what_holds_the_role() {
    let task = deletion("11111111-1111-1111-1111-111111111111");
    let held = [("eu-west-1", &["arn:aws:kms:eu-west-1:333333333333:key/k"][..])];
    let account = Account::new(ORPHAN).orphaned().task(&task, Task::failed("It is in use.", &held));
    let scene = Scene::new(World::new(HUB).account(account), ORGANIZATION);
    scene.place.write("deletion.json", deletion_record(ORPHAN, &task).to_string());
    scene.place.ends(&["ingest", "deletion.json"], 0);
    scene.scan(1);
    let tasks = scene.place.list(&["tasks"]);
    assert_eq!(tasks[0]["status"], "FAILED", "{tasks:?}");
    assert!(tasks[0].to_string().contains("key/k") && tasks[0].to_string().contains("eu-west-1"), "{tasks:?}");
    let rules = sorted(&scene.place.findings(), "rule");
    assert!(rules.contains(&"failed-role-deletion".to_owned()), "{rules:?}");
    scene.cloud.forget();
    scene.scan(1);
    assert!(!scene.cloud.actions().contains(TASK_STATUS), "a task that ended is not asked for again");
}

#[test]
fn a_deletion_in_progress_is_asked_for_until_it_ends() {
    let task = deletion("22222222-2222-2222-2222-222222222222");
    let account = Account::new(ORPHAN).orphaned().task(&task, Task::is("IN_PROGRESS"));
    let scene = Scene::new(World::new(HUB).account(account), ORGANIZATION);
    scene.place.write("deletion.json", deletion_record(ORPHAN, &task).to_string());
    scene.place.ends(&["ingest", "deletion.json"], 0);
    scene.scan(1);
    assert_eq!(scene.place.list(&["tasks"])[0]["status"], "IN_PROGRESS");
    assert_eq!(scene.verdict(ORPHAN), "orphaned", "until it ends");
    scene.cloud.change(|world| {
        let account = world.at(ORPHAN);
        account.roles.clear();
        account.tasks.clear();
    });
    scene.scan(1);
    let tasks = scene.place.list(&["tasks"]);
    assert_eq!(tasks[0]["status"], "SUCCEEDED", "IAM has forgotten the task, and the role is gone: {tasks:?}");
    assert_eq!(scene.verdict(ORPHAN), "not-in-use");
}

#[test]
fn a_forgotten_task_of_a_role_that_is_still_there_is_a_failure_after_the_grace_time() {
    let task = deletion("33333333-3333-3333-3333-333333333333");
    let account = Account::new(ORPHAN).orphaned();
    let scene = Scene::new(World::new(HUB).account(account), ORGANIZATION);
    scene.place.write("deletion.json", deletion_record(ORPHAN, &task).to_string());
    scene.place.ends(&["ingest", "deletion.json"], 0);
    scene.scan(1);
    let tasks = scene.place.list(&["tasks"]);
    assert_eq!(tasks[0]["status"], "FAILED", "{tasks:?}");
    let rules = sorted(&scene.place.findings(), "rule");
    assert!(rules.contains(&"failed-role-deletion".to_owned()), "{rules:?}");
}

const TASK_STATUS: &str = "iam:GetServiceLinkedRoleDeletionStatus";

pub fn deletion(name: &str) -> String {
    format!("task/aws-service-role/cks.kms.amazonaws.com/{CKS_ROLE}/{name}")
}

/// The trail's record of a deletion that was asked for months ago.
pub fn deletion_record(account: &str, task: &str) -> Value {
    json!({
        "eventVersion": "1.11", "eventID": format!("deletion-{account}"), "eventName": "DeleteServiceLinkedRole",
        "eventSource": "iam.amazonaws.com", "eventTime": "2026-06-01T10:00:00Z", "awsRegion": "us-east-1",
        "recipientAccountId": account, "eventType": "AwsApiCall", "eventCategory": "Management",
        "managementEvent": true, "readOnly": false,
        "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/alice"), "accountId": account},
        "requestParameters": {"roleName": CKS_ROLE}, "responseElements": {"deletionTaskId": task},
    })
}
