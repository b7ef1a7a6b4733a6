//! The register of exceptions, as they stood at the end of the period.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::exports::reports::{ExceptionEntry, ExceptionState};
use crate::findings::{Exceptions, covers, holds};
use crate::model::{Exception, ExceptionScope, FindingStatus, Pattern, StoredFinding};

/// How long before its end an exception is told to be expiring.
const NOTICE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Every exception with the findings of the period that it covers.
pub(super) fn register(exceptions: &Exceptions, findings: &[StoredFinding], at: Timestamp) -> Vec<ExceptionEntry> {
    exceptions.all().iter().map(|exception| entry(exception, findings, at)).collect()
}

fn entry(exception: &Exception, findings: &[StoredFinding], at: Timestamp) -> ExceptionEntry {
    let in_force = holds(exception, at);
    let open = findings.iter().filter(|stored| stored.status != FindingStatus::Resolved);
    let covered = open.filter(|stored| in_force && covers(&exception.scope, stored));
    let covered: Vec<_> = covered.map(|stored| stored.id.0.clone()).collect();
    ExceptionEntry {
        id: exception.id.clone(),
        scope: scope(&exception.scope),
        owner: exception.owner.clone(),
        reason: exception.reason.clone(),
        ticket: exception.ticket.clone(),
        approver: exception.approver.clone(),
        compensating_control: exception.compensating_control.clone(),
        created: exception.created,
        expires: exception.expires,
        state: state(exception, covered.is_empty(), at),
        covers: covered,
    }
}

fn state(exception: &Exception, is_unused: bool, at: Timestamp) -> ExceptionState {
    if exception.expires <= at {
        ExceptionState::Expired
    } else if !holds(exception, at) {
        ExceptionState::Pending
    } else if is_unused {
        ExceptionState::Unused
    } else if exception.expires.duration_since(at) <= NOTICE {
        ExceptionState::Expiring
    } else {
        ExceptionState::Active
    }
}

/// The parts that a scope names, as the file writes them.
fn scope(scope: &ExceptionScope) -> BTreeMap<String, String> {
    let parts = [
        ("rule", &scope.rule),
        ("provider", &scope.provider),
        ("account", &scope.account),
        ("region", &scope.region),
        ("profile", &scope.profile),
        ("store", &scope.store),
        ("actor", &scope.actor),
        ("outcome", &scope.outcome),
    ];
    let named = parts.into_iter().filter_map(|(name, pattern)| Some((name.to_owned(), text(pattern.as_ref()?))));
    let finding = scope.finding.iter().map(|id| ("finding".to_owned(), id.clone()));
    named.chain(finding).collect()
}

fn text(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Exact(text) => text.clone(),
        Pattern::Glob(text) => format!("glob:{text}"),
    }
}
