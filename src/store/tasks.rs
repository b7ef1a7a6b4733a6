//! Deletion tasks: submitted according to the trail, polled by inventory.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::accounts;
use super::codec::{Json, Moment, millis, opt_millis};
use super::{HistoryFilter, Store, StoreError, TaskPlace, TaskRow};
use crate::model::{Account, ConcernKind, DeletionTask, Provider, TaskStatus, TaskUsage, TrailEvent};

const SUBMIT: &str = "-- deletion_tasks.submit
INSERT INTO deletion_tasks (account_id, profile, task, submitted_at, submitted_by, event_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (account_id, profile, task) DO UPDATE SET submitted_at = excluded.submitted_at,
  submitted_by = excluded.submitted_by, event_id = excluded.event_id
WHERE excluded.event_id IS NOT NULL";

const ID: &str = "-- deletion_tasks.id
SELECT id FROM deletion_tasks WHERE account_id = ?1 AND profile = ?2 AND task = ?3";

const STATUS_AT: &str = "-- deletion_task_statuses.at
SELECT first_checked, last_checked, status, reason, usage FROM deletion_task_statuses
WHERE task_id = ?1 AND first_checked <= ?2 ORDER BY first_checked DESC LIMIT 1";

const ADD_STATUS: &str = "-- deletion_task_statuses.add
INSERT INTO deletion_task_statuses (task_id, first_checked, last_checked, status, reason, usage)
VALUES (?1, ?2, ?2, ?3, ?4, ?5)
ON CONFLICT (task_id, first_checked) DO UPDATE SET status = excluded.status, reason = excluded.reason,
  usage = excluded.usage";

const EXTEND_STATUS: &str = "-- deletion_task_statuses.extend
UPDATE deletion_task_statuses SET last_checked = max(last_checked, ?3) WHERE task_id = ?1 AND first_checked = ?2";

pub(super) const OF_ACCOUNT: &str = "-- deletion_tasks.of_account
SELECT t.id, t.profile, t.task, t.submitted_at, t.submitted_by, t.event_id, a.provider, a.account
FROM deletion_tasks t JOIN accounts a ON a.id = t.account_id
WHERE t.account_id = ?1 AND t.submitted_at <= ?2 ORDER BY t.submitted_at, t.id";

pub(super) const LIST: &str = "-- deletion_tasks.list
SELECT t.id, t.profile, t.task, t.submitted_at, t.submitted_by, t.event_id, a.provider, a.account
FROM deletion_tasks t CROSS JOIN accounts a
WHERE (t.submitted_at, t.id) > (?8, ?9) AND a.id = t.account_id AND (?1 IS NULL OR a.provider = ?1) AND (?2 IS NULL OR a.account = ?2) AND (?3 IS NULL OR t.profile = ?3)
  AND t.submitted_at <= ?4 AND (?5 IS NULL OR t.submitted_at >= ?5) AND (?6 IS NULL OR t.submitted_at < ?6)
ORDER BY t.submitted_at, t.id LIMIT ?7";

const UNFINISHED: &str = "-- deletion_tasks.unfinished
SELECT t.id, t.profile, t.task, t.submitted_at, t.submitted_by, t.event_id, a.provider, a.account
FROM deletion_tasks t JOIN accounts a ON a.id = t.account_id
WHERE a.provider = ?1 AND ifnull((SELECT s.status FROM deletion_task_statuses s WHERE s.task_id = t.id
  ORDER BY s.first_checked DESC LIMIT 1), '') NOT IN ('SUCCEEDED', 'FAILED', 'INTERNAL_ERROR')
ORDER BY a.account, t.submitted_at, t.id";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    first_checked: i64,
    last_checked: Timestamp,
    status: TaskStatus,
    reason: Option<String>,
    usage: Vec<TaskUsage>,
}

/// Notes the deletion task that an event submitted. The account of the role owns it, whoever submitted it.
pub(super) fn submit(connection: &Connection, event: &TrailEvent) -> Result<(), StoreError> {
    let Some(task) = &event.deletion_task else { return Ok(()) };
    for concern in event.concerns.iter().filter(|concern| concern.kind == ConcernKind::RoleDeletion) {
        let owner = Account::new(event.provider, concern.account.as_str());
        let account_id = accounts::ensure(connection, &owner, false)?;
        connection.prepare_cached(SUBMIT)?.execute(params![
            account_id,
            concern.profile,
            task,
            millis(event.time),
            event.actor.label(),
            event.id,
        ])?;
    }
    Ok(())
}

