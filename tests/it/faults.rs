//! What goes wrong in a live organisation of any provider: never a false orphan, never a false clean, and everything
//! readable is kept.

use std::time::Duration;

use serde_json::Value;

use crate::fake::{Effect, Fault};
use crate::scene::{Provider, Scene, signal};
use crate::support::wait_for;

/// A provider whose calls can go wrong.
pub trait Troubled: Provider {
    /// The call that lists accounts, and which time it is asked for the second account with something in it.
    const ACCOUNTS: (&str, u64);
    /// The call that lists Regions.
    const REGION_LIST: &str;
    /// The calls that show a role.
    const ROLE: [&str; 3];
    /// Calls that nothing depends on.
    const OPTIONAL: &[&str];
    /// What is said to whoever wants to enter an account without the role for it.
    const NO_ENTRY: &str;

    /// An orphan with four stores in the troubled Region that need no role, in pages of two.
    fn in_pages() -> Self;

    /// So many orphans more.
    fn with_orphans(self, number: usize) -> Self;

    /// Pages of one entry.
    fn with_small_pages(self) -> Self;

    /// Sessions that end after so long.
    fn with_sessions_of(self, life: Duration) -> Self;

    /// Takes the role away that an account is entered with.
    fn shut(&mut self, account: &str);

    /// Takes an account out of the organisation.
    fn remove(&mut self, account: &str);
}

/// Declares the tests of the faults that every provider has to be ready for.
macro_rules! of_every_provider {
    ($world:ty) => {
        $crate::faults::of_every_provider! { $world:
            a_permission_that_was_revoked_in_one_account_is_unknown_there_alone,
            a_server_that_fails_is_unknown,
            a_server_that_throttles_to_the_end_is_unknown,
            a_server_that_hangs_or_drips_is_given_up,
            answers_that_break_the_protocol_prove_nothing,
            a_list_that_is_shorter_than_it_says_is_unknown,
            a_session_that_has_ended_is_unknown,
            unknown_members_of_an_answer_do_no_harm,
            a_listing_that_repeats_a_page_for_ever_is_given_up,
            the_last_page_that_is_refused_makes_the_whole_listing_unknown,
            short_trouble_is_overcome,
            an_account_that_cannot_be_entered_keeps_its_rows_and_its_findings,
            a_role_that_is_not_shown_is_unknown_and_not_absent,
            a_list_of_accounts_that_breaks_off_leaves_no_account_behind,
            an_account_that_left_the_organisation_is_unknown_and_no_failure,
            without_credentials_that_are_accepted_everything_is_unknown,
            sessions_that_end_in_mid_scan_are_renewed,
            sessions_that_are_revoked_in_mid_scan_leave_no_false_answer,
            a_whole_region_that_hangs_starves_no_other,
            an_account_that_is_throttled_everywhere_starves_no_other,
            what_the_deadline_cuts_off_is_timed_out,
            an_interrupt_keeps_what_was_read,
            a_daemon_stops_at_once_in_the_middle_of_a_scan,
            optional_calls_that_are_refused_are_shown_and_change_nothing_else,
        }
    };
    ($world:ty: $($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                $crate::faults::$name::<$world>();
            }
        )*
    };
}
pub(crate) use of_every_provider;

/// Limits short enough for a test: a call that hangs and a scan that waits end soon.
const HASTE: &str = "[collect]\ncall_timeout = \"1s\"\ndeadline = \"4s\"\n";

pub fn hasty<W: Provider>() -> String {
    format!("{HASTE}{}", W::SOURCE)
}

/// The organisation with nothing but its source configured.
fn plain<W: Provider>() -> Scene<W> {
    Scene::new(W::organisation(), W::SOURCE)
}

/// An organisation that was read once, without faults.
pub fn settled<W: Provider>() -> Scene<W> {
    let scene = Scene::new(W::organisation(), &hasty::<W>());
    scene.scan(1);
    assert_eq!(scene.verdict(W::ORPHAN), "orphaned");
    scene
}

pub fn check<W: Provider>(effect: Effect, expected: &str) {
    settled::<W>().survives(effect, expected);
}

