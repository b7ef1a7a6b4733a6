//! Records in the form of ActionTrail. What no public record shows (the service's own calls with the role) follows
//! the records of other service-linked roles.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::super::organisation::{Act, Caller, Happening, SimulatedAccount, StoreEdition};
use super::super::random::Random;

/// Lifetime of the credentials in an answer to `AssumeRole`, in seconds.
const SESSION_SECONDS: i64 = 3600;

/// A call as ActionTrail records it.
pub(super) struct Call {
    pub service: String,
    pub name: String,
    /// `Read` or `Write`.
    pub access: &'static str,
    pub request: Value,
    pub response: Value,
}

impl Call {
    /// A call with its request; the answer may be set later.
    pub(super) fn new(service: &str, name: &str, access: &'static str, request: Value) -> Self {
        Self { service: service.to_owned(), name: name.to_owned(), access, request, response: Value::Null }
    }
}

/// Where and when a call was recorded, and by whom it was made.
pub(super) struct Setting<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub at: Timestamp,
    pub event_id: String,
    pub identity: Value,
    /// The service that made the call; `None` where it came over the network.
    pub service: Option<&'a str>,
    /// Error code and message.
    pub error: Option<(&'a str, &'a str)>,
}

/// The record of something that happened to the watched role or an instance.
pub(super) fn record(account: &SimulatedAccount, happening: &Happening, random: &mut Random) -> Value {
    let mut call = call_of(account, happening, random);
    if happening.refusal.is_some() {
        call.response = Value::Null;
    }
    let setting = Setting {
        account: &account.id,
        region: &happening.region,
        at: happening.at,
        event_id: happening.event_id.clone(),
        identity: identity_of(account, happening),
        service: (happening.by == Caller::Service).then(|| account.service()),
        error: happening.refusal.as_ref().map(|refusal| (refusal.code.as_str(), refusal.message.as_str())),
    };
    write(call, setting, random)
}

/// Puts a record together.
pub(super) fn write(mut call: Call, setting: Setting<'_>, random: &mut Random) -> Value {
    let address = setting.service.map_or_else(|| random.address(), ToOwned::to_owned);
    let agents = ["aliyun-cli/3.0.302", "AlibabaCloud API Workbench", "HashiCorp-Terraform/1.13.3 alicloud/1.260.0"];
    let agent = setting.service.unwrap_or_else(|| *random.pick(&agents));
    let host = format!("{}.{}.aliyuncs.com", call.service.to_ascii_lowercase(), setting.region);
    if let Value::Object(request) = &mut call.request {
        request.insert("AcsProduct".to_owned(), json!(call.service));
        request.insert("HostId".to_owned(), json!(host));
        request.insert("RegionId".to_owned(), json!(setting.region));
    }
    let mut record = Map::new();
    let mut put = |key: &str, value: Value| {
        record.insert(key.to_owned(), value);
    };
    put("eventId", json!(setting.event_id));
    put("eventVersion", json!("1"));
    put("eventType", json!("ApiCall"));
    put("eventCategory", json!("Management"));
    put("eventRW", json!(call.access));
    put("eventName", json!(call.name));
    put("serviceName", json!(call.service));
    put("apiVersion", json!("2015-04-01"));
    put("eventSource", json!(host));
    put("eventTime", json!(setting.at.to_string()));
    put("acsRegion", json!(setting.region));
    put("recipientAccountId", json!(setting.account));
    put("isGlobal", json!(false));
    put("requestId", json!(random.uuid().to_ascii_uppercase()));
    put("vpcId", json!(format!("vpc-{}", random.name(20))));
    put("sourceIpAddress", json!(address));
    put("userAgent", json!(agent));
    put("userIdentity", setting.identity);
    put("requestParameterJson", json!(call.request.to_string()));
    put("requestParameters", call.request);
    // An empty code is how many services say that there was no error.
    let (code, message) = setting.error.unwrap_or_default();
    put("errorCode", json!(code));
    put("errorMessage", json!(message));
    if !call.response.is_null() {
        put("responseElements", call.response);
    }
    put("additionalEventData", json!({"Scheme": "https", "CallerBid": "26842"}));
    Value::Object(record)
}

/// Identity of a RAM user of the account.
pub(super) fn user(account: &str, name: &str) -> Value {
    let mut random = Random::named(0, &["user", account, name]);
    json!({
        "type": "ram-user",
        "principalId": format!("2{}", random.digits(17)),
        "accountId": account,
        "accessKeyId": format!("LTAIEXAMPLE{}", random.id(13)),
        "userName": name,
    })
}

/// Identity of a session of a role of the account.
pub(super) fn session(account: &str, role: &str, id: &str, session: &str, started: Timestamp) -> Value {
    json!({
        "type": "assumed-role",
        "principalId": format!("{id}:{session}"),
        "accountId": account,
        "accessKeyId": format!("STS.EXAMPLE{}", Random::named(0, &["session", account, role, session]).id(12)),
        "userName": format!("{role}:{session}"),
        "sessionContext": {"attributes": {"mfaAuthenticated": "false", "creationDate": started.to_string()}},
    })
}

