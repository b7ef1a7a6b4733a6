//! The reader against a history that answers as it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use proptest::prelude::*;
use tokio::sync::mpsc;

use super::*;
use crate::model::{ChainState, Coverage, CoverageKey, LookupProgress, Outcome};
use crate::sources::live::{Found, LookupHistory, ObjectName};

const REGION: &str = "r-1";
const REMARK: &str = "a remark";
const DAY: i64 = 24 * 60 * 60;

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("a time")
}

/// What a call comes to instead of a page.
#[derive(Debug, Clone, Copy)]
enum Fault {
    TokenRefused,
    Interrupted,
    Denied,
    SameToken,
}

/// An event history whose events are named by their number: some seconds before now.
struct Scripted {
    events: Vec<i64>,
    page: usize,
    queries: Vec<Query>,
    /// By the number of the call.
    faults: BTreeMap<usize, Fault>,
    calls: Mutex<Vec<(String, Window)>>,
}

impl Scripted {
    fn new(events: &[i64], page: usize) -> Self {
        let queries = ["A", "B"].map(|value| Query::new("EventName", value)).to_vec();
        Self { events: events.to_vec(), page, queries, faults: BTreeMap::new(), calls: Mutex::default() }
    }

    fn failing(self, faults: impl IntoIterator<Item = (usize, Fault)>) -> Self {
        Self { faults: faults.into_iter().collect(), ..self }
    }

    fn calls(&self) -> Vec<(String, Window)> {
        self.calls.lock().expect("not poisoned").clone()
    }
}

fn at(seconds_ago: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - seconds_ago).expect("a time")
}

impl Lookups for Scripted {
    const PROVIDER: Provider = Provider::Alibaba;

    fn account(&self) -> &'static str {
        "1"
    }

    fn queries(&self, _region: &str) -> Vec<Query> {
        self.queries.clone()
    }

    fn remark(&self) -> &str {
        REMARK
    }

    async fn page(&self, _region: &str, query: &Query, window: Window, token: Option<&str>) -> Result<Page, Failure> {
        let number = {
            let mut calls = self.calls.lock().expect("not poisoned");
            calls.push((query.value.clone(), window));
            calls.len()
        };
        let coded = |code: &str| Failure { code: Some(code.to_owned()), ..Failure::new(Outcome::Error, code) };
        let next = |next: usize| Some(next.to_string());
        match self.faults.get(&number) {
            Some(Fault::TokenRefused) => return Err(coded("InvalidToken")),
            Some(Fault::Interrupted) => return Err(Failure::timed_out("the deadline came first")),
            Some(Fault::Denied) => return Err(Failure::new(Outcome::Denied, "no")),
            Some(Fault::SameToken) => {
                return Ok(Page { records: Vec::new(), oldest: None, next: token.map(str::to_owned).or(next(0)) });
            }
            None => {}
        }
        let mut found: Vec<_> = (0..).zip(&self.events).map(|(id, ago): (usize, _)| (at(*ago), id)).collect();
        found.retain(|(at, _)| window.from <= *at && *at <= window.to);
        found.sort_by(|one, other| other.cmp(one));
        let begin: usize = token.map_or(0, |token| token.parse().expect("a token of ours"));
        let end = (begin + self.page).min(found.len());
        let page = &found[begin..end];
        Ok(Page {
            records: page.iter().flat_map(|(_, id)| format!("{}{id}\n", query.value).into_bytes()).collect(),
            oldest: page.iter().map(|(at, _)| *at).min(),
            next: next(end).filter(|_| end < found.len()),
        })
    }

    fn refuses_token(failure: &Failure) -> bool {
        failure.is("InvalidToken")
    }
}

/// What earlier runs know, which is how far they have come.
#[derive(Default)]
struct Known(LookupHistory);

impl History for Known {
    fn regions_with_stores(&self, _account: &str) -> Result<Vec<String>, Failure> {
        Ok(Vec::new())
    }

    fn lookups(&self, _account: &str, _region: &str) -> Result<LookupHistory, Failure> {
        Ok(self.0.clone())
    }

    fn object(&self, _name: &str) -> Result<Option<ObjectName>, Failure> {
        Ok(None)
    }

    fn read_until(&self, _place: &CoverageKey) -> Result<Option<Timestamp>, Failure> {
        Ok(None)
    }

    fn content_hash(&self, _: &str) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    fn digest_chains(&self, _: &str) -> Result<Vec<ChainState>, Failure> {
        Ok(Vec::new())
    }

    fn missing(&self, _trail: &str, _prefix: &str) -> Result<Vec<String>, Failure> {
        Ok(Vec::new())
    }
}

/// What a run handed over.
#[derive(Debug, Default)]
struct Told {
    records: BTreeSet<String>,
    progress: BTreeMap<String, LookupProgress>,
    ends: Vec<Coverage>,
    messages: usize,
}

