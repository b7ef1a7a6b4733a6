//! Inventory from files: verdicts, gaps, history, and the life of findings from one scan to the next.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::records::{ACCOUNT, PROFILE, ROLE, ROLE_NAME, SERVICE, delivered, routine, with};
use crate::support::{Workplace, reconcile, sorted};

const POLICY: &str = "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy";
const REGIONS: [&str; 2] = ["eu-central-1", "us-east-1"];

/// A moment some hours before now, as the tools print it.
fn ago(hours: i64) -> String {
    (Timestamp::now() - SignedDuration::from_hours(hours)).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

pub fn file(name: &str) -> String {
    format!("inventory/aws/{ACCOUNT}/{name}")
}

fn stores_file(region: &str) -> String {
    file(&format!("{region}/describe-custom-key-stores.json"))
}

/// What the tool says when a call was refused or found nothing.
fn refusal(code: &str, operation: &str, message: &str) -> String {
    format!("\nAn error occurred ({code}) when calling the {operation} operation: {message}\n")
}

/// An account with the role, created `hours` ago, and no store in either Region.
pub struct Inventory {
    pub place: Workplace,
}

impl Inventory {
    pub fn new(hours: i64) -> Self {
        let inventory = Self { place: Workplace::new() };
        inventory.configure("");
        inventory.role(hours, "AROAEXAMPLE1", &json!({"Service": SERVICE}));
        let attached = json!({"AttachedPolicies": [{"PolicyName": POLICY,
            "PolicyArn": format!("arn:aws:iam::aws:policy/aws-service-role/{POLICY}")}]});
        inventory.write(&file("list-attached-role-policies.json"), &attached);
        inventory.write(&file("list-role-policies.json"), &json!({"PolicyNames": []}));
        let actions = [
            "cloudhsm:Describe*",
            "ec2:CreateNetworkInterface",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:DescribeSecurityGroups",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:DeleteSecurityGroup",
            "ec2:DescribeVpcs",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeNetworkInterfaces",
        ];
        let version = json!({"PolicyVersion": {"VersionId": "v2", "IsDefaultVersion": true,
            "CreateDate": "2023-11-10T19:03:34+00:00", "Document": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}}});
        inventory.write(&file("get-policy-version.json"), &version);
        for region in REGIONS {
            inventory.stores(region, &[]);
        }
        inventory
    }

    fn configure(&self, more: &str) {
        self.place.write(
            "roletrail.toml",
            format!("[[snapshot]]\npath = \"inventory\"\nregions = [\"eu-central-1\", \"us-east-1\"]\n{more}"),
        );
    }

    pub fn write(&self, name: &str, value: &Value) {
        self.place.write(name, value.to_string());
    }

    fn role(&self, hours: i64, id: &str, principal: &Value) {
        let role = json!({"Role": {"Path": format!("/aws-service-role/{SERVICE}/"), "RoleName": ROLE_NAME, "RoleId": id,
            "Arn": ROLE, "CreateDate": ago(hours), "MaxSessionDuration": 3600,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}}});
        self.write(&file("get-role.json"), &role);
    }

    /// The stores of a Region: ids with their types.
    pub fn stores(&self, region: &str, stores: &[(&str, &str)]) {
        let stores: Vec<_> = stores
            .iter()
            .map(|(id, kind)| {
                json!({"CustomKeyStoreId": id, "CustomKeyStoreName": id, "ConnectionState": "CONNECTED",
                "CreationDate": ago(2000), "CustomKeyStoreType": kind})
            })
            .collect();
        self.write(&stores_file(region), &json!({ "CustomKeyStores": stores }));
    }

    /// A trail in which the service assumed the role an hour ago.
    pub fn with_trail(&self, grace: &str) {
        self.configure(&format!("[rules]\ngrace = \"{grace}\"\n[[aws]]\nname = \"t\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"files\"\npath = \"trail\"\n"));
        let time = (Timestamp::now() - SignedDuration::from_hours(1)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.place.write("trail/a.json", delivered(&[with(routine("t-1"), json!({ "eventTime": time }))]));
    }

    pub fn scan(&self, code: i32) -> Value {
        let scan = self.place.json(&["scan"], code);
        reconcile(&scan["trail"]);
        scan
    }

    /// Verdict, presence of the role, and what is missing: `api region outcome`.
    pub fn verdict(&self) -> (String, String, Vec<String>) {
        self.verdict_of(&[])
    }

    fn verdict_of(&self, more: &[&str]) -> (String, String, Vec<String>) {
        let rows = self.place.list(&[&["verdicts", "--profile", PROFILE], more].concat());
        let [row] = &rows[..] else { panic!("one verdict: {rows:?}") };
        assert_eq!(row["basis"], "observed", "{row}");
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let missing = row["coverage"]["missing"].as_array().expect("a list").iter();
        let missing =
            missing.map(|gap| format!("{} {} {}", text(&gap["api"]), text(&gap["region"]), text(&gap["outcome"])));
        let mut missing: Vec<_> = missing.collect();
        missing.sort();
        (text(&row["verdict"]), text(&row["role"]), missing)
    }

    fn open_rules(&self) -> Vec<String> {
        sorted(&self.place.findings(), "rule")
    }
}