/// Stores how a task stands; answers whether that is news.
pub(super) fn save(connection: &Connection, account_id: i64, task: &DeletionTask) -> Result<bool, StoreError> {
    let keys = params![account_id, task.profile, task.id];
    let known: Option<i64> = connection.prepare_cached(ID)?.query_row(keys, |row| row.get(0)).optional()?;
    if known.is_none() || task.event_id.is_some() {
        connection.prepare_cached(SUBMIT)?.execute(params![
            account_id,
            task.profile,
            task.id,
            millis(task.submitted_at),
            task.submitted_by,
            task.event_id,
        ])?;
    }
    let id: i64 = connection.prepare_cached(ID)?.query_row(keys, |row| row.get(0))?;
    let Some(checked_at) = task.checked_at else { return Ok(known.is_none()) };
    let news = save_status(connection, id, task, checked_at)?;
    Ok(news || known.is_none())
}

fn save_status(connection: &Connection, id: i64, task: &DeletionTask, at: Timestamp) -> Result<bool, StoreError> {
    if let Some(status) = status_at(connection, id, millis(at))? {
        if status.status == task.status && status.reason == task.reason && status.usage == task.usage {
            let values = params![id, status.first_checked, millis(at)];
            connection.prepare_cached(EXTEND_STATUS)?.execute(values)?;
            return Ok(false);
        }
        if at < status.last_checked {
            return Ok(false);
        }
    }
    let values = params![id, millis(at), task.status, task.reason, Json(&task.usage)];
    connection.prepare_cached(ADD_STATUS)?.execute(values)?;
    Ok(true)
}

fn status_at(connection: &Connection, id: i64, at: i64) -> Result<Option<Standing>, StoreError> {
    let mut statement = connection.prepare_cached(STATUS_AT)?;
    let read = |row: &Row<'_>| {
        Ok(Standing {
            first_checked: row.get(0)?,
            last_checked: row.get::<_, Moment>(1)?.0,
            status: row.get(2)?,
            reason: row.get(3)?,
            usage: row.get::<_, Json<Vec<TaskUsage>>>(4)?.0,
        })
    };
    Ok(statement.query_row(params![id, at], read).optional()?)
}

fn read_task(row: &Row<'_>) -> rusqlite::Result<(i64, TaskRow)> {
    let task = DeletionTask {
        account: row.get(7)?,
        profile: row.get(1)?,
        id: row.get(2)?,
        submitted_at: row.get::<_, Moment>(3)?.0,
        submitted_by: row.get(4)?,
        event_id: row.get(5)?,
        status: TaskStatus::Unknown,
        checked_at: None,
        reason: None,
        usage: Vec::new(),
    };
    Ok((row.get(0)?, TaskRow { provider: row.get(6)?, task }))
}

fn with_status(connection: &Connection, id: i64, mut row: TaskRow, as_of: Timestamp) -> Result<TaskRow, StoreError> {
    if let Some(status) = status_at(connection, id, millis(as_of))? {
        row.task.status = status.status;
        row.task.checked_at = Some(status.last_checked.min(as_of));
        row.task.reason = status.reason;
        row.task.usage = status.usage;
    }
    Ok(row)
}

/// Tasks submitted up to a moment, as they stood then, oldest first.
pub(super) fn tasks_at(
    connection: &Connection,
    account_id: i64,
    as_of: Timestamp,
) -> Result<Vec<DeletionTask>, StoreError> {
    let mut statement = connection.prepare_cached(OF_ACCOUNT)?;
    let rows = statement.query_map(params![account_id, millis(as_of)], read_task)?;
    rows.map(|row| {
        let (id, row) = row?;
        Ok(with_status(connection, id, row, as_of)?.task)
    })
    .collect()
}

impl Store {
    /// Deletion tasks that are not known to have ended, by account, oldest first: those that have to be asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unfinished_tasks(&self, provider: Provider) -> Result<Vec<TaskRow>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(UNFINISHED)?;
        let rows = statement.query_map([provider], read_task)?;
        rows.map(|row| {
            let (id, row) = row?;
            with_status(&reader, id, row, Timestamp::MAX)
        })
        .collect()
    }

    /// Deletion tasks, oldest first, as they stand or stood at `filter.at`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tasks(&self, filter: &HistoryFilter) -> Result<Vec<TaskRow>, StoreError> {
        Ok(self.tasks_after(filter, None)?.into_iter().map(|(_, row)| row).collect())
    }

    /// The same behind a place, each with its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tasks_after(
        &self,
        filter: &HistoryFilter,
        after: Option<&TaskPlace>,
    ) -> Result<Vec<(TaskPlace, TaskRow)>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LIST)?;
        let as_of = filter.at.unwrap_or(Timestamp::MAX);
        let values = params![
            filter.provider,
            filter.account,
            filter.profile,
            millis(as_of),
            opt_millis(filter.since),
            opt_millis(filter.until),
            filter.row_limit(),
            after.map_or(i64::MIN, |place| place.0),
            after.map_or(i64::MIN, |place| place.1),
        ];
        let rows = statement.query_map(values, read_task)?;
        rows.map(|row| {
            let (id, row) = row?;
            let place = TaskPlace(millis(row.task.submitted_at), id);
            Ok((place, with_status(&reader, id, row, as_of)?))
        })
        .collect()
    }
}
