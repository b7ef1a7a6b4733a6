//! What goes wrong in a live organisation: never a false orphan, never a false clean, and everything readable is kept.

use std::time::Duration;

use serde_json::Value;

use crate::aws::{Account, Effect, Fault, Trail, World};
use crate::aws_scan::{CKS, HUB, MEMBER, ORGANIZATION, ORPHAN, Scene, organisation};
use crate::scene::signal;
use crate::support::wait_for;

const STORES: &str = "kms:DescribeCustomKeyStores";

/// Limits short enough for a test: a call that hangs and a scan that waits end soon.
const HASTE: &str = "[collect]\ncall_timeout = \"1s\"\ndeadline = \"4s\"\n";

fn hasty() -> String {
    format!("{HASTE}{ORGANIZATION}")
}

/// An organisation that was read once, without faults.
fn settled() -> Scene {
    let scene = Scene::new(organisation(), &hasty());
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
}

#[test]
fn a_region_that_answers_as_if_it_were_off_though_it_is_on_is_unknown() {
    check(Effect::UnknownKey, "error");
}

#[test]
fn a_server_that_fails_is_unknown() {
    check(Effect::ServerError(500), "error");
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
    check(Effect::TruncatedWithoutMarker, "error");
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

#[test]
fn a_listing_that_repeats_a_page_for_ever_is_given_up() {
    let mut account = Account::new(ORPHAN).orphaned();
    for number in 0..4 {
        account = account.store("eu-west-1", crate::aws::external_store(&format!("cks-{number}")));
    }
    let scene = Scene::new(World::new(HUB).account(account).page_size(2), ORGANIZATION);
    scene.cloud.fault(Fault::on(STORES).account(ORPHAN).always(Effect::RepeatedToken));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, STORES, Some("eu-west-1")), "error");
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    assert!(scene.cloud.calls_of(STORES).len() < 40);
}

#[test]
fn the_last_page_that_is_refused_makes_the_whole_listing_unknown() {
    let mut account = Account::new(ORPHAN).orphaned();
    for number in 0..4 {
        account = account.store("eu-west-1", crate::aws::external_store(&format!("cks-{number}")));
    }
    let scene = Scene::new(World::new(HUB).account(account).page_size(2), ORGANIZATION);
    scene.cloud.fault(Fault::on(STORES).account(ORPHAN).region("eu-west-1").from(2, Effect::AccessDenied));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, STORES, Some("eu-west-1")), "denied");
    assert_eq!(scene.verdict(ORPHAN), "unknown");
}

#[test]
fn short_trouble_is_overcome() {
    for effect in [Effect::Throttle, Effect::ServerError(503), Effect::Reset, Effect::HalfBody] {
        let scene = Scene::new(organisation(), ORGANIZATION);
        scene.cloud.fault(Fault::on(STORES).region("eu-west-1").first(2, effect.clone()));
        scene.scan(1);
        assert_eq!(scene.verdict(ORPHAN), "orphaned", "{effect:?}");
    }
}

#[test]
fn an_account_that_cannot_be_entered_keeps_its_rows_and_its_findings() {
    let scene = settled();
    scene.cloud.change(|world| world.at(ORPHAN).has_member_role = false);
    let summary = scene.scan(2);
    assert_eq!(summary["coverage"]["accounts_expected"], 3, "{summary}");
    assert_eq!(summary["coverage"]["accounts_complete"], 2, "{summary}");
    let verdict = scene.place.verdict(ORPHAN, CKS);
    assert_eq!((verdict["role"].as_str(), verdict["verdict"].as_str()), (Some("unknown"), Some("unknown")));
    assert!(verdict["coverage"]["missing"].to_string().contains("AccessDenied"), "{verdict}");
    scene.stays_open_as_stale();
}

#[test]
fn a_role_that_iam_does_not_show_is_unknown_and_not_absent() {
    for (action, account) in
        [("iam:GetRole", MEMBER), ("iam:ListAttachedRolePolicies", MEMBER), ("iam:GetPolicyVersion", MEMBER)]
    {
        let scene = settled();
        scene.cloud.fault(Fault::on(action).account(account).always(Effect::AccessDenied));
        scene.scan(2);
        assert_eq!(scene.verdict(account), "unknown", "{action}");
        assert_eq!(scene.verdict(ORPHAN), "orphaned", "{action}");
    }
}

#[test]
fn an_account_whose_regions_are_not_known_is_unknown() {
    let scene = settled();
    scene.cloud.fault(Fault::on("account:ListRegions").account(ORPHAN).always(Effect::AccessDenied));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, "account:ListRegions", None), "denied");
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    scene.stays_open_as_stale();
}

