//! Use of roles by day, so that counting needs no scan of events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::codec::{Count, DAY_MILLIS, Moment, filled, millis, whole};
use super::events::{self, OF_PROFILE};
use super::{Store, StoreError, accounts};
use crate::model::{Account, AssumptionCount, ConcernKind, EventOutcome, RoleUse, TrailEvent};

const ADD: &str = "-- role_use.add
INSERT INTO role_use (account_id, profile, role, day, routine, first_routine, last_routine, last_role_id,
  last_role_id_at, assumptions, trusted_assumptions)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (account_id, profile, role, day) DO UPDATE SET
  routine = routine + excluded.routine,
  first_routine = min(ifnull(first_routine, excluded.first_routine), ifnull(excluded.first_routine, first_routine)),
  last_routine = max(ifnull(last_routine, excluded.last_routine), ifnull(excluded.last_routine, last_routine)),
  last_role_id = CASE WHEN (ifnull(last_role_id_at, -1), ifnull(last_role_id, '')) <
      (ifnull(excluded.last_role_id_at, -1), ifnull(excluded.last_role_id, ''))
    THEN excluded.last_role_id ELSE last_role_id END,
  last_role_id_at = max(ifnull(last_role_id_at, excluded.last_role_id_at),
    ifnull(excluded.last_role_id_at, last_role_id_at)),
  assumptions = assumptions + excluded.assumptions,
  trusted_assumptions = trusted_assumptions + excluded.trusted_assumptions";

const CLEAR: &str = "-- role_use.clear
DELETE FROM role_use WHERE account_id = ?1 AND profile = ?2 AND day = ?3";

pub(super) const OF_ACCOUNT: &str = "-- role_use.of_account
SELECT profile, role, day, routine, first_routine, last_routine, last_role_id FROM role_use
WHERE account_id = ?1 AND day <= ?2 AND routine > 0 ORDER BY profile, role, day";

pub(super) const RECENT: &str = "-- event_concerns.recent
SELECT c.time, e.event_id FROM event_concerns c CROSS JOIN events e
WHERE c.account_id = ?1 AND c.profile = ?2 AND c.time >= ?3 AND c.time <= ?4 AND c.routine = 1
  AND e.id = c.event AND ifnull(e.role, '') = ?5
  AND NOT EXISTS (SELECT 1 FROM event_concerns p WHERE p.account_id = c.account_id AND p.profile = c.profile
    AND p.time = c.time AND p.event = c.event AND p.ordinal < c.ordinal)
ORDER BY c.time DESC, c.event DESC LIMIT ?6";

pub(super) const ASSUMPTIONS: &str = "-- role_use.assumptions
SELECT ifnull(sum(assumptions), 0), ifnull(sum(trusted_assumptions), 0) FROM role_use
WHERE account_id = ?1 AND profile = ?2 AND day >= ?3 AND day < ?4";

/// The same for parts of days, by the rules of [`DayUse::of`].
pub(super) const ASSUMPTIONS_WITHIN: &str = "-- event_concerns.assumptions
SELECT count(*), ifnull(sum(trusted), 0) FROM (
  SELECT min(c.trusted) AS trusted FROM event_concerns c CROSS JOIN events e
  WHERE c.account_id = ?1 AND c.profile = ?2 AND c.time >= ?3 AND c.time < ?4 AND c.kind = 'assumption'
    AND e.id = c.event AND e.account_id = c.account_id AND e.outcome = 'allowed'
  GROUP BY c.time, c.event)";

/// A day of a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DayKey {
    account_id: i64,
    profile: String,
    role: String,
    day: i64,
}

/// What events add to a day of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DayUse {
    routine: u64,
    first: Option<i64>,
    last: Option<i64>,
    role_id: Option<(i64, String)>,
    assumptions: u64,
    trusted: u64,
}

impl DayUse {
    fn of(event: &TrailEvent, profile: &str, owner: &str) -> Self {
        let time = millis(event.time);
        let mut day = Self::default();
        if events::is_counted(event) {
            day.routine = 1;
            day.first = Some(time);
            day.last = Some(time);
            day.role_id = event.role_id.clone().map(|id| (time, id));
        }
        // A cross-account assumption is recorded in both accounts: the record of the role's own account counts.
        if event.outcome == EventOutcome::Allowed && event.account == owner {
            let mut assumptions = event.concerns.iter().filter(|concern| {
                concern.profile == profile && concern.account == owner && concern.kind == ConcernKind::Assumption
            });
            if let Some(first) = assumptions.next() {
                day.assumptions = 1;
                day.trusted = u64::from(first.trusted && assumptions.all(|concern| concern.trusted));
            }
        }
        day
    }

    fn is_empty(&self) -> bool {
        self.routine == 0 && self.assumptions == 0
    }

