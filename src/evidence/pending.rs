//! What a transaction does to rows, brought down to what it comes to in the end.

use std::collections::HashMap;

use super::rows::RowNote;
use super::tree::Hash;

/// What happened to one row from the begin of the transaction to its end.
struct Life {
    table: u8,
    key: Vec<u8>,
    before: Option<Hash>,
    after: Option<Hash>,
    /// Whether it was gone in between: another row has taken its key.
    was_gone: bool,
}

/// What a transaction comes to, in the order in which rows were first touched. Rows that are as they were are left out:
/// many are written anew with what they held.
#[must_use]
pub fn net(noted: Vec<RowNote>) -> Vec<RowNote> {
    let mut places: HashMap<(u8, Vec<u8>), usize> = HashMap::with_capacity(noted.len());
    let mut lives: Vec<Life> = Vec::with_capacity(noted.len());
    for RowNote { table, key, before, after } in noted {
        let place = *places.entry((table, key)).or_insert_with_key(|(table, key)| {
            lives.push(Life { table: *table, key: key.clone(), before, after: before, was_gone: false });
            lives.len() - 1
        });
        let life = &mut lives[place];
        life.after = after;
        life.was_gone |= life.before.is_some() && after.is_none();
    }
    lives.into_iter().filter(|life| life.before != life.after).flat_map(notes).collect()
}

fn notes(life: Life) -> impl Iterator<Item = RowNote> {
    let Life { table, key, before, after, was_gone } = life;
    let note = |before, after| RowNote { table, key: key.clone(), before, after };
    let is_another = was_gone && after.is_some();
    let notes = if is_another {
        [Some(note(before, None)), Some(note(None, after))]
    } else {
        [Some(note(before, after)), None]
    };
    notes.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Step = (Option<u8>, Option<u8>);

    fn check(steps: &[Step], expected: &[Step]) {
        let hash = |byte: u8| Hash([byte; 32]);
        let noted = steps.iter().map(|(before, after)| RowNote {
            table: 1,
            key: vec![1],
            before: before.map(hash),
            after: after.map(hash),
        });
        let byte = |hash: Option<Hash>| hash.map(|hash| hash.0[0]);
        let left = net(noted.collect());
        let found: Vec<_> = left.iter().map(|note| (byte(note.before), byte(note.after))).collect();
        assert_eq!(found, expected, "{steps:?}");
    }

    #[test]
    fn a_transaction_comes_to_what_it_leaves_behind() {
        check(&[(None, Some(1))], &[(None, Some(1))]);
        check(&[(Some(1), Some(2))], &[(Some(1), Some(2))]);
        check(&[(Some(1), None)], &[(Some(1), None)]);
        check(&[(None, Some(1)), (Some(1), Some(2))], &[(None, Some(2))]);
        check(&[(None, Some(1)), (Some(1), None)], &[]);
        check(&[(Some(1), None), (None, Some(1))], &[]);
        check(&[(Some(1), Some(2)), (Some(2), Some(1))], &[]);
        check(&[(Some(1), Some(2)), (Some(2), None)], &[(Some(1), None)]);
    }

    #[test]
    fn a_row_that_takes_the_key_of_another_is_not_a_change_of_it() {
        check(&[(Some(1), None), (None, Some(2))], &[(Some(1), None), (None, Some(2))]);
    }
}
