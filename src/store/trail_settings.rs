//! States of trails.

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, params};

use super::codec::{Json, Moment, millis};
use super::spans::{SpanQueries, SpanRow, Step, observe, observe_nothing};
use super::{Store, StoreError, accounts};
use crate::model::{Account, TrailSettings, TrailSpan};

const SPANS: SpanQueries = SpanQueries {
    current: "-- trail_states.current
SELECT id, valid_from, valid_to, last_seen, state FROM trail_states
WHERE account_id = ?1 AND arn = ?2 AND valid_from <= ?3
ORDER BY valid_from DESC LIMIT 1",
    next: "-- trail_states.next
SELECT id, valid_from, valid_to, last_seen, state FROM trail_states
WHERE account_id = ?1 AND arn = ?2 AND valid_from > ?3
ORDER BY valid_from LIMIT 1",
    seen: "-- trail_states.seen
UPDATE trail_states SET last_seen = ?2 WHERE id = ?1",
    begin: "-- trail_states.begin
UPDATE trail_states SET valid_from = ?2 WHERE id = ?1",
    end: "-- trail_states.end
UPDATE trail_states SET valid_to = ?2 WHERE id = ?1",
    remove: "-- trail_states.remove
DELETE FROM trail_states WHERE id = ?1",
};

const OPEN: &str = "-- trail_states.open
INSERT INTO trail_states (account_id, arn, state, valid_from, valid_to, last_seen)
VALUES (?1, ?2, ?3, ?4, ?5, ?4)";

const STANDING: &str = "-- trail_states.standing
SELECT id, valid_from, valid_to, last_seen, state FROM trail_states
WHERE account_id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)";

pub(super) const OF_ACCOUNT: &str = "-- trail_states.of_account
SELECT id, valid_from, valid_to, last_seen, state FROM trail_states
WHERE account_id = ?1 AND valid_from <= ?2 ORDER BY valid_from, id";

/// Stores the complete list of an account's trails: a trail that is not in it has ended. Answers whether there is
/// news.
pub(super) fn save_all(
    connection: &Connection,
    account_id: i64,
    trails: &[TrailSettings],
    observed_at: Timestamp,
) -> Result<bool, StoreError> {
    let at = millis(observed_at);
    let mut news = false;
    for trail in trails {
        news |= save(connection, account_id, trail, at)?;
    }
    let mut statement = connection.prepare_cached(STANDING)?;
    let rows = statement.query_map(params![account_id, at], read_state)?;
    for row in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        if trails.iter().any(|listed| listed.arn == row.state.arn) {
            continue;
        }
        if let Some(step) = observe_nothing(Some(&row), at) {
            news |= SPANS.take(connection, step, at)?;
        }
    }
    Ok(news)
}

fn save(connection: &Connection, account_id: i64, trail: &TrailSettings, at: i64) -> Result<bool, StoreError> {
    let keys: [&dyn ToSql; 2] = [&account_id, &trail.arn];
    let (current, next) = SPANS.around(connection, &keys, at, read_state)?;
    let mut news = false;
    for step in observe(current.as_ref(), next.as_ref(), trail, at) {
        news |= SPANS.take(connection, step, at)?;
        if let Step::Open(until) = step {
            connection.prepare_cached(OPEN)?.execute(params![account_id, trail.arn, Json(trail), at, until])?;
        }
    }
    Ok(news)
}

fn read_state(row: &Row<'_>) -> rusqlite::Result<SpanRow<TrailSettings>> {
    SpanRow::read(row, |row| Ok(row.get::<_, Json<TrailSettings>>(4)?.0))
}

fn read_span(row: &Row<'_>) -> rusqlite::Result<TrailSpan> {
    Ok(TrailSpan {
        trail: row.get::<_, Json<TrailSettings>>(4)?.0,
        valid_from: row.get::<_, Moment>(1)?.0,
        valid_to: row.get::<_, Option<Moment>>(2)?.map(|moment| moment.0),
        last_seen: row.get::<_, Moment>(3)?.0,
    })
}

/// States known at a moment, oldest first, with nothing in them that came after it.
pub(super) fn spans_at(
    connection: &Connection,
    account_id: i64,
    as_of: Timestamp,
) -> Result<Vec<TrailSpan>, StoreError> {
    let mut statement = connection.prepare_cached(OF_ACCOUNT)?;
    let rows = statement.query_map(params![account_id, millis(as_of)], read_span)?;
    let mut spans = rows.collect::<rusqlite::Result<Vec<TrailSpan>>>()?;
    for span in &mut spans {
        span.valid_to = span.valid_to.filter(|end| *end <= as_of);
        span.last_seen = span.last_seen.min(as_of);
    }
    Ok(spans)
}

impl Store {
    /// Every state of an account's trails, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn trails(&self, account: &Account) -> Result<Vec<TrailSpan>, StoreError> {
        let reader = self.reader()?;
        let Some(id) = accounts::known(&reader, account)? else { return Ok(Vec::new()) };
        spans_at(&reader, id, Timestamp::MAX)
    }
}
