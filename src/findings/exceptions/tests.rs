use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::model::{Account, Basis, EventOutcome, FindingId, Fix, Fixer, Provider, Severity};

const NOW: i64 = 1_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

/// Texts that are easily taken for one another: wildcards, words of the file, look-alikes, control characters.
fn text() -> impl Strategy<Value = String> {
    let hostile = ["a", "A", "а", "ab", "a*", "a?", "*", "glob:*", "exact:a", "a\n", "a\u{202e}", "a\0", ""];
    prop_oneof![4 => select(hostile.to_vec()).prop_map(str::to_owned), 1 => Just("a".repeat(10_000))]
}

fn finding() -> impl Strategy<Value = StoredFinding> {
    let option = || proptest::option::of(text());
    let places = (select(vec!["r1", "r2"]), select(Provider::ALL.to_vec()), text(), option(), option());
    let rest = (
        option(),
        option(),
        proptest::option::of(select(vec![EventOutcome::Allowed, EventOutcome::Denied])),
        option(),
    );
    (places, rest, any::<bool>()).prop_map(|(places, rest, resolved)| {
        let (rule, provider, account, region, profile) = places;
        let (store, actor, outcome, subject) = rest;
        let finding = Finding {
            rule: rule.to_owned(),
            severity: Severity::Medium,
            account: Account::new(provider, account),
            region,
            profile,
            role: None,
            store,
            actor,
            outcome,
            subject,
            basis: Basis::Observed,
            summary: "Something.".to_owned(),
            first_seen: at(1),
            last_seen: at(2),
            count: 1,
            events: Vec::new(),
            fix: Fix { who: Fixer::Customer, how: "Mend it.".to_owned() },
            clears_when: "it is mended".to_owned(),
        };
        let status = if resolved { FindingStatus::Resolved } else { FindingStatus::Open };
        StoredFinding {
            id: finding.id(),
            finding,
            status,
            opened_at: at(3),
            resolved_at: None,
            resolved_because: None,
            stale: false,
        }
    })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![text().prop_map(Pattern::Exact), "[a*?A]{1,4}".prop_map(Pattern::Glob)]
}

fn scope() -> impl Strategy<Value = ExceptionScope> {
    let option = || proptest::option::weighted(0.2, pattern());
    let rule = || select(vec!["r1", "r2", "glob:r*", "glob:?1"]).prop_map(|text| Some(Pattern::read(text)));
    let provider = proptest::option::weighted(0.3, select(vec!["aws", "alibaba"]).prop_map(Pattern::read));
    (rule(), pattern(), provider, option(), option(), option(), option(), option()).prop_map(
        |(rule, account, provider, region, profile, store, actor, outcome)| ExceptionScope {
            finding: None,
            rule,
            provider,
            account: Some(account),
            region,
            profile,
            store,
            actor,
            outcome,
        },
    )
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
    let one = (scope(), proptest::option::of(NOW - 2..NOW + 2), NOW - 2..NOW + 3);
    proptest::collection::vec(one.prop_map(|(scope, created, expires)| exception(scope, created, expires)), 0..8)
}

/// The scope that names every part of a finding exactly.
fn exact(stored: &StoredFinding) -> ExceptionScope {
    let Finding { rule, account, region, profile, store, actor, outcome, .. } = stored.finding.clone();
    ExceptionScope {
        finding: None,
        rule: Some(Pattern::Exact(rule)),
        provider: Some(Pattern::Exact(account.provider.as_str().to_owned())),
        account: Some(Pattern::Exact(account.id)),
        region: region.map(Pattern::Exact),
        profile: profile.map(Pattern::Exact),
        store: store.map(Pattern::Exact),
        actor: actor.map(Pattern::Exact),
        outcome: outcome.map(|outcome| Pattern::Exact(outcome.as_str().to_owned())),
    }
}

/// The parts of a finding by name, in the order of a scope's.
fn values(stored: &StoredFinding) -> [Option<String>; 8] {
    let Finding { rule, account, region, profile, store, actor, outcome, .. } = stored.finding.clone();
    let provider = account.provider.as_str().to_owned();
    let outcome = outcome.map(|outcome| outcome.as_str().to_owned());
    [Some(rule), Some(provider), Some(account.id), region, profile, store, actor, outcome]
}

fn patterns(scope: &ExceptionScope) -> [Option<Pattern>; 8] {
    let ExceptionScope { rule, provider, account, region, profile, store, actor, outcome, finding: _ } =
        scope.clone();
    [rule, provider, account, region, profile, store, actor, outcome]
}

/// Straight from what the documentation says.
fn reference(scope: &ExceptionScope, stored: &StoredFinding) -> bool {
    patterns(scope).iter().zip(values(stored)).all(|(pattern, value)| match (pattern, value) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(Pattern::Exact(wanted)), Some(found)) => *wanted == found,
        (Some(Pattern::Glob(glob)), Some(found)) => glob_reference(glob, &found),
    })
}

/// By a table of which beginnings of the one match which beginnings of the other.
fn glob_reference(glob: &str, text: &str) -> bool {
    let text: Vec<_> = text.chars().collect();
    let mut row: Vec<_> = (0..=text.len()).map(|taken| taken == 0).collect();
    for wanted in glob.chars() {
        let mut next = vec![wanted == '*' && row[0]; text.len() + 1];
        for (place, found) in text.iter().enumerate() {
            next[place + 1] = match wanted {
                '*' => row[place + 1] || next[place],
                '?' => row[place],
                other => row[place] && other == *found,
            };
        }
        row = next;
    }
    row[text.len()]
}

