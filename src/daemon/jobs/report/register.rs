//! The register of exceptions, as they stood at the end of the period.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::exports::reports::ExceptionEntry;
use crate::findings::{Exceptions, holds};
use crate::model::{Exception, ExceptionScope, FindingStatus, StoredFinding};

/// Every exception with the findings of the period that it covers, in the order of their file.
pub(super) fn register(exceptions: &Exceptions, findings: &[StoredFinding], at: Timestamp) -> Vec<ExceptionEntry> {
    let mut named: Vec<Vec<String>> = vec![Vec::new(); exceptions.all().len()];
    for stored in findings.iter().filter(|stored| stored.status != FindingStatus::Resolved) {
        for place in exceptions.places_naming(stored) {
            named[place].push(stored.id.0.clone());
        }
    }
    let pairs = exceptions.all().iter().zip(named);
    pairs.map(|(exception, named)| entry(exceptions, exception, named, at)).collect()
}

fn entry(exceptions: &Exceptions, exception: &Exception, named: Vec<String>, at: Timestamp) -> ExceptionEntry {
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
        state: exceptions.state(exception, named.len() as u64, at),
        covers: if holds(exception, at) { named } else { Vec::new() },
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
    let named =
        parts.into_iter().filter_map(|(name, pattern)| Some((name.to_owned(), pattern.as_ref()?.to_string())));
    let finding = scope.finding.iter().map(|id| ("finding".to_owned(), id.clone()));
    named.chain(finding).collect()
}
