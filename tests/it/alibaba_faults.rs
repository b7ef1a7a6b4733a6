//! What goes wrong in a live resource directory: never a false orphan, never a false clean, and everything readable is
//! kept.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::alibaba::{Account, Effect, Fault, Instance, Role, SECRET, World};
use crate::alibaba_scan::{DIRECTORY, HUB, INSTANCES, KEY_STORES, MEMBER, ORPHAN, Scene, directory, watched, with};
use crate::scene::signal;
use crate::support::{sorted, wait_for};

const BEIJING: Option<&str> = Some("cn-beijing");

/// Limits short enough for a test: a call that hangs and a scan that waits end soon.
const HASTE: &str = "[collect]\ncall_timeout = \"1s\"\ndeadline = \"4s\"\n";

fn hasty() -> String {
    format!("{HASTE}{DIRECTORY}")
}

/// A directory that was read once, without faults.
fn settled() -> Scene {
    let scene = Scene::new(directory(), &hasty());
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
    scene
}

fn check(effect: Effect, expected: &str) {
    settled().survives(effect, expected);
}

#[test]
fn a_permission_that_was_revoked_in_one_account_is_unknown_there_alone() {
    check(Effect::AccessDenied, "denied");
    check(Effect::Error(403, "Forbidden.RAM".to_owned()), "denied");
}

#[test]
fn a_key_that_nobody_knows_any_more_is_unknown() {
    check(Effect::UnknownKey, "error");
}

#[test]
fn a_server_that_fails_is_unknown() {
    check(Effect::ServerError(500), "error");
    check(Effect::ServerError(503), "error");
    check(Effect::Html, "error");
    check(Effect::Reset, "error");
}

#[test]
fn a_server_that_throttles_to_the_end_is_unknown() {
    check(Effect::Throttle, "throttled");
}

#[test]
fn a_server_that_hangs_or_drips_is_given_up() {
    check(Effect::Hang, "timed-out");
    check(Effect::Drip, "timed-out");
}

#[test]
fn answers_that_break_the_protocol_prove_nothing() {
    check(Effect::EmptyBody, "error");
    check(Effect::HalfBody, "error");
}

#[test]
fn a_list_that_is_shorter_than_it_says_is_unknown() {
    check(Effect::TruncatedWithoutMarker, "error");
}

#[test]
fn what_says_that_something_does_not_exist_proves_nothing_about_instances() {
    for code in ["InvalidApi.NotFound", "InvalidRegionId.NotFound", "EntityNotExist.Role"] {
        check(Effect::Error(404, code.to_owned()), "error");
    }
}

#[test]
fn a_session_that_has_ended_is_unknown() {
    check(Effect::Expired, "error");
}

#[test]
fn unknown_members_of_an_answer_do_no_harm() {
    let scene = settled();
    scene.cloud.fault(Fault::on("*").always(Effect::ExtraFields));
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
}

/// An orphan with four software instances, in pages of two.
fn in_pages() -> World {
    let software = |number: usize| Instance::software(&format!("kst-{number}"));
    let account = (0..4)
        .fold(Account::new(ORPHAN).orphaned(), |account, number| account.instance("cn-beijing", software(number)));
    with(account).page_size(2)
}

#[test]
fn a_listing_that_repeats_a_page_for_ever_is_given_up() {
    let scene = Scene::new(in_pages(), DIRECTORY);
    scene.cloud.fault(Fault::on(INSTANCES).account(ORPHAN).always(Effect::RepeatedToken));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, INSTANCES, BEIJING), "error");
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    assert!(scene.cloud.calls_of(INSTANCES).len() < 40);
}

#[test]
fn the_last_page_that_is_refused_makes_the_whole_listing_unknown() {
    let scene = Scene::new(in_pages(), DIRECTORY);
    scene.cloud.fault(Fault::on(INSTANCES).account(ORPHAN).region("cn-beijing").from(2, Effect::AccessDenied));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, INSTANCES, BEIJING), "denied");
    assert_eq!(scene.verdict(ORPHAN), "unknown");
}

