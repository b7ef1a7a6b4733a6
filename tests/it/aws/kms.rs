//! KMS.

use serde_json::{Value, json};

use super::paging::page;
use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

/// Entries on a page unless the request says otherwise.
const PAGE: usize = 100;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "ListKeys" => list_keys(world, request),
        _ => describe_stores(world, request),
    }
}

fn describe_stores(world: &World, request: &Request) -> Result<Value, Refusal> {
    let wanted = match (request.text("CustomKeyStoreId"), request.text("CustomKeyStoreName")) {
        (Some(_), Some(_)) => {
            return Err(request.invalid("You may specify a custom key store id or name, but not both."));
        }
        (Some(id), None) => Some(("CustomKeyStoreId", id)),
        (None, name) => name.map(|name| ("CustomKeyStoreName", name)),
    };
    let holdings = world.accounts.get(&request.account).and_then(|account| account.regions.get(&request.region));
    let stores = holdings.map_or(&[][..], |holdings| &holdings.stores);
    if let Some((member, value)) = wanted {
        let Some(store) = stores.iter().find(|store| store[member] == value) else {
            return Err(Refusal::new(400, "CustomKeyStoreNotFoundException", ""));
        };
        return Ok(json!({"CustomKeyStores": [store], "Truncated": false}));
    }
    let page = page(world, request, stores, request.number("Limit").unwrap_or(PAGE))?;
    Ok(listing("CustomKeyStores", page.entries, page.next))
}

fn list_keys(world: &World, request: &Request) -> Result<Value, Refusal> {
    let holdings = world.accounts.get(&request.account).and_then(|account| account.regions.get(&request.region));
    let ids = holdings.map_or(&[][..], |holdings| &holdings.keys);
    let arn = |id: &str| format!("arn:aws:kms:{}:{}:key/{id}", request.region, request.account);
    let keys: Vec<_> = ids.iter().map(|id| json!({"KeyId": id, "KeyArn": arn(id)})).collect();
    let page = page(world, request, &keys, request.number("Limit").unwrap_or(PAGE))?;
    Ok(listing("Keys", page.entries, page.next))
}

fn listing(member: &str, entries: &[Value], next: Option<String>) -> Value {
    let mut listing = json!({member: entries, "Truncated": next.is_some()});
    if let Some(next) = next {
        listing["NextMarker"] = json!(next);
    }
    listing
}
