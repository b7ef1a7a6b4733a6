//! What the start page asks the history.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::query::Query;
use super::super::tables;
use crate::exports::html::CoverageCounts;
use crate::exports::json::FindingJson;
use crate::exports::{ExceptionStanding, Tally, View};
use crate::model::{AccountVerdict, AssumptionCount, Outcome, RolePresence, Severity, Verdict};
use crate::store::{FindingPlace, HistoryFilter, Overview, StoreError};

/// Rows of a page of a list.
pub(super) const ROWS: usize = 100;
/// Gaps that are listed; the rest is on the accounts' pages.
const GAPS: u64 = 50;
/// Days over which assumptions are counted: whole ones, which are counted already.
const DAYS: i64 = 90;
/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// What the start page shows.
pub(super) struct Start {
    pub(super) now: Timestamp,
    /// Whether anything is known at all.
    pub(super) known: bool,
    pub(super) overview: Overview,
    pub(super) counts: CoverageCounts,
    /// Open findings that no exception covers, by severity, the worst first.
    pub(super) open: BTreeMap<std::cmp::Reverse<Severity>, u64>,
    /// Findings that an exception covers.
    pub(super) excepted: u64,
    pub(super) exceptions: Vec<ExceptionStanding>,
    pub(super) by_verdict: BTreeMap<Verdict, u64>,
    /// Verdicts on what nobody configured: they are counted, and listed last.
    pub(super) unconfigured: u64,
    /// Profiles of those.
    pub(super) unconfigured_profiles: Vec<String>,
    /// A page of the others, with their assumptions.
    pub(super) verdicts: Vec<(AccountVerdict, AssumptionCount)>,
    /// How many there are on all pages.
    pub(super) verdict_rows: usize,
    pub(super) clean: Clean,
    pub(super) findings: Vec<FindingJson>,
    /// The place behind which the list of findings goes on.
    pub(super) next: Option<String>,
    /// Whether it may have more findings there although this page is not full.
    pub(super) cut_short: bool,
}

/// The population of what is clean.
#[derive(Default)]
pub(super) struct Clean {
    pub(super) since: Timestamp,
    pub(super) assumptions: AssumptionCount,
    pub(super) accounts: u64,
    pub(super) regions: (u64, u64),
}

impl Start {
    pub(super) fn read(view: &View, query: &Query) -> Result<Self, StoreError> {
        let now = view.now();
        let store = view.store();
        let overview = store.overview(GAPS)?;
        let all = store.verdicts(&HistoryFilter::default())?;
        let known = overview.last_run.is_some() || !all.is_empty();
        let counts = tables::counts(&all);
        let clean = clean(view, &all)?;
        let (unconfigured, mut judged): (Vec<_>, Vec<_>) = all.into_iter().partition(is_unconfigured);
        let mut by_verdict = BTreeMap::new();
        for row in &judged {
            *by_verdict.entry(row.verdict).or_default() += 1;
        }
        judged.retain(|row| {
            let of_account = query.account.is_empty() || query.account == row.account.id;
            of_account && query.provider().is_none_or(|provider| provider == row.account.provider)
        });
        judged.sort_by_key(|row| urgency(row.verdict));
        let verdict_rows = judged.len();
        let page = judged.into_iter().skip(query.verdict_page() * ROWS).take(ROWS);
        let verdicts = page.map(|row| with_assumptions(view, row)).collect::<Result<_, StoreError>>()?;
        let tally = view.tally()?;
        let Found { findings, next, cut_short } = Found::read(view, query)?;
        let mut unconfigured_profiles: Vec<_> = unconfigured.iter().map(|row| row.profile.clone()).collect();
        unconfigured_profiles.sort_unstable();
        unconfigured_profiles.dedup();
        Ok(Self {
            now,
            known,
            overview,
            counts,
            open: by_severity(&tally),
            excepted: tally.excepted.iter().map(|gauge| gauge.count).sum(),
            exceptions: tally.exceptions,
            by_verdict,
            unconfigured: unconfigured.len() as u64,
            unconfigured_profiles,
            verdicts,
            verdict_rows,
            clean,
            findings,
            next,
            cut_short,
        })
    }

