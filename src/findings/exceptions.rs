//! Which exception covers a finding. Evaluated whenever findings are read, so that a change is effective at once and
//! nothing about it is stored.

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{Exception, ExceptionScope, Finding, FindingStatus, Pattern, StoredFinding};

/// The exceptions of a file, as they hold at a moment.
#[derive(Debug, Clone, Default)]
pub struct Exceptions {
    list: Arc<[Exception]>,
}

impl Exceptions {
    /// Exceptions in the order of their file: the first that covers a finding is the one that is named.
    #[must_use]
    pub fn new(list: Vec<Exception>) -> Self {
        Self { list: list.into() }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Exception] {
        &self.list
    }

    /// The exception that covers an open finding at `now`, if one does.
    #[must_use]
    pub fn covering(&self, stored: &StoredFinding, now: Timestamp) -> Option<&Exception> {
        if stored.status == FindingStatus::Resolved {
            return None;
        }
        self.list.iter().find(|exception| holds(exception, now) && covers(&exception.scope, stored))
    }
}

/// Whether an exception is in force: from its first day on, and before it expires.
#[must_use]
pub fn holds(exception: &Exception, now: Timestamp) -> bool {
    exception.created.is_none_or(|created| created <= now) && now < exception.expires
}

/// Whether a finding lies in a scope. A part that the scope names and the finding does not have is no match.
#[must_use]
pub fn covers(scope: &ExceptionScope, stored: &StoredFinding) -> bool {
    let Finding { rule, account, region, profile, store, actor, outcome, .. } = &stored.finding;
    let parts = [
        (Some(&scope.rule), Some(rule.as_str())),
        (scope.provider.as_ref(), Some(account.provider.as_str())),
        (scope.account.as_ref(), Some(account.id.as_str())),
        (scope.region.as_ref(), region.as_deref()),
        (scope.profile.as_ref(), profile.as_deref()),
        (scope.store.as_ref(), store.as_deref()),
        (scope.actor.as_ref(), actor.as_deref()),
        (scope.outcome.as_ref(), outcome.map(|outcome| outcome.as_str())),
    ];
    scope.finding.as_ref().is_none_or(|id| *id == stored.id.0)
        && parts
            .into_iter()
            .all(|(pattern, value)| pattern.is_none_or(|pattern| value.is_some_and(|value| matches(pattern, value))))
}

fn matches(pattern: &Pattern, value: &str) -> bool {
    match pattern {
        Pattern::Exact(text) => text == value,
        Pattern::Glob(_) => false,
    }
}