fn is(verdict: &str, role: &str, missing: &[&str]) -> (String, String, Vec<String>) {
    (verdict.to_owned(), role.to_owned(), missing.iter().map(|gap| (*gap).to_owned()).collect())
}

const NO_TRAIL: &str = "trail - not-configured";

#[test]
fn a_complete_account_is_clean_with_a_trail_and_unknown_without() {
    let inventory = Inventory::new(2000);
    inventory.stores("us-east-1", &[("cks-1", "AWS_CLOUDHSM")]);
    let scan = inventory.scan(0);
    let coverage = &scan["coverage"];
    assert_eq!((&coverage["accounts_expected"], &coverage["accounts_complete"]), (&1.into(), &1.into()));
    assert_eq!((&coverage["regions_expected"], &coverage["regions_complete"]), (&2.into(), &2.into()));
    assert_eq!(inventory.verdict(), is("unknown", "present", &[NO_TRAIL]));
    inventory.with_trail("24h");
    let scan = inventory.scan(0);
    assert_eq!(scan["coverage"]["missing"], json!([]));
    assert_eq!(scan["verdicts"]["clean"], 1);
    assert_eq!(inventory.verdict(), is("clean", "present", &[]));
    let row = inventory.place.verdict(ACCOUNT, PROFILE);
    assert_eq!(row["stores"], json!({"needing_role": 1, "by_region": {"eu-central-1": 0, "us-east-1": 1}}));
    assert_eq!((&row["assumptions"]["total"], &row["assumptions"]["by_trusted"]), (&1.into(), &1.into()));
}

#[test]
fn an_orphan_needs_the_inventory_alone_but_all_of_it() {
    let inventory = Inventory::new(2000);
    inventory.scan(1);
    assert_eq!(inventory.verdict(), is("orphaned", "present", &[NO_TRAIL]));
    assert_eq!(inventory.open_rules(), ["orphaned-role"]);
    assert_eq!(inventory.place.findings()[0]["severity"], "low");
    inventory.place.json(&["scan", "--fail-on", "medium"], 0);

    let inventory = Inventory::new(2000);
    inventory.place.remove(&stores_file("us-east-1"));
    inventory.scan(2);
    assert_eq!(
        inventory.verdict(),
        is("unknown", "present", &["kms:DescribeCustomKeyStores us-east-1 error", NO_TRAIL])
    );
    assert_eq!(inventory.open_rules(), Vec::<String>::new());
}

#[test]
fn a_region_that_a_source_lists_is_expected_in_the_inventory_too() {
    let inventory = Inventory::new(2000);
    inventory.configure("[[aws]]\nname = \"t\"\naccounts = \"none\"\nregions = [\"us-east-1\", \"eu-west-3\"]\n");
    inventory.scan(2);
    assert_eq!(
        inventory.verdict(),
        is("unknown", "present", &["kms:DescribeCustomKeyStores eu-west-3 error", NO_TRAIL])
    );
}

