//! Digest chains: how far they were checked, and what is wrong in them.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::codec::{Count, Moment, millis, opt_millis, whole};
use super::{Store, StoreError, accounts};
use crate::model::{Account, ChainId, ChainLink, ChainProblem, ChainState, DigestUpdate, StandingProblem};

const ENSURE: &str = "-- digest_chains.ensure
INSERT INTO digest_chains (account_id, bucket, region, trail, home_region, kind, digests, logs, since, checked_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7, ?7)
ON CONFLICT (account_id, bucket, region, trail, home_region, kind)
DO UPDATE SET checked_at = max(checked_at, excluded.checked_at)";

const ID: &str = "-- digest_chains.id
SELECT id FROM digest_chains
WHERE account_id = ?1 AND bucket = ?2 AND region = ?3 AND trail = ?4 AND home_region = ?5 AND kind = ?6";

const ADD: &str = "-- digest_chains.add
UPDATE digest_chains SET digests = digests + ?2, logs = logs + ?3,
  checked_from = CASE WHEN ?4 IS NULL THEN checked_from ELSE min(ifnull(checked_from, ?4), ?4) END,
  checked_to = CASE WHEN ?5 IS NULL THEN checked_to ELSE max(ifnull(checked_to, ?5), ?5) END
WHERE id = ?1";

const LINK: &str = "-- digest_chains.link
UPDATE digest_chains SET link_key = ?2, link_hash = ?3, link_signature = ?4, link_end = ?5 WHERE id = ?1";

/// What stands at the end moves on from run to run: it is one problem.
const STANDS: &str = "-- digest_problems.stands
UPDATE digest_problems SET reason = ?4, ends = max(ends, ?6)
WHERE chain_id = ?1 AND kind = ?2 AND object = ?3 AND begins = ?5 AND cleared_at IS NULL";

const OPEN: &str = "-- digest_problems.open
INSERT INTO digest_problems (chain_id, kind, object, reason, begins, ends, found_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const CLEAR: &str = "-- digest_problems.clear
UPDATE digest_problems SET cleared_at = ?5
WHERE chain_id = ?1 AND kind = ?2 AND object = ?3 AND begins = ?4 AND cleared_at IS NULL";

pub(super) const OF_ACCOUNT: &str = "-- digest_chains.of_account
SELECT c.id, c.bucket, a.account, c.region, c.trail, c.home_region, c.kind, c.checked_from, c.checked_to, c.checked_at,
  c.digests, c.logs, c.link_key, c.link_hash, c.link_signature, c.link_end
FROM digest_chains c JOIN accounts a ON a.id = c.account_id
WHERE c.account_id = ?1 AND c.since <= ?2 ORDER BY c.bucket, c.region, c.trail, c.home_region, c.kind";

pub(super) const PROBLEMS: &str = "-- digest_problems.of_chain
SELECT kind, object, reason, begins, ends, found_at FROM digest_problems
WHERE chain_id = ?1 AND found_at <= ?2 AND (cleared_at IS NULL OR cleared_at > ?2) ORDER BY begins, object, kind";

/// Stores what checking a part of a chain came to; answers whether what is wrong has changed.
fn save(connection: &Connection, account_id: i64, update: &DigestUpdate, at: i64) -> Result<bool, StoreError> {
    let ChainId { region, trail, home_region, kind, .. } = &update.id;
    connection.prepare_cached(ENSURE)?.execute(params![
        account_id,
        update.bucket,
        region,
        trail,
        home_region,
        kind.as_str(),
        at
    ])?;
    let keys = params![account_id, update.bucket, region, trail, home_region, kind.as_str()];
    let id: i64 = connection.prepare_cached(ID)?.query_row(keys, |row| row.get(0))?;
    let (from, to) = update.checked.map_or((None, None), |(from, to)| (Some(from), Some(to)));
    let values = params![id, whole(update.digests), whole(update.logs), opt_millis(from), opt_millis(to)];
    connection.prepare_cached(ADD)?.execute(values)?;
    if let Some(ChainLink { key, hash, signature, end }) = &update.link {
        connection.prepare_cached(LINK)?.execute(params![id, key, hash, signature, millis(*end)])?;
    }
    let mut news = false;
    for problem in &update.problems {
        news |= open(connection, id, problem, at)?;
    }
    for problem in &update.cleared {
        let ChainProblem { kind, object, from, .. } = problem;
        let values = params![id, kind.as_str(), object, millis(*from), at];
        news |= connection.prepare_cached(CLEAR)?.execute(values)? != 0;
    }
    Ok(news)
}

fn open(connection: &Connection, id: i64, problem: &ChainProblem, at: i64) -> Result<bool, StoreError> {
    let ChainProblem { kind, object, reason, from, to } = problem;
    let values = params![id, kind.as_str(), object, reason, millis(*from), millis(*to)];
    if connection.prepare_cached(STANDS)?.execute(values)? != 0 {
        return Ok(false);
    }
    let values = params![id, kind.as_str(), object, reason, millis(*from), millis(*to), at];
    connection.prepare_cached(OPEN)?.execute(values)?;
    Ok(true)
}

/// A word of the history, read.
fn word<T: std::str::FromStr<Err = String>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    let wrong =
        |error: String| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into());
    text.parse().map_err(wrong)
}

