//! What the report was made with, as files of its own whose hashes the report names: settings, profiles, controls.

use std::path::Path;

use serde_json::{Value, json};

use super::ReportRequest;
use crate::config::{AlibabaAccounts, AlibabaTrail, AwsAccounts, AwsTrail, Regions, Settings};
use crate::exports::reports::{ORGANIZATION, ReportFile, Tool, name, sha256};
use crate::model::ControlEntry;
use crate::profiles::Profiles;
use crate::rules;

/// Sections that tell where things are on this machine, and nothing about what a report says.
const OF_THE_MACHINE: [&str; 2] = ["database", "web"];
/// Keys of other sections that do, by section.
const PLACES: [(&str, &str); 5] = [
    ("reports", "directory"),
    ("exceptions", "file"),
    ("profiles", "directory"),
    ("controls", "file"),
    ("evidence", "key_file"),
];
/// Settings of which only whether they are set is told.
const VEILED: [&str; 3] = ["external_id", "endpoint_url", "endpoint"];
/// What stands for them.
const SET: &str = "(set)";

/// The files, and what the report says of its making.
pub(super) struct Parameters {
    pub(super) files: Vec<ReportFile<'static>>,
    pub(super) tool: Tool,
    pub(super) sources: Vec<String>,
}

/// The parameters of a report.
pub(super) fn parameters(
    settings: &Settings,
    profiles: &Profiles,
    controls: &[ControlEntry],
    request: &ReportRequest,
) -> Parameters {
    let scope = request.account.as_deref().unwrap_or(ORGANIZATION);
    let file = |what: &str, extension: &str, media_type, text| {
        ReportFile::of_text(format!("{}.{extension}", name(what, scope, request.period)), media_type, text)
    };
    let (of_settings, of_profiles) = (settings_text(settings), profiles_text(profiles));
    let of_controls = pretty(&controls_value(controls));
    let tool = Tool {
        name: "roletrail".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rules: rules::all().iter().map(|rule| rule.doc().id.to_owned()).collect(),
        configuration_sha256: sha256(&of_settings),
        profiles_sha256: sha256(&of_profiles),
        controls_sha256: sha256(&of_controls),
        exceptions_sha256: sha256(std::fs::read(&settings.exceptions.file).unwrap_or_default()),
        command: command(request),
    };
    let files = vec![
        file("settings", "json", "application/json", of_settings),
        file("profiles", "sha256", "text/plain; charset=utf-8", of_profiles),
        file("controls", "json", "application/json", of_controls),
    ];
    Parameters { files, tool, sources: sources(settings) }
}

fn pretty(value: &(impl serde::Serialize + ?Sized)) -> String {
    // Plain data: it can always be written.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn settings_text(settings: &Settings) -> String {
    let mut value = serde_json::to_value(settings).unwrap_or_default();
    if let Value::Object(sections) = &mut value {
        for section in OF_THE_MACHINE {
            sections.shift_remove(section);
        }
        for (section, key) in PLACES {
            if let Some(Value::Object(section)) = sections.get_mut(section) {
                section.shift_remove(key);
            }
        }
    }
    veil(&mut value);
    pretty(&value)
}

/// Takes out what is nobody else's business, and of paths where on this machine they lead.
fn veil(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if VEILED.contains(&key.as_str()) => SET.clone_into(text),
                    Value::String(text) if key == "path" => *text = last_part(Path::new(text.as_str())),
                    inner => veil(inner),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(veil),
        _ => {}
    }
}

