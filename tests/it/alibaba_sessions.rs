//! Where credentials for Alibaba Cloud come from: every place of the chain that can be on loopback, end to end.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::alibaba::{SECRET, key_of};
use crate::alibaba_scan::{DIRECTORY, HUB, MEMBER, ORPHAN, Scene, directory};

/// The environment of a program that has no key in it, and may look into files.
fn without_key(command: &mut Command) -> &mut Command {
    for name in ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "CLI_PROFILE_DISABLED"] {
        command.env_remove(format!("ALIBABA_CLOUD_{name}"));
    }
    command
}

/// Scans with credentials that `prepare` arranges: the whole directory must be readable with them.
fn reads_everything(scene: &Scene, what: &str, prepare: impl FnOnce(&mut Command)) {
    scene.cloud.forget();
    let ran = scene.scan_as(|command| prepare(without_key(command)));
    assert_eq!(ran.code, 1, "{what}: {}{}", ran.stdout, ran.stderr);
    assert_eq!(scene.verdict(ORPHAN), "orphaned", "{what}");
    assert_eq!(scene.cloud.refusals(), Vec::<String>::new(), "{what}");
    let hub = scene.cloud.calls_of("resourcemanager:ListAccounts");
    assert!(hub.iter().all(|call| call.account == HUB), "{what}: {hub:?}");
}

/// A session of the hub, as somebody may put it into an environment or a file.
fn session(scene: &Scene) -> [String; 3] {
    let life = Duration::from_hours(1);
    let arn = format!("acs:ram::{HUB}:assumed-role/somebody/here");
    let (key, secret, token) = scene.cloud.change(|world| world.keys.issue(HUB, &arn, life));
    [key, secret, token]
}

/// Writes the configuration of the provider's command line with one profile.
fn write_profile(scene: &Scene, profile: Value) {
    let mut profile = profile;
    profile["name"] = json!("audit");
    let config = json!({"current": "audit", "profiles": [{"name": "default", "mode": "AK"}, profile]});
    scene.place.write(".aliyun/config.json", config.to_string());
}

#[test]
fn a_session_in_the_environment_is_used_with_its_token() {
    let scene = Scene::new(directory(), DIRECTORY);
    let [key, secret, token] = session(&scene);
    reads_everything(&scene, "the environment", |command| {
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", key).env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
        command.env("ALIBABA_CLOUD_SECURITY_TOKEN", token);
    });
}

/// What a cluster gives to a service account.
fn service_account(scene: &Scene, command: &mut Command) {
    let provider = scene.cloud.change(|world| world.identity_provider.clone());
    let file = scene.place.write("token", format!("{}\n", provider.token));
    command.env("ALIBABA_CLOUD_ROLE_ARN", provider.role).env("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", provider.arn);
    command.env("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file);
}

#[test]
fn the_token_of_an_identity_provider_opens_a_role() {
    let scene = Scene::new(directory(), DIRECTORY);
    reads_everything(&scene, "OIDC", |command| service_account(&scene, command));
    let calls = scene.cloud.calls_of("sts:AssumeRoleWithOIDC");
    let [call] = &calls[..] else { panic!("one call was expected: {calls:?}") };
    assert_eq!(call.parameters["RoleSessionName"], "roletrail", "{call:?}");
}

#[test]
fn a_token_that_the_provider_refuses_is_told_and_not_shown() {
    let scene = Scene::new(directory(), DIRECTORY);
    let ran = scene.scan_as(|command| {
        service_account(&scene, without_key(command));
        scene.place.write("token", "aTokenOfSomebodyElse");
    });
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("AuthenticationFail.OIDCToken.Invalid"), "{}", ran.stdout);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("aTokenOfSomebodyElse"));
}

