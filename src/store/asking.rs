//! Who asked the providers in a run, and how often each API was asked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::codec::{Json, Moment, millis};
use super::{RunId, Store, StoreError};
use crate::model::Provider;

const SAVE: &str = "-- runs.save_asking
UPDATE runs SET identities = ?2, calls = ?3 WHERE id = ?1";

pub(super) const WITHIN: &str = "-- runs.within
SELECT kind, complete, started_at, finished_at, identities, calls FROM runs
WHERE started_at >= ?1 AND started_at < ?2 ORDER BY started_at, id";

/// An identity with which a run asked a provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// The provider.
    pub provider: Provider,
    /// ARN of the caller.
    pub arn: String,
}

/// Requests of a run to one API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// The provider.
    pub provider: Provider,
    /// The API, as its permission is named.
    pub api: String,
    /// All of them, repeated ones included.
    pub requests: u64,
    /// Those that were refused for being too many.
    pub throttled: u64,
    /// Those that failed otherwise.
    pub errors: u64,
}

/// What the runs that began in a period did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunsWithin {
    /// Runs that read something: collections and readings of files.
    pub runs: u64,
    /// Those of them that left something unread, or never ended.
    pub incomplete: u64,
    /// When the last of them ended.
    pub last_finished: Option<Timestamp>,
    /// Identities with the begin of the first and of the last run that used them.
    pub identities: BTreeMap<Identity, (Timestamp, Timestamp)>,
    /// Requests by provider and API.
    pub calls: BTreeMap<(Provider, String), Requests>,
}

impl RunsWithin {
    fn add_requests(&mut self, added: Requests) {
        let key = (added.provider, added.api.clone());
        match self.calls.get_mut(&key) {
            Some(known) => {
                known.requests += added.requests;
                known.throttled += added.throttled;
                known.errors += added.errors;
            }
            None => drop(self.calls.insert(key, added)),
        }
    }
}

impl Store {
    /// Notes who asked the providers in a run, and how often.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_asking(&self, run: RunId, identities: &[Identity], calls: &[Requests]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let identities = (!identities.is_empty()).then_some(Json(identities));
            let calls = (!calls.is_empty()).then_some(Json(calls));
            transaction.prepare_cached(SAVE)?.execute(params![run.0, identities, calls])?;
            Ok(())
        })
    }

    /// What the runs did that began at or after `from` and before `to`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn runs_within(&self, from: Timestamp, to: Timestamp) -> Result<RunsWithin, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(WITHIN)?;
        let mut rows = statement.query(params![millis(from), millis(to)])?;
        let mut within = RunsWithin::default();
        while let Some(row) = rows.next()? {
            let kind: String = row.get(0)?;
            if kind == "analyze" {
                continue;
            }
            within.runs += 1;
            within.incomplete += u64::from(row.get::<_, Option<bool>>(1)? != Some(true));
            let started = row.get::<_, Moment>(2)?.0;
            let finished = row.get::<_, Option<Moment>>(3)?.map(|moment| moment.0);
            within.last_finished = within.last_finished.max(finished);
            for identity in row.get::<_, Option<Json<Vec<Identity>>>>(4)?.map(|json| json.0).unwrap_or_default() {
                within.identities.entry(identity).or_insert((started, started)).1 = started;
            }
            for requests in row.get::<_, Option<Json<Vec<Requests>>>>(5)?.map(|json| json.0).unwrap_or_default() {
                within.add_requests(requests);
            }
        }
        Ok(within)
    }
}
