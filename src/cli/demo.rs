//! `demo`: the whole pipeline on a simulated organisation.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::output::{Format, Output};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::config::Loaded;
use crate::daemon::jobs::Unwatched;
use crate::simulation;

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
    let failed = |error| Failure::usage(format!("{}: {error}", directory.display()));
    organisation.write_trail(&directory.join("trail")).map_err(failed)?;
    organisation.write_inventory(&directory.join("inventory")).map_err(failed)?;
    fs::write(directory.join("roletrail.toml"), CONFIGURATION)?;
    boot.with_config(&directory.join("roletrail.toml")).settings_for_collecting()
}

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
        ("coverage --gaps", "what could not be read"),
        ("events --limit 20", "the trail behind it"),
        ("verdicts --at 20d", "how it stood twenty days ago"),
        ("run", "the daemon, metrics on http://127.0.0.1:9847/metrics"),
    ];
    let config = config.display();
    let lines = steps.map(|(command, what)| format!("  roletrail --config {config} {command:<20} {what}"));
    format!("What to try next\n{}\nand on your own trail logs: roletrail ingest ARCHIVE/", lines.join("\n"))
}
