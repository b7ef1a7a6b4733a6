//! The members of SARIF 2.1.0 that roletrail has something to say to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::super::file::Listed;
use super::super::{Movement, Population, Proof, VerdictRow};
use super::message::plain;
use crate::exports::json::FixJson;
use crate::exports::visible::{lines, one_line};
use crate::model::{Basis, EventOutcome, FindingStatus, Provider, Severity};

#[derive(Serialize)]
pub(super) struct Log<'a> {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub version: &'static str,
    pub runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'a> {
    pub tool: Tool<'a>,
    pub automation_details: Automation,
    pub invocations: [Invocation<'a>; 1],
    pub results: Listed<'a, SarifResult<'a>>,
    pub properties: RunProperties<'a>,
}

#[derive(Serialize)]
pub(super) struct Tool<'a> {
    pub driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub semantic_version: &'a str,
    pub rules: &'a [Descriptor],
    pub notifications: [Descriptor; 1],
}

/// A rule, or a kind of notification.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub id: String,
    pub name: String,
    pub short_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_description: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<MultiformatMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_configuration: Option<Configuration>,
}

#[derive(Serialize)]
pub(super) struct Configuration {
    pub level: Level,
}

#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Error,
    Warning,
    Note,
}

#[derive(Serialize)]
pub(super) struct Message {
    text: String,
}

impl Message {
    /// A message that says `text` and nothing else.
    pub(super) fn new(text: &str) -> Self {
        Self { text: plain(&lines(text)) }
    }
}

#[derive(Serialize)]
pub(super) struct MultiformatMessage {
    pub text: String,
    pub markdown: String,
}

#[derive(Serialize)]
pub(super) struct Automation {
    pub id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation<'a> {
    pub execution_successful: bool,
    pub command_line: &'a str,
    pub end_time_utc: Timestamp,
    pub tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
pub(super) struct Notification {
    pub descriptor: DescriptorReference,
    pub level: Level,
    pub message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
}

#[derive(Serialize)]
pub(super) struct DescriptorReference {
    pub id: &'static str,
    pub index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'a> {
    pub rule_id: &'a str,
    pub rule_index: usize,
    pub level: Level,
    pub message: Message,
    pub locations: [Location; 1],
    pub fingerprints: BTreeMap<&'static str, &'a str>,
    pub occurrence_count: u64,
    pub baseline_state: &'static str,
    /// Never left out: an empty list says that nothing accepts the result, no list that nobody knows.
    pub suppressions: Vec<Suppression>,
    pub provenance: Provenance,
    pub properties: ResultProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

impl LogicalLocation {
    pub(super) fn new(name: &str, fully_qualified_name: String, kind: &'static str) -> Self {
        Self { name: one_line(name), fully_qualified_name, kind }
    }
}

#[derive(Serialize)]
pub(super) struct Suppression {
    pub kind: &'static str,
    pub status: &'static str,
    pub justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provenance {
    pub first_detection_time_utc: String,
    pub last_detection_time_utc: String,
}

/// What SARIF has no member for, about a finding.
#[derive(Serialize)]
pub(super) struct ResultProperties<'a> {
    pub severity: Severity,
    pub status: FindingStatus,
    pub movement: Movement,
    pub basis: Basis,
    pub outcome: Option<EventOutcome>,
    pub provider: Provider,
    pub account: &'a str,
    pub region: Option<&'a str>,
    pub profile: Option<&'a str>,
    pub actor: Option<&'a str>,
    pub count: u64,
    pub age_days: u64,
    pub stale: bool,
    pub opened_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub resolved_because: Option<&'a str>,
    pub found_after_period: bool,
    pub resolved_later: Option<Timestamp>,
    pub events: &'a [String],
    pub fix: &'a FixJson,
    pub clears_when: &'a str,
    pub controls: Vec<String>,
}

/// What SARIF has no member for, about the report: coverage first.
#[derive(Serialize)]
pub(super) struct RunProperties<'a> {
    pub coverage: String,
    pub report: &'a str,
    pub title: &'a str,
    pub from: Timestamp,
    pub to: Timestamp,
    pub population: &'a Population,
    pub verdicts: &'a [VerdictRow],
    pub proof: &'a [Proof],
}
