//! A finding while a rule writes it.

use jiff::Timestamp;

use super::{Case, RuleDoc};
use crate::model::{Account, Basis, EventOutcome, Finding, FindingEvent, Fix, Fixer, Severity, TrailEvent};

/// A finding while a rule writes it: what every finding has is asked for, the rest is added.
#[derive(Debug, Clone)]
pub struct Draft {
    finding: Finding,
}

impl Draft {
    /// A finding about the role or a store of the case.
    #[must_use]
    pub fn new(case: &Case<'_>, doc: &RuleDoc, severity: Severity, summary: String) -> Self {
        let mut draft = Self::of_account(&case.evidence.account, doc, severity, summary, case.as_of());
        draft.finding.profile = Some(case.profile.id.clone());
        draft.finding.role.clone_from(&case.standing.role);
        draft
    }

    /// A finding about the account as a whole.
    #[must_use]
    pub fn of_account(
        account: &Account,
        doc: &RuleDoc,
        severity: Severity,
        summary: String,
        as_of: Timestamp,
    ) -> Self {
        Self {
            finding: Finding {
                rule: doc.id.to_owned(),
                severity,
                account: account.clone(),
                region: None,
                profile: None,
                role: None,
                store: None,
                actor: None,
                outcome: None,
                subject: None,
                basis: Basis::Observed,
                summary,
                first_seen: as_of,
                last_seen: as_of,
                count: 1,
                events: Vec::new(),
                fix: Fix { who: Fixer::Customer, how: String::new() },
                clears_when: String::new(),
            },
        }
    }

    /// The events that it rests on, each an occurrence; they say when it was seen, and which role where inventory
    /// does not.
    #[must_use]
    pub fn events<'e>(mut self, events: impl IntoIterator<Item = &'e TrailEvent>) -> Self {
        let mut list = Vec::new();
        for event in events {
            list.push(FindingEvent { time: event.time, id: event.id.clone() });
            if self.finding.role.is_none() {
                self.finding.role.clone_from(&event.role);
            }
        }
        list.sort_by(|left, right| right.cmp(left));
        list.dedup();
        if let (Some(newest), Some(oldest)) = (list.first(), list.last()) {
            (self.finding.first_seen, self.finding.last_seen) = (oldest.time, newest.time);
            self.finding.count = list.len() as u64;
        }
        self.finding.events = list;
        self
    }

    /// When it was so, where that is not the time of its events.
    #[must_use]
    pub fn seen(mut self, first: Timestamp, last: Timestamp) -> Self {
        (self.finding.first_seen, self.finding.last_seen) = (first, last.max(first));
        self
    }

    /// How often, where that is not the number of its events.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.finding.count = count;
        self
    }

    /// Who did it.
    #[must_use]
    pub fn actor(mut self, actor: Option<String>) -> Self {
        self.finding.actor = actor;
        self
    }

    /// What came of it.
    #[must_use]
    pub fn outcome(mut self, outcome: EventOutcome) -> Self {
        self.finding.outcome = Some(outcome);
        self
    }

    /// What tells it apart from others of its kind.
    #[must_use]
    pub fn subject(mut self, subject: Option<String>) -> Self {
        self.finding.subject = subject;
        self
    }

    /// The role, where the profile watches many; part of what tells the finding apart from others.
    #[must_use]
    pub fn role_apart(mut self, role: Option<&str>) -> Self {
        if let Some(arn) = role {
            let subject = self.finding.subject.take().map_or_else(String::new, |subject| subject + " ");
            self = self.subject(Some(subject + arn)).role(arn);
        }
        self
    }

    /// The Region, where it is about one.
    #[must_use]
    pub fn region(mut self, region: Option<String>) -> Self {
        self.finding.region = region;
        self
    }

    /// The store.
    #[must_use]
    pub fn store(mut self, store: Option<String>) -> Self {
        self.finding.store = store;
        self
    }

    /// The role, where it is not the one of the standing.
    #[must_use]
    pub fn role(mut self, arn: &str) -> Self {
        self.finding.role = Some(arn.to_owned());
        self
    }

    /// Inventory or inference.
    #[must_use]
    pub fn basis(mut self, basis: Basis) -> Self {
        self.finding.basis = basis;
        self
    }

    /// The next step of the account's owner, and what would clear the finding.
    #[must_use]
    pub fn fix(mut self, how: impl Into<String>, clears_when: impl Into<String>) -> Finding {
        self.finding.fix.how = how.into();
        self.finding.clears_when = clears_when.into();
        self.finding
    }

    /// The same where only the provider can do something.
    #[must_use]
    pub fn fix_by_provider(mut self, how: impl Into<String>, clears_when: impl Into<String>) -> Finding {
        self.finding.fix.who = Fixer::Provider;
        self.fix(how, clears_when)
    }
}
