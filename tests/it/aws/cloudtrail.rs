//! `CloudTrail`: trails and public keys; the event history is in `lookup`.

use serde_json::{Value, json};

use super::lookup;
use super::paging::page;
use super::request::Request;
use super::world::{Trail, World};
use crate::fake::Refusal;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "LookupEvents" => lookup::answer(world, request),
        "ListPublicKeys" => list_public_keys(world, request),
        "DescribeTrails" => Ok(describe_trails(world, request)),
        "GetTrailStatus" => trail_of(world, request, "Name").map(|trail| trail.status.clone()),
        _ => trail_of(world, request, "TrailName").map(selectors),
    }
}

fn trails<'a>(world: &'a World, request: &Request) -> &'a [Trail] {
    world.accounts.get(&request.account).map_or(&[], |account| &account.trails)
}

fn describe_trails(world: &World, request: &Request) -> Value {
    let shadows = request.parameters["includeShadowTrails"].as_bool().unwrap_or(true);
    let names: Option<Vec<_>> =
        request.parameters["trailNameList"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect());
    let wanted = |trail: &Trail| match &names {
        Some(names) if !names.is_empty() => {
            names.contains(&trail.arn.as_str())
                || (trail.home == request.region && names.contains(&trail.name.as_str()))
        }
        _ => trail.home == request.region || (shadows && trail.multi_region),
    };
    let list: Vec<_> = trails(world, request).iter().filter(|trail| wanted(trail)).map(shown).collect();
    json!({"trailList": list})
}

fn shown(trail: &Trail) -> Value {
    let mut shown = json!({
        "Name": trail.name,
        "HomeRegion": trail.home,
        "TrailARN": trail.arn,
        "IsMultiRegionTrail": trail.multi_region,
    });
    for (member, value) in trail.description.as_object().into_iter().flatten() {
        shown[member] = value.clone();
    }
    shown
}

/// A trail by ARN anywhere, by name only where it is at home or has a shadow.
fn trail_of<'a>(world: &'a World, request: &Request, member: &str) -> Result<&'a Trail, Refusal> {
    let name = request.needed(member);
    let is_here = |trail: &Trail| trail.home == request.region || trail.multi_region;
    let found = trails(world, request)
        .iter()
        .find(|trail| trail.arn == name || (trail.name == name && trail.home == request.region));
    found.filter(|trail| is_here(trail)).ok_or_else(|| {
        let message = format!("Unknown trail: {name} for the user: {}", request.account);
        Refusal::new(400, "TrailNotFoundException", message)
    })
}

fn selectors(trail: &Trail) -> Value {
    let mut selectors = trail.selectors.clone();
    selectors["TrailARN"] = json!(trail.arn);
    selectors
}

fn list_public_keys(world: &World, request: &Request) -> Result<Value, Refusal> {
    let seconds = |member: &str| request.parameters[member].as_f64();
    if let (Some(start), Some(end)) = (seconds("StartTime"), seconds("EndTime"))
        && end < start
    {
        return Err(Refusal::malformed(400, "InvalidTimeRangeException", "Start time is after end time."));
    }
    let holdings = world.accounts.get(&request.account).and_then(|account| account.regions.get(&request.region));
    let overlaps = |key: &&Value| {
        let bound = |member: &str, open: f64| key[member].as_f64().unwrap_or(open);
        seconds("StartTime").is_none_or(|start| start <= bound("ValidityEndTime", f64::MAX))
            && seconds("EndTime").is_none_or(|end| bound("ValidityStartTime", f64::MIN) <= end)
    };
    let keys: Vec<_> =
        holdings.into_iter().flat_map(|holdings| &holdings.public_keys).filter(overlaps).cloned().collect();
    let page = page(world, request, &keys, world.page_size)?;
    let mut listing = json!({"PublicKeyList": page.entries});
    if let Some(next) = page.next {
        listing["NextToken"] = json!(next);
    }
    Ok(listing)
}
