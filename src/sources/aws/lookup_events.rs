//! The event history of an account: 90 days of management events in each Region, read window by window.
//!
//! A window does not move while it is read: all queries of a Region share it, and page tokens hold for it alone. What
//! each page told is stored together with how far its query has come, so that the next run goes on where the deadline
//! or an interruption ended this one.

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use futures_util::future::join_all;
use jiff::Timestamp;

use super::calls::Call;
use super::lookup_plan::{Attribute, LookupPlan, Query, Reading, Window};
use super::regions::Regions;
use super::stores::time;
use super::{Failure, Plan, Session};
use crate::config::{Aws, AwsTrail};
use crate::model::{Coverage, CoverageKey, LookupProgress, Outcome, Provider, api};
use crate::sources::live::{Found, Lookup, LookupPage, Outlet, hand_over};

/// Events to a page: the most that `LookupEvents` gives.
const PAGE: i32 = 50;

/// Pages of one query that one run reads at most; the next run goes on from there. At two a second this is longer than
/// any run.
const MOST_PAGES: usize = 20_000;

/// How often a query begins again at the place that it has reached because its page token is not accepted any more,
/// without coming any farther.
const MOST_RESTARTS: u32 = 3;

/// Whether the source reads the event history, and if so whether it looks for denied assumptions.
pub(super) fn wanted(source: &Aws) -> Option<bool> {
    let lookups = source.trail.iter().filter_map(|trail| match trail {
        AwsTrail::LookupEvents { include_denied } => Some(*include_denied),
        _ => None,
    });
    lookups.reduce(|one, other| one || other)
}

/// Reads the event history of every Region of an account, side by side, and hands it over page by page.
pub(super) async fn read(plan: &Plan, session: &Session, regions: &Regions, denied: bool, outlet: &Outlet) {
    let lookups = LookupPlan::new(&plan.profiles, session.partition, &session.account, denied);
    let mut asked = regions.expected.clone();
    if !regions.not_enabled.contains_key(lookups.global_region()) {
        asked.insert(lookups.global_region().to_owned());
    }
    let readers = asked.iter().map(|region| Reader { plan, session, region, lookups: &lookups, outlet }.read());
    join_all(readers).await;
    let end = match regions.trouble() {
        None => Found::LookupsEnded(session.account.clone(), plan.now),
        Some(failure) => Found::Coverage(vec![unlisted(&session.account, failure, plan.now)]),
    };
    hand_over(outlet, end).await;
}

/// Which Regions have events is not known. A row of its own, because the Regions that were asked may all be complete.
fn unlisted(account: &str, failure: &Failure, now: Timestamp) -> Coverage {
    let api = Call::ListRegions.action();
    let key = CoverageKey { subject: Some(api.to_owned()), ..key(account, None) };
    Coverage { key, outcome: failure.outcome, detail: format!("{api}: {}", failure.detail), from: now, to: now }
}

fn key(account: &str, region: Option<&str>) -> CoverageKey {
    CoverageKey {
        provider: Provider::Aws,
        account: Some(account.to_owned()),
        region: region.map(str::to_owned),
        api: api::TRAIL_LOOKUP.to_owned(),
        subject: None,
    }
}

/// Reads one Region.
struct Reader<'a> {
    plan: &'a Plan,
    session: &'a Session,
    region: &'a str,
    lookups: &'a LookupPlan,
    outlet: &'a Outlet,
}

/// A query under way.
struct Under<'a> {
    query: &'a Query,
    window: Window,
    reached: Option<Timestamp>,
    pages: usize,
}

