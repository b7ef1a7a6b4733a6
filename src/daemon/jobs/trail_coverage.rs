//! What the reading of trail objects covers, and what it does not.
//!
//! For every account that the objects speak of there is one row with the span of time they cover. An object that
//! could not be read, or not wholly, gets a row of its own, which is replaced when a later reading succeeds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{Coverage, CoverageKey, Outcome, Provider};
use crate::store::{HistoryFilter, Store, StoreError};
use crate::trail::{Layout, ObjectReport};

/// The span of time that an account's objects cover.
type Span = (Timestamp, Timestamp);

/// Collects the coverage of a reading.
#[derive(Debug)]
pub(super) struct TrailCoverage {
    now: Timestamp,
    /// The kind of trail: `trail:files`, `trail:s3`, `trail:sqs` or `trail:oss`.
    api: &'static str,
    provider: Option<Provider>,
    /// Objects that an earlier reading left incomplete, with the places that it wrote them under.
    standing: BTreeMap<String, BTreeSet<CoverageKey>>,
    /// The whole span of this reading so far, so that a quiet account has one span and not many.
    accounts: BTreeMap<(Provider, String), Span>,
    /// Accounts whose span has grown since the rows were taken last.
    grown: BTreeSet<(Provider, String)>,
    objects: Vec<Coverage>,
}

impl TrailCoverage {
    /// Begins with what earlier readings have left incomplete.
    pub(super) fn load(
        store: &Store,
        now: Timestamp,
        api: &'static str,
        provider: Option<Provider>,
    ) -> Result<Self, StoreError> {
        let mut standing: BTreeMap<String, BTreeSet<CoverageKey>> = BTreeMap::new();
        store.each_coverage(&HistoryFilter { at: Some(now), ..HistoryFilter::default() }, |row| {
            let Coverage { key, outcome, .. } = row.coverage;
            if let Some(object) = key.subject.clone().filter(|_| key.api == api && outcome.is_gap()) {
                standing.entry(object).or_default().insert(key);
            }
        })?;
        let (accounts, grown, objects) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        Ok(Self { now, api, provider, standing, accounts, grown, objects })
    }

    /// An object was read to its end, with or without rejected records; answers whether nothing is missing of it.
    /// Where its records were not `counted`, their number is not compared with what its name promises.
    pub(super) fn object_read(&mut self, object: &str, layout: &Layout, found: &ObjectReport, counted: bool) -> bool {
        for place in &found.places {
            self.cover(place.provider, &place.account, (place.from, place.to));
        }
        if let (Some(provider), Some(account), Some(delivered)) =
            (layout.provider, &layout.account, layout.delivered_at)
        {
            self.cover(provider, account, (delivered, delivered));
        }
        let of_all = if counted { format!(" of {}", found.records) } else { String::new() };
        let rejected = format!("{}{of_all} records of {object} were rejected", found.rejected);
        let miscounted = layout.miscounted(found.records).filter(|_| counted).map(|why| {
            tracing::warn!(object, why, "object miscounted");
            format!("{object}: {why}")
        });
        let missing: Vec<_> = (found.rejected > 0).then_some(rejected).into_iter().chain(miscounted).collect();
        if missing.is_empty() {
            self.object_whole(object);
            return true;
        }
        self.standing.remove(object);
        let touched = found.places.iter().map(|place| (place.provider, Some(place.account.clone())));
        self.object_row(object, layout, found.provider, touched.collect(), &missing.join("; "));
        false
    }

    /// An object is whole, now or since it was read before by whatever way it came then: nothing of it is missing any
    /// more.
    pub(super) fn object_whole(&mut self, object: &str) {
        for key in self.standing.remove(object).unwrap_or_default() {
            self.objects.push(row(key, Outcome::Complete, String::new(), (self.now, self.now)));
        }
    }

    /// An object could not be read.
    pub(super) fn object_rejected(&mut self, object: &str, layout: &Layout, reason: &str) {
        self.standing.remove(object);
        self.object_row(object, layout, None, BTreeSet::new(), &format!("{object}: {reason}"));
    }

    /// The rows of what was read since they were taken last.
    pub(super) fn take_rows(&mut self) -> Vec<Coverage> {
        let mut rows = std::mem::take(&mut self.objects);
        for place in std::mem::take(&mut self.grown) {
            let Some(span) = self.accounts.get(&place).copied() else { continue };
            let key = trail_key(self.api, place.0, Some(place.1), None);
            rows.push(row(key, Outcome::Complete, String::new(), span));
        }
        rows
    }

    fn cover(&mut self, provider: Provider, account: &str, span: Span) {
        let place = (provider, account.to_owned());
        let known = self.accounts.entry(place.clone()).or_insert(span);
        *known = (known.0.min(span.0), known.1.max(span.1));
        self.grown.insert(place);
    }

    /// A gap under every account that the object may concern: those it speaks of, the one that its place names, or
    /// all accounts of a provider where neither tells.
    fn object_row(
        &mut self,
        object: &str,
        layout: &Layout,
        content: Option<Provider>,
        mut touched: BTreeSet<(Provider, Option<String>)>,
        detail: &str,
    ) {
        if let (Some(provider), Some(account)) = (layout.provider, &layout.account) {
            touched.insert((provider, Some(account.clone())));
        }
        if touched.is_empty() {
            let providers =
                layout.provider.or(content).or(self.provider).map_or(Provider::ALL.to_vec(), |known| vec![known]);
            touched.extend(providers.into_iter().map(|provider| (provider, None)));
        }
        for (provider, account) in touched {
            let key = trail_key(self.api, provider, account, Some(object.to_owned()));
            self.objects.push(row(key, Outcome::Partial, detail.to_owned(), (self.now, self.now)));
        }
    }
}

fn row(key: CoverageKey, outcome: Outcome, detail: String, (from, to): Span) -> Coverage {
    Coverage { key, outcome, detail, from, to }
}

/// A place of a kind of trail.
pub(super) fn trail_key(
    api: &str,
    provider: Provider,
    account: Option<String>,
    subject: Option<String>,
) -> CoverageKey {
    CoverageKey { provider, account, region: None, api: api.to_owned(), subject }
}
