//! Storing the event history: pages together with how far their queries have come.
//!
//! In the ledger the answer of a query is an object that comes in parts. Its version is the end of its window: a page
//! of the same window adds to it, a new window begins it anew. A page is no object, so that the counts of objects
//! in a report leave pages out.

use jiff::Timestamp;

use super::taker::Taker;
use crate::config::Keep;
use crate::daemon::jobs::IngestReport;
use crate::daemon::jobs::JobError;
use crate::daemon::jobs::objects::{LISTED_REJECTS, ObjectSink, counts_of};
use crate::model::{Coverage, Outcome, Provider, Reject, SourceSummary};
use crate::sources::live::{Lookup, LookupPage};
use crate::store::{Batch, ObjectIdentity};
use crate::trail::{self, Layout, Limits, ObjectError, ObjectKind, Reading};

/// The name of a query's answer in the ledger.
pub(super) fn object_name(account: &str, region: &str, query: &str) -> String {
    format!("lookup-events://{account}/{region}/{query}")
}

impl Taker<'_> {
    /// Stores pages and progress, and the end of the Region where it is told: all of it or nothing.
    pub(super) fn lookup(&mut self, lookup: &Lookup) -> Result<(), JobError> {
        let context = self.context;
        let account = self.account(&lookup.account);
        let mut batch = context.store.batch(self.run, context.now())?;
        let mut taken = IngestReport::default();
        for page in &lookup.pages {
            let room = LISTED_REJECTS.saturating_sub(self.report.trail.rejects.len() + taken.rejects.len());
            taken.add(self.page(&mut batch, lookup, page, room)?);
            batch.save_lookup_progress(&account, std::slice::from_ref(&page.progress))?;
        }
        if let Some(row) = &lookup.end {
            if row.outcome == Outcome::Complete {
                batch.clear_lookup_progress(&account, &lookup.region)?;
            }
            let row = self.judged(row.clone(), lookup, taken.summary.records_rejected)?;
            taken.incomplete |= row.outcome.is_gap();
            batch.save_coverage(&[row])?;
        }
        batch.commit()?;
        self.report.trail_by_provider.entry(self.provider()).or_default().add(&taken.summary);
        self.report.trail.add(taken);
        Ok(())
    }

    /// Ends the rows of Regions that are not read any more.
    pub(super) fn lookups_ended(&mut self, account: &str, since: Timestamp) -> Result<(), JobError> {
        let account = self.account(account);
        self.context.store.end_unread_lookups(&account, since, self.context.now())?;
        Ok(())
    }

    fn page(
        &self,
        batch: &mut Batch<'_>,
        lookup: &Lookup,
        page: &LookupPage,
        room: usize,
    ) -> Result<IngestReport, JobError> {
        let name = object_name(&lookup.account, &lookup.region, &page.progress.query);
        let mut writer = batch.object()?;
        let mut sink = ObjectSink { writer: &mut writer, listed: Vec::new(), room };
        let read = if page.records.is_empty() {
            Ok(SourceSummary::default())
        } else {
            let layout = layout(self.provider(), lookup);
            trail::read_object(&page.records[..], &name, &layout, &self.reading(), &mut sink)
                .map(|found| SourceSummary { objects_read: 0, objects_skipped: 0, ..counts_of(&found) })
        };
        let mut rejects = sink.listed;
        let summary = match read {
            Ok(summary) => summary,
            Err(ObjectError::Sink(error)) => return Err(error.into()),
            Err(error) => {
                // What was found before the trouble is not kept: the page as a whole is tried again.
                drop(writer);
                writer = batch.object()?;
                let reject = whole_page(&name, &error.to_string());
                tracing::warn!(object = name, reason = reject.reason, "page rejected");
                writer.add_reject(&reject)?;
                rejects = vec![reject];
                SourceSummary { records_read: 1, records_rejected: 1, ..SourceSummary::default() }
            }
        };
        let identity = ObjectIdentity { name, size: 0, version: page.progress.window_to.to_string() };
        writer.finish_part(&identity, Some(self.provider()), &summary)?;
        let incomplete = summary.records_rejected > 0;
        Ok(IngestReport { summary, rejects, incomplete, interrupted: false })
    }

    fn reading(&self) -> Reading<'_> {
        let settings = &self.context.settings;
        Reading {
            profiles: &self.context.profiles,
            limits: Limits {
                max_object_bytes: settings.limits.max_object_bytes,
                max_ratio: settings.limits.max_ratio,
                max_record_bytes: usize::try_from(settings.limits.max_record_bytes).unwrap_or(usize::MAX),
            },
            keep_all: settings.collect.keep == Keep::All,
            count: true,
            parse_all: false,
        }
    }

    /// A window that was read to its end is complete, unless a record of it could not be read. Then its time counts as
    /// not covered, and the next run reads it again; so does the time after it, which would hide it otherwise.
    fn judged(&mut self, row: Coverage, lookup: &Lookup, rejected: u64) -> Result<Coverage, JobError> {
        if row.outcome != Outcome::Complete {
            return Ok(row);
        }
        let version = row.to.to_string();
        let parts = self.context.store.object_versions(&object_name(&lookup.account, &lookup.region, ""))?;
        let stored = parts.iter().filter(|(_, window, _)| *window == version).map(|(_, _, rejected)| rejected);
        let rejected = rejected + stored.sum::<u64>();
        let place = (lookup.account.clone(), lookup.region.clone());
        if rejected == 0 && !self.imperfect.contains(&place) {
            return Ok(row);
        }
        self.imperfect.insert(place);
        let detail = "records of the event history could not be read: they are listed among the rejects".to_owned();
        Ok(Coverage { outcome: Outcome::Partial, detail, ..row })
    }
}

fn layout(provider: Provider, lookup: &Lookup) -> Layout {
    Layout {
        kind: ObjectKind::Log,
        provider: Some(provider),
        account: Some(lookup.account.clone()),
        region: Some(lookup.region.clone()),
        delivered_at: None,
        promised_events: None,
    }
}

fn whole_page(name: &str, reason: &str) -> Reject {
    Reject { object: name.to_owned(), record: None, offset: None, reason: reason.to_owned(), raw: Vec::new() }
}
