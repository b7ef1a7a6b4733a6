//! States of key stores.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, params};

use super::codec::{Json, Moment, millis, opt_millis};
use super::spans::{SpanQueries, SpanRow, Step, observe, observe_nothing};
use super::{HistoryFilter, Store, StoreError, StorePlace, StoreRow, accounts};
use crate::model::{Account, Collection, KeyStore, Outcome, StoreSpan};

const SPANS: SpanQueries = SpanQueries {
    current: "-- store_states.current
SELECT id, valid_from, valid_to, last_seen, state FROM store_states
WHERE account_id = ?1 AND kind = ?2 AND region = ?3 AND store = ?4 AND valid_from <= ?5
ORDER BY valid_from DESC LIMIT 1",
    next: "-- store_states.next
SELECT id, valid_from, valid_to, last_seen, state FROM store_states
WHERE account_id = ?1 AND kind = ?2 AND region = ?3 AND store = ?4 AND valid_from > ?5
ORDER BY valid_from LIMIT 1",
    seen: "-- store_states.seen
UPDATE store_states SET last_seen = ?2 WHERE id = ?1",
    begin: "-- store_states.begin
UPDATE store_states SET valid_from = ?2 WHERE id = ?1",
    end: "-- store_states.end
UPDATE store_states SET valid_to = ?2 WHERE id = ?1",
    remove: "-- store_states.remove
DELETE FROM store_states WHERE id = ?1",
};

const OPEN: &str = "-- store_states.open
INSERT INTO store_states (account_id, kind, region, store, word, state, valid_from, valid_to, last_seen)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7)";

const STANDING: &str = "-- store_states.standing
SELECT id, valid_from, valid_to, last_seen, state FROM store_states
WHERE account_id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)";

pub(super) const OF_ACCOUNT: &str = "-- store_states.of_account
SELECT id, valid_from, valid_to, last_seen, state FROM store_states
WHERE account_id = ?1 AND valid_from <= ?2 ORDER BY valid_from, id";

pub(super) const REGIONS: &str = "-- store_states.regions
SELECT DISTINCT region FROM store_states WHERE account_id = ?1 AND valid_to IS NULL ORDER BY region";

pub(super) const LIST: &str = "-- store_states.list
SELECT s.id, s.valid_from, s.valid_to, s.last_seen, s.state, a.provider, a.account
FROM accounts a CROSS JOIN store_states s
WHERE (a.provider, a.account) >= (?8, ?9)
  AND (a.provider, a.account, s.kind, s.region, s.store, s.valid_from, s.id) > (?8, ?9, ?10, ?11, ?12, ?13, ?14)
  AND s.account_id = a.id
  AND (?1 IS NULL OR a.provider = ?1) AND (?2 IS NULL OR a.account = ?2) AND (?7 IS NULL OR s.kind = ?7)
  AND (?3 IS NULL OR (s.valid_from <= ?3 AND (s.valid_to IS NULL OR s.valid_to > ?3)))
  AND (?4 IS NULL OR s.valid_to IS NULL OR s.valid_to > ?4) AND (?5 IS NULL OR s.valid_from < ?5)
ORDER BY a.provider, a.account, s.kind, s.region, s.store, s.valid_from, s.id LIMIT ?6";

/// Stores a state of a store; answers whether that is news.
pub(super) fn save(
    connection: &Connection,
    account_id: i64,
    store: &KeyStore,
    observed_at: Timestamp,
) -> Result<bool, StoreError> {
    let at = millis(observed_at);
    let keys: [&dyn ToSql; 4] = [&account_id, &store.kind, &store.region, &store.id];
    let (current, next) = SPANS.around(connection, &keys, at, read_state)?;
    let mut news = false;
    for step in observe(current.as_ref(), next.as_ref(), store, at) {
        news |= SPANS.take(connection, step, at)?;
        if let Step::Open(until) = step {
            connection.prepare_cached(OPEN)?.execute(params![
                account_id,
                store.kind,
                store.region,
                store.id,
                store.state.as_str(),
                Json(store),
                at,
                until,
            ])?;
        }
    }
    Ok(news)
}

/// Ends the spans of stores that are not listed although the whole list was read; answers whether there were any.
pub(super) fn end_missing(
    connection: &Connection,
    account_id: i64,
    collection: &Collection,
) -> Result<bool, StoreError> {
    let at = millis(collection.observed_at);
    let mut statement = connection.prepare_cached(STANDING)?;
    let rows = statement.query_map(params![account_id, at], read_state)?;
    let mut news = false;
    for row in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        if is_listed(collection, &row.state) || !is_complete(collection, &collection.kind_apis, &row.state) {
            continue;
        }
        if let Some(step) = observe_nothing(Some(&row), at) {
            news |= SPANS.take(connection, step, at)?;
        }
    }
    Ok(news)
}