#[test]
fn what_a_tool_said_instead_of_an_answer_is_the_gaps_outcome() {
    let denied = refusal("AccessDeniedException", "DescribeCustomKeyStores", "User: x is not authorized");
    for (text, outcome) in [
        (denied, "denied"),
        (refusal("ThrottlingException", "DescribeCustomKeyStores", "Rate exceeded"), "throttled"),
        ("Connect timeout on endpoint URL: \"https://kms.us-east-1.amazonaws.com/\"".to_owned(), "timed-out"),
        ("{\"CustomKeyStores\": [".to_owned(), "error"),
        (String::new(), "error"),
        ("{\"CustomKeyStores\": [], \"Truncated\": true, \"NextMarker\": \"m\"}".to_owned(), "partial"),
    ] {
        let inventory = Inventory::new(2000);
        inventory.place.write(&stores_file("us-east-1"), &text);
        inventory.scan(2);
        let gap = format!("kms:DescribeCustomKeyStores us-east-1 {outcome}");
        assert_eq!(inventory.verdict(), is("unknown", "present", &[&gap, NO_TRAIL]), "{text}");
        let rows = inventory.place.list(&["coverage", "--gaps"]);
        assert!(rows.iter().any(|row| row["outcome"] == outcome && row["region"] == "us-east-1"), "{rows:?}");
    }
}

#[test]
fn a_role_that_is_not_there_is_no_gap() {
    let inventory = Inventory::new(2000);
    let absent = refusal("NoSuchEntity", "GetRole", &format!("The role with name {ROLE_NAME} cannot be found."));
    inventory.place.write(&file("get-role.json"), &absent);
    inventory.with_trail("24h");
    inventory.scan(0);
    assert_eq!(inventory.verdict(), is("not-in-use", "absent", &[]));
    inventory.stores("us-east-1", &[("cks-1", "AWS_CLOUDHSM")]);
    inventory.scan(1);
    assert_eq!(inventory.open_rules(), ["missing-role"]);
    assert_eq!(inventory.verdict().0, "findings");
    // A refusal is no absence.
    inventory.place.write(&file("get-role.json"), refusal("AccessDenied", "GetRole", "User: x is not authorized"));
    inventory.scan(2);
    let (verdict, role, missing) = inventory.verdict();
    assert_eq!((role.as_str(), &missing[..]), ("unknown", &["iam:GetRole - denied".to_owned()][..]));
    assert_ne!(verdict, "not-in-use");
}

#[test]
fn an_external_key_store_does_not_need_the_role_and_an_unknown_type_does() {
    for (kind, verdict) in [("EXTERNAL_KEY_STORE", "orphaned"), ("SOMETHING_NEW", "clean"), ("AWS_CLOUDHSM", "clean")]
    {
        let inventory = Inventory::new(2000);
        inventory.with_trail("24h");
        inventory.stores("us-east-1", &[("cks-1", kind)]);
        let scan = inventory.place.run(&["scan"]);
        assert_eq!(scan.code, i32::from(verdict == "orphaned"), "{kind}: {}", scan.stderr);
        assert_eq!(inventory.verdict().0, verdict, "{kind}");
    }
}

#[test]
fn a_young_role_or_a_store_that_has_just_gone_is_within_the_grace_time() {
    let young = Inventory::new(3);
    young.with_trail("24h");
    young.scan(0);
    assert_eq!(young.verdict().0, "clean");
    let old = Inventory::new(2000);
    old.with_trail("24h");
    old.stores("us-east-1", &[("cks-1", "AWS_CLOUDHSM")]);
    old.scan(0);
    old.stores("us-east-1", &[]);
    old.scan(0);
    assert_eq!(old.verdict().0, "clean");
}

#[test]
fn drift_is_found_and_spelling_is_not() {
    let inventory = Inventory::new(2000);
    inventory.with_trail("24h");
    inventory.stores("us-east-1", &[("cks-1", "AWS_CLOUDHSM")]);
    inventory.role(2000, "AROAEXAMPLE1", &json!({"Service": [SERVICE]}));
    inventory.scan(0);
    inventory.role(2000, "AROAEXAMPLE1", &json!({"Service": SERVICE, "AWS": format!("arn:aws:iam::{ACCOUNT}:root")}));
    inventory.scan(1);
    assert_eq!(inventory.open_rules(), ["trust-drift"]);
    inventory.role(2000, "AROAEXAMPLE1", &json!({"Service": SERVICE}));
    inventory.write(&file("list-role-policies.json"), &json!({"PolicyNames": ["extra"]}));
    inventory.write(&file("get-role-policy.json"), &json!({"RoleName": ROLE_NAME, "PolicyName": "extra",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}));
    inventory.scan(1);
    assert_eq!(inventory.open_rules(), ["permission-drift"]);
    inventory.write(&file("list-role-policies.json"), &json!({"PolicyNames": []}));
    inventory.place.remove(&file("get-role-policy.json"));
    inventory.role(1, "AROAEXAMPLE2", &json!({"Service": SERVICE}));
    inventory.scan(1);
    assert_eq!(inventory.open_rules(), ["role-recreated"]);
    assert_eq!(inventory.place.list(&["roles", "--profile", PROFILE]).len(), 4);
}

