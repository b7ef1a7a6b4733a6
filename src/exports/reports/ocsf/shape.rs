//! The members of an OCSF finding that roletrail has something to say to. What 1.8.0 calls deprecated is not among
//! them.

#![expect(clippy::struct_field_names, reason = "members have the names that the format gives them")]

use jiff::Timestamp;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::super::Movement;
use super::super::field::Times;
use crate::model::{Basis, EventOutcome, FindingStatus, Severity};

/// A number of an enumeration with its caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caption(pub u8, pub &'static str);

impl Caption {
    fn write<S: Serializer>(self, name: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(&format!("{name}_id"), &self.0)?;
        map.serialize_entry(name, self.1)?;
        map.end()
    }
}

fn severity<S: Serializer>(caption: &Caption, serializer: S) -> Result<S::Ok, S::Error> {
    caption.write("severity", serializer)
}

fn status<S: Serializer>(caption: &Caption, serializer: S) -> Result<S::Ok, S::Error> {
    caption.write("status", serializer)
}

fn confidence<S: Serializer>(caption: &Caption, serializer: S) -> Result<S::Ok, S::Error> {
    caption.write("confidence", serializer)
}

/// What happened to the finding.
#[derive(Debug, Clone, Copy)]
pub(super) enum Activity {
    Create = 1,
    Update = 2,
    Close = 3,
}

impl Activity {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Close => "Close",
        }
    }
}

/// A class of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Class {
    category_uid: u8,
    category_name: &'static str,
    class_uid: u32,
    class_name: &'static str,
}

impl Class {
    pub(super) const COMPLIANCE: Self =
        Self { category_uid: 2, category_name: "Findings", class_uid: 2003, class_name: "Compliance Finding" };
    pub(super) const DETECTION: Self =
        Self { category_uid: 2, category_name: "Findings", class_uid: 2004, class_name: "Detection Finding" };

    pub(super) fn activity(self, activity: Activity) -> ActivityFields {
        ActivityFields {
            activity_id: activity as u8,
            activity_name: activity.name(),
            type_uid: self.class_uid * 100 + activity as u32,
            type_name: format!("{}: {}", self.class_name, activity.name()),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ActivityFields {
    activity_id: u8,
    activity_name: &'static str,
    type_uid: u32,
    type_name: String,
}

/// When the finding was created, and the span of the events that contribute to it.
#[derive(Serialize)]
pub(super) struct Span {
    time: i64,
    time_dt: String,
    start_time: i64,
    start_time_dt: String,
    end_time: i64,
    end_time_dt: String,
}

impl Span {
    pub(super) fn of(times: Times) -> Self {
        Self {
            time: times.opened.millis(),
            time_dt: times.opened.to_string(),
            start_time: times.first_seen.millis(),
            start_time_dt: times.first_seen.to_string(),
            end_time: times.last_seen.millis(),
            end_time_dt: times.last_seen.to_string(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    pub metadata: Metadata<'a>,
    #[serde(flatten)]
    pub class: Class,
    #[serde(flatten)]
    pub activity: ActivityFields,
    #[serde(flatten)]
    pub span: Span,
    #[serde(flatten, serialize_with = "severity")]
    pub severity: Caption,
    #[serde(flatten, serialize_with = "status")]
    pub status: Caption,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_detail: Option<&'a str>,
    #[serde(flatten, serialize_with = "confidence")]
    pub confidence: Caption,
    pub message: &'a str,
    pub count: u64,
    pub finding_info: Info<'a>,
    pub cloud: Cloud<'a>,
    pub resources: Vec<Resource<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidences: Vec<Evidence<'a>>,
    pub remediation: Remediation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compliance: Option<Compliance<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enrichments: Vec<Enrichment<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<Ticket<'a>>,
    pub unmapped: Unmapped<'a>,
}

#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    pub version: &'static str,
    pub profiles: [&'static str; 2],
    pub product: Product<'a>,
    pub uid: String,
    pub correlation_uid: &'a str,
}

#[derive(Serialize)]
pub(super) struct Product<'a> {
    pub name: &'a str,
    pub vendor_name: &'a str,
    pub version: &'a str,
}

#[derive(Serialize)]
pub(super) struct Info<'a> {
    pub uid: &'a str,
    pub title: &'a str,
    pub desc: &'a str,
    pub types: [&'a str; 1],
    pub analytic: Analytic<'a>,
    pub created_time: i64,
    pub created_time_dt: String,
    pub modified_time: i64,
    pub modified_time_dt: String,
    pub first_seen_time: i64,
    pub first_seen_time_dt: String,
    pub last_seen_time: i64,
    pub last_seen_time_dt: String,
}

#[derive(Serialize)]
pub(super) struct Analytic<'a> {
    pub type_id: u8,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub uid: &'a str,
    pub name: &'a str,
}

#[derive(Serialize)]
pub(super) struct Cloud<'a> {
    pub provider: &'static str,
    pub account: Account<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_partition: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Account<'a> {
    pub uid: &'a str,
    pub type_id: u8,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Serialize)]
pub(super) struct Resource<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub uid: &'a str,
    pub name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_partition: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Evidence<'a> {
    pub uid: &'a str,
    pub name: &'a str,
    pub data: Data<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor<'a>>,
}

/// A stored item: what it is, and where it was read.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    pub kind: &'a str,
    pub id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_sha256: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Actor<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_uid: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct User<'a> {
    pub uid: &'a str,
}

#[derive(Serialize)]
pub(super) struct Remediation {
    pub desc: String,
}

#[derive(Serialize)]
pub(super) struct Compliance<'a> {
    pub control: &'a str,
    pub desc: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standards: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    #[serde(flatten, serialize_with = "status")]
    pub status: Caption,
    pub status_details: [String; 1],
}

#[derive(Serialize)]
pub(super) struct Enrichment<'a> {
    pub name: &'static str,
    pub value: &'a str,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub data: Value,
}

#[derive(Serialize)]
pub(super) struct Ticket<'a> {
    pub uid: &'a str,
}

/// What OCSF has no member for, in our own words.
#[derive(Serialize)]
pub(super) struct Unmapped<'a> {
    pub rule: &'a str,
    pub profile: Option<&'a str>,
    pub severity: Severity,
    pub status: FindingStatus,
    pub movement: Movement,
    pub basis: Basis,
    pub outcome: Option<EventOutcome>,
    pub stale: bool,
    pub age_days: u64,
    pub found_after_period: bool,
    pub resolved_later: Option<Timestamp>,
    pub clears_when: &'a str,
}
