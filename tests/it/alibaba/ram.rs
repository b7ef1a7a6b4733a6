//! RAM.

use serde_json::{Value, json};

use super::request::Request;
use super::role::{Policy, Role};
use super::world::World;
use crate::fake::Refusal;

pub fn answer(world: &World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "GetRole" => role_of(world, request).map(|role| json!({"Role": shown(role, &request.account)})),
        "ListPoliciesForRole" => list_policies(world, request),
        "GetPolicy" => get_policy(world, request),
        _ => get_policy_version(world, request),
    }
}

fn role_of<'a>(world: &'a World, request: &Request) -> Result<&'a Role, Refusal> {
    let name = request.needed("RoleName");
    let roles = world.accounts.get(&request.account).map_or(&[][..], |account| &account.roles);
    let found = roles.iter().find(|role| role.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| Refusal::new(404, "EntityNotExist.Role", format!("The role does not exist: {name}.")))
}

/// The trust policy is text, and not percent-encoded.
fn shown(role: &Role, account: &str) -> Value {
    let mut shown = json!({
        "Arn": role.arn(account),
        "AssumeRolePolicyDocument": role.trust.to_string(),
        "CreateDate": role.created,
        "UpdateDate": role.created,
        "Description": "",
        "IsServiceLinkedRole": role.service_linked,
        "MaxSessionDuration": 3600,
        "RoleId": role.id,
        "RoleName": role.name,
        "RolePrincipalName": format!("{}@role.{account}.onaliyunservice.com", role.name.to_ascii_lowercase()),
    });
    if let Some((task, at)) = &role.deletion {
        shown["LatestDeletionTask"] = json!({"CreateDate": at, "DeletionTaskId": task});
    }
    shown
}

fn list_policies(world: &World, request: &Request) -> Result<Value, Refusal> {
    let role = role_of(world, request)?;
    let shown = |(name, kind): &(String, String)| {
        let policy = world.policies.iter().find(|policy| policy.name == *name && policy.kind == *kind);
        json!({
            "PolicyName": name, "PolicyType": kind, "AttachDate": role.created, "Description": "",
            "DefaultVersion": policy.and_then(|policy| policy.versions.last()).map_or("v1", |(id, ..)| id),
        })
    };
    Ok(json!({"Policies": {"Policy": role.attached.iter().map(shown).collect::<Vec<_>>()}}))
}

fn policy_of<'a>(world: &'a World, request: &Request) -> Result<&'a Policy, Refusal> {
    let (name, kind) = (request.needed("PolicyName"), request.needed("PolicyType"));
    let found = world.policies.iter().find(|policy| policy.name == name && policy.kind == kind);
    found.ok_or_else(|| Refusal::new(404, "EntityNotExist.Policy", format!("The policy does not exist: {name}.")))
}

fn version(policy: &Policy, wanted: &str) -> Result<Value, Refusal> {
    let Some((id, at, document)) = policy.versions.iter().find(|(id, ..)| id == wanted) else {
        let message = format!("The policy version does not exist: {wanted}.");
        return Err(Refusal::new(404, "EntityNotExist.Policy.Version", message));
    };
    let default = policy.versions.last().is_some_and(|(last, ..)| last == id);
    Ok(json!({
        "VersionId": id, "IsDefaultVersion": default, "PolicyDocument": document.to_string(), "CreateDate": at,
    }))
}

fn get_policy(world: &World, request: &Request) -> Result<Value, Refusal> {
    let policy = policy_of(world, request)?;
    let (first, last) = (policy.versions.first(), policy.versions.last());
    let last_id = last.map_or("", |(id, ..)| id);
    Ok(json!({
        "Policy": {
            "PolicyName": policy.name, "PolicyType": policy.kind, "DefaultVersion": last_id, "AttachmentCount": 1,
            "CreateDate": first.map(|(_, at, _)| at), "UpdateDate": last.map(|(_, at, _)| at), "Description": "",
        },
        "DefaultPolicyVersion": version(policy, last_id)?,
    }))
}

fn get_policy_version(world: &World, request: &Request) -> Result<Value, Refusal> {
    Ok(json!({"PolicyVersion": version(policy_of(world, request)?, request.needed("VersionId"))?}))
}
