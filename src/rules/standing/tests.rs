use crate::model::{Basis, Outcome, Recording, RolePresence, StoreNeed, TaskStatus, TrailSettings, Verdict, api};
use crate::rules::Standing;
use crate::rules::tests::{EventBuilder, Scene};

const DAYS: [&str; 6] = [
    "2026-05-01T00:00:00Z",
    "2026-05-02T00:00:00Z",
    "2026-05-03T00:00:00Z",
    "2026-05-04T00:00:00Z",
    "2026-05-05T00:00:00Z",
    "2026-05-06T00:00:00Z",
];

#[track_caller]
fn stands(scene: &Scene, presence: RolePresence, stores: &[&str]) -> Standing {
    let standing = scene.standing();
    assert_eq!(standing.presence, presence);
    assert_eq!(standing.needing().map(|store| store.id.as_str()).collect::<Vec<_>>(), stores);
    standing
}

#[test]
fn nothing_heard_is_nothing_known() {
    let standing = stands(&Scene::aws(), RolePresence::Unknown, &[]);
    assert_eq!(standing.basis, Basis::Inferred);
    assert!(!standing.inventory_is_complete());
}

#[test]
fn a_role_is_present_from_its_creation_or_first_use_on() {
    stands(&Scene::aws().event(DAYS[0], EventBuilder::creates_role), RolePresence::Present, &[]);
    let used = stands(&Scene::aws().used(DAYS[0], DAYS[1]), RolePresence::Present, &[]);
    assert_eq!(used.created, None);
    let refused = Scene::aws().event(DAYS[0], |event| event.creates_role().refused("AccessDenied"));
    stands(&refused, RolePresence::Unknown, &[]);
    let protected =
        Scene::aws().event(DAYS[0], |event| event.tampers("DeleteRole").refused("UnmodifiableEntityException"));
    stands(&protected, RolePresence::Present, &[]);
}

#[test]
fn an_accepted_deletion_counts_only_with_no_store_left_and_no_later_sign() {
    let made = || Scene::aws().event(DAYS[0], EventBuilder::creates_role);
    let deleted = || made().event(DAYS[2], EventBuilder::deletes_role);
    let gone = stands(&deleted(), RolePresence::Absent, &[]);
    assert_eq!(gone.gone_at, Some(DAYS[2].parse().expect("a time")));
    let with_store = deleted().event(DAYS[1], |event| event.creates_store("cks-1"));
    stands(&with_store, RolePresence::Present, &["cks-1"]);
    let external = deleted().event(DAYS[1], |event| event.creates_store("cks-1").typed("EXTERNAL_KEY_STORE"));
    stands(&external, RolePresence::Absent, &[]);
    stands(&deleted().used(DAYS[1], DAYS[3]), RolePresence::Present, &[]);
    stands(&deleted().event(DAYS[3], EventBuilder::creates_role), RolePresence::Present, &[]);
    stands(&made().event(DAYS[2], |event| event.deletes_role().refused("AccessDenied")), RolePresence::Present, &[]);
}

#[test]
fn a_task_that_ended_decides_about_its_deletion() {
    let deleted = |status| {
        let mut scene = Scene::aws()
            .event(DAYS[0], EventBuilder::creates_role)
            .event(DAYS[2], |event| event.deletes_role().id("deletion"))
            .task(DAYS[2], status, &[]);
        scene.evidence.tasks[0].event_id = Some("deletion".to_owned());
        scene
    };
    stands(&deleted(TaskStatus::Failed), RolePresence::Present, &[]);
    stands(&deleted(TaskStatus::Succeeded), RolePresence::Absent, &[]);
    stands(&deleted(TaskStatus::Unknown), RolePresence::Absent, &[]);
}

#[test]
fn a_store_lives_from_its_first_sign_to_its_successful_deletion() {
    let made = || Scene::aws().event(DAYS[0], |event| event.creates_store("cks-1"));
    let unknown = RolePresence::Unknown;
    stands(&made(), unknown, &["cks-1"]);
    let deleted = made().event(DAYS[1], |event| event.deletes_store("cks-1"));
    let standing = stands(&deleted, unknown, &[]);
    assert_eq!(standing.last_store_gone, Some(DAYS[1].parse().expect("a time")));
    let refused = |code: &'static str| made().event(DAYS[1], move |event| event.deletes_store("cks-1").failed(code));
    stands(&refused("CustomKeyStoreHasCMKsException"), unknown, &["cks-1"]);
    stands(&refused("CustomKeyStoreNotFoundException"), unknown, &[]);
    let first_sign = Scene::aws().event(DAYS[0], |event| event.deletes_store("cks-9").failed("KMSInternalException"));
    stands(&first_sign, unknown, &["cks-9"]);
    let denied = Scene::aws().event(DAYS[0], |event| event.deletes_store("cks-9").refused("AccessDenied"));
    stands(&denied, unknown, &[]);
}

#[test]
fn a_release_recorded_in_another_region_ends_an_alibaba_instance() {
    let mut scene = Scene::alibaba()
        .event(DAYS[0], |event| event.creates_store("kst-1").typed("5"))
        .event(DAYS[1], |event| event.deletes_store("kst-1"));
    scene.evidence.events[1].region = Some("cn-beijing".to_owned());
    stands(&scene, RolePresence::Unknown, &[]);
}

