//! Trail events: stored once, replaced by a later record that says so.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use sha2::{Digest, Sha256};

use super::codec::{Json, Moment, millis, opt_millis};
use super::evidence::{EVENTS, Notes};
use super::{EventRow, StoreError, accounts};
use crate::model::{Account, Actor, Concern, ConcernKind, FindingEvent, StoreEffect, TrailEvent};

/// How far from a replacing record the replaced one may lie, in milliseconds: providers correct a record within
/// hours or days, and look-up of events ends after 90 days. It bounds the search, for which no index of ids exists
/// (random ids in an index would slow every write).
const REPLACED_WITHIN: i64 = 90 * 24 * 60 * 60 * 1000;

/// The columns of an event `e` recorded in the account `a`.
macro_rules! columns {
    () => {
        "e.id, e.time, a.provider, a.account, e.event_id, e.delivered_at, e.ingested_at, e.region, e.name, e.source, \
         e.actor_type, e.actor_arn, e.actor_invoked_by, e.actor_account, e.actor_principal_id, e.role, e.role_id, \
         e.store, e.store_type, e.deletion_task, e.outcome, e.error_code, e.error_message, e.source_ip, \
         e.user_agent, e.shared_id, e.replaces, e.object, e.sha256, e.concerns"
    };
}
pub(super) use columns;

pub(super) const INSERT: &str = "-- events.insert
INSERT INTO events (account_id, time, id_key, event_id, delivered_at, ingested_at, region, name, source, actor_type,
  actor_arn, actor_invoked_by, actor_account, actor_principal_id, role, role_id, store, store_type, deletion_task,
  outcome, error_code, error_message, source_ip, user_agent, shared_id, replaces, object, sha256, concerns, raw)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
  ?24, ?25, ?26, ?27, ?28, ?29, ?30)
ON CONFLICT DO NOTHING";

const INSERT_CONCERN: &str = "-- event_concerns.insert
INSERT INTO event_concerns (account_id, profile, time, event, ordinal, kind, trusted, routine)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

pub(super) const FIND: &str = concat!(
    "-- events.find\nSELECT ",
    columns!(),
    ", '' FROM events e CROSS JOIN accounts a
WHERE e.account_id = ?1 AND e.time BETWEEN ?2 AND ?3 AND e.id_key = ?4 AND a.id = e.account_id LIMIT 1"
);

/// By the index that keeps events unique.
pub(super) const ROW_IN_ACCOUNT: &str = "-- events.row_in_account
SELECT id FROM events WHERE account_id = ?1 AND time = ?2 AND id_key = ?3";

pub(super) const ROW: &str = "-- events.row
SELECT id FROM events WHERE time = ?1 AND event_id = ?2 ORDER BY id LIMIT 1";

const DELETE: &str = "-- events.delete
DELETE FROM events WHERE id = ?1";

const DELETE_CONCERN: &str = "-- event_concerns.delete
DELETE FROM event_concerns WHERE account_id = ?1 AND profile = ?2 AND time = ?3 AND event = ?4";

/// What the rules read; the record itself is not among it.
pub(super) const NOTABLE: &str = concat!(
    "-- events.notable\nSELECT ",
    columns!(),
    ", '' FROM event_concerns c CROSS JOIN events e CROSS JOIN accounts a
WHERE c.account_id = ?1 AND c.routine = 0 AND c.time <= ?2 AND e.id = c.event AND a.id = e.account_id
ORDER BY c.time, c.event"
);

/// A day of a role, for counting it anew.
pub(super) const OF_PROFILE: &str = concat!(
    "-- events.of_profile\nSELECT ",
    columns!(),
    ", '' FROM (SELECT DISTINCT time, event FROM event_concerns
  WHERE account_id = ?1 AND profile = ?2 AND time >= ?3 AND time < ?4) c
CROSS JOIN events e CROSS JOIN accounts a
WHERE e.id = c.event AND a.id = e.account_id"
);

