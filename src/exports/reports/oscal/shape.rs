//! The members of OSCAL 1.2.1 assessment results that roletrail has something to say to. A list that is empty is left
//! out: OSCAL knows none.

#![expect(clippy::struct_field_names, reason = "members have the names that the format gives them")]

use serde::Serialize;

use super::super::file::Listed;
use super::text::{line, markup, string};
use super::uuid::Uuid;

/// The name space of our properties.
const NAMESPACE: &str = "urn:roletrail:report";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Document<'a> {
    pub assessment_results: AssessmentResults<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AssessmentResults<'a> {
    pub uuid: Uuid,
    pub metadata: Metadata,
    pub import_ap: ImportAp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_definitions: Option<LocalDefinitions>,
    pub results: [ResultPart<'a>; 1],
    pub back_matter: BackMatter,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Metadata {
    pub title: String,
    pub last_modified: String,
    pub version: String,
    pub oscal_version: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Property>,
    pub remarks: String,
}

/// A property in our own name space.
#[derive(Serialize)]
pub(super) struct Property {
    name: &'static str,
    ns: &'static str,
    value: String,
}

impl Property {
    pub(super) fn new(name: &'static str, value: impl AsRef<str>) -> Self {
        Self { name, ns: NAMESPACE, value: string(value.as_ref()) }
    }

    pub(super) fn optional(name: &'static str, value: Option<&str>) -> Option<Self> {
        value.map(|value| Self::new(name, value))
    }
}

#[derive(Serialize)]
pub(super) struct ImportAp {
    pub href: String,
    pub remarks: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LocalDefinitions {
    pub objectives_and_methods: Vec<Objective>,
}

/// What the rules look at for a control: an objective of ours, narrower than the control.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Objective {
    pub control_id: String,
    pub description: String,
    pub parts: [Part; 1],
}

#[derive(Serialize)]
pub(super) struct Part {
    pub id: String,
    pub name: &'static str,
    pub prose: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ResultPart<'a> {
    pub uuid: Uuid,
    pub title: String,
    pub description: String,
    pub start: String,
    pub end: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Property>,
    pub local_definitions: ResultDefinitions,
    pub reviewed_controls: ReviewedControls,
    pub attestations: Vec<Attestation>,
    pub assessment_log: AssessmentLog,
    pub observations: Listed<'a, Observation>,
    #[serde(skip_serializing_if = "Listed::is_empty")]
    pub risks: Listed<'a, Risk>,
    #[serde(skip_serializing_if = "Listed::is_empty")]
    pub findings: Listed<'a, Finding>,
    pub remarks: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ResultDefinitions {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inventory_items: Vec<InventoryItem>,
    pub assessment_assets: AssessmentAssets,
}

#[derive(Serialize)]
pub(super) struct InventoryItem {
    pub uuid: Uuid,
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Property>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AssessmentAssets {
    pub components: [Component; 1],
    pub assessment_platforms: [Platform; 1],
}

#[derive(Serialize)]
pub(super) struct Component {
    pub uuid: Uuid,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: String,
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Property>,
    pub status: State,
}

#[derive(Serialize)]
pub(super) struct State {
    pub state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Platform {
    pub uuid: Uuid,
    pub uses_components: [UsesComponent; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct UsesComponent {
    pub component_uuid: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ReviewedControls {
    pub control_selections: Vec<Selection>,
    pub remarks: String,
}

/// The controls of a framework.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Selection {
    pub description: String,
    pub include_controls: Vec<SelectedControl>,
}

#[derive(Serialize, Clone, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SelectedControl {
    pub control_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statement_ids: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Attestation {
    pub parts: Vec<AttestationPart>,
}

#[derive(Serialize)]
pub(super) struct AttestationPart {
    pub name: &'static str,
    pub title: String,
    pub prose: String,
}

#[derive(Serialize)]
pub(super) struct AssessmentLog {
    pub entries: Vec<LogEntry>,
}

#[derive(Serialize)]
pub(super) struct LogEntry {
    pub uuid: Uuid,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Observation {
    pub uuid: Uuid,
    pub title: String,
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Property>,
    pub methods: [&'static str; 1],
    pub types: [&'static str; 1],
    pub origins: [Origin; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relevant_evidence: Vec<RelevantEvidence>,
    pub collected: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

impl Observation {
    /// Everything that is observed is read, never tried: the method is EXAMINE.
    pub(super) fn new(uuid: Uuid, kind: &'static str, title: &str, description: &str, made: &Made) -> Self {
        Self {
            uuid,
            title: line(title),
            description: markup(description),
            props: Vec::new(),
            methods: ["EXAMINE"],
            types: [kind],
            origins: [made.origin()],
            subjects: Vec::new(),
            relevant_evidence: Vec::new(),
            collected: made.collected.clone(),
            remarks: None,
        }
    }
}

/// By what, and when, where nothing else is told.
pub(super) struct Made {
    pub tool: Uuid,
    pub collected: String,
}

impl Made {
    pub(super) fn origin(&self) -> Origin {
        Origin { actors: [OriginActor { kind: "tool", actor_uuid: self.tool.clone() }] }
    }
}

#[derive(Serialize)]
pub(super) struct Origin {
    actors: [OriginActor; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct OriginActor {
    #[serde(rename = "type")]
    kind: &'static str,
    actor_uuid: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Subject {
    pub subject_uuid: Uuid,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Serialize)]
pub(super) struct RelevantEvidence {
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Property>,
}

#[derive(Serialize, Clone)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RelatedObservation {
    pub observation_uuid: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RelatedRisk {
    pub risk_uuid: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Risk {
    pub uuid: Uuid,
    pub title: String,
    pub description: String,
    pub statement: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Property>,
    pub status: &'static str,
    pub characterizations: [Characterization; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mitigating_factors: Vec<MitigatingFactor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    pub remediations: [Remediation; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk_log: Option<RiskLog>,
    pub related_observations: Vec<RelatedObservation>,
}

#[derive(Serialize)]
pub(super) struct Characterization {
    pub origin: Origin,
    pub facets: [Facet; 1],
}

#[derive(Serialize)]
pub(super) struct Facet {
    pub name: &'static str,
    pub system: &'static str,
    pub value: &'static str,
}

impl Facet {
    pub(super) fn severity(value: &'static str) -> Self {
        Self { name: "severity", system: NAMESPACE, value }
    }
}

#[derive(Serialize)]
pub(super) struct MitigatingFactor {
    pub uuid: Uuid,
    pub description: String,
}

#[derive(Serialize)]
pub(super) struct Remediation {
    pub uuid: Uuid,
    pub lifecycle: &'static str,
    pub title: String,
    pub description: String,
}

#[derive(Serialize)]
pub(super) struct RiskLog {
    pub entries: Vec<LogEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Finding {
    pub uuid: Uuid,
    pub title: String,
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Property>,
    pub target: Target,
    pub related_observations: Vec<RelatedObservation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_risks: Vec<RelatedRisk>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Target {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub target_id: String,
    pub status: TargetStatus,
}

/// There is no way to write "satisfied" here, and that is on purpose.
#[derive(Serialize)]
pub(super) struct TargetStatus {
    pub state: NotSatisfied,
    pub reason: &'static str,
    pub remarks: String,
}

#[derive(Serialize)]
pub(super) enum NotSatisfied {
    #[serde(rename = "not-satisfied")]
    NotSatisfied,
}

#[derive(Serialize)]
pub(super) struct BackMatter {
    pub resources: Vec<Resource>,
}

#[derive(Serialize)]
pub(super) struct Resource {
    pub uuid: Uuid,
    pub title: String,
    pub description: String,
}
