//! The whole program against a resource directory of a strict stand-in for Alibaba Cloud.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::alibaba::{Account, Cloud, Effect, Instance, KEY_STORE_ROLE, Role, Trail, World};
use crate::scene::{self, Provider};
use crate::support::sorted;

pub const HUB: &str = "1000000000000001";
pub const MEMBER: &str = "1000000000000002";
pub const ORPHAN: &str = "1000000000000003";
const CLOSED: &str = "1000000000000004";
pub const INSTANCES: &str = "kms:ListKmsInstances";
pub const KEY_STORES: &str = "alibaba-kms-key-store";
const CUSTOM: &str = "alibaba-kms-custom-key-store";

/// What stands for the running cloud in settings.
const ENDPOINT: &str = "ENDPOINT";

/// Settings of a source with the whole directory, without trails.
pub const DIRECTORY: &str = "[[alibaba]]\nname = \"directory\"\naccounts = \"resource-directory\"\n\
                             allow_http = true\nendpoint = \"ENDPOINT\"\n";

/// A role is orphaned as soon as nothing needs it.
const NO_GRACE: &str = "[rules]\ngrace = \"0s\"\n";

/// Settings of a source with other accounts.
fn source(accounts: &str) -> String {
    DIRECTORY.replace("\"resource-directory\"", accounts)
}

/// An account whose trail records everything.
pub fn watched(account: Account) -> Account {
    let trail = Trail::healthy(&account.id, "cn-hangzhou", "all-events", "trail-bucket");
    account.trail(trail)
}

/// Three accounts: the management account without the role, one with an instance that needs it, one with an orphan.
pub fn directory() -> World {
    World::new(HUB)
        .account(watched(Account::new(HUB)))
        .account(watched(Account::new(MEMBER).with_instance("cn-beijing", "kst-1111111111111111a")))
        .account(watched(Account::new(ORPHAN).orphaned()))
}

/// A directory with this account.
pub fn with(account: Account) -> World {
    World::new(HUB).account(watched(Account::new(HUB))).account(watched(account))
}

impl Provider for World {
    const HUB: &str = HUB;
    const MEMBER: &str = MEMBER;
    const ORPHAN: &str = ORPHAN;
    const PROFILE: &str = KEY_STORES;
    const STORES: &str = INSTANCES;
    const REGIONS: [&str; 2] = ["cn-beijing", "ap-southeast-1"];
    const SOURCE: &str = DIRECTORY;

    fn organisation() -> Self {
        directory()
    }

    fn settings(cloud: &Cloud, text: &str) -> String {
        text.replace(ENDPOINT, &cloud.endpoint())
    }
}

/// A workplace, and the simulated Alibaba Cloud.
pub type Scene = scene::Scene<World>;

/// The rules with an open finding in an account.
pub fn rules(scene: &Scene, account: &str) -> Vec<String> {
    let open = |finding: &Value| finding["account"] == account && finding["status"] == "open";
    let found: Vec<_> = scene.place.findings().into_iter().filter(open).collect();
    sorted(&found, "rule")
}

/// So many days from now.
fn in_days(days: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(24 * days)
}

#[test]
fn a_resource_directory_is_read_whole() {
    let scene = Scene::new(directory().account(Account::new(CLOSED).status("CreateVerifying")), DIRECTORY);
    let summary = scene.scan(1);
    assert_eq!(summary["coverage"]["accounts_expected"], 3, "{summary}");
    assert_eq!(summary["coverage"]["accounts_complete"], 3, "{summary}");
    assert_eq!(summary["coverage"]["regions_expected"], 9, "{summary}");
    assert_eq!(summary["coverage"]["regions_complete"], 9, "{summary}");
    for (account, verdict) in [(HUB, "not-in-use"), (MEMBER, "unknown"), (ORPHAN, "orphaned")] {
        assert_eq!(scene.verdict(account), verdict, "{account}");
    }
    let missing = &scene.place.verdict(MEMBER, KEY_STORES)["coverage"]["missing"];
    assert_eq!((missing[0]["api"].as_str(), missing.as_array().map(Vec::len)), (Some("trail"), Some(1)), "{missing}");
    assert_eq!(rules(&scene, ORPHAN), ["orphaned-role"]);
    assert!(rules(&scene, MEMBER).is_empty() && rules(&scene, HUB).is_empty());
}

