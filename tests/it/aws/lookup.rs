//! The event history.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::Event;
use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

/// What can be looked up.
const ATTRIBUTES: [&str; 8] =
    ["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"];
/// Events on a page unless the request says otherwise, and at most.
const PAGE: usize = 50;
/// Seconds of 90 days: what is older is not in the history.
const KEPT: i64 = 90 * 86_400;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    let attribute = attribute(request)?;
    let (start, end) = window(request)?;
    if request.text("EventCategory").is_some_and(|category| category != "insight") {
        return Err(Refusal::malformed(400, "InvalidEventCategoryException", "only insight can be asked for"));
    }
    let after = world.tokens.position(request)?;
    if request.text("EventCategory").is_some() {
        return Ok(json!({"Events": []}));
    }
    let size = request.number("MaxResults").unwrap_or(PAGE).min(world.page_size);
    let oldest = Timestamp::now().as_second() - KEPT;
    let holdings = world.accounts.get(&request.account).and_then(|account| account.regions.get(&request.region));
    // One more than the page holds tells whether there is another page.
    let found: Vec<_> = holdings
        .into_iter()
        .flat_map(|holdings| &holdings.events)
        .filter(|event| start <= event.at && event.at <= end && oldest <= event.at)
        .filter(|event| attribute.is_none_or(|(key, value)| event.has(key, value)))
        .filter(|event| after.as_ref().is_none_or(|after| place(event) < *after))
        .take(size + 1)
        .collect();
    let page = &found[..size.min(found.len())];
    let mut answer = json!({"Events": page.iter().map(|event| event.shown()).collect::<Vec<_>>()});
    if size < found.len()
        && let Some(last) = page.last()
    {
        answer["NextToken"] = json!(world.tokens.issue(request, &place(last)));
    }
    Ok(answer)
}

/// Where an event stands in the history; greater is newer.
fn place(event: &Event) -> String {
    format!("{:020}/{}", event.at, event.id)
}

fn attribute(request: &Request) -> Result<Option<(&str, &str)>, Refusal> {
    let invalid = |message: &str| Refusal::malformed(400, "InvalidLookupAttributesException", message);
    let attributes = match &request.parameters["LookupAttributes"] {
        Value::Null => return Ok(None),
        Value::Array(attributes) => attributes,
        _ => return Err(invalid("LookupAttributes must be a list")),
    };
    let attribute = match &attributes[..] {
        [] => return Ok(None),
        [attribute] => attribute,
        _ => return Err(invalid("You can only provide one lookup attribute.")),
    };
    let (Some(key), Some(value)) = (attribute["AttributeKey"].as_str(), attribute["AttributeValue"].as_str()) else {
        return Err(invalid("A lookup attribute has a key and a value."));
    };
    if !ATTRIBUTES.contains(&key) || value.is_empty() || 2000 < value.len() {
        return Err(invalid("The lookup attribute is not valid."));
    }
    Ok(Some((key, value)))
}

/// The window in seconds, both ends in it.
fn window(request: &Request) -> Result<(i64, i64), Refusal> {
    let seconds = |member: &str| request.parameters[member].as_f64();
    let (start, end) = (seconds("StartTime"), seconds("EndTime"));
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        return Err(Refusal::malformed(400, "InvalidTimeRangeException", "Start time is after end time."));
    }
    #[expect(clippy::cast_possible_truncation, reason = "times in seconds are small")]
    Ok((start.map_or(i64::MIN, |start| start.ceil() as i64), end.map_or(i64::MAX, |end| end.floor() as i64)))
}
