//! A Terraform configuration for Alibaba Cloud: the policy where roletrail runs, and the role in every other account.
//!
//! The layout is that of `terraform fmt`.

use super::terraform::{head, lists, member_variables, quoted};
use super::{POLICY_NAME, RAM_VERSION};
use crate::model::{MemberRoles, Permissions, Statement};

/// The policy and, where other accounts are entered, their role.
#[must_use]
pub fn ram_terraform(permissions: &Permissions) -> String {
    let members = permissions.members.as_ref();
    let mut parts = vec![head("alibaba", members.is_some()), REQUIREMENTS.to_owned()];
    parts.extend(members.map(member_variables));
    parts.push(document("roletrail", permissions.statements.iter()));
    parts.push(policy(members.is_some()));
    if let Some(members) = members {
        parts.push(roles(members));
        parts.push(document("member", permissions.in_members()));
        parts.push(trust());
        parts.push(member_resources());
    }
    parts.join("\n")
}

/// The first version in which roles and policies have these arguments.
const REQUIREMENTS: &str = r#"terraform {
  required_version = ">= 1.3"

  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = ">= 1.252.0"
    }
  }
}
"#;

fn policy(has_members: bool) -> String {
    let (count, value) = if has_members {
        (
            "  count           = var.hub_principal_arn == null ? 1 : 0\n",
            "one(alicloud_ram_policy.roletrail[*].policy_name)",
        )
    } else {
        ("", "alicloud_ram_policy.roletrail.policy_name")
    };
    format!(
        r#"resource "alicloud_ram_policy" "roletrail" {{
{count}  policy_name     = "{POLICY_NAME}"
  description     = "What roletrail may read."
  policy_document = data.alicloud_ram_policy_document.roletrail.document
}}

output "policy_name" {{
  description = "Attach it to the role or user that roletrail runs as."
  value       = {value}
}}
"#
    )
}

/// The roles in other accounts: RAM knows no paths.
fn roles(members: &MemberRoles) -> String {
    let lines: String = members.names.iter().map(|name| format!("    {},\n", quoted(name))).collect();
    format!("locals {{\n  member_roles = [\n{lines}  ]\n}}\n")
}

fn trust() -> String {
    format!(
        r#"data "alicloud_ram_policy_document" "member_trust" {{
  count = var.hub_principal_arn == null ? 0 : 1

  version = "{RAM_VERSION}"

  statement {{
    effect = "Allow"
    action = ["sts:AssumeRole"]

    principal {{
      entity      = "RAM"
      identifiers = [var.hub_principal_arn]
    }}

    dynamic "condition" {{
      for_each = var.external_id == null ? [] : [var.external_id]

      content {{
        operator = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }}
    }}
  }}
}}
"#
    )
}

fn member_resources() -> String {
    format!(
        r#"resource "alicloud_ram_role" "member" {{
  for_each = toset([for name in local.member_roles : name if var.hub_principal_arn != null])

  role_name                   = each.key
  description                 = "Assumed by roletrail to read."
  assume_role_policy_document = data.alicloud_ram_policy_document.member_trust[0].document
}}

resource "alicloud_ram_policy" "member" {{
  count = var.hub_principal_arn == null ? 0 : 1

  policy_name     = "{POLICY_NAME}"
  description     = "What roletrail may read."
  policy_document = data.alicloud_ram_policy_document.member.document
}}

resource "alicloud_ram_role_policy_attachment" "member" {{
  for_each = alicloud_ram_role.member

  role_name   = each.value.role_name
  policy_name = alicloud_ram_policy.member[0].policy_name
  policy_type = alicloud_ram_policy.member[0].type
}}
"#
    )
}

/// A policy document with the statements given.
fn document<'a>(name: &str, statements: impl Iterator<Item = &'a Statement>) -> String {
    let blocks: Vec<_> = statements.map(statement).collect();
    format!(
        "data \"alicloud_ram_policy_document\" \"{name}\" {{\n  version = \"{RAM_VERSION}\"\n\n{}}}\n",
        blocks.join("\n")
    )
}

fn statement(statement: &Statement) -> String {
    let [actions, resources] = lists(statement);
    let remark = if statement.inferred {
        "  # Inferred: RAM names an action like its API, and no page of its documentation has the names of these.\n"
    } else {
        ""
    };
    format!(
        "{remark}  statement {{\n    effect = \"Allow\"\n\n    action = [\n{actions}    ]\n\n    \
         resource = [\n{resources}    ]\n  }}\n"
    )
}
