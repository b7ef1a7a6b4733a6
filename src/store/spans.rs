//! States over time: where an observation belongs among the spans that are stored, in whatever order they come.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::StoreError;

/// The statements of one table of spans. The first parameters name the place, the last one is the time.
pub(super) struct SpanQueries {
    /// The last row that begins at or before the time.
    pub(super) current: &'static str,
    /// The first row that begins after the time.
    pub(super) next: &'static str,
    /// Sets `last_seen` (?2) of row ?1.
    pub(super) seen: &'static str,
    /// Sets `valid_from` (?2) of row ?1.
    pub(super) begin: &'static str,
    /// Sets `valid_to` (?2) of row ?1.
    pub(super) end: &'static str,
    /// Removes row ?1.
    pub(super) remove: &'static str,
}

/// A stored span and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpanRow<S> {
    pub(super) id: i64,
    pub(super) valid_from: i64,
    pub(super) valid_to: Option<i64>,
    pub(super) last_seen: i64,
    pub(super) state: S,
}

/// The spans on either side of a time: the last that begins at or before it, and the first that begins after it.
pub(super) type Around<S> = (Option<SpanRow<S>>, Option<SpanRow<S>>);

impl<S> SpanRow<S> {
    /// Reads a row whose first columns are `id`, `valid_from`, `valid_to` and `last_seen`.
    pub(super) fn read(row: &Row<'_>, state: impl FnOnce(&Row<'_>) -> rusqlite::Result<S>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            valid_from: row.get(1)?,
            valid_to: row.get(2)?,
            last_seen: row.get(3)?,
            state: state(row)?,
        })
    }

    fn covers(&self, time: i64) -> bool {
        self.valid_from <= time && self.valid_to.is_none_or(|end| time < end)
    }
}

/// A step that an observation brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The span was seen again.
    Seen(i64),
    /// The span began earlier than was known.
    Begin(i64),
    /// The span ended.
    End(i64),
    /// The span was an observation of the same moment that is now replaced.
    Remove(i64),
    /// A new span begins, and ends where a later one is known to begin.
    Open(Option<i64>),
}

/// Where the observation of a state at `time` belongs. An observation inside a span that was seen in another state
/// before and after it is left out: it is older than what is known, and cannot be right for any length of time.
pub(super) fn observe<S: PartialEq>(
    current: Option<&SpanRow<S>>,
    next: Option<&SpanRow<S>>,
    state: &S,
    time: i64,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut until = next.map(|row| row.valid_from);
    if let Some(row) = current.filter(|row| row.covers(time)) {
        if row.state == *state {
            return if row.last_seen < time { vec![Step::Seen(row.id)] } else { Vec::new() };
        }
        if time < row.last_seen {
            return Vec::new();
        }
        steps.push(if row.valid_from == time { Step::Remove(row.id) } else { Step::End(row.id) });
        until = row.valid_to;
    }
    match next {
        Some(row) if row.state == *state => steps.push(Step::Begin(row.id)),
        _ => steps.push(Step::Open(until)),
    }
    steps
}

/// Where the observation that nothing is there at `time` belongs, for things whose absence has no row.
pub(super) fn observe_nothing<S>(current: Option<&SpanRow<S>>, time: i64) -> Option<Step> {
    let row = current.filter(|row| row.covers(time) && row.last_seen <= time)?;
    Some(if row.valid_from == time { Step::Remove(row.id) } else { Step::End(row.id) })
}

impl SpanQueries {
    /// The spans on either side of a time.
    pub(super) fn around<S>(
        &self,
        connection: &Connection,
        place: &[&dyn ToSql],
        time: i64,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<SpanRow<S>>,
    ) -> Result<Around<S>, StoreError> {
        let mut values = place.to_vec();
        values.push(&time);
        let current = connection.prepare_cached(self.current)?.query_row(&values[..], &mut read).optional()?;
        let next = connection.prepare_cached(self.next)?.query_row(&values[..], &mut read).optional()?;
        Ok((current, next))
    }

    /// Takes a step that concerns a stored row; answers whether it is more than "seen again".
    pub(super) fn take(&self, connection: &Connection, step: Step, time: i64) -> Result<bool, StoreError> {
        let (statement, id) = match step {
            Step::Seen(id) => (self.seen, id),
            Step::Begin(id) => (self.begin, id),
            Step::End(id) => (self.end, id),
            Step::Remove(id) => {
                connection.prepare_cached(self.remove)?.execute([id])?;
                return Ok(true);
            }
            Step::Open(_) => return Ok(true),
        };
        connection.prepare_cached(statement)?.execute(params![id, time])?;
        Ok(!matches!(step, Step::Seen(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row<'a> = Option<&'a SpanRow<char>>;
    type Case<'a> = (&'a str, Row<'a>, Row<'a>, char, i64, Vec<Step>);

    fn row(id: i64, state: char, valid_from: i64, valid_to: Option<i64>, last_seen: i64) -> SpanRow<char> {
        SpanRow { id, valid_from, valid_to, last_seen, state }
    }

    #[test]
    fn an_observation_finds_its_place() {
        let a = row(1, 'a', 10, None, 20);
        let closed = row(1, 'a', 10, Some(30), 20);
        let b = row(2, 'b', 30, None, 40);
        let cases: [Case<'_>; 10] = [
            ("first", None, None, 'a', 5, vec![Step::Open(None)]),
            ("again", Some(&a), None, 'a', 25, vec![Step::Seen(1)]),
            ("again, but older", Some(&a), None, 'a', 15, vec![]),
            ("changed", Some(&a), None, 'b', 25, vec![Step::End(1), Step::Open(None)]),
            ("contradicts what was seen on both sides", Some(&a), None, 'b', 15, vec![]),
            (
                "same moment, read again",
                Some(&row(1, 'a', 10, None, 10)),
                None,
                'b',
                10,
                vec![Step::Remove(1), Step::Open(None)],
            ),
            ("before everything", None, Some(&a), 'b', 5, vec![Step::Open(Some(10))]),
            ("before everything, same state", None, Some(&a), 'a', 5, vec![Step::Begin(1)]),
            ("between two, as the later", Some(&closed), Some(&b), 'b', 25, vec![Step::End(1), Step::Begin(2)]),
            ("between two, a third", Some(&closed), Some(&b), 'c', 25, vec![Step::End(1), Step::Open(Some(30))]),
        ];
        for (name, current, next, state, time, steps) in cases {
            assert_eq!(observe(current, next, &state, time), steps, "{name}");
        }
    }

    #[test]
    fn absence_ends_a_span_only_after_it_was_seen_last() {
        let a = row(1, 'a', 10, None, 20);
        assert_eq!(observe_nothing(Some(&a), 25), Some(Step::End(1)));
        assert_eq!(observe_nothing(Some(&a), 15), None);
        assert_eq!(observe_nothing(Some(&row(1, 'a', 10, Some(12), 11)), 25), None);
        assert_eq!(observe_nothing::<char>(None, 25), None);
    }
}
