//! What a transaction does to rows, brought down to what it comes to in the end.

use super::rows::RowNote;

/// What a transaction comes to, in the order in which rows were first touched. Rows that are as they were are left out:
/// many are written anew with what they held.
#[must_use]
pub fn net(noted: &[RowNote]) -> Vec<RowNote> {
    let row = |place: usize| (noted[place].table, &noted[place].key);
    let mut places: Vec<usize> = (0..noted.len()).collect();
    // Stable: what happened to one row stays in its order.
    places.sort_by(|left, right| row(*left).cmp(&row(*right)));
    let mut left: Vec<(usize, RowNote)> = Vec::with_capacity(noted.len());
    for life in places.chunk_by(|left, right| row(*left) == row(*right)) {
        left.extend(notes_of(noted, life).map(|note| (life[0], note)));
    }
    left.sort_by_key(|(first, _)| *first);
    left.into_iter().map(|(_, note)| note).collect()
}

/// What is to be said of the row that was noted at these places.
fn notes_of(noted: &[RowNote], life: &[usize]) -> impl Iterator<Item = RowNote> {
    let (first, last) = (&noted[life[0]], &noted[life[life.len() - 1]]);
    let (before, after) = (first.before, last.after);
    let note = |before, after| RowNote { table: first.table, key: first.key.clone(), before, after };
    let was_gone = || life.iter().any(|place| noted[*place].after.is_none());
    // Another row has taken the key of one that was there and is gone.
    let is_another = before.is_some() && after.is_some() && was_gone();
    let said = match (before == after, is_another) {
        (true, _) => [None, None],
        (false, true) => [Some(note(before, None)), Some(note(None, after))],
        (false, false) => [Some(note(before, after)), None],
    };
    said.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Hash;

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
        let left = net(&noted.collect::<Vec<_>>());
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
