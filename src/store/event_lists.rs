//! Trail events: what is read of them, newest first.

use rusqlite::{OptionalExtension, params};

use super::codec::{Json, millis, opt_millis, whole};
use super::events::{self, Stored, columns, id_key, read};
use super::places::EventPlace;
use super::{EventRow, HistoryFilter, Store, StoreError};
use crate::model::{Account, Concern, FindingEvent, Provider};

/// Events of a batch: each is a transaction of its own, so that a listing that waits for its reader (a pager, a slow
/// client) does not keep the write-ahead log from being cut.
const BATCH: u64 = 250;

/// Events that are looked through at a time for those that a filter wants: few at first, more while few are wanted. Their
/// records are not read.
const SKIMMED: (u64, u64) = (64, 4096);

pub(super) const PAGE_OF_ALL: &str = concat!(
    "-- events.page_of_all\nSELECT ",
    columns!(),
    ", CASE WHEN ?4 THEN e.raw ELSE '' END FROM events e CROSS JOIN accounts a
WHERE (e.time, e.id) < (?1, ?2) AND e.time >= ?3 AND a.id = e.account_id
ORDER BY e.time DESC, e.id DESC LIMIT ?5"
);

pub(super) const PAGE_OF_ACCOUNT: &str = concat!(
    "-- events.page_of_account\nSELECT ",
    columns!(),
    ", CASE WHEN ?5 THEN e.raw ELSE '' END FROM events e CROSS JOIN accounts a
WHERE e.account_id = ?1 AND (e.time, e.id_key) < (?2, ?3) AND e.time >= ?4 AND a.id = e.account_id
ORDER BY e.time DESC, e.id_key DESC LIMIT ?6"
);

pub(super) const PAGE_OF_PROFILE: &str = concat!(
    "-- events.page_of_profile\nSELECT ",
    columns!(),
    ", CASE WHEN ?6 THEN e.raw ELSE '' END FROM event_concerns c CROSS JOIN events e CROSS JOIN accounts a
WHERE c.account_id = ?1 AND c.profile = ?2 AND (c.time, c.event) < (?3, ?4) AND c.time >= ?5
  AND e.id = c.event AND a.id = e.account_id
ORDER BY c.time DESC, c.event DESC LIMIT ?7"
);

/// As many events as are skimmed, with what tells whether they are wanted.
pub(super) const SKIM: &str = "-- events.skim
SELECT e.time, e.id, a.provider, e.concerns FROM events e CROSS JOIN accounts a
WHERE (e.time, e.id) < (?1, ?2) AND e.time >= ?3 AND a.id = e.account_id
ORDER BY e.time DESC, e.id DESC LIMIT ?4";

const BY_ROW: &str = concat!(
    "-- events.by_row\nSELECT ",
    columns!(),
    ", CASE WHEN ?2 THEN e.raw ELSE '' END FROM events e CROSS JOIN accounts a WHERE e.id = ?1 AND a.id = e.account_id"
);

const ACCOUNT_IDS: &str = "-- accounts.ids
SELECT id, provider FROM accounts WHERE account = ?1 AND (?2 IS NULL OR provider = ?2) ORDER BY provider";

/// How a listing of events reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventReading {
    /// Whether the records themselves are read; without, they are empty.
    pub raw: bool,
    /// After how many events that the filter does not want to stop.
    pub skip: u64,
}

/// Which events a listing walks over.
#[derive(Clone, Copy)]
enum Walk {
    All,
    Account(i64, Provider),
    Profile(i64, Provider),
}

impl Walk {
    fn provider(self) -> Option<Provider> {
        match self {
            Self::All => None,
            Self::Account(_, provider) | Self::Profile(_, provider) => Some(provider),
        }
    }

    fn place_of(self, stored: &Stored) -> EventPlace {
        let event = &stored.event.event;
        EventPlace { provider: self.provider(), time: millis(event.time), row: stored.row, key: id_key(&event.id) }
    }
}

