//! What every record must tell, relevant or not.

use std::borrow::Cow;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Layout;
use super::json::{self, Node};
use super::outline::Outline;
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

/// Reads the head of a record.
///
/// # Errors
/// Which field is missing or wrong.
pub(super) fn header<'a>(outline: &Outline<'a>, layout: &'a Layout) -> Result<Header<'a>, String> {
    let text = |raw: Option<&'a str>| raw.and_then(json::text).filter(|text| !text.is_empty());
    let required = |raw: Option<&'a str>, key: &str| text(raw).ok_or_else(|| format!("the field {key} is missing"));
    let provider = provider(outline)?;
    let (source, source_key, id, region) = match provider {
        Provider::Aws => (outline.event_source, "eventSource", outline.aws_id, outline.aws_region),
        Provider::Alibaba => (outline.service_name, "serviceName", outline.alibaba_id, outline.acs_region),
    };
    let time =
        text(outline.event_time).or_else(|| text(outline.logstash_time)).ok_or("the field eventTime is missing")?;
    let identity = outline.identity.unwrap_or("null");
    let account = text(outline.account)
        .or_else(|| account_of_identity(identity))
        .or_else(|| account_of_resources(outline.resources?))
        .or_else(|| layout.account.as_deref().map(Cow::Borrowed))
        .ok_or("the field recipientAccountId is missing, and nothing else tells the account")?;
    Ok(Header {
        provider,
        name: required(outline.event_name, "eventName")?,
        source: required(source, source_key)?,
        time: time.parse().map_err(|_| format!("the field eventTime holds no time: {time:?}"))?,
        id: text(id),
        account,
        region: text(region),
        identity,
        management: outline.management_event != Some("false")
            && text(outline.event_category).is_none_or(|it| it != "Data"),
    })
}

fn provider(outline: &Outline<'_>) -> Result<Provider, String> {
    let (aws, alibaba) = (outline.only_aws, outline.only_alibaba);
    if aws == alibaba {
        return match outline.event_source.and_then(json::text) {
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
    let mut digits = [0; 64];
    hex::encode_to_slice(Sha256::digest(bytes), &mut digits).expect("there are two digits for each byte");
    std::str::from_utf8(&digits).expect("digits are text").to_owned()
}

/// The identity of a record without an id: a hash of what it says, however it is written.
pub(super) fn id_of_content(record: &Node<'_>) -> String {
    format!("sha256:{}", sha256(json::canonical(record).as_bytes()))
}