/// The outcome of listing an account's stores in the Region in which calls go wrong.
fn outcome_there<W: Provider>(scene: &Scene<W>, account: &str) -> String {
    scene.outcome(account, W::STORES, Some(W::REGIONS[0]))
}

pub fn a_permission_that_was_revoked_in_one_account_is_unknown_there_alone<W: Provider>() {
    check::<W>(Effect::AccessDenied, "denied");
}

pub fn a_server_that_fails_is_unknown<W: Provider>() {
    check::<W>(Effect::ServerError(500), "error");
    check::<W>(Effect::ServerError(503), "error");
    check::<W>(Effect::Html, "error");
    check::<W>(Effect::Reset, "error");
}

pub fn a_server_that_throttles_to_the_end_is_unknown<W: Provider>() {
    check::<W>(Effect::Throttle, "throttled");
}

pub fn a_server_that_hangs_or_drips_is_given_up<W: Provider>() {
    check::<W>(Effect::Hang, "timed-out");
    check::<W>(Effect::Drip, "timed-out");
}

pub fn answers_that_break_the_protocol_prove_nothing<W: Provider>() {
    check::<W>(Effect::EmptyBody, "error");
    check::<W>(Effect::HalfBody, "error");
}

pub fn a_list_that_is_shorter_than_it_says_is_unknown<W: Provider>() {
    check::<W>(Effect::TruncatedWithoutMarker, "error");
}

pub fn a_session_that_has_ended_is_unknown<W: Provider>() {
    check::<W>(Effect::Expired, "error");
}

pub fn unknown_members_of_an_answer_do_no_harm<W: Provider>() {
    let scene = settled::<W>();
    scene.cloud.fault(Fault::on("*").always(Effect::ExtraFields));
    scene.scan(1);
    assert_eq!(scene.verdict(W::ORPHAN), "orphaned");
}

pub fn a_listing_that_repeats_a_page_for_ever_is_given_up<W: Troubled>() {
    let scene = Scene::new(W::in_pages(), W::SOURCE);
    scene.cloud.fault(Fault::on(W::STORES).account(W::ORPHAN).always(Effect::RepeatedToken));
    scene.scan(2);
    assert_eq!(outcome_there(&scene, W::ORPHAN), "error");
    assert_eq!(scene.verdict(W::ORPHAN), "unknown");
    assert!(scene.cloud.calls_of(W::STORES).len() < 40);
}

pub fn the_last_page_that_is_refused_makes_the_whole_listing_unknown<W: Troubled>() {
    let scene = Scene::new(W::in_pages(), W::SOURCE);
    let last = Fault::on(W::STORES).account(W::ORPHAN).region(W::REGIONS[0]).from(2, Effect::AccessDenied);
    scene.cloud.fault(last);
    scene.scan(2);
    assert_eq!(outcome_there(&scene, W::ORPHAN), "denied");
    assert_eq!(scene.verdict(W::ORPHAN), "unknown");
}

pub fn short_trouble_is_overcome<W: Provider>() {
    for effect in [Effect::Throttle, Effect::ServerError(503), Effect::Reset, Effect::HalfBody] {
        is_overcome::<W>(effect);
    }
}

/// What happens twice is tried a third time.
pub fn is_overcome<W: Provider>(effect: Effect) {
    let scene = plain::<W>();
    scene.cloud.fault(Fault::on(W::STORES).region(W::REGIONS[0]).first(2, effect.clone()));
    scene.scan(1);
    assert_eq!(scene.verdict(W::ORPHAN), "orphaned", "{effect:?}");
}

pub fn an_account_that_cannot_be_entered_keeps_its_rows_and_its_findings<W: Troubled>() {
    let scene = settled::<W>();
    scene.cloud.change(|world| world.shut(W::ORPHAN));
    let summary = scene.scan(2);
    assert_eq!(summary["coverage"]["accounts_expected"], 3, "{summary}");
    assert_eq!(summary["coverage"]["accounts_complete"], 2, "{summary}");
    let verdict = scene.place.verdict(W::ORPHAN, W::PROFILE);
    assert_eq!((verdict["role"].as_str(), verdict["verdict"].as_str()), (Some("unknown"), Some("unknown")));
    assert!(verdict["coverage"]["missing"].to_string().contains(W::NO_ENTRY), "{verdict}");
    scene.stays_open_as_stale();
}