#[test]
fn the_history_answers_for_any_time() {
    let inventory = Inventory::new(2000);
    inventory.with_trail("0s");
    inventory.stores("us-east-1", &[("cks-1", "AWS_CLOUDHSM")]);
    let then = inventory.scan(0)["finished"].as_str().expect("a time").to_owned();
    inventory.stores("us-east-1", &[]);
    inventory.role(2000, "AROAEXAMPLE1", &json!({"Service": SERVICE, "AWS": format!("arn:aws:iam::{ACCOUNT}:root")}));
    let now = inventory.scan(1)["finished"].as_str().expect("a time").to_owned();
    let at = |command: &str, time: &str| inventory.place.list(&[command, "--at", time]);
    assert_eq!(at("stores", &then).len(), 1);
    assert_eq!(at("stores", &now).len(), 0);
    let trust = |time: &str| {
        let rows = at("roles", time);
        let states: Vec<_> = rows.iter().filter(|row| row["profile"] == PROFILE).collect();
        let [row] = &states[..] else { panic!("one state: {rows:?}") };
        row["state"].to_string()
    };
    assert!(!trust(&then).contains(":root") && trust(&now).contains(":root"));
    assert_eq!(inventory.verdict_of(&["--at", &then]), is("clean", "present", &[]));
    assert_eq!(inventory.verdict_of(&["--at", &now]), is("orphaned", "present", &[]));
    assert_eq!(at("findings", &then), Vec::<Value>::new());
    assert_eq!(sorted(&at("findings", &now), "rule"), ["orphaned-role", "trust-drift"]);
    // Before the first scan nothing was known.
    assert_eq!(at("roles", "2020-01-01T00:00:00Z"), Vec::<Value>::new());
    assert!(at("verdicts", "2020-01-01T00:00:00Z").iter().all(|row| row["verdict"] == "unknown"));
    let states = inventory.place.list(&["roles", "--profile", PROFILE]);
    assert_eq!(states.len(), 2);
    let (newer, older) = if states[0]["valid_to"].is_null() { (0, 1) } else { (1, 0) };
    assert_eq!(states[older]["valid_to"], states[newer]["valid_from"], "no hole in the history: {states:?}");
}

#[test]
fn findings_are_resolved_by_complete_coverage_alone_and_opened_again() {
    let inventory = Inventory::new(2000);
    inventory.with_trail("0s");
    inventory.scan(1);
    let [first] = &inventory.place.findings()[..] else { panic!("one finding") };
    let id = first["id"].as_str().expect("an id");
    assert_eq!(first["stale"], false);
    // The store may be in the Region that does not answer: neither resolved nor confirmed.
    inventory
        .place
        .write(&stores_file("us-east-1"), refusal("AccessDeniedException", "DescribeCustomKeyStores", "no"));
    inventory.scan(2);
    let [stale] = &inventory.place.findings()[..] else { panic!("still open") };
    assert_eq!((&stale["id"], &stale["stale"]), (&json!(id), &json!(true)), "{stale}");
    inventory.stores("us-east-1", &[("cks-1", "AWS_CLOUDHSM")]);
    inventory.scan(0);
    assert_eq!(inventory.place.findings(), Vec::<Value>::new());
    let resolved = inventory.place.list(&["findings", "--status", "resolved"]);
    let [row] = &resolved[..] else { panic!("one resolved: {resolved:?}") };
    assert_eq!((&row["id"], &row["status"]), (&json!(id), &json!("resolved")));
    assert!(row["resolved_at"].is_string() && row["resolved_because"].is_string(), "{row}");
    inventory.stores("us-east-1", &[]);
    inventory.scan(1);
    let [again] = &inventory.place.findings()[..] else { panic!("open again") };
    assert_eq!((&again["id"], &again["status"], &again["resolved_at"]), (&json!(id), &json!("open"), &Value::Null));
    let shown = inventory.place.json(&["findings", "show", &id[..6]], 0);
    let steps: Vec<_> =
        shown["history"].as_array().expect("a list").iter().map(|step| step["change"].clone()).collect();
    assert!(3 <= steps.len(), "{shown}");
    inventory.place.ends(&["findings", "explain", id], 0);
    inventory.place.ends(&["findings", "show", "ffffffffffff"], 3);
}