#[test]
fn profiles_of_the_command_line_give_credentials() {
    let scene = Scene::new(directory(), DIRECTORY);
    let [key, secret, token] = session(&scene);
    let long = json!({"access_key_id": key_of(HUB), "access_key_secret": SECRET});
    let with = |more: Value| {
        let mut profile = long.clone();
        profile.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        profile
    };
    let role = format!("acs:ram::{MEMBER}:role/roletrail-reader");
    for (mode, profile) in [
        ("AK", with(json!({}))),
        ("StsToken", json!({"access_key_id": key, "access_key_secret": secret, "sts_token": token})),
    ] {
        let mut profile = profile;
        profile["mode"] = json!(mode);
        write_profile(&scene, profile);
        reads_everything(&scene, mode, |_| {});
    }
    // A role of another account: then that account is the hub.
    write_profile(&scene, with(json!({"mode": "RamRoleArn", "ram_role_arn": role, "ram_session_name": "audit"})));
    scene.place.write("roletrail.toml", own(&scene));
    scene.cloud.forget();
    let ran = scene.scan_as(|command| _ = without_key(command));
    assert!(ran.code < 2, "{}{}", ran.stdout, ran.stderr);
    let asked = scene.cloud.calls_of("ram:GetRole");
    assert!(!asked.is_empty() && asked.iter().all(|call| call.account == MEMBER), "{asked:?}");
    assert_eq!(scene.cloud.calls_of("sts:AssumeRole")[0].parameters["RoleSessionName"], "audit");
}

/// Settings of a source with the account of the credentials alone.
fn own(scene: &Scene) -> String {
    DIRECTORY.replace("\"resource-directory\"", "\"self\"").replace("ENDPOINT", &scene.cloud.endpoint())
}

#[test]
fn the_file_that_the_sdks_share_gives_credentials() {
    let scene = Scene::new(directory(), DIRECTORY);
    let key = key_of(HUB);
    let file = format!(
        "[default]\ntype = access_key\naccess_key_id = LTAInobody\naccess_key_secret = x\n\
         [audit]\ntype = access_key\naccess_key_id = {key}\naccess_key_secret = {SECRET}\n"
    );
    scene.place.write(".alibabacloud/credentials.ini", &file);
    let named = scene.place.write("elsewhere.ini", file);
    reads_everything(&scene, "the home directory", |command| _ = command.env("ALIBABA_CLOUD_PROFILE", "audit"));
    scene.place.remove(".alibabacloud/credentials.ini");
    reads_everything(&scene, "a file of another name", |command| {
        command.env("ALIBABA_CLOUD_PROFILE", "audit").env("ALIBABA_CLOUD_CREDENTIALS_FILE", named);
    });
}

#[test]
fn an_address_gives_credentials() {
    let scene = Scene::new(directory(), DIRECTORY);
    let address = scene.cloud.credentials_address();
    reads_everything(&scene, "an address", |command| _ = command.env("ALIBABA_CLOUD_CREDENTIALS_URI", &address));
}

#[test]
fn credentials_that_end_in_mid_scan_are_renewed() {
    let scene = Scene::new(directory().session_life(Duration::from_mins(1)), DIRECTORY);
    let address = scene.cloud.credentials_address();
    reads_everything(&scene, "an address", |command| _ = command.env("ALIBABA_CLOUD_CREDENTIALS_URI", &address));
    reads_everything(&scene, "OIDC", |command| service_account(&scene, command));
    let renewals = scene.cloud.calls_of("sts:AssumeRoleWithOIDC").len();
    assert!(1 < renewals, "a session of a minute is renewed before each call: {renewals}");
}

#[test]
fn half_a_key_and_a_profile_that_is_not_there_are_mistakes_and_no_reason_to_look_elsewhere() {
    let scene = Scene::new(directory(), DIRECTORY);
    write_profile(&scene, json!({"mode": "AK", "access_key_id": key_of(HUB), "access_key_secret": SECRET}));
    for (name, value) in [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI"), ("ALIBABA_CLOUD_PROFILE", "absent")] {
        let ran = scene.scan_as(|command| _ = without_key(command).env(name, value));
        assert_eq!(ran.code, 2, "{name}: {}", ran.stdout);
        assert_eq!(scene.cloud.total(), 0, "{name}");
    }
}

#[test]
fn distant_services_are_waited_for() {
    let scene = Scene::new(directory(), DIRECTORY);
    scene.cloud.set_latency(Duration::from_millis(400));
    scene.scan(1);
    assert_eq!(scene.verdict(ORPHAN), "orphaned");
}
