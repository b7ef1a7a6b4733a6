//! Reading one Region: its queries one after the other, each of them page by page.

use jiff::Timestamp;

use super::window::{Reading, Window};
use super::{Lookups, Page, Query, rows};
use crate::model::{Coverage, CoverageKey, LookupProgress, Outcome};
use crate::sources::live::{Failure, Found, History, Lookup, LookupPage, Outlet, hand_over};

/// Pages of one query that one run reads at most; the next run goes on from there. At two a second this is longer than
/// any run.
const MOST_PAGES: usize = 20_000;

/// How often a query begins again at the place that it has reached because its page token is not accepted any more,
/// without coming any farther.
const MOST_RESTARTS: u32 = 3;

/// Reads one Region.
pub(super) struct Reader<'a, L> {
    pub(super) lookups: &'a L,
    pub(super) region: &'a str,
    pub(super) known: &'a dyn History,
    pub(super) now: Timestamp,
    pub(super) outlet: &'a Outlet,
}

/// A query under way.
struct Under<'a> {
    query: &'a Query,
    window: Window,
    reached: Option<Timestamp>,
    pages: usize,
}

impl<L: Lookups> Reader<'_, L> {
    pub(super) async fn read(self) {
        let known = match self.known.lookups(self.lookups.account(), self.region) {
            Ok(known) => known,
            Err(failure) => return self.hand_over(Vec::new(), Some(self.failed(&failure))).await,
        };
        let queries = self.lookups.queries(self.region);
        let mut next = Some(Reading::plan(&known, &queries, self.now));
        while let Some(reading) = next {
            let mut quiet = Vec::new();
            let result = self.window(&reading, &mut quiet).await;
            next = reading.next(&queries, self.now).filter(|_| result.is_ok());
            let end = match result {
                Ok(()) => rows::complete(self.key(), &reading, self.lookups.remark()),
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
                Err(failure) if L::refuses_token(&failure) && restarts < MOST_RESTARTS => {
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
            let page = self.lookups.page(self.region, under.query, window, token.as_deref()).await?;
            let Page { records, oldest, next } = page;
            if next.is_some() && next == token {
                return Err(Failure::protocol("the event history repeats a page"));
            }
            under.pages += 1;
            under.reached = oldest.or(under.reached);
            let page = LookupPage { records, progress: self.progress(under, next.is_none()) };
            self.store(page, quiet).await;
            if next.is_none() {
                return Ok(());
            }
            token = next;
        }
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
        let (account, region) = (self.lookups.account().to_owned(), self.region.to_owned());
        hand_over(self.outlet, Found::Lookup(Box::new(Lookup { account, region, pages, end }))).await;
    }

    fn key(&self) -> CoverageKey {
        rows::key(L::PROVIDER, self.lookups.account(), Some(self.region))
    }

    fn failed(&self, failure: &Failure) -> Coverage {
        rows::failed(self.key(), failure, self.now)
    }
}
