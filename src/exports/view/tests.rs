use super::*;
use crate::model::{
    Account, Basis, Exception, ExceptionScope, Finding, FindingChange, FindingUpdate, Fix, Fixer, Judgement, Pattern,
    Provider, RunKind, Severity,
};
use crate::store::{Access, DatabaseUrl};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn finding(number: usize) -> StoredFinding {
    let finding = Finding {
        rule: "unexpected-assumer".to_owned(),
        severity: Severity::Critical,
        account: Account::new(Provider::Aws, "111122223333"),
        region: None,
        profile: None,
        role: None,
        store: None,
        actor: Some(if number.is_multiple_of(3) { "friend" } else { "stranger" }.to_owned()),
        outcome: None,
        subject: Some(number.to_string()),
        basis: Basis::Observed,
        summary: String::new(),
        first_seen: at(1),
        last_seen: at(1),
        count: 1,
        events: Vec::new(),
        fix: Fix { who: Fixer::Customer, how: String::new() },
        clears_when: String::new(),
    };
    StoredFinding {
        id: finding.id(),
        finding,
        status: FindingStatus::Open,
        opened_at: at(2),
        resolved_at: None,
        resolved_because: None,
        stale: false,
    }
}

/// A view of so many open findings; every third is excepted.
fn view(directory: &std::path::Path, count: usize) -> View {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let url = DatabaseUrl(directory.join("history.db"));
    let store = runtime.block_on(Store::open(&url, Access::Write("test"))).expect("a new history");
    let run = store.begin_run(RunKind::Analyze, at(2)).expect("a run");
    let updates: Vec<_> = (0..count)
        .map(|number| FindingUpdate { stored: finding(number), change: Some(FindingChange::Opened) })
        .collect();
    let judgement = Judgement {
        account: Account::new(Provider::Aws, "111122223333"),
        as_of: at(2),
        findings: Vec::new(),
        undecided: Vec::new(),
        cleared: Vec::new(),
        verdicts: Vec::new(),
        recheck_at: None,
    };
    store.save_judgement(run, &judgement, &updates).expect("saved");
    let scope = ExceptionScope {
        rule: Some(Pattern::Exact("unexpected-assumer".to_owned())),
        account: Some(Pattern::Exact("111122223333".to_owned())),
        actor: Some(Pattern::Exact("friend".to_owned())),
        ..ExceptionScope::default()
    };
    let exception = Exception {
        id: "friends".to_owned(),
        scope,
        owner: "a".to_owned(),
        reason: "b".to_owned(),
        ticket: "c".to_owned(),
        approver: None,
        compensating_control: None,
        created: None,
        expires: at(1000),
    };
    View::new(store, Exceptions::new(vec![exception]), Controls::builtin(), at(10))
}

#[test]
fn a_page_is_filled_by_reading_on_over_findings_of_another_status() {
    let directory = tempfile::tempdir().expect("a directory");
    let view = view(directory.path(), 40);
    for (status, expected) in [
        (Some(FindingStatus::Open), 26),
        (Some(FindingStatus::Excepted), 14),
        (None, 40),
        (Some(FindingStatus::Resolved), 0),
    ] {
        let filter = FindingFilter { status, ..FindingFilter::default() };
        let whole = view.findings(&filter, None).expect("listed");
        assert_eq!(whole.len(), expected, "{status:?}");
        for size in [1, 5, 100] {
            let mut paged = Vec::new();
            let mut after = None;
            loop {
                let page = view.page(&filter, after.as_ref(), size, None).expect("a page");
                assert!(page.stopped.is_none(), "so few are looked at");
                let full = page.rows.len() == size;
                for (place, row) in page.rows {
                    after = Some(place);
                    paged.push(row);
                }
                if !full {
                    break;
                }
            }
            assert_eq!(paged, whole, "{status:?} by {size}");
        }
    }
}

#[test]
fn a_page_that_looks_at_too_many_in_vain_says_where_it_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    // One in three is excepted, so that a page of that many must look at more than it may.
    let view = view(directory.path(), LOOKED_AT + 3 * BATCH);
    let filter = FindingFilter { status: Some(FindingStatus::Excepted), ..FindingFilter::default() };
    let size = LOOKED_AT;
    let first = view.page(&filter, None, size, Some(0)).expect("a page");
    assert!(first.rows.len() < size);
    let place = first.stopped.expect("more may come");
    let second = view.page(&filter, Some(&place), size, Some(0)).expect("a page");
    assert!(second.stopped.is_none());
    assert_eq!(first.rows.len() + second.rows.len(), (LOOKED_AT + 3 * BATCH).div_ceil(3));
}

#[test]
fn a_search_reads_on_over_findings_of_another_status_and_says_where_it_had_to_stop() {
    let directory = tempfile::tempdir().expect("a directory");
    let view = view(directory.path(), 40);
    for (text, status, expected) in [
        ("STRANGE", Some(FindingStatus::Open), 26),
        ("friend", Some(FindingStatus::Open), 0),
        ("friend", Some(FindingStatus::Excepted), 14),
        ("2222", None, 40),
        ("enemy", None, 0),
        ("_", None, 0),
        ("%", None, 0),
    ] {
        let filter = FindingFilter { status, ..FindingFilter::default() };
        let whole = view.search(&filter, text, None, 100).expect("a page");
        assert_eq!((whole.rows.len(), whole.stopped.is_some()), (expected, false), "{text} {status:?}");
        for look_at in [1, 7, 40, 1000] {
            let (mut paged, mut after, mut stops) = (Vec::new(), None, 0);
            loop {
                let page = view.search_among(look_at, &filter, text, after.as_ref(), 3).expect("a page");
                assert!(page.rows.len() <= 3);
                stops += u64::from(page.stopped.is_some());
                let Some(last) = page.stopped.or(page.rows.last().map(|(place, _)| place.clone())) else { break };
                paged.extend(page.rows);
                after = Some(last);
            }
            assert_eq!(paged, whole.rows, "{text} {status:?} by {look_at}");
            assert!(look_at != 1 || 0 < stops, "{text} {status:?}: it looked at more than it may");
            assert!(look_at != 1000 || stops == 0, "{text} {status:?}: it stopped for no reason");
        }
    }
}
