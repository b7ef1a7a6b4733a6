//! Digest chains in the history.

use super::{Fixture, OWNER, at};
use crate::model::{
    Account, ChainId, ChainKind, ChainLink, ChainProblem, ChainProblemKind as Kind, Coverage, CoverageKey,
    DigestUpdate, JudgingSettings, Outcome, Provider, api,
};

fn account() -> Account {
    Account::new(Provider::Aws, OWNER)
}

fn id(kind: ChainKind) -> ChainId {
    let [account, region, trail, home_region] = [OWNER, "eu-west-1", "main", "us-east-1"].map(str::to_owned);
    ChainId { account, region, trail, home_region, kind }
}

fn update() -> DigestUpdate {
    DigestUpdate {
        bucket: "logs".to_owned(),
        id: id(ChainKind::Standard),
        checked: None,
        link: None,
        digests: 0,
        logs: 0,
        problems: Vec::new(),
        cleared: Vec::new(),
    }
}

fn problem(kind: Kind, object: &str, to: i64) -> ChainProblem {
    ChainProblem { kind, object: object.to_owned(), reason: "why".to_owned(), from: at(1), to: at(to) }
}

fn save(fixture: &Fixture, minutes: i64, update: &DigestUpdate) {
    fixture.store.save_digests(at(minutes), &account(), update).expect("stored");
}

/// What stands at a moment: objects, and when they were found.
fn standing(fixture: &Fixture, minutes: i64) -> Vec<(String, jiff::Timestamp)> {
    let evidence = fixture.store.evidence(&account(), at(minutes), JudgingSettings::default()).expect("evidence");
    let problems = evidence.digests.into_iter().flat_map(|chain| chain.problems);
    problems.map(|standing| (standing.problem.object, standing.found_at)).collect()
}

#[test]
fn a_chain_goes_on_where_its_last_part_ended() {
    let fixture = Fixture::new();
    let link = |end| ChainLink { key: format!("k{end}"), hash: Some("h".to_owned()), signature: None, end: at(end) };
    let part = |from, to| DigestUpdate {
        checked: Some((at(from), at(to))),
        link: Some(link(to)),
        digests: 2,
        logs: 5,
        ..update()
    };
    save(&fixture, 100, &part(10, 20));
    save(&fixture, 200, &part(20, 30));
    save(&fixture, 300, &update());
    save(&fixture, 300, &DigestUpdate { id: id(ChainKind::Backfill), ..update() });
    let chains = fixture.store.digest_chains(&account()).expect("listed");
    let standard = chains.iter().find(|chain| chain.id.kind == ChainKind::Standard).expect("stored");
    assert_eq!((standard.checked, standard.checked_at), (Some((at(10), at(30))), at(300)));
    assert_eq!((standard.digests, standard.logs, standard.link.clone()), (4, 10, Some(link(30))));
    assert_eq!(chains.len(), 2, "each chain by itself");
    assert_eq!(fixture.store.digest_chains(&Account::new(Provider::Aws, "999999999999")).expect("listed"), []);
}

#[test]
fn a_problem_stands_from_its_finding_to_its_clearing() {
    let fixture = Fixture::new();
    let broken = || problem(Kind::Invalid, "log", 2);
    save(&fixture, 100, &DigestUpdate { problems: vec![broken()], ..update() });
    save(&fixture, 200, &DigestUpdate { problems: vec![broken(), problem(Kind::Missing, "digest", 2)], ..update() });
    save(&fixture, 300, &DigestUpdate { cleared: vec![broken()], ..update() });
    assert_eq!(standing(&fixture, 99), []);
    assert_eq!(standing(&fixture, 150), [("log".to_owned(), at(100))]);
    assert_eq!(standing(&fixture, 250), [("digest".to_owned(), at(200)), ("log".to_owned(), at(100))]);
    assert_eq!(standing(&fixture, 350), [("digest".to_owned(), at(200))]);
    save(&fixture, 400, &DigestUpdate { problems: vec![broken()], ..update() });
    assert_eq!(standing(&fixture, 450), [("digest".to_owned(), at(200)), ("log".to_owned(), at(400))]);
}

#[test]
fn only_what_changes_the_findings_has_the_account_judged() {
    let fixture = Fixture::new();
    let due = || {
        let accounts = fixture.store.accounts_to_judge(at(500), false).expect("listed");
        if let Some(account) = accounts.first() {
            let evidence = fixture.store.evidence(account, at(500), JudgingSettings::default()).expect("evidence");
            let profiles = crate::profiles::Profiles::builtin().expect("profiles");
            let judgement = crate::rules::judge_account(&evidence, &profiles);
            fixture.store.save_judgement(fixture.run, &judgement, &[]).expect("stored");
        }
        accounts.len()
    };
    save(&fixture, 100, &DigestUpdate { checked: Some((at(10), at(20))), ..update() });
    assert_eq!(due(), 0);
    save(&fixture, 100, &DigestUpdate { problems: vec![problem(Kind::Gap, "folder/", 2)], ..update() });
    assert_eq!(due(), 1);
    save(&fixture, 200, &DigestUpdate { problems: vec![problem(Kind::Gap, "folder/", 9)], ..update() });
    assert_eq!(due(), 0, "the same gap, which has grown");
    save(&fixture, 300, &DigestUpdate { cleared: vec![problem(Kind::Gap, "folder/", 2)], ..update() });
    assert_eq!(due(), 1);
}

#[test]
fn an_account_is_verified_while_nothing_is_wrong_missing_or_unread() {
    let fixture = Fixture::new();
    let gauge = || fixture.store.gauges().expect("numbers").digests;
    assert_eq!(gauge(), []);
    let check = |minutes: i64, expected: bool| {
        assert_eq!(gauge(), [(account(), expected)], "at {minutes}");
    };
    save(&fixture, 100, &DigestUpdate { checked: Some((at(10), at(20))), ..update() });
    check(100, true);
    for kind in Kind::ALL {
        let wrong = || problem(kind, "x", 2);
        save(&fixture, 200, &DigestUpdate { id: id(ChainKind::Backfill), problems: vec![wrong()], ..update() });
        check(200, false);
        save(&fixture, 300, &DigestUpdate { id: id(ChainKind::Backfill), cleared: vec![wrong()], ..update() });
        check(300, true);
    }
    let day = 24 * 60;
    save(&fixture, 400, &DigestUpdate { problems: vec![problem(Kind::Gap, "x", 2)], ..update() });
    check(400, false);
    save(&fixture, 40 * day, &update());
    check(40 * day, true);
    let key = CoverageKey {
        provider: Provider::Aws,
        account: Some(OWNER.to_owned()),
        region: None,
        api: api::TRAIL_DIGEST.to_owned(),
        subject: None,
    };
    let row = |outcome| Coverage { key: key.clone(), outcome, detail: String::new(), from: at(1), to: at(1) };
    for (outcome, verified) in [(Outcome::Denied, false), (Outcome::Complete, true)] {
        fixture.store.save_coverage(fixture.run, at(40 * day + 1), &[row(outcome)]).expect("stored");
        check(40 * day + 1, verified);
    }
}