/// An event that was looked at, and whether it is wanted.
struct Skimmed {
    time: i64,
    row: i64,
    wanted: bool,
}

impl Store {
    /// Events, newest first, one at a time; `visit` answers whether to go on. With an account, the events recorded in
    /// it; with an account and a profile, the events that concern that account's role or stores, wherever recorded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events(&self, filter: &HistoryFilter, visit: &mut dyn FnMut(EventRow) -> bool) -> Result<(), StoreError> {
        let mut left = filter.limit.unwrap_or(u64::MAX);
        let everything = EventReading { raw: true, skip: u64::MAX };
        self.events_after(filter, everything, None, &mut |_, row| {
            if left == 0 {
                return false;
            }
            left -= 1;
            visit(row)
        })?;
        Ok(())
    }

    /// The same behind a place, each with its own. A limit of the filter says how many are wanted and is for `visit` to
    /// keep. Answers where reading stopped, if it stopped for want of events that the filter wants.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events_after(
        &self,
        filter: &HistoryFilter,
        reading: EventReading,
        after: Option<&EventPlace>,
        visit: &mut dyn FnMut(EventPlace, EventRow) -> bool,
    ) -> Result<Option<EventPlace>, StoreError> {
        let mut after = after.cloned();
        for walk in self.walks(filter)? {
            let begun = after.as_ref().and_then(|place| place.provider);
            if begun.is_some_and(|begun| walk.provider().is_some_and(|provider| provider.as_str() < begun.as_str())) {
                continue;
            }
            let place = after.take().filter(|_| begun == walk.provider()).unwrap_or_else(|| start(filter));
            let narrowed = filter.provider.is_some() || filter.profile.is_some();
            let ended = match walk {
                Walk::All if narrowed => self.skim(filter, reading, place, visit)?,
                _ => self.walk(filter, reading, walk, place, visit)?,
            };
            match ended {
                Ended::Whole => {}
                Ended::Enough => return Ok(None),
                Ended::At(place) => return Ok(Some(place)),
            }
        }
        Ok(None)
    }

    /// The event that a finding of `account` rests on, while it is in the history.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn event(&self, account: &Account, wanted: &FindingEvent) -> Result<Option<EventRow>, StoreError> {
        let reader = self.reader()?;
        let Some(row) = events::row_of(&reader, account, wanted)? else { return Ok(None) };
        let mut statement = reader.prepare_cached(BY_ROW)?;
        Ok(statement.query_row(params![row, true], read).optional()?.map(|stored| stored.event))
    }

    fn walks(&self, filter: &HistoryFilter) -> Result<Vec<Walk>, StoreError> {
        let Some(account) = &filter.account else { return Ok(vec![Walk::All]) };
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(ACCOUNT_IDS)?;
        let ids = statement.query_map(params![account, filter.provider], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let walk = if filter.profile.is_some() { Walk::Profile } else { Walk::Account };
        ids.map(|id| id.map(|(id, provider)| walk(id, provider)).map_err(StoreError::from)).collect()
    }

    /// Every event of a walk.
    fn walk(
        &self,
        filter: &HistoryFilter,
        reading: EventReading,
        walk: Walk,
        mut place: EventPlace,
        visit: &mut dyn FnMut(EventPlace, EventRow) -> bool,
    ) -> Result<Ended, StoreError> {
        loop {
            let batch = self.batch_of(filter, reading, walk, &place)?;
            let Some(last) = batch.last() else { return Ok(Ended::Whole) };
            place = walk.place_of(last);
            for stored in batch {
                if !visit(walk.place_of(&stored), stored.event) {
                    return Ok(Ended::Enough);
                }
            }
        }
    }

    fn batch_of(
        &self,
        filter: &HistoryFilter,
        EventReading { raw, .. }: EventReading,
        walk: Walk,
        place: &EventPlace,
    ) -> Result<Vec<Stored>, StoreError> {
        let reader = self.reader()?;
        let since = opt_millis(filter.since).unwrap_or(i64::MIN);
        let count = whole(filter.limit.unwrap_or(BATCH).clamp(1, BATCH));
        let rows = match walk {
            Walk::All => reader
                .prepare_cached(PAGE_OF_ALL)?
                .query_map(params![place.time, place.row, since, raw, count], read)?
                .collect::<rusqlite::Result<Vec<_>>>(),
            Walk::Account(id, _) => reader
                .prepare_cached(PAGE_OF_ACCOUNT)?
                .query_map(params![id, place.time, place.key, since, raw, count], read)?
                .collect(),
            Walk::Profile(id, _) => reader
                .prepare_cached(PAGE_OF_PROFILE)?
                .query_map(params![id, filter.profile, place.time, place.row, since, raw, count], read)?
                .collect(),
        };
        let mut rows = rows?;
        // An event with several concerns of one profile comes once for each.
        rows.dedup_by_key(|stored| stored.row);
        Ok(rows)
    }

    /// The events of all accounts that a filter wants, which no index tells.
    fn skim(
        &self,
        filter: &HistoryFilter,
        reading: EventReading,
        mut place: EventPlace,
        visit: &mut dyn FnMut(EventPlace, EventRow) -> bool,
    ) -> Result<Ended, StoreError> {
        let (mut skipped, mut count) = (0, SKIMMED.0);
        loop {
            let skimmed = self.skimmed(filter, &place, count)?;
            count = SKIMMED.1.min(count * 2);
            if skimmed.is_empty() {
                return Ok(Ended::Whole);
            }
            for Skimmed { time, row, wanted } in skimmed {
                place = EventPlace { provider: None, time, row, key: [0; 16] };
                if !wanted {
                    skipped += 1;
                    if skipped >= reading.skip {
                        return Ok(Ended::At(place));
                    }
                } else if let Some(stored) = self.by_row(row, reading.raw)?
                    && !visit(place.clone(), stored.event)
                {
                    return Ok(Ended::Enough);
                }
            }
        }
    }

    fn skimmed(&self, filter: &HistoryFilter, place: &EventPlace, count: u64) -> Result<Vec<Skimmed>, StoreError> {
        let reader = self.reader()?;
        let since = opt_millis(filter.since).unwrap_or(i64::MIN);
        let mut statement = reader.prepare_cached(SKIM)?;
        let rows = statement.query_map(params![place.time, place.row, since, whole(count)], |row| {
            let provider: Provider = row.get(2)?;
            let wanted = filter.provider.is_none_or(|wanted| wanted == provider)
                && match &filter.profile {
                    None => true,
                    Some(profile) => {
                        let concerns = row.get::<_, Json<Vec<Concern>>>(3)?.0;
                        concerns.iter().any(|concern| concern.profile == *profile)
                    }
                };
            Ok(Skimmed { time: row.get(0)?, row: row.get(1)?, wanted })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn by_row(&self, row: i64, raw: bool) -> Result<Option<Stored>, StoreError> {
        let reader = self.reader()?;
        let mut statement = reader.prepare_cached(BY_ROW)?;
        Ok(statement.query_row(params![row, raw], read).optional()?)
    }
}

/// How a walk ended.
enum Ended {
    /// There are no more events.
    Whole,
    /// The visitor has had enough.
    Enough,
    /// Too many in a row were not wanted; this was the last of them.
    At(EventPlace),
}

fn start(filter: &HistoryFilter) -> EventPlace {
    // `until` is exclusive and `at` inclusive: the first place behind either.
    let until = opt_millis(filter.until).unwrap_or(i64::MAX);
    let after_at = opt_millis(filter.at).map_or(i64::MAX, |at| at.saturating_add(1));
    EventPlace { provider: None, time: until.min(after_at), row: i64::MIN, key: [0; 16] }
}
