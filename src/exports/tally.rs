//! Open findings counted under the exceptions, and the exceptions with what they cover.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::View;
use crate::findings::{Exceptions, covers};
use crate::model::{
    Account, Exception, ExceptionScope, ExceptionState, FindingStatus, Pattern, Severity, StoredFinding,
};
use crate::store::{FindingFilter, FindingsGauge, StoreError};

/// How an exception stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionStanding {
    /// The exception.
    pub exception: Exception,
    /// Its state.
    pub state: ExceptionState,
    /// Findings in its scope that are not resolved, whether it is in force or not.
    pub in_scope: u64,
}

impl ExceptionStanding {
    /// How many findings it covers: none unless it is in force.
    #[must_use]
    pub fn covers(&self) -> u64 {
        match self.state {
            ExceptionState::Active | ExceptionState::Expiring => self.in_scope,
            ExceptionState::Unused | ExceptionState::Pending | ExceptionState::Expired => 0,
        }
    }
}

/// Findings that are not resolved, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that nobody has accepted.
    pub open: Vec<FindingsGauge>,
    /// Those that an exception covers.
    pub excepted: Vec<FindingsGauge>,
    /// The exceptions, in the order of their file.
    pub exceptions: Vec<ExceptionStanding>,
}

/// What counts are kept by.
type Key = (Account, String, Severity);

impl View {
    /// Counts the findings. The store counts those that no exception can name; the rest is looked at one by one, so
    /// that it costs little however many findings there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tally(&self) -> Result<Tally, StoreError> {
        let exceptions = self.exceptions();
        let mut places = BTreeSet::new();
        for id in exceptions.findings_named() {
            places.extend(self.store().place_of_finding(id)?);
        }
        let concerns = |account: &Account, rule: &str| {
            exceptions.concern(account, rule) || places.contains(&(account.clone(), rule.to_owned()))
        };
        let (mut open, mut excepted) = (Counts::default(), Counts::default());
        let mut named = vec![0; exceptions.all().len()];
        let untouched = self.store().count_open(concerns, |stored| {
            exceptions.places_naming(&stored).for_each(|place| named[place] += 1);
            match exceptions.covering(&stored, self.now()) {
                None => open.take(&stored),
                Some(_) => excepted.take(&stored),
            }
        })?;
        Ok(Tally {
            open: open.joined(untouched),
            excepted: excepted.joined(Vec::new()),
            exceptions: standings(exceptions, &named, self.now()),
        })
    }

    /// The findings in a scope that are not resolved, worst first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn in_scope(&self, scope: &ExceptionScope) -> Result<Vec<StoredFinding>, StoreError> {
        let exact = |part: &Option<Pattern>| match part {
            Some(Pattern::Exact(text)) => Some(text.clone()),
            _ => None,
        };
        // The store leaves out most of what the scope does not name.
        let (rule, account) = (exact(&scope.rule), exact(&scope.account));
        let open = FindingFilter { status: Some(FindingStatus::Open), rule, account, ..FindingFilter::default() };
        let mut found = match &scope.finding {
            Some(id) => self.store().finding(id)?.into_iter().collect(),
            None => self.store().findings(&open)?,
        };
        found.retain(|stored| stored.status != FindingStatus::Resolved && covers(scope, stored));
        Ok(found)
    }

    /// How the exceptions stand towards these findings, at the moment of the view.
    #[must_use]
    pub fn standings(&self, findings: &[StoredFinding]) -> Vec<ExceptionStanding> {
        let exceptions = self.exceptions();
        let mut named = vec![0; exceptions.all().len()];
        for stored in findings.iter().filter(|stored| stored.status != FindingStatus::Resolved) {
            exceptions.places_naming(stored).for_each(|place| named[place] += 1);
        }
        standings(exceptions, &named, self.now())
    }
}

fn standings(exceptions: &Exceptions, named: &[u64], now: Timestamp) -> Vec<ExceptionStanding> {
    let rows = exceptions.all().iter().zip(named).map(|(exception, in_scope)| ExceptionStanding {
        exception: exception.clone(),
        state: exceptions.state(exception, *in_scope, now),
        in_scope: *in_scope,
    });
    rows.collect()
}

#[derive(Default)]
struct Counts(BTreeMap<Key, (u64, Timestamp)>);

impl Counts {
    fn take(&mut self, stored: &StoredFinding) {
        let key = (stored.finding.account.clone(), stored.finding.rule.clone(), stored.finding.severity);
        let (count, oldest) = self.0.entry(key).or_insert((0, stored.opened_at));
        *count += 1;
        *oldest = stored.opened_at.min(*oldest);
    }

    /// These beside `others`, by account, rule and severity.
    fn joined(self, others: Vec<FindingsGauge>) -> Vec<FindingsGauge> {
        let own = self.0.into_iter().map(|((account, rule, severity), (count, oldest))| FindingsGauge {
            account,
            rule,
            severity,
            count,
            oldest,
        });
        let mut all: Vec<_> = own.chain(others).collect();
        all.sort_by(|one, other| {
            (&one.account, &one.rule, one.severity).cmp(&(&other.account, &other.rule, other.severity))
        });
        all
    }
}

#[cfg(test)]
mod tests;
