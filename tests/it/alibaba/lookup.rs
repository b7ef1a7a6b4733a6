//! The event history.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::event::Event;
use super::request::{Request, time};
use super::world::{Attributes, World};
use crate::fake::Refusal;

/// Events on a page unless the request says otherwise.
const PAGE: usize = 20;
/// The window unless the request says otherwise.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What is older is not in the history.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// What can be looked up by itself.
const ALONE: [&str; 12] = [
    "ServiceName",
    "EventName",
    "User",
    "EventId",
    "ResourceType",
    "ResourceName",
    "EventRW",
    "EventAccessKeyId",
    "SensitiveAction",
    "SourceIpAddress",
    "EventType",
    "RoleName",
];
/// What can be looked up together.
const TOGETHER: [(&str, &[&str]); 3] = [
    (
        "ServiceName",
        &["EventName", "User", "PrincipalId", "RoleName", "ResourceName", "EventRW", "SensitiveAction", "EventType"],
    ),
    ("ResourceName", &["ResourceType", "EventName", "User", "RoleName", "ServiceName"]),
    ("EventType", &["EventName"]),
];

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    let attributes = attributes(request);
    let (start, end) = window(world, request)?;
    let forward = request.text("Direction") == Some("FORWARD");
    let after = world.tokens.position(request)?;
    let size = request.number("MaxResults").unwrap_or(PAGE).min(world.page_size);
    let oldest = (world.now() - KEPT).as_second();
    let mut found: Vec<_> = history(world, request)
        .filter(|event| start.as_second() <= event.at && event.at <= end.as_second() && oldest <= event.at)
        .filter(|event| {
            world.attributes == Attributes::Ignored || attributes.iter().all(|(key, value)| event.has(key, value))
        })
        .filter(|event| {
            after.as_ref().is_none_or(|after| if forward { *after < place(event) } else { place(event) < *after })
        })
        .collect();
    found.sort_by_cached_key(|event| place(event));
    if !forward {
        found.reverse();
    }
    let page = &found[..size.min(found.len())];
    let shown = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut answer = json!({
        "StartTime": shown(start), "EndTime": shown(end),
        "Events": page.iter().map(|event| event.record.clone()).collect::<Vec<_>>(),
    });
    match page.last().filter(|_| size < found.len()) {
        Some(last) => answer["NextToken"] = json!(world.tokens.issue(request, &place(last))),
        None if world.empty_tokens => answer["NextToken"] = json!(""),
        None => {}
    }
    Ok(answer)
}

/// The events of the Region; the global ones are in one Region alone.
fn history<'a>(world: &'a World, request: &Request) -> impl Iterator<Item = &'a Event> {
    let account = world.accounts.get(&request.account);
    let own = account.and_then(|account| account.regions.get(&request.region));
    let global = account.filter(|_| request.region == world.global_region);
    own.into_iter().flat_map(|own| &own.events).chain(global.into_iter().flat_map(|account| &account.global_events))
}

/// Where an event stands in the history; greater is newer.
fn place(event: &Event) -> String {
    format!("{:020}/{}", event.at, event.id)
}

/// The attributes that count. Others are ignored without a word, which is remarked.
fn attributes(request: &Request) -> Vec<(String, String)> {
    let mut numbers: Vec<u32> = request
        .parameters
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, _)| name.strip_prefix("LookupAttribute.")?.split('.').next()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut found: Vec<(String, String)> = Vec::new();
    for number in numbers {
        let part = |name: &str| request.text(&format!("LookupAttribute.{number}.{name}")).map(str::to_owned);
        let (Some(key), Some(value)) = (part("Key"), part("Value")) else {
            request.remark(format!("LookupEvents: attribute {number} has no key or no value"));
            continue;
        };
        if 2 <= found.len() {
            request.remark(format!("LookupEvents: attribute {number} is one too many"));
        } else if let Some(same) = found.iter_mut().find(|(known, _)| *known == key) {
            request.remark(format!("LookupEvents: {key} twice"));
            same.1 = value;
        } else {
            found.push((key, value));
        }
    }
    legal(request, found)
}

fn legal(request: &Request, mut found: Vec<(String, String)>) -> Vec<(String, String)> {
    if let [(one, _), (other, _)] = &found[..] {
        let pair = |first: &str, second: &str| {
            TOGETHER.iter().any(|(key, others)| *key == first && others.contains(&second))
        };
        if pair(one, other) || pair(other, one) {
            return found;
        }
        request.remark(format!("LookupEvents: {one} and {other} cannot be looked up together"));
        found.truncate(1);
    }
    found.retain(|(key, _)| {
        let known = ALONE.contains(&key.as_str());
        if !known {
            request.remark(format!("LookupEvents: {key} cannot be looked up by itself"));
        }
        known
    });
    found
}

/// The window, both ends in it.
fn window(world: &World, request: &Request) -> Result<(Timestamp, Timestamp), Refusal> {
    let invalid = |message: &str| Refusal::malformed(400, "InvalidQueryParameter", message);
    let at = |member: &str| request.text(member).and_then(time);
    match (at("StartTime"), at("EndTime")) {
        (Some(start), Some(end)) if end < start => Err(invalid("The start time is after the end time.")),
        (Some(start), Some(end)) => Ok((start, end)),
        (None, None) => Ok((world.now() - WINDOW, world.now())),
        _ => Err(invalid("The start time and the end time must be given together.")),
    }
}
