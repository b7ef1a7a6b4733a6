//! The verdict on one account and profile.

use super::standing::is_inactive;
use super::{Case, orphaned_role};
use crate::model::{AccountVerdict, Finding, RolePresence, Severity, StoreCount, Verdict};

/// The verdict, or none for an account that is not active: nothing is asked of it, so nothing is said.
#[must_use]
pub fn of(case: &Case<'_>, findings: &[Finding]) -> Option<AccountVerdict> {
    if is_inactive(case.evidence) {
        return None;
    }
    let standing = case.standing;
    let by_region = standing.by_region();
    Some(AccountVerdict {
        account: case.evidence.account.clone(),
        profile: case.profile.id.clone(),
        role: standing.presence,
        stores: StoreCount { needing_role: by_region.values().sum(), by_region },
        verdict: judge(case, findings),
        basis: standing.basis,
        regions_expected: standing.regions.expected,
        regions_complete: standing.regions.complete,
        missing: standing.missing(),
        judged_at: case.as_of(),
    })
}

/// The worst that holds: an orphan, other findings, not enough known, and only then that all is well.
fn judge(case: &Case<'_>, findings: &[Finding]) -> Verdict {
    let own = || findings.iter().filter(|finding| finding.profile.as_deref() == Some(case.profile.id.as_str()));
    if own().any(|finding| finding.rule == orphaned_role::ID) {
        return Verdict::Orphaned;
    }
    if own().any(|finding| Severity::Low <= finding.severity) {
        return Verdict::Findings;
    }
    if !case.standing.inventory_is_complete() {
        return Verdict::Unknown;
    }
    match case.standing.presence {
        RolePresence::Present if case.standing.trail.is_complete() => Verdict::Clean,
        RolePresence::Absent if served_otherwise(case) => Verdict::NotInUse,
        RolePresence::Present | RolePresence::Absent | RolePresence::Unknown => Verdict::Unknown,
    }
}

/// Whether nothing waits for a role that is not there: no store needs it, or its twin is there or has to be.
fn served_otherwise(case: &Case<'_>) -> bool {
    let twin_serves = case.twin.is_some_and(|twin| match twin.standing.presence {
        RolePresence::Present => true,
        RolePresence::Absent => !case.speaks_for_stores(),
        RolePresence::Unknown => false,
    });
    case.standing.needing().next().is_none() || twin_serves
}
