//! The commands: one file each. They ask `boot` for what they need, run a job or a query, and print.

mod collect;
mod completions;
mod config;
mod coverage;
mod daemon;
mod db;
mod demo;
mod doctor;
mod events;
mod exceptions;
mod exit;
mod findings;
mod history;
mod ingest;
mod objects;
mod output;
mod policy;
mod progress;
mod report;
mod rules;
mod stream;
mod text;
mod time;
mod verdicts;
mod verify;
mod verify_store;
mod verify_trail;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::boot::{Boot, LogFormat};
pub use exit::{Exit, Failure};
use output::{AnyFormat, ColorChoice, Output};

/// Read-only audit of the service-linked roles behind cloud key stores
#[derive(Debug, Parser)]
#[command(name = "roletrail", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  roletrail demo                                 the whole pipeline on a simulated organisation
  roletrail ingest AWSLogs/                      read an archive of trail logs and judge it
  roletrail findings --severity high             what is wrong, worst first
  roletrail verdicts --format json               one row per account and profile
  roletrail run --config roletrail.toml          the daemon

Exit codes:
  0  done; nothing at or above --fail-on      3  usage or configuration error, nothing was done
  1  findings at or above --fail-on are open  4  the history cannot be used
  2  something could not be read              130  interrupted; what was committed stays";

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Configuration file [env: `ROLETRAIL_CONFIG`] [default: roletrail.toml where it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the history is, `sqlite://PATH` [env: `ROLETRAIL_DATABASE`] [default: `sqlite://roletrail.db`]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// How data is printed: table, json, ndjson or csv [default: a table on a terminal, JSON in a pipe]
    #[arg(long, global = true, value_enum, hide_possible_values = true)]
    format: Option<AnyFormat>,
    /// When colour is used: auto, always or never
    #[arg(long, global = true, value_enum, hide_possible_values = true, default_value = "auto", value_name = "WHEN")]
    color: ColorChoice,
    /// Print nothing but data and errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Log more (twice: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// How log lines are written: text or json
    #[arg(
        long,
        global = true,
        value_enum,
        hide_possible_values = true,
        default_value = "text",
        value_name = "FORMAT"
    )]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: collect and judge on a schedule, serve metrics
    Run(daemon::RunArgs),
    /// Collect and judge once, print a summary
    Scan(collect::ScanArgs),
    /// Collect once, judge nothing
    Collect(collect::CollectArgs),
    /// Read trail logs into the history
    Ingest(ingest::IngestArgs),
    /// Judge what is stored
    Analyze(collect::AnalyzeArgs),
    /// List, show and explain findings
    Findings(findings::FindingsArgs),
    /// List, add, check and end exceptions: findings accepted for a time
    Exceptions(exceptions::ExceptionsArgs),
    /// One row per provider, account and profile
    Verdicts(verdicts::VerdictsArgs),
    /// The history of roles
    Roles(history::HistoryArgs),
    /// The history of key stores
    Stores(history::HistoryArgs),
    /// The trail events that concern a role or store
    Events(events::EventsArgs),
    /// The trail objects that were read, with their hashes
    Objects(objects::ObjectsArgs),
    /// What could be read and what could not
    Coverage(coverage::CoverageArgs),
    /// Deletion tasks of service-linked roles
    Tasks(history::HistoryArgs),
    /// Print the least-privilege policy for the accounts that are read
    Policy(policy::PolicyArgs),
    /// Try credentials, every permission, the clock, the disk and the configuration
    Doctor(doctor::DoctorArgs),
    /// Write a compliance report of a period
    Report(report::ReportArgs),
    /// Verify the history, a report that was written, or the digests of a trail
    Verify(verify::VerifyArgs),
    /// List and explain the rules
    Rules(rules::RulesArgs),
    /// Make, check and show the configuration
    Config(config::ConfigArgs),
    /// Look after the history's database
    Db(db::DbArgs),
    /// Run the whole pipeline on a simulated organisation: no cloud, no configuration
    Demo(demo::DemoArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Runs the program and answers its exit code.
#[must_use]
pub fn run() -> ExitCode {
    run_with(std::env::args_os()).into()
}

fn run_with(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return exit::of_usage(&error),
    };
    match dispatch(cli) {
        Ok(exit) => exit,
        Err(failure) => exit::report(&failure),
    }
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let boot = Boot::new(&cli.global)?;
    let format = match cli.command {
        Command::Policy(_) | Command::Report(_) => None,
        _ => cli.global.format.map(AnyFormat::of_rows).transpose()?,
    };
    let output = Output::new(format, cli.global.color, boot.no_color());
    match cli.command {
        Command::Run(arguments) => daemon::run(&boot, &arguments),
        Command::Scan(arguments) => collect::scan(&boot, output, &arguments),
        Command::Collect(arguments) => collect::collect(&boot, output, &arguments),
        Command::Ingest(arguments) => ingest::run(&boot, output, &arguments),
        Command::Analyze(arguments) => collect::analyze(&boot, output, &arguments),
        Command::Findings(arguments) => findings::run(&boot, output, &arguments),
        Command::Exceptions(arguments) => exceptions::run(&boot, output, &arguments),
        Command::Verdicts(arguments) => verdicts::run(&boot, output, &arguments),
        Command::Roles(arguments) => history::roles(&boot, output, &arguments),
        Command::Stores(arguments) => history::stores(&boot, output, &arguments),
        Command::Events(arguments) => events::run(&boot, output, &arguments),
        Command::Objects(arguments) => objects::run(&boot, output, &arguments),
        Command::Coverage(arguments) => coverage::run(&boot, output, &arguments),
        Command::Tasks(arguments) => history::tasks(&boot, output, &arguments),
        Command::Policy(arguments) => policy::run(&boot, &arguments),
        Command::Doctor(arguments) => doctor::run(&boot, output, &arguments),
        Command::Report(arguments) => report::run(&boot, output, &arguments),
        Command::Verify(arguments) => verify::run(&boot, output, &arguments),
        Command::Rules(arguments) => rules::run(&boot, output, &arguments),
        Command::Config(arguments) => config::run(&boot, output, &arguments),
        Command::Db(arguments) => db::run(&boot, output, &arguments),
        Command::Demo(arguments) => demo::run(&boot, output, &arguments),
        Command::Completions(arguments) => completions::completions(&arguments),
        Command::Man => completions::man(),
    }
}

impl Global {
    /// The configuration file that was named.
    pub(crate) fn config(&self) -> Option<&std::path::Path> {
        self.config.as_deref()
    }

    /// The database that was named.
    pub(crate) fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Whether to print nothing but data and errors.
    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    /// How much to log.
    pub(crate) fn verbose(&self) -> u8 {
        self.verbose
    }

    /// How to write log lines.
    pub(crate) fn log_format(&self) -> LogFormat {
        self.log_format
    }
}
