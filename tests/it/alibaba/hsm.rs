//! Data Encryption Service: clusters of HSMs. One endpoint; the Region is a parameter.

use serde_json::{Value, json};

use super::directory::numbered;
use super::request::Request;
use super::world::World;

/// Clusters on a page unless the request says otherwise.
const PAGE: usize = 10;

pub fn answer(world: &World, request: &Request) -> Value {
    let region = request.needed("RegionId");
    let holdings = world.accounts.get(&request.account).and_then(|account| account.regions.get(region));
    let clusters: Vec<_> = holdings
        .into_iter()
        .flat_map(|holdings| &holdings.clusters)
        .map(|(id, status)| json!({"ClusterId": id, "Status": status}))
        .collect();
    let page = numbered(world, request, &clusters, PAGE);
    json!({
        "Clusters": page.entries, "Total": clusters.len(), "CurrentPage": page.number, "PageSize": page.size,
    })
}
