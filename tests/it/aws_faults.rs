//! What goes wrong in a live organisation of AWS.

use std::time::Duration;

use crate::aws::{Account, Effect, Trail, World, external_store};
use crate::aws_scan::{HUB, MEMBER, ORGANIZATION, ORPHAN, Scene};
use crate::faults::{self, Troubled, check, without_the_list_of_regions};

impl Troubled for World {
    const ACCOUNTS: (&str, u64) = ("organizations:ListAccounts", 3);
    const REGION_LIST: &str = "account:ListRegions";
    const ROLE: [&str; 3] = ["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:GetPolicyVersion"];
    const OPTIONAL: &[&str] = &["cloudtrail:GetEventSelectors"];
    const NO_ENTRY: &str = "AccessDenied";

    fn in_pages() -> Self {
        let store = |number: usize| external_store(&format!("cks-{number}"));
        let account =
            (0..4).fold(Account::new(ORPHAN).orphaned(), |account, number| account.store("eu-west-1", store(number)));
        World::new(HUB).account(account).page_size(2)
    }

    fn with_orphans(self, number: usize) -> Self {
        let orphan = |number: usize| Account::new(&format!("5000000000{number:02}")).orphaned();
        (0..number).fold(self, |world, number| world.account(orphan(number)))
    }

    fn with_small_pages(self) -> Self {
        self.page_size(1)
    }

    fn with_sessions_of(self, life: Duration) -> Self {
        self.session_life(life)
    }

    fn shut(&mut self, account: &str) {
        self.at(account).has_member_role = false;
    }

    fn remove(&mut self, account: &str) {
        self.accounts.remove(account);
    }
}

faults::of_every_provider!(World);

#[test]
fn a_region_that_answers_as_if_it_were_off_though_it_is_on_is_unknown() {
    check::<World>(Effect::UnknownKey, "error");
}

#[test]
fn an_account_whose_regions_are_not_known_is_unknown() {
    let refusals = without_the_list_of_regions::<World>().cloud.refusals();
    assert!(refusals.is_empty(), "asked wrongly: {refusals:?}");
}

#[test]
fn trails_that_record_too_little_are_found() {
    let weak = Trail::healthy(MEMBER, "us-east-1", "all", "b").recording("WriteOnly", &["kms.amazonaws.com"]);
    let stopped = Trail::healthy(ORPHAN, "us-east-1", "all", "b").stopped();
    let world = World::new(HUB)
        .account(Account::new(HUB).trail(Trail::healthy(HUB, "us-east-1", "all", "b")))
        .account(Account::new(MEMBER).trail(weak))
        .account(Account::new(ORPHAN).trail(stopped));
    let scene = Scene::new(world, ORGANIZATION);
    scene.scan(1);
    let found =
        |account: &str| scene.place.list(&["findings", "--account", account, "--rule", "trail-degraded"]).len();
    assert_eq!((found(HUB), found(MEMBER), found(ORPHAN)), (0, 2, 1));
}
