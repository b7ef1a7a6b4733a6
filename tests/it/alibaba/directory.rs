//! Resource Management: accounts of the directory, and deletions of service-linked roles.

use serde_json::{Value, json};

use super::request::Request;
use super::role::Task;
use super::world::World;
use crate::fake::Refusal;

/// Accounts on a page unless the request says otherwise.
const PAGE: usize = 10;

/// A page of a listing whose pages have numbers, and the number and size that the answer tells.
pub struct NumberedPage {
    pub entries: Vec<Value>,
    pub number: usize,
    pub size: usize,
}

/// One page of a list. The world's own page size makes pages smaller, as a smaller `PageSize` would.
pub fn numbered(world: &World, request: &Request, list: &[Value], usual: usize) -> NumberedPage {
    let number = request.operation.page.and_then(|page| request.number(page)).unwrap_or(1);
    let size = request.number("PageSize").unwrap_or(usual).min(world.page_size);
    let entries = list.iter().skip((number - 1).saturating_mul(size)).take(size).cloned().collect();
    NumberedPage { entries, number, size }
}

pub fn answer(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "ListAccounts" => list_accounts(world, request),
        _ => deletion_status(world, request),
    }
}

fn list_accounts(world: &World, request: &Request) -> Result<Value, Refusal> {
    let Some(directory) = &world.directory else {
        let message = "The resource directory for the account is not enabled.";
        return Err(Refusal::new(404, "ResourceDirectoryNotInUse", message));
    };
    if request.account != world.management {
        let message = "Only the management account can do this.";
        return Err(Refusal::new(403, "NoPermission", message));
    }
    let accounts: Vec<_> = world
        .accounts
        .values()
        .filter(|account| world.lists_management || account.id != world.management)
        .map(|account| {
            json!({
                "AccountId": account.id,
                "DisplayName": account.name,
                "Status": account.status,
                "Type": "ResourceAccount",
                "FolderId": "fd-fake0001",
                "ResourceDirectoryId": directory,
                "JoinMethod": "created",
                "JoinTime": "2025-06-01T00:00:00Z",
                "ModifyTime": "2025-06-01T00:00:00Z",
            })
        })
        .collect();
    let page = numbered(world, request, &accounts, PAGE);
    Ok(json!({
        "Accounts": {"Account": page.entries}, "TotalCount": accounts.len(), "PageNumber": page.number,
        "PageSize": page.size,
    }))
}

/// A deletion that succeeds takes the role away.
fn deletion_status(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    let id = request.needed("DeletionTaskId");
    if !id.starts_with("task/") {
        let message = format!("The parameter DeletionTaskId is wrongly formed: {id}");
        return Err(Refusal::malformed(400, "InvalidParameter.DeletionTaskId", message));
    }
    let account = world.accounts.get_mut(&request.account);
    let Some((account, task)) = account.and_then(|account| {
        let task = account.tasks.get_mut(id)?;
        Some((&mut account.roles, task))
    }) else {
        let message = format!("The deletion task does not exist: {id}");
        return Err(Refusal::new(404, "EntityNotExist.DeletionTask", message));
    };
    let status = task.poll();
    if status == "SUCCEEDED" {
        let name = id.rsplit('/').nth(1).unwrap_or_default();
        account.retain(|role| !role.name.eq_ignore_ascii_case(name));
    }
    Ok(shown(&status, task))
}

fn shown(status: &str, task: &Task) -> Value {
    let mut shown = json!({"Status": status});
    if let (Some(reason), "FAILED" | "INTERNAL_ERROR") = (&task.reason, status) {
        let usage: Vec<_> = task
            .usage
            .iter()
            .map(|(region, arns)| json!({"Region": region, "Resources": {"Resource": arns}}))
            .collect();
        shown["Reason"] = json!({"Message": reason, "RoleUsages": {"RoleUsage": usage}});
    }
    shown
}