#[test]
fn an_account_that_is_not_active_is_told_and_not_entered() {
    let scene = Scene::new(directory().account(Account::new(CLOSED).status("CreateVerifying")), DIRECTORY);
    scene.scan(1);
    let closed = &scene.rows(CLOSED, "account")[0];
    assert_eq!((&closed["outcome"], &closed["detail"]), (&json!("not-enabled"), &json!("CreateVerifying")));
    assert!(scene.place.list(&["verdicts", "--account", CLOSED]).is_empty());
    let entered = scene.cloud.calls_of("sts:AssumeRole");
    assert_eq!(entered.len(), 2, "{entered:?}");
    assert!(entered.iter().all(|call| !call.parameters.to_string().contains(CLOSED)), "{entered:?}");
}

#[test]
fn the_management_account_is_read_once_whether_the_directory_lists_it_or_not() {
    for listed in [false, true] {
        let mut world = directory();
        world.lists_management = listed;
        let scene = Scene::new(world, DIRECTORY);
        let summary = scene.scan(1);
        assert_eq!(summary["coverage"]["accounts_complete"], 3, "{listed}: {summary}");
        assert_eq!(scene.cloud.calls_of("kms:DescribeRegions").iter().filter(|call| call.account == HUB).count(), 1);
    }
}

#[test]
fn a_source_reads_its_own_account_or_those_it_lists_or_none() {
    let listed = format!("[\"{MEMBER}\", \"{ORPHAN}\"]");
    for (accounts, expected) in [("\"self\"", 1), (listed.as_str(), 2), ("\"none\"", 0)] {
        let scene = Scene::new(directory(), &source(accounts));
        let summary: Value = serde_json::from_str(&scene.scan_as(|_| {}).stdout).expect("JSON");
        assert_eq!(summary["coverage"]["accounts_complete"], expected, "{accounts}: {summary}");
        assert!(!scene.cloud.actions().contains("resourcemanager:ListAccounts"), "{accounts}");
        assert_eq!(scene.cloud.actions().contains("ram:GetRole"), expected != 0, "{accounts}");
    }
}

#[test]
fn members_are_entered_with_the_external_id() {
    let world = || directory().external_id("our-secret");
    Scene::new(world(), &format!("{DIRECTORY}external_id = \"our-secret\"\n")).scan(1);
    let without = Scene::new(world(), DIRECTORY);
    without.scan(2);
    assert_eq!(without.outcome(ORPHAN, "account", None), "denied");
    assert_eq!(without.verdict(ORPHAN), "unknown");
    assert_eq!(without.verdict(HUB), "not-in-use", "the hub's own account needs no role");
}

#[test]
fn every_page_of_every_listing_is_read() {
    let mut account = Account::new(MEMBER).role(Role::key_stores());
    for number in 0..7 {
        account = account.instance("cn-beijing", Instance::hardware(&format!("kst-{number}"))).cluster(
            "cn-beijing",
            &format!("cluster-{number}"),
            "INITIALIZED",
        );
    }
    let scene = Scene::new(directory().account(watched(account)).page_size(2), DIRECTORY);
    let summary = scene.scan(1);
    assert_eq!(summary["coverage"]["accounts_complete"], 3, "{summary}");
    let stores = scene.place.list(&["stores", "--account", MEMBER]);
    assert_eq!(stores.len(), 14, "{stores:?}");
    assert_eq!(scene.cloud.calls_of("kms:GetKmsInstance").len(), 7);
}

#[test]
fn a_software_instance_needs_no_role_and_an_unknown_edition_may() {
    for (version, orphaned) in [("3", true), ("5", false), ("7", false), ("", false)] {
        let account = Account::new(ORPHAN).orphaned().instance("cn-beijing", Instance::of("kst-1", version));
        let scene = Scene::new(with(account), DIRECTORY);
        scene.scan(i32::from(orphaned));
        assert_eq!(scene.verdict(ORPHAN) == "orphaned", orphaned, "edition {version:?}");
        assert_eq!(rules(&scene, ORPHAN).contains(&"orphaned-role".to_owned()), orphaned, "edition {version:?}");
    }
}

