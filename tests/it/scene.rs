//! A workplace with a configuration, and the simulated cloud that the program talks to.

use std::process::{Child, Command, ExitStatus};

use serde_json::Value;

use crate::fake::{Cloud, Effect, Fault, Served};
use crate::support::{Ran, Workplace};

/// A simulated provider, with an organisation of a hub, a member whose store needs its role, and one with an orphan.
pub trait Provider: Served {
    /// The account whose credentials the program has; it is without the role.
    const HUB: &str;
    /// The account with a role and a store that needs it.
    const MEMBER: &str;
    /// The account with a role that nothing needs.
    const ORPHAN: &str;
    /// The profile of that role.
    const PROFILE: &str;
    /// The call that lists its stores in a Region.
    const STORES: &str;
    /// The Region in which calls go wrong, and one in which they do not.
    const REGIONS: [&str; 2];
    /// Settings of a source with the whole organisation, without trails.
    const SOURCE: &str;

    /// Those three accounts.
    fn organisation() -> Self;

    /// Settings with what only the running cloud knows.
    fn settings(_cloud: &Cloud<Self>, text: &str) -> String {
        text.to_owned()
    }
}

/// A workplace with a configuration, and the cloud it talks to.
pub struct Scene<W> {
    pub place: Workplace,
    pub cloud: Cloud<W>,
}

impl<W: Provider> Scene<W> {
    pub fn new(world: W, settings: &str) -> Self {
        let (place, cloud) = (Workplace::new(), Cloud::start(world));
        place.write("roletrail.toml", W::settings(&cloud, settings));
        Self { place, cloud }
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

    /// A scan with what `prepare` makes of the environment.
    pub fn scan_as(&self, prepare: impl FnOnce(&mut Command)) -> Ran {
        let mut command = self.command(&["scan"]);
        prepare(&mut command);
        Ran::from(command.output().expect("the program starts"))
    }

    /// The verdict on the role of key stores in an account.
    pub fn verdict(&self, account: &str) -> String {
        self.place.verdict(account, W::PROFILE)["verdict"].as_str().expect("a verdict is a word").to_owned()
    }

    /// The coverage rows of an account and API.
    pub fn rows(&self, account: &str, api: &str) -> Vec<Value> {
        let rows = self.place.list(&["coverage", "--account", account]);
        rows.into_iter().filter(|row| row["api"] == api).collect()
    }

    /// The outcome of an API in an account, in any Region or in one.
    pub fn outcome(&self, account: &str, api: &str, region: Option<&str>) -> String {
        let rows = self.rows(account, api);
        let row = rows.iter().find(|row| region.is_none() || row["region"].as_str() == region);
        row.map_or_else(
            || format!("no row in {rows:?}"),
            |row| row["outcome"].as_str().unwrap_or_default().to_owned(),
        )
    }

    /// The orphan was found before a fault, and nothing has shown that it is gone.
    pub fn stays_open_as_stale(&self) {
        let findings = self.place.list(&["findings", "--account", W::ORPHAN, "--rule", "orphaned-role"]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0]["status"], "open", "{findings:?}");
        assert_eq!(findings[0]["stale"], true, "{findings:?}");
    }

    /// One call of one account goes wrong, and stays so. The others are read as always; afterwards this one is, too.
    pub fn survives(&self, effect: Effect, expected: &str) {
        let [troubled, other] = W::REGIONS;
        self.cloud.fault(Fault::on(W::STORES).account(W::ORPHAN).region(troubled).always(effect.clone()));
        self.scan(2);
        for (account, region, expected) in [
            (W::ORPHAN, troubled, expected),
            (W::ORPHAN, other, "complete"),
            (W::MEMBER, troubled, "complete"),
            (W::HUB, troubled, "complete"),
        ] {
            assert_eq!(self.outcome(account, W::STORES, Some(region)), expected, "{effect:?} {account} {region}");
        }
        assert_eq!(self.verdict(W::ORPHAN), "unknown", "{effect:?}");
        assert_eq!(self.verdict(W::HUB), "not-in-use", "{effect:?}");
        self.stays_open_as_stale();
        self.cloud.heal();
        self.scan(1);
        assert_eq!(self.verdict(W::ORPHAN), "orphaned", "{effect:?} is over");
    }

    /// Whether anything is stored about an API of an account.
    pub fn has_stored(&self, account: &str, api: &str) -> Option<()> {
        (!self.rows(account, api).is_empty()).then_some(())
    }

    /// Whether the orphan was asked for its stores.
    pub fn has_asked_the_orphan(&self) -> Option<()> {
        self.cloud.calls_of(W::STORES).iter().any(|call| call.account == W::ORPHAN).then_some(())
    }
}

/// Sends a signal to a process that runs.
pub fn signal(process: &Child, name: &str) {
    let id = process.id().to_string();
    let sent: ExitStatus = Command::new("kill").args(["-s", name, &id]).status().expect("kill is there");
    assert!(sent.success());
}
