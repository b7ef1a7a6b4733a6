//! Findings, their events and their life: what is read.

use rusqlite::{Row, params};

use super::codec::{Count, Moment, opt_millis, whole};
use super::findings::{columns, newest_events, read};
use super::{ChangeRow, FindingFilter, RunId, Store, StoreError};
use crate::model::{FindingChange, FindingEvent, FindingId, FindingStatus, Severity, StoredFinding};

/// Events of each finding in a list.
const LISTED_EVENTS: i64 = 20;

macro_rules! worst_first {
    ($severity:literal) => {
        concat!(
            "CASE ",
            $severity,
            " WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END"
        )
    };
}

const LIST: &str = concat!(
    "-- findings.list\nSELECT ",
    columns!(),
    " FROM findings f JOIN accounts a ON a.id = f.account_id
WHERE (?1 IS NULL OR f.status = ?1) AND (?2 IS NULL OR f.rule = ?2) AND ",
    worst_first!("f.severity"),
    " >= ?3 AND (?4 IS NULL OR a.account = ?4) AND (?5 IS NULL OR f.last_seen >= ?5)
ORDER BY ",
    worst_first!("f.severity"),
    " DESC, f.opened_at, f.id"
);

/// The last step of each finding up to ?1, and the last resolution among them.
const LIST_AT: &str = concat!(
    "-- findings.list_at\nSELECT ",
    columns!(),
    ", c.change, c.severity, c.count, c.last_seen, r.changed_at, r.because
FROM findings f JOIN accounts a ON a.id = f.account_id
JOIN finding_changes c ON c.id = (SELECT id FROM finding_changes
  WHERE finding_id = f.id AND changed_at <= ?1 ORDER BY changed_at DESC, id DESC LIMIT 1)
LEFT JOIN finding_changes r ON r.id = (SELECT id FROM finding_changes
  WHERE finding_id = f.id AND changed_at <= ?1 AND change = 'resolved' ORDER BY changed_at DESC, id DESC LIMIT 1)
WHERE (?2 IS NULL OR f.rule = ?2) AND ",
    worst_first!("c.severity"),
    " >= ?3 AND (?4 IS NULL OR a.account = ?4) AND (?5 IS NULL OR c.last_seen >= ?5)
ORDER BY ",
    worst_first!("c.severity"),
    " DESC, f.opened_at, f.id"
);

const EVENTS_UP_TO: &str = "-- finding_events.up_to
SELECT time, event_id FROM finding_events WHERE finding_id = ?1 AND time <= ?2
ORDER BY time DESC, event_id DESC LIMIT ?3";

const BY_PREFIX: &str = concat!(
    "-- findings.by_prefix\nSELECT ",
    columns!(),
    " FROM findings f JOIN accounts a ON a.id = f.account_id
WHERE f.id >= ?1 AND f.id < ?1 || '~' ORDER BY f.id LIMIT 2"
);

const CHANGES: &str = "-- finding_changes.of_finding
SELECT changed_at, run_id, change, because FROM finding_changes WHERE finding_id = ?1 ORDER BY changed_at, id";

/// Reads a step of a life: its time, run, name and reason come first.
pub(super) fn read_change(row: &Row<'_>) -> rusqlite::Result<ChangeRow> {
    let because = row.get::<_, Option<String>>(3)?.unwrap_or_default();
    let change = match row.get_ref(2)?.as_str()? {
        "opened" => FindingChange::Opened,
        "became-stale" => FindingChange::BecameStale { because },
        "resolved" => FindingChange::Resolved { because },
        "reopened" => FindingChange::Reopened,
        _ => FindingChange::SeenAgain,
    };
    Ok(ChangeRow { at: row.get::<_, Moment>(0)?.0, run: RunId(row.get(1)?), change })
}

fn rank(severity: Option<Severity>) -> i64 {
    match severity {
        None | Some(Severity::Info) => 0,
        Some(Severity::Low) => 1,
        Some(Severity::Medium) => 2,
        Some(Severity::High) => 3,
        Some(Severity::Critical) => 4,
    }
}

impl Store {
    /// Findings, worst first, then oldest first, each with its newest 20 events, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn findings(&self, filter: &FindingFilter) -> Result<Vec<StoredFinding>, StoreError> {
        if filter.at.is_some() {
            return self.findings_at(filter);
        }
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LIST)?;
        let values =
            params![filter.status, filter.rule, rank(filter.severity), filter.account, opt_millis(filter.since)];
        let rows = statement.query_map(values, read)?;
        rows.map(|row| {
            let mut stored = row?;
            stored.finding.events = newest_events(&reader, &stored.id, LISTED_EVENTS)?;
            Ok(stored)
        })
        .collect()
    }

    /// Findings as they stood at a moment, by the steps of their lives.
    fn findings_at(&self, filter: &FindingFilter) -> Result<Vec<StoredFinding>, StoreError> {
        let at = opt_millis(filter.at).unwrap_or(i64::MAX);
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LIST_AT)?;
        let values = params![at, filter.rule, rank(filter.severity), filter.account, opt_millis(filter.since)];
        let rows = statement.query_map(values, |row| {
            let mut stored = read(row)?;
            let change: String = row.get(25)?;
            stored.finding.severity = row.get(26)?;
            stored.finding.count = row.get::<_, Count>(27)?.0;
            stored.finding.last_seen = row.get::<_, Moment>(28)?.0;
            stored.resolved_at = row.get::<_, Option<Moment>>(29)?.map(|moment| moment.0);
            stored.resolved_because = row.get(30)?;
            stored.status = if change == "resolved" { FindingStatus::Resolved } else { FindingStatus::Open };
            stored.stale = change == "became-stale";
            Ok(stored)
        })?;
        let mut events = reader.prepare_cached(EVENTS_UP_TO)?;
        let mut found = Vec::new();
        for row in rows {
            let mut stored = row?;
            if filter.status.is_some_and(|wanted| wanted != stored.status) {
                continue;
            }
            let newest = events.query_map(params![stored.id.0, at, LISTED_EVENTS], |row| {
                Ok(FindingEvent { time: row.get::<_, Moment>(0)?.0, id: row.get(1)? })
            })?;
            stored.finding.events = newest.collect::<rusqlite::Result<_>>()?;
            found.push(stored);
        }
        Ok(found)
    }

    /// The finding whose id begins with `prefix`, if exactly one does, with its newest 20 events, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding(&self, prefix: &str) -> Result<Option<StoredFinding>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(BY_PREFIX)?;
        let rows = statement.query_map([prefix.to_ascii_lowercase()], read)?;
        let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let (Some(mut stored), true) = (found.pop(), found.is_empty()) else { return Ok(None) };
        stored.finding.events = newest_events(&reader, &stored.id, LISTED_EVENTS)?;
        Ok(Some(stored))
    }

    /// Events of a finding, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding_events(&self, id: &FindingId, limit: Option<u64>) -> Result<Vec<FindingEvent>, StoreError> {
        newest_events(&*self.reader()?, id, limit.map_or(i64::MAX, whole))
    }

    /// The life of a finding, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding_changes(&self, id: &FindingId) -> Result<Vec<ChangeRow>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(CHANGES)?;
        let rows = statement.query_map([&id.0], read_change)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
