//! How much of the period the sources of trail events cover, as far as that is known by now: events that come late
//! count for the time at which they happened, and so does the reading that brought them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Moments;
use super::spans::{Span, both, either, uncovered};
use crate::exports::reports::{ReportPeriod, TrailCoverage};
use crate::model::{Account, Outcome};
use crate::store::TrailPart;

/// A stretch without coverage that is no longer than this is no gap: trails deliver with delay, and a quiet account has
/// no record at the very end of a period.
const DELAY: SignedDuration = SignedDuration::from_hours(24);

/// How the trails of an account cover the period.
pub(super) struct Trails {
    /// Each source.
    pub(super) rows: Vec<TrailCoverage>,
    /// Whether all of them together leave no gap.
    pub(super) whole: bool,
    /// When the last part of it was read that was read only after the period.
    pub(super) read_later: Option<Timestamp>,
}

impl Trails {
    pub(super) fn of(account: &Account, parts: &[TrailPart], moments: &Moments) -> Self {
        let mut sources: BTreeMap<&str, BTreeMap<Option<&str>, Vec<&TrailPart>>> = BTreeMap::new();
        for part in parts {
            let regions = sources.entry(&part.source).or_default();
            regions.entry(part.region.as_deref()).or_default().push(part);
        }
        let period = (moments.from, moments.to);
        let mut open = vec![period];
        let mut rows = Vec::new();
        for (source, regions) in &sources {
            let asked: Vec<_> = regions.values().filter(|parts| is_asked(parts)).collect();
            if asked.is_empty() {
                continue;
            }
            let missing = asked.iter().fold(Vec::new(), |missing, parts| either(&missing, &unread(period, parts)));
            open = both(&open, &missing);
            rows.push(row(account, source, ended(&asked, moments), period, &missing));
        }
        let whole = !rows.is_empty() && open.iter().all(|(begin, end)| end.duration_since(*begin) <= DELAY);
        let late = |part: &&TrailPart| {
            moments.to <= part.since && part.covers.0 < moments.to && moments.from < part.covers.1
        };
        let read_later = parts.iter().filter(late).map(|part| part.since).max();
        Self { rows, whole, read_later }
    }
}

/// Whether anything is expected of a Region.
fn is_asked(parts: &[&TrailPart]) -> bool {
    let off = |outcome| matches!(outcome, Outcome::NotEnabled | Outcome::Unsupported | Outcome::NotConfigured);
    parts.iter().any(|part| !off(part.outcome))
}

fn unread(period: Span, parts: &[&TrailPart]) -> Vec<Span> {
    let complete = parts.iter().filter(|part| part.outcome == Outcome::Complete);
    uncovered(period, complete.map(|part| part.covers))
}

/// How the last reading up to the end of the period ended, or the first one after it; of several Regions the worst.
fn ended(regions: &[&Vec<&TrailPart>], moments: &Moments) -> Outcome {
    let last = regions.iter().filter_map(|parts| {
        let known = parts.iter().rev().find(|part| part.since <= moments.end);
        known.or_else(|| parts.first()).map(|part| part.outcome)
    });
    let outcomes: Vec<_> = last.collect();
    let gap = outcomes.iter().copied().filter(|outcome| outcome.is_gap()).max();
    gap.or_else(|| outcomes.iter().copied().min()).unwrap_or(Outcome::NotConfigured)
}

fn row(account: &Account, source: &str, outcome: Outcome, period: Span, missing: &[Span]) -> TrailCoverage {
    let seconds = |(begin, end): &Span| u64::try_from(end.duration_since(*begin).as_secs()).unwrap_or_default();
    let period_seconds = seconds(&period);
    TrailCoverage {
        provider: account.provider,
        account: account.id.clone(),
        source: source.to_owned(),
        outcome,
        covered_seconds: period_seconds.saturating_sub(missing.iter().map(seconds).sum()),
        period_seconds,
        uncovered: missing.iter().map(|(from, to)| ReportPeriod { from: *from, to: *to }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Provider;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn part(source: &str, region: Option<&str>, outcome: Outcome, from: &str, to: &str) -> TrailPart {
        let day = |day: &str| time(&format!("2026-10-{day}T00:00:00Z"));
        TrailPart {
            source: source.to_owned(),
            region: region.map(str::to_owned),
            outcome,
            covers: (day(from), day(to)),
            since: day(to),
        }
    }

    fn check(parts: &[TrailPart], whole: bool, days: &[u64]) {
        let moments =
            Moments::of(ReportPeriod { from: time("2026-10-10T00:00:00Z"), to: time("2026-10-20T00:00:00Z") });
        let trails = Trails::of(&Account::new(Provider::Aws, "111122223333"), parts, &moments);
        let covered: Vec<_> = trails.rows.iter().map(|row| row.covered_seconds / 86_400).collect();
        assert_eq!((trails.whole, covered.as_slice()), (whole, days), "{parts:?}");
        for row in &trails.rows {
            assert_eq!(row.period_seconds, 864_000);
        }
    }

    #[test]
    fn a_period_is_covered_when_no_stretch_of_more_than_a_day_is_open() {
        let complete = Outcome::Complete;
        let (s3, lookup) = ("trail:s3", "trail:lookup-events");
        check(&[], false, &[]);
        check(&[part(s3, None, complete, "01", "25")], true, &[10]);
        check(&[part(s3, None, complete, "01", "19")], true, &[9]);
        check(&[part(s3, None, complete, "01", "18")], false, &[8]);
        check(&[part(s3, None, complete, "12", "25")], false, &[8]);
        check(&[part(s3, None, complete, "01", "14"), part(s3, None, complete, "15", "25")], true, &[9]);
        check(&[part(s3, None, Outcome::Partial, "01", "25")], false, &[0]);
        // Every Region has to be covered; several sources help each other.
        let region = |name, from, to| part(lookup, Some(name), complete, from, to);
        check(&[region("a", "01", "25"), region("b", "01", "25")], true, &[10]);
        check(&[region("a", "01", "25"), region("b", "15", "25")], false, &[5]);
        check(&[region("a", "01", "15"), part(s3, None, complete, "14", "25")], true, &[5, 6]);
        let off = part(lookup, Some("c"), Outcome::NotEnabled, "01", "01");
        check(&[region("a", "01", "25"), off], true, &[10]);
    }
}
