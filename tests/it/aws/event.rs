//! Events of the event history, made of `CloudTrail` records.

use serde_json::{Value, json};

use crate::fake::{seconds, text};

/// A record with what the event history tells and searches beside it.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: String,
    pub name: String,
    pub source: String,
    /// Seconds since 1970.
    pub at: i64,
    pub read_only: String,
    pub username: Option<String>,
    pub access_key: Option<String>,
    /// Type and name.
    pub resources: Vec<(String, String)>,
    /// The record's text.
    pub record: String,
}

impl Event {
    /// The event of a record, which must have its time, name, source and id.
    pub fn of(record: &Value) -> Self {
        Self {
            id: text(record, "eventID"),
            name: text(record, "eventName"),
            source: text(record, "eventSource"),
            at: seconds(record),
            read_only: record["readOnly"].as_bool().unwrap_or(false).to_string(),
            username: username(&record["userIdentity"]),
            access_key: record["userIdentity"]["accessKeyId"].as_str().map(str::to_owned),
            resources: resources(record),
            record: record.to_string(),
        }
    }

    /// As `LookupEvents` answers it.
    pub fn shown(&self) -> Value {
        let resources: Vec<_> =
            self.resources.iter().map(|(kind, name)| json!({"ResourceType": kind, "ResourceName": name})).collect();
        let mut shown = json!({
            "EventId": self.id,
            "EventName": self.name,
            "ReadOnly": self.read_only,
            "EventTime": self.at,
            "EventSource": self.source,
            "Resources": resources,
            "CloudTrailEvent": self.record,
        });
        for (member, value) in [("Username", &self.username), ("AccessKeyId", &self.access_key)] {
            if let Some(value) = value {
                shown[member] = json!(value);
            }
        }
        shown
    }

    /// Whether a lookup attribute finds it.
    pub fn has(&self, key: &str, value: &str) -> bool {
        match key {
            "EventId" => self.id == value,
            "EventName" => self.name == value,
            "EventSource" => self.source == value,
            "ReadOnly" => self.read_only == value,
            "Username" => self.username.as_deref() == Some(value),
            "AccessKeyId" => self.access_key.as_deref() == Some(value),
            "ResourceName" => self.resources.iter().any(|(_, name)| name == value),
            "ResourceType" => self.resources.iter().any(|(kind, _)| kind == value),
            _ => false,
        }
    }
}

/// The user's name, or the session's name where a role was used; a service has none.
fn username(identity: &Value) -> Option<String> {
    match identity["type"].as_str()? {
        "Root" => Some("root".to_owned()),
        "AssumedRole" => identity["arn"].as_str()?.rsplit('/').next().map(str::to_owned),
        _ => identity["userName"].as_str().map(str::to_owned),
    }
}

/// What the record names, and for roles what its parameters and answer name.
fn resources(record: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut add = |kind: &str, name: &Value| {
        if let Some(name) = name.as_str() {
            found.push((kind.to_owned(), name.to_owned()));
        }
    };
    for resource in record["resources"].as_array().into_iter().flatten() {
        add(resource["type"].as_str().unwrap_or_default(), &resource["ARN"]);
    }
    let (request, response) = (&record["requestParameters"], &record["responseElements"]);
    match record["eventSource"].as_str() {
        Some("sts.amazonaws.com") => {
            add("AWS::IAM::AccessKey", &response["credentials"]["accessKeyId"]);
            add("AWS::STS::AssumedRole", &response["assumedRoleUser"]["arn"]);
            add("AWS::STS::AssumedRole", &response["assumedRoleUser"]["assumedRoleId"]);
        }
        Some("iam.amazonaws.com") => {
            add("AWS::IAM::Role", &request["roleName"]);
            add("AWS::IAM::Role", &response["role"]["roleName"]);
            add("AWS::IAM::Role", &response["role"]["arn"]);
        }
        _ => {}
    }
    found
}
