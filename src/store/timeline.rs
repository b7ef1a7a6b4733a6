//! What is known of the role of one profile in a span of time: for pictures, so that every part of it has a bound.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::codec::{Count, DAY_MILLIS, Json, Moment, filled, millis, whole};
use super::{Store, StoreError, accounts, key_stores, roles, tasks};
use crate::model::{
    Account, Concern, ConcernKind, Coverage, CoverageKey, DeletionTask, EventOutcome, RoleSpan, StoreSpan,
};

/// Events that are no ordinary work, at most: far more than a picture can show apart.
pub const MOST_EVENTS: u64 = 2_000;

/// Rows of coverage at most. A place has one for as long as it ends the same way.
const MOST_COVERAGE: u64 = 5_000;

pub(super) const DAYS: &str = "-- role_use.days
SELECT day, sum(assumptions), sum(trusted_assumptions) FROM role_use
WHERE account_id = ?1 AND profile = ?2 AND day >= ?3 AND day <= ?4 GROUP BY day ORDER BY day";

pub(super) const USED: &str = "-- role_use.span
SELECT min(first_routine), max(last_routine) FROM role_use
WHERE account_id = ?1 AND profile = ?2 AND day <= ?3 AND routine > 0";

/// The index tells the profile, so that other profiles of the account cost no look at their rows.
pub(super) const EVENTS: &str = "-- event_concerns.newest_notable
SELECT DISTINCT c.time, c.event, e.event_id, e.name, e.region, e.store, e.outcome, e.concerns,
  ifnull(e.actor_arn, ifnull(e.actor_invoked_by, e.actor_principal_id))
FROM event_concerns c INDEXED BY event_concerns_notable CROSS JOIN events e
WHERE c.account_id = ?1 AND c.routine = 0 AND c.profile = ?2 AND c.time < ?3 AND e.id = c.event
ORDER BY c.time DESC, c.event DESC LIMIT ?4";

/// What could not be read of inventory, and every row of trails: what they cover is what is known of events.
pub(super) const COVERAGE: &str = "-- coverage.of_timeline
SELECT account, region, api, subject, outcome, detail, covers_from, covers_to, since, until FROM coverage
WHERE provider = ?1 AND account IN (?2, '') AND since < ?4 AND (
    (api >= 'trail' AND api < 'trail;') OR (
      outcome IN ('partial', 'denied', 'throttled', 'timed-out', 'error') AND (until IS NULL OR until > ?3)))
ORDER BY since DESC LIMIT ?5";

/// Assumptions on a day that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayAssumptions {
    /// Days since 1970-01-01 (UTC).
    pub day: i64,
    /// All of them.
    pub total: u64,
    /// Those by trusted principals.
    pub by_trusted: u64,
}

/// An event that is no ordinary work, as far as a picture needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotableEvent {
    /// When.
    pub time: Timestamp,
    /// Its id.
    pub id: String,
    /// The call.
    pub name: String,
    /// Region of the record.
    pub region: Option<String>,
    /// The store that it concerns.
    pub store: Option<String>,
    /// How it ended.
    pub outcome: EventOutcome,
    /// What it means for the profile.
    pub kinds: Vec<ConcernKind>,
    /// Who.
    pub actor: Option<String>,
}

/// A row of coverage and for how long it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageStretch {
    /// The row.
    pub coverage: Coverage,
    /// Since when.
    pub since: Timestamp,
    /// Until when; `None` while it stands.
    pub until: Option<Timestamp>,
}

/// What is known of a role in a span of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleHistory {
    /// States of the profile's roles, oldest first, those that ended before the span as well.
    pub roles: Vec<RoleSpan>,
    /// States of the account's stores of every kind, oldest first.
    pub stores: Vec<StoreSpan>,
    /// Deletion tasks of the profile's roles, oldest first.
    pub tasks: Vec<DeletionTask>,
    /// Assumptions by day, within the span.
    pub days: Vec<DayAssumptions>,
    /// First and last ordinary use up to the end of the span.
    pub used: Option<(Timestamp, Timestamp)>,
    /// Events that are no ordinary work, newest first, at most [`MOST_EVENTS`]; those before the span as well.
    pub events: Vec<NotableEvent>,
    /// Rows of inventory that could not be read, and those of trails.
    pub coverage: Vec<CoverageStretch>,
}

