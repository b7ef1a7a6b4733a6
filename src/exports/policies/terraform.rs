//! A Terraform configuration: the policy where roletrail runs, and the role in every other account.
//!
//! The layout is that of `terraform fmt`.

use super::{POLICY_NAME, path_and_name};
use crate::model::{ExternalId, MemberRoles, Permissions, Statement};

/// The policy and, where other accounts are entered, their role.
#[must_use]
pub fn terraform(permissions: &Permissions) -> String {
    let members = permissions.members.as_ref();
    let mut parts = vec![head("aws", members.is_some()), REQUIREMENTS.to_owned()];
    parts.extend(members.map(member_variables));
    let reads_objects = permissions.reads_trail_objects();
    if reads_objects {
        parts.push(KEY_VARIABLE.to_owned());
    }
    let all = permissions.statements.iter();
    parts.push(document("roletrail", all, if reads_objects { KEY_STATEMENT } else { "" }));
    parts.push(policy(members.is_some()));
    if let Some(members) = members {
        parts.push(roles(members));
        parts.push(document("member", permissions.in_members(), ""));
        parts.push(MEMBER_RESOURCES.to_owned());
    }
    parts.join("\n")
}

/// What the file is and how it is applied.
pub(super) fn head(provider: &str, has_members: bool) -> String {
    let mut text = format!(
        "# The least that roletrail needs to read. Printed by `roletrail policy {provider} --format terraform`.\n"
    );
    text += if has_members {
        "#\n\
         # Apply it twice. In the account that roletrail runs in, without hub_principal_arn: that makes the policy, to be\n\
         # attached to the role or user that roletrail runs as. In every other account, with the ARN of that role or user\n\
         # as hub_principal_arn: that makes the role which roletrail assumes there.\n"
    } else {
        "# Attach the policy to the role or user that roletrail runs as.\n"
    };
    text
}

const REQUIREMENTS: &str = r#"terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
    }
  }
}
"#;

/// What whoever makes the role of another account has to say.
pub(super) fn member_variables(members: &MemberRoles) -> String {
    let default = match &members.external_id {
        ExternalId::Optional => "\n  default     = null".to_owned(),
        ExternalId::Known(id) => format!("\n  default     = {}", quoted(id)),
        ExternalId::Differs => String::new(),
    };
    format!(
        r#"variable "hub_principal_arn" {{
  description = "ARN of the role or user that roletrail runs as. Set it in every account but the one it runs in."
  type        = string
  default     = null
}}

variable "external_id" {{
  description = "External id that roletrail gives when it assumes the role: the source's external_id, or null for none."
  type        = string{default}
}}
"#
    )
}

const KEY_VARIABLE: &str = r#"variable "trail_key_arn" {
  description = "ARN of the KMS key of your own that the trail's objects are encrypted with, or null."
  type        = string
  default     = null
}
"#;

/// Not a call of roletrail's: S3 asks KMS for whoever reads the object.
const KEY_STATEMENT: &str = r#"
  dynamic "statement" {
    for_each = var.trail_key_arn == null ? [] : [var.trail_key_arn]

    content {
      sid       = "TrailKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
"#;

fn policy(has_members: bool) -> String {
    let (count, value) = if has_members {
        ("  count       = var.hub_principal_arn == null ? 1 : 0\n", "one(aws_iam_policy.roletrail[*].arn)")
    } else {
        ("", "aws_iam_policy.roletrail.arn")
    };
    format!(
        r#"resource "aws_iam_policy" "roletrail" {{
{count}  name        = "{POLICY_NAME}"
  description = "What roletrail may read."
  policy      = data.aws_iam_policy_document.roletrail.json
}}

output "policy_arn" {{
  description = "Attach it to the role or user that roletrail runs as."
  value       = {value}
}}
"#
    )
}

/// The roles in other accounts, with their paths.
fn roles(members: &MemberRoles) -> String {
    let paths: Vec<_> = members.names.iter().map(|role| path_and_name(role)).collect();
    let widest = paths.iter().map(|(_, name)| quoted(name).chars().count()).max().unwrap_or_default();
    let lines: String =
        paths.iter().map(|(path, name)| format!("    {:widest$} = {}\n", quoted(name), quoted(path))).collect();
    format!("locals {{\n  member_roles = {{\n{lines}  }}\n}}\n")
}

const MEMBER_RESOURCES: &str = r#"data "aws_iam_policy_document" "member_trust" {
  count = var.hub_principal_arn == null ? 0 : 1

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.hub_principal_arn]
    }

    dynamic "condition" {
      for_each = var.external_id == null ? [] : [var.external_id]

      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "member" {
  for_each = { for name, path in local.member_roles : name => path if var.hub_principal_arn != null }

  name               = each.key
  path               = each.value
  description        = "Assumed by roletrail to read."
  assume_role_policy = data.aws_iam_policy_document.member_trust[0].json
}

resource "aws_iam_role_policy" "member" {
  for_each = aws_iam_role.member

  name   = "roletrail"
  role   = each.value.name
  policy = data.aws_iam_policy_document.member.json
}
"#;

/// A policy document with the statements given, and perhaps a block after them.
fn document<'a>(name: &str, statements: impl Iterator<Item = &'a Statement>, last: &str) -> String {
    let blocks: Vec<_> = statements.map(statement).collect();
    format!("data \"aws_iam_policy_document\" \"{name}\" {{\n{}{last}}}\n", blocks.join("\n"))
}

fn statement(statement: &Statement) -> String {
    let [actions, resources] = lists(statement);
    format!(
        "  statement {{\n    sid = {}\n\n    actions = [\n{actions}    ]\n\n    resources = [\n{resources}    ]\n  }}\n",
        quoted(statement.sid)
    )
}

/// The actions and the resources of a statement, a line each.
pub(super) fn lists(statement: &Statement) -> [String; 2] {
    let line = |text: &str| format!("      {},\n", quoted(text));
    let actions = statement.actions.iter().map(|action| line(action)).collect();
    [actions, statement.resources.iter().map(|arn| line(arn)).collect()]
}

/// A text in quotes. Templates inside it are switched off; the rest of the escapes are JSON's.
pub(super) fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace("${", "$${").replace("%{", "%%{")
}
