//! STS.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

/// The longest session of a role, and the one that is given unless the request says otherwise.
const SESSION_SECONDS: usize = 3600;
/// Id of the member role.
const READER: &str = "300000000000000099";

pub fn answer(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "GetCallerIdentity" => Ok(identity(request)),
        "AssumeRoleWithOIDC" => assume_role_with_token(world, request),
        _ => assume_role(world, request),
    }
}

fn identity(request: &Request) -> Value {
    let mut shown = json!({"AccountId": request.account, "Arn": request.caller});
    let more = if request.session {
        let session = request.caller.rsplit('/').next().unwrap_or_default();
        let principal = format!("{READER}:{session}");
        json!({"IdentityType": "AssumedRoleUser", "PrincipalId": principal, "RoleId": READER})
    } else {
        json!({"IdentityType": "RAMUser", "PrincipalId": "200000000000000001", "UserId": "200000000000000001"})
    };
    for (member, value) in more.as_object().into_iter().flatten() {
        shown[member] = value.clone();
    }
    shown
}

/// What both ways to assume a role check: the account, the role's name, and the seconds of the session.
fn wanted(request: &Request) -> Result<(&str, &str, usize), Refusal> {
    let arn = request.needed("RoleArn");
    let session = request.needed("RoleSessionName");
    let Some((account, role)) = arn.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/")) else {
        let message = format!("The parameter RoleArn is wrongly formed: {arn}");
        return Err(Refusal::malformed(400, "InvalidParameter.RoleArn", message));
    };
    if !session.chars().all(|c| c.is_ascii_alphanumeric() || "_.@-".contains(c)) {
        let message = "The parameter RoleSessionName is wrongly formed.";
        return Err(Refusal::malformed(400, "InvalidParameter.RoleSessionName", message));
    }
    let seconds = request.number("DurationSeconds").unwrap_or(SESSION_SECONDS);
    if SESSION_SECONDS < seconds {
        let message = "The parameter DurationSeconds is longer than MaxSessionDuration of the role.";
        return Err(Refusal::malformed(400, "InvalidParameter.DurationSeconds", message));
    }
    if let Some(policy) = request.text("Policy")
        && serde_json::from_str::<Value>(policy).is_err()
    {
        return Err(Refusal::malformed(400, "InvalidParameter.PolicyGrammar", "The parameter Policy is no JSON."));
    }
    Ok((account, role, seconds))
}

fn assume_role(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    let (account, role, seconds) = wanted(request)?;
    let arn = request.needed("RoleArn");
    let owner = world.accounts.get(account);
    let is_reader = role.eq_ignore_ascii_case(&world.member_role);
    let exists = owner.is_some_and(|owner| {
        owner.roles.iter().any(|known| known.name.eq_ignore_ascii_case(role)) || is_reader && owner.has_member_role
    });
    if !exists {
        return Err(Refusal::new(404, "EntityNotExist.Role", format!("The role not exists: {arn}.")));
    }
    // The reader trusts the management account; service-linked roles trust nobody but their service.
    let told = world.external_id.is_none() || world.external_id.as_deref() == request.text("ExternalId");
    if !is_reader || request.account != world.management || !told {
        let message = "You are not authorized to do this action. You should be authorized by RAM.";
        return Err(Refusal::new(403, "NoPermission", message));
    }
    Ok(session(world, request, (account, role, seconds)))
}

/// Whoever has the token of the identity provider may be the role that trusts it.
fn assume_role_with_token(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    let (account, role, seconds) = wanted(request)?;
    let provider = &world.identity_provider;
    if !request.needed("RoleArn").eq_ignore_ascii_case(&provider.role) {
        let message = format!("The role not exists: {}.", request.needed("RoleArn"));
        return Err(Refusal::new(404, "EntityNotExist.Role", message));
    }
    if request.needed("OIDCProviderArn") != provider.arn {
        return Err(Refusal::new(404, "EntityNotExist.OIDCProvider", "The OIDC provider does not exist."));
    }
    if request.needed("OIDCToken") != provider.token {
        return Err(Refusal::new(400, "AuthenticationFail.OIDCToken.Invalid", "The OIDC token is invalid."));
    }
    Ok(session(world, request, (account, role, seconds)))
}

/// Credentials of the management account, as an address next to the program gives them.
pub fn handed_out(world: &mut World) -> Value {
    let account = world.management.clone();
    let (life, arn) = (world.session_life, format!("acs:ram::{account}:assumed-role/machine/here"));
    let mut given = credentials(world, &account, &arn, life);
    given["Code"] = json!("Success");
    given
}

/// A new session, as answers have it.
fn credentials(world: &mut World, account: &str, arn: &str, life: Duration) -> Value {
    let (key, secret, token) = world.keys.issue(account, arn, life);
    let ends = world.now() + SignedDuration::try_from(life).expect("a session is short");
    json!({
        "AccessKeyId": key,
        "AccessKeySecret": secret,
        "SecurityToken": token,
        "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}

/// The answer to whoever may assume a role.
fn session(world: &mut World, request: &Request, (account, role, seconds): (&str, &str, usize)) -> Value {
    let session = request.needed("RoleSessionName");
    let life = Duration::from_secs(seconds as u64).min(world.session_life);
    let session_arn = format!("acs:ram::{account}:assumed-role/{role}/{session}");
    let credentials = credentials(world, account, &session_arn, life);
    json!({
        "AssumedRoleUser": {
            "AssumedRoleId": format!("{READER}:{session}"), "Arn": format!("acs:ram::{account}:role/{role}/{session}"),
        },
        "Credentials": credentials,
    })
}