    fn add(&mut self, other: Self) {
        self.routine += other.routine;
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.role_id = self.role_id.take().max(other.role_id);
        self.assumptions += other.assumptions;
        self.trusted += other.trusted;
    }
}

/// Days that wait to be stored.
#[derive(Debug, Default)]
pub(super) struct Days(BTreeMap<DayKey, DayUse>);

impl Days {
    /// Days kept in memory at most; more are stored at once.
    pub(super) const MOST: usize = 4096;

    /// Adds an event; `owners` has the account numbers of its concerns, in their order.
    pub(super) fn add(&mut self, event: &TrailEvent, owners: &[i64]) {
        for (place, (concern, owner)) in event.concerns.iter().zip(owners).enumerate() {
            let mut before = event.concerns[..place].iter();
            if before.any(|other| other.profile == concern.profile && other.account == concern.account) {
                continue;
            }
            let day = DayUse::of(event, &concern.profile, &concern.account);
            if day.is_empty() {
                continue;
            }
            let key = DayKey {
                account_id: *owner,
                profile: concern.profile.clone(),
                role: event.role.clone().unwrap_or_default(),
                day: millis(event.time).div_euclid(DAY_MILLIS),
            };
            self.0.entry(key).or_default().add(day);
        }
    }

    /// Whether there are more than should be kept.
    pub(super) fn are_many(&self) -> bool {
        self.0.len() >= Self::MOST
    }

    /// Stores them.
    pub(super) fn store(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(ADD)?;
        for (key, day) in std::mem::take(&mut self.0) {
            let (role_id_at, role_id) = day.role_id.unzip();
            statement.execute(params![
                key.account_id,
                key.profile,
                key.role,
                key.day,
                whole(day.routine),
                day.first,
                day.last,
                role_id,
                role_id_at,
                whole(day.assumptions),
                whole(day.trusted),
            ])?;
        }
        Ok(())
    }
}

/// Counts the days of an event anew, after it was removed. Days that wait must have been stored before.
pub(super) fn recount(connection: &Connection, removed: &TrailEvent) -> Result<(), StoreError> {
    let day = millis(removed.time).div_euclid(DAY_MILLIS);
    let mut done: Vec<(&str, &str)> = Vec::new();
    for concern in &removed.concerns {
        if done.contains(&(&concern.profile, &concern.account)) {
            continue;
        }
        done.push((&concern.profile, &concern.account));
        let owner = Account::new(removed.provider, concern.account.as_str());
        let Some(owner_id) = accounts::known(connection, &owner)? else { continue };
        connection.prepare_cached(CLEAR)?.execute(params![owner_id, concern.profile, day])?;
        let mut days = Days::default();
        let span = (day * DAY_MILLIS, (day + 1) * DAY_MILLIS);
        for_each_event(connection, owner_id, &concern.profile, span, |event| {
            let use_of_day = DayUse::of(event, &concern.profile, &concern.account);
            if !use_of_day.is_empty() {
                let key = DayKey {
                    account_id: owner_id,
                    profile: concern.profile.clone(),
                    role: event.role.clone().unwrap_or_default(),
                    day,
                };
                days.0.entry(key).or_default().add(use_of_day);
            }
        })?;
        days.store(connection)?;
    }
    Ok(())
}

fn for_each_event(
    connection: &Connection,
    account_id: i64,
    profile: &str,
    (from, to): (i64, i64),
    mut visit: impl FnMut(&TrailEvent),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(OF_PROFILE)?;
    let rows = statement.query_map(params![account_id, profile, from, to], events::read)?;
    for row in rows {
        visit(&row?.event.event);
    }
    Ok(())
}

/// A role's ordinary use up to a moment, as far as it is gathered.
struct Gathered {
    uses: RoleUse,
    /// Days with their counts, oldest first.
    days: Vec<(i64, u64)>,
}

impl Gathered {
    fn add(&mut self, day: i64, other: &DayUse) {
        let moment = |time: Option<i64>| time.and_then(|time| Timestamp::from_millisecond(time).ok());
        self.uses.count += other.routine;
        self.uses.first = moment(other.first).map_or(self.uses.first, |first| first.min(self.uses.first));
        self.uses.last = moment(other.last).map_or(self.uses.last, |last| last.max(self.uses.last));
        if let Some((_, id)) = &other.role_id {
            self.uses.role_id = Some(id.clone());
        }
        self.days.push((day, other.routine));
    }

    /// The first day that must be read for the newest uses: the days before it are not needed.
    fn first_recent_day(&self) -> i64 {
        let mut seen = 0;
        for (day, count) in self.days.iter().rev() {
            seen += count;
            if seen >= RoleUse::RECENT as u64 {
                return *day;
            }
        }
        self.days.first().map_or(0, |(day, _)| *day)
    }
}

