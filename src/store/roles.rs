//! States of roles.

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, params};

use super::codec::{Json, Moment, millis, opt_millis};
use super::spans::{SpanQueries, SpanRow, Step, observe};
use super::{HistoryFilter, RolePlace, RoleRow, Store, StoreError};
use crate::model::{Account, Role, RoleObservation, RoleSpan};

const SPANS: SpanQueries = SpanQueries {
    current: "-- role_states.current
SELECT id, valid_from, valid_to, last_seen, state, last_used_at FROM role_states
WHERE account_id = ?1 AND profile = ?2 AND arn = ?3 AND valid_from <= ?4 ORDER BY valid_from DESC LIMIT 1",
    next: "-- role_states.next
SELECT id, valid_from, valid_to, last_seen, state, last_used_at FROM role_states
WHERE account_id = ?1 AND profile = ?2 AND arn = ?3 AND valid_from > ?4 ORDER BY valid_from LIMIT 1",
    seen: "-- role_states.seen
UPDATE role_states SET last_seen = ?2 WHERE id = ?1",
    begin: "-- role_states.begin
UPDATE role_states SET valid_from = ?2 WHERE id = ?1",
    end: "-- role_states.end
UPDATE role_states SET valid_to = ?2 WHERE id = ?1",
    remove: "-- role_states.remove
DELETE FROM role_states WHERE id = ?1",
};

const OPEN: &str = "-- role_states.open
INSERT INTO role_states (account_id, profile, arn, state, valid_from, valid_to, last_seen, last_used_at, last_used_region)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?7, ?8)";

const ARNS: &str = "-- role_states.arns
SELECT DISTINCT arn FROM role_states WHERE account_id = ?1 AND profile = ?2 AND arn <> ''";

const ADOPT: &str = "-- role_states.adopt
UPDATE role_states SET arn = ?3 WHERE account_id = ?1 AND profile = ?2 AND arn = ''";

const USED: &str = "-- role_states.used
UPDATE role_states SET last_used_at = ?5, last_used_region = ?6
WHERE account_id = ?1 AND profile = ?2 AND arn = ?3 AND valid_from <= ?4 AND (valid_to IS NULL OR valid_to > ?4)
  AND (last_used_at IS NULL OR last_used_at < ?5)";

pub(super) const OF_ACCOUNT: &str = "-- role_states.of_account
SELECT id, valid_from, valid_to, last_seen, state, last_used_at, last_used_region, profile FROM role_states
WHERE account_id = ?1 AND valid_from <= ?2 ORDER BY valid_from, id";

pub(super) const LIST: &str = "-- role_states.list
SELECT s.id, s.valid_from, s.valid_to, s.last_seen, s.state, s.last_used_at, s.last_used_region, s.profile,
  a.provider, a.account
FROM accounts a CROSS JOIN role_states s
WHERE (a.provider, a.account) >= (?8, ?9) AND (a.provider, a.account, s.profile, s.valid_from, s.id) > (?8, ?9, ?10, ?11, ?12)
  AND s.account_id = a.id
  AND (?1 IS NULL OR a.provider = ?1) AND (?2 IS NULL OR a.account = ?2) AND (?3 IS NULL OR s.profile = ?3)
  AND (?4 IS NULL OR (s.valid_from <= ?4 AND (s.valid_to IS NULL OR s.valid_to > ?4)))
  AND (?5 IS NULL OR s.valid_to IS NULL OR s.valid_to > ?5) AND (?6 IS NULL OR s.valid_from < ?6)
ORDER BY a.provider, a.account, s.profile, s.valid_from, s.id LIMIT ?7";

type State = Option<Role>;

/// Stores what inventory said about a role; answers whether that is news.
pub(super) fn save(
    connection: &Connection,
    account_id: i64,
    observation: &RoleObservation,
    observed_at: Timestamp,
) -> Result<bool, StoreError> {
    let profile = observation.profile.as_str();
    let at = millis(observed_at);
    let Some(role) = &observation.role else { return save_absence(connection, account_id, profile, at) };
    let used = observation.last_used.as_ref();
    // Once a role has been seen, the absences known before are states of that role.
    connection.prepare_cached(ADOPT)?.execute(params![account_id, profile, role.arn])?;
    let mut news = place(connection, account_id, profile, &role.arn, &observation.role, at)?;
    if let Some((time, region)) = used {
        let mut statement = connection.prepare_cached(USED)?;
        news |= statement.execute(params![account_id, profile, role.arn, at, millis(*time), region])? > 0;
    }
    Ok(news)
}

