//! Which exception covers a finding. Evaluated whenever findings are read, so that a change is effective at once and
//! nothing about it is stored.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Account, EventOutcome, Exception, ExceptionScope, ExceptionState, Finding, FindingStatus, Pattern, StoredFinding,
};

/// How long before its end an exception is told to be expiring, unless somebody says otherwise.
pub const DEFAULT_NOTICE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The exceptions of a file, as they hold at a moment. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Exceptions {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    list: Vec<Exception>,
    notice: SignedDuration,
    /// Places in the list of those that name one account exactly: most do, and a history has many findings.
    by_account: HashMap<String, Vec<usize>>,
    /// Places of the others.
    others: Vec<usize>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { list: Vec::new(), notice: DEFAULT_NOTICE, by_account: HashMap::new(), others: Vec::new() }
    }
}

impl Exceptions {
    /// Exceptions in the order of their file: the first that covers a finding is the one that is named.
    #[must_use]
    pub fn new(list: Vec<Exception>) -> Self {
        Self::with_notice(list, DEFAULT_NOTICE)
    }

    /// The same, which are told to be expiring `notice` before their end.
    #[must_use]
    pub fn with_notice(list: Vec<Exception>, notice: SignedDuration) -> Self {
        let mut shared = Shared { notice, ..Shared::default() };
        for (place, exception) in list.iter().enumerate() {
            match &exception.scope.account {
                Some(Pattern::Exact(id)) => shared.by_account.entry(id.clone()).or_default().push(place),
                _ => shared.others.push(place),
            }
        }
        shared.list = list;
        Self { shared: Arc::new(shared) }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Exception] {
        &self.shared.list
    }

    /// Whether these are the very same, and not only alike.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// The exception that covers an open finding at `now`, if one does.
    #[must_use]
    pub fn covering(&self, stored: &StoredFinding, now: Timestamp) -> Option<&Exception> {
        if stored.status == FindingStatus::Resolved {
            return None;
        }
        self.naming(stored).find(|exception| holds(exception, now))
    }

    /// The exceptions in whose scope a finding lies, in the order of their file, whether they are in force or not.
    pub fn naming<'a>(&'a self, stored: &StoredFinding) -> impl Iterator<Item = &'a Exception> {
        self.places_naming(stored).map(|place| &self.shared.list[place])
    }

    /// Their places in [`Exceptions::all`].
    pub fn places_naming(&self, stored: &StoredFinding) -> impl Iterator<Item = usize> {
        let account = self.shared.by_account.get(&stored.finding.account.id);
        let mut exact = account.into_iter().flatten().copied().peekable();
        let mut others = self.shared.others.iter().copied().peekable();
        let places = std::iter::from_fn(move || match (exact.peek(), others.peek()) {
            (Some(one), Some(other)) if one < other => exact.next(),
            (Some(_), None) => exact.next(),
            _ => others.next(),
        });
        places.filter(|place| covers(&self.shared.list[*place].scope, stored))
    }

    /// Ids of single findings that exceptions name.
    pub fn findings_named(&self) -> impl Iterator<Item = &str> {
        self.all().iter().filter_map(|exception| exception.scope.finding.as_deref())
    }

    /// Whether an exception that names no single finding names some of a rule in an account, whatever else it asks for.
    #[must_use]
    pub fn concern(&self, account: &Account, rule: &str) -> bool {
        let exact = self.shared.by_account.get(&account.id).into_iter().flatten();
        exact.chain(&self.shared.others).any(|place| {
            let scope = &self.shared.list[*place].scope;
            let is = |pattern: &Option<Pattern>, text| pattern.as_ref().is_none_or(|pattern| pattern.matches(text));
            scope.finding.is_none()
                && is(&scope.rule, rule)
                && is(&scope.account, &account.id)
                && is(&scope.provider, account.provider.as_str())
        })
    }

    /// How an exception stands at `now` that names `named` open findings.
    #[must_use]
    pub fn state(&self, exception: &Exception, named: u64, now: Timestamp) -> ExceptionState {
        if exception.expires <= now {
            ExceptionState::Expired
        } else if !holds(exception, now) {
            ExceptionState::Pending
        } else if named == 0 {
            ExceptionState::Unused
        } else if self.notice_of(exception) <= now {
            ExceptionState::Expiring
        } else {
            ExceptionState::Active
        }
    }

    /// The next moment after `now` at which time alone changes how one of them stands.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let moments = self.all().iter().flat_map(|exception| {
            exception.created.into_iter().chain([self.notice_of(exception), exception.expires])
        });
        moments.filter(|moment| now < *moment).min()
    }

    /// From when on an exception is told to be expiring.
    fn notice_of(&self, exception: &Exception) -> Timestamp {
        exception.expires.checked_sub(self.shared.notice).unwrap_or(Timestamp::MIN)
    }
}

/// Whether an exception is in force: from its first day on, and before it expires.
#[must_use]
pub fn holds(exception: &Exception, now: Timestamp) -> bool {
    exception.created.is_none_or(|created| created <= now) && now < exception.expires
}

/// Whether a finding lies in a scope. A part that the scope names and the finding does not have is no match, and a
/// scope without a finding, or a rule and an account, names nothing.
#[must_use]
pub fn covers(scope: &ExceptionScope, stored: &StoredFinding) -> bool {
    let names = match &scope.finding {
        Some(id) => *id == stored.id.0,
        None => scope.rule.is_some() && scope.account.is_some(),
    };
    names && parts(scope, stored).iter().all(Part::agrees)
}

/// Why a finding does not lie in a scope: a sentence for each part that differs. None where it does.
#[must_use]
pub fn differences(scope: &ExceptionScope, stored: &StoredFinding) -> Vec<String> {
    let id = scope.finding.as_ref().filter(|id| **id != stored.id.0);
    let id = id.map(|id| format!("it names the finding {id}, this is {}", stored.id));
    let parts = parts(scope, stored);
    id.into_iter().chain(parts.iter().filter(|part| !part.agrees()).map(Part::difference)).collect()
}

/// A part of a scope beside the same part of a finding.
struct Part<'a> {
    name: &'static str,
    wanted: Option<&'a Pattern>,
    found: Option<&'a str>,
}

impl Part<'_> {
    fn agrees(&self) -> bool {
        self.wanted.is_none_or(|pattern| self.found.is_some_and(|found| pattern.matches(found)))
    }

    fn difference(&self) -> String {
        let wanted = self.wanted.map(Pattern::to_string).unwrap_or_default();
        let found = self.found.map_or_else(|| "none".to_owned(), |found| format!("{found:?}"));
        format!("{} is {found}, it names {wanted:?}", self.name)
    }
}

fn parts<'a>(scope: &'a ExceptionScope, stored: &'a StoredFinding) -> [Part<'a>; 8] {
    let Finding { rule, account, region, profile, store, actor, outcome, .. } = &stored.finding;
    let part = |name, wanted: &'a Option<Pattern>, found| Part { name, wanted: wanted.as_ref(), found };
    [
        part("rule", &scope.rule, Some(rule.as_str())),
        part("provider", &scope.provider, Some(account.provider.as_str())),
        part("account", &scope.account, Some(account.id.as_str())),
        part("region", &scope.region, region.as_deref()),
        part("profile", &scope.profile, profile.as_deref()),
        part("store", &scope.store, store.as_deref()),
        part("actor", &scope.actor, actor.as_deref()),
        part("outcome", &scope.outcome, outcome.map(EventOutcome::as_str)),
    ]
}

#[cfg(test)]
mod tests;
