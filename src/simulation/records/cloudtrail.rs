//! Records in the form of CloudTrail (version 1.11 of its record contents).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::organisation::{Act, Caller, Happening, SimulatedAccount, StoreEdition};
use super::super::random::Random;

/// Lifetime of the credentials in an answer to `AssumeRole`, in seconds.
const SESSION_SECONDS: i64 = 3600;

/// A call as CloudTrail records it.
pub(super) struct Call {
    pub source: String,
    pub name: String,
    pub read_only: bool,
    pub request: Value,
    pub response: Value,
    pub additional: Option<Value>,
    /// `(type, ARN)` of the resource that the record names.
    pub resource: Option<(&'static str, String)>,
}

impl Call {
    /// A call with its request and answer, and nothing beside.
    pub(super) fn new(source: &str, name: &str, read_only: bool, request: Value, response: Value) -> Self {
        Self {
            source: source.to_owned(),
            name: name.to_owned(),
            read_only,
            request,
            response,
            additional: None,
            resource: None,
        }
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

/// The record of something that happened to the watched role or a store.
pub(super) fn record(account: &SimulatedAccount, happening: &Happening, random: &mut Random) -> Value {
    let mut call = call_of(account, happening, random);
    if let Some(refusal) = &happening.refusal {
        call.response = Value::Null;
        call.resource = None;
        call.additional = None;
        // A call refused for want of rights tells its target in the message alone.
        if refusal.code == "AccessDenied" {
            call.request = Value::Null;
        }
    }
    let through_kms = happening.act == Act::CreateRole;
    let service = match happening.by {
        Caller::Service => Some(account.service()),
        _ if through_kms => Some("kms.amazonaws.com"),
        _ => None,
    };
    let setting = Setting {
        account: &account.id,
        region: &happening.region,
        at: happening.at,
        event_id: happening.event_id.clone(),
        identity: identity_of(account, happening),
        service,
        error: happening.refusal.as_ref().map(|refusal| (refusal.code.as_str(), refusal.message.as_str())),
    };
    write(call, setting, random)
}

/// Puts a record together.
pub(super) fn write(call: Call, setting: Setting<'_>, random: &mut Random) -> Value {
    let address = setting.service.map_or_else(|| random.address(), ToOwned::to_owned);
    let agent = setting.service.map_or_else(|| user_agent(random), ToOwned::to_owned);
    let host = format!("{}.{}.amazonaws.com", call.source.split('.').next().unwrap_or_default(), setting.region);
    let mut record = Map::new();
    let mut put = |key: &str, value: Value| {
        record.insert(key.to_owned(), value);
    };
    // Only calls between services carry the id that several accounts' records of one call share.
    let between_services = setting.identity["type"] == "AWSService";
    put("eventVersion", json!("1.11"));
    put("userIdentity", setting.identity);
    put("eventTime", json!(setting.at.to_string()));
    put("eventSource", json!(call.source));
    put("eventName", json!(call.name));
    put("awsRegion", json!(setting.region));
    put("sourceIPAddress", json!(address));
    put("userAgent", json!(agent));
    if let Some((code, message)) = setting.error {
        put("errorCode", json!(code));
        put("errorMessage", json!(message));
    }
    put("requestParameters", call.request);
    put("responseElements", call.response);
    if let Some(additional) = call.additional {
        put("additionalEventData", additional);
    }
    put("requestID", json!(random.uuid()));
    put("eventID", json!(setting.event_id));
    put("readOnly", json!(call.read_only));
    if let Some((kind, arn)) = call.resource {
        put("resources", json!([{"accountId": setting.account, "type": kind, "ARN": arn}]));
    }
    put("eventType", json!("AwsApiCall"));
    put("managementEvent", json!(true));
    put("recipientAccountId", json!(setting.account));
    if between_services {
        put("sharedEventID", json!(random.uuid()));
    }
    put("eventCategory", json!("Management"));
    if setting.service.is_none() {
        put("tlsDetails", tls(&host));
    }
    Value::Object(record)
}

fn tls(host: &str) -> Value {
    json!({
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": host,
    })
}

fn user_agent(random: &mut Random) -> String {
    let agents = [
        "aws-cli/2.31.9 md/awscrt#0.27.6 ua/2.1 os/linux#6.12 md/arch#x86_64",
        "aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.25.1 md/GOARCH#arm64",
        "Boto3/1.40.55 md/Botocore#1.40.55 ua/2.1 os/linux#6.1 md/arch#aarch64",
        "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 terraform-provider-aws/6.15.0",
        "aws-sdk-java/2.35.6 ua/2.1 os/Linux#6.1 lang/java#21.0.8",
    ];
    (*random.pick(&agents)).to_owned()
}

/// Identity of a user of the account.
pub(super) fn user(account: &str, name: &str) -> Value {
    let mut random = Random::named(0, &["user", account, name]);
    json!({
        "type": "IAMUser",
        "principalId": format!("AIDAEXAMPLE{}", random.id(10)),
        "arn": format!("arn:aws:iam::{account}:user/{name}"),
        "accountId": account,
        "accessKeyId": format!("AKIAEXAMPLE{}", random.id(9)),
        "userName": name,
    })
}

/// Identity of a session of a role of the account; `role` may have a path before its name.
pub(super) fn session(account: &str, role: &str, session: &str, started: Timestamp) -> Value {
    let mut random = Random::named(0, &["role", account, role]);
    let id = format!("AROAEXAMPLE{}", random.id(10));
    session_of(account, role, &id, session, started)
}

fn session_of(account: &str, role: &str, id: &str, session: &str, started: Timestamp) -> Value {
    let name = role.rsplit('/').next().unwrap_or(role);
    let mut random = Random::named(0, &["session", account, role, session]);
    json!({
        "type": "AssumedRole",
        "principalId": format!("{id}:{session}"),
        "arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
        "accountId": account,
        "accessKeyId": format!("ASIAEXAMPLE{}", random.id(9)),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": id,
                "arn": format!("arn:aws:iam::{account}:role/{role}"),
                "accountId": account,
                "userName": name,
            },
            "attributes": {"creationDate": started.to_string(), "mfaAuthenticated": "false"},
        },
    })
}

/// Identity of a service.
pub(super) fn service(name: &str) -> Value {
    json!({"type": "AWSService", "invokedBy": name})
}

/// `AssumeRole` and its answer, credentials included: readers must take them out.
pub(super) fn assume_role(
    arn: &str,
    id: &str,
    session: &str,
    region: &str,
    at: Timestamp,
    random: &mut Random,
) -> Call {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let name = arn.rsplit('/').next().unwrap_or_default();
    let ends = at + jiff::SignedDuration::from_secs(SESSION_SECONDS);
    let request = json!({"roleArn": arn, "roleSessionName": session, "durationSeconds": SESSION_SECONDS});
    let response = json!({
        "credentials": {
            "accessKeyId": format!("ASIAEXAMPLE{}", random.id(9)),
            "sessionToken": format!("IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCWV4YW1wbGUtMSJIMEYC{}", random.id(160)),
            "expiration": ends.strftime("%b %-d, %Y, %-I:%M:%S %p").to_string(),
        },
        "assumedRoleUser": {
            "assumedRoleId": format!("{id}:{session}"),
            "arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
        },
    });
    let mut call = Call::new("sts.amazonaws.com", "AssumeRole", true, request, response);
    call.additional = Some(json!({"RequestDetails": {"endpointType": "regional", "awsServingRegion": region}}));
    call.resource = Some(("AWS::IAM::Role", arn.to_owned()));
    call
}

fn identity_of(account: &SimulatedAccount, happening: &Happening) -> Value {
    let role_id = account.role.as_ref().map_or("", |role| role.id.as_str());
    let role_path = format!("aws-service-role/{}/{}", account.service(), account.role_name());
    match (&happening.act, &happening.by) {
        (Act::UseRole(_), Caller::Service) => {
            let mut identity = session_of(&account.id, &role_path, role_id, "kms-session", happening.at);
            identity["invokedBy"] = json!(account.service());
            identity
        }
        (Act::UseRole(_), Caller::Person(name) | Caller::Workload(name)) => {
            session_of(&account.id, &role_path, role_id, name, happening.at)
        }
        (_, Caller::Service) => service(account.service()),
        (_, Caller::Workload(role)) => session(&account.id, role, &format!("{role}-run"), happening.at),
        (act, Caller::Person(name)) => {
            let mut identity = user(&account.id, name);
            if *act == Act::CreateRole {
                identity["invokedBy"] = json!("kms.amazonaws.com");
            }
            identity
        }
    }
}

fn call_of(account: &SimulatedAccount, happening: &Happening, random: &mut Random) -> Call {
    let role_id = account.role.as_ref().map_or("", |role| role.id.as_str());
    match &happening.act {
        Act::CreateRole => create_role(account, role_id, happening.at),
        Act::AssumeRole => {
            let session = match &happening.by {
                Caller::Service => "kms-session",
                Caller::Person(name) | Caller::Workload(name) => name,
            };
            assume_role(&account.role_arn(), role_id, session, &happening.region, happening.at, random)
        }
        Act::UseRole(action) => {
            let (service, name) = action.split_once(':').unwrap_or((action, ""));
            let read_only = name.starts_with("Describe");
            Call::new(&format!("{service}.amazonaws.com"), name, read_only, json!({}), Value::Null)
        }
        Act::ReplaceTrust => {
            let request = json!({
                "roleName": account.role_name(),
                "policyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
            });
            Call::new("iam.amazonaws.com", "UpdateAssumeRolePolicy", false, request, Value::Null)
        }
        Act::DeleteRole => {
            let task =
                format!("task/aws-service-role/{}/{}/{}", account.service(), account.role_name(), random.uuid());
            let request = json!({"roleName": account.role_name()});
            Call::new("iam.amazonaws.com", "DeleteServiceLinkedRole", false, request, json!({"deletionTaskId": task}))
        }
        Act::CreateStore(place) => create_store(account, *place),
        Act::ConnectStore(place) => store_call(account, *place, "ConnectCustomKeyStore"),
        Act::DisconnectStore(place) => store_call(account, *place, "DisconnectCustomKeyStore"),
        Act::DeleteStore(place) => store_call(account, *place, "DeleteCustomKeyStore"),
    }
}

fn create_role(account: &SimulatedAccount, id: &str, at: Timestamp) -> Call {
    let trust = format!(
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22{}%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D",
        account.service()
    );
    let response = json!({"role": {
        "assumeRolePolicyDocument": trust,
        "arn": account.role_arn(),
        "roleId": id,
        "createDate": at.strftime("%b %-d, %Y %-I:%M:%S %p").to_string(),
        "roleName": account.role_name(),
        "path": format!("/aws-service-role/{}/", account.service()),
    }});
    let request = json!({"aWSServiceName": account.service()});
    Call::new("iam.amazonaws.com", "CreateServiceLinkedRole", false, request, response)
}

fn create_store(account: &SimulatedAccount, place: usize) -> Call {
    let store = &account.stores[place];
    let request = match store.edition {
        StoreEdition::Hsm => json!({"customKeyStoreName": store.name, "clusterId": store.cluster}),
        StoreEdition::WithoutRole => json!({
            "customKeyStoreName": store.name,
            "customKeyStoreType": "EXTERNAL_KEY_STORE",
            "xksProxyUriEndpoint": "https://keys.example.com",
            "xksProxyUriPath": "/kms/xks/v1",
            "xksProxyConnectivity": "PUBLIC_ENDPOINT",
        }),
    };
    let response = json!({"customKeyStoreId": store.id});
    Call::new("kms.amazonaws.com", "CreateCustomKeyStore", false, request, response)
}

fn store_call(account: &SimulatedAccount, place: usize, name: &str) -> Call {
    let store = &account.stores[place];
    let request = json!({"customKeyStoreId": store.id});
    let mut call = Call::new("kms.amazonaws.com", name, false, request, Value::Null);
    call.additional = Some(match store.edition {
        StoreEdition::Hsm => json!({"customKeyStoreName": store.name, "clusterId": store.cluster}),
        StoreEdition::WithoutRole => json!({"customKeyStoreName": store.name}),
    });
    call
}
