//! Whether the rows are as the log says.

use std::collections::HashMap;

use super::Look;
use super::findings::Problems;
use super::outcome::ProblemKind;
use crate::evidence::rows::{Act, RowNote, key_text};
use crate::evidence::tree::Hash;

/// What may be done to the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Law {
    /// Name of the table.
    pub name: &'static str,
    /// Rows may come to hold something else.
    pub changes: bool,
    /// Rows may be removed.
    pub removals: bool,
}

impl Law {
    fn allows(self, act: Act) -> bool {
        match act {
            Act::Added => true,
            Act::Changed => self.changes,
            Act::Gone => self.removals,
        }
    }
}

/// A row that does not hold, as far as the log was read, what the log says; a later leaf may explain it.
struct Open {
    wanted: Option<Hash>,
    leaf: u64,
}

/// Follows the rows through the log. A row that is not in `open` holds what the leaves so far say.
pub(super) struct Rows {
    laws: &'static [Law],
    open: HashMap<(u8, Vec<u8>), Open>,
    /// How many rows of each table there have to be.
    live: Vec<i64>,
    /// Tables of which a list could not be read.
    unknown: Vec<bool>,
    /// Whether every leaf is read against one state of the history: what a change replaced is compared with that.
    whole: bool,
    pub(super) inherited: u64,
}

impl Rows {
    pub(super) fn new(laws: &'static [Law]) -> Self {
        Self {
            laws,
            open: HashMap::new(),
            live: vec![0; laws.len()],
            unknown: vec![false; laws.len()],
            whole: true,
            inherited: 0,
        }
    }

    /// From now on leaves are read that came after everything read so far was compared.
    pub(super) fn go_on(&mut self) {
        self.whole = false;
    }

    pub(super) fn law(&self, table: u8) -> Option<Law> {
        self.laws.get(usize::from(table)).copied()
    }

    /// The rows of each table, by name.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.laws.iter().zip(&self.live);
        counts.map(|(law, live)| (law.name, u64::try_from(*live).unwrap_or_default())).filter(|(_, live)| 0 < *live)
    }

    /// A list of rows of these tables cannot be read.
    pub(super) fn lose<'a>(&mut self, tables: impl Iterator<Item = &'a str>) {
        for table in tables {
            if let Some(place) = self.laws.iter().position(|law| law.name == table) {
                self.unknown[place] = true;
            }
        }
    }

    /// Takes a note of a leaf; `found` is what the row holds.
    pub(super) fn take(&mut self, note: &RowNote, leaf: u64, found: Option<Hash>, problems: &mut Problems) {
        let Some(law) = self.law(note.table) else {
            let detail = format!("leaf {leaf} names table {}, which there is not", note.table);
            problems.add(ProblemKind::ListEdited, Some(leaf), detail);
            return;
        };
        let place = || (law.name, key_text(&note.key));
        let act = note.act();
        if !law.allows(act) {
            let done = if act == Act::Gone { "removed" } else { "changed" };
            let detail = format!("the program never has a row of {} {done}; leaf {leaf} says it was", law.name);
            problems.row(ProblemKind::RowUnlawful, Some(leaf), place(), detail);
        }
        self.live[usize::from(note.table)] += match act {
            Act::Added => 1,
            Act::Changed => 0,
            Act::Gone => -1,
        };
        let key = (note.table, note.key.clone());
        let before = match self.open.get(&key) {
            Some(open) => Some((open.wanted, Some(open.leaf))),
            // It held until here what it holds now; of what was compared earlier that is not known any more.
            None => (self.whole && act != Act::Added).then_some((found, None)),
        };
        if let Some((before, since)) = before.filter(|(before, _)| *before != note.before) {
            let known = since.map_or_else(String::new, |since| format!(" after leaf {since}"));
            let gone = if before.is_none() { "was not there" } else { "held something else" };
            let detail = format!("it {gone} than the log had{known} when the program wrote it in leaf {leaf}");
            problems.row(ProblemKind::RowChangedOutside, Some(leaf), place(), detail);
        }
        if found == note.after {
            self.open.remove(&key);
        } else {
            self.open.insert(key, Open { wanted: note.after, leaf });
        }
    }

    /// Tells what no leaf explains. Answers by how many rows each table differs from the log beyond that, where that can
    /// be known; `count` tells how many rows a table has.
    pub(super) fn settle<E>(&mut self, look: Look<'_, E>, problems: &mut Problems) -> Result<Vec<i64>, E> {
        let mut surplus: Vec<i64> = self.live.iter().map(|live| -live).collect();
        let mut open: Vec<_> = std::mem::take(&mut self.open).into_iter().collect();
        open.sort_by(|(left, _), (right, _)| left.cmp(right));
        for ((table, key), Open { wanted, leaf }) in open {
            let found = look(table, &key)?;
            let Some(law) = self.law(table).filter(|_| found != wanted) else { continue };
            let place = (law.name, key_text(&key));
            let (kind, detail) = match (wanted, found) {
                (Some(_), None) => {
                    surplus[usize::from(table)] += 1;
                    (ProblemKind::RowMissing, format!("leaf {leaf} has it, and it is not there"))
                }
                (None, _) => {
                    surplus[usize::from(table)] -= 1;
                    (ProblemKind::RowInserted, format!("it was removed in leaf {leaf}, and it is there"))
                }
                (Some(_), Some(_)) => {
                    (ProblemKind::RowEdited, format!("it does not hold what was written in leaf {leaf}"))
                }
            };
            problems.row(kind, Some(leaf), place, detail);
        }
        Ok(surplus)
    }

    pub(super) fn is_known(&self, table: u8) -> bool {
        !self.unknown[usize::from(table)]
    }
}
