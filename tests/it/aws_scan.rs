//! The whole program against an organisation that speaks AWS's protocols.

use std::process::Command;

use serde_json::Value;

use crate::aws::{Account, Cloud, Trail, World};
use crate::support::{Ran, Workplace};

pub const HUB: &str = "111111111111";
pub const MEMBER: &str = "222222222222";
pub const ORPHAN: &str = "333333333333";
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

/// A workplace with a configuration, and the cloud it talks to.
pub struct Scene {
    pub place: Workplace,
    pub cloud: Cloud,
}

impl Scene {
    pub fn new(world: World, settings: &str) -> Self {
        let place = Workplace::new();
        place.write("roletrail.toml", settings);
        Self { place, cloud: Cloud::start(world) }
    }

    /// A command of the program with the credentials of the hub in its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.command(arguments);
        command.envs(self.cloud.environment());
        command
    }

    pub fn ends(&self, arguments: &[&str], code: i32) -> Ran {
        let ran = Ran::from(self.command(arguments).output().expect("the program starts"));
        assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Scans; the summary must come with this exit code, and nothing may have been asked wrongly.
    pub fn scan(&self, code: i32) -> Value {
        let ran = self.ends(&["scan", "-v"], code);
        let refusals = self.cloud.refusals();
        assert!(refusals.is_empty(), "asked wrongly: {refusals:?}");
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{}", ran.stdout))
    }

    /// The verdict on the role of custom key stores in an account.
    pub fn verdict(&self, account: &str) -> String {
        self.place.verdict(account, CKS)["verdict"].as_str().expect("a verdict is a word").to_owned()
    }

    /// The coverage rows of an account and API.
    pub fn rows(&self, account: &str, api: &str) -> Vec<Value> {
        let rows = self.place.list(&["coverage", "--account", account]);
        rows.into_iter().filter(|row| row["api"] == api).collect()
    }
}

#[test]
fn an_organisation_is_read_whole() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    let summary = scene.scan(1);
    eprintln!("{summary:#}");
    eprintln!("{:#?}", scene.place.list(&["verdicts"]));
    assert_eq!(summary["coverage"]["accounts_expected"], 3);
    assert_eq!(summary["coverage"]["accounts_complete"], 3);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
}
