//! Findings that have a text in a name of theirs. There is no index for that: a search looks at few findings at a time and
//! says how far it came.

use rusqlite::params;

use super::codec::{Moment, millis, opt_millis};
use super::findings::{columns, read};
use super::{FindingFilter, FindingPlace, Store, StoreError};
use crate::model::{Severity, StoredFinding};

/// Findings of one severity, oldest first, each with whether the text is in it. Rows are taken one by one: whoever stops
/// early has looked at no more.
pub(super) const LOOK: &str = "-- findings.look
SELECT f.opened_at, f.id, ifnull(instr(lower(f.role), ?9), 0) > 0 OR ifnull(instr(lower(f.store), ?9), 0) > 0
  OR ifnull(instr(lower(f.actor), ?9), 0) > 0 OR instr(lower(a.account), ?9) > 0
FROM findings f CROSS JOIN accounts a
WHERE f.severity = ?1 AND (f.opened_at, f.id) > (?2, ?3) AND (?4 IS NULL OR f.status = ?4) AND (?5 IS NULL OR f.rule = ?5)
  AND (?6 IS NULL OR f.account_id IN (SELECT id FROM accounts WHERE provider IN ('aws', 'alibaba') AND account = ?6))
  AND (?7 IS NULL OR f.last_seen >= ?7) AND a.id = f.account_id AND (?8 IS NULL OR a.provider = ?8)
ORDER BY f.opened_at, f.id";

const BY_ID: &str = concat!(
    "-- findings.by_id\nSELECT ",
    columns!(),
    " FROM findings f JOIN accounts a ON a.id = f.account_id WHERE f.id = ?1"
);

/// What a search found, and how far it came.
#[derive(Debug, Default)]
pub struct FindingSearch {
    /// Findings with their places, worst first, then oldest first. Their events are left out.
    pub rows: Vec<(FindingPlace, StoredFinding)>,
    /// Findings that were looked at.
    pub looked_at: u64,
    /// The last of them, where the search stopped before the end of the list.
    pub stopped: Option<FindingPlace>,
}

impl FindingSearch {
    /// The places of the findings that hold the text, among the next ones of a severity.
    fn look(
        &mut self,
        rows: &mut rusqlite::Rows<'_>,
        severity: Severity,
        (limit, look_at): (usize, u64),
    ) -> Result<Vec<FindingPlace>, StoreError> {
        let mut places = Vec::new();
        while let Some(row) = rows.next()? {
            let place = FindingPlace(severity, millis(row.get::<_, Moment>(0)?.0), row.get(1)?);
            self.looked_at += 1;
            if row.get(2)? {
                places.push(place.clone());
            }
            if limit <= self.rows.len() + places.len() || look_at <= self.looked_at {
                self.stopped = Some(place);
                break;
            }
        }
        Ok(places)
    }
}

impl Store {
    /// Findings behind a place that have `text` in their role, store, actor or account (ASCII case ignored), worst first,
    /// then oldest first, at most `limit` of them, after looking at no more than `look_at`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search_findings(
        &self,
        filter: &FindingFilter,
        text: &str,
        after: Option<&FindingPlace>,
        (limit, look_at): (usize, u64),
    ) -> Result<FindingSearch, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(LOOK)?;
        let mut one = reader.prepare_cached(BY_ID)?;
        let mut found = FindingSearch::default();
        for severity in Severity::ALL {
            let passed = filter.severity.is_some_and(|least| severity < least)
                || after.is_some_and(|place| place.0 < severity);
            if passed || found.stopped.is_some() {
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
                filter.provider,
                text.to_ascii_lowercase(),
            ];
            let places = found.look(&mut statement.query(values)?, severity, (limit, look_at))?;
            for place in places {
                let stored = one.query_row([&place.2], read)?;
                found.rows.push((place, stored));
            }
        }
        Ok(found)
    }
}
