//! Coverage: one row while a place ends the same way again and again, so that a year of runs stays small.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{Moment, filled, millis, opt_millis};
use super::{CoveragePlace, CoverageRow, HistoryFilter, RunId, Store, StoreError, accounts};
use crate::model::{Account, Coverage, CoverageKey, CoverageSpan, Outcome, api};

/// Spans of a trail that lie no farther apart than this are one: trails deliver at least so often, and whoever reads
/// them looks back as far.
const TRAIL_JOINT: SignedDuration = SignedDuration::from_hours(24);

macro_rules! columns {
    () => {
        "id, provider, account, region, api, subject, outcome, detail, covers_from, covers_to, since, checked_at, \
         last_complete, run_id, outcome_since"
    };
}

pub(super) const NEWEST: &str = concat!(
    "-- coverage.newest\nSELECT ",
    columns!(),
    " FROM coverage
WHERE provider = ?1 AND account = ?2 AND api = ?3 AND region = ?4 AND subject = ?5 AND until IS NULL
ORDER BY since DESC LIMIT 1"
);

const LAST_COMPLETE_SPAN: &str = "-- coverage.last_complete_span
SELECT covers_from, covers_to FROM coverage
WHERE provider = ?1 AND account = ?2 AND api = ?3 AND region = ?4 AND subject = ?5 AND outcome = 'complete'
ORDER BY covers_to DESC LIMIT 1";

const EXTEND: &str = "-- coverage.extend
UPDATE coverage SET covers_from = ?2, covers_to = ?3, checked_at = ?4, last_complete = ?5, run_id = ?6 WHERE id = ?1";

const END: &str = "-- coverage.end
UPDATE coverage SET until = ?2 WHERE id = ?1";

const END_UNMENTIONED: &str = "-- coverage.end_unmentioned
UPDATE coverage SET until = ?3
WHERE provider = ?1 AND account = ?2 AND until IS NULL AND checked_at < ?3 AND api <> 'trail' AND api NOT LIKE 'trail:%'";

const END_LOOKUPS: &str = "-- coverage.end_lookups
UPDATE coverage SET until = ?4
WHERE provider = ?1 AND account = ?2 AND api = 'trail:lookup-events' AND until IS NULL AND checked_at < ?3";

const REMOVE: &str = "-- coverage.remove
DELETE FROM coverage WHERE id = ?1";

const ADD: &str = "-- coverage.add
INSERT INTO coverage (provider, account, region, api, subject, outcome, detail, covers_from, covers_to, since,
  checked_at, until, last_complete, run_id, outcome_since)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12, ?13, ?14)";

pub(super) const AT: &str = concat!(
    "-- coverage.at\nSELECT ",
    columns!(),
    " FROM coverage
WHERE provider = ?1 AND account = ?2 AND since <= ?3 AND (until IS NULL OR until > ?3)
ORDER BY api, region, subject"
);

