//! The policies: what they grant, with which configuration, and what independent tools say to them.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use roletrail::sources::alibaba::calls as alibaba;
use roletrail::sources::aws::calls::Call;
use serde_json::Value;

use crate::support::Workplace;

/// The formats, with the names of the shipped files and of the files that the validators read.
const FORMATS: [(&str, &str, &str); 3] = [
    ("json", "config/iam/aws.json", "policy.json"),
    ("terraform", "config/iam/aws.tf", "policy.tf"),
    ("cloudformation", "config/iam/aws-stackset.yaml", "policy.yaml"),
];

/// A source of an organization with everything that can be limited.
const ORGANIZATION: &str = r#"
[profiles]
disable = ["aws-cloudhsm"]

[[aws]]
name = "prod"
accounts = "organization"
member_role = "audit/reader"
external_id = "e-1"
regions = ["eu-west-1"]

[[aws.trail]]
kind = "s3"
bucket = "example-trail"
prefix = "org"

[[aws.trail]]
kind = "sqs"
queue_url = "https://sqs.eu-west-1.amazonaws.com/111122223333/trail"
"#;

const OWN_ACCOUNT: &str = "[[aws]]\nname = \"own\"\n[[aws.trail]]\nkind = \"lookup-events\"\n";

const TWO_ROLES: &str = "[[aws]]\nname = \"a\"\naccounts = [\"111122223333\"]\nmember_role = \"one\"\nexternal_id = \"e\"\n\
                         [[aws]]\nname = \"b\"\naccounts = [\"444455556666\"]\nmember_role = \"another\"\n";

/// The policy of a configuration; without one, the whole.
fn policy(configuration: Option<&str>) -> Value {
    let place = Workplace::new();
    if let Some(text) = configuration {
        place.write("some.toml", text);
        return place.json(&["policy", "aws", "--config", "some.toml"], 0);
    }
    place.json(&["policy", "aws"], 0)
}

