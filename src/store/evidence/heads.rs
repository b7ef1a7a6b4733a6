//! How far the log has come, and its checkpoints.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};

use super::log::Signer;
use crate::evidence::SignedCheckpoint;
use crate::store::codec::{Count, Moment, millis};
use crate::store::{Store, StoreError};

const SIZE: &str = "-- evidence.size
SELECT ifnull(max(leaf) + 1, 0) FROM evidence";

const LAST_BEFORE: &str = "-- evidence_checkpoints.last_before
SELECT made_at, note FROM evidence_checkpoints WHERE made_at < ?1 ORDER BY size DESC LIMIT 1";

const FIRST_OF: &str = "-- evidence_checkpoints.first_of
SELECT made_at, note FROM evidence_checkpoints WHERE size > ?1 ORDER BY size LIMIT 1";

/// The newest leaf that speaks of more than runs and reports: those come with every look at the history.
const LAST_NEWS: &str = "-- evidence.last_news
SELECT leaf FROM evidence WHERE CASE WHEN json_valid(payload) THEN EXISTS (
  SELECT 1 FROM json_each(payload, '$.rows') WHERE key NOT IN ('runs', 'reports')) END ORDER BY leaf DESC LIMIT 1";

/// A checkpoint, and when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceHead {
    /// When the run ended with which it was made.
    pub made_at: Timestamp,
    /// Its text.
    pub note: String,
    /// The same, read.
    pub checkpoint: SignedCheckpoint,
}

fn read(row: &Row<'_>) -> rusqlite::Result<(Timestamp, String)> {
    Ok((row.get::<_, Moment>(0)?.0, row.get(1)?))
}

fn head((made_at, note): (Timestamp, String)) -> Option<EvidenceHead> {
    // One that cannot be read is told by the verification.
    let checkpoint = note.parse().ok()?;
    Some(EvidenceHead { made_at, note, checkpoint })
}

impl Store {
    /// From now on checkpoints are of this origin, and signed where there is a key. Only the first call counts.
    pub fn sign_checkpoints(&self, signer: Signer) {
        let _ = self.shared.signer.set(signer);
    }

    /// How many leaves the log has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn evidence_size(&self) -> Result<u64, StoreError> {
        Ok(self.reader()?.prepare_cached(SIZE)?.query_row([], |row| row.get::<_, Count>(0))?.0)
    }

    /// The newest checkpoint that was made before a moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn checkpoint_before(&self, moment: Timestamp) -> Result<Option<EvidenceHead>, StoreError> {
        let reader = self.reader()?;
        let found = reader.prepare_cached(LAST_BEFORE)?.query_row([millis(moment)], read).optional()?;
        Ok(found.and_then(head))
    }

    /// The first checkpoint that speaks for everything that the history holds, other than that runs and reports were made
    /// since: it stays the same while nothing new comes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn checkpoint_of_news(&self) -> Result<Option<EvidenceHead>, StoreError> {
        let reader = self.reader()?;
        let news: Option<i64> = reader.prepare_cached(LAST_NEWS)?.query_row([], |row| row.get(0)).optional()?;
        let Some(news) = news else { return Ok(None) };
        let found = reader.prepare_cached(FIRST_OF)?.query_row([news], read).optional()?;
        Ok(found.and_then(head))
    }
}