pub fn a_role_that_is_not_shown_is_unknown_and_not_absent<W: Troubled>() {
    for action in W::ROLE {
        let scene = settled::<W>();
        scene.cloud.fault(Fault::on(action).account(W::MEMBER).always(Effect::AccessDenied));
        scene.scan(2);
        assert_eq!(scene.verdict(W::MEMBER), "unknown", "{action}");
        assert_eq!(scene.verdict(W::ORPHAN), "orphaned", "{action}");
        let missing = scene.place.verdict(W::MEMBER, W::PROFILE)["coverage"]["missing"].to_string();
        assert!(missing.contains(action), "{missing}");
    }
}

/// An account whose Regions are not known is unknown. Answers the scene, for what was asked of it all the same.
pub fn without_the_list_of_regions<W: Troubled>() -> Scene<W> {
    let scene = settled::<W>();
    scene.cloud.fault(Fault::on(W::REGION_LIST).account(W::ORPHAN).always(Effect::AccessDenied));
    scene.ends(&["scan"], 2);
    assert_eq!(scene.outcome(W::ORPHAN, W::REGION_LIST, None), "denied");
    assert_eq!(scene.verdict(W::ORPHAN), "unknown");
    scene.stays_open_as_stale();
    scene
}

pub fn a_list_of_accounts_that_breaks_off_leaves_no_account_behind<W: Troubled>() {
    let scene = Scene::new(W::organisation().with_small_pages(), &hasty::<W>());
    scene.scan(1);
    let (accounts, page) = W::ACCOUNTS;
    scene.cloud.fault(Fault::on(accounts).from(page, Effect::AccessDenied));
    scene.scan(2);
    assert_eq!(scene.verdict(W::HUB), "not-in-use", "what was listed is read");
    let unread = |account: &&str| scene.outcome(account, "account", None) == "denied";
    let unread = [W::MEMBER, W::ORPHAN].into_iter().filter(unread);
    assert_eq!(unread.count(), 1, "the account that the list did not reach");
}

pub fn an_account_that_left_the_organisation_is_unknown_and_no_failure<W: Troubled>() {
    let scene = settled::<W>();
    scene.cloud.change(|world| world.remove(W::ORPHAN));
    scene.scan(1);
    assert_eq!(scene.verdict(W::ORPHAN), "unknown");
    assert_eq!(scene.outcome(W::ORPHAN, "account", None), "not-configured");
    scene.stays_open_as_stale();
}

/// Nothing can be asked any more: everything is unknown, and what was found stays.
pub fn nobody_is_known<W: Provider>(scene: &Scene<W>, why: &str) {
    for account in [W::HUB, W::MEMBER, W::ORPHAN] {
        assert_eq!(scene.verdict(account), "unknown", "{why}: {account}");
    }
    scene.stays_open_as_stale();
}

pub fn without_credentials_that_are_accepted_everything_is_unknown<W: Provider>() {
    let scene = settled::<W>();
    scene.cloud.fault(Fault::on("sts:GetCallerIdentity").always(Effect::UnknownKey));
    scene.scan(2);
    nobody_is_known(&scene, "unknown key");
}

pub fn sessions_that_end_in_mid_scan_are_renewed<W: Troubled>() {
    let scene = Scene::new(W::organisation().with_sessions_of(Duration::from_mins(1)), W::SOURCE);
    scene.scan(1);
    assert_eq!(scene.verdict(W::ORPHAN), "orphaned");
    let renewals = scene.cloud.calls_of("sts:AssumeRole").len();
    assert!(renewals > 2, "a session of a minute is renewed before each call: {renewals}");
}

pub fn sessions_that_are_revoked_in_mid_scan_leave_no_false_answer<W: Provider>() {
    let scene = settled::<W>();
    scene.cloud.fault(Fault::on("*").account(W::ORPHAN).from(3, Effect::Expired));
    scene.scan(2);
    assert_eq!(scene.verdict(W::ORPHAN), "unknown");
    scene.stays_open_as_stale();
}