#[test]
fn a_list_of_accounts_that_breaks_off_leaves_no_account_behind() {
    let scene = Scene::new(organisation().page_size(1), &hasty());
    scene.scan(1);
    scene.cloud.fault(Fault::on("organizations:ListAccounts").from(3, Effect::AccessDenied));
    scene.scan(2);
    assert_eq!(scene.verdict(HUB), "not-in-use", "what was listed is read");
    let unread = [MEMBER, ORPHAN].into_iter().filter(|account| scene.outcome(account, "account", None) == "denied");
    assert_eq!(unread.count(), 1, "the account that the list did not reach");
}

#[test]
fn an_account_that_left_the_organisation_is_unknown_and_no_failure() {
    let scene = settled();
    scene.cloud.change(|world| drop(world.accounts.remove(ORPHAN)));
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    assert_eq!(scene.outcome(ORPHAN, "account", None), "not-configured");
    scene.stays_open_as_stale();
}

#[test]
fn without_credentials_that_are_accepted_everything_is_unknown() {
    let scene = settled();
    scene.cloud.fault(Fault::on("sts:GetCallerIdentity").always(Effect::UnknownKey));
    scene.scan(2);
    for account in [HUB, MEMBER, ORPHAN] {
        assert_eq!(scene.verdict(account), "unknown", "{account}");
    }
    scene.stays_open_as_stale();
}

#[test]
fn sessions_that_end_in_mid_scan_are_renewed() {
    let scene = Scene::new(organisation().session_life(Duration::from_mins(1)), ORGANIZATION);
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
    let scene = Scene::new(organisation(), &hasty());
    scene.cloud.fault(Fault::on("*").region("eu-west-1").always(Effect::Hang));
    scene.scan(2);
    for account in [HUB, MEMBER, ORPHAN] {
        assert_eq!(scene.outcome(account, STORES, Some("eu-west-1")), "timed-out", "{account}");
        assert_eq!(scene.outcome(account, STORES, Some("us-east-1")), "complete", "{account}");
    }
}

#[test]
fn an_account_that_is_throttled_everywhere_starves_no_other() {
    let mut world = organisation();
    for number in 0..20 {
        world = world.account(Account::new(&format!("5000000000{number:02}")).orphaned());
    }
    let scene = Scene::new(world, &format!("[collect]\ndeadline = \"4s\"\ncalls_in_flight = 8\n{ORGANIZATION}"));
    scene.cloud.fault(Fault::on("*").account(MEMBER).always(Effect::Throttle));
    let summary = scene.scan(2);
    assert_eq!(summary["coverage"]["accounts_complete"], 22, "{summary}");
    assert!(scene.cloud.most_in_flight() <= 8, "{}", scene.cloud.most_in_flight());
    assert!(scene.cloud.most_in_flight_of(MEMBER) <= 4);
}

#[test]
fn what_the_deadline_cuts_off_is_timed_out() {
    let scene = Scene::new(organisation(), &format!("[collect]\ndeadline = \"1s\"\n{ORGANIZATION}"));
    scene.cloud.fault(Fault::on(STORES).account(ORPHAN).always(Effect::Delay(Duration::from_secs(30))));
    scene.scan(2);
    assert_eq!(scene.outcome(ORPHAN, STORES, Some("eu-west-1")), "timed-out");
    assert_eq!(scene.verdict(ORPHAN), "unknown");
    assert_eq!(scene.verdict(HUB), "not-in-use", "what was read in time counts");
}

#[test]
fn an_interrupt_keeps_what_was_read() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    scene.cloud.fault(Fault::on(STORES).account(ORPHAN).always(Effect::Hang));
    let mut program = scene.command(&["scan"]).spawn().expect("the program starts");
    wait_for("the call that hangs", 20, || scene.has_asked_the_orphan());
    signal(&program, "INT");
    assert_eq!(program.wait().expect("the program ends").code(), Some(130));
    assert_eq!(scene.outcome(HUB, STORES, Some("eu-west-1")), "complete");
}

#[test]
fn optional_calls_that_are_refused_are_shown_and_change_nothing_else() {
    let scene = settled();
    scene.cloud.fault(Fault::on("cloudtrail:GetEventSelectors").always(Effect::AccessDenied));
    let summary = scene.scan(1);
    assert!(summary["coverage"]["missing"].to_string().contains("cloudtrail:GetEventSelectors"), "{summary}");
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
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

#[test]
fn a_daemon_stops_at_once_in_the_middle_of_a_scan() {
    let scene = Scene::new(organisation(), &format!("[web]\nlisten_address = \"127.0.0.1:0\"\n{ORGANIZATION}"));
    scene.cloud.fault(Fault::on(STORES).account(ORPHAN).always(Effect::Hang));
    let mut daemon = scene.command(&["run"]).spawn().expect("the daemon starts");
    wait_for("the call that hangs", 30, || scene.has_asked_the_orphan());
    signal(&daemon, "TERM");
    let code = wait_for("the end", 10, || daemon.try_wait().expect("can be asked"));
    assert_eq!(code.code(), Some(0));
    let complete: Vec<Value> = scene.rows(HUB, STORES);
    assert!(!complete.is_empty(), "what was read is kept");
}