fn read_state(row: &Row<'_>) -> rusqlite::Result<(i64, ChainState)> {
    let moment = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Moment>>(column)?.map(|moment| moment.0));
    let link = match (row.get(12)?, moment(15)?) {
        (Some(key), Some(end)) => Some(ChainLink { key, hash: row.get(13)?, signature: row.get(14)?, end }),
        _ => None,
    };
    let id = ChainId {
        account: row.get(2)?,
        region: row.get(3)?,
        trail: row.get(4)?,
        home_region: row.get(5)?,
        kind: word(row, 6)?,
    };
    let state = ChainState {
        bucket: row.get(1)?,
        id,
        checked: moment(7)?.zip(moment(8)?),
        checked_at: row.get::<_, Moment>(9)?.0,
        digests: row.get::<_, Count>(10)?.0,
        logs: row.get::<_, Count>(11)?.0,
        link,
        problems: Vec::new(),
    };
    Ok((row.get(0)?, state))
}

fn read_problem(row: &Row<'_>) -> rusqlite::Result<StandingProblem> {
    let problem = ChainProblem {
        kind: word(row, 0)?,
        object: row.get(1)?,
        reason: row.get(2)?,
        from: row.get::<_, Moment>(3)?.0,
        to: row.get::<_, Moment>(4)?.0,
    };
    Ok(StandingProblem { problem, found_at: row.get::<_, Moment>(5)?.0 })
}

/// The chains of an account with what was known to be wrong at a moment. How far they were checked is what is known by
/// now.
pub(super) fn states_at(
    connection: &Connection,
    account_id: i64,
    as_of: Timestamp,
) -> Result<Vec<ChainState>, StoreError> {
    let at = millis(as_of);
    let mut statement = connection.prepare_cached(OF_ACCOUNT)?;
    let rows = statement.query_map(params![account_id, at], read_state)?;
    let mut states = Vec::new();
    for row in rows {
        let (id, mut state) = row?;
        let mut problems = connection.prepare_cached(PROBLEMS)?;
        let problems = problems.query_map(params![id, at], read_problem)?;
        state.problems = problems.collect::<rusqlite::Result<_>>()?;
        states.push(state);
    }
    Ok(states)
}

impl Store {
    /// Stores what checking a part of a chain came to. The account is due to be judged when what is wrong has changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_digests(&self, at: Timestamp, account: &Account, update: &DigestUpdate) -> Result<(), StoreError> {
        self.write(|transaction| {
            let id = accounts::ensure(transaction, account, true)?;
            if save(transaction, id, update, millis(at))? {
                accounts::touch(transaction, id)?;
            }
            Ok(())
        })
    }

    /// The digest chains of an account, as they stand.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn digest_chains(&self, account: &Account) -> Result<Vec<ChainState>, StoreError> {
        let reader = self.reader()?;
        let Some(id) = accounts::known(&reader, account)? else { return Ok(Vec::new()) };
        states_at(&reader, id, Timestamp::MAX)
    }
}
