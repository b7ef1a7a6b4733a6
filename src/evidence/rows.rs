//! Rows as the log names them: the hash of what they hold, their key, and lists of them.

use sha2::{Digest, Sha256};

use super::tree::Hash;

const NULL: u8 = 0;
const WHOLE: u8 = 1;
const TEXT: u8 = 2;
const BYTES: u8 = 3;

/// A value of a column. The history has no other kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A number.
    Whole(i64),
    /// Text, as its bytes.
    Text(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl Cell<'_> {
    /// Kind and length come first, so that no two lists of values have the same bytes.
    fn write(self, mut take: impl FnMut(&[u8])) {
        match self {
            Cell::Null => take(&[NULL]),
            Cell::Whole(number) => {
                take(&[WHOLE]);
                take(&number.to_be_bytes());
            }
            Cell::Text(bytes) | Cell::Bytes(bytes) => {
                take(&[if matches!(self, Cell::Text(_)) { TEXT } else { BYTES }]);
                take(&(bytes.len() as u64).to_be_bytes());
                take(bytes);
            }
        }
    }
}

/// Bytes that are hashed together: most values are a few, and each call of the hash costs.
const TOGETHER: usize = 8 << 10;

/// Takes the values of a row one after the other.
#[derive(Debug, Clone, Default)]
pub struct Digester {
    hash: Sha256,
    waiting: Vec<u8>,
}

impl Digester {
    /// Takes a value.
    pub fn take(&mut self, cell: Cell<'_>) {
        cell.write(|bytes| {
            if TOGETHER < self.waiting.len() + bytes.len() {
                self.hash.update(&self.waiting);
                self.waiting.clear();
            }
            if TOGETHER < bytes.len() {
                self.hash.update(bytes);
            } else {
                self.waiting.extend_from_slice(bytes);
            }
        });
    }

    /// The hash of the row.
    #[must_use]
    pub fn finish(mut self) -> Hash {
        self.hash.update(&self.waiting);
        Hash(self.hash.finalize().into())
    }
}

/// The hash of a row that has these values.
#[must_use]
pub fn hash_of<'a>(cells: impl IntoIterator<Item = Cell<'a>>) -> Hash {
    let mut digester = Digester::default();
    for cell in cells {
        digester.take(cell);
    }
    digester.finish()
}

/// A key out of its values.
#[must_use]
pub fn key_of<'a>(cells: impl IntoIterator<Item = Cell<'a>>) -> Vec<u8> {
    let mut key = Vec::new();
    for cell in cells {
        cell.write(|bytes| key.extend_from_slice(bytes));
    }
    key
}

/// The values of a key; `None` where it is none.
#[must_use]
pub fn key_cells(key: &[u8]) -> Option<Vec<Cell<'_>>> {
    let mut rest = key;
    let mut cells = Vec::new();
    while let Some((kind, after)) = rest.split_first() {
        rest = after;
        cells.push(match *kind {
            NULL => Cell::Null,
            WHOLE => Cell::Whole(i64::from_be_bytes(*cut(&mut rest)?)),
            TEXT | BYTES => {
                let length = usize::try_from(u64::from_be_bytes(*cut(&mut rest)?)).ok()?;
                let (bytes, after) = rest.split_at_checked(length)?;
                rest = after;
                if *kind == TEXT { Cell::Text(bytes) } else { Cell::Bytes(bytes) }
            }
            _ => return None,
        });
    }
    Some(cells)
}

fn cut<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(bytes)
}

