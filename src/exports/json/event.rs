//! Trail events.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::model::{EventOutcome, Provider};
use crate::store::EventRow;

/// Who made a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "EventActor")]
pub struct EventActorJson {
    /// Identity type in the provider's words.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// ARN.
    pub arn: Option<String>,
    /// Service on whose behalf the call was made.
    pub invoked_by: Option<String>,
    /// Account.
    pub account: Option<String>,
}

/// One event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct EventJson {
    /// Provider.
    pub provider: Provider,
    /// Account that got the record.
    pub account: String,
    /// Region.
    pub region: Option<String>,
    /// The record's id, or `sha256:...` where it has none.
    pub event_id: String,
    /// When it happened.
    #[schemars(extend("format" = "date-time"))]
    pub event_time: String,
    /// When the trail delivered it, where known.
    #[schemars(extend("format" = "date-time"))]
    pub delivered_at: Option<String>,
    /// When roletrail stored it.
    #[schemars(extend("format" = "date-time"))]
    pub ingested_at: String,
    /// Name of the call.
    pub name: String,
    /// Service that recorded it.
    pub source: String,
    /// Who.
    pub actor: EventActorJson,
    /// ARN of the watched role.
    pub role: Option<String>,
    /// Id of the store.
    pub store: Option<String>,
    /// How it ended.
    pub outcome: EventOutcome,
    /// The provider's error code.
    pub error_code: Option<String>,
    /// The provider's error message.
    pub error_message: Option<String>,
    /// Source address or service.
    pub source_ip: Option<String>,
    /// User agent.
    pub user_agent: Option<String>,
    /// Object that held the record.
    pub object: String,
    /// SHA-256 of the record as found.
    pub sha256: String,
    /// The record without credentials; told only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub raw: Option<Box<RawValue>>,
}

impl EventJson {
    /// The shape of a stored event, with its record where `raw` asks for it.
    #[must_use]
    pub fn new(row: EventRow, raw: bool) -> Self {
        let event = row.event;
        Self {
            provider: event.provider,
            account: event.account,
            region: event.region,
            event_id: event.id,
            event_time: event.time.to_string(),
            delivered_at: event.delivered_at.map(|time| time.to_string()),
            ingested_at: row.ingested_at.to_string(),
            name: event.name,
            source: event.source,
            actor: EventActorJson {
                kind: event.actor.kind,
                arn: event.actor.arn,
                invoked_by: event.actor.invoked_by,
                account: event.actor.account,
            },
            role: event.role,
            store: event.store,
            outcome: event.outcome,
            error_code: event.error_code,
            error_message: event.error_message,
            source_ip: event.source_ip,
            user_agent: event.user_agent,
            object: event.object,
            sha256: event.sha256,
            raw: raw.then(|| RawValue::from_string(event.raw).ok()).flatten(),
        }
    }
}
