//! The evidence log, as a report names it.
//!
//! The checkpoint is the last one of the period, so that a report of a period that is over stays the same report. Where the
//! log began only afterwards it is the first one that speaks for all that the history holds, which stays the same while
//! nothing new comes.

use super::Task;
use crate::evidence::Verification;
use crate::exports::reports::EvidenceLog;
use crate::store::{EvidenceHead, StoreError};

/// The log as `found` to be; `None` where it has no checkpoint.
pub(super) fn evidence_log(task: &Task<'_>, found: &Verification) -> Result<Option<EvidenceLog>, StoreError> {
    let of_period = task.store().checkpoint_before(task.moments.to)?;
    let in_period = of_period.is_some();
    let head = match of_period {
        Some(head) => Some(head),
        None => task.store().checkpoint_of_news()?,
    };
    Ok(head.map(|EvidenceHead { made_at, note, checkpoint }| EvidenceLog {
        size: checkpoint.checkpoint.size,
        root: checkpoint.checkpoint.root.to_string(),
        origin: checkpoint.checkpoint.origin,
        made_at,
        in_period,
        signed_by: checkpoint.signatures.into_iter().map(|(name, _)| name).next(),
        checkpoint: note,
        verified: found.problems_found == 0,
        problems: found.problems_found,
        inherited_rows: found.inherited_rows,
    }))
}

/// What vouches for the history, in sentences.
pub(super) fn statements(log: Option<&EvidenceLog>) -> Vec<String> {
    let Some(log) = log else {
        return vec![
            "The evidence log of the history has no checkpoint yet: this report names nothing by which a later change of \
             the history would be told."
                .to_owned(),
        ];
    };
    let mut statements = vec![match log.problems {
        0 => "When this report was made, the evidence log of the history verified: every leaf, every checkpoint, and every \
              row that it speaks about."
            .to_owned(),
        problems => format!(
            "The evidence log of the history DOES NOT VERIFY, in {problems} places. Until that is explained, nothing in \
             this report is proven; `roletrail verify store` names the places."
        ),
    }];
    let which = if log.in_period {
        "The last checkpoint of the period; what was stored afterwards is covered by later ones"
    } else {
        "The first checkpoint that speaks for all that the history holds; in the period there was none"
    };
    let signed = log.signed_by.as_ref().map_or_else(
        || "not signed: whoever can write the database could have made another log up to then".to_owned(),
        |name| format!("signed as {name}"),
    );
    statements.push(format!("{which}: {} leaves, root {}, made {}, {signed}.", log.size, log.root, log.made_at));
    if 0 < log.inherited_rows {
        statements.push(format!(
            "{} rows stood in the history before the log began, and count as they stood then.",
            log.inherited_rows
        ));
    }
    statements
}
