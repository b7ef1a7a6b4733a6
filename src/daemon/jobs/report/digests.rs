//! Whether the digests of trails vouch for the log files of the period, as far as that is known by now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::Moments;
use crate::model::{ChainKind, ChainProblemKind, ChainState};

/// A stretch at the ends of the period that is no longer than this needs no digest: a trail's next ones are yet to come,
/// as they are of its log files.
const DELAY: SignedDuration = SignedDuration::from_hours(24);

/// Whether the chains of an account cover the period, each Region that has one, and nothing in it is wrong.
pub(super) fn verified(chains: &[ChainState], moments: &Moments) -> bool {
    let mut standard = within(chains, moments).filter(|chain| chain.id.kind == ChainKind::Standard).peekable();
    standard.peek().is_some()
        && standard.all(|chain| covers(chain, moments))
        && within(chains, moments).all(|chain| problems(chain, moments).next().is_none())
}

/// One statement for each trail of which digests were checked.
pub(super) fn statements(chains: &[ChainState], moments: &Moments) -> Vec<String> {
    let mut trails: BTreeMap<(&str, &str, &str), Vec<&ChainState>> = BTreeMap::new();
    for chain in within(chains, moments) {
        trails.entry((&chain.bucket, &chain.id.trail, &chain.id.home_region)).or_default().push(chain);
    }
    let told = trails.into_iter().map(|((bucket, trail, _), chains)| statement(bucket, trail, &chains, moments));
    told.collect()
}

fn statement(bucket: &str, trail: &str, chains: &[&ChainState], moments: &Moments) -> String {
    let accounts: BTreeSet<_> = chains.iter().map(|chain| &chain.id.account).collect();
    let regions: BTreeSet<_> = chains.iter().map(|chain| &chain.id.region).collect();
    let all = || chains.iter().flat_map(|chain| problems(chain, moments));
    let count = |is: fn(ChainProblemKind) -> bool| all().filter(|kind| is(*kind)).count();
    let broken = count(ChainProblemKind::is_broken);
    let gaps = count(|kind| kind == ChainProblemKind::Gap);
    let unread = count(|kind| kind == ChainProblemKind::Unread);
    let standard = chains.iter().filter(|chain| chain.id.kind == ChainKind::Standard);
    let reached = standard.filter_map(|chain| chain.checked).map(|(_, to)| to.min(moments.to)).min();
    let state = match (broken, reached) {
        (0, Some(reached)) if gaps + unread == 0 => format!("verified up to {reached}"),
        (0, Some(reached)) => format!("checked up to {reached}, with {gaps} gaps, and {unread} objects unread"),
        (0, None) => "not verified".to_owned(),
        (broken, _) => format!("{broken} objects do not verify, see the findings of evidence-broken"),
    };
    format!(
        "Digests of the trail {trail} in s3://{bucket} ({} accounts, {} Regions): {state}.",
        accounts.len(),
        regions.len()
    )
}

/// The chains that have to do with the period.
fn within<'a>(chains: &'a [ChainState], moments: &'a Moments) -> impl Iterator<Item = &'a ChainState> {
    chains.iter().filter(|chain| {
        let checked = chain.checked.is_some_and(|(from, to)| from < moments.to && moments.from < to);
        checked || problems(chain, moments).next().is_some()
    })
}

fn covers(chain: &ChainState, moments: &Moments) -> bool {
    let near = |one: Timestamp, other: Timestamp| other.duration_since(one) <= DELAY;
    chain.checked.is_some_and(|(from, to)| near(moments.from, from) && near(to, moments.to))
}

/// What is wrong in the period.
fn problems<'a>(chain: &'a ChainState, moments: &'a Moments) -> impl Iterator<Item = ChainProblemKind> + 'a {
    let problems = chain.problems.iter().map(|standing| &standing.problem);
    problems.filter(|problem| problem.from < moments.to && moments.from <= problem.to).map(|problem| problem.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::reports::ReportPeriod;
    use crate::model::{ChainId, ChainProblem, StandingProblem};

    fn day(day: u32) -> Timestamp {
        format!("2026-10-{day:02}T00:00:00Z").parse().expect("a time")
    }

    fn moments() -> Moments {
        Moments::of(ReportPeriod { from: day(10), to: day(20) })
    }

    fn chain(region: &str, from: u32, to: u32) -> ChainState {
        let [account, trail] = ["111122223333", "main"].map(str::to_owned);
        let (region, home_region) = (region.to_owned(), "eu-west-1".to_owned());
        ChainState {
            bucket: "logs".to_owned(),
            id: ChainId { account, region, trail, home_region, kind: ChainKind::Standard },
            checked: Some((day(from), day(to))),
            checked_at: day(25),
            digests: 1,
            logs: 1,
            link: None,
            problems: Vec::new(),
        }
    }

    fn with(kind: ChainProblemKind, at: u32, chain: ChainState) -> ChainState {
        let problem =
            ChainProblem { kind, object: "o".to_owned(), reason: String::new(), from: day(at), to: day(at) };
        ChainState { problems: vec![StandingProblem { problem, found_at: day(at) }], ..chain }
    }

    #[test]
    fn digests_vouch_for_a_period_that_they_cover_without_a_problem() {
        let check = |chains: &[ChainState], expected: bool| {
            assert_eq!(verified(chains, &moments()), expected, "{chains:?}");
        };
        check(&[], false);
        check(&[chain("a", 1, 25)], true);
        check(&[chain("a", 11, 19)], true);
        check(&[chain("a", 12, 25)], false);
        check(&[chain("a", 1, 18)], false);
        check(&[chain("a", 1, 25), chain("b", 1, 15)], false);
        check(&[chain("a", 1, 25), chain("b", 1, 5)], true);
        for kind in ChainProblemKind::ALL {
            check(&[with(kind, 15, chain("a", 1, 25))], false);
            check(&[with(kind, 5, chain("a", 1, 25))], true);
        }
    }

    #[test]
    fn each_trail_is_told_with_the_moment_to_which_it_verifies() {
        let told = |chains: &[ChainState]| statements(chains, &moments()).join("\n");
        let whole = "Digests of the trail main in s3://logs (1 accounts, 2 Regions): ";
        assert_eq!(
            told(&[chain("a", 1, 25), chain("b", 1, 15)]),
            format!("{whole}verified up to 2026-10-15T00:00:00Z.")
        );
        let gap = with(ChainProblemKind::Gap, 12, chain("b", 1, 25));
        let told_gap = told(&[chain("a", 1, 25), gap]);
        assert_eq!(
            told_gap,
            format!("{whole}checked up to 2026-10-20T00:00:00Z, with 1 gaps, and 0 objects unread.")
        );
        let broken = with(ChainProblemKind::Missing, 12, chain("b", 1, 25));
        assert!(told(&[chain("a", 1, 25), broken]).contains("1 objects do not verify"));
        assert_eq!(told(&[chain("a", 1, 5)]), "");
    }
}
