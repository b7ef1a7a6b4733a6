//! Writing trail objects: each is stored whole or not at all, and many small ones share a transaction, because every
//! transaction costs a wait for the disk.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::codec::millis;
use super::connections::Writer;
use super::evidence::Notes;
use super::role_use::Days;
use super::{
    LedgerEntry, ObjectFate, ObjectIdentity, RunId, Store, StoreError, accounts, coverage, events, ledger,
    lookup_progress, objects, role_use, tasks,
};
use crate::evidence::{Occasion, What};
use crate::model::{Account, Coverage, LookupProgress, ObjectHashes, Provider, Reject, SourceSummary, TrailEvent};

/// Objects of one transaction at most.
const MOST_OBJECTS: u32 = 256;

/// Bytes of records in one transaction at most, unless one object has more.
const MOST_BYTES: usize = 16 << 20;

/// How long a transaction stays open at most before the next object begins: so long others that write wait.
const LONGEST: Duration = Duration::from_secs(1);

/// Rejects kept of one object; the ledger counts all of them. An object of rubbish must not fill the disk.
const MOST_REJECTS: u64 = 1000;

const REMEMBER_REPLACED: &str = "-- replaced_events.add
INSERT INTO replaced_events (account_id, event_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

const IS_REPLACED: &str = "-- replaced_events.has
SELECT EXISTS (SELECT 1 FROM replaced_events WHERE account_id = ?1 AND event_id = ?2)";

const ANY_REPLACED: &str = "-- replaced_events.any
SELECT EXISTS (SELECT 1 FROM replaced_events)";

/// A series of objects. It holds the writer: nothing else of this process is written before it is committed or
/// dropped, and a thread that has one must not ask the same store for another write. Dropped, it loses the objects
/// since its last commit, which no caller was told to be stored.
#[derive(Debug)]
pub struct Batch<'a> {
    writer: MutexGuard<'a, Writer>,
    at: Timestamp,
    state: State,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they do not depend on one another")]
struct State {
    run: RunId,
    at: i64,
    open: bool,
    /// Whether a failure took finished objects with it, so that no later commit may say that all is well.
    lost: bool,
    objects: u32,
    bytes: usize,
    begun: Instant,
    /// Account numbers, and whether the account is known to be ours. Those of a dropped object are forgotten.
    accounts: HashMap<Account, (i64, bool)>,
    any_replaced: bool,
    /// Whether any object ever had a reject, so that an object that is read again may have to lose some.
    any_rejects: bool,
    /// What the objects add to the totals, written with the commit.
    totals: BTreeMap<Option<Provider>, SourceSummary>,
}

/// One object of a [`Batch`]. Dropped without [`ObjectWriter::finish`], it leaves no trace.
#[derive(Debug)]
pub struct ObjectWriter<'b> {
    connection: &'b Connection,
    state: &'b mut State,
    /// Whether a savepoint is open. Most objects hold nothing of interest and end with one statement; a savepoint for
    /// each of them would have SQLite copy every page that it touches.
    guarded: bool,
    days: Days,
    touched: BTreeSet<i64>,
    rejects: u64,
    first_reject: Option<i64>,
    hashes: Option<ObjectHashes>,
    /// What the evidence log is to say, and how much of that is of earlier objects.
    notes: (Notes, usize),
    finished: bool,
}

impl Store {
    /// Begins a series of objects.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn batch(&self, run: RunId, ingested_at: Timestamp) -> Result<Batch<'_>, StoreError> {
        let state = State {
            run,
            at: millis(ingested_at),
            open: false,
            lost: false,
            objects: 0,
            bytes: 0,
            begun: Instant::now(),
            accounts: HashMap::new(),
            any_replaced: false,
            any_rejects: false,
            totals: BTreeMap::new(),
        };
        Ok(Batch { writer: self.writer()?, at: ingested_at, state })
    }
}