fn run(scripted: &Scripted, known: &Known) -> Told {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (outlet, mut inlet) = mpsc::channel(100_000);
    let regions = BTreeSet::from([REGION.to_owned()]);
    runtime.block_on(read_regions(scripted, &regions, known, now(), &outlet));
    drop(outlet);
    let mut told = Told::default();
    while let Some(found) = inlet.blocking_recv() {
        let Found::Lookup(lookup) = found else { unreachable!("the reader hands over nothing else: {found:?}") };
        told.messages += 1;
        for page in lookup.pages {
            let records = String::from_utf8(page.records).expect("text");
            told.records.extend(records.lines().map(str::to_owned));
            told.progress.insert(page.progress.query.clone(), page.progress);
        }
        told.ends.extend(lookup.end);
    }
    told
}

fn end(told: &Told) -> (Outcome, &str) {
    let [end] = &told.ends[..] else { unreachable!("one Region has one end: {:?}", told.ends) };
    (end.outcome, &end.detail)
}

#[test]
fn a_window_is_read_to_its_end_and_says_what_it_covers() {
    let scripted = Scripted::new(&[10, 10, 60, 89 * DAY, 91 * DAY], 2);
    let told = run(&scripted, &Known::default());
    assert_eq!(told.records.iter().filter(|record| record.starts_with('A')).count(), 4, "{:?}", told.records);
    assert_eq!(end(&told), (Outcome::Complete, REMARK));
    let (from, to) = (told.ends[0].from, told.ends[0].to);
    assert_eq!((from, to), (at(90 * DAY - 300), now()));
    assert!(told.progress.values().all(|progress| progress.done && progress.window_from == from));
    assert_eq!((told.ends[0].key.region.as_deref(), told.ends[0].key.provider), (Some(REGION), Provider::Alibaba));
}

#[test]
fn pages_that_tell_nothing_are_handed_over_together() {
    let told = run(&Scripted::new(&[], 50), &Known::default());
    assert_eq!((told.messages, told.progress.len(), end(&told).0), (1, 2, Outcome::Complete));
}

#[test]
fn a_query_that_fails_by_itself_leaves_the_others_and_a_denied_one_ends_the_region() {
    let events = [10, 20, 30];
    let round = Scripted::new(&events, 1).failing([(2, Fault::SameToken)]);
    let told = run(&round, &Known::default());
    assert_eq!(end(&told), (Outcome::Error, "EventName=A: the event history repeats a page"));
    assert!(told.progress["EventName=B"].done && !told.progress["EventName=A"].done, "{:?}", told.progress);
    let denied = Scripted::new(&events, 1).failing([(1, Fault::Denied)]);
    let told = run(&denied, &Known::default());
    assert_eq!((end(&told), denied.calls().len()), ((Outcome::Denied, "EventName=A: no"), 1));
}

#[test]
fn a_refused_token_begins_again_where_the_query_was_and_not_for_ever() {
    let events = [10, 20, 30, 40, 50];
    let once = Scripted::new(&events, 2).failing([(3, Fault::TokenRefused)]);
    let told = run(&once, &Known::default());
    assert_eq!((end(&told).0, told.records.len()), (Outcome::Complete, 10));
    assert_eq!(once.calls()[3].1.to, at(40), "from the oldest event that was read");
    let always = Scripted::new(&events, 2).failing((2..100).map(|number| (number, Fault::TokenRefused)));
    let told = run(&always, &Known::default());
    assert_eq!(end(&told).0, Outcome::Error);
    assert_eq!(always.calls().iter().filter(|(query, _)| query == "A").count(), 6, "{:?}", always.calls());
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![Just(Fault::TokenRefused), Just(Fault::Interrupted), Just(Fault::Denied), Just(Fault::SameToken)]
}

proptest! {
    /// Whatever breaks a reading off, and wherever: the runs after it bring every event.
    #[test]
    fn no_event_is_lost_by_interruptions(
        events in prop::collection::vec(0_i64..40, 0..24),
        page in 1_usize..5,
        faults in prop::collection::btree_map(1_usize..60, any_fault(), 0..8),
    ) {
        let scripted = Scripted::new(&events, page).failing(faults);
        let mut known = Known::default();
        let mut seen = BTreeSet::new();
        for _ in 0..20 {
            let told = run(&scripted, &known);
            seen.extend(told.records.iter().cloned());
            for (_, progress) in told.progress.clone() {
                known.0.progress.retain(|row| row.query != progress.query);
                known.0.progress.push(progress);
            }
            if end(&told).0 == Outcome::Complete {
                let expected: BTreeSet<_> =
                    (0..events.len()).flat_map(|id| [format!("A{id}"), format!("B{id}")]).collect();
                prop_assert_eq!(seen, expected);
                return Ok(());
            }
        }
        prop_assert!(false, "it never came to its end");
    }
}
