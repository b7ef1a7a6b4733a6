//! IAM.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::paging::page;
use super::request::Request;
use super::role::{ManagedPolicy, Role, Task};
use super::world::World;
use crate::fake::Refusal;

/// Entries on a page unless the request says otherwise.
const PAGE: usize = 100;
/// What RFC 3986 leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "GetRole" => role_of(world, request).map(|role| json!({"Role": shown(role, &request.account, true)})),
        "ListRoles" => list_roles(world, request),
        "ListAttachedRolePolicies" => list_attached(world, request),
        "ListRolePolicies" => list_inline(world, request),
        "ListRoleTags" => list_tags(world, request),
        "GetRolePolicy" => get_inline(world, request),
        "GetPolicy" => get_policy(world, request),
        "GetPolicyVersion" => get_policy_version(world, request),
        _ => deletion_status(world, request),
    }
}

fn missing(message: String) -> Refusal {
    Refusal::new(404, "NoSuchEntity", message)
}

fn roles<'a>(world: &'a World, request: &Request) -> &'a [Role] {
    world.accounts.get(&request.account).map_or(&[], |account| &account.roles)
}

fn role_of<'a>(world: &'a World, request: &Request) -> Result<&'a Role, Refusal> {
    let name = request.needed("RoleName");
    // Names of roles are unique without regard to case.
    let found = roles(world, request).iter().find(|role| role.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| missing(format!("The role with name {name} cannot be found.")))
}

fn encoded(document: &Value) -> String {
    utf8_percent_encode(&document.to_string(), RESERVED).to_string()
}

/// `whole` is `GetRole`: listings leave out the boundary, the tags and the last use.
fn shown(role: &Role, account: &str, whole: bool) -> Value {
    let mut shown = json!({
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn(account),
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": encoded(&role.trust),
        "Description": role.description,
        "MaxSessionDuration": 3600,
    });
    if whole {
        shown["RoleLastUsed"] = match &role.last_used {
            Some((at, region)) => json!({"LastUsedDate": at, "Region": region}),
            None => json!({}),
        };
        if let Some(arn) = &role.boundary {
            shown["PermissionsBoundary"] =
                json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn});
        }
        if !role.tags.is_empty() {
            shown["Tags"] = tags(role);
        }
    }
    shown
}

fn tags(role: &Role) -> Value {
    role.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn listing(world: &World, request: &Request, member: &str, list: &[Value]) -> Result<Value, Refusal> {
    let page = page(world, request, list, request.number("MaxItems").unwrap_or(PAGE))?;
    let mut listing = json!({member: page.entries, "IsTruncated": page.next.is_some()});
    if let Some(next) = page.next {
        listing["Marker"] = json!(next);
    }
    Ok(listing)
}

fn list_roles(world: &World, request: &Request) -> Result<Value, Refusal> {
    let prefix = request.text("PathPrefix").unwrap_or("/");
    if !prefix.starts_with('/') || !prefix.ends_with('/') {
        return Err(request.invalid("The specified value for pathPrefix is invalid. It must begin and end with /"));
    }
    let found: Vec<_> = roles(world, request)
        .iter()
        .filter(|role| role.path.starts_with(prefix))
        .map(|role| shown(role, &request.account, false))
        .collect();
    listing(world, request, "Roles", &found)
}

fn list_attached(world: &World, request: &Request) -> Result<Value, Refusal> {
    let role = role_of(world, request)?;
    let shown = |arn: &String| json!({"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn});
    let attached: Vec<_> = role.attached.iter().map(shown).collect();
    listing(world, request, "AttachedPolicies", &attached)
}

fn list_inline(world: &World, request: &Request) -> Result<Value, Refusal> {
    let names: Vec<_> = role_of(world, request)?.inline.iter().map(|(name, _)| json!(name)).collect();
    listing(world, request, "PolicyNames", &names)
}

fn list_tags(world: &World, request: &Request) -> Result<Value, Refusal> {
    let tags = tags(role_of(world, request)?);
    listing(world, request, "Tags", tags.as_array().map_or(&[], Vec::as_slice))
}

fn get_inline(world: &World, request: &Request) -> Result<Value, Refusal> {
    let role = role_of(world, request)?;
    let wanted = request.needed("PolicyName");
    let Some((name, document)) = role.inline.iter().find(|(name, _)| name == wanted) else {
        return Err(missing(format!("The role policy with name {wanted} cannot be found.")));
    };
    Ok(json!({"RoleName": role.name, "PolicyName": name, "PolicyDocument": encoded(document)}))
}

fn policy_of<'a>(world: &'a World, request: &Request) -> Result<&'a ManagedPolicy, Refusal> {
    let arn = request.needed("PolicyArn");
    let found = world.policies.iter().find(|policy| policy.arn == arn);
    found.ok_or_else(|| missing(format!("Policy {arn} was not found.")))
}

fn get_policy(world: &World, request: &Request) -> Result<Value, Refusal> {
    let policy = policy_of(world, request)?;
    let (Some(first), Some(last)) = (policy.versions.first(), policy.versions.last()) else {
        return Err(missing(format!("Policy {} was not found.", policy.arn)));
    };
    let attachments = roles(world, request).iter().filter(|role| role.attached.contains(&policy.arn)).count();
    let (_, path) = policy.arn.split_once(":policy").unwrap_or_default();
    let (path, name) = path.rsplit_once('/').unwrap_or_default();
    Ok(json!({"Policy": {
        "PolicyName": name,
        "PolicyId": format!("ANPA{:X<17}", name.to_uppercase().chars().take(17).collect::<String>()),
        "Arn": policy.arn,
        "Path": format!("{path}/"),
        "DefaultVersionId": last.0,
        "AttachmentCount": attachments,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": true,
        "CreateDate": first.1,
        "UpdateDate": last.1,
    }}))
}

fn get_policy_version(world: &World, request: &Request) -> Result<Value, Refusal> {
    let policy = policy_of(world, request)?;
    let wanted = request.needed("VersionId");
    let Some((id, at, document)) = policy.versions.iter().find(|(id, ..)| id == wanted) else {
        return Err(missing(format!("Policy {} version {wanted} does not exist or is not attachable.", policy.arn)));
    };
    let default = policy.versions.last().is_some_and(|(last, ..)| last == id);
    Ok(json!({"PolicyVersion": {
        "Document": encoded(document),
        "VersionId": id,
        "IsDefaultVersion": default,
        "CreateDate": at,
    }}))
}

fn deletion_status(world: &World, request: &Request) -> Result<Value, Refusal> {
    let id = request.needed("DeletionTaskId");
    if !id.starts_with("task/aws-service-role/") {
        return Err(Refusal::malformed(400, "InvalidInput", format!("Invalid deletion task id {id}")));
    }
    let task = world.accounts.get(&request.account).and_then(|account| account.tasks.get(id));
    task.map(status_of).ok_or_else(|| missing(format!("Deletion task id {id} cannot be found.")))
}

fn status_of(task: &Task) -> Value {
    let mut shown = json!({"Status": task.status});
    if let Some(reason) = &task.reason {
        let usage: Vec<_> =
            task.usage.iter().map(|(region, arns)| json!({"Region": region, "Resources": arns})).collect();
        shown["Reason"] = json!({"Reason": reason});
        if !usage.is_empty() {
            shown["Reason"]["RoleUsageList"] = json!(usage);
        }
    }
    shown
}