#[test]
fn an_instance_that_is_not_shown_may_need_the_role() {
    for effect in [Effect::AccessDenied, Effect::Error(403, "Forbidden.DKMSInstanceNotFound".to_owned())] {
        let scene = Scene::new(in_pages(), DIRECTORY);
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
    let scene = Scene::new(with(account), &hasty());
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
fn short_trouble_is_overcome() {
    for effect in [
        Effect::Throttle,
        Effect::ServerError(503),
        Effect::Error(503, "SerivceUnvailableTemporary".to_owned()),
        Effect::Reset,
        Effect::HalfBody,
    ] {
        let scene = Scene::new(directory(), DIRECTORY);
        scene.cloud.fault(Fault::on(INSTANCES).region("cn-beijing").first(2, effect.clone()));
        scene.scan(1);
        assert_eq!(scene.verdict(ORPHAN), "orphaned", "{effect:?}");
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
fn an_account_that_cannot_be_entered_keeps_its_rows_and_its_findings() {
    let scene = settled();
    scene.cloud.change(|world| world.at(ORPHAN).has_member_role = false);
    let summary = scene.scan(2);
    assert_eq!(summary["coverage"]["accounts_expected"], 3, "{summary}");
    assert_eq!(summary["coverage"]["accounts_complete"], 2, "{summary}");
    let verdict = scene.place.verdict(ORPHAN, KEY_STORES);
    assert_eq!((verdict["role"].as_str(), verdict["verdict"].as_str()), (Some("unknown"), Some("unknown")));
    assert!(verdict["coverage"]["missing"].to_string().contains("EntityNotExist.Role"), "{verdict}");
    scene.stays_open_as_stale();
}

#[test]
fn a_role_that_ram_does_not_show_is_unknown_and_not_absent() {
    for action in ["ram:GetRole", "ram:ListPoliciesForRole", "ram:GetPolicy"] {
        let scene = settled();
        scene.cloud.fault(Fault::on(action).account(MEMBER).always(Effect::AccessDenied));
        scene.scan(2);
        assert_eq!(scene.verdict(MEMBER), "unknown", "{action}");
        assert_eq!(scene.verdict(ORPHAN), "orphaned", "{action}");
        let missing = scene.place.verdict(MEMBER, KEY_STORES)["coverage"]["missing"].to_string();
        assert!(missing.contains(action), "{missing}");
    }
}

#[test]
fn an_account_whose_regions_are_not_known_is_unknown() {
    let scene = settled();
    scene.cloud.fault(Fault::on("kms:DescribeRegions").account(ORPHAN).always(Effect::AccessDenied));
    scene.ends(&["scan"], 2);
    assert_eq!(scene.outcome(ORPHAN, "kms:DescribeRegions", None), "denied");
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    scene.stays_open_as_stale();
    let refusals = scene.cloud.refusals();
    let elsewhere = refusals.iter().all(|refusal| refusal.starts_with("InvalidRegionId.NotFound"));
    assert!(elsewhere, "the Regions that are known without asking, of which this directory has three: {refusals:?}");
}

#[test]
fn a_list_of_accounts_that_breaks_off_leaves_no_account_behind() {
    let scene = Scene::new(directory().page_size(1), &hasty());
    scene.scan(1);
    scene.cloud.fault(Fault::on("resourcemanager:ListAccounts").from(2, Effect::AccessDenied));
    scene.scan(2);
    assert_eq!(scene.verdict(HUB), "not-in-use", "what was listed is read");
    let unread = [MEMBER, ORPHAN].into_iter().filter(|account| scene.outcome(account, "account", None) == "denied");
    assert_eq!(unread.count(), 1, "the account that the list did not reach");
}

#[test]
fn without_the_list_of_accounts_the_members_are_unknown() {
    let scene = settled();
    scene.cloud.fault(Fault::on("resourcemanager:ListAccounts").always(Effect::AccessDenied));
    scene.scan(2);
    for account in [MEMBER, ORPHAN] {
        assert_eq!(scene.verdict(account), "unknown", "{account}");
    }
    scene.stays_open_as_stale();
}

#[test]
fn an_account_that_left_the_directory_is_unknown_and_no_failure() {
    let scene = settled();
    scene.cloud.change(|world| drop(world.accounts.remove(ORPHAN)));
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    assert_eq!(scene.outcome(ORPHAN, "account", None), "not-configured");
    scene.stays_open_as_stale();
}

/// Nothing can be asked any more: everything is unknown, and what was found stays.
fn nobody_is_known(scene: &Scene, why: &str) {
    for account in [HUB, MEMBER, ORPHAN] {
        assert_eq!(scene.verdict(account), "unknown", "{why}: {account}");
    }
    scene.stays_open_as_stale();
}

#[test]
fn without_credentials_that_are_accepted_everything_is_unknown() {
    let scene = settled();
    scene.cloud.fault(Fault::on("sts:GetCallerIdentity").always(Effect::UnknownKey));
    scene.scan(2);
    nobody_is_known(&scene, "unknown key");
}

#[test]
fn without_any_credentials_the_program_says_so_and_knows_nothing() {
    let scene = settled();
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
    let scene = settled();
    let there = scene.cloud.endpoint();
    for endpoint in ["http://127.0.0.1:9/{product}/{region}".to_owned(), there.replace("http:", "https:")] {
        scene.place.write("roletrail.toml", hasty().replace("ENDPOINT", &endpoint));
        scene.scan(2);
        nobody_is_known(&scene, &endpoint);
    }
}

#[test]
fn a_clock_that_is_wrong_is_told_with_the_seconds() {
    let scene = settled();
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
    let scene = settled();
    scene.cloud.forget();
    let used = Effect::Error(400, "SignatureNonceUsed".to_owned());
    scene.cloud.fault(Fault::on(INSTANCES).account(ORPHAN).region("cn-beijing").always(used));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, INSTANCES, BEIJING), "error");
    let calls = scene.cloud.calls_of(INSTANCES);
    assert_eq!(calls.iter().filter(|call| call.account == ORPHAN && call.region == "cn-beijing").count(), 2);
}

#[test]
fn sessions_that_end_in_mid_scan_are_renewed() {
    let scene = Scene::new(directory().session_life(Duration::from_mins(1)), DIRECTORY);
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
    let renewals = scene.cloud.calls_of("sts:AssumeRole").len();
    assert!(renewals > 2, "a session of a minute is renewed before each call: {renewals}");
}

#[test]
fn sessions_that_are_revoked_in_mid_scan_leave_no_false_answer() {
    let scene = settled();
    scene.cloud.fault(Fault::on("*").account(ORPHAN).from(3, Effect::Expired));
    scene.scan(2);
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    scene.stays_open_as_stale();
}

#[test]
fn a_whole_region_that_hangs_starves_no_other() {
    let scene = Scene::new(directory(), &hasty());
    scene.cloud.fault(Fault::on("*").region("cn-beijing").always(Effect::Hang));
    scene.scan(2);
    for account in [HUB, MEMBER, ORPHAN] {
        assert_eq!(scene.outcome(account, INSTANCES, BEIJING), "timed-out", "{account}");
        assert_eq!(scene.outcome(account, INSTANCES, Some("ap-southeast-1")), "complete", "{account}");
    }
}

#[test]
fn an_account_that_is_throttled_everywhere_starves_no_other() {
    let mut world = directory();
    for number in 0..20 {
        world = world.account(watched(Account::new(&format!("50000000000000{number:02}")).orphaned()));
    }
    let scene = Scene::new(world, &format!("[collect]\ndeadline = \"4s\"\ncalls_in_flight = 8\n{DIRECTORY}"));
    scene.cloud.fault(Fault::on("*").account(MEMBER).always(Effect::Throttle));
    let summary = scene.scan(2);
    assert_eq!(summary["coverage"]["accounts_complete"], 22, "{summary}");
    assert!(scene.cloud.most_in_flight() <= 8, "{}", scene.cloud.most_in_flight());
    assert!(scene.cloud.most_in_flight_of(MEMBER) <= 4);
}

#[test]
fn what_the_deadline_cuts_off_is_timed_out() {
    let scene = Scene::new(directory(), &format!("[collect]\ndeadline = \"1s\"\n{DIRECTORY}"));
    scene.cloud.fault(Fault::on(INSTANCES).account(ORPHAN).always(Effect::Delay(Duration::from_secs(30))));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, INSTANCES, BEIJING), "timed-out");
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    assert_eq!(scene.verdict(HUB), "not-in-use", "what was read in time counts");
}

