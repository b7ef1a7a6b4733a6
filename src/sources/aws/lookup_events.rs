//! The event history of an account of AWS: `LookupEvents` in each Region.

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::calls::Call;
use super::lookup_plan::LookupPlan;
use super::stores::time;
use super::{Failure, Plan, Session};
use crate::config::{Aws, AwsTrail};
use crate::model::{Outcome, Provider};
use crate::sources::live::lookup::{Lookups, Page, Query, Window, read_regions, unlisted};
use crate::sources::live::{Found, Outlet, Regions, hand_over};

/// Events to a page: the most that `LookupEvents` gives.
const PAGE: i32 = 50;

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
    let history = EventHistory { session, plan: lookups };
    read_regions(&history, &asked, &*plan.history, plan.now, outlet).await;
    let (account, call) = (&session.account, Call::ListRegions.action());
    let end = match regions.trouble() {
        None => Found::LookupsEnded(account.clone(), plan.now),
        Some(failure) => Found::Coverage(vec![unlisted(Provider::Aws, account, call, failure, plan.now)]),
    };
    hand_over(outlet, end).await;
}

/// The event history of an account.
struct EventHistory<'a> {
    session: &'a Session,
    plan: LookupPlan,
}

impl Lookups for EventHistory<'_> {
    const PROVIDER: Provider = Provider::Aws;

    fn account(&self) -> &str {
        &self.session.account
    }

    fn queries(&self, region: &str) -> Vec<Query> {
        self.plan.queries(region)
    }

    fn remark(&self) -> &str {
        self.plan.remark()
    }

    async fn page(&self, region: &str, query: &Query, window: Window, token: Option<&str>) -> Result<Page, Failure> {
        let client = self.session.cloudtrail(region);
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::from(query.attribute))
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
        let (events, next) = self.session.caller.check(Call::LookupEvents, region, ask).await?;
        let oldest = events.iter().filter_map(|event| time(event.event_time.as_ref()?)).min();
        Ok(Page { records: lines(events), oldest, next })
    }

    fn refuses_token(failure: &Failure) -> bool {
        failure.is("InvalidNextToken")
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
