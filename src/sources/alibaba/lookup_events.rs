//! The event history of an account of Alibaba Cloud: `LookupEvents` in each Region of `ActionTrail`.
//!
//! Events can be looked up about 10 minutes after they happened (`ActionTrail`, limits): every window looks back a day.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::calls::Call;
use super::lookup_plan::{EVENT_NAME, LookupPlan, REMARK};
use super::lookup_regions::LookupRegions;
use super::{Failure, Plan, Session};
use crate::config::{Alibaba, AlibabaTrail};
use crate::model::Provider;
use crate::sources::live::lookup::{Lookups, Page, Query, Window, absent, read_regions, unlisted};
use crate::sources::live::{Found, Outlet, Regions, hand_over};

/// Events to a page: the most that `LookupEvents` gives.
const PAGE: u32 = 50;

/// Newest first, so that a reading that breaks off has what matters most.
const DIRECTION: &str = "BACKWARD";

/// An answer may round the window that it names.
const ROUNDING: SignedDuration = SignedDuration::from_mins(1);

const NO_ENDPOINT: &str = "ActionTrail has no endpoint in this Region (actiontrail:DescribeRegions)";

/// Whether the source reads the event history.
pub(super) fn wanted(source: &Alibaba) -> bool {
    source.trail.iter().any(|trail| matches!(trail, AlibabaTrail::LookupEvents {}))
}

/// Reads the event history of an account, its Regions side by side, and hands it over page by page. `expected` are the
/// account's Regions.
pub(super) async fn read(plan: &Plan, session: &Session, expected: &Regions, outlet: &Outlet) {
    let regions = LookupRegions::of(session, &expected.expected).await;
    let history = EventHistory { session, regions: &regions, plan: LookupPlan::new(&plan.profiles) };
    read_regions(&history, &regions.asked, &*plan.history, plan.now, outlet).await;
    let (provider, account) = (Provider::Alibaba, &session.account);
    let gone = regions.absent.iter().map(|region| absent(provider, account, region, NO_ENDPOINT, plan.now));
    hand_over(outlet, Found::Coverage(gone.collect())).await;
    let troubles =
        [(Call::DescribeKmsRegions, expected.trouble()), (Call::DescribeTrailRegions, regions.trouble.as_ref())];
    let unlisted: Vec<_> = troubles
        .into_iter()
        .filter_map(|(call, failure)| Some(unlisted(provider, account, call.action(), failure?, plan.now)))
        .collect();
    let end = match &unlisted[..] {
        [] => Found::LookupsEnded(account.clone(), plan.now),
        _ => Found::Coverage(unlisted),
    };
    hand_over(outlet, end).await;
}

/// The event history of an account.
struct EventHistory<'a> {
    session: &'a Session,
    regions: &'a LookupRegions,
    plan: LookupPlan,
}

impl Lookups for EventHistory<'_> {
    const PROVIDER: Provider = Provider::Alibaba;

    fn account(&self) -> &str {
        &self.session.account
    }

    fn queries(&self, region: &str) -> Vec<Query> {
        self.plan.queries(region)
    }

    fn remark(&self) -> &str {
        REMARK
    }

    async fn page(&self, region: &str, query: &Query, window: Window, token: Option<&str>) -> Result<Page, Failure> {
        let mut parameters = vec![
            ("Direction", DIRECTION.to_owned()),
            ("StartTime", seconds(window.from)),
            ("EndTime", seconds(window.to)),
            ("MaxResults", PAGE.to_string()),
            ("LookupAttribute.1.Key", query.attribute.to_owned()),
            ("LookupAttribute.1.Value", query.value.clone()),
        ];
        parameters.extend(token.map(|token| ("NextToken", token.to_owned())));
        let place = self.regions.place(region);
        let answer: Answer = self.session.ask(Call::LookupEvents, place, &parameters).await?;
        answer.page(query, window)
    }

    /// Which code the service gives is not documented. The first page was accepted with the same parameters, so that a
    /// complaint about parameters is one about the token.
    fn refuses_token(failure: &Failure) -> bool {
        let code = failure.code.as_deref().unwrap_or_default();
        code.contains("NextToken")
            || code.starts_with("InvalidParameter")
            || code.starts_with("InvalidQueryParameter")
    }
}

fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    events: Vec<Box<RawValue>>,
    #[serde(default, deserialize_with = "super::answer::optional_text")]
    next_token: Option<String>,
    #[serde(default)]
    start_time: Value,
    #[serde(default)]
    end_time: Value,
}

/// What an event has to show to be taken for an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(default)]
    event_name: Value,
    #[serde(default)]
    event_time: Value,
}

impl Answer {
    /// The page, once it is certain that it answers the query. Attributes and times that the service does not take it
    /// ignores without a word, and answers another question.
    fn page(self, query: &Query, window: Window) -> Result<Page, Failure> {
        if self.is_narrower(window) {
            return Err(Failure::protocol("the answer is about a shorter time than was asked for"));
        }
        let asked = self.events.len();
        let mut page = Page { records: Vec::new(), oldest: None, next: self.next_token };
        for event in self.events {
            let shown = serde_json::from_str(event.get()).ok();
            let at = shown.as_ref().and_then(|shown: &Shown| time(&shown.event_time));
            page.oldest = [page.oldest, at.map(|at| at.clamp(window.from, window.to))].into_iter().flatten().min();
            if fits(query, shown.as_ref(), event.get()) {
                page.records.extend_from_slice(event.get().as_bytes());
                page.records.push(b'\n');
            }
        }
        if page.records.is_empty() && 0 < asked {
            return Err(Failure::protocol(format!("none of {asked} events is one that was asked for")));
        }
        Ok(page)
    }

