//! The register of exceptions, as they stood at the end of the period.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::exports::reports::{ExceptionEntry, ReportFinding};
use crate::findings::{Exceptions, holds};
use crate::model::{Exception, ExceptionScope, FindingStatus, StoredFinding};

/// Which exceptions name which findings of the period.
#[derive(Default)]
pub(super) struct Register {
    /// Places of exceptions in their file, by the id of a finding that they name.
    naming: HashMap<Arc<str>, Vec<usize>>,
}

impl Register {
    /// Adds a finding as it stood at the end of the period, under no exception.
    pub(super) fn add(&mut self, exceptions: &Exceptions, id: &Arc<str>, stored: &StoredFinding) {
        let places: Vec<_> = exceptions.places_naming(stored).collect();
        if stored.status != FindingStatus::Resolved && !places.is_empty() {
            self.naming.insert(Arc::clone(id), places);
        }
    }

    /// Every exception with the findings of the period that it covers, in the order of their file and of `findings`.
    pub(super) fn entries(
        &self,
        exceptions: &Exceptions,
        findings: &[ReportFinding],
        at: Timestamp,
    ) -> Vec<ExceptionEntry> {
        let mut named: Vec<Vec<Arc<str>>> = vec![Vec::new(); exceptions.all().len()];
        for id in findings.iter().map(|found| &found.finding.id) {
            for place in self.naming.get(id).into_iter().flatten() {
                named[*place].push(Arc::clone(id));
            }
        }
        let pairs = exceptions.all().iter().zip(named);
        pairs.map(|(exception, named)| entry(exceptions, exception, named, at)).collect()
    }
}

fn entry(exceptions: &Exceptions, exception: &Exception, named: Vec<Arc<str>>, at: Timestamp) -> ExceptionEntry {
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
