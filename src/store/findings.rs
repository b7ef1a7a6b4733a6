//! Findings, their events and their life: what is written.

use rusqlite::{Connection, Row, params};

use super::codec::{Count, Moment, millis, opt_millis, whole};
use super::{RunId, Store, StoreError, accounts};
use crate::model::{Account, Finding, FindingChange, FindingEvent, FindingId, FindingUpdate, Fix, StoredFinding};

/// The columns of a finding `f` of the account `a`.
macro_rules! columns {
    () => {
        "f.id, a.provider, a.account, f.rule, f.severity, f.region, f.profile, f.role, f.store, f.actor, f.outcome, \
         f.subject, f.basis, f.summary, f.first_seen, f.last_seen, f.count, f.fix_who, f.fix_how, f.clears_when, \
         f.status, f.opened_at, f.resolved_at, f.resolved_because, f.stale"
    };
}
pub(super) use columns;

const SAVE: &str = "-- findings.save
INSERT INTO findings (id, account_id, rule, severity, region, profile, role, store, actor, outcome, subject, basis,
  summary, first_seen, last_seen, count, fix_who, fix_how, clears_when, status, opened_at, resolved_at,
  resolved_because, stale)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)
ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, region = excluded.region, role = excluded.role,
  basis = excluded.basis, summary = excluded.summary, first_seen = excluded.first_seen,
  last_seen = excluded.last_seen, count = excluded.count, fix_who = excluded.fix_who, fix_how = excluded.fix_how,
  clears_when = excluded.clears_when, status = excluded.status, opened_at = excluded.opened_at,
  resolved_at = excluded.resolved_at, resolved_because = excluded.resolved_because, stale = excluded.stale";

const ADD_EVENT: &str = "-- finding_events.add
INSERT INTO finding_events (finding_id, time, event_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

const DROP_EVENT: &str = "-- finding_events.drop
DELETE FROM finding_events WHERE finding_id = ?1 AND time = ?2 AND event_id = ?3";

const ADD_CHANGE: &str = "-- finding_changes.add
INSERT INTO finding_changes (finding_id, changed_at, run_id, change, because, severity, count, last_seen)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const OF_ACCOUNT: &str = concat!(
    "-- findings.of_account\nSELECT ",
    columns!(),
    " FROM findings f JOIN accounts a ON a.id = f.account_id WHERE f.account_id = ?1 ORDER BY f.id"
);

const EVENTS: &str = "-- finding_events.newest
SELECT time, event_id FROM finding_events WHERE finding_id = ?1 ORDER BY time DESC, event_id DESC LIMIT ?2";

/// Reads a finding by the columns above, without its events.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredFinding> {
    let finding = Finding {
        rule: row.get(3)?,
        severity: row.get(4)?,
        account: Account { provider: row.get(1)?, id: row.get(2)? },
        region: row.get(5)?,
        profile: row.get(6)?,
        role: row.get(7)?,
        store: row.get(8)?,
        actor: row.get(9)?,
        outcome: row.get(10)?,
        subject: row.get(11)?,
        basis: row.get(12)?,
        summary: row.get(13)?,
        first_seen: row.get::<_, Moment>(14)?.0,
        last_seen: row.get::<_, Moment>(15)?.0,
        count: row.get::<_, Count>(16)?.0,
        events: Vec::new(),
        fix: Fix { who: row.get(17)?, how: row.get(18)? },
        clears_when: row.get(19)?,
    };
    Ok(StoredFinding {
        id: FindingId(row.get(0)?),
        finding,
        status: row.get(20)?,
        opened_at: row.get::<_, Moment>(21)?.0,
        resolved_at: row.get::<_, Option<Moment>>(22)?.map(|moment| moment.0),
        resolved_because: row.get(23)?,
        stale: row.get(24)?,
    })
}

/// The newest events of a finding, newest first.
pub(super) fn newest_events(
    connection: &Connection,
    id: &FindingId,
    limit: i64,
) -> Result<Vec<FindingEvent>, StoreError> {
    let mut statement = connection.prepare_cached(EVENTS)?;
    let rows = statement.query_map(params![id.0, limit], |row| {
        Ok(FindingEvent { time: row.get::<_, Moment>(0)?.0, id: row.get(1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Stores a finding with a step of its life.
pub(super) fn save(
    connection: &Connection,
    run: RunId,
    at: i64,
    account_id: i64,
    update: &FindingUpdate,
) -> Result<(), StoreError> {
    save_row(connection, account_id, &update.stored)?;
    let Some(change) = &update.change else { return Ok(()) };
    save_events(connection, &update.stored)?;
    let because = match change {
        FindingChange::BecameStale { because } | FindingChange::Resolved { because } => Some(because),
        FindingChange::Opened | FindingChange::SeenAgain | FindingChange::Reopened => None,
    };
    let finding = &update.stored.finding;
    connection.prepare_cached(ADD_CHANGE)?.execute(params![
        update.stored.id.0,
        at,
        run.0,
        change.name(),
        because,
        finding.severity,
        whole(finding.count),
        millis(finding.last_seen),
    ])?;
    Ok(())
}

fn save_row(connection: &Connection, account_id: i64, stored: &StoredFinding) -> Result<(), StoreError> {
    let finding = &stored.finding;
    connection.prepare_cached(SAVE)?.execute(params![
        stored.id.0,
        account_id,
        finding.rule,
        finding.severity,
        finding.region,
        finding.profile,
        finding.role,
        finding.store,
        finding.actor,
        finding.outcome,
        finding.subject,
        finding.basis,
        finding.summary,
        millis(finding.first_seen),
        millis(finding.last_seen),
        whole(finding.count),
        finding.fix.who,
        finding.fix.how,
        finding.clears_when,
        stored.status,
        millis(stored.opened_at),
        opt_millis(stored.resolved_at),
        stored.resolved_because,
        stored.stale,
    ])?;
    Ok(())
}

/// Makes the stored events those of the finding: an event that was replaced by a later record leaves it.
fn save_events(connection: &Connection, stored: &StoredFinding) -> Result<(), StoreError> {
    let wanted: std::collections::BTreeSet<(i64, &str)> =
        stored.finding.events.iter().map(|event| (millis(event.time), event.id.as_str())).collect();
    for event in newest_events(connection, &stored.id, i64::MAX)? {
        if !wanted.contains(&(millis(event.time), event.id.as_str())) {
            connection.prepare_cached(DROP_EVENT)?.execute(params![stored.id.0, millis(event.time), event.id])?;
        }
    }
    let mut add = connection.prepare_cached(ADD_EVENT)?;
    for (time, id) in wanted {
        add.execute(params![stored.id.0, time, id])?;
    }
    Ok(())
}

impl Store {
    /// The stored findings of an account, resolved ones included, each with all of its events, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn findings_of(&self, account: &Account) -> Result<Vec<StoredFinding>, StoreError> {
        let reader = self.reader()?;
        let Some(id) = accounts::known(&reader, account)? else { return Ok(Vec::new()) };
        let mut statement = reader.prepare_cached(OF_ACCOUNT)?;
        let rows = statement.query_map([id], read)?;
        let mut findings = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for stored in &mut findings {
            stored.finding.events = newest_events(&reader, &stored.id, i64::MAX)?;
            stored.finding.events.reverse();
        }
        Ok(findings)
    }
}