pub fn a_whole_region_that_hangs_starves_no_other<W: Provider>() {
    let scene = Scene::new(W::organisation(), &hasty::<W>());
    let [dark, other] = W::REGIONS;
    scene.cloud.fault(Fault::on("*").region(dark).always(Effect::Hang));
    scene.scan(2);
    for account in [W::HUB, W::MEMBER, W::ORPHAN] {
        assert_eq!(scene.outcome(account, W::STORES, Some(dark)), "timed-out", "{account}");
        assert_eq!(scene.outcome(account, W::STORES, Some(other)), "complete", "{account}");
    }
}

pub fn an_account_that_is_throttled_everywhere_starves_no_other<W: Troubled>() {
    let settings = format!("[collect]\ndeadline = \"4s\"\ncalls_in_flight = 8\n{}", W::SOURCE);
    let scene = Scene::new(W::organisation().with_orphans(20), &settings);
    scene.cloud.fault(Fault::on("*").account(W::MEMBER).always(Effect::Throttle));
    let summary = scene.scan(2);
    assert_eq!(summary["coverage"]["accounts_complete"], 22, "{summary}");
    assert!(scene.cloud.most_in_flight() <= 8, "{}", scene.cloud.most_in_flight());
    assert!(scene.cloud.most_in_flight_of(W::MEMBER) <= 4);
}

pub fn what_the_deadline_cuts_off_is_timed_out<W: Provider>() {
    let scene = Scene::new(W::organisation(), &format!("[collect]\ndeadline = \"1s\"\n{}", W::SOURCE));
    scene.cloud.fault(Fault::on(W::STORES).account(W::ORPHAN).always(Effect::Delay(Duration::from_secs(30))));
    scene.scan(2);
    assert_eq!(outcome_there(&scene, W::ORPHAN), "timed-out");
    assert_eq!(scene.verdict(W::ORPHAN), "unknown");
    assert_eq!(scene.verdict(W::HUB), "not-in-use", "what was read in time counts");
}

pub fn an_interrupt_keeps_what_was_read<W: Provider>() {
    let scene = plain::<W>();
    scene.cloud.fault(Fault::on(W::STORES).account(W::ORPHAN).always(Effect::Hang));
    let mut program = scene.command(&["scan"]).spawn().expect("the program starts");
    wait_for("the call that hangs", 20, || scene.has_asked_the_orphan());
    wait_for("what was read of the other account", 20, || scene.has_stored(W::HUB, W::STORES));
    signal(&program, "INT");
    assert_eq!(program.wait().expect("the program ends").code(), Some(130));
    assert_eq!(outcome_there(&scene, W::HUB), "complete");
}

pub fn a_daemon_stops_at_once_in_the_middle_of_a_scan<W: Provider>() {
    let settings = format!("[web]\nlisten_address = \"127.0.0.1:0\"\n{}", W::SOURCE);
    let scene = Scene::new(W::organisation(), &settings);
    scene.cloud.fault(Fault::on(W::STORES).account(W::ORPHAN).always(Effect::Hang));
    let mut daemon = scene.command(&["run"]).spawn().expect("the daemon starts");
    wait_for("the call that hangs", 30, || scene.has_asked_the_orphan());
    wait_for("what was read of the other account", 20, || scene.has_stored(W::HUB, W::STORES));
    signal(&daemon, "TERM");
    let code = wait_for("the end", 10, || daemon.try_wait().expect("can be asked"));
    assert_eq!(code.code(), Some(0));
    let complete: Vec<Value> = scene.rows(W::HUB, W::STORES);
    assert!(!complete.is_empty(), "what was read is kept");
}

pub fn optional_calls_that_are_refused_are_shown_and_change_nothing_else<W: Troubled>() {
    for action in W::OPTIONAL {
        let scene = settled::<W>();
        scene.cloud.fault(Fault::on(action).always(Effect::AccessDenied));
        let summary = scene.scan(1);
        assert!(summary["coverage"]["missing"].to_string().contains(action), "{summary}");
        assert_eq!(scene.verdict(W::ORPHAN), "orphaned", "{action}");
    }
}
