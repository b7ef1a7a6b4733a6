//! Properties that hold for any account.

use proptest::prelude::*;

use super::{EventBuilder, NOW, Scene};
use crate::model::{Evidence, Outcome, StoreNeed, Verdict, api};
use crate::profiles::Profiles;
use crate::rules::judge_account;

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => Just(Outcome::Complete),
        1 => proptest::sample::select(Outcome::ALL.as_slice()),
    ]
}

fn need() -> impl Strategy<Value = StoreNeed> {
    proptest::sample::select([StoreNeed::Needed, StoreNeed::NotNeeded, StoreNeed::Unknown].as_slice())
}

/// Regions with their outcomes and stores.
fn regions() -> impl Strategy<Value = Vec<(Outcome, Option<StoreNeed>)>> {
    proptest::collection::vec((outcome(), proptest::option::weighted(0.1, need())), 1..=40)
}

fn scene(regions: &[(Outcome, Option<StoreNeed>)], role: bool) -> Scene {
    let mut scene = if role { Scene::aws().role() } else { Scene::aws().no_role() };
    scene = scene.trail("2026-01-01T00:00:00Z", NOW);
    for (number, (outcome, store)) in regions.iter().enumerate() {
        let region = format!("region-{number}");
        scene = scene.region(&region, *outcome);
        if let Some(need) = store {
            scene = scene.store_in(&region, &format!("cks-{number}"), *need);
        }
    }
    scene
}

/// Puts a list into another order that depends on nothing but the seed.
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for last in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(seed >> 33).unwrap_or_default() % (last + 1);
        items.swap(last, other);
    }
}

fn shuffled(evidence: &Evidence, seed: u64) -> Evidence {
    let mut other = evidence.clone();
    shuffle(&mut other.roles, seed);
    shuffle(&mut other.stores, seed);
    shuffle(&mut other.coverage, seed);
    shuffle(&mut other.events, seed);
    shuffle(&mut other.uses, seed);
    shuffle(&mut other.tasks, seed);
    shuffle(&mut other.trails, seed);
    other
}

/// A history in which much happens, one step per number.
fn eventful(steps: &[u8]) -> Scene {
    let start =
        Scene::aws().role_until("AROAOLD", "2025-12-31T00:00:00Z").role().region("eu-west-1", Outcome::Complete);
    steps.iter().enumerate().fold(start, |scene, (number, step)| {
        let at = format!("2026-0{}-{:02}T00:00:00Z", 1 + number / 28 % 6, 1 + number % 28);
        match step {
            0 => scene.event(&at, |event| event.creates_store("cks-1")),
            1 => scene.event(&at, |event| event.deletes_store("cks-1").failed("CustomKeyStoreHasCMKsException")),
            2 => scene.event(&at, |event| event.deletes_store("cks-1")),
            3 => scene.event(&at, |event| event.assumes().by("bob").shared("s")),
            4 => scene.event(&at, |event| event.assumes().refused("AccessDenied")),
            5 => scene.event(&at, EventBuilder::deletes_role),
            6 => scene.event(&at, |event| event.tampers("DeleteRole").refused("UnmodifiableEntityException")),
            7 => scene.event(&at, EventBuilder::creates_role),
            8 => scene.used("2026-01-01T00:00:00Z", &at),
            9 => scene.place("iam:GetRole", Some(&at), Outcome::Denied, &at),
            10 => scene.store_until(&format!("cks-{number}"), &at),
            _ => scene.event(&at, |event| event.session_call("RunInstances")),
        }
    })
}

proptest! {
    #[test]
    fn no_orphan_and_no_clean_account_where_a_region_did_not_answer(
        regions in regions(),
        role in any::<bool>(),
        listing in outcome(),
    ) {
        let scene = scene(&regions, role).place(api::AWS_LIST_REGIONS, None, listing, NOW);
        let judgement = scene.judgement();
        let verdict = judgement
            .verdicts
            .iter()
            .find(|verdict| verdict.profile == "aws-kms-custom-key-stores")
            .expect("is judged");
        let unread = |(outcome, store): &(Outcome, Option<StoreNeed>)| match outcome {
            Outcome::NotEnabled => store.is_some(),
            outcome => !outcome.proves_absence(),
        };
        let incomplete = listing != Outcome::Complete || regions.iter().any(unread);
        let decided = matches!(verdict.verdict, Verdict::Orphaned | Verdict::Clean | Verdict::NotInUse);
        prop_assert!(!(incomplete && decided), "{:?}", verdict);
        let needing = regions.iter().filter(|(_, store)| store.is_some_and(|need| need != StoreNeed::NotNeeded));
        prop_assert_eq!(verdict.stores.needing_role, needing.count() as u64);
        if verdict.verdict == Verdict::Orphaned {
            prop_assert_eq!(verdict.stores.needing_role, 0);
        }
    }

    #[test]
    fn the_order_of_the_evidence_does_not_matter(
        regions in regions(),
        steps in proptest::collection::vec(0u8..12, 0..40),
        seed in any::<u64>(),
    ) {
        let profiles = Profiles::builtin().expect("built-in profiles load");
        for evidence in [scene(&regions, true).evidence, eventful(&steps).evidence] {
            let judgement = judge_account(&evidence, &profiles);
            prop_assert_eq!(judge_account(&shuffled(&evidence, seed), &profiles), judgement);
        }
    }
}
