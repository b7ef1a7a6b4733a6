//! What the rules get to see of an account, and what they made of it.

use std::sync::PoisonError;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::codec::{millis, opt_millis};
use super::{
    RunId, Store, StoreError, accounts, coverage, digests, events, findings, key_stores, role_use, roles, tasks,
    trail_settings, verdicts,
};
use crate::model::{Account, Evidence, FindingUpdate, Judgement, JudgingSettings};

const CHANGES: &str = "-- accounts.changes
SELECT changes FROM accounts WHERE id = ?1";

const JUDGED: &str = "-- accounts.judged
UPDATE accounts SET judged_changes = ifnull(?2, judged_changes), recheck_at = ?3 WHERE id = ?1";

impl Store {
    /// All that is known of an account at a moment: states valid then, events up to then. The events come without
    /// their raw records, which no rule reads and which are most of their size.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn evidence(
        &self,
        account: &Account,
        as_of: Timestamp,
        settings: JudgingSettings,
    ) -> Result<Evidence, StoreError> {
        self.evidence_with(account, as_of, as_of, settings)
    }

    /// All that is known of an account now. An event whose time is ahead of this machine's clock has happened all the
    /// same: it counts at once, for nothing would bring the account back when its time has come.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn present_evidence(
        &self,
        account: &Account,
        now: Timestamp,
        settings: JudgingSettings,
    ) -> Result<Evidence, StoreError> {
        self.evidence_with(account, now, Timestamp::MAX, settings)
    }

    fn evidence_with(
        &self,
        account: &Account,
        as_of: Timestamp,
        events_until: Timestamp,
        settings: JudgingSettings,
    ) -> Result<Evidence, StoreError> {
        let reader = self.reader()?;
        // One snapshot for all queries, so that the parts fit each other.
        let snapshot = reader.unchecked_transaction()?;
        let mut evidence = Evidence {
            account: account.clone(),
            as_of,
            settings,
            roles: Vec::new(),
            stores: Vec::new(),
            coverage: coverage::spans_at(&snapshot, account, as_of)?,
            events: Vec::new(),
            uses: Vec::new(),
            tasks: Vec::new(),
            trails: Vec::new(),
            digests: Vec::new(),
        };
        if let Some(id) = accounts::known(&snapshot, account)? {
            self.mark(&snapshot, account, id, as_of)?;
            evidence.roles = roles::spans_at(&snapshot, id, as_of)?;
            evidence.stores = key_stores::spans_at(&snapshot, id, as_of)?;
            evidence.events = events::notable(&snapshot, id, millis(events_until))?;
            evidence.uses = role_use::uses_at(&snapshot, account, id, millis(events_until))?;
            evidence.tasks = tasks::tasks_at(&snapshot, id, as_of)?;
            evidence.trails = trail_settings::spans_at(&snapshot, id, as_of)?;
            evidence.digests = digests::states_at(&snapshot, id, as_of)?;
        }
        Ok(evidence)
    }

    /// Remembers which changes the evidence knew, so that its judgement does not clear later ones.
    fn mark(&self, snapshot: &Connection, account: &Account, id: i64, as_of: Timestamp) -> Result<(), StoreError> {
        let changes = snapshot.prepare_cached(CHANGES)?.query_row([id], |row| row.get(0))?;
        let mut marks = self.shared.evidence_marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.insert(account.clone(), (as_of, changes));
        Ok(())
    }

    /// Stores what judging an account came to: one transaction, after which the account is not due any more, unless
    /// something new came since its evidence was read from this store. Accounts that are not ours get no verdicts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_judgement(
        &self,
        run: RunId,
        judgement: &Judgement,
        updates: &[FindingUpdate],
    ) -> Result<(), StoreError> {
        let known_changes = self.take_mark(judgement);
        let at = millis(judgement.as_of);
        self.write(|transaction| {
            let id = accounts::ensure(transaction, &judgement.account, false)?;
            for update in updates {
                findings::save(transaction, run, at, id, update)?;
            }
            verdicts::replace(transaction, id, &judgement.verdicts)?;
            let recheck_at = opt_millis(judgement.recheck_at);
            transaction.prepare_cached(JUDGED)?.execute(params![id, known_changes, recheck_at])?;
            Ok(())
        })
    }

    fn take_mark(&self, judgement: &Judgement) -> Option<i64> {
        let mut marks = self.shared.evidence_marks.lock().unwrap_or_else(PoisonError::into_inner);
        let (as_of, changes) = *marks.get(&judgement.account)?;
        if as_of != judgement.as_of {
            return None;
        }
        marks.remove(&judgement.account);
        Some(changes)
    }
}
