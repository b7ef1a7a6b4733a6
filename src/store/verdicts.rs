//! The verdicts of the last analysis.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::codec::{Count, Json, Moment, millis, whole};
use super::{HistoryFilter, Store, StoreError, VerdictPlace};
use crate::model::{Account, AccountVerdict, Coverage, CoverageKey, Outcome, Provider, StoreCount};

const CLEAR: &str = "-- verdicts.clear
DELETE FROM verdicts WHERE account_id = ?1";

const ADD: &str = "-- verdicts.add
INSERT INTO verdicts (account_id, profile, role, verdict, basis, stores, regions_expected, regions_complete, missing,
  judged_at)
SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM accounts WHERE id = ?1 AND own = 1";

pub(super) const LIST: &str = "-- verdicts.list
SELECT a.provider, a.account, v.profile, v.role, v.verdict, v.basis, v.stores, v.regions_expected,
  v.regions_complete, v.missing, v.judged_at
FROM accounts a CROSS JOIN verdicts v
WHERE (a.provider, a.account) >= (?5, ?6) AND (a.provider, a.account, v.profile) > (?5, ?6, ?7) AND v.account_id = a.id
  AND (?1 IS NULL OR a.provider = ?1) AND (?2 IS NULL OR a.account = ?2) AND (?3 IS NULL OR v.profile = ?3)
ORDER BY a.provider, a.account, v.profile LIMIT ?4";

/// A missing place as the verdict keeps it; its provider is the verdict's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Missing {
    account: Option<String>,
    region: Option<String>,
    api: String,
    subject: Option<String>,
    outcome: Outcome,
    detail: String,
    from: Timestamp,
    to: Timestamp,
}

impl Missing {
    fn from_coverage(row: &Coverage) -> Self {
        Self {
            account: row.key.account.clone(),
            region: row.key.region.clone(),
            api: row.key.api.clone(),
            subject: row.key.subject.clone(),
            outcome: row.outcome,
            detail: row.detail.clone(),
            from: row.from,
            to: row.to,
        }
    }

    fn into_coverage(self, provider: Provider) -> Coverage {
        let key = CoverageKey {
            provider,
            account: self.account,
            region: self.region,
            api: self.api,
            subject: self.subject,
        };
        Coverage { key, outcome: self.outcome, detail: self.detail, from: self.from, to: self.to }
    }
}

/// Puts the verdicts of an account in the place of the earlier ones, if the account is ours.
pub(super) fn replace(
    connection: &Connection,
    account_id: i64,
    verdicts: &[AccountVerdict],
) -> Result<(), StoreError> {
    connection.prepare_cached(CLEAR)?.execute([account_id])?;
    let mut add = connection.prepare_cached(ADD)?;
    for verdict in verdicts {
        let missing: Vec<Missing> = verdict.missing.iter().map(Missing::from_coverage).collect();
        add.execute(params![
            account_id,
            verdict.profile,
            verdict.role,
            verdict.verdict,
            verdict.basis,
            Json(&verdict.stores),
            whole(verdict.regions_expected),
            whole(verdict.regions_complete),
            Json(missing),
            millis(verdict.judged_at),
        ])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<AccountVerdict> {
    let provider: Provider = row.get(0)?;
    let missing = row.get::<_, Json<Vec<Missing>>>(9)?.0;
    Ok(AccountVerdict {
        account: Account { provider, id: row.get(1)? },
        profile: row.get(2)?,
        role: row.get(3)?,
        stores: row.get::<_, Json<StoreCount>>(6)?.0,
        verdict: row.get(4)?,
        basis: row.get(5)?,
        regions_expected: row.get::<_, Count>(7)?.0,
        regions_complete: row.get::<_, Count>(8)?.0,
        missing: missing.into_iter().map(|row| row.into_coverage(provider)).collect(),
        judged_at: row.get::<_, Moment>(10)?.0,
    })
}

/// The verdicts that a filter names, behind a place.
pub(super) fn list(
    connection: &Connection,
    filter: &HistoryFilter,
    after: Option<&VerdictPlace>,
) -> Result<Vec<AccountVerdict>, StoreError> {
    let mut statement = connection.prepare_cached(LIST)?;
    let values = params![
        filter.provider,
        filter.account,
        filter.profile,
        filter.row_limit(),
        after.map_or("", |place| place.0.as_str()),
        after.map_or("", |place| &place.1),
        after.map_or("", |place| &place.2),
    ];
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Store {
    /// The verdicts of the last analysis, by provider, account and profile; the times of the filter do not apply.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn verdicts(&self, filter: &HistoryFilter) -> Result<Vec<AccountVerdict>, StoreError> {
        self.verdicts_after(filter, None)
    }

    /// The same behind a place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn verdicts_after(
        &self,
        filter: &HistoryFilter,
        after: Option<&VerdictPlace>,
    ) -> Result<Vec<AccountVerdict>, StoreError> {
        list(&*self.reader()?, filter, after)
    }
}
