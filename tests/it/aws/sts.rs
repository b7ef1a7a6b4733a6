//! STS.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::keys::SECRET;
use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

/// The longest session that a session may start (role chaining).
const CHAINED_SECONDS: usize = 3600;

pub fn answer(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.name {
        "GetCallerIdentity" => {
            let id = if request.session { "AROAEXAMPLEREADER0001:session" } else { "AIDAEXAMPLEHUB0000001" };
            Ok(json!({"UserId": id, "Account": request.account, "Arn": request.caller}))
        }
        _ => assume_role(world, request),
    }
}

fn assume_role(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    let arn = request.needed("RoleArn");
    let session = request.needed("RoleSessionName");
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let ["arn", "aws", "iam", "", account, resource] = parts[..] else {
        return Err(request.invalid(format!("{arn} is invalid")));
    };
    let allowed_in_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !session.chars().all(allowed_in_name) {
        return Err(request.invalid("RoleSessionName must satisfy [\\w+=,.@-]*"));
    }
    let seconds = request.number("DurationSeconds").unwrap_or(CHAINED_SECONDS);
    if request.session && CHAINED_SECONDS < seconds {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
        return Err(request.invalid(message));
    }
    let may = request.account == world.management
        && resource == format!("role/{}", world.member_role)
        && world.accounts.get(account).is_some_and(|account| account.has_member_role && account.is_active())
        && (world.external_id.is_none() || world.external_id.as_deref() == request.text("ExternalId"));
    if !may {
        let message =
            format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", request.caller);
        return Err(Refusal::new(403, "AccessDenied", message));
    }
    let life = Duration::from_secs(seconds as u64).min(world.session_life);
    let session_arn = format!("arn:aws:sts::{account}:assumed-role/{}/{session}", world.member_role);
    let (key, token) = world.keys.issue(account, &session_arn, life);
    let ends = Timestamp::now() + SignedDuration::try_from(life).expect("a session is short");
    Ok(json!({
        "AssumedRoleUser": {"AssumedRoleId": format!("AROAEXAMPLEREADER0001:{session}"), "Arn": session_arn},
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": SECRET,
            "SessionToken": token,
            "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
    }))
}
