//! Whatever the order and repetition in which records come, the same history results.

use proptest::prelude::*;

use super::{Fixture, OTHER, OWNER, assumption};
use crate::model::{EventOutcome, TrailEvent};

/// Everything that depends on events, in an order of its own.
fn dump(fixture: &Fixture) -> Vec<String> {
    [
        "SELECT ifnull(group_concat(line, char(10)), '') FROM (SELECT account_id || event_id || time || outcome AS line
           FROM events ORDER BY time, id_key, account_id)",
        "SELECT ifnull(group_concat(line, char(10)), '') FROM (SELECT a.account || profile || role || day || ' ' || routine
             || ' ' || ifnull(first_routine, '') || ' ' || ifnull(last_routine, '') || ' ' || ifnull(last_role_id, '')
             || ' ' || assumptions || ' ' || trusted_assumptions AS line
           FROM role_use u JOIN accounts a ON a.id = u.account_id WHERE routine + assumptions > 0
           ORDER BY a.account, profile, role, day)",
        "SELECT ifnull(group_concat(line, char(10)), '') FROM (SELECT c.time || kind || trusted || routine || e.event_id AS line
           FROM event_concerns c JOIN events e ON e.id = c.event ORDER BY c.time, e.event_id, ordinal)",
        "SELECT count(*) || '' FROM event_concerns",
    ]
    .map(|query| fixture.sql(query))
    .to_vec()
}

/// Events in two accounts over three days; some replace another, and some of those are replaced themselves.
fn some_events() -> impl Strategy<Value = Vec<TrailEvent>> {
    let one = (0..4000_i64, any::<bool>(), any::<bool>(), any::<bool>(), proptest::option::of(0..12_usize));
    proptest::collection::vec(one, 1..12).prop_map(|rows| {
        let event = |(number, (minutes, trusted, allowed, elsewhere, replaces)): (
            usize,
            (i64, bool, bool, bool, Option<usize>),
        )| {
            let mut event = assumption(&format!("e{number}"), minutes, trusted);
            event.role_id = Some(format!("AROA{}", number % 3));
            event.account = if elsewhere { OTHER } else { OWNER }.to_owned();
            if !allowed {
                event.outcome = EventOutcome::Denied;
            }
            // A record replaces an earlier one; loops do not occur in trails.
            event.replaces =
                replaces.filter(|other| *other < number && number % 2 == 0).map(|other| format!("e{other}"));
            event
        };
        rows.into_iter().enumerate().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_repetition_gives_the_same_history(
        events in some_events(),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..30),
        size in 1..6_usize,
    ) {
        let straight = Fixture::new();
        let mixed = Fixture::new();
        // The same accounts in the same order, so that their numbers are equal.
        let mut first = assumption("seed", 0, true);
        for account in [OWNER, OTHER] {
            first.account = account.to_owned();
            first.concerns.clear();
            straight.ingest("seed", std::slice::from_ref(&first));
            mixed.ingest("seed", std::slice::from_ref(&first));
        }
        straight.ingest("all", &events);
        let mut sequence: Vec<TrailEvent> = order.iter().map(|index| index.get(&events).clone()).collect();
        sequence.extend(events.iter().rev().cloned());
        for (number, chunk) in sequence.chunks(size).enumerate() {
            mixed.ingest(&format!("o{number}"), chunk);
        }
        prop_assert_eq!(dump(&straight), dump(&mixed));
    }
}