#[test]
fn an_interrupt_keeps_what_was_read() {
    let scene = Scene::new(directory(), DIRECTORY);
    scene.cloud.fault(Fault::on(INSTANCES).account(ORPHAN).always(Effect::Hang));
    let mut program = scene.command(&["scan"]).spawn().expect("the program starts");
    wait_for("the call that hangs", 20, || scene.has_asked_the_orphan());
    signal(&program, "INT");
    assert_eq!(program.wait().expect("the program ends").code(), Some(130));
    assert_eq!(scene.outcome(HUB, INSTANCES, BEIJING), "complete");
}

#[test]
fn a_daemon_stops_at_once_in_the_middle_of_a_scan() {
    let scene = Scene::new(directory(), &format!("[web]\nlisten_address = \"127.0.0.1:0\"\n{DIRECTORY}"));
    scene.cloud.fault(Fault::on(INSTANCES).account(ORPHAN).always(Effect::Hang));
    let mut daemon = scene.command(&["run"]).spawn().expect("the daemon starts");
    wait_for("the call that hangs", 30, || scene.has_asked_the_orphan());
    signal(&daemon, "TERM");
    let code = wait_for("the end", 10, || daemon.try_wait().expect("can be asked"));
    assert_eq!(code.code(), Some(0));
    let complete: Vec<Value> = scene.rows(HUB, INSTANCES);
    assert!(!complete.is_empty(), "what was read is kept");
}

#[test]
fn optional_calls_that_are_refused_are_shown_and_change_nothing_else() {
    for action in ["actiontrail:GetTrailStatus", "actiontrail:DescribeTrails", "yundun-hsm:ListClusters"] {
        let scene = settled();
        scene.cloud.fault(Fault::on(action).always(Effect::AccessDenied));
        let summary = scene.scan(1);
        assert!(summary["coverage"]["missing"].to_string().contains(action), "{summary}");
        assert_eq!(scene.verdict(ORPHAN), "orphaned", "{action}");
    }
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