impl Batch<'_> {
    /// Begins an object.
    ///
    /// # Errors
    /// [`StoreError`] when objects before it were lost, or no transaction can begin.
    pub fn object(&mut self) -> Result<ObjectWriter<'_>, StoreError> {
        if self.state.lost {
            return Err(StoreError::Lost);
        }
        if !self.state.open {
            self.begin()?;
        }
        let (connection, log) = self.writer.parts()?;
        let notes = log.notes().clone();
        let mark = notes.mark();
        Ok(ObjectWriter {
            connection,
            state: &mut self.state,
            guarded: false,
            days: Days::default(),
            touched: BTreeSet::new(),
            rejects: 0,
            first_reject: None,
            hashes: None,
            notes: (notes, mark),
            finished: false,
        })
    }

    /// What the ledger knows of this very version of an object, those of this batch included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ledger_entry(&mut self, object: &ObjectIdentity) -> Result<Option<LedgerEntry>, StoreError> {
        ledger::entry(self.writer.connection()?, object)
    }

    /// Notes the hashes of an object that the ledger has in this very version.
    ///
    /// # Errors
    /// [`StoreError`] when the statement fails; the batch can only be dropped then.
    pub fn save_hashes(&mut self, object: &ObjectIdentity, hashes: &ObjectHashes) -> Result<(), StoreError> {
        if !self.state.open {
            self.begin()?;
        }
        self.state.objects += 1;
        ledger::hash(self.writer.connection()?, object, hashes)
    }

    /// Adds what the objects cover: stored with them, or not at all.
    ///
    /// # Errors
    /// [`StoreError`] when a statement fails; the batch can only be dropped then.
    pub fn save_coverage(&mut self, rows: &[Coverage]) -> Result<(), StoreError> {
        if !self.state.open {
            self.begin()?;
        }
        let (run, at) = (self.state.run, self.at);
        coverage::save_all(self.writer.connection()?, run, at, rows)
    }

    /// Notes how far queries of the event history have come: stored with the objects, or not at all.
    ///
    /// # Errors
    /// [`StoreError`] when a statement fails; the batch can only be dropped then.
    pub fn save_lookup_progress(&mut self, account: &Account, rows: &[LookupProgress]) -> Result<(), StoreError> {
        if !self.state.open {
            self.begin()?;
        }
        lookup_progress::save(self.writer.connection()?, account, rows)
    }

    /// Forgets how far the queries of an account and Region have come: with the objects, or not at all.
    ///
    /// # Errors
    /// [`StoreError`] when a statement fails; the batch can only be dropped then.
    pub fn clear_lookup_progress(&mut self, account: &Account, region: &str) -> Result<(), StoreError> {
        if !self.state.open {
            self.begin()?;
        }
        lookup_progress::clear(self.writer.connection()?, account, region)
    }

    /// Stores every finished object; what a caller was told after this is on the disk.
    ///
    /// # Errors
    /// [`StoreError`] when the transaction cannot be committed; none of its objects is stored then.
    pub fn commit(mut self) -> Result<(), StoreError> {
        self.commit_open()
    }

    /// Whether there are enough objects, bytes or seconds in the batch that it should be committed.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let state = &self.state;
        state.open && (state.objects >= MOST_OBJECTS || state.bytes >= MOST_BYTES || state.begun.elapsed() >= LONGEST)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        let connection = self.writer.connection()?;
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        self.state.open = true;
        self.state.objects = 0;
        self.state.bytes = 0;
        self.state.begun = Instant::now();
        self.state.any_replaced = connection.prepare_cached(ANY_REPLACED)?.query_row([], |row| row.get(0))?;
        self.state.any_rejects = objects::any_rejects(connection)?;
        Ok(())
    }

    fn commit_open(&mut self) -> Result<(), StoreError> {
        if self.state.lost {
            return Err(StoreError::Lost);
        }
        if !self.state.open {
            return Ok(());
        }
        let totals = std::mem::take(&mut self.state.totals);
        let done = self.writer.parts().and_then(|(connection, log)| {
            for (provider, counts) in &totals {
                objects::add_totals(connection, *provider, counts)?;
            }
            log.append(connection, Occasion::of(What::Rows))?;
            connection.prepare_cached("COMMIT")?.execute([])?;
            log.committed();
            Ok(())
        });
        match &done {
            Ok(()) => self.state.open = false,
            Err(error) => {
                self.roll_back();
                self.writer.forget_after(error);
            }
        }
        done
    }

    fn roll_back(&mut self) {
        self.state.open = false;
        self.state.accounts.clear();
        self.state.totals.clear();
        self.writer.log().lost();
        let Ok(connection) = self.writer.connection() else { return };
        // SQLite ends the transaction by itself after some failures; a connection that cannot is not used again.
        if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
            self.writer.forget();
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if self.state.open {
            self.roll_back();
        }
    }
}

