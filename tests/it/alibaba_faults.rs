//! What goes wrong in a live resource directory of Alibaba Cloud.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::alibaba::{Account, Effect, Fault, Instance, Role, SECRET, World};
use crate::alibaba_scan::{DIRECTORY, INSTANCES, MEMBER, ORPHAN, Scene, directory, watched, with};
use crate::faults::{
    self, Troubled, check, hasty, is_overcome, nobody_is_known, settled, without_the_list_of_regions,
};
use crate::support::sorted;

const BEIJING: Option<&str> = Some("cn-beijing");

impl Troubled for World {
    const ACCOUNTS: (&str, u64) = ("resourcemanager:ListAccounts", 2);
    const REGION_LIST: &str = "kms:DescribeRegions";
    const ROLE: [&str; 3] = ["ram:GetRole", "ram:ListPoliciesForRole", "ram:GetPolicy"];
    const OPTIONAL: &[&str] =
        &["actiontrail:GetTrailStatus", "actiontrail:DescribeTrails", "yundun-hsm:ListClusters"];
    const NO_ENTRY: &str = "EntityNotExist.Role";

    fn in_pages() -> Self {
        let software = |number: usize| Instance::software(&format!("kst-{number}"));
        let account = (0..4).fold(Account::new(ORPHAN).orphaned(), |account, number| {
            account.instance("cn-beijing", software(number))
        });
        with(account).page_size(2)
    }

    fn with_orphans(self, number: usize) -> Self {
        let orphan = |number: usize| watched(Account::new(&format!("50000000000000{number:02}")).orphaned());
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
fn a_permission_that_ram_refuses_in_its_other_words_is_unknown() {
    check::<World>(Effect::Error(403, "Forbidden.RAM".to_owned()), "denied");
}

#[test]
fn a_key_that_nobody_knows_any_more_is_unknown() {
    check::<World>(Effect::UnknownKey, "error");
}

#[test]
fn short_trouble_is_overcome_however_the_service_spells_it() {
    is_overcome::<World>(Effect::Error(503, "SerivceUnvailableTemporary".to_owned()));
}

#[test]
fn an_account_whose_regions_are_not_known_is_unknown() {
    let refusals = without_the_list_of_regions::<World>().cloud.refusals();
    let elsewhere = refusals.iter().all(|refusal| refusal.starts_with("InvalidRegionId.NotFound"));
    assert!(elsewhere, "the Regions that are known without asking, of which this directory has three: {refusals:?}");
}

#[test]
fn what_says_that_something_does_not_exist_proves_nothing_about_instances() {
    for code in ["InvalidApi.NotFound", "InvalidRegionId.NotFound", "EntityNotExist.Role"] {
        check::<World>(Effect::Error(404, code.to_owned()), "error");
    }
}

#[test]
fn an_instance_that_is_not_shown_may_need_the_role() {
    for effect in [Effect::AccessDenied, Effect::Error(403, "Forbidden.DKMSInstanceNotFound".to_owned())] {
        let scene = Scene::new(World::in_pages(), DIRECTORY);
        scene.scan(1);
        assert_eq!(scene.verdict(ORPHAN), "orphaned", "software instances do not need it");
        scene.cloud.fault(Fault::on("kms:GetKmsInstance").account(ORPHAN).nth(3, effect.clone()));
        scene.scan(2);
        assert_eq!(scene.verdict(ORPHAN), "unknown", "{effect:?}");
        let mut stores = sorted(&scene.place.list(&["stores", "--account", ORPHAN]), "store");
        stores.dedup();
        assert_eq!(stores.len(), 4, "{effect:?}");
        scene.stays_open_as_stale();
    }
}

#[test]
fn trouble_with_an_instance_closes_no_finding_about_it() {
    let soon = Instance::hardware("kst-1").ends(Timestamp::now() + SignedDuration::from_hours(24 * 10));
    let account = Account::new(MEMBER).role(Role::key_stores()).instance("cn-beijing", soon);
    let scene = Scene::new(with(account), &hasty::<World>());
    scene.scan(1);
    for effect in [Effect::AccessDenied, Effect::Throttle] {
        scene.cloud.fault(Fault::on("kms:GetKmsInstance").always(effect.clone()));
        scene.scan(2);
        let findings = scene.place.list(&["findings", "--account", MEMBER, "--rule", "store-expiring"]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0]["status"], "open", "{effect:?}: {findings:?}");
        scene.cloud.heal();
    }
}

#[test]
fn a_service_that_wants_to_be_left_alone_is_left_alone() {
    let mut world = directory();
    world.retry_after = Some(Duration::from_millis(1500));
    let scene = Scene::new(world, DIRECTORY);
    scene.cloud.fault(Fault::on(INSTANCES).account(ORPHAN).region("cn-beijing").first(1, Effect::Throttle));
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
    let mut calls = scene.cloud.calls_of(INSTANCES);
    calls.retain(|call| call.account == ORPHAN && call.region == "cn-beijing");
    let waited = calls[1].at - calls[0].at;
    assert!(calls.len() == 2 && Duration::from_millis(1500) <= waited, "{waited:?} of {} calls", calls.len());
}

#[test]
fn without_the_list_of_accounts_the_members_are_unknown() {
    let scene = settled::<World>();
    scene.cloud.fault(Fault::on("resourcemanager:ListAccounts").always(Effect::AccessDenied));
    scene.scan(2);
    for account in [MEMBER, ORPHAN] {
        assert_eq!(scene.verdict(account), "unknown", "{account}");
    }
    scene.stays_open_as_stale();
}

#[test]
fn without_any_credentials_the_program_says_so_and_knows_nothing() {
    let scene = settled::<World>();
    scene.cloud.forget();
    let ran = scene.scan_as(|command| {
        command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    });
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("credentials"), "{}", ran.stdout);
    assert_eq!(scene.cloud.total(), 0);
    nobody_is_known(&scene, "no credentials");
}

