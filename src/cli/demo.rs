//! `demo`: the whole pipeline on a simulated organisation.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::output::{Format, Output};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::config::{EditError, Loaded, NewException, add_exception};
use crate::daemon::jobs::Unwatched;
use crate::model::{ExceptionScope, Pattern, Provider, Verdict};
use crate::simulation::{self, Expected, Organisation};

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail demo
  roletrail demo --serve                       and leave the daemon up with its metrics
  roletrail demo --directory /tmp/demo --format json")]
pub struct DemoArgs {
    /// Where the simulated organisation and its history are written
    #[arg(long, default_value = "roletrail-demo", value_name = "DIR")]
    directory: PathBuf,
    /// Run the daemon on it afterwards, until it is interrupted
    #[arg(long)]
    serve: bool,
}

/// The file that marks a directory as one that a demo made and may make again.
const MARKER: &str = ".roletrail-demo";

/// Writes the organisation, collects and judges it, and prints what came of it.
///
/// # Errors
/// [`Failure`] when the directory is not ours or cannot be written.
pub fn run(boot: &Boot, output: Output, arguments: &DemoArgs) -> Result<Exit, Failure> {
    let directory = &arguments.directory;
    let loaded = write_organisation(boot, directory)?;
    let context = boot.jobs(&loaded, "demo", Arc::new(Unwatched))?;
    // What the demo shows is incomplete on purpose: a Region does not answer.
    let (report, _) = super::collect::scan_once(&context)?;
    drop(context);
    let config = directory.join("roletrail.toml");
    let boot = boot.with_config(&config);
    output.sentence("A simulated organisation on AWS and Alibaba Cloud, read and judged by the real pipeline.\n")?;
    super::collect::print_scan(output, &report)?;
    if output.format() == Format::Table {
        output.sentence("")?;
        super::verdicts::run(&boot, output, &super::verdicts::VerdictsArgs::default())?;
        output.sentence("")?;
        super::findings::open(&boot, output)?;
        output.sentence(&format!("\n{}", next_steps(&config)))?;
    }
    if arguments.serve { super::daemon::serve(&boot) } else { Ok(Exit::Done) }
}

/// Writes trail, inventory and configuration into a directory of our own.
fn write_organisation(boot: &Boot, directory: &Path) -> Result<Loaded, Failure> {
    clear(directory)?;
    fs::create_dir_all(directory)?;
    fs::write(directory.join(MARKER), "made by `roletrail demo`, which may replace everything in here\n")?;
    let organisation = simulation::demo(whole_hour(boot.now()));
    let failed = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", directory.display()));
    organisation.write_trail(&directory.join("trail")).map_err(|error| failed(&error))?;
    organisation.write_inventory(&directory.join("inventory")).map_err(|error| failed(&error))?;
    fs::write(directory.join("exceptions.toml"), exceptions(&organisation).map_err(|error| failed(&error))?)?;
    fs::write(directory.join("roletrail.toml"), CONFIGURATION)?;
    boot.with_config(&directory.join("roletrail.toml")).settings_for_collecting()
}

/// Somebody has accepted the orphaned role on AWS, whose documentation describes no way to delete it.
fn exceptions(organisation: &Organisation) -> Result<String, EditError> {
    let is_it = |known: &&Expected| known.provider == Provider::Aws && known.verdict == Verdict::Orphaned;
    let orphans = organisation.expected.iter().filter(is_it).take(1).map(|orphan| NewException {
        id: "DEMO-1".to_owned(),
        scope: ExceptionScope {
            rule: Some(Pattern::Exact("orphaned-role".to_owned())),
            provider: Some(Pattern::Exact(orphan.provider.as_str().to_owned())),
            account: Some(Pattern::Exact(orphan.account.clone())),
            profile: Some(Pattern::Exact(orphan.profile.clone())),
            ..ExceptionScope::default()
        },
        owner: "platform team".to_owned(),
        reason: "the provider documents no way to delete this role; nobody but its service may assume it".to_owned(),
        ticket: "DEMO-1".to_owned(),
        created: organisation.since.to_string(),
        expires: (organisation.now + ACCEPTED_FOR).to_string(),
        ..NewException::default()
    });
    let comment = "# Findings that somebody has accepted for a time: `roletrail exceptions` lists them.\n".to_owned();
    orphans.into_iter().try_fold(comment, |text, orphan| add_exception(&text, &orphan))
}

/// How long after the story's end its exception holds.
const ACCEPTED_FOR: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The simulated story ends at the last whole hour, so that two demos of one hour are alike.
fn whole_hour(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second() / 3600 * 3600).unwrap_or(now)
}

/// Removes what an earlier demo left; a directory that no demo made is never touched.
fn clear(directory: &Path) -> Result<(), Failure> {
    if !directory.exists() {
        return Ok(());
    }
    if !directory.join(MARKER).exists() {
        return Err(Failure::usage(format!(
            "{} exists and was not made by `roletrail demo`; name another one with --directory",
            directory.display()
        )));
    }
    Ok(fs::remove_dir_all(directory)?)
}

/// The demo's configuration: paths are relative to the file.
const CONFIGURATION: &str = r#"# The configuration of the demo: no cloud, everything from files.
[database]
url = "sqlite://roletrail.db"

[schedule]
collect = "*/5 * * * *"

[exceptions]
file = "exceptions.toml"

[[snapshot]]
path = "inventory"

[[aws]]
name = "demo-aws"
accounts = "none"

[[aws.trail]]
kind = "files"
path = "trail/AWSLogs"

[[alibaba]]
name = "demo-alibaba"
accounts = "none"

[[alibaba.trail]]
kind = "files"
path = "trail/AliyunLogs"
"#;

fn next_steps(config: &Path) -> String {
    let steps = [
        ("findings explain ID", "why a finding matters and what to do"),
        ("exceptions", "what somebody has accepted, and until when"),
        ("coverage --gaps", "what could not be read"),
        ("events --limit 20", "the trail behind it"),
        ("verdicts --at 20d", "how it stood twenty days ago"),
        ("run", "the daemon, metrics on http://127.0.0.1:9847/metrics"),
    ];
    let config = config.display();
    let lines = steps.map(|(command, what)| format!("  roletrail --config {config} {command:<20} {what}"));
    format!("What to try next\n{}\nand on your own trail logs: roletrail ingest ARCHIVE/", lines.join("\n"))
}