macro_rules! list {
    ($name:literal, $narrowed:literal) => {
        concat!(
            "-- coverage.",
            $name,
            "\nSELECT ",
            columns!(),
            " FROM coverage
WHERE (provider, account, api, region, subject, since, id) > (?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            $narrowed,
            " AND (?1 IS NULL OR provider = ?1) AND (?2 IS NULL OR account = ?2 OR account = '')
  AND (?3 IS NULL OR (since <= ?3 AND (until IS NULL OR until > ?3)))
  AND (?4 IS NULL OR checked_at >= ?4) AND (?5 IS NULL OR since < ?5)
ORDER BY provider, account, api, region, subject, since, id LIMIT ?6"
        )
    };
}

pub(super) const LIST: &str = list!("list", "");

/// The outcomes of [`Outcome::is_gap`], spelled as in the index of gaps, which is used for no other spelling.
pub(super) const LIST_GAPS: &str =
    list!("list_gaps", " AND outcome IN ('partial', 'denied', 'throttled', 'timed-out', 'error')");

/// A stored row.
struct Stored {
    id: i64,
    run: RunId,
    /// Since when the row stands; the span's own `since` goes by the outcome alone.
    since: Timestamp,
    span: CoverageSpan,
}

/// What a new row takes over from the one before it.
#[derive(Debug, Default)]
struct Before {
    last_complete: Option<Timestamp>,
    outcome_since: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let key = CoverageKey {
        provider: row.get(1)?,
        account: filled(row.get(2)?),
        region: filled(row.get(3)?),
        api: row.get(4)?,
        subject: filled(row.get(5)?),
    };
    let coverage = Coverage {
        key,
        outcome: row.get(6)?,
        detail: row.get(7)?,
        from: row.get::<_, Moment>(8)?.0,
        to: row.get::<_, Moment>(9)?.0,
    };
    let span = CoverageSpan {
        coverage,
        since: row.get::<_, Moment>(14)?.0,
        checked_at: row.get::<_, Moment>(11)?.0,
        last_complete: row.get::<_, Option<Moment>>(12)?.map(|moment| moment.0),
    };
    Ok(Stored { id: row.get(0)?, run: RunId(row.get(13)?), since: row.get::<_, Moment>(10)?.0, span })
}

fn place_of(row: &CoverageRow, id: i64) -> CoveragePlace {
    let key = row.coverage.key.clone();
    CoveragePlace {
        provider: key.provider,
        account: key.account.unwrap_or_default(),
        api: key.api,
        region: key.region.unwrap_or_default(),
        subject: key.subject.unwrap_or_default(),
        since: millis(row.since),
        row: id,
    }
}

fn is_trail(key: &CoverageKey) -> bool {
    key.api == api::TRAIL || key.api.starts_with("trail:")
}

fn join(a: (Timestamp, Timestamp), b: (Timestamp, Timestamp)) -> (Timestamp, Timestamp) {
    (a.0.min(b.0), a.1.max(b.1))
}

fn touches(a: (Timestamp, Timestamp), b: (Timestamp, Timestamp)) -> bool {
    let near = |end: Timestamp, begin: Timestamp| begin.duration_since(end) <= TRAIL_JOINT;
    near(a.1, b.0) && near(b.1, a.0)
}

/// Stores a row that a run ended with at a moment; answers whether that is news.
pub(super) fn save(connection: &Connection, run: RunId, at: Timestamp, row: &Coverage) -> Result<bool, StoreError> {
    let newest = newest(connection, &row.key)?;
    let Some(stored) = newest else {
        return add(connection, run, at, row, None, &Before::default()).map(|()| true);
    };
    // What a run of long ago says about a place that was read since is not its state.
    if millis(at) < millis(stored.span.checked_at) {
        return Ok(false);
    }
    let known = &stored.span.coverage;
    let (old, new) = ((known.from, known.to), (row.from, row.to));
    let same_outcome = known.outcome == row.outcome;
    let same = same_outcome && known.detail == row.detail;
    let before =
        Before { last_complete: stored.span.last_complete, outcome_since: same_outcome.then_some(stored.span.since) };
    if same && (!is_trail(&row.key) || touches(old, new)) {
        let covers = if is_trail(&row.key) { join(old, new) } else { new };
        extend(connection, run, at, &stored, covers)?;
        return Ok(is_trail(&row.key) && covers != old);
    }
    if same && new.1 < old.0 {
        // An older part of a trail, read late: it is known, and the newest part stays the state of the place.
        return add(connection, run, at, row, Some(at), &before).map(|()| true);
    }
    end(connection, &stored, at)?;
    add(connection, run, at, row, None, &before).map(|()| true)
}

fn newest(connection: &Connection, key: &CoverageKey) -> Result<Option<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(NEWEST)?;
    let values = params![
        key.provider,
        key.account.as_deref().unwrap_or_default(),
        key.api,
        key.region.as_deref().unwrap_or_default(),
        key.subject.as_deref().unwrap_or_default(),
    ];
    Ok(statement.query_row(values, read).optional()?)
}

