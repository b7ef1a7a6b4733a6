//! The environment and the two files.

use super::{Machine, PLANTED, Sts};

const CLI: &str = ".aliyun/config.json";
const INI: &str = ".alibabacloud/credentials.ini";

fn cli(current: &str, profiles: &str) -> Machine {
    Machine::new().file(CLI, &format!(r#"{{"current":"{current}","profiles":[{profiles}]}}"#))
}

fn key(name: &str) -> String {
    format!(r#"{{"name":"{name}","mode":"AK","access_key_id":"id-{name}","access_key_secret":"{PLANTED}"}}"#)
}

#[tokio::test]
async fn a_key_of_the_environment_may_have_a_token() {
    let machine = Machine::new().with(&[("ACCESS_KEY_ID", "id"), ("ACCESS_KEY_SECRET", PLANTED)]);
    let given = machine.ask(&Sts::new()).await.unwrap();
    assert_eq!((given.key_id.as_str(), given.secret.expose(), given.token), ("id", PLANTED, None));
    let given = machine.with(&[("SECURITY_TOKEN", "token")]).ask(&Sts::new()).await.unwrap();
    assert_eq!(given.token.unwrap().expose(), "token");
}

#[tokio::test]
async fn half_a_key_is_refused_by_the_name_of_the_other_half() {
    let said = Machine::new().with(&[("ACCESS_KEY_SECRET", PLANTED)]).refusal().await;
    assert!(said.contains("ALIBABA_CLOUD_ACCESS_KEY_ID is not"), "{said}");
}

#[tokio::test]
async fn the_token_file_is_read_for_a_role_of_a_service_account() {
    let machine = Machine::new().file("token", &format!("{PLANTED}\n"));
    let file = machine.path("token");
    let machine = machine.with(&[
        ("ROLE_ARN", "acs:ram::1:role/pod"),
        ("OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/ack"),
        ("OIDC_TOKEN_FILE", &file),
    ]);
    let sts = Sts::new();
    assert_eq!(machine.ask(&sts).await.unwrap().key_id, "pod");
    let asked = &sts.asked()[0];
    assert!(asked.starts_with("unsigned") && asked.contains(&format!("(\"OIDCToken\", \"{PLANTED}\")")), "{asked}");
    assert!(asked.contains("(\"RoleSessionName\", \"roletrail\")"), "{asked}");
    std::fs::remove_file(&file).unwrap();
    assert!(machine.refusal().await.contains(&file));
}

#[tokio::test]
async fn the_current_profile_is_used_unless_another_is_named() {
    let machine = cli("a", &format!("{},{}", key("a"), key("b")));
    assert_eq!(machine.key().await, "id-a");
    assert_eq!(machine.with(&[("PROFILE", "b")]).key().await, "id-b");
}

#[tokio::test]
async fn a_temporary_key_of_a_profile_has_its_token() {
    let profile = r#"{"name":"a","mode":"StsToken","access_key_id":"id","access_key_secret":"s","sts_token":"t"}"#;
    let given = cli("a", profile).ask(&Sts::new()).await.unwrap();
    assert_eq!(given.token.unwrap().expose(), "t");
}

#[tokio::test]
async fn roles_of_profiles_are_assumed_one_after_the_other() {
    let first = r#"{"name":"first","mode":"RamRoleArn","access_key_id":"id","access_key_secret":"s",
        "ram_role_arn":"acs:ram::1:role/one","ram_session_name":"me","expired_seconds":900}"#;
    let second = r#"{"name":"second","mode":"ChainableRamRoleArn","source_profile":"first",
        "ram_role_arn":"acs:ram::2:role/two","external_id":"x"}"#;
    let sts = Sts::new();
    let given = cli("second", &format!("{first},{second}")).ask(&sts).await.unwrap();
    assert_eq!(given.key_id, "two");
    let asked = sts.asked();
    assert!(asked[0].starts_with("id ") && asked[0].contains("\"me\"") && asked[0].contains("\"900\""), "{asked:?}");
    assert!(asked[1].starts_with("one ") && asked[1].contains("(\"ExternalId\", \"x\")"), "{asked:?}");
}

#[tokio::test]
async fn profiles_that_lead_to_each_other_end() {
    let chained = |name: &str, source: &str| {
        format!(
            r#"{{"name":"{name}","mode":"ChainableRamRoleArn","source_profile":"{source}","ram_role_arn":"acs:ram::1:role/r"}}"#
        )
    };
    let said = cli("a", &format!("{},{}", chained("a", "b"), chained("b", "a"))).refusal().await;
    assert!(said.contains("circle"), "{said}");
}

#[tokio::test]
async fn modes_that_need_a_command_or_a_person_are_refused_with_what_to_use() {
    for mode in ["External", "CloudSSO", "OAuth", "Bearer"] {
        let profile = format!(r#"{{"name":"a","mode":"{mode}","process_command":"touch {PLANTED}"}}"#);
        let said = cli("a", &profile).refusal().await;
        for part in [CLI, "profile \"a\"", mode, "RamRoleArn", "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[tokio::test]
async fn mistakes_in_the_profiles_are_told_by_place_and_without_what_is_written_there() {
    let check = async |text: &str, part: &str| {
        let said = Machine::new().file(CLI, text).refusal().await;
        assert!(said.contains(CLI) && said.contains(part), "{part}: {said}");
    };
    check(&format!("{{\"profiles\":\n[{PLANTED}]}}"), "line 2, column 2").await;
    check(&format!(r#"{{"profiles":[{{"name":"a","expired_seconds":"{PLANTED}"}}]}}"#), "wrong kind").await;
    check(&format!(r#"{{"current":"b","profiles":[{}]}}"#, key("a")), "no such profile").await;
    let half = format!(r#"{{"current":"a","profiles":[{{"name":"a","access_key_secret":"{PLANTED}"}}]}}"#);
    check(&half, "access_key_id is missing").await;
}

#[tokio::test]
async fn a_profile_that_was_never_filled_in_is_passed_over() {
    let blank = r#"{"name":"default","mode":"AK","access_key_id":"","access_key_secret":""}"#;
    let machine = cli("default", blank);
    assert!(machine.refusal().await.contains("no credentials"));
    let text = format!("[default]\ntype=access_key\naccess_key_id=ini\naccess_key_secret={PLANTED}\n");
    assert_eq!(machine.file(INI, &text).key().await, "ini");
}

#[tokio::test]
async fn sections_of_the_shared_file_are_read_by_type() {
    let text = format!(
        "# ours\n[default]\ntype = access_key  # a key\naccess_key_id: plain\naccess_key_secret = {PLANTED}\n\
         [temporary]\ntype=sts\naccess_key_id=temporary\naccess_key_secret=s\nsecurity_token=t==\n\
         [role]\nTYPE=ram_role_arn\naccess_key_id=id\naccess_key_secret=s\nrole_arn=acs:ram::1:role/one\n"
    );
    let machine = Machine::new().file(INI, &text);
    assert_eq!(machine.key().await, "plain");
    let machine = machine.with(&[("PROFILE", "temporary")]);
    assert_eq!(machine.ask(&Sts::new()).await.unwrap().token.unwrap().expose(), "t==");
    assert_eq!(machine.with(&[("PROFILE", "role")]).key().await, "one");
}

#[tokio::test]
async fn the_shared_file_may_have_its_older_name_or_be_named() {
    let text = |id: &str| format!("[default]\ntype=access_key\naccess_key_id={id}\naccess_key_secret=s\n");
    let machine = Machine::new().file(".alibabacloud/credentials", &text("older")).file("mine", &text("mine"));
    assert_eq!(machine.key().await, "older");
    let (mine, gone) = (machine.path("mine"), machine.path("gone"));
    let machine = machine.with(&[("CREDENTIALS_FILE", &mine)]);
    assert_eq!(machine.key().await, "mine");
    let said = machine.with(&[("CREDENTIALS_FILE", &gone)]).refusal().await;
    assert!(said.contains(&gone) && said.contains("ALIBABA_CLOUD_CREDENTIALS_FILE"), "{said}");
}

#[tokio::test]
async fn mistakes_in_the_shared_file_are_told_by_line_and_without_what_is_written_there() {
    for (text, part) in [
        (format!("[default]\n{PLANTED}\n"), "line 2"),
        (format!("access_key_secret={PLANTED}\n"), "line 1"),
        (format!("[default]\naccess_key_secret={PLANTED}\n"), "type is missing"),
        (format!("[default]\ntype={PLANTED}\n"), "ecs_ram_role"),
        ("[default]\n[default]\n".to_owned(), "twice"),
        (format!("[default]\ntype=access_key\naccess_key_secret={PLANTED}\n"), "access_key_id is missing"),
    ] {
        let said = Machine::new().file(INI, &text).refusal().await;
        assert!(said.contains(INI) && said.contains(part), "{part}: {said}");
    }
}
