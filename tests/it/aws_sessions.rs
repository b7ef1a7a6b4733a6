//! Where credentials and endpoints come from.

use crate::aws::{Account, Cloud, World};
use crate::aws_scan::{CKS, HUB, MEMBER, ORGANIZATION, ORPHAN, Scene, organisation};

#[test]
fn the_endpoint_of_the_configuration_serves_every_service() {
    let cloud = Cloud::start(organisation());
    let settings = format!("{ORGANIZATION}endpoint_url = \"{}\"\n", cloud.url());
    let scene = Scene::new(World::new(HUB), &settings);
    let ran = scene.scan_as(|command| {
        command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    });
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
    assert_eq!(scene.cloud.total(), 0, "nothing went where the environment points to");
}

#[test]
fn a_service_can_have_an_endpoint_of_its_own() {
    let keys = Cloud::start(World::new(HUB).account(Account::new(HUB).with_store("eu-west-1", "cks-elsewhere")));
    let scene = Scene::new(World::new(HUB).account(Account::new(HUB).orphaned()), "[[aws]]\nname = \"own\"\n");
    let ran = scene.scan_as(|command| {
        command.env("AWS_ENDPOINT_URL_KMS", keys.url());
    });
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let stores = scene.place.list(&["stores", "--account", HUB]);
    assert_eq!(stores[0]["store"], "cks-elsewhere", "{stores:?}");
    assert!(keys.actions().iter().all(|action| action.starts_with("kms:")), "{:?}", keys.actions());
}

#[test]
fn a_profile_of_the_sdk_gives_the_credentials() {
    let scene = Scene::new(organisation(), &format!("{ORGANIZATION}profile = \"audit\"\n"));
    let environment = scene.cloud.environment();
    let of = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let (key, secret) = (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY"));
    let (key, secret) = (key.expect("the hub's key"), secret.expect("the hub's secret"));
    let file = format!(
        "[default]\naws_access_key_id = AKIANOBODY\naws_secret_access_key = x\n[audit]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    );
    let credentials = scene.place.write("credentials", file);
    let ran = scene.scan_as(|command| {
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        command.env("AWS_SHARED_CREDENTIALS_FILE", credentials);
    });
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
}

#[test]
fn an_endpoint_that_refuses_connections_or_speaks_no_tls_is_unknown() {
    let plain = Cloud::start(organisation());
    for url in ["http://127.0.0.1:9".to_owned(), plain.url().replace("http:", "https:")] {
        let scene = Scene::new(organisation(), ORGANIZATION);
        let ran = scene.scan_as(|command| {
            command.env("AWS_ENDPOINT_URL_KMS", &url);
        });
        assert_eq!(ran.code, 2, "{url}: {}", ran.stdout);
        for account in [HUB, MEMBER, ORPHAN] {
            let verdict = scene.place.verdict(account, CKS);
            assert_eq!(verdict["verdict"], "unknown", "{url}: {verdict}");
        }
    }
}

#[test]
fn a_region_that_nobody_has_heard_of_is_read_like_any_other() {
    let regions = [("us-east-1", "ENABLED_BY_DEFAULT"), ("xx-middle-7", "ENABLED")];
    let world = World::new(HUB).account(Account::new(HUB).with_store("xx-middle-7", "cks-new")).regions(&regions);
    let scene = Scene::new(world, "[[aws]]\nname = \"own\"\n");
    scene.scan(1);
    let verdict = scene.place.verdict(HUB, CKS);
    assert_eq!(verdict["stores"]["by_region"]["xx-middle-7"], 1, "{verdict}");
}

#[test]
fn without_any_credentials_the_program_says_so_and_knows_nothing() {
    let scene = Scene::new(organisation(), ORGANIZATION);
    let ran = scene.scan_as(|command| {
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    });
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("credentials"), "{}", ran.stdout);
    assert_eq!(scene.cloud.total(), 0);
}
