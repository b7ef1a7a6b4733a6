//! Who asks for what, in which order it is judged, and how the answer goes out.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use hyper::Response;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::catalogue::{Carrier, Operation, Service};
use super::cloud::Shared;
use super::keys::{Key, SECRET, key_of};
use super::protocol::Protocol;
use super::request::{Request, parameters};
use super::signature::{Authorization, check_date, decoded};
use super::world::World;
use super::{actiontrail, directory, hsm, kms, oss, ram, sts};
use crate::fake::{
    Answer, Call, Effect, Errors as _, Identity, Received, Refusal, Reset, Stop, header, lock, shape, whole,
};

/// The Region of a request at `/`.
pub const REGION_HEADER: &str = "x-fake-region";
/// What is served to a request at `/` that does not tell its Region.
const DEFAULT_REGION: &str = "cn-hangzhou";
/// Where credentials are given to whoever stands next to the fake.
pub const CREDENTIALS: &str = "/credentials";
/// Pages that a listing says there are where its pages repeat.
const MANY: u64 = 1_000_000;

/// What a request is for.
struct Aim {
    service: Service,
    operation: String,
    region: String,
    parameters: Value,
    /// Of OSS: bucket and key.
    object: (String, String),
    common: Common,
}

/// What every request of an RPC product tells: in headers, or unsigned in the query.
#[derive(Default)]
struct Common {
    action: String,
    version: String,
    date: String,
    nonce: String,
}

impl Common {
    /// Unsigned requests may have them in the query, out of which they are taken.
    fn of(headers: &HeaderMap, query: &mut Map<String, Value>) -> Self {
        let signed = headers.contains_key("authorization");
        let mut one = |name: &str, parameter: &str| {
            let told = if signed { None } else { query.remove(parameter) };
            let told = told.and_then(|value| value.as_str().map(str::to_owned));
            told.unwrap_or_else(|| header(headers, name).to_owned())
        };
        let read = Self {
            action: one("x-acs-action", "Action"),
            version: one("x-acs-version", "Version"),
            date: one("x-acs-date", "Timestamp"),
            nonce: one("x-acs-signature-nonce", "SignatureNonce"),
        };
        let json = query.get("Format").and_then(Value::as_str).is_some_and(|form| form.eq_ignore_ascii_case("json"));
        if !signed && json {
            query.remove("Format");
        }
        read
    }

    /// Checks what an unsigned request has instead of a signature.
    fn check_unsigned(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.nonce.is_empty() {
            return Err(Refusal::malformed(400, "MissingSignatureNonce", "SignatureNonce is mandatory."));
        }
        check_date(&self.date, now)
    }
}

/// Answers one request.
pub async fn respond(incoming: Received, shared: Arc<Shared>) -> Result<Response<Body>, Reset> {
    let number = shared.count();
    let request_id = format!("{number:08X}-0000-4000-8000-{number:012X}");
    let xml = lock(&shared.world).xml_errors;
    if incoming.parts.uri.path() == CREDENTIALS {
        let given = sts::handed_out(&mut lock(&shared.world));
        return Ok(whole(Protocol::answer(given, &request_id)));
    }
    let (protocol, outcome) = match aim(&incoming) {
        Ok(aim) => (aim.service.protocol(xml), judged(&incoming, &shared, &request_id, &aim).await),
        Err(refusal) => (Protocol::Rpc, Err(refusal.into())),
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(Stop::Reset) => Err(Reset),
        Err(Stop::Refused(refusal)) => {
            shared.note(&incoming, "x-acs-action", &refusal);
            let mut answer = protocol.error(&refusal, &request_id);
            let world = lock(&shared.world);
            if let (true, Some(wait)) = (refusal.code.contains("Throttling"), world.retry_after) {
                answer.headers.push(("x-acs-retry-after".to_owned(), wait.as_millis().to_string()));
            }
            Ok(whole(dated(answer, &world)))
        }
    }
}

/// The answer with the time of the world's own clock.
fn dated(mut answer: Answer, world: &World) -> Answer {
    let now = world.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.headers.push(("date".to_owned(), now));
    answer
}

