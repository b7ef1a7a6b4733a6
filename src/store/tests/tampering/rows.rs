//! What somebody does to the rows of the history.

use super::{Kind, Place};
use crate::evidence::ProblemKind;

fn column(hash: &str) -> String {
    format!("{hash} = CASE WHEN {hash} LIKE '0%' THEN '1' ELSE '0' END || substr({hash}, 2)")
}

/// What somebody does to the history.
pub(super) const ROWS: [Kind; 24] = [
    ("the record of an event", |t| t.edit("events", "id", "true", "raw = raw || ' '")),
    ("the time of an event", |t| t.edit("events", "id", "true", "time = time + 1")),
    ("the actor of an event", |t| t.edit("events", "id", "true", "actor_arn = NULL")),
    ("an event that is gone", |t| t.delete("events", "id")),
    ("an event that never was", |t| {
        t.run(
            "CREATE TEMP TABLE e AS SELECT * FROM events LIMIT 1; UPDATE e SET id = NULL, event_id = 'x', time = 1;
               INSERT INTO events SELECT * FROM e",
        );
        Place::Row("events", t.number("SELECT max(id) FROM events").to_string(), ProblemKind::RowInserted)
    }),
    ("one event for another", |t| {
        t.run("CREATE TEMP TABLE e AS SELECT * FROM events ORDER BY id DESC LIMIT 1; DELETE FROM events WHERE id = (SELECT id FROM e);
               UPDATE e SET id = id + 9000; INSERT INTO events SELECT * FROM e");
        Place::Row("events", t.number("SELECT max(id) FROM events").to_string(), ProblemKind::RowInserted)
    }),
    ("two events in each other's place", |t| {
        let first = t.number("SELECT min(id) FROM events");
        t.run("UPDATE events SET id = -1 WHERE id = (SELECT min(id) FROM events);
               UPDATE events SET id = (SELECT min(id) FROM events WHERE 0 < id) - 1 WHERE 0 < id AND id = (SELECT max(id) FROM events)");
        t.run(&format!("UPDATE events SET id = {first} WHERE id = (SELECT min(id) FROM events WHERE 0 < id)"));
        Place::Row("events", first.to_string(), ProblemKind::RowEdited)
    }),
    ("an event that rules shall not see", |t| {
        let Place::Row(table, row, kind) =
            t.edit("event_concerns", "event", "routine = 0", "routine = 1, trusted = 1")
        else {
            unreachable!("an edit is told at a row")
        };
        let query = format!(
            "SELECT account_id || ' ' || profile || ' ' || time || ' ' || event || ' ' || ordinal FROM event_concerns WHERE event = {row}"
        );
        Place::Row(table, t.file.query_row(&query, [], |row| row.get(0)).expect("a row"), kind)
    }),
    ("the hash of an object", |t| t.edit("objects", "id", "true", "sha256 = 'x'")),
    ("an object that is gone", |t| t.delete("objects", "id")),
    ("why a record was rejected", |t| t.edit("rejects", "id", "true", "reason = reason || '.'")),
    ("a reject that is gone", |t| t.delete("rejects", "id")),
    ("the state of a role", |t| {
        t.edit("role_states", "id", "state IS NOT NULL", "state = replace(state, 'AROA', 'AROB')")
    }),
    ("when a role was gone", |t| t.edit("role_states", "id", "valid_to IS NOT NULL", "valid_to = valid_to + 1")),
    ("the state of a store", |t| t.edit("store_states", "id", "true", "word = word || 'x'")),
    ("the settings of a trail", |t| t.edit("trail_states", "id", "true", "state = '{}'")),
    ("a task's status", |t| {
        t.run("UPDATE deletion_tasks SET submitted_by = 'x' WHERE id = (SELECT min(id) FROM deletion_tasks)");
        Place::Row(
            "deletion_tasks",
            t.number("SELECT min(id) FROM deletion_tasks").to_string(),
            ProblemKind::RowEdited,
        )
    }),
    ("a gap that becomes complete", |t| t.edit("coverage", "id", "outcome = 'denied'", "outcome = 'complete'")),
    ("the span of a trail", |t| {
        t.edit("coverage", "id", "api = 'trail:lookup-events'", "covers_from = covers_from - 86400000")
    }),
    ("coverage that is gone", |t| t.delete("coverage", "id")),
    ("how bad a finding is", |t| t.edit("findings", "id", "true", "severity = severity || '-'")),
    ("the life of a finding", |t| t.edit("finding_changes", "id", "true", "changed_at = changed_at - 1")),
    ("a run that was complete after all", |t| t.edit("runs", "id", "true", "complete = 1 - ifnull(complete, 0)")),
    ("the manifest of a report", |t| {
        let set = column("manifest_sha256");
        t.edit("reports", "id", "true", &set)
    }),
];