#[test]
fn an_account_that_vanishes_from_the_inventory_is_a_gap_until_it_is_back() {
    let inventory = Inventory::new(2000);
    // Another account stays, so that the directory as a whole is in order.
    inventory.place.write("inventory/aws/444455556666/get-role.json", refusal("AccessDenied", "GetRole", "no"));
    inventory.scan(2);
    let own = ["--account", ACCOUNT];
    assert_eq!(inventory.verdict_of(&own), is("orphaned", "present", &[NO_TRAIL]));
    let (here, away) = (inventory.place.path(&format!("inventory/aws/{ACCOUNT}")), inventory.place.path("away"));
    std::fs::rename(&here, &away).expect("moved away");
    inventory.scan(2);
    let (verdict, _, missing) = inventory.verdict_of(&own);
    assert_eq!(verdict, "unknown", "{missing:?}");
    assert!(missing.contains(&"account - error".to_owned()), "{missing:?}");
    assert_eq!(inventory.open_rules(), ["orphaned-role"], "what was found stays open");
    std::fs::rename(&away, &here).expect("moved back");
    inventory.scan(2);
    assert_eq!(inventory.verdict_of(&own), is("orphaned", "present", &[NO_TRAIL]));
}

#[test]
fn judging_again_changes_nothing() {
    let inventory = Inventory::new(2000);
    inventory.with_trail("24h");
    inventory.role(2000, "AROAEXAMPLE1", &json!({"Service": SERVICE, "AWS": "*"}));
    inventory.scan(1);
    let dump = || {
        let all = ["findings", "--format", "json", "--status", "all", "--all-events"];
        let mut rows = inventory.place.list(&all);
        for row in &mut rows {
            // What an inventory shows is seen anew by every judgement.
            row["last_seen"].take();
        }
        (rows, inventory.verdict(), inventory.place.list(&["coverage"]))
    };
    let before = dump();
    for arguments in [&["analyze"][..], &["analyze", "--full"], &["analyze", "--full"]] {
        inventory.place.json(arguments, 1);
        assert_eq!(dump(), before, "{arguments:?}");
    }
    inventory.scan(1);
    let (findings, verdict, _) = dump();
    assert_eq!((findings, verdict), (before.0, before.1));
}

#[test]
fn an_inventory_that_is_not_laid_out_is_a_gap_with_a_remedy() {
    let place = Workplace::new();
    place.write("roletrail.toml", "[[snapshot]]\npath = \"inventory\"\n");
    place.write("inventory/readme.txt", "nothing here");
    let scan = place.json(&["scan"], 2);
    assert!(scan["coverage"]["missing"].to_string().contains("PROVIDER/ACCOUNT"), "{scan}");
    place.write("inventory/aws/not-an-account/get-role.json", "{}");
    let scan = place.json(&["scan"], 2);
    assert!(scan["coverage"]["missing"].to_string().contains("not named by an account id"), "{scan}");
    place.write("roletrail.toml", "[[snapshot]]\npath = \"elsewhere\"\n");
    let ran = place.run(&["scan"]);
    assert!(ran.code == 2 || ran.code == 3, "{ran:?}");
}

#[test]
fn collecting_stores_and_judges_nothing() {
    let inventory = Inventory::new(2000);
    inventory.place.json(&["collect"], 0);
    assert_eq!(inventory.place.list(&["findings"]), Vec::<Value>::new());
    assert_eq!(inventory.place.list(&["roles", "--profile", PROFILE]).len(), 1);
    inventory.place.json(&["analyze"], 1);
    assert_eq!(inventory.open_rules(), ["orphaned-role"]);
}