    /// Open findings of every severity.
    pub(super) fn open_in_all(&self) -> u64 {
        self.open.values().sum()
    }

    /// Verdicts that could not be given, of those that somebody configured.
    pub(super) fn unknown(&self) -> u64 {
        self.by_verdict.get(&Verdict::Unknown).copied().unwrap_or(0)
    }

    /// Whether everything that is expected was read, and everything could be judged.
    pub(super) fn is_whole(&self) -> bool {
        self.counts.is_complete() && self.overview.gap_count == 0 && self.unknown() == 0
    }
}

/// What needs somebody first comes first; what is well comes last.
fn urgency(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Findings => 0,
        Verdict::Unknown => 1,
        Verdict::Orphaned => 2,
        Verdict::Clean => 3,
        Verdict::NotInUse => 4,
    }
}

fn is_unconfigured(row: &AccountVerdict) -> bool {
    row.verdict == Verdict::Unknown
        && row.role == RolePresence::Unknown
        && row
            .missing
            .iter()
            .any(|missing| missing.key.api.ends_with(":GetRole") && missing.outcome == Outcome::NotConfigured)
}

/// The assumptions of a verdict's role in the last days.
pub(in super::super) fn with_assumptions(
    view: &View,
    row: AccountVerdict,
) -> Result<(AccountVerdict, AssumptionCount), StoreError> {
    let (since, until) = period(view.now());
    let count = view.store().assumptions(&row.account, &row.profile, since, until)?;
    Ok((row, count))
}

/// Whole days up to the end of this one.
pub(in super::super) fn period(now: Timestamp) -> (Timestamp, Timestamp) {
    let tomorrow = now.as_second().div_euclid(DAY) + 1;
    let midnight = |day: i64| Timestamp::from_second(day * DAY).unwrap_or(now);
    (midnight(tomorrow - DAYS), midnight(tomorrow))
}

fn clean(view: &View, all: &[AccountVerdict]) -> Result<Clean, StoreError> {
    let rows: Vec<_> = all.iter().filter(|row| row.verdict == Verdict::Clean).collect();
    if rows.is_empty() {
        return Ok(Clean::default());
    }
    let (since, until) = period(view.now());
    let days = |time: Timestamp| time.as_second().div_euclid(DAY);
    Ok(Clean {
        since,
        assumptions: view.store().assumptions_of_clean(days(since), days(until))?,
        accounts: rows.chunk_by(|left, right| left.account == right.account).count() as u64,
        regions: (
            rows.iter().map(|row| row.regions_complete).sum(),
            rows.iter().map(|row| row.regions_expected).sum(),
        ),
    })
}

fn by_severity(tally: &Tally) -> BTreeMap<std::cmp::Reverse<Severity>, u64> {
    let mut open = BTreeMap::new();
    for gauge in &tally.open {
        *open.entry(std::cmp::Reverse(gauge.severity)).or_default() += gauge.count;
    }
    open
}

/// A page of findings.
struct Found {
    findings: Vec<FindingJson>,
    next: Option<String>,
    cut_short: bool,
}

impl Found {
    fn read(view: &View, query: &Query) -> Result<Self, StoreError> {
        let after: Option<FindingPlace> = serde_json::from_str(&query.after).ok();
        let filter = query.filter();
        // One more than is shown tells whether there is a next page.
        let mut page = if query.text.is_empty() {
            view.page(&filter, after.as_ref(), ROWS + 1, Some(0))?
        } else {
            view.search(&filter, &query.text, after.as_ref(), ROWS + 1)?
        };
        let more = ROWS < page.rows.len();
        page.rows.truncate(ROWS);
        let cut_short = !more && page.stopped.is_some();
        let last = if more { page.rows.last().map(|(place, _)| place.clone()) } else { page.stopped };
        let next = last.and_then(|place| serde_json::to_string(&place).ok());
        Ok(Self { findings: page.rows.into_iter().map(|(_, row)| row).collect(), next, cut_short })
    }
}