fn aim(incoming: &Received) -> Result<Aim, Refusal> {
    let headers = &incoming.parts.headers;
    let path = incoming.parts.uri.path();
    let (place, rest) = place(path);
    let told = |name: &str| Some(header(headers, name)).filter(|text| !text.is_empty()).map(str::to_owned);
    if Authorization::is_oss(header(headers, "authorization"))
        || place.as_ref().is_some_and(|place| place.0 == Service::Oss)
    {
        let scoped =
            Authorization::read(header(headers, "authorization")).and_then(|read| read.scope.get(1).cloned());
        let region = place.map(|place| place.1).or(scoped).unwrap_or_default();
        return Ok(oss_aim(incoming, rest, region));
    }
    if !rest.trim_matches('/').is_empty() {
        let message = format!("Specified api is not found, please check your url and method: {path}");
        return Err(Refusal::malformed(404, "InvalidApi.NotFound", message));
    }
    let mut query = parameters(incoming.parts.uri.query().unwrap_or_default());
    let common = Common::of(headers, &mut query);
    let version = common.version.as_str();
    let by_version = Service::versioned(version);
    let (service, region) = match place {
        Some((service, region)) => (Some(service), region),
        None => (by_version, told(REGION_HEADER).unwrap_or_else(|| DEFAULT_REGION.to_owned())),
    };
    let Some(service) = service.filter(|service| by_version == Some(*service)) else {
        let message = format!("Specified parameter Version is not valid: {version:?} for {path}");
        return Err(Refusal::malformed(400, "InvalidVersion", message));
    };
    let operation = common.action.clone();
    let form = parameters(&String::from_utf8_lossy(&incoming.body));
    let carrier = Operation::find(service, &operation).map_or(Carrier::Query, |operation| operation.carrier);
    let in_form = carrier == Carrier::Form || carrier == Carrier::Unsigned && query.is_empty();
    let (taken, other) = if in_form { (form, query) } else { (query, form) };
    if !other.is_empty() {
        let place = if in_form { "body" } else { "query" };
        let message = format!("{operation} takes its parameters in the {place} alone.");
        return Err(Refusal::malformed(400, "InvalidParameter", message));
    }
    let region = taken.get("RegionId").and_then(Value::as_str).map_or(region, str::to_owned);
    let parameters = Value::Object(taken);
    Ok(Aim { service, operation, region, parameters, object: Default::default(), common })
}

/// Product and Region in front of a path, and what follows them.
fn place(path: &str) -> (Option<(Service, String)>, &str) {
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let service = parts.next().and_then(Service::named);
    match (service, parts.next()) {
        (Some(service), Some(region)) if !region.is_empty() => {
            (Some((service, region.to_owned())), parts.next().unwrap_or_default())
        }
        _ => (None, path.trim_start_matches('/')),
    }
}

fn oss_aim(incoming: &Received, rest: &str, region: String) -> Aim {
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    let object = (decoded(bucket), decoded(key));
    let operation = if object.1.is_empty() { "ListObjects" } else { "GetObject" };
    Aim {
        service: Service::Oss,
        operation: operation.to_owned(),
        region,
        parameters: Value::Object(parameters(incoming.parts.uri.query().unwrap_or_default())),
        object,
        common: Common::default(),
    }
}

async fn judged(
    incoming: &Received,
    shared: &Arc<Shared>,
    request_id: &str,
    aim: &Aim,
) -> Result<Response<Body>, Stop> {
    let protocol = aim.service.protocol(false);
    let action = aim.service.action(&aim.operation);
    let authorization = Authorization::read(header(&incoming.parts.headers, "authorization"));
    let key = authorization.as_ref().and_then(|read| find(&lock(&shared.world), &read.key));
    let account = key.as_ref().map_or_else(|| "unknown".to_owned(), |key| key.identity.account.clone());
    let _under_way = shared.begin(call(aim, &action, &account)).await;
    let identity = authenticate(incoming, shared, aim, authorization, key)?;
    let effect = shared.strike((&action, &account, &aim.region), protocol, &identity.arn).await?;
    let answer = own_answer(shared, request_id, aim, identity, effect.as_ref())?;
    let answer = dated(answer, &lock(&shared.world));
    Ok(shape(answer, effect.as_ref()))
}

fn call(aim: &Aim, action: &str, account: &str) -> Call {
    Call {
        service: aim.service.name().to_owned(),
        operation: aim.operation.clone(),
        action: action.to_owned(),
        account: account.to_owned(),
        region: aim.region.clone(),
        at: Instant::now(),
        parameters: match aim.service {
            Service::Oss => json!({"bucket": aim.object.0, "key": aim.object.1, "query": aim.parameters}),
            _ => aim.parameters.clone(),
        },
    }
}

fn find(world: &World, id: &str) -> Option<Key> {
    let owner = world.accounts.keys().find(|account| key_of(account) == id);
    let Some(account) = owner else { return world.keys.session(id) };
    let identity = Identity { account: account.clone(), arn: format!("acs:ram::{account}:user/hub"), session: false };
    Some(Key { identity, secret: SECRET.to_owned(), token: None, ends: None })
}