fn last_part(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn controls_value(controls: &[ControlEntry]) -> Value {
    let control = |control: &ControlEntry| {
        json!({
            "framework": control.full_framework(),
            "id": control.id,
            "provider": control.provider,
            "supports": control.supports,
            "rules": control.rules,
        })
    };
    controls.iter().map(control).collect()
}

fn profiles_text(profiles: &Profiles) -> String {
    profiles.iter().map(|profile| format!("{}  {}.toml\n", profile.file_sha256, profile.id)).collect()
}

fn command(request: &ReportRequest) -> String {
    let period = request.period;
    let mut command = format!("roletrail report --from {} --to {}", period.from, period.to);
    if let Some(account) = &request.account {
        // An id that is no number can only come from a log: quoted, it is one word of a shell and no more.
        command += &format!(" --account '{}'", account.replace('\'', "'\\''"));
    }
    if request.all_evidence {
        command += " --all-evidence";
    }
    command
}

/// What was asked, in words.
fn sources(settings: &Settings) -> Vec<String> {
    let aws = settings.aws.iter().map(|source| {
        let accounts = match &source.accounts {
            AwsAccounts::Own => "the account of the credentials".to_owned(),
            AwsAccounts::Organization => "every account of the organization".to_owned(),
            AwsAccounts::List(ids) => format!("accounts {}", ids.join(", ")),
            AwsAccounts::None => "no inventory".to_owned(),
        };
        told(("AWS", &source.name), &accounts, &source.regions, source.trail.iter().map(aws_trail))
    });
    let alibaba = settings.alibaba.iter().map(|source| {
        let accounts = match &source.accounts {
            AlibabaAccounts::Own => "the account of the credentials".to_owned(),
            AlibabaAccounts::ResourceDirectory => "every account of the resource directory".to_owned(),
            AlibabaAccounts::List(ids) => format!("accounts {}", ids.join(", ")),
            AlibabaAccounts::None => "no inventory".to_owned(),
        };
        told(("Alibaba Cloud", &source.name), &accounts, &source.regions, source.trail.iter().map(alibaba_trail))
    });
    let snapshots =
        settings.snapshot.iter().map(|source| format!("inventory from files in {}", last_part(&source.path)));
    let mut all: Vec<_> = aws.chain(alibaba).chain(snapshots).collect();
    if all.is_empty() {
        all.push("trail logs that somebody handed over (roletrail ingest)".to_owned());
    }
    all
}

fn told(
    (provider, name): (&str, &str),
    accounts: &str,
    regions: &Regions,
    trails: impl Iterator<Item = String>,
) -> String {
    let regions = match regions {
        Regions::Enabled => "enabled Regions".to_owned(),
        Regions::List(list) => format!("Regions {}", list.join(", ")),
    };
    let trails: Vec<_> = trails.collect();
    let trails = if trails.is_empty() { "no trail".to_owned() } else { trails.join(", ") };
    format!("{provider}, source {name}: {accounts}; {regions}; {trails}")
}

fn aws_trail(trail: &AwsTrail) -> String {
    match trail {
        AwsTrail::LookupEvents { include_denied } => {
            let denied = if *include_denied { "with" } else { "without" };
            format!("event history {denied} refused assumptions")
        }
        AwsTrail::S3 { bucket, prefix, verify_digests, .. } => {
            let digests = if *verify_digests { ", digests verified" } else { "" };
            in_bucket(bucket, prefix.as_deref()) + digests
        }
        AwsTrail::Sqs { queue_url } => format!("queue {queue_url}"),
        AwsTrail::Files { path } => format!("trail files in {}", last_part(path)),
        AwsTrail::Athena { database, table, .. } => format!("table {database}.{table}"),
    }
}

fn alibaba_trail(trail: &AlibabaTrail) -> String {
    match trail {
        AlibabaTrail::LookupEvents {} => "event history".to_owned(),
        AlibabaTrail::Oss { bucket, prefix, .. } => in_bucket(bucket, prefix.as_deref()),
        AlibabaTrail::Files { path } => format!("trail files in {}", last_part(path)),
    }
}

fn in_bucket(bucket: &str, prefix: Option<&str>) -> String {
    prefix.map_or_else(|| format!("bucket {bucket}"), |prefix| format!("bucket {bucket} below {prefix}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    const TEXT: &str = "[database]\nurl = \"sqlite://x.db\"\n[reports]\ndirectory = \"out\"\nformats = [\"json\"]\n\
        [evidence]\nkey_file = \"signs.key\"\n\
        [[aws]]\nname = \"prod\"\nexternal_id = \"confidential\"\nendpoint_url = \"http://user:secret@localhost/\"\n\
        [[aws.trail]]\nkind = \"files\"\npath = \"deep/trail\"\n";

    fn text(directory: &str) -> String {
        let file = Path::new(directory).join("roletrail.toml");
        settings_text(&config::parse(TEXT, &file).expect("right").settings)
    }

    #[test]
    fn the_settings_tell_no_secret_and_no_place_of_the_machine() {
        let shown = text("/etc/roletrail");
        for hidden in ["confidential", "secret", "sqlite", "/etc", "deep", "\"out\"", "signs", "listen_address"] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
        for told in ["\"prod\"", "(set)", "\"trail\"", "grace"] {
            assert!(shown.contains(told), "{told}: {shown}");
        }
        assert_eq!(shown, text("/home/somebody"));
    }

    #[test]
    fn a_command_makes_the_same_request_again() {
        let period = crate::exports::reports::ReportPeriod {
            from: "2026-10-01T00:00:00Z".parse().expect("a time"),
            to: "2026-11-01T00:00:00Z".parse().expect("a time"),
        };
        let request = ReportRequest { period, account: Some("1'2".to_owned()), all_evidence: true };
        assert_eq!(
            command(&request),
            "roletrail report --from 2026-10-01T00:00:00Z --to 2026-11-01T00:00:00Z --account '1'\\''2' --all-evidence"
        );
    }
}
