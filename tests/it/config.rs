//! The configuration: what is wrong is said at once, with its place and a remedy, and nothing is done.

use serde_json::Value;

use crate::records::{delivered, intrusion};
use crate::support::Workplace;

/// Checks a configuration that must be refused; answers what was said.
fn refused(text: &str) -> String {
    let place = Workplace::new();
    place.write("roletrail.toml", text);
    let said = place.ends(&["config", "check"], 3);
    assert_eq!(said.stdout, "", "{text}");
    for arguments in [&["scan"][..], &["run"]] {
        place.ends(arguments, 3);
    }
    assert!(!place.path("roletrail.db").exists(), "nothing is done: {text}");
    said.stderr
}

fn says(text: &str, parts: &[&str]) {
    let said = refused(text);
    for part in parts {
        assert!(said.contains(part), "{part:?} is not said of {text:?}:\n{said}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_the_nearest_name() {
    says("[colect]\ndeadline = \"1h\"\n", &["roletrail.toml:1", "colect", "collect"]);
    says("[collect]\nkeep = \"all\"\ndeadlin = \"1h\"\n", &["roletrail.toml:3", "deadlin", "deadline"]);
    says("[[aws]]\nname = \"x\"\nacounts = \"none\"\n", &["roletrail.toml:3", "acounts", "accounts"]);
    says(
        "[[aws]]\nname = \"x\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"files\"\npaht = \"x\"\n",
        &["roletrail.toml:6", "paht", "path"],
    );
    says("[profiles.trust]\naws-kms-custom-key-store = [\"x.amazonaws.com\"]\n", &["aws-kms-custom-key-store"]);
}

#[test]
fn all_problems_are_said_at_once() {
    let said = refused(
        "[schedule]\ncollect = \"0 0 30 2 *\"\nreport = \"x\"\n[[aws]]\nname = \"a\"\n[[aws.trail]]\nkind = \"athena\"\n\
         database = \"d\"\ntable = \"t\"\n",
    );
    for part in ["roletrail.toml:2:", "roletrail.toml:3:", "roletrail.toml:7:", "never fires", "Athena"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    says("[schedule]\ntime_zone = \"Mars/Olympus\"\n", &["Mars/Olympus", "IANA"]);
    let said = refused(
        "[collect]\ndeadline = \"soon\"\nkeep = \"some\"\n[web]\nlisten_address = \"nowhere\"\n[rules]\ngrace = 24\n",
    );
    for part in [
        "deadline",
        "keep",
        "listen_address",
        "grace",
        "roletrail.toml:2",
        "roletrail.toml:3",
        "roletrail.toml:5",
        "roletrail.toml:7",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_schedule_that_never_fires_is_refused() {
    for cron in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "61 * * * *", "* * * *", "", "hourly please"] {
        let said = refused(&format!("[schedule]\ncollect = \"{cron}\"\n"));
        assert!(said.contains("roletrail.toml:2") && said.contains("collect"), "{cron:?}: {said}");
    }
}

#[test]
fn broken_toml_is_refused_with_its_place() {
    for text in ["[collect\n", "collect = \n", "a = 1\na = 2\n", "[web]\nlisten_address = \"127.0.0.1:0\n"] {
        let said = refused(text);
        assert!(said.contains("roletrail.toml"), "{text:?}: {said}");
    }
    let place = Workplace::new();
    place.write("roletrail.toml", b"[web]\n# \xFF\xFE\n");
    place.ends(&["config", "check"], 3);
    place.ends(&["config", "check", "--config", "missing.toml"], 3);
    let directory = place.path("directory");
    std::fs::create_dir(&directory).expect("made");
    place.ends(&["config", "check", "--config", "directory"], 3);
}

#[test]
fn sources_that_this_version_cannot_read_are_refused_in_so_many_words() {
    let athena = "[[aws]]\nname = \"prod\"\n[[aws.trail]]\nkind = \"athena\"\ndatabase = \"d\"\ntable = \"t\"\n";
    says(athena, &["not part of this version", "roletrail.toml:"]);
}

#[test]
fn a_sample_is_written_once_and_is_valid() {
    let place = Workplace::new();
    place.ends(&["config", "init"], 0);
    let checked = place.json(&["config", "check"], 0);
    assert_eq!(checked["valid"], true);
    let sample = std::fs::read_to_string(place.path("roletrail.toml")).expect("written");
    assert_eq!(sample, include_str!("../../config/roletrail.example.toml"));
    place.write("roletrail.toml", "# mine\n");
    place.ends(&["config", "init"], 3);
    assert_eq!(std::fs::read_to_string(place.path("roletrail.toml")).expect("still there"), "# mine\n");
    place.ends(&["config", "init", "other.toml"], 0);
    place.json(&["config", "check", "--config", "other.toml"], 0);
    place.ends(&["config", "init", "no/such/directory/x.toml"], 3);
}

/// Turns every commented default of the sample into a setting: all of them must be valid too.
#[test]
fn every_default_that_the_sample_shows_is_valid() {
    let place = Workplace::new();
    let sample = include_str!("../../config/roletrail.example.toml");
    let mut shown = 0;
    for line in sample.lines() {
        let Some(setting) = line.strip_prefix("# ").filter(|text| text.contains(" = ")) else { continue };
        shown += 1;
        let lines: Vec<_> = sample.lines().map(|other| if other == line { setting } else { other }).collect();
        place.write("roletrail.toml", lines.join("\n"));
        let ran = place.run(&["config", "show"]);
        assert_eq!(ran.code, 0, "{setting}: {}", ran.stderr);
    }
    assert!(15 < shown, "{shown}");
}

#[test]
fn what_is_in_force_is_shown_with_where_it_came_from() {
    let place = Workplace::new();
    place.write("roletrail.toml", "[rules]\ngrace = \"48h\"\n");
    let shown = place.list(&["config", "show"]);
    let row = |name: &str| {
        shown.iter().find(|row| row["setting"] == name).unwrap_or_else(|| panic!("{name}: {shown:?}")).clone()
    };
    assert!(row("rules.grace")["value"].as_str().is_some_and(|value| value.contains("48") || value.contains("2d")));
    assert!(row("rules.grace")["from"].as_str().is_some_and(|from| from.contains("roletrail.toml:2")));
    let output =
        place.command(&["config", "show"]).env("ROLETRAIL_DATABASE", "sqlite://env.db").output().expect("starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("env.db") && text.contains("ROLETRAIL_DATABASE"), "{text}");
    let flag = place.ends(&["config", "show", "--database", "sqlite://flag.db"], 0).stdout;
    assert!(flag.contains("flag.db") && flag.contains("--database"), "{flag}");
    // Nothing that looks like a password is shown.
    let secret = place.run(&["config", "show", "--database", "postgres://me:hunter2@host/db"]);
    assert!(!secret.stdout.contains("hunter2") && !secret.stderr.contains("hunter2"));
}

#[test]
fn the_schema_names_every_section() {
    let place = Workplace::new();
    let schema: Value = place.json(&["config", "schema"], 0);
    let text = schema.to_string();
    for section in [
        "database",
        "web",
        "schedule",
        "collect",
        "rules",
        "limits",
        "profiles",
        "aws",
        "alibaba",
        "snapshot",
        "reports",
        "exceptions",
    ] {
        assert!(text.contains(&format!("\"{section}\"")), "{section}");
    }
}

#[test]
fn the_command_line_goes_before_the_environment_and_that_before_the_file() {
    let place = Workplace::new();
    place.write("roletrail.toml", "[database]\nurl = \"sqlite://file.db\"\n");
    place.write("a.json", delivered(&[intrusion("a")]));
    place.ingest(&["a.json"], 0);
    assert!(place.path("file.db").exists());
    let output = place.command(&["ingest", "a.json"]).env("ROLETRAIL_DATABASE", "sqlite://env.db").output();
    assert!(output.expect("starts").status.success() && place.path("env.db").exists());
    let mut command = place.command(&["ingest", "a.json", "--database", "sqlite://flag.db"]);
    let output = command.env("ROLETRAIL_DATABASE", "sqlite://env2.db").output().expect("starts");
    assert!(output.status.success() && place.path("flag.db").exists() && !place.path("env2.db").exists());
    // Paths of a file are relative to the file.
    place.write("etc/other.toml", "[database]\nurl = \"sqlite://beside.db\"\n");
    place.json(&["ingest", "a.json", "--config", "etc/other.toml"], 0);
    assert!(place.path("etc/beside.db").exists());
}

#[test]
fn a_wrong_profile_is_refused_by_its_file() {
    let place = Workplace::new();
    place.write("roletrail.toml", "[profiles]\ndirectory = \"mine\"\n");
    for (text, part) in [
        ("id = \"x\"\n", "missing field"),
        ("id = \"x\"\nprovider = \"gcp\"\ntitle = \"x\"\n[role]\nname = \"r\"\ndeletion = \"documented\"\n", "gcp"),
        (
            "id = \"aws-cloudhsm\"\nprovider = \"aws\"\ntitle = \"x\"\n[role]\nname = \"r\"\npath = \"/a/\"\ntrusted_principals = [\"x\"]\ndeletion = \"documented\"\n",
            "aws-cloudhsm",
        ),
    ] {
        place.write("mine/one.toml", text);
        let said = place.ends(&["config", "check"], 3).stderr;
        assert!(said.contains("one.toml") || said.contains("aws-cloudhsm"), "{said}");
        assert!(said.contains(part), "{part}: {said}");
    }
}
