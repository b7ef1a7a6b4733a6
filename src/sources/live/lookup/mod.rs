//! The event history of an account: the management events of the last 90 days, searched by one attribute at a time and
//! read window by window, Region by Region.
//!
//! A window does not move while it is read: all queries of a Region share it, and page tokens hold for it alone. What
//! each page told is stored together with how far its query has come, so that the next run goes on where the deadline
//! or an interruption ended this one.

mod reader;
mod rows;
mod window;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{Failure, History, Outlet};
use crate::model::Provider;
use reader::Reader;
pub(in crate::sources) use rows::{absent, unlisted};
pub(in crate::sources) use window::Window;

/// One query: events whose attribute has this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) struct Query {
    /// The attribute, as the provider spells it.
    pub attribute: &'static str,
    /// Its value.
    pub value: String,
}

impl Query {
    /// Events whose attribute has this value.
    pub(in crate::sources) fn new(attribute: &'static str, value: impl Into<String>) -> Self {
        Self { attribute, value: value.into() }
    }

    /// Its name in the history of readings.
    pub(in crate::sources) fn name(&self) -> String {
        format!("{}={}", self.attribute, self.value)
    }
}

/// The same queries in the same order, each once.
pub(in crate::sources) fn each_once(queries: impl IntoIterator<Item = Query>) -> Vec<Query> {
    let mut once: Vec<Query> = Vec::new();
    for query in queries {
        if !once.contains(&query) {
            once.push(query);
        }
    }
    once
}

/// One page of a query's answer.
#[derive(Debug)]
pub(in crate::sources) struct Page {
    /// The records, one after the other with a line's end behind each.
    pub records: Vec<u8>,
    /// The time of the oldest event, where one tells its time.
    pub oldest: Option<Timestamp>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// The event history of one account, as its provider answers for it.
pub(in crate::sources) trait Lookups: Sync {
    /// The provider.
    const PROVIDER: Provider;

    /// The account.
    fn account(&self) -> &str;

    /// What to ask in a Region.
    fn queries(&self, region: &str) -> Vec<Query>;

    /// What is not looked for, for people; empty where there is nothing to say.
    fn remark(&self) -> &str;

    /// Asks for one page, newest events first.
    fn page(
        &self,
        region: &str,
        query: &Query,
        window: Window,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Page, Failure>> + Send;

    /// Whether a refusal says that a page token is not accepted any more.
    fn refuses_token(failure: &Failure) -> bool;
}

/// Reads the event history of Regions side by side and hands it over page by page; each of them ends with a row of
/// coverage.
pub(in crate::sources) async fn read_regions<L: Lookups>(
    lookups: &L,
    regions: &BTreeSet<String>,
    known: &dyn History,
    now: Timestamp,
    outlet: &Outlet,
) {
    let readers = regions.iter().map(|region| Reader { lookups, region, known, now, outlet }.read());
    join_all(readers).await;
}

#[cfg(test)]
mod tests;