#[test]
fn an_endpoint_that_refuses_connections_or_speaks_no_tls_is_unknown() {
    let scene = settled::<World>();
    let there = scene.cloud.endpoint();
    for endpoint in ["http://127.0.0.1:9/{product}/{region}".to_owned(), there.replace("http:", "https:")] {
        scene.place.write("roletrail.toml", hasty::<World>().replace("ENDPOINT", &endpoint));
        scene.scan(2);
        nobody_is_known(&scene, &endpoint);
    }
}

#[test]
fn a_clock_that_is_wrong_is_told_with_the_seconds() {
    let scene = settled::<World>();
    scene.cloud.change(|world| world.ahead = SignedDuration::from_mins(16));
    let ran = scene.ends(&["scan"], 2);
    let told = ["959 s behind", "960 s behind", "961 s behind"].iter().any(|words| ran.stdout.contains(words));
    assert!(told, "{}", ran.stdout);
    nobody_is_known(&scene, "the clock");
    scene.cloud.change(|world| world.ahead = SignedDuration::from_mins(14));
    scene.scan(1);
}

#[test]
fn a_nonce_or_a_date_that_is_refused_once_is_signed_anew() {
    for code in ["SignatureNonceUsed", "InvalidTimeStamp.Expired"] {
        let scene = Scene::new(directory(), DIRECTORY);
        scene.cloud.fault(Fault::on("*").account(ORPHAN).nth(2, Effect::Error(400, code.to_owned())));
        scene.scan(1);
        assert_eq!(scene.verdict(ORPHAN), "orphaned", "{code}");
    }
    // The same for ever is an error, after one more attempt.
    let scene = settled::<World>();
    scene.cloud.forget();
    let used = Effect::Error(400, "SignatureNonceUsed".to_owned());
    scene.cloud.fault(Fault::on(INSTANCES).account(ORPHAN).region("cn-beijing").always(used));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, INSTANCES, BEIJING), "error");
    let calls = scene.cloud.calls_of(INSTANCES);
    assert_eq!(calls.iter().filter(|call| call.account == ORPHAN && call.region == "cn-beijing").count(), 2);
}

#[test]
fn no_secret_is_ever_shown_or_stored() {
    let scene = Scene::new(
        directory().external_id("our-external-id"),
        &format!("{DIRECTORY}external_id = \"our-external-id\"\n"),
    );
    let told = |secret: &str| {
        let ran = scene.scan_as(|command| {
            command.args(["-vv"]).env("RUST_LOG", "trace").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
        });
        assert!(!ran.stderr.is_empty(), "{}", ran.code);
        format!("{}{}", ran.stdout, ran.stderr)
    };
    let mut all = told(SECRET);
    scene.cloud.fault(Fault::on("*").account(ORPHAN).from(3, Effect::Error(400, "SignatureDoesNotMatch".to_owned())));
    all.push_str(&told(SECRET));
    // A refused signature's message repeats the request with its headers.
    all.push_str(&told("anotherSecretThatIsWrong"));
    let refused = scene.cloud.refusals();
    assert!(refused.iter().any(|refusal| refusal.starts_with("SignatureDoesNotMatch")), "{refused:?}");
    for file in std::fs::read_dir(scene.place.root()).expect("a directory") {
        let stored = std::fs::read(file.expect("an entry").path()).unwrap_or_default();
        all.push_str(&String::from_utf8_lossy(&stored));
    }
    for secret in [SECRET, "anotherSecretThatIsWrong", "sessionSecret", "CAIS+fake", "CAIS%2Bfake"] {
        assert!(!all.contains(secret), "{secret} is told");
    }
}