/// Whose request it is, once everything about its signature is right.
fn authenticate(
    incoming: &Received,
    shared: &Shared,
    aim: &Aim,
    authorization: Option<Authorization>,
    key: Option<Key>,
) -> Result<Identity, Refusal> {
    let protocol = aim.service.protocol(false);
    let headers = &incoming.parts.headers;
    let now = lock(&shared.world).now();
    let carrier = Operation::find(aim.service, &aim.operation).map(|operation| operation.carrier);
    if carrier == Some(Carrier::Unsigned) && !headers.contains_key("authorization") {
        aim.common.check_unsigned(now)?;
        return Ok(Identity { account: "unknown".to_owned(), arn: "nobody".to_owned(), session: false });
    }
    let Some(authorization) = authorization else {
        let message = "The request has no Authorization of a form that is known.";
        return Err(Refusal::malformed(400, "IncompleteSignature", message));
    };
    let key = key.ok_or_else(|| protocol.unknown_key())?;
    let oss = aim.service == Service::Oss;
    let token = headers.get(if oss { "x-oss-security-token" } else { "x-acs-security-token" });
    if token.and_then(|token| token.to_str().ok()) != key.token.as_deref() {
        return Err(protocol.wrong_token());
    }
    if key.ends.is_some_and(|ends| ends <= Instant::now()) {
        return Err(protocol.expired());
    }
    if oss {
        let (bucket, name) = &aim.object;
        authorization.verify_oss(incoming, &format!("/{bucket}/{name}"), &key.secret, now)?;
        return Ok(key.identity);
    }
    authorization.verify_rpc(incoming, &key.secret, now)?;
    if !lock(&shared.world).keys.is_new(&authorization.key, &aim.common.nonce) {
        let message = "Specified signature nonce was used already.";
        return Err(Refusal::malformed(400, "SignatureNonceUsed", message));
    }
    Ok(key.identity)
}

fn own_answer(
    shared: &Shared,
    request_id: &str,
    aim: &Aim,
    identity: Identity,
    effect: Option<&Effect>,
) -> Result<Answer, Refusal> {
    let Some(operation) = Operation::find(aim.service, &aim.operation) else {
        let message = format!("Specified api is not found: {} of {}.", aim.operation, aim.service.name());
        return Err(Refusal::malformed(404, "InvalidApi.NotFound", message));
    };
    let Identity { account, arn, session } = identity;
    let mut request = Request {
        operation,
        account,
        region: aim.region.clone(),
        caller: arn,
        session,
        parameters: aim.parameters.clone(),
        object: aim.object.clone(),
        remarks: RefCell::default(),
    };
    let mut world = lock(&shared.world);
    check_region(&world, &request)?;
    request.check()?;
    throttle(shared, &world, &request)?;
    if let Some(page) = operation.page.filter(|_| matches!(effect, Some(Effect::RepeatedToken))) {
        request.parameters[page] = json!("1");
    }
    if aim.service == Service::Oss && operation.name == "GetObject" {
        return oss::object(&world, &request, request_id);
    }
    let mut value = dispatch(&mut world, &request)?;
    if let Some(effect) = effect {
        effect.twist(&mut value, &request, &world.tokens);
        twist_pages(effect, operation, &aim.parameters, &mut value);
    }
    let remarks = request.remarks.take();
    lock(&shared.ledger).refusals.extend(remarks);
    Ok(match aim.service {
        Service::Oss => Protocol::raw("application/xml", oss::listing_xml(&value).into_bytes(), request_id),
        _ => Protocol::answer(value, request_id),
    })
}

/// The same for a listing whose pages have numbers: it has more than there is, or the page that was asked for says
/// what the first one did.
fn twist_pages(effect: &Effect, operation: &Operation, asked: &Value, value: &mut Value) {
    let Some(page) = operation.page else { return };
    if matches!(effect, Effect::RepeatedToken | Effect::TruncatedWithoutMarker) {
        let total = if value["Total"].is_null() { "TotalCount" } else { "Total" };
        value[total] = json!(MANY);
    }
    if matches!(effect, Effect::RepeatedToken) {
        value[page] = json!(asked[page].as_str().and_then(|number| number.parse().ok()).unwrap_or(1_u64));
    }
}

/// Products with an endpoint in each Region have none in others.
fn check_region(world: &World, request: &Request) -> Result<(), Refusal> {
    let served = match request.operation.service {
        Service::Kms => &world.regions,
        Service::ActionTrail => &world.trail_regions,
        _ => return Ok(()),
    };
    if served.contains(&request.region) {
        return Ok(());
    }
    let message = format!("The specified Region does not exist: {}.", request.region);
    Err(Refusal::malformed(404, "InvalidRegionId.NotFound", message))
}

/// The limit of an account is one for all its Regions.
fn throttle(shared: &Shared, world: &World, request: &Request) -> Result<(), Refusal> {
    let name = request.operation.name;
    if name != "LookupEvents" || lock(&shared.ledger).admit(name, &request.account, "", world.lookups_per_second) {
        return Ok(());
    }
    Err(Protocol::Rpc.throttled())
}

fn dispatch(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    match request.operation.service {
        Service::Sts => sts::answer(world, request),
        Service::Ram => ram::answer(world, request),
        Service::ResourceManager => directory::answer(world, request),
        Service::Kms => kms::answer(world, request),
        Service::Hsm => Ok(hsm::answer(world, request)),
        Service::ActionTrail => actiontrail::answer(world, request),
        Service::Oss => oss::list(world, request),
    }
}
