use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::config;
use crate::model::{ExternalId, MemberRoles};
use crate::profiles::Selection;

fn actions(permissions: &Permissions) -> BTreeSet<&'static str> {
    permissions.actions().collect()
}

/// The resources of the statement with an action.
fn resources(permissions: &Permissions, call: Call) -> Vec<String> {
    let mut statements = permissions.statements.iter();
    let statement = statements.find(|statement| statement.actions.contains(&call.action()));
    statement.unwrap_or_else(|| panic!("no statement with {call:?}: {permissions:?}")).resources.clone()
}

/// What a configuration needs, with the profiles that it selects.
fn of(text: &str) -> Permissions {
    let settings = config::parse(text, Path::new("roletrail.toml")).expect("the test's own configuration").settings;
    let config::Profiles { directory, enable, disable, trust } = settings.profiles.clone();
    let profiles = Profiles::load(&Selection { directory, enable, disable, trust }).expect("built-in profiles");
    needed(&settings, &profiles)
}

/// A source with `rest` of its section, and perhaps sections after it.
fn source(rest: &str) -> Permissions {
    of(&format!("[[alibaba]]\nname = \"a\"\n{rest}"))
}

fn has(permissions: &Permissions, call: Call) -> bool {
    actions(permissions).contains(call.action())
}

#[test]
fn every_call_has_a_grant_and_nothing_else_is_granted() {
    let calls: BTreeSet<_> = Call::ALL.into_iter().filter(|call| call.scope().is_some()).map(Call::action).collect();
    assert_eq!(actions(&everything()), calls);
    let free: Vec<_> = Call::ALL.into_iter().filter(|call| call.scope().is_none()).collect();
    assert_eq!(free, [Call::GetCallerIdentity, Call::AssumeRoleWithOidc]);
}

#[test]
fn names_that_are_inferred_stand_apart() {
    let permissions = everything();
    let inferred: BTreeSet<_> = permissions
        .statements
        .iter()
        .filter(|statement| statement.inferred)
        .flat_map(|statement| statement.actions.iter().copied())
        .collect();
    let expected = Call::ALL.into_iter().filter(|call| call.is_inferred()).map(Call::action).collect();
    assert_eq!(inferred, expected);
}

#[test]
fn every_resource_is_granted_only_for_actions_that_know_no_other() {
    let permissions = everything();
    let wide = permissions.statements.iter().filter(|statement| statement.resources == ["*"]);
    assert_eq!(
        wide.map(|statement| statement.sid).collect::<BTreeSet<_>>(),
        ["HubListAccounts", "ReadAccount"].into()
    );
    let named = permissions.statements.iter().flat_map(|statement| &statement.resources).filter(|arn| *arn != "*");
    named.for_each(|arn| assert!(arn.starts_with("acs:") && arn.split(':').count() == 5, "{arn}"));
}

#[test]
fn only_the_hub_finds_and_enters_other_accounts() {
    let own = source("");
    assert!(own.members.is_none() && !has(&own, Call::AssumeRole) && !has(&own, Call::ListAccounts));
    let list = source("accounts = [\"1000000000000002\"]\n");
    assert!(has(&list, Call::AssumeRole) && !has(&list, Call::ListAccounts));
    assert_eq!(resources(&list, Call::AssumeRole), ["acs:ram:*:*:role/roletrail-reader"]);
    let directory = source("accounts = \"resource-directory\"\nmember_role = \"audit\"\nexternal_id = \"e\"\n");
    assert!(has(&directory, Call::ListAccounts));
    assert_eq!(resources(&directory, Call::AssumeRole), ["acs:ram:*:*:role/audit"]);
    let members = MemberRoles { names: vec!["audit".to_owned()], external_id: ExternalId::Known("e".to_owned()) };
    assert_eq!(directory.members, Some(members));
    for statement in &directory.statements {
        assert_eq!(statement.in_members, statement.sid.starts_with("Read"), "{statement:?}");
    }
}

#[test]
fn a_configuration_that_only_reads_files_needs_nothing() {
    let files = "accounts = \"none\"\n[[alibaba.trail]]\nkind = \"files\"\npath = \"x\"\n";
    for text in ["", "[[aws]]\nname = \"x\"\n", &format!("[[alibaba]]\nname = \"a\"\n{files}")] {
        assert!(of(text).statements.is_empty(), "{text}");
    }
}

#[test]
fn regions_are_asked_for_only_where_they_are_not_listed() {
    assert!(has(&source(""), Call::DescribeKmsRegions));
    assert!(!has(&source("regions = [\"cn-hangzhou\"]\n"), Call::DescribeKmsRegions));
    let lookup = "[[alibaba.trail]]\nkind = \"lookup-events\"\n";
    assert!(has(&source(&format!("accounts = \"none\"\n{lookup}")), Call::DescribeKmsRegions));
    let listed = source(&format!("accounts = \"none\"\nregions = [\"cn-hangzhou\"]\n{lookup}"));
    assert_eq!(actions(&listed), ["actiontrail:DescribeRegions", "actiontrail:LookupEvents"].into());
}

#[test]
fn without_profiles_no_role_and_no_store_is_read() {
    let none = of("[profiles]\ndisable = [\"alibaba-kms-key-store\", \"alibaba-kms-custom-key-store\"]\n\
                   [[alibaba]]\nname = \"a\"\n");
    assert!(!has(&none, Call::GetRole) && !has(&none, Call::ListKmsInstances) && !has(&none, Call::ListClusters));
    assert!(has(&none, Call::DescribeTrails) && has(&none, Call::DescribeKmsRegions));
}

#[test]
fn a_role_of_a_profile_of_ones_own_can_have_policies_of_ones_own() {
    let linked = source("");
    assert_eq!(resources(&linked, Call::GetPolicy), ["acs:ram:*:system:policy/*"]);
    let profiles = Profiles::builtin().expect("built-in profiles");
    let mut profile = profiles.of(Provider::Alibaba).next().expect("one").clone();
    profile.role = RoleMatch::Named { name: "Keys".to_owned(), path: None };
    let mut needs = Needs::default();
    inventory(&mut needs, &Profiles::from_list(vec![profile]));
    assert!(resources(&needs.into_permissions(), Call::GetPolicy).contains(&"acs:ram:*:*:policy/*".to_owned()));
}

#[test]
fn buckets_are_those_of_the_configuration() {
    let trail = |name: &str, more: &str| {
        format!("[[alibaba.trail]]\nkind = \"oss\"\nbucket = \"{name}\"\nregion = \"cn-hangzhou\"\n{more}")
    };
    let both = format!("accounts = \"none\"\n{}{}", trail("logs", "prefix = \"org/\"\n"), trail("more", ""));
    let both = source(&both);
    assert_eq!(actions(&both), ["oss:GetObject", "oss:ListObjects"].into());
    assert_eq!(resources(&both, Call::ListObjects), ["acs:oss:*:*:logs", "acs:oss:*:*:more"]);
    let objects = ["acs:oss:*:*:logs/org/AliyunLogs/*", "acs:oss:*:*:more/AliyunLogs/*"];
    assert_eq!(resources(&both, Call::GetObject), objects);
}