/// Ordinary use of the roles of an account up to a moment. Days before that of the moment come from the daily counts,
/// and so does its own day unless it goes on after the moment.
pub(super) fn uses_at(
    connection: &Connection,
    account: &Account,
    id: i64,
    as_of: i64,
) -> Result<Vec<RoleUse>, StoreError> {
    let today = as_of.div_euclid(DAY_MILLIS);
    let mut gathered: Vec<Gathered> = Vec::new();
    let mut statement = connection.prepare_cached(OF_ACCOUNT)?;
    let mut rows = statement.query(params![id, today])?;
    while let Some(row) = rows.next()? {
        let (profile, role): (String, Option<String>) = (row.get(0)?, filled(row.get(1)?));
        let day: i64 = row.get(2)?;
        let mut day_use = DayUse {
            routine: row.get::<_, Count>(3)?.0,
            first: row.get(4)?,
            last: row.get(5)?,
            role_id: row.get::<_, Option<String>>(6)?.map(|id| (0, id)),
            ..DayUse::default()
        };
        if day_use.last > Some(as_of) {
            day_use = part_of_day(connection, account, id, (&profile, role.as_deref()), as_of)?;
        }
        let Some(first) = day_use.first.and_then(|first| Timestamp::from_millisecond(first).ok()) else { continue };
        if gathered.last().is_none_or(|last| last.uses.profile != profile || last.uses.role != role) {
            let uses = RoleUse { profile, role, role_id: None, count: 0, first, last: first, recent: Vec::new() };
            gathered.push(Gathered { uses, days: Vec::new() });
        }
        if let Some(last) = gathered.last_mut() {
            last.add(day, &day_use);
        }
    }
    gathered.into_iter().map(|gathered| with_recent(connection, id, gathered, as_of)).collect()
}

/// The use on the day of a moment, up to that moment.
fn part_of_day(
    connection: &Connection,
    account: &Account,
    id: i64,
    (profile, role): (&str, Option<&str>),
    as_of: i64,
) -> Result<DayUse, StoreError> {
    let begin = as_of.div_euclid(DAY_MILLIS) * DAY_MILLIS;
    let mut part = DayUse::default();
    for_each_event(connection, id, profile, (begin, as_of.saturating_add(1)), |event| {
        if event.role.as_deref() == role {
            part.add(DayUse::of(event, profile, &account.id));
        }
    })?;
    Ok(part)
}

fn with_recent(connection: &Connection, id: i64, gathered: Gathered, as_of: i64) -> Result<RoleUse, StoreError> {
    let from = gathered.first_recent_day() * DAY_MILLIS;
    let mut uses = gathered.uses;
    // Not beyond the last use: another role of the profile may have been busy since.
    let to = as_of.min(millis(uses.last));
    let most = whole(RoleUse::RECENT as u64);
    let mut statement = connection.prepare_cached(RECENT)?;
    let values = params![id, uses.profile, from, to, uses.role.as_deref().unwrap_or_default(), most];
    let rows = statement.query_map(values, |row| Ok((row.get::<_, Moment>(0)?.0, row.get(1)?)))?;
    uses.recent = rows.collect::<rusqlite::Result<_>>()?;
    uses.recent.sort_by(|left: &(Timestamp, String), right| right.0.cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
    Ok(uses)
}

fn add_assumptions(
    connection: &Connection,
    query: &'static str,
    (id, profile): (i64, &str),
    (from, to): (i64, i64),
    count: &mut AssumptionCount,
) -> Result<(), StoreError> {
    if to <= from {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(query)?;
    let (total, trusted) = statement.query_row(params![id, profile, from, to], |row| {
        Ok((row.get::<_, Count>(0)?.0, row.get::<_, Count>(1)?.0))
    })?;
    count.total += total;
    count.by_trusted += trusted;
    Ok(())
}

impl Store {
    /// Successful assumptions of the roles of a profile at or after `since` and before `until`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn assumptions(
        &self,
        account: &Account,
        profile: &str,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<AssumptionCount, StoreError> {
        let reader = self.reader()?;
        let mut count = AssumptionCount::default();
        let (since, until) = (millis(since), millis(until));
        let Some(id) = accounts::known(&reader, account)? else { return Ok(count) };
        if until <= since {
            return Ok(count);
        }
        // Whole days are counted already; the parts of days at either end are read.
        let first_whole = since.div_euclid(DAY_MILLIS) + i64::from(since.rem_euclid(DAY_MILLIS) > 0);
        let end_whole = until.div_euclid(DAY_MILLIS).max(first_whole);
        add_assumptions(&reader, ASSUMPTIONS, (id, profile), (first_whole, end_whole), &mut count)?;
        let head = (since, until.min(first_whole * DAY_MILLIS));
        let tail = (head.1.max(end_whole * DAY_MILLIS), until);
        for part in [head, tail] {
            add_assumptions(&reader, ASSUMPTIONS_WITHIN, (id, profile), part, &mut count)?;
        }
        Ok(count)
    }
}
