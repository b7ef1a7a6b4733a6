//! A `CloudFormation` template: one for a stack set over all accounts.
//!
//! It is YAML; every text that is not fixed is quoted as JSON, which is YAML too.

use super::{LANGUAGE_VERSION, POLICY_NAME, path_and_name};
use crate::model::{ExternalId, MemberRoles, Permissions, Statement};

/// The policy where roletrail runs and, where other accounts are entered, the role in each of them.
#[must_use]
pub fn cloudformation(permissions: &Permissions) -> String {
    let members = permissions.members.as_ref();
    let reads_objects = permissions.reads_trail_objects();
    let mut text = head(members.is_some());
    text += &parameters(members, reads_objects);
    text += &conditions(members.is_some(), reads_objects);
    text += "\nResources:\n";
    text += &policy(permissions, members.is_some(), reads_objects);
    for (index, role) in members.iter().flat_map(|members| &members.names).enumerate() {
        text += &member_role(permissions, role, index);
    }
    text += "\nOutputs:\n  PolicyArn:\n";
    text += "    Description: Attach it to the role or user that roletrail runs as.\n";
    text += if members.is_some() { "    Condition: IsHub\n" } else { "" };
    text += "    Value: !Ref Policy\n";
    text
}

fn head(has_members: bool) -> String {
    let mut text = "AWSTemplateFormatVersion: \"2010-09-09\"\n".to_owned();
    text += "# Printed by `roletrail policy aws --format cloudformation`.\n";
    text += if has_members {
        "# IAM is global: deploy it to one Region of each account. A stack set with service-managed permissions leaves the\n\
         # management account out; if roletrail runs there, make a stack of its own from this template.\n\
         Description: >-\n  \
         The least that roletrail needs to read. Makes a policy in the account that roletrail runs in, and in every\n  \
         other account the role that it assumes there.\n"
    } else {
        "Description: The least that roletrail needs to read.\n"
    };
    text
}

const MEMBER_PARAMETERS: &str = r#"  HubAccountId:
    Type: String
    Description: Id of the account that roletrail runs in.
    AllowedPattern: "[0-9]{12}"
  HubPrincipalArn:
    Type: String
    Description: ARN of the role or user that roletrail runs as. It has to exist.
    AllowedPattern: "arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+"
"#;

const KEY_PARAMETER: &str = r#"  TrailKeyArn:
    Type: String
    Description: ARN of the KMS key of your own that the trail's objects are encrypted with, or nothing.
    Default: ""
"#;

fn parameters(members: Option<&MemberRoles>, reads_objects: bool) -> String {
    let mut text = String::new();
    if let Some(members) = members {
        text += MEMBER_PARAMETERS;
        text += "  ExternalId:\n    Type: String\n    \
                 Description: External id that roletrail gives when it assumes the role, or nothing.\n";
        match &members.external_id {
            ExternalId::Optional => text += "    Default: \"\"\n",
            ExternalId::Known(id) => text += &format!("    Default: {}\n", quoted(id)),
            ExternalId::Differs => {}
        }
    }
    if reads_objects {
        text += KEY_PARAMETER;
    }
    if text.is_empty() { text } else { format!("\nParameters:\n{text}") }
}

fn conditions(has_members: bool, reads_objects: bool) -> String {
    let mut text = String::new();
    if has_members {
        text += "  IsHub: !Equals [!Ref HubAccountId, !Ref \"AWS::AccountId\"]\n";
        text += "  IsMember: !Not [!Condition IsHub]\n";
        text += "  HasExternalId: !Not [!Equals [!Ref ExternalId, \"\"]]\n";
    }
    if reads_objects {
        text += "  HasTrailKey: !Not [!Equals [!Ref TrailKeyArn, \"\"]]\n";
    }
    if text.is_empty() { text } else { format!("\nConditions:\n{text}") }
}

/// Not a call of roletrail's: S3 asks KMS for whoever reads the object.
const KEY_STATEMENT: &str = "          - !If
            - HasTrailKey
            - Sid: TrailKey
              Effect: Allow
              Action: kms:Decrypt
              Resource: !Ref TrailKeyArn
            - !Ref AWS::NoValue
";

fn policy(permissions: &Permissions, has_members: bool, reads_objects: bool) -> String {
    let condition = if has_members { "    Condition: IsHub\n" } else { "" };
    let statements: String = permissions.statements.iter().map(|one| statement(one, 10)).collect();
    let key = if reads_objects { KEY_STATEMENT } else { "" };
    format!(
        r#"  Policy:
    Type: AWS::IAM::ManagedPolicy
{condition}    Properties:
      ManagedPolicyName: {POLICY_NAME}
      Description: What roletrail may read.
      PolicyDocument:
        Version: "{LANGUAGE_VERSION}"
        Statement:
{statements}{key}"#
    )
}

fn member_role(permissions: &Permissions, role: &str, index: usize) -> String {
    // The first keeps its plain name: most have only one.
    let number = if index == 0 { String::new() } else { (index + 1).to_string() };
    let (path, name) = path_and_name(role);
    let statements: String = permissions.in_members().map(|one| statement(one, 14)).collect();
    format!(
        r#"  MemberRole{number}:
    Type: AWS::IAM::Role
    Condition: IsMember
    Properties:
      RoleName: {name}
      Path: {path}
      Description: Assumed by roletrail to read.
      AssumeRolePolicyDocument:
        Version: "{LANGUAGE_VERSION}"
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Ref HubPrincipalArn
            Action: sts:AssumeRole
            Condition: !If
              - HasExternalId
              - StringEquals:
                  sts:ExternalId: !Ref ExternalId
              - !Ref AWS::NoValue
      Policies:
        - PolicyName: {POLICY_NAME}
          PolicyDocument:
            Version: "{LANGUAGE_VERSION}"
            Statement:
{statements}"#,
        name = quoted(name),
        path = quoted(&path),
    )
}

fn statement(statement: &Statement, indent: usize) -> String {
    let space = " ".repeat(indent);
    let actions: String = statement.actions.iter().map(|action| format!("{space}    - {action}\n")).collect();
    let resources: String = statement.resources.iter().map(|arn| format!("{space}    - {}\n", quoted(arn))).collect();
    format!(
        "{space}- Sid: {}\n{space}  Effect: Allow\n{space}  Action:\n{actions}{space}  Resource:\n{resources}",
        statement.sid
    )
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
