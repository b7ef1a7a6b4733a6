//! Organizations: the accounts of the organisation.

use serde_json::{Value, json};

use super::paging::page;
use super::protocol::Protocol;
use super::request::Request;
use super::world::{Account, World};
use crate::fake::{Errors as _, Refusal};

/// Accounts on a page at most.
const PAGE: usize = 20;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    let Some(organization) = &world.organization else {
        let message = "Your account is not a member of an organization.";
        return Err(Refusal::new(400, "AWSOrganizationsNotInUseException", message));
    };
    if request.account != world.management {
        return Err(Protocol::Json.access_denied(&request.caller, "organizations:ListAccounts"));
    }
    let position = world.tokens.position(request)?;
    if world.empty_pages && position.is_none() {
        // AWS may answer an empty page although more follow.
        return Ok(json!({"Accounts": [], "NextToken": world.tokens.issue(request, "0")}));
    }
    let accounts: Vec<_> =
        world.accounts.values().map(|account| shown(account, organization, &world.management)).collect();
    let page = page(world, request, &accounts, request.number("MaxResults").unwrap_or(PAGE))?;
    let mut listing = json!({"Accounts": page.entries});
    if let Some(next) = page.next {
        listing["NextToken"] = json!(next);
    }
    Ok(listing)
}

fn shown(account: &Account, organization: &str, management: &str) -> Value {
    // The older member knows three of the five states.
    let status = match account.state.as_str() {
        "PENDING_ACTIVATION" => "ACTIVE",
        "CLOSED" => "SUSPENDED",
        state => state,
    };
    json!({
        "Id": account.id,
        "Arn": format!("arn:aws:organizations::{management}:account/{organization}/{}", account.id),
        "Email": format!("aws+{}@example.com", account.id),
        "Name": account.name,
        "Status": status,
        "State": account.state,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": 1_700_000_000.5,
    })
}
