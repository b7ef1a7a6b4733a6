use super::*;
use crate::model::api;

#[test]
fn a_role_s_history_has_its_own_events_days_and_coverage_and_nobody_else_s() {
    let fixture = Fixture::new();
    let mut events: Vec<_> = (0..30).map(|n| assumption(&format!("trusted-{n}"), n, true)).collect();
    events.extend((0..10).map(|n| assumption(&format!("other-{n}"), n, false)));
    fixture.ingest("object", &events);
    let account = Account::new(Provider::Aws, OWNER);
    let gap = |region: &str, outcome| Coverage {
        key: CoverageKey {
            provider: Provider::Aws,
            account: Some(OWNER.to_owned()),
            region: Some(region.to_owned()),
            api: api::AWS_KEY_STORES.to_owned(),
            subject: None,
        },
        outcome,
        detail: String::new(),
        from: at(5),
        to: at(5),
    };
    let rows = [gap("a", Outcome::Denied), gap("b", Outcome::Complete)];
    fixture.store.save_coverage(fixture.run, at(5), &rows).expect("stored");
    let history = fixture.store.role_history(&account, PROFILE, at(-1000), at(1000)).expect("read");
    assert_eq!(history.coverage.len(), 1, "what is complete tells nothing new: {:?}", history.coverage);
    let other = Account::new(Provider::Aws, OTHER);
    let none = fixture.store.role_history(&other, PROFILE, at(-1000), at(1000)).expect("read");
    assert_eq!(none, crate::store::RoleHistory::default());
    let elsewhere = fixture.store.role_history(&account, "another-profile", at(-1000), at(1000)).expect("read");
    assert!(elsewhere.events.is_empty() && elsewhere.days.is_empty() && elsewhere.used.is_none());
    let days: Vec<_> = history.days.iter().map(|day| (day.total, day.by_trusted)).collect();
    assert_eq!(days, [(40, 30)]);
    let ids: Vec<_> = history.events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!((ids.len(), ids[0], ids[9]), (10, "other-9", "other-0"), "newest first, and no ordinary work");
    assert_eq!(history.used, Some((at(0), at(29))));
}

#[test]
fn the_overview_lists_what_could_not_be_read_and_counts_all_of_it() {
    let fixture = Fixture::new();
    let key = |api: &str, region: &str| CoverageKey {
        provider: Provider::Aws,
        account: Some(OWNER.to_owned()),
        region: Some(region.to_owned()),
        api: api.to_owned(),
        subject: None,
    };
    let row = |key, outcome, to| Coverage { key, outcome, detail: String::new(), from: at(0), to: at(to) };
    let mut rows: Vec<_> =
        (0..9).map(|n| row(key(api::AWS_KEY_STORES, &format!("r{n}")), Outcome::Throttled, 1)).collect();
    rows.push(row(key(api::AWS_KEY_STORES, "well"), Outcome::Complete, 1));
    rows.push(row(key(api::TRAIL_LOOKUP, "a"), Outcome::Complete, 70));
    rows.push(row(key(api::TRAIL_LOOKUP, "b"), Outcome::Complete, 50));
    assert!(!fixture.store.overview(4).expect("read").gaps.iter().any(|_| true));
    fixture.store.save_coverage(fixture.run, at(80), &rows).expect("stored");
    let overview = fixture.store.overview(4).expect("read");
    assert_eq!((overview.gaps.len(), overview.gap_count, overview.begun), (4, 9, true));
    assert_eq!(overview.last_run, None, "no run has ended");
    let trails: Vec<_> = overview.trails.iter().map(|trail| (trail.api.as_str(), trail.reached)).collect();
    assert_eq!(trails, [(api::TRAIL_LOOKUP, at(50))], "a trail is read as far as its slowest Region");
}
