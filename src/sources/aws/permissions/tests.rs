use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::config;
use crate::model::{ExternalId, MemberRoles};
use crate::profiles::Selection;

fn actions(permissions: &Permissions) -> BTreeSet<&'static str> {
    permissions.statements.iter().flat_map(|statement| statement.actions.iter().copied()).collect()
}

fn resources(permissions: &Permissions, sid: &str) -> Vec<String> {
    let statement = permissions.statements.iter().find(|statement| statement.sid == sid);
    statement.unwrap_or_else(|| panic!("no statement {sid}: {permissions:?}")).resources.clone()
}

/// What a configuration needs, with the profiles that it selects.
fn of(text: &str) -> Permissions {
    let settings = config::parse(text, Path::new("roletrail.toml")).expect("the test's own configuration").settings;
    let config::Profiles { directory, enable, disable, trust } = settings.profiles.clone();
    let profiles = Profiles::load(&Selection { directory, enable, disable, trust }).expect("built-in profiles");
    needed(&settings, &profiles, Partition::Aws)
}

/// A source with `rest` of its section, and perhaps sections after it.
fn source(rest: &str) -> Permissions {
    of(&format!("[[aws]]\nname = \"a\"\n{rest}"))
}

fn has(permissions: &Permissions, call: Call) -> bool {
    actions(permissions).contains(call.action())
}

#[test]
fn every_call_has_a_grant_and_nothing_else_is_granted() {
    let granted = actions(&everything(Partition::Aws));
    let calls: BTreeSet<_> = Call::ALL.into_iter().filter(|call| call.scope().is_some()).map(Call::action).collect();
    assert_eq!(granted, calls);
    let free: Vec<_> = Call::ALL.into_iter().filter(|call| call.scope().is_none()).collect();
    assert_eq!(free, [Call::GetCallerIdentity]);
}

#[test]
fn resources_are_those_of_the_partition_that_was_asked_for() {
    for partition in Partition::ALL {
        for statement in everything(partition).statements {
            let prefix = format!("arn:{}:", partition.name());
            let fits = |arn: &String| arn == "*" || arn.starts_with(&prefix);
            assert!(statement.resources.iter().all(fits), "{statement:?}");
            assert!(!statement.resources.is_empty(), "{statement:?}");
        }
    }
}

#[test]
fn every_resource_is_granted_only_for_actions_that_know_no_other() {
    let permissions = everything(Partition::Aws);
    let wide = permissions.statements.iter().filter(|statement| statement.resources.iter().any(|arn| arn == "*"));
    let ids: Vec<_> = wide.map(|statement| statement.sid).collect();
    assert_eq!(ids, ["HubListAccounts", "ReadAccount", "TrailDigestKeys"]);
}

#[test]
fn a_queue_beside_a_bucket_does_not_widen_what_may_be_listed() {
    let both = source(
        "[[aws.trail]]\nkind = \"s3\"\nbucket = \"logs\"\n[[aws.trail]]\nkind = \"sqs\"\nqueue_url = \"https://x/q\"\n",
    );
    assert_eq!(resources(&both, "TrailBucket"), ["arn:aws:s3:::logs"]);
    assert_eq!(resources(&both, "TrailBucketRegion"), ["arn:aws:s3:::*", "arn:aws:s3:::logs"]);
}

#[test]
fn a_role_of_a_profile_of_ones_own_can_be_read_where_it_is() {
    let mut profile = Profiles::builtin().expect("built-in profiles").of(Provider::Aws).next().expect("one").clone();
    profile.role = RoleMatch::Named { name: "Keys".to_owned(), path: Some("/own/".to_owned()) };
    let mut needs = Needs::new(Partition::Aws);
    needs.inventory(&Profiles::from_list(vec![profile]));
    let permissions = needs.all.into_permissions();
    assert!(resources(&permissions, "ReadRoles").contains(&"arn:aws:iam::*:role/own/Keys".to_owned()));
}

#[test]
fn only_the_hub_finds_and_enters_other_accounts() {
    let own = source("");
    assert!(own.members.is_none() && own.statements.iter().all(|statement| !statement.sid.starts_with("Hub")));
    let list = source("accounts = [\"111122223333\"]\n");
    assert!(has(&list, Call::AssumeRole) && !has(&list, Call::ListAccounts));
    assert_eq!(resources(&list, "HubAssumeMemberRoles"), ["arn:aws:iam::*:role/roletrail-reader"]);
    let organization = source("accounts = \"organization\"\nmember_role = \"team/reader\"\n");
    assert!(has(&organization, Call::AssumeRole) && has(&organization, Call::ListAccounts));
    assert_eq!(resources(&organization, "HubAssumeMemberRoles"), ["arn:aws:iam::*:role/team/reader"]);
    for statement in &organization.statements {
        assert_eq!(statement.in_members, statement.sid.starts_with("Read"), "{statement:?}");
    }
}

#[test]
fn a_configuration_that_only_reads_files_needs_nothing() {
    for text in ["", "[[snapshot]]\npath = \"x\"\n", "[[alibaba]]\nname = \"x\"\n"] {
        assert!(of(text).statements.is_empty(), "{text}");
    }
    let files = source("accounts = \"none\"\n[[aws.trail]]\nkind = \"files\"\npath = \"x\"\n");
    assert!(files.statements.is_empty());
}