proptest! {
    #[test]
    fn an_exact_exception_never_covers_a_finding_that_differs_in_a_named_part(one in finding(), other in finding()) {
        let scope = exact(&one);
        prop_assert!(covers(&scope, &one));
        let differs = patterns(&scope).iter().zip(values(&one).iter().zip(values(&other)))
            .any(|(named, (one, other))| named.is_some() && *one != other);
        prop_assert_eq!(covers(&scope, &other), !differs);
        prop_assert_eq!(differences(&scope, &other).is_empty(), !differs);
    }

    #[test]
    fn an_exception_for_a_finding_covers_that_one_alone(one in finding(), other in finding()) {
        let scope = ExceptionScope { finding: Some(one.id.0.clone()), ..ExceptionScope::default() };
        prop_assert!(covers(&scope, &one));
        prop_assert_eq!(covers(&scope, &other), one.id == other.id);
    }

    #[test]
    fn a_scope_covers_exactly_what_its_definition_says(scope in scope(), stored in finding()) {
        prop_assert_eq!(covers(&scope, &stored), reference(&scope, &stored));
    }

    #[test]
    fn the_first_exception_in_force_that_names_a_finding_covers_it(list in exceptions(), stored in finding()) {
        let now = at(NOW);
        let exceptions = Exceptions::new(list.clone());
        let expected = list.iter().position(|one| {
            stored.status != FindingStatus::Resolved
                && one.created.is_none_or(|created| created <= now) && now < one.expires
                && reference(&one.scope, &stored)
        });
        prop_assert_eq!(exceptions.covering(&stored, now), expected.map(|place| &list[place]));
        let naming: Vec<_> = (0..list.len()).filter(|place| reference(&list[*place].scope, &stored)).collect();
        prop_assert_eq!(exceptions.places_naming(&stored).collect::<Vec<_>>(), naming.clone());
        if !naming.is_empty() {
            prop_assert!(exceptions.concern(&stored.finding.account, &stored.finding.rule));
        }
    }

    #[test]
    fn after_the_last_expiry_nothing_is_covered(list in exceptions(), stored in finding()) {
        let exceptions = Exceptions::new(list);
        prop_assert_eq!(exceptions.covering(&stored, at(NOW + 3)), None);
    }

    #[test]
    fn between_two_changes_an_exception_stands_as_it_did(list in exceptions(), named in 0_u64..2) {
        let exceptions = Exceptions::with_notice(list, SignedDuration::from_secs(1));
        for second in NOW - 5..NOW + 5 {
            if exceptions.next_change(at(second)).is_none_or(|change| at(second + 1) < change) {
                for exception in exceptions.all() {
                    let state = |second| exceptions.state(exception, named, at(second));
                    prop_assert_eq!(state(second), state(second + 1));
                }
            }
        }
    }
}

#[test]
fn a_scope_that_names_nothing_covers_nothing() {
    let runner = &mut proptest::test_runner::TestRunner::deterministic();
    let stored = finding().new_tree(runner).expect("a finding").current();
    let rule = Some(Pattern::Exact(stored.finding.rule.clone()));
    let account = Some(Pattern::Exact(stored.finding.account.id.clone()));
    for scope in [
        ExceptionScope::default(),
        ExceptionScope { rule: rule.clone(), ..ExceptionScope::default() },
        ExceptionScope { account: account.clone(), ..ExceptionScope::default() },
        ExceptionScope { finding: Some(String::new()), rule, account, ..ExceptionScope::default() },
    ] {
        assert!(!covers(&scope, &stored), "{scope:?}");
    }
}

#[test]
fn an_exception_goes_through_its_states() {
    let exception = exception(ExceptionScope::default(), Some(100), 300);
    let exceptions = Exceptions::with_notice(vec![exception.clone()], SignedDuration::from_secs(50));
    for (second, named, state) in [
        (99, 1, ExceptionState::Pending),
        (100, 1, ExceptionState::Active),
        (249, 1, ExceptionState::Active),
        (250, 1, ExceptionState::Expiring),
        (250, 0, ExceptionState::Unused),
        (299, 1, ExceptionState::Expiring),
        (300, 1, ExceptionState::Expired),
        (300, 0, ExceptionState::Expired),
    ] {
        assert_eq!(exceptions.state(&exception, named, at(second)), state, "{second} {named}");
    }
}

#[test]
fn the_sentence_about_a_difference_names_both_sides() {
    let runner = &mut proptest::test_runner::TestRunner::deterministic();
    let mut stored = finding().new_tree(runner).expect("a finding").current();
    (stored.id, stored.finding.store) = (FindingId("0123".to_owned()), None);
    let mut scope = exact(&stored);
    (scope.finding, scope.store) = (Some("4567".to_owned()), Some(Pattern::read("glob:cks-*")));
    assert_eq!(
        differences(&scope, &stored),
        ["it names the finding 4567, this is 0123", "store is none, it names \"glob:cks-*\""]
    );
}
