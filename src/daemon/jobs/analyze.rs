//! Judging what is stored: every account that has something new, or whose time has come.

use jiff::Timestamp;

use super::{JobContext, JobError};
use crate::findings;
use crate::model::{Account, Judgement};
use crate::rules;
use crate::store::RunId;

/// What an analysis did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AnalysisReport {
    /// Accounts that were judged.
    pub accounts: u64,
    /// Findings that were opened, changed, resolved or reopened.
    pub changes: u64,
    /// Whether it was stopped before its end; the rest is still due.
    pub interrupted: bool,
}

/// Judges the accounts that are due, all of them with `full`. Judging the same data again changes nothing.
///
/// # Errors
/// [`JobError`] when the store fails; accounts judged before are stored.
pub fn analyze(context: &JobContext, run: RunId, full: bool) -> Result<AnalysisReport, JobError> {
    let now = context.now();
    let mut report = AnalysisReport::default();
    for account in context.store.accounts_to_judge(now, full)? {
        if context.stop.is_requested() {
            report.interrupted = true;
            break;
        }
        let evidence = context.store.present_evidence(&account, now, context.judging())?;
        let judgement = rules::judge_account(&evidence, &context.profiles);
        let updates = findings::reconcile(&context.store.findings_of(&account)?, &judgement);
        context.store.save_judgement(run, &judgement, &updates)?;
        report.accounts += 1;
        report.changes += updates.len() as u64;
    }
    Ok(report)
}

/// The judgement on an account as of a moment, from the history; nothing is stored.
///
/// # Errors
/// [`JobError`] when the store fails.
pub fn judge_at(context: &JobContext, account: &Account, at: Timestamp) -> Result<Judgement, JobError> {
    let evidence = context.store.evidence(account, at, context.judging())?;
    Ok(rules::judge_account(&evidence, &context.profiles))
}