impl ObjectWriter<'_> {
    /// Stores an event; answers whether it is new.
    ///
    /// # Errors
    /// [`StoreError`] when the statement fails.
    pub fn add_event(&mut self, event: &TrailEvent) -> Result<bool, StoreError> {
        self.guard()?;
        let account = Account::new(event.provider, event.account.as_str());
        let account_id = self.account(&account, true)?;
        if !self.make_way(account_id, event)? {
            return Ok(false);
        }
        let Some(row) = events::insert(self.connection, &self.notes.0, account_id, event, self.state.at)? else {
            return Ok(false);
        };
        let mut owners = Vec::with_capacity(event.concerns.len());
        for concern in &event.concerns {
            let owner = if concern.account == event.account {
                account_id
            } else {
                self.account(&Account::new(event.provider, concern.account.as_str()), false)?
            };
            owners.push(owner);
        }
        events::insert_concerns(self.connection, row, event, &owners)?;
        tasks::submit(self.connection, event)?;
        self.days.add(event, &owners);
        if self.days.are_many() {
            self.days.store(self.connection)?;
        }
        self.touched.insert(account_id);
        self.touched.extend(owners);
        self.state.bytes += event.raw.len();
        Ok(true)
    }

    /// Stores a rejected record or object.
    ///
    /// # Errors
    /// [`StoreError`] when the statement fails.
    pub fn add_reject(&mut self, reject: &Reject) -> Result<(), StoreError> {
        self.rejects += 1;
        if self.rejects > MOST_REJECTS {
            return Ok(());
        }
        self.guard()?;
        self.state.any_rejects = true;
        let row = objects::add_reject(self.connection, self.state.run, self.state.at, reject)?;
        self.first_reject.get_or_insert(row);
        self.state.bytes += reject.raw.len();
        Ok(())
    }

    /// Adds the object's hashes to its row in the ledger.
    pub fn set_hashes(&mut self, hashes: Option<ObjectHashes>) {
        self.hashes = hashes;
    }

    /// Ends the object with its row in the ledger. It is stored with the batch, whole or not at all. `provider` is
    /// that of its records, where they told; the totals of the metrics go by it.
    ///
    /// # Errors
    /// [`StoreError`] when a statement fails; nothing of the object is stored then.
    pub fn finish(
        mut self,
        object: &ObjectIdentity,
        fate: ObjectFate,
        provider: Option<Provider>,
        counts: &SourceSummary,
    ) -> Result<(), StoreError> {
        self.drop_earlier_rejects(object)?;
        self.release(object, fate, provider, counts, counts)
    }

    /// Ends one part of an object that comes in several, such as the pages of a query: the ledger's row of this very
    /// version grows by it, and rejects of its earlier parts stay. Answers what the object has come to.
    ///
    /// # Errors
    /// [`StoreError`] when a statement fails; nothing of the part is stored then.
    pub fn finish_part(
        mut self,
        object: &ObjectIdentity,
        provider: Option<Provider>,
        counts: &SourceSummary,
    ) -> Result<SourceSummary, StoreError> {
        let mut whole = *counts;
        if let Some(before) = objects::summary(self.connection, object)? {
            whole.add(&before);
        } else {
            self.drop_earlier_rejects(object)?;
        }
        self.release(object, ObjectFate::Read, provider, counts, &whole)?;
        Ok(whole)
    }

    fn release(
        mut self,
        object: &ObjectIdentity,
        fate: ObjectFate,
        provider: Option<Provider>,
        counts: &SourceSummary,
        whole: &SourceSummary,
    ) -> Result<(), StoreError> {
        self.days.store(self.connection)?;
        for id in std::mem::take(&mut self.touched) {
            accounts::touch(self.connection, id)?;
        }
        let hashes = self.hashes.as_ref();
        let (into, when) = ((self.connection, &self.notes.0), (self.state.run, self.state.at));
        objects::finish(into, when, object, fate, whole, hashes)?;
        if self.guarded {
            self.connection.prepare_cached("RELEASE object")?.execute([])?;
        }
        self.state.totals.entry(provider).or_default().add(counts);
        self.finished = true;
        self.state.objects += 1;
        Ok(())
    }

    /// Makes sure that what the object has written can be taken back.
    fn guard(&mut self) -> Result<(), StoreError> {
        if !self.guarded {
            self.connection.prepare_cached("SAVEPOINT object")?.execute([])?;
            self.guarded = true;
        }
        Ok(())
    }

    /// Takes away the rejects of an earlier reading of the object.
    fn drop_earlier_rejects(&mut self, object: &ObjectIdentity) -> Result<(), StoreError> {
        if !self.state.any_rejects {
            return Ok(());
        }
        self.guard()?;
        objects::drop_rejects_before(self.connection, &object.name, self.first_reject.unwrap_or(i64::MAX))
    }

    /// Removes what the event replaces; answers whether the event itself may be stored. Ids that were replaced are
    /// remembered, so that the outcome does not depend on the order in which records come.
    fn make_way(&mut self, account_id: i64, event: &TrailEvent) -> Result<bool, StoreError> {
        if let Some(replaced) = &event.replaces {
            let first_time =
                self.connection.prepare_cached(REMEMBER_REPLACED)?.execute(params![account_id, replaced])? > 0;
            self.state.any_replaced = true;
            let itself = *replaced == event.id;
            if itself && !first_time {
                return Ok(false);
            }
            self.remove(account_id, millis(event.time), replaced)?;
            if itself {
                return Ok(true);
            }
        }
        if !self.state.any_replaced {
            return Ok(true);
        }
        let mut statement = self.connection.prepare_cached(IS_REPLACED)?;
        Ok(!statement.query_row(params![account_id, event.id], |row| row.get::<_, bool>(0))?)
    }

    fn remove(&mut self, account_id: i64, time: i64, id: &str) -> Result<(), StoreError> {
        let Some(stored) = events::find(self.connection, account_id, time, id)? else { return Ok(()) };
        let event = &stored.event.event;
        events::remove(self.connection, &stored)?;
        self.days.store(self.connection)?;
        role_use::recount(self.connection, event)?;
        self.touched.insert(account_id);
        for concern in &event.concerns {
            let owner = self.account(&Account::new(event.provider, concern.account.as_str()), false)?;
            self.touched.insert(owner);
        }
        Ok(())
    }

    fn account(&mut self, account: &Account, own: bool) -> Result<i64, StoreError> {
        if let Some((id, is_own)) = self.state.accounts.get(account)
            && (*is_own || !own)
        {
            return Ok(*id);
        }
        let id = accounts::ensure(self.connection, account, own)?;
        self.state.accounts.insert(account.clone(), (id, own));
        Ok(id)
    }
}

impl Drop for ObjectWriter<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // Accounts that only this object brought are gone with it, and so is what it had noted.
        self.state.accounts.clear();
        let (notes, mark) = &self.notes;
        notes.take_back(*mark);
        let undone = if self.guarded {
            self.connection.execute_batch("ROLLBACK TO object; RELEASE object").is_ok()
        } else {
            !self.connection.is_autocommit()
        };
        if !undone {
            // The failure that ended the object ended the transaction as well, or it cannot be trusted: nothing of
            // it may be committed.
            self.state.open = false;
            self.state.lost |= self.state.objects > 0;
            notes.take_back(0);
            if !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
        }
    }
}