#[test]
fn regions_are_asked_for_only_where_they_are_not_listed() {
    let lookup = "[[aws.trail]]\nkind = \"lookup-events\"\n";
    assert!(has(&source(""), Call::ListRegions));
    assert!(!has(&source("regions = [\"eu-west-1\"]\n"), Call::ListRegions));
    assert!(has(&source(&format!("accounts = \"none\"\n{lookup}")), Call::ListRegions));
    let listed = source(&format!("accounts = \"none\"\nregions = [\"eu-west-1\"]\n{lookup}"));
    assert_eq!(actions(&listed), BTreeSet::from(["cloudtrail:LookupEvents"]));
}

#[test]
fn profiles_decide_what_is_listed() {
    let profiles = |text: &str| of(&format!("[profiles]\n{text}\n[[aws]]\nname = \"a\"\n"));
    let lists = [
        ("aws-kms-multi-region-keys", Call::ListKeys),
        ("aws-cloudhsm", Call::DescribeClusters),
        ("aws-kms-custom-key-stores", Call::DescribeCustomKeyStores),
    ];
    for (profile, call) in lists {
        assert!(has(&profiles(""), call), "{profile}");
        assert!(!has(&profiles(&format!("disable = [\"{profile}\"]")), call), "{profile}");
    }
    assert!(!has(&profiles(""), Call::ListRoles));
    assert!(has(&profiles("enable = [\"aws-service-linked-roles\"]"), Call::ListRoles));
    let none = profiles("disable = [\"aws-kms-multi-region-keys\", \"aws-cloudhsm\", \"aws-kms-custom-key-stores\"]");
    assert!(!has(&none, Call::GetRole) && has(&none, Call::ListRegions));
}

#[test]
fn buckets_and_queues_are_those_of_the_configuration() {
    let trails = |text: &str| source(&format!("accounts = \"none\"\n{text}"));
    let bucket = trails(
        "[[aws.trail]]\nkind = \"s3\"\nbucket = \"logs\"\nprefix = \"org/\"\n[[aws.trail]]\nkind = \"s3\"\nbucket = \"more\"\nprefix = \"p/AWSLogs\"\n",
    );
    assert_eq!(actions(&bucket), BTreeSet::from(["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]));
    assert_eq!(resources(&bucket, "TrailBucket"), ["arn:aws:s3:::logs", "arn:aws:s3:::more"]);
    assert_eq!(
        resources(&bucket, "TrailObjects"),
        ["arn:aws:s3:::logs/org/AWSLogs/*", "arn:aws:s3:::more/p/AWSLogs/*"]
    );
    let queue = trails(
        "[[aws.trail]]\nkind = \"sqs\"\nqueue_url = \"https://sqs.eu-west-1.amazonaws.com/111122223333/trail\"\n",
    );
    assert_eq!(
        actions(&queue),
        BTreeSet::from([
            "s3:GetBucketLocation",
            "s3:GetObject",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:ReceiveMessage"
        ])
    );
    assert_eq!(resources(&queue, "TrailQueue"), ["arn:aws:sqs:eu-west-1:111122223333:trail"]);
}

#[test]
fn several_sources_are_one_policy() {
    let text = "[[aws]]\nname = \"a\"\naccounts = [\"111122223333\"]\nmember_role = \"x\"\nexternal_id = \"e\"\n\
                [[aws]]\nname = \"b\"\naccounts = \"organization\"\nmember_role = \"y\"\n";
    let both = of(text);
    assert_eq!(resources(&both, "HubAssumeMemberRoles"), ["arn:aws:iam::*:role/x", "arn:aws:iam::*:role/y"]);
    let members = both.members.expect("other accounts are entered");
    assert_eq!(
        members,
        MemberRoles { names: vec!["x".to_owned(), "y".to_owned()], external_id: ExternalId::Differs }
    );
    let one = source("accounts = \"organization\"\nexternal_id = \"e\"\n").members.map(|members| members.external_id);
    assert_eq!(one, Some(ExternalId::Known("e".to_owned())));
}

#[test]
fn the_arn_of_a_queue_has_what_its_url_tells() {
    for (url, arn) in [
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/trail", "sqs:eu-west-1:111122223333:trail"),
        ("https://us-gov-west-1.queue.amazonaws.com/111122223333/q.fifo", "sqs:us-gov-west-1:111122223333:q.fifo"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q/", "sqs:cn-north-1:111122223333:q"),
        (
            "https://vpce-1a-2b-us-east-1a.sqs.us-east-1.vpce.amazonaws.com/111122223333/q",
            "sqs:us-east-1:111122223333:q",
        ),
        ("http://127.0.0.1:5000/123456789012/q", "sqs:*:123456789012:q"),
        ("http://localhost:4566/queue/eu-west-1/000000000000/q", "sqs:*:000000000000:q"),
        ("https://queue.example", "sqs:*:*:*"),
    ] {
        assert_eq!(queue(url), arn, "{url}");
    }
}

#[test]
fn a_name_with_a_wildcard_grants_that_name_alone() {
    assert_eq!(literal("a*b?c$d"), "a${*}b${?}c${$}d");
    let wide = source("accounts = \"none\"\n[[aws.trail]]\nkind = \"s3\"\nbucket = \"*\"\n");
    assert_eq!(resources(&wide, "TrailBucket"), ["arn:aws:s3:::${*}"]);
}
