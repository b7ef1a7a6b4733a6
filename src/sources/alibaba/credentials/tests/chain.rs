//! The order of the places, renewal, and what is never shown.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::SignedDuration;

use super::super::{Assumed, Member};
use super::{Machine, PLANTED, Sts, document, serve, start};

#[tokio::test]
async fn the_first_place_that_is_set_up_gives_the_credentials() {
    let (address, _) =
        serve(|head| if head.contains("/uri ") { (200, document("6 uri")) } else { (200, document("5 machine")) })
            .await;
    let cli = r#"{"current":"a","profiles":[{"name":"a","access_key_id":"3 cli","access_key_secret":"s"}]}"#;
    let ini = "[default]\ntype=access_key\naccess_key_id=4 ini\naccess_key_secret=s\n";
    let mut machine = Machine::new().file("token", "t").file(".aliyun/config.json", cli);
    machine = machine.file(".alibabacloud/credentials.ini", ini);
    let token = machine.path("token");
    machine.metadata.clone_from(&address);
    machine = machine.with(&[
        ("ACCESS_KEY_ID", "1 key"),
        ("ACCESS_KEY_SECRET", "s"),
        ("ROLE_ARN", "acs:ram::1:role/2 oidc"),
        ("OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/p"),
        ("OIDC_TOKEN_FILE", &token),
        ("ECS_METADATA", "reader"),
        ("CREDENTIALS_URI", &format!("{address}/uri")),
    ]);
    assert_eq!(machine.key().await, "1 key");
    let machine = machine.with(&[("ACCESS_KEY_ID", ""), ("ACCESS_KEY_SECRET", "")]);
    assert_eq!(machine.key().await, "2 oidc");
    let machine = machine.with(&[("ROLE_ARN", "")]);
    assert_eq!(machine.key().await, "3 cli");
    let machine = machine.with(&[("CLI_PROFILE_DISABLED", "true")]);
    assert_eq!(machine.key().await, "4 ini");
    std::fs::remove_file(machine.path(".alibabacloud/credentials.ini")).unwrap();
    assert_eq!(machine.key().await, "5 machine");
    assert_eq!(machine.with(&[("ECS_METADATA_DISABLED", "true")]).key().await, "6 uri");
}

#[tokio::test]
async fn a_profile_that_was_named_and_is_nowhere_is_not_replaced_by_another_identity() {
    let (address, seen) = serve(|_| (200, document("machine"))).await;
    let mut machine = Machine::new().with(&[("PROFILE", "audit")]);
    machine.metadata = address;
    assert!(machine.refusal().await.contains("ALIBABA_CLOUD_PROFILE is \"audit\""));
    assert!(seen.lock().unwrap().is_empty());
}

fn hub() -> Machine {
    Machine::new().with(&[("ACCESS_KEY_ID", "hub"), ("ACCESS_KEY_SECRET", PLANTED)])
}

fn member(machine: &Machine) -> Member {
    let chain = Arc::new(machine.find().unwrap());
    Member::new(chain, "42", "/roletrail-reader", Some("x"), Arc::new(machine.clock.clone()))
}

#[tokio::test]
async fn a_member_is_entered_once_for_all_who_wait_and_again_before_the_end() {
    let (machine, sts) = (hub(), Sts::new());
    let member = member(&machine);
    for given in join_all((0..8).map(|_| member.current(&sts))).await {
        assert_eq!(given.unwrap().key_id, "roletrail-reader");
    }
    let asked = sts.asked();
    assert_eq!(asked.len(), 1);
    for part in ["hub ", "acs:ram::42:role/roletrail-reader", "\"roletrail\"", "(\"ExternalId\", \"x\")"] {
        assert!(asked[0].contains(part), "{part}: {asked:?}");
    }
    machine.clock.advance(SignedDuration::from_secs(3_600 - 151));
    member.current(&sts).await.unwrap();
    assert_eq!(sts.asked().len(), 1);
    machine.clock.advance(SignedDuration::from_secs(1));
    *sts.ends.lock().unwrap() = start() + SignedDuration::from_hours(2);
    assert_eq!(member.current(&sts).await.unwrap().expires, Some(start() + SignedDuration::from_hours(2)));
    assert_eq!(sts.asked().len(), 2);
}

#[tokio::test]
async fn credentials_that_cannot_be_renewed_are_used_to_their_end_and_not_beyond() {
    let (machine, sts) = (hub(), Sts::new());
    let member = member(&machine);
    member.current(&sts).await.unwrap();
    *sts.refuses.lock().unwrap() = true;
    machine.clock.advance(SignedDuration::from_secs(3_599));
    assert_eq!(member.current(&sts).await.unwrap().key_id, "roletrail-reader");
    machine.clock.advance(SignedDuration::from_secs(1));
    let said = member.current(&sts).await.unwrap_err().detail;
    assert!(said.contains("acs:ram::42:role/roletrail-reader") && said.contains("NoPermission"), "{said}");
}

#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_secret() {
    let given = hub().ask(&Sts::new()).await.unwrap();
    let entered = member(&hub()).current(&Sts::new()).await.unwrap();
    let assumed: Assumed = serde_json::from_str(&format!(r#"{{"Credentials":{}}}"#, document("id"))).unwrap();
    let shown = format!("{given:?} {given:#?} {entered:?} {assumed:?}");
    assert!(shown.contains("hub") && shown.contains("[redacted]") && !shown.contains(PLANTED), "{shown}");
    assert_eq!(assumed.into_credentials().unwrap().secret.expose(), PLANTED);
}
