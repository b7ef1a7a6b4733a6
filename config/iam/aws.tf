# The least that roletrail needs to read. Printed by `roletrail policy aws --format terraform`.
#
# Apply it twice. In the account that roletrail runs in, without hub_principal_arn: that makes the policy, to be
# attached to the role or user that roletrail runs as. In every other account, with the ARN of that role or user
# as hub_principal_arn: that makes the role which roletrail assumes there.

terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
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

variable "trail_key_arn" {
  description = "ARN of the KMS key of your own that the trail's objects are encrypted with, or null."
  type        = string
  default     = null
}

data "aws_iam_policy_document" "roletrail" {
  statement {
    sid = "HubListAccounts"

    actions = [
      "organizations:ListAccounts",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid = "HubAssumeMemberRoles"

    actions = [
      "sts:AssumeRole",
    ]

    resources = [
      "arn:aws:iam::*:role/roletrail-reader",
    ]
  }

  statement {
    sid = "ReadRoles"

    actions = [
      "iam:GetRole",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
      "iam:GetRolePolicy",
      "iam:GetServiceLinkedRoleDeletionStatus",
    ]

    resources = [
      "arn:aws:iam::*:role/AWSServiceRoleFor*",
      "arn:aws:iam::*:role/aws-service-role/*",
    ]
  }

  statement {
    sid = "ReadManagedPolicies"

    actions = [
      "iam:GetPolicy",
      "iam:GetPolicyVersion",
    ]

    resources = [
      "arn:aws:iam::*:policy/aws-service-role/*",
    ]
  }

  statement {
    sid = "ReadAccount"

    actions = [
      "account:ListRegions",
      "iam:ListRoles",
      "kms:DescribeCustomKeyStores",
      "kms:ListKeys",
      "cloudhsm:DescribeClusters",
      "cloudtrail:LookupEvents",
      "cloudtrail:DescribeTrails",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid = "ReadTrails"

    actions = [
      "cloudtrail:GetTrailStatus",
      "cloudtrail:GetEventSelectors",
    ]

    resources = [
      "arn:aws:cloudtrail:*:*:trail/*",
    ]
  }

  statement {
    sid = "TrailDigestKeys"

    actions = [
      "cloudtrail:ListPublicKeys",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid = "TrailBucketRegion"

    actions = [
      "s3:GetBucketLocation",
    ]

    resources = [
      "arn:aws:s3:::*",
    ]
  }

  statement {
    sid = "TrailBucket"

    actions = [
      "s3:ListBucket",
    ]

    resources = [
      "arn:aws:s3:::*",
    ]
  }

  statement {
    sid = "TrailObjects"

    actions = [
      "s3:GetObject",
    ]

    resources = [
      "arn:aws:s3:::*/AWSLogs/*",
    ]
  }

  statement {
    sid = "TrailQueue"

    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:ChangeMessageVisibility",
    ]

    resources = [
      "arn:aws:sqs:*:*:*",
    ]
  }

  dynamic "statement" {
    for_each = var.trail_key_arn == null ? [] : [var.trail_key_arn]

    content {
      sid       = "TrailKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_policy" "roletrail" {
  count       = var.hub_principal_arn == null ? 1 : 0
  name        = "roletrail"
  description = "What roletrail may read."
  policy      = data.aws_iam_policy_document.roletrail.json
}

output "policy_arn" {
  description = "Attach it to the role or user that roletrail runs as."
  value       = one(aws_iam_policy.roletrail[*].arn)
}

locals {
  member_roles = {
    "roletrail-reader" = "/"
  }
}

data "aws_iam_policy_document" "member" {
  statement {
    sid = "ReadRoles"

    actions = [
      "iam:GetRole",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
      "iam:GetRolePolicy",
      "iam:GetServiceLinkedRoleDeletionStatus",
    ]

    resources = [
      "arn:aws:iam::*:role/AWSServiceRoleFor*",
      "arn:aws:iam::*:role/aws-service-role/*",
    ]
  }

  statement {
    sid = "ReadManagedPolicies"

    actions = [
      "iam:GetPolicy",
      "iam:GetPolicyVersion",
    ]

    resources = [
      "arn:aws:iam::*:policy/aws-service-role/*",
    ]
  }

  statement {
    sid = "ReadAccount"

    actions = [
      "account:ListRegions",
      "iam:ListRoles",
      "kms:DescribeCustomKeyStores",
      "kms:ListKeys",
      "cloudhsm:DescribeClusters",
      "cloudtrail:LookupEvents",
      "cloudtrail:DescribeTrails",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid = "ReadTrails"

    actions = [
      "cloudtrail:GetTrailStatus",
      "cloudtrail:GetEventSelectors",
    ]

    resources = [
      "arn:aws:cloudtrail:*:*:trail/*",
    ]
  }
}

data "aws_iam_policy_document" "member_trust" {
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
