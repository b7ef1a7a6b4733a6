//! What reports read: findings with their lives, what they rest on, totals of a period.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::codec::{Count, Moment, filled, millis};
use super::finding_lists::read_change;
use super::findings::{columns, read};
use super::{ChangeRow, Store, StoreError, accounts, events};
use crate::model::{Account, FindingEvent, FindingId, Outcome, Severity, StoredFinding};

const ACCOUNTS: &str = "-- report.accounts
SELECT provider, account, own FROM accounts WHERE (?1 IS NULL OR account = ?1) ORDER BY provider, account";

const FINDINGS: &str = concat!(
    "-- report.findings\nSELECT ",
    columns!(),
    " FROM findings f JOIN accounts a ON a.id = f.account_id WHERE f.account_id = ?1 AND f.first_seen < ?2 ORDER BY f.id"
);

pub(super) const CHANGES: &str = "-- report.changes
SELECT c.changed_at, c.run_id, c.change, c.because, c.finding_id, c.severity, c.count, c.last_seen
FROM findings f CROSS JOIN finding_changes c
WHERE f.account_id = ?1 AND f.first_seen < ?2 AND c.finding_id = f.id ORDER BY c.finding_id, c.changed_at, c.id";

const EVENT_COUNT: &str = "-- report.count_finding_events
SELECT count(*) FROM finding_events WHERE finding_id = ?1 AND time <= ?2";

const EVENT: &str = "-- report.event
SELECT e.object, e.sha256, e.raw, a.provider, a.account FROM events e CROSS JOIN accounts a
WHERE e.id = ?1 AND a.id = e.account_id";

const OBJECT: &str = "-- report.object
SELECT sha256, read_at FROM objects WHERE name = ?1 AND sha256 IS NOT NULL";

pub(super) const ROLE_STATES: &str = "-- report.role_states
SELECT arn, ifnull(state, ''), valid_from, valid_to FROM role_states
WHERE account_id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2) ORDER BY arn, profile, id";

pub(super) const STORE_STATES: &str = "-- report.store_states
SELECT store, state, valid_from, region FROM store_states
WHERE account_id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2) ORDER BY store, region, id";

pub(super) const TRAIL_STATES: &str = "-- report.trail_states
SELECT arn, state, valid_from, '' FROM trail_states
WHERE account_id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2) ORDER BY arn, id";

const TASK_STATES: &str = "-- report.task_states
SELECT t.task, s.status || char(10) || ifnull(s.reason, '') || char(10) || s.usage, s.first_checked, t.profile
FROM deletion_tasks t JOIN deletion_task_statuses s ON s.task_id = t.id
WHERE t.account_id = ?1 AND s.first_checked = (SELECT max(first_checked) FROM deletion_task_statuses
  WHERE task_id = t.id AND first_checked <= ?2) ORDER BY t.task, t.id";

const TRAIL_SPANS: &str = "-- report.trail_spans
SELECT provider, account, api, region, outcome, covers_from, covers_to, since FROM coverage
WHERE provider = ?1 AND account = ?2 AND api LIKE 'trail:%' AND subject = '' ORDER BY api, region, since, id";

const INVENTORY_BEGAN: &str = "-- report.inventory_began
SELECT min(since) FROM coverage
WHERE provider = ?1 AND account = ?2 AND api <> 'trail' AND api NOT LIKE 'trail:%'
  AND outcome NOT IN ('not-enabled', 'not-configured')";

/// Concern 0 of an event stands for the event: each has one.
const EVENTS_WITHIN: &str = "-- report.events_within
SELECT count(*) FROM event_concerns WHERE ordinal = 0 AND time >= ?1 AND time < ?2 AND (?3 IS NULL OR account_id IN
  (SELECT id FROM accounts WHERE account = ?3))";

const REJECTS_WITHIN: &str = "-- report.rejects_within
SELECT count(record), count(*) - count(record) FROM rejects WHERE rejected_at >= ?1 AND rejected_at < ?2";

const OBJECTS_WITHIN: &str = "-- report.objects_within
SELECT count(*), count(sha256) FROM objects WHERE fate = 'read' AND read_at >= ?1 AND read_at < ?2";