fn statements(policy: &Value) -> Vec<Value> {
    policy["Statement"].as_array().expect("statements").clone()
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn actions(policy: &Value) -> BTreeSet<String> {
    statements(policy)
        .iter()
        .flat_map(|one| texts(&one["Action"]).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn the_policy_grants_the_calls_and_nothing_else() {
    let granted = actions(&policy(None));
    let free = Call::GetCallerIdentity;
    let calls: BTreeSet<_> =
        Call::ALL.into_iter().filter(|call| *call != free).map(|call| call.action().to_owned()).collect();
    assert_eq!(granted, calls);
    for action in &granted {
        let (_, name) = action.split_once(':').expect("service and name");
        let reads = ["Get", "List", "Describe", "Lookup"].iter().any(|verb| name.starts_with(verb));
        assert!(reads || action == "sts:AssumeRole" || action.starts_with("sqs:"), "{action} changes something");
    }
}

#[test]
fn the_policy_is_one_valid_document() {
    for configuration in [None, Some(ORGANIZATION), Some(OWN_ACCOUNT), Some(TWO_ROLES)] {
        let policy = policy(configuration);
        assert_eq!(policy["Version"], "2012-10-17");
        assert_eq!(policy.as_object().map(serde_json::Map::len), Some(2), "{policy}");
        let mut ids = BTreeSet::new();
        for statement in statements(&policy) {
            let id = statement["Sid"].as_str().expect("an id").to_owned();
            assert!(
                id.starts_with(|c: char| c.is_ascii_uppercase()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
            );
            assert_eq!(statement["Effect"], "Allow");
            assert!(
                !texts(&statement["Action"]).is_empty() && !texts(&statement["Resource"]).is_empty(),
                "{statement}"
            );
            assert!(texts(&statement["Action"]).iter().all(|action| !action.contains('*')), "{statement}");
            let is_hub = texts(&statement["Action"])
                .iter()
                .all(|action| action.starts_with("organizations:") || action.starts_with("sts:"));
            assert_eq!(id.starts_with("Hub"), is_hub, "{statement}");
            assert!(ids.insert(id), "{statement}");
        }
    }
}

#[test]
fn a_configuration_gets_what_it_needs() {
    let organization = policy(Some(ORGANIZATION));
    let granted = actions(&organization);
    for missing in ["cloudhsm:DescribeClusters", "account:ListRegions", "iam:ListRoles", "cloudtrail:LookupEvents"] {
        assert!(!granted.contains(missing), "{missing}");
    }
    let text = organization.to_string();
    for resource in [
        "arn:aws:iam::*:role/audit/reader",
        "arn:aws:s3:::example-trail/org/AWSLogs/*",
        "arn:aws:sqs:eu-west-1:111122223333:trail",
    ] {
        assert!(text.contains(&format!("\"{resource}\"")), "{resource}: {text}");
    }
    let own = actions(&policy(Some(OWN_ACCOUNT)));
    assert!(own.contains("account:ListRegions") && own.contains("cloudtrail:LookupEvents"));
    assert!(
        own.iter()
            .all(|action| !["sts", "organizations", "s3", "sqs"]
                .contains(&action.split(':').next().expect("a service"))),
        "{own:?}"
    );
}

#[test]
fn the_configuration_is_found_where_every_command_finds_it() {
    let place = Workplace::new();
    let named = place.write("elsewhere/some.toml", OWN_ACCOUNT);
    let by_option = place.ends(&["policy", "aws", "--config", "elsewhere/some.toml"], 0).stdout;
    let by_variable = place.command(&["policy", "aws"]).env("ROLETRAIL_CONFIG", named).output().expect("starts");
    assert_eq!(by_option, String::from_utf8_lossy(&by_variable.stdout));
    let everything = place.ends(&["policy", "aws"], 0).stdout;
    assert_ne!(by_option, everything);
    place.write("roletrail.toml", OWN_ACCOUNT);
    assert_eq!(place.ends(&["policy", "aws"], 0).stdout, by_option);
    assert!(!place.path("roletrail.db").exists());
}

#[test]
fn a_configuration_that_needs_nothing_is_told_so() {
    let place = Workplace::new();
    for text in [
        "[[aws]]\nname = \"t\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"files\"\npath = \"x\"\n",
        "[[snapshot]]\npath = \"x\"\n",
    ] {
        place.write("roletrail.toml", text);
        for (format, _, _) in FORMATS {
            let ran = place.ends(&["policy", "aws", "--format", format], 3);
            assert!(ran.stdout.is_empty() && ran.stderr.contains("needs no permission on AWS"), "{ran:?}");
        }
    }
    place.write("roletrail.toml", "[[aws]]\nname = \"t\"\nacounts = \"self\"\n");
    assert!(place.ends(&["policy", "aws"], 3).stderr.contains("accounts"));
}

#[test]
fn the_format_may_stand_before_or_behind_the_command() {
    let place = Workplace::new();
    for (format, _, _) in FORMATS {
        let text = place.ends(&["policy", "aws", "--format", format], 0).stdout;
        for arguments in [["--format", format, "policy", "aws"], ["policy", "--format", format, "aws"]] {
            assert_eq!(place.ends(&arguments, 0).stdout, text, "{arguments:?}");
        }
    }
    assert_eq!(
        place.ends(&["policy", "aws"], 0).stdout,
        place.ends(&["policy", "aws", "--format", "json"], 0).stdout
    );
    for arguments in [
        &["policy", "aws", "--format", "table"][..],
        &["--format", "csv", "policy", "aws"],
        &["--format", "terraform", "verdicts"],
        &["policy", "aws", "--partition", "aws-moon"],
        &["policy", "alibaba", "--format", "table"],
        &["policy", "alibaba", "--partition", "aws"],
        &["policy"],
    ] {
        let ran = place.ends(arguments, 3);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn every_arn_is_of_the_partition() {
    let place = Workplace::new();
    place.write("some.toml", ORGANIZATION);
    for partition in ["aws", "aws-us-gov", "aws-cn"] {
        for (format, _, _) in FORMATS {
            let arguments = ["policy", "aws", "--config", "some.toml", "--partition", partition, "--format", format];
            let text = place.ends(&arguments, 0).stdout;
            let arns: Vec<_> = text.match_indices("\"arn:aws").map(|(at, _)| &text[at + 1..]).collect();
            assert!(
                !arns.is_empty() && arns.iter().all(|arn| arn.starts_with(&format!("arn:{partition}:"))),
                "{text}"
            );
        }
    }
}

#[test]
fn the_shipped_policies_are_what_the_program_prints() {
    let place = Workplace::new();
    for (format, file, _) in FORMATS {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let shipped = std::fs::read_to_string(path).expect("a shipped policy");
        let printed = place.ends(&["policy", "aws", "--format", format], 0).stdout;
        assert!(
            shipped == printed,
            "{file} is out of date: `roletrail policy aws --format {format}` prints\n{printed}"
        );
    }
}

/// Whether a tool is there. Its absence is said aloud, and is a failure where `CI` promises that every tool is there.
fn has(program: &str, arguments: &[&str], remedy: &str) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = status.is_ok_and(|status| status.success());
    let promised = std::env::var("CI").is_ok_and(|value| !value.is_empty());
    assert!(found || !promised, "{program} {arguments:?} does not run: {remedy}");
    if !found {
        eprintln!("{program} {arguments:?} DOES NOT RUN: the policies were not checked with it; {remedy}");
    }
    found
}

/// Prints the policies of several configurations in every format, each into a directory of its own.
fn printed(place: &Workplace) -> Vec<String> {
    let configurations =
        [("all", None), ("organization", Some(ORGANIZATION)), ("own", Some(OWN_ACCOUNT)), ("two", Some(TWO_ROLES))];
    for (name, configuration) in configurations {
        let path = place.write(&format!("{name}/roletrail.toml"), configuration.unwrap_or_default());
        for (format, _, file) in FORMATS {
            let mut arguments = vec!["policy", "aws", "--format", format];
            if configuration.is_some() {
                arguments.extend(["--config", path.to_str().expect("UTF-8")]);
            }
            let text = place.ends(&arguments, 0).stdout;
            place.write(&format!("{name}/{file}"), text);
        }
    }
    configurations.map(|(name, _)| name.to_owned()).to_vec()
}

#[test]
fn independent_tools_have_nothing_to_say_about_the_policies() {
    let modules = "import cfnlint, hcl2, parliament, policy_sentry";
    if !has("python3", &["-c", modules], "pip install -r tests/requirements.txt, and put its python3 first in PATH") {
        return;
    }
    let place = Workplace::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validators/policies.py");
    for name in printed(&place) {
        let output = place.other("python3", &[script, &name]).output().expect("starts");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{name}: {said}");
    }
    // They would speak up: an action that does not exist is found in every one of them.
    let broken = std::fs::read_to_string(place.path("own/policy.json")).expect("a policy");
    place.write("own/policy.json", broken.replace("kms:ListKeys", "kms:ListKeyz"));
    let output = place.other("python3", &[script, "own"]).output().expect("starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("no such action") && said.contains("differs"), "{said}");
}

#[test]
fn terraform_would_not_lay_it_out_otherwise() {
    // Not in Debian: without it, the file is still parsed by the validators above.
    let version = Command::new("terraform").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        eprintln!("terraform IS NOT INSTALLED: the layout of its file was not checked");
        return;
    }
    let place = Workplace::new();
    for name in printed(&place).into_iter().chain(printed_for_alibaba(&place).map(str::to_owned)) {
        let output = place.other("terraform", &["fmt", "-check", "-diff", &name]).output().expect("starts");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// The formats for Alibaba Cloud, likewise.
const RAM_FORMATS: [(&str, &str, &str); 2] =
    [("json", "config/ram/alibaba.json", "policy.json"), ("terraform", "config/ram/alibaba.tf", "policy.tf")];

/// A source of a resource directory with everything that can be limited.
const DIRECTORY: &str = r#"
[[alibaba]]
name = "prod"
accounts = "resource-directory"
member_role = "audit-reader"
external_id = "e-1"
regions = ["cn-hangzhou"]

[[alibaba.trail]]
kind = "oss"
bucket = "example-trail"
region = "cn-hangzhou"
prefix = "org/"
"#;

const OWN_ALIBABA: &str = "[[alibaba]]\nname = \"own\"\n[[alibaba.trail]]\nkind = \"lookup-events\"\n";

/// Prints the policies for Alibaba Cloud in every format, each configuration in a directory of its own.
fn printed_for_alibaba(place: &Workplace) -> [&'static str; 3] {
    let configurations = [("all", None), ("directory", Some(DIRECTORY)), ("own", Some(OWN_ALIBABA))];
    for (name, configuration) in configurations {
        let path = place.write(&format!("{name}/roletrail.toml"), configuration.unwrap_or_default());
        for (format, _, file) in RAM_FORMATS {
            let mut arguments = vec!["policy", "alibaba", "--format", format];
            if configuration.is_some() {
                arguments.extend(["--config", path.to_str().expect("UTF-8")]);
            }
            place.write(&format!("{name}/{file}"), place.ends(&arguments, 0).stdout);
        }
    }
    configurations.map(|(name, _)| name)
}

fn document(place: &Workplace, name: &str) -> Value {
    let text = std::fs::read_to_string(place.path(&format!("{name}/policy.json"))).expect("a policy");
    serde_json::from_str(&text).expect("JSON")
}

/// `acs:service:region:account:resource`, as the syntax of RAM has it.
fn is_ram_resource(arn: &str) -> bool {
    let parts: Vec<_> = arn.splitn(5, ':').collect();
    arn == "*" || matches!(parts[..], ["acs", "ram" | "oss", "*", "*" | "system", resource] if !resource.is_empty())
}

#[test]
fn the_policy_of_ram_is_one_valid_document_of_calls_that_read() {
    let place = Workplace::new();
    for name in printed_for_alibaba(&place) {
        let policy = document(&place, name);
        assert!(policy["Version"] == "1" && policy.as_object().map(serde_json::Map::len) == Some(2), "{policy}");
        for statement in statements(&policy) {
            let members: BTreeSet<_> = statement.as_object().expect("a statement").keys().collect();
            assert_eq!(members.into_iter().collect::<Vec<_>>(), ["Action", "Effect", "Resource"], "{statement}");
            assert_eq!(statement["Effect"], "Allow");
            let (actions, resources) = (texts(&statement["Action"]), texts(&statement["Resource"]));
            assert!(!actions.is_empty() && !resources.is_empty(), "{statement}");
            assert!(resources.iter().all(|arn| is_ram_resource(arn)), "{statement}");
            for action in actions {
                let (_, name) = action.split_once(':').expect("service and name");
                let reads = ["Get", "List", "Describe", "Lookup"].iter().any(|verb| name.starts_with(verb));
                assert!(reads && !name.contains('*') || action == "sts:AssumeRole", "{action} changes something");
            }
        }
    }
    let calls = alibaba::Call::ALL.into_iter().filter(|call| call.scope().is_some());
    let calls: BTreeSet<_> = calls.map(|call| call.action().to_owned()).collect();
    assert_eq!(actions(&document(&place, "all")), calls);
}

#[test]
fn a_configuration_for_alibaba_cloud_gets_what_it_needs() {
    let place = Workplace::new();
    printed_for_alibaba(&place);
    let directory = document(&place, "directory");
    let granted = actions(&directory);
    for missing in ["kms:DescribeRegions", "actiontrail:LookupEvents", "actiontrail:DescribeRegions"] {
        assert!(!granted.contains(missing), "{missing}");
    }
    let text = directory.to_string();
    for resource in [
        "acs:ram:*:*:role/audit-reader",
        "acs:ram:*:*:role/*",
        "acs:ram:*:system:policy/*",
        "acs:oss:*:*:example-trail",
        "acs:oss:*:*:example-trail/org/AliyunLogs/*",
    ] {
        assert!(text.contains(&format!("\"{resource}\"")), "{resource}: {text}");
    }
    let terraform = std::fs::read_to_string(place.path("directory/policy.tf")).expect("a file");
    assert!(terraform.contains("sts:ExternalId") && terraform.contains("default     = \"e-1\""), "{terraform}");
    let own = actions(&document(&place, "own"));
    let services: BTreeSet<_> = own.iter().filter_map(|action| action.split(':').next()).collect();
    assert_eq!(services, ["actiontrail", "kms", "ram", "yundun-hsm"].into());
    let terraform = std::fs::read_to_string(place.path("own/policy.tf")).expect("a file");
    assert!(!terraform.contains("alicloud_ram_role") && !terraform.contains("hub_principal_arn"), "{terraform}");
}

#[test]
fn what_there_is_no_policy_for_is_told() {
    let place = Workplace::new();
    let ran = place.ends(&["policy", "alibaba", "--format", "cloudformation"], 3);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("ROS") && ran.stderr.contains("terraform"), "{ran:?}");
    place.write("roletrail.toml", OWN_ACCOUNT);
    for (format, _, _) in RAM_FORMATS {
        let ran = place.ends(&["policy", "alibaba", "--format", format], 3);
        let told = ran.stderr.contains("needs no permission on Alibaba Cloud");
        assert!(ran.stdout.is_empty() && told, "{ran:?}");
    }
}

#[test]
fn the_shipped_policies_of_ram_are_what_the_program_prints() {
    let place = Workplace::new();
    for (format, file, _) in RAM_FORMATS {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let shipped = std::fs::read_to_string(path).expect("a shipped policy");
        let printed = place.ends(&["policy", "alibaba", "--format", format], 0).stdout;
        assert!(
            shipped == printed,
            "{file} is out of date: `roletrail policy alibaba --format {format}` prints\n{printed}"
        );
    }
}

#[test]
fn an_independent_reader_finds_the_same_in_both_formats_of_ram() {
    if !has("python3", &["-c", "import hcl2"], "pip install -r tests/requirements.txt, and put its python3 in PATH") {
        return;
    }
    let place = Workplace::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validators/ram_policies.py");
    let check = |name: &str| {
        let output = place.other("python3", &[script, name]).output().expect("starts");
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for name in printed_for_alibaba(&place) {
        let (well, said) = check(name);
        assert!(well, "{name}: {said}");
    }
    let whole = std::fs::read_to_string(place.path("directory/policy.tf")).expect("a file");
    for (right, wrong, told) in [
        ("kms:GetKmsInstance", "kms:GetKmsInstances", "differs"),
        ("role_name                   =", "name                        =", "not the arguments"),
        ("effect = \"Allow\"", "effect = \"Deny\"", "no statement"),
    ] {
        place.write("directory/policy.tf", whole.replace(right, wrong));
        let (well, said) = check("directory");
        assert!(!well && said.contains(told), "{told}: {said}");
    }
}
