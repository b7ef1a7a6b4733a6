//! The history as every output shows it: findings joined with the exceptions that cover them, their events and the
//! controls that they support. Outputs ask it instead of the store, so that none of them forgets an exception.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::exports::json::{ControlJson, FindingDetailJson, FindingExceptionJson, FindingJson};
use crate::findings::Exceptions;
use crate::model::{Exception, FindingEvent, FindingStatus, StoredFinding};
use crate::profiles::{Profile, Profiles};
use crate::rules::Controls;
use crate::store::{FindingFilter, FindingPlace, Store, StoreError};

/// Findings that are looked at for one page. With more of them excepted, or not, than a page has room for, it is shorter.
const LOOKED_AT: usize = 5000;

/// Findings that a search looks through for one page, which takes it some fifty milliseconds.
const SEARCHED: u64 = 10_000;

/// Findings that are read at least, once some of a page were left out.
const BATCH: usize = 100;

/// A part of a list of findings.
#[derive(Debug, Default)]
pub struct FindingPage {
    /// Findings with their places in the list.
    pub rows: Vec<(FindingPlace, FindingJson)>,
    /// Where reading stopped although more findings may match; `None` where the list ended or the page is full.
    pub stopped: Option<FindingPlace>,
}

/// The history at a moment, for reading.
#[derive(Debug, Clone)]
pub struct View {
    store: Store,
    exceptions: Exceptions,
    controls: Controls,
    now: Timestamp,
    profiles: Option<Arc<Profiles>>,
}

impl View {
    /// A view of `store` at `now`.
    #[must_use]
    pub fn new(store: Store, exceptions: Exceptions, controls: Controls, now: Timestamp) -> Self {
        Self { store, exceptions, controls, now, profiles: None }
    }

    /// The same with the profiles, which tell what stores a role serves.
    #[must_use]
    pub fn with_profiles(self, profiles: Arc<Profiles>) -> Self {
        Self { profiles: Some(profiles), ..self }
    }

    /// A profile, where the view knows them.
    #[must_use]
    pub fn profile(&self, id: &str) -> Option<&Profile> {
        self.profiles.as_ref()?.get(id)
    }

    /// The store, for whatever no exception can change.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The exceptions.
    #[must_use]
    pub fn exceptions(&self) -> &Exceptions {
        &self.exceptions
    }