/// An account that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAccount {
    /// The account.
    pub account: Account,
    /// Whether it is one of ours, or only a record of another account names it.
    pub own: bool,
}

/// A step of a finding's life with how the finding stood from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeStep {
    /// The step.
    pub row: ChangeRow,
    /// How bad it was from then on.
    pub severity: Severity,
    /// How often it had been seen.
    pub count: u64,
    /// When it had last been so.
    pub last_seen: Timestamp,
}

/// A finding with its whole life, oldest step first. Its events are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingLife {
    /// The finding as it stands now.
    pub stored: StoredFinding,
    /// Its life.
    pub steps: Vec<LifeStep>,
}

/// A stored event on which findings rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventProof {
    /// The account in which it was recorded.
    pub account: Account,
    /// The object that held it.
    pub object: String,
    /// SHA-256 of the record as found.
    pub found_sha256: String,
    /// SHA-256 of the record as it is stored.
    pub stored_sha256: String,
}

/// What a state is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKind {
    /// A role.
    Role,
    /// A store.
    Store,
    /// A deletion task.
    Task,
    /// The settings of a trail.
    Trail,
}

/// A state that held at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateProof {
    /// What it is about.
    pub kind: StateKind,
    /// ARN, or the provider's id.
    pub id: String,
    /// Since when it was known.
    pub since: Timestamp,
    /// SHA-256 of the state as it is stored.
    pub sha256: String,
}

/// A part of a trail and how its reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailPart {
    /// `trail:KIND`.
    pub source: String,
    /// Region; `None` where the source has none.
    pub region: Option<String>,
    /// How the reading ended.
    pub outcome: Outcome,
    /// What it covers: begin and end.
    pub covers: (Timestamp, Timestamp),
    /// Since when it is known.
    pub since: Timestamp,
}

/// Totals of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TotalsWithin {
    /// Trail events that concern a role or store.
    pub events: u64,
    /// Records that could not be read.
    pub records_rejected: u64,
    /// Objects that could not be read.
    pub objects_rejected: u64,
    /// Objects that were read.
    pub objects: u64,
    /// Those of them whose hash is known.
    pub objects_hashed: u64,
}

fn hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn life_steps(connection: &Connection, id: i64, before: i64) -> Result<HashMap<String, Vec<LifeStep>>, StoreError> {
    let mut steps: HashMap<String, Vec<LifeStep>> = HashMap::new();
    let mut statement = connection.prepare_cached(CHANGES)?;
    let mut rows = statement.query(params![id, before])?;
    while let Some(row) = rows.next()? {
        let step = LifeStep {
            row: read_change(row)?,
            severity: row.get(5)?,
            count: row.get::<_, Count>(6)?.0,
            last_seen: row.get::<_, Moment>(7)?.0,
        };
        steps.entry(row.get(4)?).or_default().push(step);
    }
    Ok(steps)
}