    fn is_narrower(&self, window: Window) -> bool {
        let late = time(&self.start_time).is_some_and(|start| window.from + ROUNDING < start);
        late || time(&self.end_time).is_some_and(|end| end + ROUNDING < window.to)
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// Whether an event is one that was asked for. One that does not tell is left to the trail layer, which rejects what
/// it cannot read.
fn fits(query: &Query, shown: Option<&Shown>, record: &str) -> bool {
    let name = shown.and_then(|shown| shown.event_name.as_str());
    match (query.attribute, name) {
        (_, None) => true,
        (EVENT_NAME, Some(name)) => name.eq_ignore_ascii_case(&query.value),
        // Where the role stands is not documented, and its name comes in lower case too.
        _ => record.to_ascii_lowercase().contains(&query.value.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::lookup_plan::ROLE_NAME;
    use super::*;

    const FROM: &str = "2026-01-02T00:00:00Z";
    const TO: &str = "2026-01-03T00:00:00Z";

    fn window() -> Window {
        Window { from: FROM.parse().expect("a time"), to: TO.parse().expect("a time") }
    }

    fn page(query: &Query, answer: &str) -> Result<Page, Failure> {
        serde_json::from_str::<Answer>(answer).expect("an answer").page(query, window())
    }

    fn lines(page: &Page) -> Vec<&str> {
        std::str::from_utf8(&page.records).expect("text").lines().collect()
    }

    #[test]
    fn records_are_handed_over_as_the_service_tells_them() {
        let release = Query::new(EVENT_NAME, "ReleaseKmsInstance");
        let first = r#"{"eventTime":"2026-01-02T03:00:00Z", "eventName":"ReleaseKmsInstance","n": 1.50,"n2":1e2}"#;
        let second = r#"{"eventName":"ReleaseKmsInstance","eventTime":"2026-01-02T02:00:00Z","text":"\u00e9"}"#;
        let answer = format!(r#"{{"RequestId":"r","Events":[{first}, {second}],"NextToken":"t"}}"#);
        let found = page(&release, &answer).expect("a page");
        assert_eq!(lines(&found), [first, second]);
        assert_eq!((found.oldest, found.next.as_deref()), ("2026-01-02T02:00:00Z".parse().ok(), Some("t")));
        for end in [r#"{"Events":[]}"#, r#"{"Events":[],"NextToken":""}"#, r#"{"Events":[],"NextToken":null}"#] {
            let found = page(&release, end).expect("a page");
            assert!(found.next.is_none() && found.oldest.is_none() && found.records.is_empty(), "{end}");
        }
        assert!(serde_json::from_str::<Answer>(r#"{"NextToken":"t"}"#).is_err(), "no list is not an empty one");
    }

    #[test]
    fn events_that_nobody_asked_for_are_left_out_and_nothing_else_is() {
        let role = "AliyunServiceRoleForKMSKeyStore";
        let by_name = Query::new(EVENT_NAME, "AssumeRole");
        let by_role = Query::new(ROLE_NAME, role);
        let session = json!({"eventName": "CreateNetworkInterface",
            "userIdentity": {"userName": "aliyunserviceroleforkmskeystore:kms"}});
        for (query, event, expected) in [
            (&by_name, json!({"eventName": "AssumeRole"}), true),
            (&by_name, json!({"eventName": "assumerole"}), true),
            (&by_name, json!({"eventName": "GetRole"}), false),
            (&by_role, json!({"eventName": "GetRole", "requestParameters": {"RoleName": role}}), true),
            (&by_role, session, true),
            (&by_role, json!({"eventName": "GetRole", "requestParameters": {"RoleName": "other"}}), false),
            // What cannot be read is rejected by whoever reads it, and not lost without a word.
            (&by_name, json!({"eventName": 1}), true),
            (&by_role, json!("no object"), true),
        ] {
            let sure = json!({"eventName": "AssumeRole", "of": role});
            let answer = json!({"Events": [event, sure]}).to_string();
            let found = page(query, &answer).expect("a page");
            assert_eq!(lines(&found).len(), if expected { 2 } else { 1 }, "{event} for {}", query.name());
        }
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let query = Query::new(EVENT_NAME, "AssumeRole");
        let others = json!({"Events": [{"eventName": "GetRole"}, {"eventName": "GetUser"}]}).to_string();
        let refused = page(&query, &others).expect_err("attributes that were ignored");
        assert!(refused.detail.contains("none of 2 events"), "{refused}");
        for (start, end, accepted) in [
            (json!(FROM), json!(TO), true),
            (json!("2026-01-02T00:01Z"), json!("2026-01-02T23:59Z"), true),
            (json!(null), json!("soon"), true),
            (json!("2026-01-02T12:00:00Z"), json!(TO), false),
            (json!(FROM), json!("2026-01-02T12:00:00Z"), false),
        ] {
            let answer = json!({"Events": [], "StartTime": start, "EndTime": end}).to_string();
            assert_eq!(page(&query, &answer).is_ok(), accepted, "{answer}");
        }
    }

    #[test]
    fn the_place_that_was_reached_never_leaves_the_window() {
        let event = |at: &str| json!({"eventName": "AssumeRole", "eventTime": at});
        let query = Query::new(EVENT_NAME, "AssumeRole");
        for (times, reached) in [
            (["2026-01-02T05:00:00Z", "2026-01-02T04:00:00Z"], Some("2026-01-02T04:00:00Z")),
            (["2026-01-02T05:00:00Z", "2025-12-31T00:00:00Z"], Some(FROM)),
            (["2026-01-09T00:00:00Z", "2026-01-08T00:00:00Z"], Some(TO)),
            (["soon", "2026-01-02T06:00:00Z"], Some("2026-01-02T06:00:00Z")),
            (["", ""], None),
        ] {
            let answer = json!({"Events": times.map(event)}).to_string();
            let found = page(&query, &answer).expect("a page");
            assert_eq!(found.oldest, reached.map(|at| at.parse().expect("a time")), "{times:?}");
        }
    }

    #[test]
    fn a_refused_token_is_told_from_other_refusals() {
        let coded = |code: &str| Failure { code: Some(code.to_owned()), ..Failure::protocol("no") };
        for (code, expected) in [
            ("InvalidParameter.NextToken", true),
            ("InvalidNextToken", true),
            ("InvalidQueryParameter", true),
            ("NoPermission", false),
            ("Throttling.User", false),
            ("InvalidAccessKeyId.NotFound", false),
        ] {
            assert_eq!(EventHistory::refuses_token(&coded(code)), expected, "{code}");
        }
    }
}