impl Store {
    /// What is known of the roles of a profile from one moment to another.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn role_history(
        &self,
        account: &Account,
        profile: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<RoleHistory, StoreError> {
        let reader = self.reader()?;
        let snapshot = reader.unchecked_transaction()?;
        let Some(id) = accounts::known(&snapshot, account)? else { return Ok(RoleHistory::default()) };
        let mut roles = roles::spans_at(&snapshot, id, to)?;
        roles.retain(|span| span.profile == profile);
        let mut tasks = tasks::tasks_at(&snapshot, id, to)?;
        tasks.retain(|task| task.profile == profile);
        Ok(RoleHistory {
            roles,
            stores: key_stores::spans_at(&snapshot, id, to)?,
            tasks,
            days: days(&snapshot, (id, profile), (millis(from), millis(to)))?,
            used: used(&snapshot, (id, profile), millis(to))?,
            events: events(&snapshot, (id, profile), millis(to))?,
            coverage: coverage(&snapshot, account, (millis(from), millis(to)))?,
        })
    }
}

fn days(
    connection: &Connection,
    (id, profile): (i64, &str),
    (from, to): (i64, i64),
) -> Result<Vec<DayAssumptions>, StoreError> {
    let mut statement = connection.prepare_cached(DAYS)?;
    let values = params![id, profile, from.div_euclid(DAY_MILLIS), (to - 1).div_euclid(DAY_MILLIS)];
    let rows = statement.query_map(values, |row| {
        let (total, by_trusted) = (row.get::<_, Count>(1)?.0, row.get::<_, Count>(2)?.0);
        Ok(DayAssumptions { day: row.get(0)?, total, by_trusted })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn used(
    connection: &Connection,
    (id, profile): (i64, &str),
    to: i64,
) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let values = params![id, profile, to.div_euclid(DAY_MILLIS)];
    let (first, last) = connection
        .prepare_cached(USED)?
        .query_row(values, |row| Ok((row.get::<_, Option<Moment>>(0)?, row.get::<_, Option<Moment>>(1)?)))?;
    Ok(first.zip(last).map(|(first, last)| (first.0, last.0)))
}

fn events(connection: &Connection, (id, profile): (i64, &str), to: i64) -> Result<Vec<NotableEvent>, StoreError> {
    let mut statement = connection.prepare_cached(EVENTS)?;
    let rows = statement.query_map(params![id, profile, to, whole(MOST_EVENTS)], |row| {
        let mut concerns = row.get::<_, Json<Vec<Concern>>>(7)?.0;
        concerns.retain(|concern| concern.profile == profile);
        Ok(NotableEvent {
            time: row.get::<_, Moment>(0)?.0,
            id: row.get(2)?,
            name: row.get(3)?,
            region: row.get(4)?,
            store: row.get(5)?,
            outcome: row.get(6)?,
            kinds: concerns.into_iter().map(|concern| concern.kind).collect(),
            actor: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn coverage(
    connection: &Connection,
    account: &Account,
    (from, to): (i64, i64),
) -> Result<Vec<CoverageStretch>, StoreError> {
    let mut statement = connection.prepare_cached(COVERAGE)?;
    let values = params![account.provider, account.id, from, to, whole(MOST_COVERAGE)];
    let rows = statement.query_map(values, |row| {
        let key = CoverageKey {
            provider: account.provider,
            account: filled(row.get(0)?),
            region: filled(row.get(1)?),
            api: row.get(2)?,
            subject: filled(row.get(3)?),
        };
        let (from, to) = (row.get::<_, Moment>(6)?.0, row.get::<_, Moment>(7)?.0);
        Ok(CoverageStretch {
            coverage: Coverage { key, outcome: row.get(4)?, detail: row.get(5)?, from, to },
            since: row.get::<_, Moment>(8)?.0,
            until: row.get::<_, Option<Moment>>(9)?.map(|moment| moment.0),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
