//! `config`: make, check and show the configuration.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{Column, Output};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::config::{self, EXAMPLE, Explained};
use crate::exports::http::Entrance;

/// Arguments of `config`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail config init                     write a commented roletrail.toml
  roletrail config check --config my.toml   every problem, with its place and remedy
  roletrail config show                     every setting and where it came from")]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Write a commented configuration file
    Init {
        /// Where to
        #[arg(default_value = "roletrail.toml")]
        path: PathBuf,
    },
    /// Check the configuration with its profiles, exceptions and controls, and the web configuration with its certificates
    Check,
    /// Show every setting with where it came from
    Show,
    /// Print the JSON schema of the configuration
    Schema,
}

#[derive(Serialize)]
struct Checked {
    valid: bool,
    file: Option<String>,
    profiles: usize,
    exceptions: usize,
    controls: usize,
}

#[derive(Serialize)]
struct SettingJson {
    setting: String,
    value: Option<String>,
    from: String,
}

/// Looks after the configuration.
///
/// # Errors
/// [`Failure`] that names every problem.
pub fn run(boot: &Boot, output: Output, arguments: &ConfigArgs) -> Result<Exit, Failure> {
    match &arguments.command {
        ConfigCommand::Init { path } => init(path)?,
        ConfigCommand::Check => check(boot, output)?,
        ConfigCommand::Show => show(boot, output)?,
        ConfigCommand::Schema => {
            serde_json::to_writer_pretty(io::stdout().lock(), &config::schema()).map_err(io::Error::from)?;
            writeln!(io::stdout())?;
        }
    }
    Ok(Exit::Done)
}

/// Writes the example; a file that is there already is never overwritten.
fn init(path: &PathBuf) -> Result<(), Failure> {
    let mut file =
        std::fs::File::create_new(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    file.write_all(EXAMPLE.as_bytes())?;
    eprintln!("wrote {}; `roletrail config check` checks it once it is yours", path.display());
    Ok(())
}

fn check(boot: &Boot, output: Output) -> Result<(), Failure> {
    let loaded = boot.settings_for_collecting()?;
    let profiles = boot.profiles(&loaded)?.iter().count();
    Entrance::open(&loaded.settings.web)?;
    let file = loaded.file.as_ref().map(|path| path.display().to_string());
    let exceptions = boot.exceptions(&loaded)?.current().all().len();
    let controls = boot.controls(&loaded)?.entries().len();
    let checked = Checked { valid: true, file, profiles, exceptions, controls };
    output.object(&checked, || {
        let file = checked.file.as_deref().unwrap_or("no configuration file, defaults");
        format!("{file}: valid, {profiles} profiles, {exceptions} exceptions, {controls} controls")
    })?;
    Ok(())
}

fn show(boot: &Boot, output: Output) -> Result<(), Failure> {
    let explained = boot.settings()?.explain();
    let rows: Vec<_> = explained
        .into_iter()
        .map(|Explained { key, value, origin }| SettingJson { setting: key, value, from: origin.to_string() })
        .collect();
    let columns = [
        Column { title: "setting", cell: &|row: &SettingJson| row.setting.clone() },
        Column { title: "value", cell: &|row: &SettingJson| row.value.clone().unwrap_or_default() },
        Column { title: "from", cell: &|row: &SettingJson| row.from.clone() },
    ];
    output.rows(&rows, &columns, "")?;
    Ok(())
}