#[test]
fn inventory_that_did_not_answer_is_not_replaced_by_the_trail() {
    let told = |scene: Scene| scene.event(DAYS[0], EventBuilder::creates_role);
    let standing = stands(&told(Scene::aws().role_answer(Outcome::Denied)), RolePresence::Unknown, &[]);
    assert_eq!(standing.basis, Basis::Observed);
    stands(&told(Scene::aws().account(Outcome::Denied)), RolePresence::Unknown, &[]);
    stands(&told(Scene::aws().accounts(Outcome::Error)), RolePresence::Unknown, &[]);
    stands(&told(Scene::aws().accounts(Outcome::Complete)), RolePresence::Present, &[]);
    stands(&told(Scene::aws().regions(Outcome::Complete)), RolePresence::Unknown, &[]);
}

#[test]
fn a_closed_account_makes_older_answers_worthless() {
    let mut scene = Scene::aws().role().regions(Outcome::Complete);
    for span in &mut scene.evidence.coverage {
        span.checked_at -= jiff::SignedDuration::from_mins(15);
    }
    let scene = scene.account(Outcome::Denied);
    stands(&scene, RolePresence::Unknown, &[]);
    assert!(scene.standing().regions.answered.is_empty());
    assert!(scene.judgement().verdicts.iter().all(|verdict| verdict.verdict == Verdict::Unknown));
    let inactive = Scene::aws().role().regions(Outcome::Complete).account(Outcome::NotEnabled);
    assert_eq!(inactive.judgement().verdicts, []);
}

#[test]
fn a_role_that_answered_is_known_though_the_list_of_regions_is_not() {
    let scene = Scene::aws().role().regions(Outcome::Complete).account(Outcome::Partial);
    stands(&scene, RolePresence::Present, &[]);
    assert!(scene.judgement().verdicts.iter().all(|verdict| verdict.verdict == Verdict::Unknown));
}

#[test]
fn a_store_made_after_the_last_listing_counts() {
    let scene = Scene::aws().role().regions(Outcome::Complete);
    let at = |time: &'static str| scene.clone().event(time, |event| event.creates_store("cks-new"));
    stands(&at("2026-05-01T00:00:00Z"), RolePresence::Present, &[]);
    stands(&at("2026-07-01T00:00:01Z"), RolePresence::Present, &["cks-new"]);
}

#[test]
fn a_region_switched_off_with_its_store_is_missing_and_one_without_is_not_expected() {
    let base = || Scene::aws().role().region("us-east-1", Outcome::Complete).region("eu-west-1", Outcome::NotEnabled);
    assert!(base().standing().regions.is_complete());
    assert!(!base().store("cks-1", StoreNeed::Needed).standing().regions.is_complete());
    assert!(base().store_until("cks-1", DAYS[0]).standing().regions.is_complete());
    let told = base().event(DAYS[0], |event| event.creates_store("cks-2"));
    assert!(!told.standing().regions.is_complete());
}

#[test]
fn a_single_instance_that_could_not_be_read_keeps_its_region_open() {
    let scene = Scene::alibaba().role().regions(Outcome::Complete);
    assert!(scene.standing().regions.is_complete());
    let standing = scene.clone().unread_instance("kst-1").standing();
    assert!(!standing.regions.is_complete());
    assert_eq!((standing.regions.expected, standing.regions.complete), (2, 1));
    assert!(scene.untried_instance("kst-1", DAYS[0]).standing().regions.is_complete());
}

#[test]
fn clean_needs_the_policies_and_a_trail_without_gaps() {
    let verdict = |scene: Scene| {
        let judgement = scene.store("cks-1", StoreNeed::Needed).judgement();
        judgement
            .verdicts
            .into_iter()
            .find(|verdict| verdict.profile == "aws-kms-custom-key-stores")
            .expect("is judged")
    };
    let trail = |scene: Scene| scene.trail(DAYS[0], DAYS[5]);
    let base = || Scene::aws().role().regions(Outcome::Complete);
    assert_eq!(verdict(trail(base())).verdict, Verdict::Clean);
    let without = verdict(base());
    assert_eq!(without.verdict, Verdict::Unknown);
    let missing: Vec<_> = without.missing.iter().map(|row| (row.key.api.as_str(), row.outcome)).collect();
    assert_eq!(missing, [(api::TRAIL, Outcome::NotConfigured)]);
    assert_eq!(verdict(trail(base()).trail_gap()).verdict, Verdict::Unknown);
    let policies = trail(base()).place(api::AWS_ATTACHED_POLICIES, None, Outcome::Denied, DAYS[0]);
    assert_eq!(verdict(policies).verdict, Verdict::Unknown);
    let unread = Scene::aws().role_with(|role| role.trust_policy = None).regions(Outcome::Complete);
    assert_eq!(verdict(trail(unread)).verdict, Verdict::Unknown);
}