/// A key for people.
#[must_use]
pub fn key_text(key: &[u8]) -> String {
    let cells = key_cells(key).unwrap_or_default();
    let words = cells.iter().map(|cell| match cell {
        Cell::Null => "null".to_owned(),
        Cell::Whole(number) => number.to_string(),
        Cell::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Cell::Bytes(bytes) => hex::encode(bytes),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What was done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// It was added.
    Added,
    /// It holds something else.
    Changed,
    /// It was removed.
    Gone,
}

impl Act {
    /// Its number in lists of rows.
    fn code(self) -> u8 {
        match self {
            Self::Added => 1,
            Self::Changed => 2,
            Self::Gone => 3,
        }
    }
}

/// What was done to one row: what it held before, and what it holds since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    /// Number of the table.
    pub table: u8,
    /// Its key.
    pub key: Vec<u8>,
    /// Before; `None` where it was not there.
    pub before: Option<Hash>,
    /// Since; `None` where it is not there any more.
    pub after: Option<Hash>,
}

impl RowNote {
    /// What was done.
    #[must_use]
    pub fn act(&self) -> Act {
        match (self.before, self.after) {
            (None, _) => Act::Added,
            (Some(_), Some(_)) => Act::Changed,
            (Some(_), None) => Act::Gone,
        }
    }
}

/// A list of notes, as a leaf keeps it: table, act, length of the key, key, and the hashes that the act has.
#[must_use]
pub fn list(notes: &[RowNote]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(notes.len() * 48);
    for note in notes {
        bytes.extend([note.table, note.act().code()]);
        // Keys are a few numbers and names; one that does not fit would only make the list unreadable.
        bytes.extend(u32::try_from(note.key.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(&note.key);
        for hash in [note.before, note.after].into_iter().flatten() {
            bytes.extend(hash.0);
        }
    }
    bytes
}

/// The notes of a list; `None` where it is none.
#[must_use]
pub fn read_list(bytes: &[u8]) -> Option<Vec<RowNote>> {
    let mut rest = bytes;
    let mut notes = Vec::new();
    while !rest.is_empty() {
        let [table, act] = *cut(&mut rest)?;
        let length = usize::try_from(u32::from_be_bytes(*cut(&mut rest)?)).ok()?;
        let (key, after) = rest.split_at_checked(length)?;
        rest = after;
        key_cells(key)?;
        let mut hash = || cut(&mut rest).copied().map(Hash);
        let (before, after) = match act {
            1 => (None, Some(hash()?)),
            2 => (Some(hash()?), Some(hash()?)),
            3 => (Some(hash()?), None),
            _ => return None,
        };
        notes.push(RowNote { table, key: key.to_vec(), before, after });
    }
    Some(notes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_hashed_in_their_order_whatever_their_lengths() {
        let long = vec![b'a'; 2 * TOGETHER];
        let cells = [Cell::Text(b"b"), Cell::Bytes(&long[..TOGETHER]), Cell::Whole(7), Cell::Text(&long), Cell::Null];
        let mut bytes = Vec::new();
        for cell in cells {
            cell.write(|part| bytes.extend_from_slice(part));
        }
        assert_eq!(hash_of(cells), Hash::of(&bytes));
    }

    #[test]
    fn rows_that_differ_anywhere_have_other_hashes() {
        let rows: [&[Cell<'_>]; 9] = [
            &[],
            &[Cell::Null],
            &[Cell::Null, Cell::Null],
            &[Cell::Whole(0)],
            &[Cell::Text(b"")],
            &[Cell::Bytes(b"")],
            &[Cell::Text(b"ab"), Cell::Text(b"c")],
            &[Cell::Text(b"a"), Cell::Text(b"bc")],
            &[Cell::Text(b"abc")],
        ];
        let hashes: std::collections::BTreeSet<_> = rows.iter().map(|row| hash_of(row.iter().copied())).collect();
        assert_eq!(hashes.len(), rows.len());
    }

    fn notes() -> impl Strategy<Value = Vec<RowNote>> {
        let text = ".{0,12}".prop_map(|text| key_of([Cell::Text(text.as_bytes()), Cell::Null]));
        let number = any::<i64>().prop_map(|number| key_of([Cell::Whole(number)]));
        let hash = || prop::option::of(any::<[u8; 32]>().prop_map(Hash));
        let note = (any::<u8>(), prop_oneof![text, number], hash(), hash());
        let note = note.prop_filter("something was done", |(.., before, after)| before.is_some() || after.is_some());
        prop::collection::vec(
            note.prop_map(|(table, key, before, after)| RowNote { table, key, before, after }),
            0..9,
        )
    }

    proptest! {
        #[test]
        fn a_list_is_read_as_it_was_written(notes in notes()) {
            let bytes = list(&notes);
            prop_assert_eq!(read_list(&bytes), Some(notes));
        }

        #[test]
        fn no_bytes_are_too_strange_to_be_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(notes) = read_list(&bytes) {
                prop_assert_eq!(list(&notes), bytes);
            }
        }
    }
}
