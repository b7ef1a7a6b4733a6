use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::model::{
    Basis, EventOutcome, Finding, FindingChange, FindingUpdate, Fix, Fixer, Judgement, Provider, RunKind,
};
use crate::rules::Controls;
use crate::store::{Access, DatabaseUrl, Store};

const NOW: i64 = 1_000;
const RULES: [&str; 3] = ["orphaned-role", "trust-drift", "role-tampering"];
const ACCOUNTS: [&str; 3] = ["111122223333", "011122223333", "x*"];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

/// A history with findings of every rule in every account: two of each, one of them bad, and a resolved one.
struct History {
    store: Store,
    _directory: tempfile::TempDir,
}

fn history() -> &'static History {
    static HISTORY: OnceLock<History> = OnceLock::new();
    HISTORY.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let url = DatabaseUrl(directory.path().join("history.db"));
        let store = runtime.block_on(Store::open(&url, Access::Write("test"))).expect("a new history");
        let run = store.begin_run(RunKind::Analyze, at(0)).expect("a run");
        for (number, id) in ACCOUNTS.into_iter().enumerate() {
            let account = Account::new(Provider::ALL[number % 2], id);
            let updates: Vec<_> = RULES.iter().flat_map(|rule| updates(&account, rule)).collect();
            store.save_judgement(run, &judgement(account), &updates).expect("stored");
        }
        History { store, _directory: directory }
    })
}

fn updates(account: &Account, rule: &str) -> [FindingUpdate; 3] {
    let kinds =
        [("cks-1", Severity::Critical, None), ("cks-2", Severity::Low, None), ("cks-3", Severity::Low, Some(at(9)))];
    kinds.map(|(store, severity, resolved_at)| {
        let finding = Finding {
            rule: rule.to_owned(),
            severity,
            account: account.clone(),
            region: None,
            profile: Some("aws-kms-custom-key-stores".to_owned()),
            role: None,
            store: Some(store.to_owned()),
            actor: None,
            outcome: Some(EventOutcome::Denied),
            subject: None,
            basis: Basis::Observed,
            summary: "Something.".to_owned(),
            first_seen: at(1),
            last_seen: at(2),
            count: 1,
            events: Vec::new(),
            fix: Fix { who: Fixer::Customer, how: "Mend it.".to_owned() },
            clears_when: "it is mended".to_owned(),
        };
        let status = if resolved_at.is_some() { FindingStatus::Resolved } else { FindingStatus::Open };
        let opened_at = at(i64::from(store.as_bytes()[4]));
        let id = finding.id();
        let stored =
            StoredFinding { id, finding, status, opened_at, resolved_at, resolved_because: None, stale: false };
        FindingUpdate { stored, change: Some(FindingChange::Opened) }
    })
}

fn judgement(account: Account) -> Judgement {
    Judgement {
        account,
        as_of: at(5),
        findings: Vec::new(),
        undecided: Vec::new(),
        cleared: Vec::new(),
        verdicts: Vec::new(),
        recheck_at: None,
    }
}

fn view(list: Vec<Exception>) -> View {
    View::new(history().store.clone(), Exceptions::new(list), Controls::builtin(), at(NOW))
}

fn all(status: Option<FindingStatus>, view: &View) -> Vec<StoredFinding> {
    view.stored_findings(&FindingFilter { status, ..FindingFilter::default() }).expect("a list")
}

fn exception(scope: ExceptionScope, created: Option<i64>, expires: i64) -> Exception {
    Exception {
        id: "E".to_owned(),
        scope,
        owner: "us".to_owned(),
        reason: "because".to_owned(),
        ticket: "T".to_owned(),
        approver: None,
        compensating_control: None,
        created: created.map(at),
        expires: at(expires),
    }
}

