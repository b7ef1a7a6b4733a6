//! Open findings counted, except for those that somebody wants to see one by one.

use std::collections::BTreeSet;

use rusqlite::params;

use super::codec::{Count, Moment};
use super::findings::{columns, read};
use super::{FindingsGauge, Store, StoreError};
use crate::model::{Account, StoredFinding};

/// Counted before they are joined: of a hundred thousand findings, few have an account and a rule of their own.
pub(super) const COUNTS: &str = "-- open_findings.counts
SELECT f.account_id, a.provider, a.account, f.rule, f.severity, f.open, f.oldest
FROM (SELECT account_id, rule, severity, count(*) AS open, min(opened_at) AS oldest FROM findings
  WHERE status = 'open' GROUP BY account_id, rule, severity) f CROSS JOIN accounts a
WHERE a.id = f.account_id ORDER BY 2, 3, 4, 5";

const EACH: &str = concat!(
    "-- open_findings.each\nSELECT ",
    columns!(),
    " FROM findings f JOIN accounts a ON a.id = f.account_id
WHERE f.account_id = ?1 AND f.rule = ?2 AND f.status = 'open' ORDER BY f.id"
);

const PLACE: &str = "-- open_findings.place
SELECT a.provider, a.account, f.rule FROM findings f JOIN accounts a ON a.id = f.account_id WHERE f.id = ?1";

impl Store {
    /// Open findings by account, rule and severity. Those of the accounts and rules that `apart` chooses are not
    /// counted but handed to `each`, without their events. All of it is of one moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_open(
        &self,
        apart: impl Fn(&Account, &str) -> bool,
        mut each: impl FnMut(StoredFinding),
    ) -> Result<Vec<FindingsGauge>, StoreError> {
        let reader = self.reader()?;
        let snapshot = reader.unchecked_transaction()?;
        let mut statement = snapshot.prepare_cached(COUNTS)?;
        let rows = statement.query_map([], |row| {
            let (rule, severity) = (row.get(3)?, row.get(4)?);
            let (count, oldest) = (row.get::<_, Count>(5)?.0, row.get::<_, Moment>(6)?.0);
            let account = Account { provider: row.get(1)?, id: row.get(2)? };
            Ok((row.get::<_, i64>(0)?, FindingsGauge { account, rule, severity, count, oldest }))
        })?;
        let (mut counted, mut chosen) = (Vec::new(), BTreeSet::new());
        for row in rows {
            let (account, gauge) = row?;
            if apart(&gauge.account, &gauge.rule) {
                chosen.insert((account, gauge.rule));
            } else {
                counted.push(gauge);
            }
        }
        let mut statement = snapshot.prepare_cached(EACH)?;
        for (account, rule) in chosen {
            for stored in statement.query_map(params![account, rule], read)? {
                each(stored?);
            }
        }
        Ok(counted)
    }

    /// The account and the rule of the finding with that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place_of_finding(&self, id: &str) -> Result<Option<(Account, String)>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(PLACE)?;
        let mut rows =
            statement.query_map([id], |row| Ok((Account { provider: row.get(0)?, id: row.get(1)? }, row.get(2)?)))?;
        Ok(rows.next().transpose()?)
    }
}
