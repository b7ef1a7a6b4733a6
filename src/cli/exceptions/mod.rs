//! `exceptions`: list, add, check, expire.

mod add;
mod check;
mod file;

use clap::{Args, Subcommand};

use super::output::{Column, Output};
use super::time::minute;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::json::ExceptionJson;
use crate::model::{Finding, StoredFinding};
use file::Opened;

/// Arguments of `exceptions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail exceptions                                  each with its state and what it covers
  roletrail exceptions add --finding 3f9c --owner platform --reason 'moved in Q1' --ticket SEC-142 --expires 90d
  roletrail exceptions add --rule orphaned-role --account 111122223333 --owner platform \\
    --reason 'the role cannot be deleted' --ticket SEC-142 --expires 2026-12-31 --dry-run
  roletrail exceptions check                            the file's mistakes, and what is expired or unused
  roletrail exceptions check --finding 3f9c             which one covers a finding, and why the others do not
  roletrail exceptions expire SEC-142                   ends it now and keeps its row

They are in the file that [exceptions] file names (exceptions.toml unless set), are read each time, and are effective at
once. A verdict does not change: it says what is, and an exception says who has accepted it.")]
pub struct ExceptionsArgs {
    #[command(subcommand)]
    command: Option<ExceptionsCommand>,
}

#[derive(Debug, Subcommand)]
enum ExceptionsCommand {
    /// List the exceptions with their states and what they cover
    List,
    /// Write one more into the file
    Add(Box<add::AddArgs>),
    /// Check the file, and what each exception covers
    Check(check::CheckArgs),
    /// End one now
    Expire {
        /// Its id
        id: String,
    },
}

/// Looks after the exceptions.
///
/// # Errors
/// [`Failure`] when the file is wrong or cannot be changed, or the history cannot be read.
pub fn run(boot: &Boot, output: Output, arguments: &ExceptionsArgs) -> Result<Exit, Failure> {
    match &arguments.command {
        None | Some(ExceptionsCommand::List) => list(boot, output),
        Some(ExceptionsCommand::Add(arguments)) => add::run(boot, output, arguments),
        Some(ExceptionsCommand::Check(arguments)) => check::run(boot, output, arguments),
        Some(ExceptionsCommand::Expire { id }) => expire(boot, output, id),
    }
}

fn list(boot: &Boot, output: Output) -> Result<Exit, Failure> {
    let rows: Vec<_> = boot.view()?.tally()?.exceptions.iter().map(ExceptionJson::from).collect();
    output.rows(&rows, &columns(), "there are no exceptions; `roletrail exceptions add` writes one")?;
    Ok(Exit::Done)
}

fn columns<'a>() -> Vec<Column<'a, ExceptionJson>> {
    vec![
        Column { title: "state", cell: &|row| row.state.to_string() },
        Column { title: "id", cell: &|row| row.id.clone() },
        Column { title: "covers", cell: &|row| row.covers.to_string() },
        Column { title: "names", cell: &|row| short(&names(row)) },
        Column { title: "until", cell: &|row| minute(&row.expires) },
        Column { title: "owner", cell: &|row| short(&row.owner) },
        Column { title: "ticket", cell: &|row| short(&row.ticket) },
    ]
}

/// As much of a text as a table has room for; the other formats have all of it.
fn short(text: &str) -> String {
    /// Enough for an ARN with what stands before it.
    const MOST: usize = 240;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The scope in words, its most telling parts first.
fn names(row: &ExceptionJson) -> String {
    let parts = [
        ("finding", &row.finding),
        ("rule", &row.rule),
        ("provider", &row.provider),
        ("account", &row.account),
        ("region", &row.region),
        ("profile", &row.profile),
        ("store", &row.store),
        ("actor", &row.actor),
        ("outcome", &row.outcome),
    ];
    let named = parts.iter().filter_map(|(name, part)| Some(format!("{name} {}", part.as_ref()?)));
    named.collect::<Vec<_>>().join(", ")
}

fn expire(boot: &Boot, output: Output, id: &str) -> Result<Exit, Failure> {
    let mut file = Opened::new(boot)?;
    let ended = file.end(id)?;
    if output.is_for_people() {
        let word = if ended.is_new { "ended" } else { "had ended before" };
        output.sentence(&format!("{id} {word}: {}", minute(&ended.at.to_string())))?;
    } else {
        let at = ended.at.to_string();
        output.object(&serde_json::json!({"id": id, "expires": at, "changed": ended.is_new}), String::new)?;
    }
    Ok(Exit::Done)
}

/// A finding that an exception covers, in short.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
struct CoveredJson {
    id: String,
    rule: String,
    severity: crate::model::Severity,
    provider: crate::model::Provider,
    account: String,
    summary: String,
}

impl From<&StoredFinding> for CoveredJson {
    fn from(stored: &StoredFinding) -> Self {
        let Finding { rule, severity, account, summary, .. } = &stored.finding;
        Self {
            id: stored.id.to_string(),
            rule: rule.clone(),
            severity: *severity,
            provider: account.provider,
            account: account.id.clone(),
            summary: summary.clone(),
        }
    }
}

impl CoveredJson {
    fn line(&self) -> String {
        let line = format!(
            "  {}  {}  {}  {}/{}  {}",
            self.id, self.severity, self.rule, self.provider, self.account, self.summary
        );
        super::text::one_line(&line)
    }
}