    /// The controls.
    #[must_use]
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// The moment of the view.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Findings with the status that they have under the exceptions, worst first, then oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stored_findings(&self, filter: &FindingFilter) -> Result<Vec<StoredFinding>, StoreError> {
        let found = self.store.findings(&in_store(filter))?;
        Ok(found.into_iter().filter_map(|stored| self.as_excepted(filter, stored)).collect())
    }

    /// At most `limit` findings behind a place, as [`View::findings`] has them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(
        &self,
        filter: &FindingFilter,
        after: Option<&FindingPlace>,
        limit: usize,
        events: Option<u64>,
    ) -> Result<FindingPage, StoreError> {
        let mut page = FindingPage::default();
        if filter.status == Some(FindingStatus::Excepted) && self.exceptions.all().is_empty() {
            return Ok(page);
        }
        let mut after = after.cloned();
        let mut looked_at = 0;
        while page.rows.len() < limit {
            let wanted = limit - page.rows.len();
            // Where some are left out, few at a time would take many queries.
            let size = if looked_at == 0 { wanted } else { wanted.max(BATCH) };
            let batch = FindingFilter { limit: Some(size as u64), ..in_store(filter) };
            let found = self.store.findings_after(&batch, after.as_ref())?;
            let ended = found.len() < size;
            looked_at += found.len();
            for (place, stored) in found {
                if page.rows.len() == limit {
                    return Ok(page);
                }
                after = Some(place.clone());
                if let Some(stored) = self.as_excepted(filter, stored) {
                    page.rows.push((place, self.shape(&stored, events, filter.at)?));
                }
            }
            if ended {
                break;
            }
            if LOOKED_AT <= looked_at {
                page.stopped = after;
                break;
            }
        }
        Ok(page)
    }

    /// At most `limit` findings behind a place that have `text` in their role, store, actor or account, ASCII case
    /// ignored. A page looks through 10,000 findings at most. The past cannot be searched: `filter.at` counts for nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search(
        &self,
        filter: &FindingFilter,
        text: &str,
        after: Option<&FindingPlace>,
        limit: usize,
    ) -> Result<FindingPage, StoreError> {
        self.search_among(SEARCHED, &FindingFilter { at: None, ..filter.clone() }, text, after, limit)
    }

    /// The same with so many findings to look through.
    fn search_among(
        &self,
        mut left: u64,
        filter: &FindingFilter,
        text: &str,
        after: Option<&FindingPlace>,
        limit: usize,
    ) -> Result<FindingPage, StoreError> {
        let mut page = FindingPage::default();
        let mut after = after.cloned();
        loop {
            let bounds = (limit - page.rows.len(), left);
            let found = self.store.search_findings(&in_store(filter), text, after.as_ref(), bounds)?;
            left = left.saturating_sub(found.looked_at);
            for (place, stored) in found.rows {
                if let Some(stored) = self.as_excepted(filter, stored) {
                    page.rows.push((place, self.shape(&stored, Some(0), None)?));
                }
            }
            if limit <= page.rows.len() || found.stopped.is_none() {
                return Ok(page);
            }
            if left == 0 {
                page.stopped = found.stopped;
                return Ok(page);
            }
            after = found.stopped;
        }
    }

    /// A finding of the store with the status that it has under the exceptions, if the filter wants that status.
    fn as_excepted(&self, filter: &FindingFilter, mut stored: StoredFinding) -> Option<StoredFinding> {
        if self.exceptions.covering(&stored, self.moment_of(filter)).is_some() {
            stored.status = FindingStatus::Excepted;
        }
        filter.status.is_none_or(|wanted| wanted == stored.status).then_some(stored)
    }

    /// Findings as commands and API print them, each with its newest `events`, or with all of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn findings(&self, filter: &FindingFilter, events: Option<u64>) -> Result<Vec<FindingJson>, StoreError> {
        let found = self.stored_findings(filter)?;
        found.iter().map(|stored| self.shape(stored, events, filter.at)).collect()
    }

    /// The finding whose id begins with `prefix`, if exactly one does, with its life.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finding(&self, prefix: &str, events: Option<u64>) -> Result<Option<FindingDetailJson>, StoreError> {
        let Some(mut stored) = self.store.finding(prefix)? else { return Ok(None) };
        if self.exceptions.covering(&stored, self.now).is_some() {
            stored.status = FindingStatus::Excepted;
        }
        let history = self.store.finding_changes(&stored.id)?;
        let finding = self.shape(&stored, events, None)?;
        Ok(Some(FindingDetailJson { finding, history: history.iter().map(Into::into).collect() }))
    }

    /// A finding as it stood at `at`, with the events that are told of it. Its status becomes that under the exceptions.
    #[must_use]
    pub fn as_of(&self, stored: &mut StoredFinding, events: &[FindingEvent], at: Timestamp) -> FindingJson {
        let exception = self.exceptions.covering(stored, at);
        if exception.is_some() {
            stored.status = FindingStatus::Excepted;
        }
        FindingJson::new(stored, events, self.supported(stored), exception.map(told))
    }

    /// A finding with its newest `events`, of those up to `at` where a moment is asked for.
    fn shape(
        &self,
        stored: &StoredFinding,
        events: Option<u64>,
        at: Option<Timestamp>,
    ) -> Result<FindingJson, StoreError> {
        let listed = match at {
            Some(at) => self.store.finding_events_up_to(&stored.id, at, events)?,
            None => self.store.finding_events(&stored.id, events)?,
        };
        let exception = self.exceptions.covering(stored, at.unwrap_or(self.now)).map(told);
        Ok(FindingJson::new(stored, &listed, self.supported(stored), exception))
    }

    fn supported(&self, stored: &StoredFinding) -> Arc<[ControlJson]> {
        let controls = self.controls.of_rule(&stored.finding.rule).iter();
        controls.filter(|control| control.applies_to(stored.finding.account.provider)).map(Into::into).collect()
    }

    /// Exceptions count as they stood at the moment that is asked for.
    fn moment_of(&self, filter: &FindingFilter) -> Timestamp {
        filter.at.unwrap_or(self.now)
    }
}

fn told(exception: &Exception) -> Arc<FindingExceptionJson> {
    Arc::new(exception.into())
}

/// The filter as the store understands it. It knows no exceptions: what they cover is open there.
fn in_store(filter: &FindingFilter) -> FindingFilter {
    let status = filter.status.map(|status| match status {
        FindingStatus::Excepted => FindingStatus::Open,
        other => other,
    });
    FindingFilter { status, ..filter.clone() }
}

/// Makes views. Whatever serves answers for longer than a moment takes a new view for each answer, so that it shows the
/// exceptions and the time of that answer.
#[derive(Clone)]
pub struct Views {
    make: Arc<dyn Fn() -> View + Send + Sync>,
    renew: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Views {
    /// Views made by `make`, which may look at the disk and so belongs on a thread that may wait.
    pub fn new(make: impl Fn() -> View + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make), renew: None }
    }

    /// The same, with what has pages that were made beforehand made again if they show older exceptions.
    #[must_use]
    pub fn renewed_by(self, renew: impl Fn() + Send + Sync + 'static) -> Self {
        Self { renew: Some(Arc::new(renew)), ..self }
    }

    /// Has pages that were made beforehand made again if they show older exceptions. May look at the disk, as above.
    pub fn renew(&self) {
        if let Some(renew) = &self.renew {
            renew();
        }
    }

    /// The view of now.
    #[must_use]
    pub fn now(&self) -> View {
        (self.make)()
    }
}

impl fmt::Debug for Views {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Views")
    }
}

#[cfg(test)]
mod tests;
