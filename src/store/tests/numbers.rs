//! Numbers for the metrics page.

use super::{Fixture, PROFILE, assumption, at, identity, owner};
use crate::model::{Provider, RunKind, SourceSummary};
use crate::store::ObjectFate;

#[test]
fn totals_go_by_provider_and_result() {
    let fixture = Fixture::new();
    let counts =
        SourceSummary { records_kept: 2, records_irrelevant: 5, records_rejected: 1, ..SourceSummary::default() };
    let mut batch = fixture.store.batch(fixture.run, at(0)).expect("a batch");
    for (name, provider) in [("a", Some(Provider::Aws)), ("b", Some(Provider::Aws)), ("c", None)] {
        let object = batch.object().expect("an object");
        object.finish(&identity(name), ObjectFate::Read, provider, &counts).expect("finished");
    }
    batch.commit().expect("committed");
    let records = fixture.store.gauges().expect("gauges").records;
    let of = |provider, result: &str| {
        records.iter().find(|row| row.provider == provider && row.result == result).map(|row| row.records)
    };
    assert_eq!(of(Some(Provider::Aws), "irrelevant"), Some(10));
    assert_eq!(of(Some(Provider::Aws), "kept"), Some(4));
    assert_eq!(of(Some(Provider::Aws), "duplicate"), None);
    assert_eq!(of(None, "rejected"), Some(1));
}

#[test]
fn gauges_show_accounts_assumptions_and_runs() {
    let fixture = Fixture::new();
    fixture.ingest("o1", &[assumption("a", 1, true), assumption("b", 2, false), assumption("c", 3000, true)]);
    fixture.store.finish_run(fixture.run, at(9), true, &SourceSummary::default()).expect("finished");
    let second = fixture.store.begin_run(RunKind::Ingest, at(20)).expect("a run");
    let gauges = fixture.store.gauges().expect("gauges");
    assert_eq!(gauges.accounts, [owner()]);
    let row = &gauges.assumptions[0];
    assert_eq!((row.profile.as_str(), row.total, row.by_trusted), (PROFILE, 3, 2));
    let run = &gauges.runs[0];
    assert_eq!((run.kind, run.run, run.runs), (RunKind::Ingest, second, 2));
    assert_eq!((run.finished_at, run.last_complete), (None, Some(at(9))));
}
