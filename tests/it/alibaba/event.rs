//! Events of the event history, made of `ActionTrail` records.

use serde_json::Value;

use crate::fake::{seconds, text};

/// A record with its time and id.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: String,
    /// Seconds since 1970.
    pub at: i64,
    /// Whether only the global Region has it.
    pub global: bool,
    pub record: Value,
}

impl Event {
    /// The event of a record, which must have its id and time.
    pub fn of(record: &Value) -> Self {
        Self {
            id: text(record, "eventId"),
            at: seconds(record),
            global: record["isGlobal"].as_bool().unwrap_or(false),
            record: record.clone(),
        }
    }

    /// Whether a lookup attribute finds it: exactly, and with regard to case.
    pub fn has(&self, key: &str, value: &str) -> bool {
        let record = &self.record;
        let is = |member: &Value| member.as_str() == Some(value);
        match key {
            "ServiceName" => is(&record["serviceName"]),
            "EventName" => is(&record["eventName"]),
            "User" => is(&record["userIdentity"]["userName"]),
            "PrincipalId" => is(&record["userIdentity"]["principalId"]),
            "EventId" => self.id == value,
            "EventRW" => is(&record["eventRW"]),
            "EventType" => is(&record["eventType"]),
            "EventAccessKeyId" => is(&record["userIdentity"]["accessKeyId"]),
            "SourceIpAddress" => is(&record["sourceIpAddress"]),
            "SensitiveAction" => is(&record["eventAttributes"]["SensitiveAction"]),
            "ResourceType" => names(&record["resourceType"], value),
            "ResourceName" => names(&record["resourceName"], value),
            "RoleName" => is(&record["requestParameters"]["RoleName"]),
            _ => false,
        }
    }
}

/// Whether one of the names in a member is this one: `,` stands between those of a type, `;` between types.
fn names(member: &Value, wanted: &str) -> bool {
    member.as_str().is_some_and(|names| names.split([',', ';']).any(|name| name == wanted))
}