fn extend(
    connection: &Connection,
    run: RunId,
    at: Timestamp,
    stored: &Stored,
    covers: (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let last_complete = match stored.span.coverage.outcome {
        Outcome::Complete => Some(at),
        _ => stored.span.last_complete,
    };
    let values = params![stored.id, millis(covers.0), millis(covers.1), millis(at), opt_millis(last_complete), run.0];
    connection.prepare_cached(EXTEND)?.execute(values)?;
    Ok(())
}

fn end(connection: &Connection, stored: &Stored, at: Timestamp) -> Result<(), StoreError> {
    if millis(stored.since) == millis(at) {
        connection.prepare_cached(REMOVE)?.execute([stored.id])?;
    } else {
        connection.prepare_cached(END)?.execute(params![stored.id, millis(at)])?;
    }
    Ok(())
}

fn add(
    connection: &Connection,
    run: RunId,
    at: Timestamp,
    row: &Coverage,
    until: Option<Timestamp>,
    before: &Before,
) -> Result<(), StoreError> {
    let covers = whole_trail_span(connection, row)?;
    let last_complete = if row.outcome == Outcome::Complete { Some(at) } else { before.last_complete };
    connection.prepare_cached(ADD)?.execute(params![
        row.key.provider,
        row.key.account.as_deref().unwrap_or_default(),
        row.key.region.as_deref().unwrap_or_default(),
        row.key.api,
        row.key.subject.as_deref().unwrap_or_default(),
        row.outcome,
        row.detail,
        millis(covers.0),
        millis(covers.1),
        millis(at),
        opt_millis(until),
        opt_millis(last_complete),
        run.0,
        millis(before.outcome_since.unwrap_or(at)),
    ])?;
    Ok(())
}

/// A trail that is complete again after a failure covers what it covered before as well, if the two spans meet.
fn whole_trail_span(connection: &Connection, row: &Coverage) -> Result<(Timestamp, Timestamp), StoreError> {
    let new = (row.from, row.to);
    if row.outcome != Outcome::Complete || !is_trail(&row.key) {
        return Ok(new);
    }
    let old = last_complete_span(connection, &row.key)?;
    Ok(old.filter(|old| touches(*old, new)).map_or(new, |old| join(old, new)))
}

fn last_complete_span(
    connection: &Connection,
    key: &CoverageKey,
) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let mut statement = connection.prepare_cached(LAST_COMPLETE_SPAN)?;
    let values = params![
        key.provider,
        key.account.as_deref().unwrap_or_default(),
        key.api,
        key.region.as_deref().unwrap_or_default(),
        key.subject.as_deref().unwrap_or_default(),
    ];
    let span = |row: &Row<'_>| Ok((row.get::<_, Moment>(0)?.0, row.get::<_, Moment>(1)?.0));
    Ok(statement.query_row(values, span).optional()?)
}

/// The newest coverage of each place of an account at a moment, with the places that concern every account.
pub(super) fn spans_at(
    connection: &Connection,
    account: &Account,
    as_of: Timestamp,
) -> Result<Vec<CoverageSpan>, StoreError> {
    let mut statement = connection.prepare_cached(AT)?;
    let mut spans = Vec::new();
    for owner in [account.id.as_str(), ""] {
        let rows = statement.query_map(params![account.provider, owner, millis(as_of)], read)?;
        for row in rows {
            spans.push(up_to(row?.span, as_of));
        }
    }
    Ok(spans)
}

/// The span without what came after a moment.
fn up_to(mut span: CoverageSpan, as_of: Timestamp) -> CoverageSpan {
    span.checked_at = span.checked_at.min(as_of);
    span.last_complete = span.last_complete.map(|time| time.min(as_of));
    span.coverage.from = span.coverage.from.min(as_of);
    span.coverage.to = span.coverage.to.min(as_of);
    span
}

