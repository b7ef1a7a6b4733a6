use super::super::timeline::Hides;
use super::*;
use crate::model::{Coverage, CoverageKey, KeyStore, Outcome, Provider, Role, StoreNeed, StoreSpan, StoreState, api};
use crate::profiles::Profiles;
use crate::store::{CoverageStretch, DayAssumptions};

const PROFILE: &str = "aws-kms-custom-key-stores";

/// A day of a year of hundred days.
fn day(day: i64) -> Timestamp {
    Timestamp::from_second(day * DAY).expect("a valid time")
}

fn draw(history: &RoleHistory, presence: RolePresence) -> Timeline {
    let account = Account::new(Provider::Aws, "111122223333");
    let profiles = Profiles::builtin().expect("the profiles of the program");
    let stores = profiles.get(PROFILE).and_then(|profile| profile.store.as_ref());
    let (from, to) = (day(0), day(100));
    RoleLife { account: &account, profile: PROFILE, stores, presence, evidence: &[], from, to }.of(history)
}

/// From, to, what is known, as days.
fn stretches(timeline: &Timeline) -> Vec<(i64, i64, &'static str)> {
    let days = |time: Timestamp| time.as_second().div_euclid(DAY);
    timeline.presence.iter().map(|one| (days(one.from), days(one.to), one.presence.as_str())).collect()
}

fn span(role: Option<i64>, from: i64, to: Option<i64>, seen: i64) -> RoleSpan {
    let role = role.map(|created| Role {
        arn: "arn:aws:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/R".to_owned(),
        name: "R".to_owned(),
        role_id: format!("AROA{created}"),
        path: None,
        created: Some(day(created)),
        trust_policy: None,
        description: None,
        attached: None,
        inline: None,
        tags: BTreeMap::new(),
        permissions_boundary: None,
    });
    RoleSpan {
        profile: PROFILE.to_owned(),
        role,
        valid_from: day(from),
        valid_to: to.map(day),
        last_seen: day(seen),
        last_used: None,
    }
}

fn event(time: i64, kind: ConcernKind, outcome: EventOutcome, store: Option<&str>) -> NotableEvent {
    NotableEvent {
        time: day(time),
        id: format!("event-{time}"),
        name: "SomeCall".to_owned(),
        region: Some("eu-west-1".to_owned()),
        store: store.map(str::to_owned),
        outcome,
        kinds: vec![kind],
        actor: Some("arn:aws:iam::111122223333:user/somebody".to_owned()),
    }
}

fn covered(api_name: &str, region: Option<&str>, outcome: Outcome, from: i64, to: i64) -> CoverageStretch {
    let key = CoverageKey {
        provider: Provider::Aws,
        account: Some("111122223333".to_owned()),
        region: region.map(str::to_owned),
        api: api_name.to_owned(),
        subject: None,
    };
    let coverage = Coverage { key, outcome, detail: "AccessDenied".to_owned(), from: day(from), to: day(to) };
    CoverageStretch { coverage, since: day(from), until: Some(day(to)) }
}

fn gaps(timeline: &Timeline, hides: Hides) -> Vec<(i64, i64)> {
    let days = |time: Timestamp| time.as_second().div_euclid(DAY);
    let of_kind = timeline.gaps.iter().filter(|gap| gap.hides == hides);
    of_kind.map(|gap| (days(gap.from), days(gap.to))).collect()
}

#[test]
fn inventory_says_what_was_there_and_nothing_about_the_time_between_two_answers() {
    for (name, roles, expected) in [
        ("there since its creation", vec![span(Some(10), 50, None, 100)], vec![(10, 100, "present")]),
        ("not asked any more", vec![span(Some(10), 50, None, 70)], vec![(10, 70, "present")]),
        (
            "only its state changed",
            vec![span(Some(10), 50, Some(60), 55), span(Some(10), 60, None, 100)],
            vec![(10, 100, "present")],
        ),
        (
            "gone, some time between two readings",
            vec![span(Some(10), 50, Some(60), 55), span(None, 60, None, 100)],
            vec![(10, 55, "present"), (60, 100, "absent")],
        ),
        (
            "missing until it was created",
            vec![span(None, 5, Some(50), 20), span(Some(40), 50, None, 100)],
            vec![(5, 40, "absent"), (40, 100, "present")],
        ),
        ("before the picture", vec![span(Some(-50), -40, Some(-10), -20)], vec![]),
    ] {
        let history = RoleHistory { roles, ..RoleHistory::default() };
        assert_eq!(stretches(&draw(&history, RolePresence::Present)), expected, "{name}");
    }
}

#[test]
fn without_inventory_the_signs_of_the_trail_count_and_say_that_they_are_inferred() {
    let (allowed, refused) = (EventOutcome::Allowed, EventOutcome::Denied);
    let created = event(10, ConcernKind::RoleCreation, allowed, None);
    let deleted = event(60, ConcernKind::RoleDeletion, allowed, None);
    let again = event(80, ConcernKind::Assumption, allowed, None);
    let history = |mut events: Vec<NotableEvent>| {
        events.reverse();
        RoleHistory { events, ..RoleHistory::default() }
    };
    let present = draw(&history(vec![created.clone()]), RolePresence::Present);
    assert_eq!(stretches(&present), [(10, 100, "present")]);
    assert!(present.presence.iter().all(|stretch| stretch.basis == Basis::Inferred));
    let gone = draw(&history(vec![created.clone(), deleted.clone()]), RolePresence::Absent);
    assert_eq!(stretches(&gone), [(10, 60, "present"), (60, 100, "absent")]);
    let back = draw(&history(vec![created.clone(), deleted, again]), RolePresence::Present);
    assert_eq!(stretches(&back), [(10, 60, "present"), (80, 100, "present")]);
    // A refused call is no sign, and where the verdict knows nothing the picture does not either.
    let tried = event(10, ConcernKind::Assumption, refused, None);
    assert_eq!(stretches(&draw(&history(vec![tried]), RolePresence::Present)), []);
    assert_eq!(stretches(&draw(&history(vec![created]), RolePresence::Unknown)), []);
}

