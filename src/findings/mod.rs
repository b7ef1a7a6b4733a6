//! The life of findings: opened, seen again, stale, resolved with a reason, reopened. Pure.

use crate::model::{FindingUpdate, Judgement, StoredFinding};

/// What a judgement changes about the stored findings of its account. Judging the same again changes nothing.
#[must_use]
pub fn reconcile(_stored: &[StoredFinding], _judgement: &Judgement) -> Vec<FindingUpdate> {
    todo!()
}
