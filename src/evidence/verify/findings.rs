//! The list of what is wrong, bounded: a store that was replaced as a whole differs in every row.

use super::outcome::{Problem, ProblemKind};

/// Problems that are listed; the rest is counted.
const LISTED: usize = 1000;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) listed: Vec<Problem>,
    pub(super) found: u64,
}

impl Problems {
    /// Something about the log itself.
    pub(super) fn add(&mut self, kind: ProblemKind, leaf: Option<u64>, detail: String) {
        self.push(Problem { kind, leaf, table: None, row: None, detail });
    }

    /// Something about a row.
    pub(super) fn row(&mut self, kind: ProblemKind, leaf: Option<u64>, (table, row): (&str, String), detail: String) {
        self.push(Problem { kind, leaf, table: Some(table.to_owned()), row: Some(row), detail });
    }

    fn push(&mut self, problem: Problem) {
        self.found += 1;
        if self.listed.len() < LISTED {
            self.listed.push(problem);
        }
    }
}