#[test]
fn stores_live_from_their_creation_to_their_deletion() {
    let store = KeyStore {
        kind: "aws-custom-key-store".to_owned(),
        id: "cks-1".to_owned(),
        region: "eu-west-1".to_owned(),
        name: None,
        store_type: None,
        need: StoreNeed::Needed,
        state: StoreState::Connected,
        provider_state: None,
        error_code: None,
        cluster: None,
        created: Some(day(20)),
        expires: None,
    };
    let other = KeyStore { kind: "another-kind".to_owned(), id: "x".to_owned(), ..store.clone() };
    let span = |store| StoreSpan { store, valid_from: day(30), valid_to: Some(day(70)), last_seen: day(65) };
    let life = |effect| ConcernKind::Store(effect);
    let history = RoleHistory {
        stores: vec![span(store), span(other)],
        events: vec![
            event(90, life(StoreEffect::Deleted), EventOutcome::Failed, Some("cks-2")),
            event(68, life(StoreEffect::Deleted), EventOutcome::Allowed, Some("cks-1")),
            event(40, life(StoreEffect::Created), EventOutcome::Allowed, Some("cks-2")),
        ],
        ..RoleHistory::default()
    };
    let lives = draw(&history, RolePresence::Present).stores;
    let told: Vec<_> = lives.iter().map(|life| (life.id.as_str(), life.from, life.to, life.basis)).collect();
    let expected = [("cks-1", day(20), Some(day(68)), Basis::Observed), ("cks-2", day(40), None, Basis::Inferred)];
    assert_eq!(told, expected);
}

#[test]
fn what_no_trail_covers_in_some_region_is_a_gap_unless_another_trail_does() {
    let lookup = |region, from, to| covered(api::TRAIL_LOOKUP, Some(region), Outcome::Complete, from, to);
    let complete = vec![lookup("a", 0, 100), lookup("b", 0, 100)];
    let broken = vec![lookup("a", 0, 40), lookup("a", 60, 100), lookup("b", 20, 100)];
    let mut rescued = broken.clone();
    rescued.push(covered(api::TRAIL_S3, None, Outcome::Complete, 10, 50));
    let failed = vec![covered(api::TRAIL_S3, None, Outcome::Denied, 0, 100)];
    for (coverage, expected) in [
        (Vec::new(), vec![(0, 100)]),
        (complete, vec![]),
        (broken, vec![(0, 20), (40, 60)]),
        (rescued, vec![(0, 10), (50, 60)]),
        (failed, vec![(0, 100)]),
    ] {
        let history = RoleHistory { coverage, ..RoleHistory::default() };
        assert_eq!(gaps(&draw(&history, RolePresence::Unknown), Hides::Trail), expected, "{:?}", history.coverage);
    }
}

#[test]
fn inventory_that_could_not_be_read_hides_what_it_would_have_shown() {
    let trail = covered(api::TRAIL_S3, None, Outcome::Complete, 0, 100);
    for (name, role, stores) in [
        (api::AWS_GET_ROLE, true, false),
        (api::AWS_KEY_STORES, false, true),
        (api::AWS_CLUSTERS, false, false),
        (api::ACCOUNT, true, true),
        (api::AWS_DELETION_STATUS, false, false),
    ] {
        let coverage = vec![trail.clone(), covered(name, Some("eu-west-1"), Outcome::Denied, 10, 20)];
        let timeline = draw(&RoleHistory { coverage, ..RoleHistory::default() }, RolePresence::Unknown);
        let span = |hidden| if hidden { vec![(10, 20)] } else { Vec::new() };
        assert_eq!(gaps(&timeline, Hides::Role), span(role), "{name}");
        assert_eq!(gaps(&timeline, Hides::Stores), span(stores), "{name}");
        assert_eq!(gaps(&timeline, Hides::Trail), [], "{name}");
    }
}

#[test]
fn assumptions_are_counted_by_day_and_apart() {
    let history = RoleHistory {
        days: vec![DayAssumptions { day: 3, total: 12, by_trusted: 11 }],
        events: vec![event(5, ConcernKind::Assumption, EventOutcome::Denied, None)],
        ..RoleHistory::default()
    };
    let expected =
        [DayUse { day: 3, trusted: 11, others: 1, refused: 0 }, DayUse { day: 5, trusted: 0, others: 0, refused: 1 }];
    assert_eq!(draw(&history, RolePresence::Unknown).uses, expected);
}

#[test]
fn more_events_than_are_drawn_are_told() {
    let many = usize::try_from(MOST_EVENTS).expect("a small number");
    let refused = |_| event(50, ConcernKind::Assumption, EventOutcome::Denied, None);
    let history = RoleHistory { events: (0..many).map(refused).collect(), ..RoleHistory::default() };
    assert_eq!(draw(&history, RolePresence::Unknown).events_since, Some(day(50)));
    let history = RoleHistory { events: (1..many).map(refused).collect(), ..RoleHistory::default() };
    assert_eq!(draw(&history, RolePresence::Unknown).events_since, None);
}