/// `AssumeRole` and its answer, masked credentials included: readers must take them out.
pub(super) fn assume_role(arn: &str, id: &str, session: &str, at: Timestamp, random: &mut Random) -> Call {
    let ends = at + SignedDuration::from_secs(SESSION_SECONDS);
    let request = json!({"RoleArn": arn, "RoleSessionName": session, "DurationSeconds": SESSION_SECONDS});
    let mut call = Call::new("Sts", "AssumeRole", "Write", request);
    call.response = json!({
        "RequestId": random.uuid().to_ascii_uppercase(),
        "AssumedRoleUser": {"Arn": format!("{arn}/{session}"), "AssumedRoleId": format!("{id}:{session}")},
        "Credentials": {
            "AccessKeyId": format!("STS.EXAMPLE{}", random.id(12)),
            "AccessKeySecret": "****",
            "Expiration": ends.to_string(),
        },
    });
    call
}

fn identity_of(account: &SimulatedAccount, happening: &Happening) -> Value {
    let role_id = account.role.as_ref().map_or("", |role| role.id.as_str());
    let role_name = account.role_name().to_ascii_lowercase();
    match (&happening.act, &happening.by) {
        (Act::UseRole(_), Caller::Service) => session(&account.id, &role_name, role_id, "kms", happening.at),
        (Act::UseRole(_), Caller::Person(name) | Caller::Workload(name)) => {
            session(&account.id, &role_name, role_id, name, happening.at)
        }
        (_, Caller::Service) => json!({
            "type": "system",
            "principalId": account.service(),
            "userName": account.service(),
            "accountId": account.id,
        }),
        (_, Caller::Person(name)) => user(&account.id, name),
        (_, Caller::Workload(role)) => {
            let id = format!("3{}", Random::named(0, &["role", &account.id, role]).digits(17));
            session(&account.id, role, &id, &format!("{role}-run"), happening.at)
        }
    }
}

fn call_of(account: &SimulatedAccount, happening: &Happening, random: &mut Random) -> Call {
    let role_id = account.role.as_ref().map_or("", |role| role.id.as_str());
    match &happening.act {
        Act::CreateRole => create_role(account, role_id, happening.at),
        Act::AssumeRole => {
            let session = match &happening.by {
                Caller::Service => "kms",
                Caller::Person(name) | Caller::Workload(name) => name,
            };
            assume_role(&account.role_arn(), role_id, session, happening.at, random)
        }
        Act::UseRole(action) => {
            let (service, name) = action.split_once(':').unwrap_or((action, ""));
            let access = if name.starts_with("Describe") { "Read" } else { "Write" };
            let mut call = Call::new(&capitalised(service), name, access, json!({"PageSize": 50}));
            call.response = json!({"RequestId": random.uuid().to_ascii_uppercase()});
            call
        }
        Act::ReplaceTrust => {
            let request = json!({"RoleName": account.role_name(), "NewAssumeRolePolicyDocument": "{}"});
            Call::new("Ram", "UpdateRole", "Write", request)
        }
        Act::DeleteRole => {
            let task =
                format!("task/acs-service-role/{}/{}/{}", account.service(), account.role_name(), random.uuid());
            let mut call = Call::new(
                "ResourceManager",
                "DeleteServiceLinkedRole",
                "Write",
                json!({"RoleName": account.role_name()}),
            );
            call.response = json!({"DeletionTaskId": task, "RequestId": random.uuid().to_ascii_uppercase()});
            call
        }
        Act::CreateStore(place) => create_instance(account, *place),
        Act::ConnectStore(place) => instance_call(account, *place, "ConnectKmsInstance"),
        Act::DisconnectStore(place) => instance_call(account, *place, "DisconnectKmsInstance"),
        Act::DeleteStore(place) => instance_call(account, *place, "ReleaseKmsInstance"),
    }
}

fn create_role(account: &SimulatedAccount, id: &str, at: Timestamp) -> Call {
    let request = json!({"ServiceName": account.service()});
    let mut call = Call::new("ResourceManager", "CreateServiceLinkedRole", "Write", request);
    call.response = json!({"Role": {
        "RoleName": account.role_name(),
        "RoleId": id,
        "Arn": account.role_arn(),
        "CreateDate": at.to_string(),
        "IsServiceLinkedRole": true,
    }});
    call
}

fn create_instance(account: &SimulatedAccount, place: usize) -> Call {
    let store = &account.stores[place];
    let request = json!({"ProductVersion": product_version(store.edition), "InstanceName": store.name});
    let mut call = Call::new("Kms", "CreateKmsInstance", "Write", request);
    call.response = json!({"KmsInstanceId": store.id});
    call
}

fn instance_call(account: &SimulatedAccount, place: usize, name: &str) -> Call {
    Call::new("Kms", name, "Write", json!({"KmsInstanceId": account.stores[place].id}))
}

/// The number by which Alibaba Cloud tells hardware from software instances.
pub(in super::super) fn product_version(edition: StoreEdition) -> &'static str {
    match edition {
        StoreEdition::Hsm => "5",
        StoreEdition::WithoutRole => "3",
    }
}

fn capitalised(service: &str) -> String {
    let mut letters = service.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