/// Stores rows and notes for which accounts they are news.
pub(super) fn save_all(
    connection: &Connection,
    run: RunId,
    at: Timestamp,
    rows: &[Coverage],
) -> Result<(), StoreError> {
    for row in rows {
        let news = save(connection, run, at, row)?;
        match &row.key.account {
            Some(account) => {
                let id = accounts::ensure(connection, &Account::new(row.key.provider, account.as_str()), true)?;
                if news {
                    accounts::touch(connection, id)?;
                }
            }
            None if news => accounts::touch_provider(connection, row.key.provider)?,
            None => {}
        }
    }
    Ok(())
}

/// Ends the rows of inventory that a collection at `at` does not mention: it says all that is expected of its
/// account, so that the place (a detached policy, a Region that is not asked any more) is not expected any longer.
pub(super) fn end_unmentioned(connection: &Connection, account: &Account, at: Timestamp) -> Result<(), StoreError> {
    let ended =
        connection.prepare_cached(END_UNMENTIONED)?.execute(params![account.provider, account.id, millis(at)])?;
    if ended > 0 {
        let id = accounts::ensure(connection, account, true)?;
        accounts::touch(connection, id)?;
    }
    Ok(())
}

impl Store {
    /// The time that the last complete reading of a trail covers: begin and end. `None` where none was complete.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn trail_span(&self, key: &CoverageKey) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        last_complete_span(&*self.reader()?, key)
    }

    /// Stores coverage that belongs to no collection: trails, accounts that could not be entered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_coverage(&self, run: RunId, at: Timestamp, rows: &[Coverage]) -> Result<(), StoreError> {
        self.write(|transaction| save_all(transaction, run, at, rows))
    }

    /// Ends the rows of an account's event history that were not written since a moment: those Regions are not read any
    /// more, and nothing is expected of them. What they covered stays known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_unread_lookups(&self, account: &Account, since: Timestamp, at: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| {
            let values = params![account.provider, account.id, millis(since), millis(at)];
            if transaction.prepare_cached(END_LOOKUPS)?.execute(values)? > 0 {
                let id = accounts::ensure(transaction, account, true)?;
                accounts::touch(transaction, id)?;
            }
            Ok(())
        })
    }

    /// Coverage rows by place, oldest first; those that concern every account are in the answer for each account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn coverage(&self, filter: &HistoryFilter) -> Result<Vec<CoverageRow>, StoreError> {
        let mut rows = Vec::new();
        self.each_coverage(filter, |row| rows.push(row))?;
        Ok(rows)
    }

    /// The same rows one at a time: an organization has more of them than memory should hold.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn each_coverage(&self, filter: &HistoryFilter, mut take: impl FnMut(CoverageRow)) -> Result<(), StoreError> {
        self.each_coverage_after(filter, None, |_, row| take(row))
    }

    /// The rows behind a place, each with its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn coverage_after(
        &self,
        filter: &HistoryFilter,
        after: Option<&CoveragePlace>,
    ) -> Result<Vec<(CoveragePlace, CoverageRow)>, StoreError> {
        let mut rows = Vec::new();
        self.each_coverage_after(filter, after, |stored, row| rows.push((place_of(&row, stored), row)))?;
        Ok(rows)
    }

    fn each_coverage_after(
        &self,
        filter: &HistoryFilter,
        after: Option<&CoveragePlace>,
        mut take: impl FnMut(i64, CoverageRow),
    ) -> Result<(), StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(if filter.gaps { LIST_GAPS } else { LIST })?;
        let values = params![
            filter.provider,
            filter.account,
            opt_millis(filter.at),
            opt_millis(filter.since),
            opt_millis(filter.until),
            filter.row_limit(),
            after.map_or("", |place| place.provider.as_str()),
            after.map_or("", |place| &place.account),
            after.map_or("", |place| &place.api),
            after.map_or("", |place| &place.region),
            after.map_or("", |place| &place.subject),
            after.map_or(i64::MIN, |place| place.since),
            after.map_or(i64::MIN, |place| place.row),
        ];
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            let Stored { id, run, since, span } = read(row)?;
            let span = filter.at.map_or_else(|| span.clone(), |at| up_to(span.clone(), at));
            take(id, CoverageRow { run, coverage: span.coverage, since, checked_at: span.checked_at });
        }
        Ok(())
    }
}