fn is_listed(collection: &Collection, store: &KeyStore) -> bool {
    collection
        .stores
        .iter()
        .any(|listed| listed.id == store.id && listed.kind == store.kind && listed.region == store.region)
}

/// Whether the API that lists stores of this kind answered completely in the store's Region.
fn is_complete(collection: &Collection, kind_apis: &BTreeMap<String, String>, store: &KeyStore) -> bool {
    let Some(api) = kind_apis.get(&store.kind) else { return false };
    let mut rows = collection.coverage.iter().filter(|row| {
        row.key.api == *api && row.key.region.as_deref() == Some(&store.region) && row.key.subject.is_none()
    });
    // Two rows for one place: the worse one decides.
    rows.clone().next().is_some() && rows.all(|row| row.outcome == Outcome::Complete)
}

fn read_state(row: &Row<'_>) -> rusqlite::Result<SpanRow<KeyStore>> {
    SpanRow::read(row, |row| Ok(row.get::<_, Json<KeyStore>>(4)?.0))
}

fn read_span(row: &Row<'_>) -> rusqlite::Result<StoreSpan> {
    Ok(StoreSpan {
        store: row.get::<_, Json<KeyStore>>(4)?.0,
        valid_from: row.get::<_, Moment>(1)?.0,
        valid_to: row.get::<_, Option<Moment>>(2)?.map(|moment| moment.0),
        last_seen: row.get::<_, Moment>(3)?.0,
    })
}

fn place_of(account: &Account, span: &StoreSpan, row: i64) -> StorePlace {
    let store = &span.store;
    StorePlace {
        provider: account.provider,
        account: account.id.clone(),
        kind: store.kind.clone(),
        region: store.region.clone(),
        store: store.id.clone(),
        since: millis(span.valid_from),
        row,
    }
}

/// States known at a moment, oldest first, with nothing in them that came after it.
pub(super) fn spans_at(
    connection: &Connection,
    account_id: i64,
    as_of: Timestamp,
) -> Result<Vec<StoreSpan>, StoreError> {
    let mut statement = connection.prepare_cached(OF_ACCOUNT)?;
    let rows = statement.query_map(params![account_id, millis(as_of)], read_span)?;
    let mut spans = rows.collect::<rusqlite::Result<Vec<StoreSpan>>>()?;
    for span in &mut spans {
        span.valid_to = span.valid_to.filter(|end| *end <= as_of);
        span.last_seen = span.last_seen.min(as_of);
    }
    Ok(spans)
}

impl Store {
    /// Regions in which the history of an account holds a store: they are expected to answer, whatever a listing of
    /// Regions says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn regions_with_stores(&self, account: &Account) -> Result<Vec<String>, StoreError> {
        let reader = self.reader()?;
        let Some(id) = accounts::known(&reader, account)? else { return Ok(Vec::new()) };
        let mut statement = reader.prepare_cached(REGIONS)?;
        let rows = statement.query_map([id], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Store states, by provider, account, kind, Region and id, oldest first. Stores belong to a kind, and profiles
    /// name kinds: `filter.kind` counts, `filter.profile` does not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stores(&self, filter: &HistoryFilter) -> Result<Vec<StoreRow>, StoreError> {
        Ok(self.stores_after(filter, None)?.into_iter().map(|(_, row)| row).collect())
    }

    /// The same behind a place, each with its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stores_after(
        &self,
        filter: &HistoryFilter,
        after: Option<&StorePlace>,
    ) -> Result<Vec<(StorePlace, StoreRow)>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LIST)?;
        let values = params![
            filter.provider,
            filter.account,
            opt_millis(filter.at),
            opt_millis(filter.since),
            opt_millis(filter.until),
            filter.row_limit(),
            filter.kind,
            after.map_or("", |place| place.provider.as_str()),
            after.map_or("", |place| &place.account),
            after.map_or("", |place| &place.kind),
            after.map_or("", |place| &place.region),
            after.map_or("", |place| &place.store),
            after.map_or(i64::MIN, |place| place.since),
            after.map_or(i64::MIN, |place| place.row),
        ];
        let rows = statement.query_map(values, |row| {
            let account = Account { provider: row.get(5)?, id: row.get(6)? };
            let (row, span) = (row.get(0)?, read_span(row)?);
            Ok((place_of(&account, &span, row), StoreRow { account, span }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
