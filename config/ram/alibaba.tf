# The least that roletrail needs to read. Printed by `roletrail policy alibaba --format terraform`.
#
# Apply it twice. In the account that roletrail runs in, without hub_principal_arn: that makes the policy, to be
# attached to the role or user that roletrail runs as. In every other account, with the ARN of that role or user
# as hub_principal_arn: that makes the role which roletrail assumes there.

terraform {
  required_version = ">= 1.3"

  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = ">= 1.252.0"
    }
  }
}

variable "hub_principal_arn" {
  description = "ARN of the role or user that roletrail runs as. Set it in every account but the one it runs in."
  type        = string
  default     = null
}

variable "external_id" {
  description = "External id that roletrail gives when it assumes the role: the source's external_id, or null for none."
  type        = string
  default     = null
}

data "alicloud_ram_policy_document" "roletrail" {
  version = "1"

  statement {
    effect = "Allow"

    action = [
      "resourcemanager:ListAccounts",
    ]

    resource = [
      "*",
    ]
  }

  statement {
    effect = "Allow"

    action = [
      "sts:AssumeRole",
    ]

    resource = [
      "acs:ram:*:*:role/roletrail-reader",
    ]
  }

  statement {
    effect = "Allow"

    action = [
      "ram:GetRole",
      "ram:ListPoliciesForRole",
    ]

    resource = [
      "acs:ram:*:*:role/*",
    ]
  }

  statement {
    effect = "Allow"

    action = [
      "ram:GetPolicy",
      "ram:GetPolicyVersion",
    ]

    resource = [
      "acs:ram:*:system:policy/*",
    ]
  }

  statement {
    effect = "Allow"

    action = [
      "kms:DescribeRegions",
      "actiontrail:DescribeRegions",
      "actiontrail:LookupEvents",
      "actiontrail:DescribeTrails",
      "actiontrail:GetTrailStatus",
    ]

    resource = [
      "*",
    ]
  }

  # Inferred: RAM names an action like its API, and no page of its documentation has the names of these.
  statement {
    effect = "Allow"

    action = [
      "ram:GetServiceLinkedRoleDeletionStatus",
      "kms:ListKmsInstances",
      "kms:GetKmsInstance",
      "yundun-hsm:ListClusters",
    ]

    resource = [
      "*",
    ]
  }

  statement {
    effect = "Allow"

    action = [
      "oss:ListObjects",
    ]

    resource = [
      "acs:oss:*:*:*",
    ]
  }

  statement {
    effect = "Allow"

    action = [
      "oss:GetObject",
    ]

    resource = [
      "acs:oss:*:*:*/AliyunLogs/*",
    ]
  }
}

resource "alicloud_ram_policy" "roletrail" {
  count           = var.hub_principal_arn == null ? 1 : 0
  policy_name     = "roletrail"
  description     = "What roletrail may read."
  policy_document = data.alicloud_ram_policy_document.roletrail.document
}

output "policy_name" {
  description = "Attach it to the role or user that roletrail runs as."
  value       = one(alicloud_ram_policy.roletrail[*].policy_name)
}

locals {
  member_roles = [
    "roletrail-reader",
  ]
}

data "alicloud_ram_policy_document" "member" {
  version = "1"

  statement {
    effect = "Allow"

    action = [
      "ram:GetRole",
      "ram:ListPoliciesForRole",
    ]

    resource = [
      "acs:ram:*:*:role/*",
    ]
  }

  statement {
    effect = "Allow"

    action = [
      "ram:GetPolicy",
      "ram:GetPolicyVersion",
    ]

    resource = [
      "acs:ram:*:system:policy/*",
    ]
  }

  statement {
    effect = "Allow"

    action = [
      "kms:DescribeRegions",
      "actiontrail:DescribeRegions",
      "actiontrail:LookupEvents",
      "actiontrail:DescribeTrails",
      "actiontrail:GetTrailStatus",
    ]

    resource = [
      "*",
    ]
  }

  # Inferred: RAM names an action like its API, and no page of its documentation has the names of these.
  statement {
    effect = "Allow"

    action = [
      "ram:GetServiceLinkedRoleDeletionStatus",
      "kms:ListKmsInstances",
      "kms:GetKmsInstance",
      "yundun-hsm:ListClusters",
    ]

    resource = [
      "*",
    ]
  }
}

data "alicloud_ram_policy_document" "member_trust" {
  count = var.hub_principal_arn == null ? 0 : 1

  version = "1"

  statement {
    effect = "Allow"
    action = ["sts:AssumeRole"]

    principal {
      entity      = "RAM"
      identifiers = [var.hub_principal_arn]
    }

    dynamic "condition" {
      for_each = var.external_id == null ? [] : [var.external_id]

      content {
        operator = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}

resource "alicloud_ram_role" "member" {
  for_each = toset([for name in local.member_roles : name if var.hub_principal_arn != null])

  role_name                   = each.key
  description                 = "Assumed by roletrail to read."
  assume_role_policy_document = data.alicloud_ram_policy_document.member_trust[0].document
}

resource "alicloud_ram_policy" "member" {
  count = var.hub_principal_arn == null ? 0 : 1

  policy_name     = "roletrail"
  description     = "What roletrail may read."
  policy_document = data.alicloud_ram_policy_document.member.document
}

resource "alicloud_ram_role_policy_attachment" "member" {
  for_each = alicloud_ram_role.member

  role_name   = each.value.role_name
  policy_name = alicloud_ram_policy.member[0].policy_name
  policy_type = alicloud_ram_policy.member[0].type
}
