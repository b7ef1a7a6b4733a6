//! Account Management: which Regions an account has switched on.

use serde_json::{Value, json};

use super::paging::page;
use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

/// Every opt status.
const STATUSES: [&str; 5] = ["ENABLED", "ENABLING", "DISABLING", "DISABLED", "ENABLED_BY_DEFAULT"];
/// Regions on a page unless the request says otherwise.
const PAGE: usize = 50;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    if request.text("AccountId").is_some() {
        // The real service takes it from the management account, and never for the caller's own.
        return Err(request.invalid("AccountId must not be given for the account that asks"));
    }
    let wanted = match request.parameters["RegionOptStatusContains"].as_array() {
        Some(wanted) => wanted.iter().filter_map(Value::as_str).collect(),
        None => STATUSES.to_vec(),
    };
    if let Some(unknown) = wanted.iter().find(|status| !STATUSES.contains(status)) {
        return Err(request.invalid(format!("unknown opt status {unknown}")));
    }
    let status = |region: &str| world.opt_status(&request.account, region).unwrap_or("DISABLED").to_owned();
    let regions: Vec<_> = world
        .regions
        .iter()
        .map(|(region, _)| (region, status(region)))
        .filter(|(_, status)| wanted.contains(&status.as_str()))
        .map(|(region, status)| json!({"RegionName": region, "RegionOptStatus": status}))
        .collect();
    let page = page(world, request, &regions, request.number("MaxResults").unwrap_or(PAGE))?;
    let mut listing = json!({"Regions": page.entries});
    if let Some(next) = page.next {
        listing["NextToken"] = json!(next);
    }
    Ok(listing)
}
