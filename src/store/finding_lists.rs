//! Findings, their events and their life: what is read.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::codec::{Count, Moment, millis, opt_millis, whole};
use super::findings::{columns, newest_events, read};
use super::{ChangeRow, FindingFilter, FindingPlace, RunId, Store, StoreError};
use crate::model::{FindingChange, FindingEvent, FindingId, FindingStatus, Severity, StoredFinding};

macro_rules! worst_first {
    ($severity:literal) => {
        concat!(
            "CASE ",
            $severity,
            " WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END"
        )
    };
}

/// Findings of one severity, oldest first. A list is made of one such walk for each severity, the worst first.
pub(super) const LIST: &str = concat!(
    "-- findings.list\nSELECT ",
    columns!(),
    " FROM findings f CROSS JOIN accounts a
WHERE f.severity = ?1 AND (f.opened_at, f.id) > (?2, ?3) AND (?4 IS NULL OR f.status = ?4) AND (?5 IS NULL OR f.rule = ?5)
  AND (?6 IS NULL OR f.account_id IN (SELECT id FROM accounts WHERE provider IN ('aws', 'alibaba') AND account = ?6))
  AND (?7 IS NULL OR f.last_seen >= ?7) AND a.id = f.account_id AND (?9 IS NULL OR a.provider = ?9)
ORDER BY f.opened_at, f.id LIMIT ?8"
);

/// Which findings stood at ?1, with the last step of each up to then. Severity and status are those of that step, for
/// which there is no index: all findings are looked at, but no more of them than the index holds.
pub(super) const STANDING_AT: &str = concat!(
    "-- findings.standing_at
SELECT f.id, c.id FROM findings f CROSS JOIN finding_changes c
WHERE (?2 IS NULL OR f.rule = ?2) AND (?4 IS NULL OR f.account_id IN (SELECT id FROM accounts WHERE provider IN ('aws', 'alibaba') AND account = ?4))
  AND (?11 IS NULL OR f.account_id IN (SELECT id FROM accounts WHERE provider = ?11))
  AND c.id = (SELECT id FROM finding_changes
    WHERE finding_id = f.id AND changed_at <= ?1 ORDER BY changed_at DESC, id DESC LIMIT 1)
  AND ",
    worst_first!("c.severity"),
    " >= ?3 AND (?5 IS NULL OR c.last_seen >= ?5) AND (?6 IS NULL OR (c.change = 'resolved') = (?6 = 'resolved'))
  AND (-",
    worst_first!("c.severity"),
    ", f.opened_at, f.id) > (?7, ?8, ?9)
ORDER BY ",
    worst_first!("c.severity"),
    " DESC, f.opened_at, f.id LIMIT ?10"
);

/// A finding as the step ?2 left it, with its last resolution up to ?3.
const AFTER_STEP: &str = concat!(
    "-- findings.after_step\nSELECT ",
    columns!(),
    ", c.change, c.severity, c.count, c.last_seen, r.changed_at, r.because
FROM findings f JOIN accounts a ON a.id = f.account_id JOIN finding_changes c ON c.id = ?2
LEFT JOIN finding_changes r ON r.id = (SELECT id FROM finding_changes
  WHERE finding_id = f.id AND changed_at <= ?3 AND change = 'resolved' ORDER BY changed_at DESC, id DESC LIMIT 1)
WHERE f.id = ?1"
);

pub(super) const EVENTS_UP_TO: &str = "-- finding_events.up_to
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

fn place_of(stored: &StoredFinding) -> FindingPlace {
    FindingPlace(stored.finding.severity, millis(stored.opened_at), stored.id.0.clone())
}

/// A finding as it stood after a step of its life, at a moment.
fn after_step(connection: &Connection, id: &str, step: i64, at: i64) -> Result<StoredFinding, StoreError> {
    let mut statement = connection.prepare_cached(AFTER_STEP)?;
    Ok(statement.query_row(params![id, step, at], |row| {
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
    })?)
}

impl Store {
    /// Findings, worst first, then oldest first. Their events are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn findings(&self, filter: &FindingFilter) -> Result<Vec<StoredFinding>, StoreError> {
        Ok(self.findings_after(filter, None)?.into_iter().map(|(_, stored)| stored).collect())
    }

    /// The same behind a place, each with its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn findings_after(
        &self,
        filter: &FindingFilter,
        after: Option<&FindingPlace>,
    ) -> Result<Vec<(FindingPlace, StoredFinding)>, StoreError> {
        if let Some(at) = filter.at {
            return self.findings_at(filter, millis(at), after);
        }
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LIST)?;
        let mut found = Vec::new();
        for severity in Severity::ALL {
            if filter.severity.is_some_and(|least| severity < least) || after.is_some_and(|place| place.0 < severity)
            {
                continue;
            }
            let after = after.filter(|place| place.0 == severity);
            let values = params![
                severity,
                after.map_or(i64::MIN, |place| place.1),
                after.map_or("", |place| &place.2),
                filter.status,
                filter.rule,
                filter.account,
                opt_millis(filter.since),
                filter.limit.map_or(i64::MAX, |limit| whole(limit) - whole(found.len() as u64)),
                filter.provider,
            ];
            for row in statement.query_map(values, read)? {
                let stored = row?;
                found.push((place_of(&stored), stored));
            }
        }
        Ok(found)
    }

    /// Findings as they stood at a moment, by the steps of their lives.
    fn findings_at(
        &self,
        filter: &FindingFilter,
        at: i64,
        after: Option<&FindingPlace>,
    ) -> Result<Vec<(FindingPlace, StoredFinding)>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(STANDING_AT)?;
        let values = params![
            at,
            filter.rule,
            rank(filter.severity),
            filter.account,
            opt_millis(filter.since),
            filter.status,
            after.map_or(i64::MIN, |place| -rank(Some(place.0))),
            after.map_or(i64::MIN, |place| place.1),
            after.map_or("", |place| &place.2),
            filter.limit.map_or(i64::MAX, whole),
            filter.provider,
        ];
        let standing = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let standing = standing.collect::<rusqlite::Result<Vec<(String, i64)>>>()?;
        standing
            .into_iter()
            .map(|(id, step)| {
                let stored = after_step(&reader, &id, step, at)?;
                Ok((place_of(&stored), stored))
            })
            .collect()
    }

    /// The finding whose id begins with `prefix`, if exactly one does. Its events are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding(&self, prefix: &str) -> Result<Option<StoredFinding>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(BY_PREFIX)?;
        let rows = statement.query_map([prefix.to_ascii_lowercase()], read)?;
        let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found.pop().filter(|_| found.is_empty()))
    }

    /// Events of a finding, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding_events(&self, id: &FindingId, limit: Option<u64>) -> Result<Vec<FindingEvent>, StoreError> {
        newest_events(&*self.reader()?, id, limit.map_or(i64::MAX, whole))
    }

    /// Events of a finding up to a moment, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding_events_up_to(
        &self,
        id: &FindingId,
        at: Timestamp,
        limit: Option<u64>,
    ) -> Result<Vec<FindingEvent>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(EVENTS_UP_TO)?;
        let rows = statement.query_map(params![id.0, millis(at), limit.map_or(i64::MAX, whole)], |row| {
            Ok(FindingEvent { time: row.get::<_, Moment>(0)?.0, id: row.get(1)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
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