#[test]
fn what_an_instance_tells_is_read_as_loosely_as_it_is_written() {
    let odd = Instance::hardware("kst-1")
        .with("ProductVersion", json!(5))
        .with("KeyNum", json!("1000"))
        .with("SecretNum", json!(100))
        .with("VswitchIds", json!("vsw-1,vsw-2"))
        .with("ZoneIds", json!({"ZoneId": ["a"]}))
        .with("SaleStatus", Value::Null)
        .with("BindVpcs", json!({}));
    let scene =
        Scene::new(with(Account::new(MEMBER).role(Role::key_stores()).instance("cn-beijing", odd)), DIRECTORY);
    scene.scan(0);
    let stores = scene.place.list(&["stores", "--account", MEMBER]);
    assert_eq!((&stores[0]["store"], &stores[0]["type"]), (&json!("kst-1"), &json!("5")), "{stores:?}");
}

#[test]
fn an_instance_that_ended_holds_the_role_until_it_is_released() {
    let instance = Instance::hardware("kst-1").status("Disconnected").sale_status("Expired").ends(in_days(-3));
    let account = Account::new(ORPHAN).orphaned().instance("cn-beijing", instance);
    let scene = Scene::new(with(account), &format!("{NO_GRACE}{DIRECTORY}"));
    scene.scan(1);
    assert_ne!(scene.verdict(ORPHAN), "orphaned", "the instance can still be renewed");
    assert_eq!(rules(&scene, ORPHAN), ["store-expiring"]);
    scene.cloud.change(|world| world.at(ORPHAN).region("cn-beijing").instances.clear());
    scene.scan(0);
    assert_ne!(scene.verdict(ORPHAN), "orphaned", "it can be renewed even where it is not listed");
}

#[test]
fn an_instance_that_was_released_is_found_by_comparing_two_scans() {
    for (settings, orphaned) in [(NO_GRACE, true), ("", false)] {
        let instance = Instance::hardware("kst-1").pay_as_you_go();
        let account = Account::new(ORPHAN).orphaned().instance("cn-beijing", instance);
        let scene = Scene::new(with(account), &format!("{settings}{DIRECTORY}"));
        scene.scan(0);
        scene.cloud.change(|world| world.at(ORPHAN).region("cn-beijing").instances.clear());
        scene.scan(i32::from(orphaned));
        assert_eq!(scene.verdict(ORPHAN) == "orphaned", orphaned, "{settings}");
        let stores = scene.place.list(&["stores", "--account", ORPHAN]);
        assert!(stores[0]["store"] == "kst-1" && stores[0]["valid_to"].is_string(), "{stores:?}");
    }
}

#[test]
fn an_instance_that_ends_soon_is_told_of() {
    let account = |id: &str, days| {
        let instance = Instance::hardware("kst-1").ends(in_days(days));
        watched(Account::new(id).role(Role::key_stores()).instance("cn-beijing", instance))
    };
    let endless = Instance::hardware("kst-1").pay_as_you_go();
    let endless = watched(Account::new(CLOSED).role(Role::key_stores()).instance("cn-beijing", endless));
    let world = with(account(MEMBER, 10)).account(account(ORPHAN, 90)).account(endless);
    let scene = Scene::new(world, DIRECTORY);
    scene.scan(1);
    assert_eq!(rules(&scene, MEMBER), ["store-expiring"]);
    assert!(rules(&scene, ORPHAN).is_empty() && rules(&scene, CLOSED).is_empty());
}

#[test]
fn both_roles_are_found_whatever_the_case_of_their_names() {
    let mut plain = Role::key_stores();
    plain.name = KEY_STORE_ROLE.to_ascii_lowercase();
    let account = Account::new(ORPHAN).role(plain).role(Role::custom_key_stores());
    let scene = Scene::new(with(account), DIRECTORY);
    scene.scan(1);
    for profile in [KEY_STORES, CUSTOM] {
        let roles = scene.place.list(&["roles", "--account", ORPHAN, "--profile", profile]);
        assert_eq!(roles.len(), 1, "{profile}: {roles:?}");
        assert_eq!(scene.place.verdict(ORPHAN, profile)["verdict"], "orphaned", "{profile}");
    }
}

