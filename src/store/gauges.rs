//! Numbers for the metrics page: nothing in them grows with the number of events.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::codec::{Count, Moment, filled};
use super::{HistoryFilter, RunId, Store, StoreError, verdicts};
use crate::model::{Account, AccountVerdict, Provider, RunKind, Severity, StoreState};

const ACCOUNTS: &str = "-- gauges.accounts
SELECT provider, account FROM accounts WHERE own = 1 ORDER BY provider, account";

const STORES: &str = "-- gauges.stores
SELECT a.provider, a.account, s.kind, s.word, count(*) FROM store_states s JOIN accounts a ON a.id = s.account_id
WHERE s.valid_to IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";

/// Outcomes as in [`crate::model::Outcome::is_gap`]. Nothing is missing of an account that is not active, or that no
/// source has any more.
const GAPS: &str = "-- gauges.coverage_gaps
SELECT provider, account, count(*) FROM coverage
WHERE until IS NULL AND outcome IN ('partial', 'denied', 'throttled', 'timed-out', 'error')
  AND (provider, account) NOT IN (SELECT provider, account FROM coverage
    WHERE until IS NULL AND api = 'account' AND outcome IN ('not-enabled', 'not-configured'))
GROUP BY provider, account ORDER BY provider, account";

const ASSUMPTIONS: &str = "-- gauges.assumptions
SELECT a.provider, a.account, u.profile, sum(u.assumptions), sum(u.trusted_assumptions)
FROM role_use u JOIN accounts a ON a.id = u.account_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

/// A collector of an account is up while none of its places is a gap; it last succeeded when the slowest of them did.
/// An account that nobody reads any more has no collector that could be late.
const COLLECTORS: &str = "-- gauges.collectors
SELECT provider, account, CASE WHEN api LIKE 'trail:%' THEN api ELSE 'inventory' END,
  min(outcome NOT IN ('partial', 'denied', 'throttled', 'timed-out', 'error')),
  CASE WHEN count(*) = count(last_complete) THEN min(last_complete) END
FROM coverage
WHERE until IS NULL AND account <> '' AND outcome NOT IN ('not-enabled', 'unsupported', 'not-configured')
  AND (provider, account) NOT IN (SELECT provider, account FROM coverage
    WHERE until IS NULL AND api = 'account' AND outcome IN ('not-enabled', 'not-configured'))
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

const WATERMARKS: &str = "-- gauges.watermarks
SELECT provider, account, api, max(covers_to) FROM coverage
WHERE (api = 'trail' OR api LIKE 'trail:%') AND api <> 'trail:digest' AND outcome IN ('complete', 'partial')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

/// What is wrong in a chain at present makes it not verified; a time without digests is remembered for 31 days after
/// its end, as long as the longest month. What cannot be read now is not verified either.
const DIGESTS: &str = "-- gauges.digests
SELECT a.provider, a.account, min(NOT EXISTS (SELECT 1 FROM digest_problems p WHERE p.chain_id = c.id
    AND p.cleared_at IS NULL AND (p.kind <> 'gap' OR p.ends > c.checked_at - 31 * 86400000)))
  AND NOT EXISTS (SELECT 1 FROM coverage v WHERE v.provider = a.provider AND v.account IN (a.account, '')
    AND v.api = 'trail:digest' AND v.until IS NULL
    AND v.outcome IN ('partial', 'denied', 'throttled', 'timed-out', 'error'))
FROM digest_chains c JOIN accounts a ON a.id = c.account_id GROUP BY a.id ORDER BY 1, 2";

const TOTALS: &str = "-- gauges.trail_totals
SELECT provider, result, records FROM trail_totals ORDER BY provider, result";

const RUNS: &str = "-- gauges.runs
SELECT kind, max(id), count(*) FROM runs WHERE kind = ?1";

const RUN: &str = "-- gauges.run
SELECT id, started_at, finished_at, complete FROM runs WHERE id = ?1";

const LAST_COMPLETE_RUN: &str = "-- gauges.last_complete_run
SELECT max(finished_at) FROM runs WHERE kind = ?1 AND complete = 1";

/// Stores that stand, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoresGauge {
    /// The account.
    pub account: Account,
    /// Kind of store; profiles name kinds.
    pub kind: String,
    /// State.
    pub state: StoreState,
    /// How many.
    pub count: u64,
}

/// Open findings, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingsGauge {
    /// The account.
    pub account: Account,
    /// Rule id.
    pub rule: String,
    /// Severity.
    pub severity: Severity,
    /// How many.
    pub count: u64,
    /// When the oldest of them was opened.
    pub oldest: Timestamp,
}

/// Places that could not be read, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapsGauge {
    /// Provider.
    pub provider: Provider,
    /// The account; `None` for places that concern every account of the provider.
    pub account: Option<String>,
    /// How many.
    pub count: u64,
}

/// How a collector stands with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorGauge {
    /// The account.
    pub account: Account,
    /// `inventory`, or `trail:KIND`.
    pub collector: String,
    /// Whether nothing of it is missing.
    pub up: bool,
    /// When all of it was last complete; `None` where a part never was.
    pub last_complete: Option<Timestamp>,
}

/// Successful assumptions since the history began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumptionsGauge {
    /// The account.
    pub account: Account,
    /// Profile id.
    pub profile: String,
    /// All of them.
    pub total: u64,
    /// Those by trusted principals.
    pub by_trusted: u64,
}