/// An absence is a state of every role that the profile was seen with, or of a role without a name.
fn save_absence(connection: &Connection, account_id: i64, profile: &str, at: i64) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(ARNS)?;
    let rows = statement.query_map(params![account_id, profile], |row| row.get(0))?;
    let mut arns = rows.collect::<rusqlite::Result<Vec<String>>>()?;
    if arns.is_empty() {
        arns.push(String::new());
    }
    let mut news = false;
    for arn in arns {
        news |= place(connection, account_id, profile, &arn, &None, at)?;
    }
    Ok(news)
}

fn place(
    connection: &Connection,
    account_id: i64,
    profile: &str,
    arn: &str,
    state: &State,
    at: i64,
) -> Result<bool, StoreError> {
    let keys: [&dyn ToSql; 3] = [&account_id, &profile, &arn];
    let (current, next) = SPANS.around(connection, &keys, at, read_state)?;
    let mut news = false;
    for step in observe(current.as_ref(), next.as_ref(), state, at) {
        news |= SPANS.take(connection, step, at)?;
        if let Step::Open(until) = step {
            let values =
                params![account_id, profile, arn, state.as_ref().map(Json), at, until, None::<i64>, None::<String>];
            connection.prepare_cached(OPEN)?.execute(values)?;
        }
    }
    Ok(news)
}

fn read_state(row: &Row<'_>) -> rusqlite::Result<SpanRow<State>> {
    SpanRow::read(row, |row| Ok(row.get::<_, Option<Json<Role>>>(4)?.map(|json| json.0)))
}

fn read_span(row: &Row<'_>) -> rusqlite::Result<RoleSpan> {
    let used_at = row.get::<_, Option<Moment>>(5)?;
    let used_region = row.get::<_, Option<String>>(6)?;
    Ok(RoleSpan {
        profile: row.get(7)?,
        role: row.get::<_, Option<Json<Role>>>(4)?.map(|json| json.0),
        valid_from: row.get::<_, Moment>(1)?.0,
        valid_to: row.get::<_, Option<Moment>>(2)?.map(|moment| moment.0),
        last_seen: row.get::<_, Moment>(3)?.0,
        last_used: used_at.map(|moment| (moment.0, used_region)),
    })
}

/// States known at a moment, oldest first, with nothing in them that came after it.
pub(super) fn spans_at(
    connection: &Connection,
    account_id: i64,
    as_of: Timestamp,
) -> Result<Vec<RoleSpan>, StoreError> {
    let mut statement = connection.prepare_cached(OF_ACCOUNT)?;
    let rows = statement.query_map(params![account_id, millis(as_of)], read_span)?;
    let mut spans = rows.collect::<rusqlite::Result<Vec<RoleSpan>>>()?;
    for span in &mut spans {
        span.valid_to = span.valid_to.filter(|end| *end <= as_of);
        span.last_seen = span.last_seen.min(as_of);
        span.last_used = span.last_used.take().filter(|(used, _)| *used <= as_of);
    }
    Ok(spans)
}

impl Store {
    /// Role states, by provider, account and profile, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn roles(&self, filter: &HistoryFilter) -> Result<Vec<RoleRow>, StoreError> {
        Ok(self.roles_after(filter, None)?.into_iter().map(|(_, row)| row).collect())
    }

    /// The same behind a place, each with its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn roles_after(
        &self,
        filter: &HistoryFilter,
        after: Option<&RolePlace>,
    ) -> Result<Vec<(RolePlace, RoleRow)>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LIST)?;
        let values = params![
            filter.provider,
            filter.account,
            filter.profile,
            opt_millis(filter.at),
            opt_millis(filter.since),
            opt_millis(filter.until),
            filter.row_limit(),
            after.map_or("", |place| place.0.as_str()),
            after.map_or("", |place| &place.1),
            after.map_or("", |place| &place.2),
            after.map_or(i64::MIN, |place| place.3),
            after.map_or(i64::MIN, |place| place.4),
        ];
        let rows = statement.query_map(values, |row| {
            let account = Account { provider: row.get(8)?, id: row.get(9)? };
            let span = read_span(row)?;
            let (id, profile, begin) = (account.id.clone(), span.profile.clone(), millis(span.valid_from));
            Ok((RolePlace(account.provider, id, profile, begin, row.get(0)?), RoleRow { account, span }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
