//! `ActionTrail`: Regions and trails; the event history is in `lookup`.

use serde_json::{Value, json};

use super::lookup;
use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "LookupEvents" => lookup::answer(world, request),
        "DescribeTrails" => Ok(describe_trails(world, request)),
        "GetTrailStatus" => trail_status(world, request),
        _ => Ok(describe_regions(world)),
    }
}

fn describe_regions(world: &World) -> Value {
    let shown = |region: &String| {
        let endpoint = format!("actiontrail.{region}.aliyuncs.com");
        json!({"RegionId": region, "RegionEndpoint": endpoint, "LocalName": format!("name of {region}")})
    };
    json!({"Regions": {"Region": world.trail_regions.iter().map(shown).collect::<Vec<_>>()}})
}

/// The trails of the Region; with shadow trails those of every Region.
fn describe_trails(world: &World, request: &Request) -> Value {
    let says = |flag: &str| request.text(flag) == Some("true");
    let (shadows, organization) = (says("IncludeShadowTrails"), says("IncludeOrganizationTrail"));
    let wanted = request.text("NameList").map(|names| names.split(',').collect::<Vec<_>>());
    let found: Vec<_> = world
        .accounts
        .get(&request.account)
        .into_iter()
        .flat_map(|account| &account.trails)
        .filter(|trail| shadows || trail.home == request.region)
        .filter(|trail| organization || trail.description["IsOrganizationTrail"] != true)
        .filter(|trail| wanted.as_ref().is_none_or(|wanted| wanted.contains(&trail.name.as_str())))
        .map(|trail| trail.description.clone())
        .collect();
    json!({"TrailList": found})
}

fn trail_status(world: &World, request: &Request) -> Result<Value, Refusal> {
    let name = request.needed("Name");
    let trails = world.accounts.get(&request.account).map_or(&[][..], |account| &account.trails);
    let found = trails.iter().find(|trail| trail.name == name);
    let message = format!("The specified trail does not exist: {name}.");
    found.map(|trail| trail.status.clone()).ok_or_else(|| Refusal::new(404, "TrailNotFoundException", message))
}
