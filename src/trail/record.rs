//! What every record must tell, relevant or not.

use std::borrow::Cow;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::json::{self, Field};
use super::{Layout, json::Node};
use crate::model::Provider;

/// The head of a record.
#[derive(Debug)]
pub(super) struct Header<'a> {
    /// The provider.
    pub provider: Provider,
    /// Name of the call.
    pub name: Cow<'a, str>,
    /// `eventSource` (AWS) or `serviceName` (Alibaba Cloud).
    pub source: Cow<'a, str>,
    /// When it happened.
    pub time: Timestamp,
    /// The record's id, where it has one.
    pub id: Option<Cow<'a, str>>,
    /// The account that got the record.
    pub account: Cow<'a, str>,
    /// The Region.
    pub region: Option<Cow<'a, str>>,
    /// The identity's JSON.
    pub identity: &'a str,
    /// Whether it is a management event; data events are never kept for themselves.
    pub management: bool,
}

/// Keys that only records of one provider have.
const ONLY_AWS: [&str; 7] =
    ["eventID", "awsRegion", "sourceIPAddress", "requestID", "managementEvent", "readOnly", "sharedEventID"];
/// The same for Alibaba Cloud.
const ONLY_ALIBABA: [&str; 7] =
    ["serviceName", "acsRegion", "eventId", "eventRW", "sourceIpAddress", "requestParameterJson", "isGlobal"];

/// Reads the head of a record.
///
/// # Errors
/// Which field is missing or wrong.
pub(super) fn header<'a>(fields: &[Field<'a>], layout: &'a Layout) -> Result<Header<'a>, String> {
    let get = |key: &str| json::find(fields, key);
    let text = |key: &str| get(key).and_then(json::text).filter(|text| !text.is_empty());
    let provider = provider(fields)?;
    let (source, id, region) = match provider {
        Provider::Aws => ("eventSource", "eventID", "awsRegion"),
        Provider::Alibaba => ("serviceName", "eventId", "acsRegion"),
    };
    let required = |key: &str| text(key).ok_or_else(|| format!("the field {key} is missing"));
    // Logstash keeps a record's time under its own key.
    let time = text("eventTime").or_else(|| text("@timestamp")).ok_or("the field eventTime is missing")?;
    let identity = get("userIdentity").unwrap_or("null");
    let account = text("recipientAccountId")
        .or_else(|| account_of_identity(identity))
        .or_else(|| account_of_resources(get("resources")?))
        .or_else(|| layout.account.as_deref().map(Cow::Borrowed))
        .ok_or("the field recipientAccountId is missing, and nothing else tells the account")?;
    Ok(Header {
        provider,
        name: required("eventName")?,
        source: required(source)?,
        time: time.parse().map_err(|_| format!("the field eventTime holds no time: {time:?}"))?,
        id: text(id),
        account,
        region: text(region),
        identity,
        management: get("managementEvent") != Some("false") && text("eventCategory").is_none_or(|it| it != "Data"),
    })
}

fn provider(fields: &[Field<'_>]) -> Result<Provider, String> {
    let count = |keys: &[&str]| fields.iter().filter(|field| keys.contains(&field.key.as_ref())).count();
    let (aws, alibaba) = (count(&ONLY_AWS), count(&ONLY_ALIBABA));
    let source = json::find(fields, "eventSource").and_then(json::text);
    if aws == alibaba {
        return match source {
            Some(source) if source.contains(".aliyuncs.com") => Ok(Provider::Alibaba),
            Some(_) => Ok(Provider::Aws),
            None => Err("it is a record of neither CloudTrail nor ActionTrail".to_owned()),
        };
    }
    Ok(if aws < alibaba { Provider::Alibaba } else { Provider::Aws })
}

fn is_account(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn account_of_identity(identity: &str) -> Option<Cow<'_, str>> {
    let fields = json::fields(identity).ok()?;
    json::find(&fields, "accountId").and_then(json::text).filter(|text| is_account(text))
}

fn account_of_resources(resources: &str) -> Option<Cow<'static, str>> {
    let resources = json::node(resources).ok()?;
    let accounts = resources.items().iter().filter_map(|resource| resource.get("accountId").text());
    accounts.filter(|text| is_account(text)).map(|text| Cow::Owned(text.to_owned())).next()
}

/// The SHA-256 of `bytes` in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
    }
    hex
}

/// The identity of a record without an id: a hash of what it says, however it is written.
pub(super) fn id_of_content(record: &Node<'_>) -> String {
    format!("sha256:{}", sha256(json::canonical(record).as_bytes()))
}
