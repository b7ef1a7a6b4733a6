//! Which management events a trail records, as far as the watched roles need them.

use serde::{Deserialize, Serialize};

/// Which management events a trail records. `None`: not known, or only a part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Events that read, KMS's own left aside: assumptions of roles are among them.
    pub records_reads: Option<bool>,
    /// Events that write, KMS's own left aside: changes of roles are among them.
    pub records_writes: Option<bool>,
    /// Events of KMS that write: the life of custom key stores.
    pub records_kms: Option<bool>,
}

impl Recording {
    /// Nothing is known: the selectors could not be read.
    pub const UNKNOWN: Self = Self::all(None);
    /// No management events.
    pub const NOTHING: Self = Self::all(Some(false));
    /// Every management event.
    pub const EVERYTHING: Self = Self::all(Some(true));

    const fn all(records: Option<bool>) -> Self {
        Self { records_reads: records, records_writes: records, records_kms: records }
    }

    /// What two selectors, or two trails, record together.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            records_reads: either(self.records_reads, other.records_reads),
            records_writes: either(self.records_writes, other.records_writes),
            records_kms: either(self.records_kms, other.records_kms),
        }
    }

    /// What is recorded where it is not known whether the trail runs, or known that it does not.
    #[must_use]
    pub fn if_holds(self, condition: Option<bool>) -> Self {
        Self {
            records_reads: both(self.records_reads, condition),
            records_writes: both(self.records_writes, condition),
            records_kms: both(self.records_kms, condition),
        }
    }

    /// Whether everything that the watched roles need is recorded.
    #[must_use]
    pub fn is_everything(self) -> Option<bool> {
        both(both(self.records_reads, self.records_writes), self.records_kms)
    }

    /// Whether no management event is recorded at all.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::NOTHING
    }
}

/// Whether one of two holds: one that holds decides, whatever the other is.
#[must_use]
pub fn either(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// Whether both hold: one that does not decides, whatever the other is.
#[must_use]
pub fn both(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}
