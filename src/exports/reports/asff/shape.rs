//! The members of ASFF, version 2018-10-08, that roletrail has something to say to.

use std::collections::BTreeMap;

use serde::Serialize;

/// The input of `BatchImportFindings`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch {
    pub findings: Vec<Finding>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Finding {
    pub schema_version: &'static str,
    pub id: String,
    pub product_arn: String,
    pub product_name: String,
    pub company_name: String,
    pub region: String,
    pub generator_id: String,
    pub aws_account_id: String,
    pub types: [&'static str; 1],
    pub first_observed_at: String,
    pub last_observed_at: String,
    pub created_at: String,
    pub updated_at: String,
    pub severity: SeverityFields,
    pub title: String,
    pub description: String,
    pub remediation: Remediation,
    pub product_fields: BTreeMap<String, String>,
    pub resources: Vec<Resource>,
    pub compliance: Compliance,
    pub workflow: Workflow,
    pub record_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SeverityFields {
    pub label: &'static str,
    pub original: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Remediation {
    pub recommendation: Recommendation,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Recommendation {
    pub text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource {
    #[serde(rename = "Type")]
    pub kind: &'static str,
    pub id: String,
    pub partition: &'static str,
    pub region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Details {
    pub aws_iam_role: RoleDetails,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleDetails {
    pub role_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Compliance {
    pub status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_requirements: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Workflow {
    pub status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Note {
    pub text: String,
    pub updated_by: &'static str,
    pub updated_at: String,
}