/// Up to when a trail was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatermarkGauge {
    /// Provider.
    pub provider: Provider,
    /// The account; `None` for a trail of every account.
    pub account: Option<String>,
    /// `trail:KIND`.
    pub api: String,
    /// The end of the span that was read.
    pub until: Timestamp,
}

/// Trail records read since the history began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsGauge {
    /// Provider; `None` for objects that did not tell.
    pub provider: Option<Provider>,
    /// `kept`, `duplicate`, `irrelevant` or `rejected`.
    pub result: String,
    /// How many.
    pub records: u64,
}

/// The newest run of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunGauge {
    /// Kind.
    pub kind: RunKind,
    /// Its id.
    pub run: RunId,
    /// How many runs of the kind there were.
    pub runs: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it did.
    pub finished_at: Option<Timestamp>,
    /// Whether it was complete, if it ended.
    pub complete: Option<bool>,
    /// When the last complete run of the kind ended.
    pub last_complete: Option<Timestamp>,
}

/// Everything that the metrics page shows of the history, but for the findings: see [`Store::count_open`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Our accounts.
    pub accounts: Vec<Account>,
    /// Stores.
    pub stores: Vec<StoresGauge>,
    /// Verdicts, which tell whether roles are present as well.
    pub verdicts: Vec<AccountVerdict>,
    /// Coverage gaps.
    pub gaps: Vec<GapsGauge>,
    /// Collectors.
    pub collectors: Vec<CollectorGauge>,
    /// Assumptions.
    pub assumptions: Vec<AssumptionsGauge>,
    /// Watermarks of trails.
    pub watermarks: Vec<WatermarkGauge>,
    /// Whether the digests of an account's trails verified, where they were checked.
    pub digests: Vec<(Account, bool)>,
    /// Trail records.
    pub records: Vec<RecordsGauge>,
    /// Runs.
    pub runs: Vec<RunGauge>,
}

fn all<T>(
    connection: &Connection,
    query: &'static str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    Ok(statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?)
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { provider: row.get(0)?, id: row.get(1)? })
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, Count>(column)?.0)
}

fn state(word: &str) -> StoreState {
    StoreState::ALL.into_iter().find(|state| state.as_str() == word).unwrap_or(StoreState::Unknown)
}

fn runs(connection: &Connection) -> Result<Vec<RunGauge>, StoreError> {
    let mut gauges = Vec::new();
    for kind in [RunKind::Collect, RunKind::Ingest, RunKind::Analyze] {
        let (newest, runs) = connection
            .prepare_cached(RUNS)?
            .query_row([kind], |row| Ok((row.get::<_, Option<i64>>(1)?, count(row, 2)?)))?;
        let Some(newest) = newest else { continue };
        let last_complete = connection
            .prepare_cached(LAST_COMPLETE_RUN)?
            .query_row(params![kind], |row| row.get::<_, Option<Moment>>(0))?;
        gauges.push(connection.prepare_cached(RUN)?.query_row([newest], |row| {
            Ok(RunGauge {
                kind,
                run: RunId(row.get(0)?),
                runs,
                started_at: row.get::<_, Moment>(1)?.0,
                finished_at: row.get::<_, Option<Moment>>(2)?.map(|moment| moment.0),
                complete: row.get(3)?,
                last_complete: last_complete.map(|moment| moment.0),
            })
        })?);
    }
    Ok(gauges)
}

impl Store {
    /// Numbers for the metrics page.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn gauges(&self) -> Result<Gauges, StoreError> {
        let reader = self.reader()?;
        let snapshot = reader.unchecked_transaction()?;
        Ok(Gauges {
            accounts: all(&snapshot, ACCOUNTS, account)?,
            stores: all(&snapshot, STORES, |row| {
                let state = state(row.get_ref(3)?.as_str()?);
                Ok(StoresGauge { account: account(row)?, kind: row.get(2)?, state, count: count(row, 4)? })
            })?,
            verdicts: verdicts::list(&snapshot, &HistoryFilter::default(), None)?,
            gaps: all(&snapshot, GAPS, |row| {
                Ok(GapsGauge { provider: row.get(0)?, account: filled(row.get(1)?), count: count(row, 2)? })
            })?,
            collectors: all(&snapshot, COLLECTORS, |row| {
                let last_complete = row.get::<_, Option<Moment>>(4)?.map(|moment| moment.0);
                Ok(CollectorGauge { account: account(row)?, collector: row.get(2)?, up: row.get(3)?, last_complete })
            })?,
            assumptions: all(&snapshot, ASSUMPTIONS, |row| {
                let (total, by_trusted) = (count(row, 3)?, count(row, 4)?);
                Ok(AssumptionsGauge { account: account(row)?, profile: row.get(2)?, total, by_trusted })
            })?,
            watermarks: all(&snapshot, WATERMARKS, |row| {
                let (provider, account) = (row.get(0)?, filled(row.get(1)?));
                Ok(WatermarkGauge { provider, account, api: row.get(2)?, until: row.get::<_, Moment>(3)?.0 })
            })?,
            digests: all(&snapshot, DIGESTS, |row| Ok((account(row)?, row.get(2)?)))?,
            records: all(&snapshot, TOTALS, |row| {
                let provider = filled(row.get(0)?).and_then(|word| word.parse().ok());
                Ok(RecordsGauge { provider, result: row.get(1)?, records: count(row, 2)? })
            })?,
            runs: runs(&snapshot)?,
        })
    }
}