impl Store {
    /// Every account that is known, or those with one id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn known_accounts(&self, account: Option<&str>) -> Result<Vec<KnownAccount>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(ACCOUNTS)?;
        let rows = statement.query_map([account], |row| {
            Ok(KnownAccount { account: Account { provider: row.get(0)?, id: row.get(1)? }, own: row.get(2)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The findings of an account that were so before a moment, each with its life, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding_lives(&self, account: &Account, before: Timestamp) -> Result<Vec<FindingLife>, StoreError> {
        let reader = self.reader()?;
        let Some(id) = accounts::known(&reader, account)? else { return Ok(Vec::new()) };
        let snapshot = reader.unchecked_transaction()?;
        let mut steps = life_steps(&snapshot, id, millis(before))?;
        let mut statement = snapshot.prepare_cached(FINDINGS)?;
        let rows = statement.query_map(params![id, millis(before)], read)?;
        rows.map(|row| {
            let stored = row?;
            let steps = steps.remove(&stored.id.0).unwrap_or_default();
            Ok(FindingLife { stored, steps })
        })
        .collect()
    }

    /// How many events of a finding there are up to a moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_finding_events_up_to(&self, id: &FindingId, at: Timestamp) -> Result<u64, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(EVENT_COUNT)?;
        let Count(count) = statement.query_row(params![id.0, millis(at)], |row| row.get(0))?;
        Ok(count)
    }

    /// What vouches for an event that a finding of `account` rests on, while it is in the history.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn event_proof(&self, account: &Account, event: &FindingEvent) -> Result<Option<EventProof>, StoreError> {
        let reader = self.reader()?;
        let Some(row) = events::row_of(&reader, account, event)? else { return Ok(None) };
        let mut statement = reader.prepare_cached(EVENT)?;
        let found = statement.query_row([row], |row| {
            let stored_sha256 = hex(row.get_ref(2)?.as_str()?);
            let account = Account { provider: row.get(3)?, id: row.get(4)? };
            Ok(EventProof { account, object: row.get(0)?, found_sha256: row.get(1)?, stored_sha256 })
        });
        Ok(found.optional()?)
    }

    /// SHA-256 of an object as it was read, where it is kept, and when that was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn object_proof(&self, name: &str) -> Result<Option<(String, Timestamp)>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(OBJECT)?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, Moment>(1)?.0));
        Ok(statement.query_row([name], read).optional()?)
    }

    /// The states of an account that held at a moment, as they are stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn state_proofs(&self, account: &Account, at: Timestamp) -> Result<Vec<StateProof>, StoreError> {
        let reader = self.reader()?;
        let Some(id) = accounts::known(&reader, account)? else { return Ok(Vec::new()) };
        let mut states = Vec::new();
        for (kind, query) in [
            (StateKind::Role, ROLE_STATES),
            (StateKind::Store, STORE_STATES),
            (StateKind::Task, TASK_STATES),
            (StateKind::Trail, TRAIL_STATES),
        ] {
            let mut statement = reader.prepare_cached(query)?;
            let rows = statement.query_map(params![id, millis(at)], |row| {
                let sha256 = hex(row.get_ref(1)?.as_str()?);
                Ok(StateProof { kind, id: row.get(0)?, since: row.get::<_, Moment>(2)?.0, sha256 })
            })?;
            for row in rows {
                states.push(row?);
            }
        }
        Ok(states)
    }

    /// Every part of the trails of an account that was ever read, by source and Region, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn trail_parts(&self, account: &Account) -> Result<Vec<TrailPart>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(TRAIL_SPANS)?;
        let rows = statement.query_map(params![account.provider, account.id], |row| {
            Ok(TrailPart {
                source: row.get(2)?,
                region: filled(row.get(3)?),
                outcome: row.get(4)?,
                covers: (row.get::<_, Moment>(5)?.0, row.get::<_, Moment>(6)?.0),
                since: row.get::<_, Moment>(7)?.0,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When inventory of an account was first asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn inventory_began(&self, account: &Account) -> Result<Option<Timestamp>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(INVENTORY_BEGAN)?;
        Ok(statement.query_row(params![account.provider, account.id], |row| {
            Ok(row.get::<_, Option<Moment>>(0)?.map(|moment| moment.0))
        })?)
    }

    /// Totals of a period, of everything or of one account. Objects and rejects belong to no account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn totals_within(
        &self,
        from: Timestamp,
        to: Timestamp,
        account: Option<&str>,
    ) -> Result<TotalsWithin, StoreError> {
        let reader = self.reader()?;
        let (from, to) = (millis(from), millis(to));
        let pair = |row: &Row<'_>| Ok((row.get::<_, Count>(0)?.0, row.get::<_, Count>(1)?.0));
        let Count(events) =
            reader.prepare_cached(EVENTS_WITHIN)?.query_row(params![from, to, account], |row| row.get(0))?;
        let (records_rejected, objects_rejected) =
            reader.prepare_cached(REJECTS_WITHIN)?.query_row(params![from, to], pair)?;
        let (objects, objects_hashed) = reader.prepare_cached(OBJECTS_WITHIN)?.query_row(params![from, to], pair)?;
        Ok(TotalsWithin { events, records_rejected, objects_rejected, objects, objects_hashed })
    }
}
