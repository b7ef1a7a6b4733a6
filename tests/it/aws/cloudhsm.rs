//! `CloudHSM`.

use serde_json::{Value, json};

use super::paging::page;
use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

/// Clusters on a page at most.
const PAGE: usize = 25;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    if let Some(filters) = request.parameters["Filters"].as_object()
        && let Some(unknown) =
            filters.keys().find(|name| !["clusterIds", "vpcIds", "states"].contains(&name.as_str()))
    {
        return Err(request.invalid(format!("unknown filter {unknown}")));
    }
    let holdings = world.accounts.get(&request.account).and_then(|account| account.regions.get(&request.region));
    let clusters: Vec<_> = holdings
        .into_iter()
        .flat_map(|holdings| &holdings.clusters)
        .filter(|cluster| {
            let passes = |filter: &str, member: &str| {
                let wanted = request.parameters["Filters"][filter].as_array();
                wanted.is_none_or(|wanted| wanted.contains(&cluster[member]))
            };
            passes("clusterIds", "ClusterId") && passes("vpcIds", "VpcId") && passes("states", "State")
        })
        .cloned()
        .collect();
    let page = page(world, request, &clusters, request.number("MaxResults").unwrap_or(PAGE))?;
    let mut listing = json!({"Clusters": page.entries});
    if let Some(next) = page.next {
        listing["NextToken"] = json!(next);
    }
    Ok(listing)
}