/// A stored event with its row.
pub(super) struct Stored {
    pub(super) row: i64,
    pub(super) event: EventRow,
}

/// Sixteen bytes that stand for an id.
pub(super) fn id_key(id: &str) -> [u8; 16] {
    uuid_bytes(id).unwrap_or_else(|| {
        let digest = Sha256::digest(id);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        key
    })
}

fn uuid_bytes(id: &str) -> Option<[u8; 16]> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    if id.len() != 36 {
        return None;
    }
    let mut key = [0_u8; 16];
    let mut digits = 0;
    for (place, byte) in id.bytes().enumerate() {
        if HYPHENS.contains(&place) {
            if byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())?;
        key[digits / 2] = key[digits / 2] << 4 | digit;
        digits += 1;
    }
    Some(key)
}

/// Whether an event is ordinary work. One that concerns nobody is neither ordinary nor notable.
pub(super) fn is_counted(event: &TrailEvent) -> bool {
    !event.concerns.is_empty() && event.is_routine()
}

/// Stores an event, and has it noted; answers its row, or `None` where it was stored before.
pub(super) fn insert(
    connection: &Connection,
    notes: &Notes,
    account_id: i64,
    event: &TrailEvent,
    ingested_at: i64,
) -> Result<Option<i64>, StoreError> {
    let time = millis(event.time);
    let id_key = id_key(&event.id);
    let delivered_at = opt_millis(event.delivered_at);
    let concerns = Json(&event.concerns);
    let values: [&dyn ToSql; 30] = [
        &account_id,
        &time,
        &id_key,
        &event.id,
        &delivered_at,
        &ingested_at,
        &event.region,
        &event.name,
        &event.source,
        &event.actor.kind,
        &event.actor.arn,
        &event.actor.invoked_by,
        &event.actor.account,
        &event.actor.principal_id,
        &event.role,
        &event.role_id,
        &event.store,
        &event.store_type,
        &event.deletion_task,
        &event.outcome,
        &event.error_code,
        &event.error_message,
        &event.source_ip,
        &event.user_agent,
        &event.shared_id,
        &event.replaces,
        &event.object,
        &event.sha256,
        &concerns,
        &event.raw,
    ];
    Ok(notes.add(connection, (INSERT, EVENTS), &values)?)
}

/// Stores what an event concerns; `owners` has the account numbers of its concerns, in their order.
pub(super) fn insert_concerns(
    connection: &Connection,
    row: i64,
    event: &TrailEvent,
    owners: &[i64],
) -> Result<(), StoreError> {
    let routine = is_counted(event);
    let mut statement = connection.prepare_cached(INSERT_CONCERN)?;
    for ((ordinal, concern), owner) in (0_i64..).zip(&event.concerns).zip(owners) {
        let kind = kind_word(concern.kind);
        let time = millis(event.time);
        statement.execute(params![owner, concern.profile, time, row, ordinal, kind, concern.trusted, routine])?;
    }
    Ok(())
}

fn kind_word(kind: ConcernKind) -> &'static str {
    match kind {
        ConcernKind::Assumption => "assumption",
        ConcernKind::SessionActivity => "session-activity",
        ConcernKind::RoleCreation => "role-creation",
        ConcernKind::RoleDeletion => "role-deletion",
        ConcernKind::DeletionCheck => "deletion-check",
        ConcernKind::RoleTampering => "role-tampering",
        ConcernKind::RoleEdit => "role-edit",
        ConcernKind::Store(StoreEffect::Created) => "store-created",
        ConcernKind::Store(StoreEffect::Connected) => "store-connected",
        ConcernKind::Store(StoreEffect::Disconnected) => "store-disconnected",
        ConcernKind::Store(StoreEffect::Changed) => "store-changed",
        ConcernKind::Store(StoreEffect::Deleted) => "store-deleted",
    }
}

