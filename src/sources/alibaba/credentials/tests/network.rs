//! The metadata service and the credentials address.

use super::{Machine, PLANTED, Sts, document, serve};

const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// A metadata service; with `strict`, one that asks for tokens.
async fn metadata(strict: bool, with_tokens: bool) -> (Machine, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let (address, seen) = serve(move |head| {
        if head.starts_with("PUT /latest/api/token ") {
            return if with_tokens { (200, "a-token".to_owned()) } else { (404, String::new()) };
        }
        if strict && !head.contains("x-aliyun-ecs-metadata-token: a-token") {
            return (403, String::new());
        }
        match head.split(' ').nth(1).and_then(|path| path.strip_prefix(ROLES)) {
            Some("") => (200, "reader".to_owned()),
            Some("reader") => (200, document("machine")),
            _ => (404, PLANTED.to_owned()),
        }
    })
    .await;
    let mut machine = Machine::new();
    machine.metadata = address;
    (machine, seen)
}

#[tokio::test]
async fn the_machines_role_is_asked_for_with_a_token() {
    let (machine, seen) = metadata(true, true).await;
    let given = machine.ask(&Sts::new()).await.unwrap();
    assert_eq!((given.key_id.as_str(), given.secret.expose()), ("machine", PLANTED));
    assert_eq!(given.expires, Some("2026-01-02T09:04:05Z".parse().unwrap()));
    let seen = seen.lock().unwrap();
    assert!(seen.len() == 3 && seen[0].contains("x-aliyun-ecs-metadata-token-ttl-seconds: "), "{seen:?}");
}

#[tokio::test]
async fn a_service_without_tokens_is_asked_without_one_unless_that_is_forbidden() {
    let (machine, _) = metadata(false, false).await;
    assert_eq!(machine.key().await, "machine");
    let said = machine.with(&[("IMDSV1_DISABLED", "true")]).refusal().await;
    assert!(said.contains("the metadata service: HTTP 404"), "{said}");
}

#[tokio::test]
async fn a_metadata_service_that_is_switched_off_is_not_asked() {
    let (machine, seen) = metadata(false, true).await;
    let said = machine.with(&[("ECS_METADATA_DISABLED", "TRUE")]).refusal().await;
    assert!(said.contains("no credentials") && seen.lock().unwrap().is_empty(), "{said}");
}

#[tokio::test]
async fn a_role_that_was_named_has_to_be_there() {
    let (machine, _) = metadata(false, true).await;
    let machine = machine.with(&[("ECS_METADATA", "other"), ("CREDENTIALS_URI", "http://127.0.0.1:9/")]);
    let said = machine.refusal().await;
    assert!(said.contains("the machine's role") && said.contains("HTTP 404"), "{said}");
}

#[tokio::test]
async fn files_can_name_the_machines_role() {
    let (machine, seen) = metadata(true, true).await;
    let profile = r#"{"current":"a","profiles":[{"name":"a","mode":"EcsRamRole","ram_role_name":"reader"}]}"#;
    assert_eq!(machine.file(".aliyun/config.json", profile).key().await, "machine");
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_address_gives_credentials_and_is_not_shown() {
    let (address, seen) = serve(|_| (200, document("address"))).await;
    let machine = Machine::new().with(&[("CREDENTIALS_URI", &format!("{address}/of?secret={PLANTED}"))]);
    assert_eq!(machine.key().await, "address");
    assert!(seen.lock().unwrap()[0].starts_with(&format!("GET /of?secret={PLANTED} ")));
}

#[tokio::test]
async fn answers_that_are_no_credentials_are_refused_without_being_shown() {
    for (status, body, part) in [
        (500, PLANTED.to_owned(), "HTTP 500"),
        (200, PLANTED.to_owned(), "no JSON"),
        (200, document(PLANTED).replace("Success", PLANTED), "Code"),
        (200, document(PLANTED).replace("AccessKeySecret", "Secret"), "no AccessKeySecret"),
        (200, document(PLANTED).replace("2026-01-02T09:04:05Z", PLANTED), "no time"),
        (200, document(PLANTED).replace("T09:", "T01:"), "had ended"),
        (200, " ".repeat(65 * 1024), "longer than"),
    ] {
        let (address, _) = serve(move |_| (status, body.clone())).await;
        let said = Machine::new().with(&[("CREDENTIALS_URI", &format!("{address}/{PLANTED}"))]).refusal().await;
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = Machine::new().with(&[("CREDENTIALS_URI", PLANTED)]).refusal().await;
    assert!(said.contains("ALIBABA_CLOUD_CREDENTIALS_URI is no http"), "{said}");
}
