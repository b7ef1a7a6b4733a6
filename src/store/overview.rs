//! What the status page begins with: coverage of everything, read without reading all that is well.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{Count, Moment, filled, whole};
use super::{Store, StoreError, accounts, coverage};
use crate::model::{Account, AssumptionCount, Coverage, CoverageKey, CoverageSpan, Provider};

/// The outcomes of [`crate::model::Outcome::is_gap`].
pub(super) const GAPS: &str = "-- coverage.standing_gaps
SELECT provider, account, region, api, subject, outcome, detail, covers_from, covers_to FROM coverage
WHERE until IS NULL AND outcome IN ('partial', 'denied', 'throttled', 'timed-out', 'error')
ORDER BY provider, account, api, region, subject LIMIT ?1";

pub(super) const GAP_COUNT: &str = "-- coverage.standing_gap_count
SELECT count(*) FROM coverage
WHERE until IS NULL AND outcome IN ('partial', 'denied', 'throttled', 'timed-out', 'error')";

/// A trail is read up to where its slowest Region is. The conditions are those of the index, letter by letter.
pub(super) const TRAILS: &str = "-- coverage.trails
SELECT provider, account, api, min(covers_to) AS reached FROM coverage
WHERE until IS NULL AND subject = '' AND outcome IN ('complete', 'partial') AND api >= 'trail:' AND api < 'trail;'
GROUP BY provider, account, api ORDER BY reached, provider, account, api";

const LAST_RUN: &str = "-- runs.last_reading
SELECT kind, started_at, finished_at, complete FROM runs
WHERE kind IN ('collect', 'ingest') AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1";

const RUNNING: &str = "-- runs.any
SELECT EXISTS (SELECT 1 FROM runs)";

/// Assumptions in accounts and profiles that are clean.
pub(super) const CLEAN_USE: &str = "-- role_use.of_clean
SELECT ifnull(sum(u.assumptions), 0), ifnull(sum(u.trusted_assumptions), 0)
FROM verdicts v CROSS JOIN role_use u
WHERE v.verdict = 'clean' AND u.account_id = v.account_id AND u.profile = v.profile AND u.day >= ?1 AND u.day < ?2";

/// The last time that something was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionRun {
    /// `collect` or `ingest`.
    pub kind: String,
    /// Begin.
    pub started_at: Timestamp,
    /// End.
    pub finished_at: Timestamp,
    /// Whether everything that was expected could be read.
    pub complete: bool,
}

/// Up to when a trail was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailMark {
    /// Provider.
    pub provider: Provider,
    /// The account; `None` for a trail of every account.
    pub account: Option<String>,
    /// `trail:KIND`.
    pub api: String,
    /// The end of what was read.
    pub reached: Timestamp,
}

/// What the status page begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Whether anything was ever begun.
    pub begun: bool,
    /// The last time that something was collected.
    pub last_run: Option<CollectionRun>,
    /// What could not be read, by provider and account: the first of them.
    pub gaps: Vec<Coverage>,
    /// How many there are in all.
    pub gap_count: u64,
    /// Trails, the one that is most behind first.
    pub trails: Vec<TrailMark>,
}

impl Store {
    /// What the status page begins with, with at most so many gaps.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn overview(&self, gaps: u64) -> Result<Overview, StoreError> {
        let reader = self.reader()?;
        let snapshot = reader.unchecked_transaction()?;
        Ok(Overview {
            begun: snapshot.prepare_cached(RUNNING)?.query_row([], |row| row.get(0))?,
            last_run: snapshot.prepare_cached(LAST_RUN)?.query_row([], read_run).optional()?,
            gaps: standing_gaps(&snapshot, gaps)?,
            gap_count: snapshot.prepare_cached(GAP_COUNT)?.query_row([], |row| row.get::<_, Count>(0))?.0,
            trails: trails(&snapshot)?,
        })
    }

    /// Assumptions of roles whose verdict is clean, on whole days from one (days since 1970-01-01) until before another.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn assumptions_of_clean(&self, from: i64, until: i64) -> Result<AssumptionCount, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(CLEAN_USE)?;
        Ok(statement.query_row(params![from, until], |row| {
            Ok(AssumptionCount { total: row.get::<_, Count>(0)?.0, by_trusted: row.get::<_, Count>(1)?.0 })
        })?)
    }

    /// How every place of an account stood at a moment, with those that concern every account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn coverage_of(&self, account: &Account, at: Timestamp) -> Result<Vec<CoverageSpan>, StoreError> {
        coverage::spans_at(&*self.reader()?, account, at)
    }

    /// Whether anything is known of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn knows(&self, account: &Account) -> Result<bool, StoreError> {
        Ok(accounts::known(&*self.reader()?, account)?.is_some())
    }
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<CollectionRun> {
    Ok(CollectionRun {
        kind: row.get(0)?,
        started_at: row.get::<_, Moment>(1)?.0,
        finished_at: row.get::<_, Moment>(2)?.0,
        complete: row.get::<_, Option<bool>>(3)?.unwrap_or(false),
    })
}

fn standing_gaps(connection: &Connection, limit: u64) -> Result<Vec<Coverage>, StoreError> {
    let mut statement = connection.prepare_cached(GAPS)?;
    let rows = statement.query_map([whole(limit)], |row| {
        let key = CoverageKey {
            provider: row.get(0)?,
            account: filled(row.get(1)?),
            region: filled(row.get(2)?),
            api: row.get(3)?,
            subject: filled(row.get(4)?),
        };
        let (from, to) = (row.get::<_, Moment>(7)?.0, row.get::<_, Moment>(8)?.0);
        Ok(Coverage { key, outcome: row.get(5)?, detail: row.get(6)?, from, to })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn trails(connection: &Connection) -> Result<Vec<TrailMark>, StoreError> {
    let mut statement = connection.prepare_cached(TRAILS)?;
    let rows = statement.query_map([], |row| {
        let reached = row.get::<_, Moment>(3)?.0;
        Ok(TrailMark { provider: row.get(0)?, account: filled(row.get(1)?), api: row.get(2)?, reached })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
