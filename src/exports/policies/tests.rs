use super::*;
use crate::model::{ExternalId, MemberRoles, Permissions, Statement};

fn statement(sid: &'static str, resource: &str, in_members: bool) -> Statement {
    Statement {
        sid,
        actions: vec!["kms:ListKeys"],
        resources: vec![resource.to_owned()],
        in_members,
        inferred: false,
    }
}

fn permissions(members: Option<MemberRoles>) -> Permissions {
    let statements = vec![statement("HubOne", "*", false), statement("ReadOne", "*", true)];
    Permissions { statements, members }
}

fn entered(name: &str, external_id: ExternalId) -> Permissions {
    permissions(Some(MemberRoles { names: vec![name.to_owned()], external_id }))
}

#[test]
fn a_role_is_made_only_where_other_accounts_are_entered() {
    let alone = permissions(None);
    let both = entered("reader", ExternalId::Optional);
    assert!(!terraform(&alone).contains("aws_iam_role") && terraform(&both).contains("\"aws_iam_role\""));
    assert!(!cloudformation(&alone).contains("AWS::IAM::Role") && cloudformation(&both).contains("AWS::IAM::Role"));
    for text in [terraform(&alone), cloudformation(&alone)] {
        assert!(!text.to_lowercase().contains("hub_principal") && !text.contains("HubAccountId"), "{text}");
    }
}

#[test]
fn on_alibaba_cloud_too() {
    let alone = permissions(None);
    let both = entered("reader", ExternalId::Optional);
    assert!(!ram_terraform(&alone).contains("hub_principal") && !ram_terraform(&alone).contains("alicloud_ram_role"));
    assert!(
        ram_terraform(&both).contains("\"alicloud_ram_role\" \"member\"")
            && ram_terraform(&both).contains("    \"reader\",\n")
    );
    let known = entered("reader", ExternalId::Known("secret-7".to_owned()));
    assert!(ram_terraform(&known).contains("default     = \"secret-7\""));
    let mut inferred = permissions(None);
    assert!(!ram_terraform(&inferred).contains("Inferred"));
    inferred.statements[1].inferred = true;
    assert_eq!(ram_terraform(&inferred).matches("Inferred").count(), 1);
    let hostile = Statement { resources: vec!["x\"\n${file(1)}".to_owned()], ..inferred.statements[0].clone() };
    let hostile = Permissions { statements: vec![hostile], members: None };
    assert!(ram_terraform(&hostile).contains(r#""x\"\n$${file(1)}""#), "{}", ram_terraform(&hostile));
    let document: serde_json::Value = serde_json::from_str(&ram_json(&hostile)).expect("JSON");
    assert!(document["Version"] == "1" && document["Statement"][0].get("Sid").is_none(), "{document}");
}

#[test]
fn the_role_of_another_account_has_no_statement_of_the_hub() {
    let both = entered("reader", ExternalId::Optional);
    for text in [terraform(&both), cloudformation(&both)] {
        assert_eq!(text.matches("HubOne").count(), 1, "{text}");
        assert_eq!(text.matches("ReadOne").count(), 2, "{text}");
    }
}

#[test]
fn an_external_id_is_optional_known_or_asked_for() {
    let known = entered("reader", ExternalId::Known("secret-7".to_owned()));
    assert!(terraform(&known).contains("default     = \"secret-7\""));
    assert!(cloudformation(&known).contains("Default: \"secret-7\""));
    let differs = entered("reader", ExternalId::Differs);
    assert!(!terraform(&differs).contains("type        = string\n  default     = null\n}\n\ndata"));
    let parameters = cloudformation(&differs);
    let external = parameters.split("ExternalId:").nth(1).expect("a parameter").split("\n\n").next();
    assert!(!external.expect("its lines").contains("Default"), "{parameters}");
}

#[test]
fn a_role_may_have_a_path() {
    assert_eq!(path_and_name("reader"), ("/".to_owned(), "reader"));
    assert_eq!(path_and_name("team/a/reader"), ("/team/a/".to_owned(), "reader"));
    let deep = entered("team/reader", ExternalId::Optional);
    assert!(terraform(&deep).contains("\"reader\" = \"/team/\""));
    assert!(cloudformation(&deep).contains("Path: \"/team/\""));
}

#[test]
fn names_cannot_leave_their_quotes() {
    let hostile = "x\"\n${file(\"/etc/passwd\")}%{if true}";
    let mut one = permissions(None);
    one.statements = vec![statement("ReadOne", hostile, true)];
    assert!(terraform(&one).contains(r#""x\"\n$${file(\"/etc/passwd\")}%%{if true}""#), "{}", terraform(&one));
    assert!(cloudformation(&one).contains(r#""x\"\n${file(\"/etc/passwd\")}%{if true}""#));
    let document: serde_json::Value = serde_json::from_str(&json(&one)).expect("JSON");
    assert_eq!(document["Statement"][0]["Resource"], hostile);
}

#[test]
fn the_key_of_the_trail_is_asked_for_only_where_its_objects_are_read() {
    let mut reading = permissions(None);
    assert!(!terraform(&reading).contains("kms:Decrypt") && !cloudformation(&reading).contains("kms:Decrypt"));
    reading.statements.push(Statement { actions: vec!["s3:GetObject"], ..statement("TrailObjects", "*", false) });
    assert!(terraform(&reading).contains("kms:Decrypt") && cloudformation(&reading).contains("kms:Decrypt"));
    assert!(!json(&reading).contains("kms:Decrypt"), "roletrail itself never calls it");
}