fn exceptions() -> impl Strategy<Value = Vec<Exception>> {
    let rule = select(["glob:*drift", "glob:role-*", "none"].into_iter().chain(RULES).collect::<Vec<_>>());
    let account = select(["glob:*1222233*", "glob:x?", "none"].into_iter().chain(ACCOUNTS).collect::<Vec<_>>());
    let store = proptest::option::of(select(vec!["cks-1", "cks-3", "glob:cks-?", "glob:*"]));
    let provider = proptest::option::of(select(vec!["aws", "alibaba"]));
    let number = proptest::option::weighted(0.2, 0..27_usize);
    let times = (proptest::option::of(NOW - 1..NOW + 2), NOW - 1..NOW + 5);
    let one = (rule, account, store, provider, number, times);
    let one = one.prop_map(|(rule, account, store, provider, number, (created, expires))| {
        let part = |text: &str| Some(Pattern::read(text));
        let named = ExceptionScope {
            rule: part(rule),
            account: part(account),
            store: store.and_then(part),
            provider: provider.and_then(part),
            ..ExceptionScope::default()
        };
        let scope = number.map_or(named, |number| {
            let id = all(None, &view(Vec::new()))[number].id.0.clone();
            ExceptionScope { finding: Some(id), ..ExceptionScope::default() }
        });
        exception(scope, created, expires)
    });
    proptest::collection::vec(one, 0..6)
}

/// Counts straight from a list.
fn counted(list: &[StoredFinding]) -> Vec<FindingsGauge> {
    let mut counts = Counts::default();
    for stored in list {
        counts.take(stored);
    }
    counts.joined(Vec::new())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn counts_are_those_of_the_list_and_no_finding_gets_lost(list in exceptions()) {
        let view = view(list);
        let tally = view.tally().expect("counted");
        let [open, excepted, resolved] =
            [FindingStatus::Open, FindingStatus::Excepted, FindingStatus::Resolved].map(|status| all(Some(status), &view));
        prop_assert_eq!(tally.open, counted(&open));
        prop_assert_eq!(&tally.excepted, &counted(&excepted));
        prop_assert_eq!((open.len() + excepted.len(), resolved.len()), (18, 9));

        // What is excepted is what the exceptions in force name, together.
        let mut named: Vec<_> = Vec::new();
        for standing in &tally.exceptions {
            let found = view.in_scope(&standing.exception.scope).expect("a list");
            prop_assert_eq!(standing.in_scope, found.len() as u64);
            if 0 < standing.covers() {
                named.extend(found.into_iter().map(|stored| stored.id));
            }
        }
        named.sort();
        named.dedup();
        let mut ids: Vec<_> = excepted.iter().map(|stored| stored.id.clone()).collect();
        ids.sort();
        prop_assert_eq!(ids, named);
        prop_assert_eq!(view.standings(&all(None, &view)), tally.exceptions);
    }

    #[test]
    fn expired_exceptions_change_nothing(list in exceptions()) {
        let expired = list.into_iter().map(|one| Exception { expires: at(NOW), ..one }).collect();
        let (tally, without) = (view(expired).tally().expect("counted"), view(Vec::new()).tally().expect("counted"));
        prop_assert_eq!((tally.open, tally.excepted), (without.open, without.excepted));
        prop_assert!(tally.exceptions.iter().all(|standing| standing.covers() == 0));
    }
}

#[test]
fn a_finding_is_shown_with_the_exception_that_covers_it() {
    let scope = ExceptionScope {
        rule: Some(Pattern::read("trust-drift")),
        account: Some(Pattern::read("111122223333")),
        store: Some(Pattern::read("cks-1")),
        ..ExceptionScope::default()
    };
    let view = view(vec![exception(scope, None, NOW + 1)]);
    let covered = all(Some(FindingStatus::Excepted), &view);
    let [one] = &covered[..] else { panic!("one finding: {covered:?}") };
    let shown = view.finding(&one.id.0, None).expect("read").expect("it is there");
    assert_eq!(
        (shown.finding.status, shown.finding.exception.expect("one covers it").id.as_str()),
        (FindingStatus::Excepted, "E")
    );
}
