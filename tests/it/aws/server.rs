//! The HTTP server: who asks for what, in which order it is judged, and how the answer goes out.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use hyper::Response;
use serde_json::{Value, json};

use super::catalogue::{Operation, Service};
use super::cloud::Shared;
use super::forward;
use super::keys::{BadKey, key_of};
use super::protocol::Protocol;
use super::request::{Request, Scope, operation_and_parameters};
use super::world::World;
use super::{account, cloudhsm, cloudtrail, iam, kms, organizations, sts};
use crate::fake::{
    Answer, Call, Effect, Errors as _, Identity, Received, Refusal, Reset, Stop, header, lock, shape, whole,
};

/// Answers one request.
pub async fn respond(incoming: Received, shared: Arc<Shared>) -> Result<Response<Body>, Reset> {
    let number = shared.count();
    let request_id = format!("{number:08x}-0000-4000-8000-{number:012x}");
    let (protocol, outcome) = answer(&incoming, &shared, &request_id).await;
    match outcome {
        Ok(response) => Ok(response),
        Err(Stop::Reset) => Err(Reset),
        Err(Stop::Refused(refusal)) => {
            shared.note(&incoming, "x-amz-target", &refusal);
            Ok(whole(protocol.error(&refusal, &request_id)))
        }
    }
}

async fn answer(
    incoming: &Received,
    shared: &Arc<Shared>,
    request_id: &str,
) -> (Protocol, Result<Response<Body>, Stop>) {
    let headers = &incoming.parts.headers;
    let Some(scope) = Scope::read(header(headers, "authorization")) else {
        let message = "Request is missing Authentication Token";
        return (Protocol::Json, Err(Refusal::malformed(403, "MissingAuthenticationTokenException", message).into()));
    };
    let Some(service) = Service::of(&scope.service) else {
        let message = format!("Credential should be scoped to a service of the fake, not {}.", scope.service);
        return (Protocol::Json, Err(Protocol::Json.wrong_signature(message).into()));
    };
    (service.protocol(), judged(incoming, shared, request_id, service, &scope).await)
}

async fn judged(
    incoming: &Received,
    shared: &Arc<Shared>,
    request_id: &str,
    service: Service,
    scope: &Scope,
) -> Result<Response<Body>, Stop> {
    let headers = &incoming.parts.headers;
    let protocol = service.protocol();
    if !header(headers, "x-amz-date").starts_with(&scope.date) {
        let message = "Date in Credential scope does not match the date of the request.";
        return Err(protocol.wrong_signature(message).into());
    }
    let token = headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
    let identity = identify(&lock(&shared.world), &scope.key, token);
    let onward = lock(&shared.world).forwards.iter().find(|(known, _)| *known == service).map(|(_, at)| *at);
    let target = header(headers, "x-amz-target");
    let (name, parameters) = match service {
        Service::S3 => forward::s3_call(&incoming.parts),
        _ => operation_and_parameters(service, incoming.parts.uri.path(), target, &incoming.body)?,
    };
    let action = format!("{}:{}", service.name(), forward::permission(service, &name));
    let account = identity.as_ref().map_or_else(|_| "unknown".to_owned(), |identity| identity.account.clone());
    let call = Call {
        service: service.name().to_owned(),
        operation: name.clone(),
        action: action.clone(),
        account: account.clone(),
        region: scope.region.clone(),
        at: Instant::now(),
        parameters: parameters.clone(),
    };
    let _under_way = shared.begin(call).await;
    let caller = identity.as_ref().map_or("anonymous", |identity| &identity.arn);
    let effect = shared.strike((&action, &account, &scope.region), protocol, caller).await?;
    let answer = if let Some(address) = onward {
        check_key(service, identity)?;
        forward::pass_on(incoming, address, shared, &parameters).await?
    } else {
        let identity = check_key(service, identity)?;
        own_answer(shared, request_id, service, scope, identity, &name, parameters, effect.as_ref())?
    };
    Ok(shape(answer, effect.as_ref()))
}