#[test]
fn the_twin_without_a_role_is_not_in_use_while_the_other_serves() {
    let scene = Scene::alibaba()
        .role()
        .no_twin_role()
        .regions(Outcome::Complete)
        .store("kst-1", StoreNeed::Needed)
        .trail(DAYS[0], DAYS[5]);
    let verdicts: Vec<_> = scene.judgement().verdicts.into_iter().map(|verdict| verdict.verdict).collect();
    assert_eq!(verdicts, [Verdict::Clean, Verdict::NotInUse]);
}

/// A scene that is clean with a complete trail of any kind.
fn clean_but_for_the_trail() -> Scene {
    Scene::aws().role().regions(Outcome::Complete).store("cks-1", StoreNeed::Needed)
}

fn verdict_of(scene: &Scene) -> (Verdict, Vec<(String, Outcome)>) {
    let verdicts = scene.judgement().verdicts;
    let of_profile = |verdict: &crate::model::AccountVerdict| verdict.profile == "aws-kms-custom-key-stores";
    let verdict = verdicts.into_iter().find(of_profile).expect("is judged");
    let missing = verdict.missing.into_iter().map(|row| (row.key.api, row.outcome)).collect();
    (verdict.verdict, missing)
}

#[test]
fn regions_that_were_not_listed_leave_the_verdict_open() {
    let listed = |outcome| {
        let scene = clean_but_for_the_trail().trail(DAYS[0], DAYS[5]);
        verdict_of(&scene.place(api::AWS_LIST_REGIONS, None, outcome, DAYS[0]))
    };
    assert_eq!(listed(Outcome::Complete), (Verdict::Clean, Vec::new()));
    let missing = vec![(api::AWS_LIST_REGIONS.to_owned(), Outcome::Denied)];
    assert_eq!(listed(Outcome::Denied), (Verdict::Unknown, missing));
}

#[test]
fn neither_the_list_of_accounts_nor_optional_calls_open_the_verdict_of_an_account_that_was_read() {
    let clean = || clean_but_for_the_trail().trail(DAYS[0], DAYS[5]);
    let scene = clean().list_of_accounts(Outcome::Denied, DAYS[0]);
    assert_eq!(verdict_of(&scene), (Verdict::Clean, Vec::new()));
    for name in [api::AWS_DESCRIBE_TRAILS, api::AWS_TRAIL_STATUS, api::AWS_EVENT_SELECTORS, api::AWS_DELETION_STATUS]
    {
        assert!(api::is_optional(name));
        let scene = clean().place(name, None, Outcome::Denied, DAYS[0]);
        assert_eq!(verdict_of(&scene), (Verdict::Clean, Vec::new()), "{name}");
    }
    let not_asked = clean().account(Outcome::NotConfigured);
    let missing = vec![(api::ACCOUNT.to_owned(), Outcome::NotConfigured)];
    assert_eq!(verdict_of(&not_asked), (Verdict::Unknown, missing));
}

#[test]
fn objects_of_trails_that_leave_something_out_prove_no_clean_account() {
    let good = TrailSettings {
        multi_region: true,
        logging: Some(true),
        recording: Recording::EVERYTHING,
        ..TrailSettings::new("main", "arn:main")
    };
    let with = |change: fn(&mut TrailSettings)| {
        let mut trail = good.clone();
        change(&mut trail);
        vec![trail]
    };
    let settled = |kind: &str, trails: &[TrailSettings]| {
        verdict_of(&clean_but_for_the_trail().trail_of(kind).trails(Outcome::Complete, trails))
    };
    for (trails, because) in [
        (Vec::new(), Some(api::AWS_DESCRIBE_TRAILS)),
        (with(|trail| trail.multi_region = false), Some(api::AWS_DESCRIBE_TRAILS)),
        (with(|trail| trail.logging = Some(false)), Some(api::AWS_TRAIL_STATUS)),
        (with(|trail| trail.recording.records_reads = Some(false)), Some(api::AWS_EVENT_SELECTORS)),
        (with(|trail| trail.recording.records_kms = Some(false)), Some(api::AWS_EVENT_SELECTORS)),
        (with(|trail| trail.recording = Recording::UNKNOWN), None),
        (with(|trail| trail.logging = None), None),
        (with(|trail| trail.log_file_validation = Some(false)), None),
        (with(|_| {}), None),
    ] {
        let missing: Vec<_> = because.iter().map(|api| ((*api).to_owned(), Outcome::Partial)).collect();
        let verdict = if because.is_some() { Verdict::Unknown } else { Verdict::Clean };
        for kind in [api::TRAIL_FILES, api::TRAIL_S3, api::TRAIL_SQS, api::TRAIL_OSS] {
            assert_eq!(settled(kind, &trails), (verdict, missing.clone()), "{kind} {trails:?}");
        }
        assert_eq!(settled(api::TRAIL_LOOKUP, &trails).0, Verdict::Clean, "the event history has everything");
        let unread = clean_but_for_the_trail().trail_of(api::TRAIL_S3).trails(Outcome::Denied, &trails);
        assert_eq!(verdict_of(&unread).0, Verdict::Clean, "{trails:?}");
    }
}
