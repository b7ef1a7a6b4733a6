//! Hot queries use their index: a plan that scans a table is a defect, however fast it is on a small one.

use super::Fixture;
use crate::store::{
    coverage, event_lists, events, finding_lists, finding_search, key_stores, ledger, lookup_progress, open_findings,
    overview, report, role_use, roles, tasks, timeline, trail_settings, verdicts,
};

fn plan(fixture: &Fixture, query: &str) -> String {
    let reader = fixture.store.reader().expect("a reader");
    let mut statement = reader.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("a plan");
    let parameters: Vec<Option<i64>> = vec![None; statement.parameter_count()];
    let rows =
        statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3)).expect("a plan");
    rows.map(|row| row.expect("a line")).collect::<Vec<_>>().join("\n")
}

#[test]
fn hot_queries_search_an_index_and_scan_no_table() {
    let fixture = Fixture::new();
    for (query, index, sorts) in [
        (timeline::EVENTS, "event_concerns_notable", true),
        (timeline::DAYS, "PRIMARY KEY", true),
        (timeline::USED, "PRIMARY KEY", false),
        (timeline::COVERAGE, "coverage_place", true),
        (overview::GAPS, "coverage_gap", true),
        (overview::GAP_COUNT, "coverage_gap", true),
        (overview::TRAILS, "coverage_trails", true),
        (events::NOTABLE, "event_concerns_notable", false),
        (event_lists::PAGE_OF_ALL, "events_time", false),
        (event_lists::PAGE_OF_ACCOUNT, "sqlite_autoindex_events_1", false),
        (event_lists::PAGE_OF_PROFILE, "PRIMARY KEY", false),
        (events::FIND, "sqlite_autoindex_events_1", false),
        (events::OF_PROFILE, "PRIMARY KEY", false),
        (events::ROW_IN_ACCOUNT, "sqlite_autoindex_events_1", false),
        (events::ROW, "events_time", false),
        (role_use::RECENT, "PRIMARY KEY", false),
        (role_use::ASSUMPTIONS_WITHIN, "PRIMARY KEY", false),
        (role_use::OF_ACCOUNT, "PRIMARY KEY", false),
        (role_use::ASSUMPTIONS, "PRIMARY KEY", true),
        (roles::OF_ACCOUNT, "role_states_place", true),
        (key_stores::OF_ACCOUNT, "store_states_place", true),
        (key_stores::REGIONS, "store_states_place", true),
        (trail_settings::OF_ACCOUNT, "trail_states_place", true),
        (lookup_progress::OF_REGION, "PRIMARY KEY", false),
        (ledger::LIST, "sqlite_autoindex_objects_1", false),
        (ledger::VERSIONS, "sqlite_autoindex_objects_1", false),
        (tasks::OF_ACCOUNT, "sqlite_autoindex_deletion_tasks_1", true),
        (coverage::NEWEST, "coverage_place", false),
        (coverage::AT, "coverage_place", true),
        (event_lists::SKIM, "events_time", false),
        (finding_lists::LIST, "findings_order", false),
        (finding_lists::EVENTS_UP_TO, "PRIMARY KEY", false),
        (report::CHANGES, "finding_changes_finding", true),
        (finding_search::LOOK, "findings_order", false),
        (coverage::LIST, "coverage_place", false),
        (coverage::LIST_GAPS, "coverage_gap_places", false),
        (verdicts::LIST, "PRIMARY KEY", false),
        (roles::LIST, "role_states_place", true),
        (key_stores::LIST, "store_states_place", false),
        (tasks::LIST, "deletion_tasks_order", false),
    ] {
        let plan = plan(&fixture, query);
        assert!(plan.contains(index), "{query}\n{plan}");
        for line in plan.lines() {
            let is_scan = line.contains("SCAN ")
                && !line.contains("SCAN c")
                && !line.contains("SCAN (subquery")
                && !line.contains("CONSTANT ROW");
            assert!(!is_scan, "{query}\n{plan}");
        }
        assert!(sorts || !plan.contains("USE TEMP B-TREE FOR ORDER BY"), "{query}\n{plan}");
    }
}

/// What is counted for each start page and after each analysis is counted in the index alone.
#[test]
fn open_findings_are_counted_without_reading_one() {
    let plan = plan(&Fixture::new(), open_findings::COUNTS);
    assert!(plan.contains("COVERING INDEX findings_open"), "{plan}");
}