fn identify(world: &World, key: &str, token: Option<&str>) -> Result<Identity, BadKey> {
    if let Some(account) = key.strip_prefix("AKIA").and_then(|rest| rest.get(4..)) {
        if key != key_of(account) || !world.accounts.contains_key(account) || token.is_some() {
            return Err(BadKey::Unknown);
        }
        let arn = format!("arn:aws:iam::{account}:user/hub");
        return Ok(Identity { account: account.to_owned(), arn, session: false });
    }
    world.keys.session(key, token)
}

fn check_key(service: Service, identity: Result<Identity, BadKey>) -> Result<Identity, Refusal> {
    identity.map_err(|bad| match bad {
        BadKey::Unknown => service.protocol().unknown_key(),
        BadKey::Expired => service.protocol().expired(),
    })
}

#[expect(clippy::too_many_arguments, reason = "the parts of a request before there is one")]
fn own_answer(
    shared: &Shared,
    request_id: &str,
    service: Service,
    scope: &Scope,
    identity: Identity,
    name: &str,
    parameters: Value,
    effect: Option<&Effect>,
) -> Result<Answer, Refusal> {
    let protocol = service.protocol();
    let Some(operation) = Operation::find(service, name) else {
        let code = if matches!(protocol, Protocol::Query(_)) { "InvalidAction" } else { "UnknownOperationException" };
        return Err(Refusal::malformed(400, code, format!("{}:{name} is nothing that may be asked", service.name())));
    };
    let Identity { account, arn, session } = identity;
    let request = Request { operation, account, region: scope.region.clone(), caller: arn, session, parameters };
    let mut world = lock(&shared.world);
    let request = Request { parameters: moved(&request, &world.partition, "aws")?, ..request };
    if world.opt_status(&request.account, &request.region).is_none() {
        return Err(protocol.wrong_signature("Credential should be scoped to a valid region."));
    }
    if !world.is_served(&request.account, &request.region) {
        return Err(protocol.unknown_key());
    }
    throttle(shared, &world, &request)?;
    request.check()?;
    let mut value = dispatch(&mut world, &request)?;
    if let Some(effect) = effect {
        effect.twist(&mut value, &request, &world.tokens);
    }
    let value = renamed(&value, "aws", &world.partition);
    drop(world);
    Ok(protocol.answer(operation.name, &value, request_id))
}

/// The parameters with ARNs of the world's own partition; those of another name nothing in it.
fn moved(request: &Request, from: &str, to: &str) -> Result<Value, Refusal> {
    if from != to && request.parameters.to_string().contains(&format!("arn:{to}:")) {
        return Err(request.invalid("an ARN of another partition"));
    }
    Ok(renamed(&request.parameters, from, to))
}

/// The world is kept as one of the commercial partition; what goes in and out has the ARNs of its own.
fn renamed(value: &Value, from: &str, to: &str) -> Value {
    if from == to {
        return value.clone();
    }
    let text = value.to_string().replace(&format!("arn:{from}:"), &format!("arn:{to}:"));
    serde_json::from_str(&text).expect("another name in a text is JSON as before")
}

fn throttle(shared: &Shared, world: &World, request: &Request) -> Result<(), Refusal> {
    let most = match request.operation.name {
        "LookupEvents" => world.lookups_per_second,
        "DescribeCustomKeyStores" => world.stores_per_second,
        _ => return Ok(()),
    };
    let fits = lock(&shared.ledger).admit(request.operation.name, &request.account, &request.region, most);
    if fits { Ok(()) } else { Err(request.operation.service.protocol().throttled()) }
}

fn dispatch(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.service {
        Service::Kms => kms::answer(world, request),
        Service::CloudHsm => cloudhsm::answer(world, request),
        Service::CloudTrail => cloudtrail::answer(world, request),
        Service::Organizations => organizations::answer(world, request),
        Service::Iam => iam::answer(world, request),
        Service::Sts => sts::answer(world, request),
        Service::Account => account::answer(world, request),
        Service::S3 | Service::Sqs | Service::Sns => Ok(json!({})),
    }
}