#[test]
fn a_role_is_kept_with_all_that_it_may_do() {
    let twin =
        Role::custom_key_stores().trusting(Role::key_stores().trust).with_policy("AdministratorAccess", "System");
    let account = Account::new(MEMBER).role(twin).instance("cn-beijing", Instance::hardware("kst-1"));
    let scene = Scene::new(with(account), DIRECTORY);
    scene.scan(1);
    let roles = scene.place.list(&["roles", "--account", MEMBER, "--profile", CUSTOM]);
    let attached = &roles[0]["state"]["attached"];
    assert_eq!(attached.as_array().map(Vec::len), Some(2), "{attached}");
    assert_eq!(attached[1]["version"], "v1", "{attached}");
    let found = rules(&scene, MEMBER);
    assert!(found.contains(&"permission-drift".to_owned()) && found.contains(&"trust-drift".to_owned()), "{found:?}");
}

#[test]
fn clusters_of_hsms_are_listed_and_hold_no_role() {
    let account = Account::new(ORPHAN).orphaned().cluster("cn-beijing", "cluster-1", "INITIALIZED").cluster(
        "cn-hangzhou",
        "cluster-2",
        "DELETED",
    );
    let scene = Scene::new(with(account), DIRECTORY);
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
    let stores = scene.place.list(&["stores", "--account", ORPHAN]);
    assert_eq!(sorted(&stores, "store"), ["cluster-1"]);
    let asked = scene.cloud.calls_of("yundun-hsm:ListClusters");
    assert!(asked.iter().any(|call| call.region == "cn-beijing"), "{asked:?}");
}

#[test]
fn trails_that_record_too_little_are_found() {
    let trail = |account: &str| Trail::healthy(account, "cn-hangzhou", "all-events", "b");
    let world = World::new(HUB)
        .account(watched(Account::new(HUB)))
        .account(Account::new(MEMBER).trail(trail(MEMBER).recording("Write")))
        .account(Account::new(ORPHAN).trail(trail(ORPHAN).never_started()))
        .account(Account::new(CLOSED).trail(trail(CLOSED).stopped()));
    let scene = Scene::new(world, DIRECTORY);
    scene.scan(1);
    let found = |account: &str| {
        let findings = scene.place.list(&["findings", "--account", account, "--rule", "trail-degraded"]);
        findings.len()
    };
    assert_eq!([HUB, MEMBER, ORPHAN, CLOSED].map(found), [0, 1, 1, 1]);
}

#[test]
fn listed_regions_are_expected_as_given() {
    let scene = Scene::new(directory(), &format!("{DIRECTORY}regions = [\"cn-beijing\"]\n"));
    let summary = scene.scan(1);
    assert_eq!(summary["coverage"]["regions_expected"], 3, "one of each account: {summary}");
    assert!(!scene.cloud.actions().contains("kms:DescribeRegions"));
}

#[test]
fn a_region_that_nobody_has_heard_of_is_read_like_any_other() {
    let account = Account::new(MEMBER).with_instance("xx-middle-7", "kst-new");
    let scene = Scene::new(with(account).regions(&["cn-hangzhou", "xx-middle-7"]), DIRECTORY);
    scene.scan(0);
    let verdict = scene.place.verdict(MEMBER, KEY_STORES);
    assert_eq!(verdict["stores"]["by_region"]["xx-middle-7"], 1, "{verdict}");
}

#[test]
fn errors_in_xml_say_the_same() {
    let mut world = directory();
    world.xml_errors = true;
    let scene = Scene::new(world, DIRECTORY);
    scene.scan(1);
    assert_eq!(scene.verdict(HUB), "not-in-use", "RAM says in XML that the role does not exist");
    scene.survives(Effect::AccessDenied, "denied");
    scene.survives(Effect::Throttle, "throttled");
}
