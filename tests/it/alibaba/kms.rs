//! KMS.

use serde_json::{Value, json};

use super::directory::numbered;
use super::instance::Instance;
use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

/// Instances on a page unless the request says otherwise.
const PAGE: usize = 20;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "DescribeRegions" => {
            let regions: Vec<_> = world.regions.iter().map(|region| json!({"RegionId": region})).collect();
            Ok(json!({"Regions": {"Region": regions}}))
        }
        "ListKmsInstances" => list(world, request),
        _ => get(world, request),
    }
}

fn instances<'a>(world: &'a World, request: &Request) -> &'a [Instance] {
    let holdings = world.accounts.get(&request.account).and_then(|account| account.regions.get(&request.region));
    holdings.map_or(&[], |holdings| &holdings.instances)
}

fn list(world: &World, request: &Request) -> Result<Value, Refusal> {
    if request.text("Filters").is_some() {
        return Err(Refusal::malformed(400, "InvalidParameter.Filters", "The fake does not filter instances."));
    }
    let found: Vec<_> =
        instances(world, request).iter().map(|instance| instance.listed(&request.account, &request.region)).collect();
    let page = numbered(world, request, &found, PAGE);
    Ok(json!({
        "KmsInstances": {"KmsInstance": page.entries}, "TotalCount": found.len(), "PageNumber": page.number,
        "PageSize": page.size,
    }))
}

fn get(world: &World, request: &Request) -> Result<Value, Refusal> {
    let id = request.needed("KmsInstanceId");
    match instances(world, request).iter().find(|instance| instance.id == id) {
        Some(instance) => Ok(json!({"KmsInstance": instance.shown(&request.account, &request.region)})),
        // Its code looks like a missing permission.
        None => Err(Refusal::new(403, "Forbidden.DKMSInstanceNotFound", format!("No such instance: {id}."))),
    }
}