impl Reader<'_> {
    async fn read(self) {
        let known = match self.plan.history.lookups(&self.session.account, self.region) {
            Ok(known) => known,
            Err(failure) => return self.hand_over(Vec::new(), Some(self.failed(&failure))).await,
        };
        let queries = self.lookups.queries(self.region);
        let mut next = Some(Reading::plan(&known, &queries, self.plan.now));
        while let Some(reading) = next {
            let mut quiet = Vec::new();
            let result = self.window(&reading, &mut quiet).await;
            next = reading.next(&queries, self.plan.now).filter(|_| result.is_ok());
            let end = match result {
                Ok(()) => self.complete(&reading),
                Err(failure) => self.failed(&failure),
            };
            self.hand_over(quiet, Some(end)).await;
        }
    }

    /// Asks the queries of a window one after the other: they share one rate. `quiet` takes pages that told nothing,
    /// which are not worth a transaction each.
    async fn window(&self, reading: &Reading, quiet: &mut Vec<LookupPage>) -> Result<(), Failure> {
        let mut first = None;
        for (query, reached) in &reading.open {
            let under = Under { query, window: reading.window, reached: *reached, pages: 0 };
            let Err(failure) = self.query(under, quiet).await else { continue };
            let failure = failure.at(&query.name());
            // A query that fails by itself must not keep the others from being read, in this run and in every later
            // one; what concerns the whole Region ends it.
            if !matches!(failure.outcome, Outcome::Error | Outcome::Partial) {
                return Err(failure);
            }
            first.get_or_insert(failure);
        }
        first.map_or(Ok(()), Err)
    }

    /// Reads a query to its end. A page token that is not accepted any more costs nothing but the page.
    async fn query(&self, mut under: Under<'_>, quiet: &mut Vec<LookupPage>) -> Result<(), Failure> {
        let mut restarts = 0;
        loop {
            let before = under.reached;
            match self.listing(&mut under, quiet).await {
                Err(failure) if failure.is("InvalidNextToken") && restarts < MOST_RESTARTS => {
                    restarts = if under.reached == before { restarts + 1 } else { 0 };
                }
                ended => return ended,
            }
        }
    }

    /// Reads page after page from the place that was reached, until the window or the token ends.
    async fn listing(&self, under: &mut Under<'_>, quiet: &mut Vec<LookupPage>) -> Result<(), Failure> {
        // Events of the second that was reached may be missing: it is asked for again.
        let window = Window { to: under.reached.unwrap_or(under.window.to), ..under.window };
        let mut token: Option<String> = None;
        loop {
            if MOST_PAGES <= under.pages {
                let detail = format!("{MOST_PAGES} pages were read; the next run goes on from there");
                return Err(Failure::new(Outcome::Partial, detail));
            }
            let (events, next) = self.page(under.query, window, token.as_deref()).await?;
            if next.is_some() && next == token {
                return Err(Failure::protocol("the event history repeats a page"));
            }
            under.pages += 1;
            let oldest = events.iter().filter_map(|event| time(event.event_time.as_ref()?)).min();
            under.reached = oldest.or(under.reached);
            let page = LookupPage { records: lines(events), progress: self.progress(under, next.is_none()) };
            self.store(page, quiet).await;
            if next.is_none() {
                return Ok(());
            }
            token = next;
        }
    }

    async fn page(
        &self,
        query: &Query,
        window: Window,
        token: Option<&str>,
    ) -> Result<(Vec<Event>, Option<String>), Failure> {
        let client = self.session.cloudtrail(self.region);
        let attribute = LookupAttribute::builder()
            .attribute_key(match query.attribute {
                Attribute::EventName => LookupAttributeKey::EventName,
                Attribute::ResourceName => LookupAttributeKey::ResourceName,
                Attribute::Username => LookupAttributeKey::Username,
            })
            .attribute_value(&query.value)
            .build()
            .map_err(|error| Failure::new(Outcome::Error, error.to_string()))?;
        let ask = || async {
            let call = client.lookup_events().lookup_attributes(attribute.clone()).max_results(PAGE);
            let call = call.start_time(seconds(window.from)).end_time(seconds(window.to));
            let answer = call.set_next_token(token.map(str::to_owned)).send().await;
            let answer = answer.map_err(|error| Failure::of(&error))?;
            let Some(events) = answer.events else { return Err(Failure::protocol("an answer without a list")) };
            if answer.next_token.as_deref() == Some("") {
                return Err(Failure::protocol("the answer is cut off and tells no token of the next page"));
            }
            Ok((events, answer.next_token))
        };
        self.session.caller.check(Call::LookupEvents, self.region, ask).await
    }

    fn progress(&self, under: &Under<'_>, done: bool) -> LookupProgress {
        LookupProgress {
            region: self.region.to_owned(),
            query: under.query.name(),
            window_from: under.window.from,
            window_to: under.window.to,
            reached: under.reached,
            done,
        }
    }

    async fn store(&self, page: LookupPage, quiet: &mut Vec<LookupPage>) {
        let told_nothing = page.records.is_empty();
        // Of several empty pages of a query the last one says it all.
        quiet.retain(|earlier| earlier.progress.query != page.progress.query);
        quiet.push(page);
        if !told_nothing {
            self.hand_over(std::mem::take(quiet), None).await;
        }
    }

    async fn hand_over(&self, pages: Vec<LookupPage>, end: Option<Coverage>) {
        let (account, region) = (self.session.account.clone(), self.region.to_owned());
        hand_over(self.outlet, Found::Lookup(Box::new(Lookup { account, region, pages, end }))).await;
    }

    fn complete(&self, reading: &Reading) -> Coverage {
        let Window { from, to } = reading.window;
        let lost = reading.lost_since.map(|last| format!("what happened from {last} to {from} is lost"));
        let remarks = [Some(self.lookups.remark().to_owned()), lost];
        let detail: Vec<_> = remarks.into_iter().flatten().filter(|remark| !remark.is_empty()).collect();
        let key = key(&self.session.account, Some(self.region));
        Coverage { key, outcome: Outcome::Complete, detail: detail.join("; "), from, to }
    }

    fn failed(&self, failure: &Failure) -> Coverage {
        let key = key(&self.session.account, Some(self.region));
        let now = self.plan.now;
        Coverage { key, outcome: failure.outcome, detail: failure.detail.clone(), from: now, to: now }
    }
}

fn seconds(time: Timestamp) -> DateTime {
    DateTime::from_secs(time.as_second())
}

/// Stands for the record of an event that came without one: no reader takes it for a record.
const NO_RECORD: &str = r#"{"eventVersion":""}"#;

/// The records, one a line. An event that comes without its record is a record that cannot be read, and not nothing.
fn lines(events: Vec<Event>) -> Vec<u8> {
    let mut lines = Vec::new();
    for event in events {
        let record = event.cloud_trail_event.filter(|record| !record.trim().is_empty());
        lines.extend_from_slice(record.as_deref().unwrap_or(NO_RECORD).as_bytes());
        lines.push(b'\n');
    }
    lines
}