/// The stored event of that id in the account, near `time`.
pub(super) fn find(
    connection: &Connection,
    account_id: i64,
    time: i64,
    id: &str,
) -> Result<Option<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(FIND)?;
    // A corrected record nearly always has the time of the one that it corrects.
    for reach in [0, REPLACED_WITHIN] {
        let values = params![account_id, time - reach, time + reach, id_key(id)];
        if let Some(found) = statement.query_row(values, read).optional()? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The row of an event that a finding of `account` rests on. Nearly all of them were recorded in that very account, where
/// the search costs the same however many events share their moment; the others are looked for among those.
pub(super) fn row_of(
    connection: &Connection,
    account: &Account,
    event: &FindingEvent,
) -> Result<Option<i64>, StoreError> {
    let time = millis(event.time);
    if let Some(account) = accounts::known(connection, account)? {
        let mut statement = connection.prepare_cached(ROW_IN_ACCOUNT)?;
        let found = statement.query_row(params![account, time, id_key(&event.id)], |row| row.get(0)).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    let mut statement = connection.prepare_cached(ROW)?;
    Ok(statement.query_row(params![time, event.id], |row| row.get(0)).optional()?)
}

/// Removes an event and what it concerns.
pub(super) fn remove(connection: &Connection, stored: &Stored) -> Result<(), StoreError> {
    let event = &stored.event.event;
    for concern in &event.concerns {
        let owner = Account::new(event.provider, concern.account.as_str());
        let Some(owner) = accounts::known(connection, &owner)? else { continue };
        let values = params![owner, concern.profile, millis(event.time), stored.row];
        connection.prepare_cached(DELETE_CONCERN)?.execute(values)?;
    }
    connection.prepare_cached(DELETE)?.execute([stored.row])?;
    Ok(())
}

/// Reads an event by the columns above, the record last.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let actor = Actor {
        kind: row.get(10)?,
        arn: row.get(11)?,
        invoked_by: row.get(12)?,
        account: row.get(13)?,
        principal_id: row.get(14)?,
    };
    let event = TrailEvent {
        provider: row.get(2)?,
        account: row.get(3)?,
        region: row.get(7)?,
        id: row.get(4)?,
        time: row.get::<_, Moment>(1)?.0,
        delivered_at: row.get::<_, Option<Moment>>(5)?.map(|moment| moment.0),
        name: row.get(8)?,
        source: row.get(9)?,
        actor,
        role: row.get(15)?,
        role_id: row.get(16)?,
        store: row.get(17)?,
        store_type: row.get(18)?,
        deletion_task: row.get(19)?,
        outcome: row.get(20)?,
        error_code: row.get(21)?,
        error_message: row.get(22)?,
        source_ip: row.get(23)?,
        user_agent: row.get(24)?,
        shared_id: row.get(25)?,
        replaces: row.get(26)?,
        object: row.get(27)?,
        sha256: row.get(28)?,
        raw: row.get(30)?,
        concerns: row.get::<_, Json<Vec<Concern>>>(29)?.0,
    };
    let ingested_at = row.get::<_, Moment>(6)?.0;
    Ok(Stored { row: row.get(0)?, event: EventRow { event, ingested_at } })
}

/// The events of an account that are not ordinary work, oldest first, without the records themselves.
pub(super) fn notable(connection: &Connection, account_id: i64, as_of: i64) -> Result<Vec<TrailEvent>, StoreError> {
    let mut statement = connection.prepare_cached(NOTABLE)?;
    let rows = statement.query_map(params![account_id, as_of], read)?;
    let mut stored = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    stored.dedup_by_key(|stored| stored.row);
    Ok(stored.into_iter().map(|stored| stored.event.event).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_its_own_key_and_other_ids_are_hashed() {
        assert_eq!(
            id_key("00112233-4455-6677-8899-aAbBcCdDeEfF"),
            [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]
        );
        for other in
            ["", "sha256:abc", "00112233-4455-6677-8899-aabbccddeef", "0011223344556677-8899-aabb-ccddeeff00"]
        {
            assert_eq!(id_key(other), Sha256::digest(other)[..16], "{other}");
        }
        assert_ne!(id_key("a"), id_key("b"));
    }
}
