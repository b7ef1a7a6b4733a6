//! `db`: the history's database.

use clap::{Args, Subcommand};

use super::output::Output;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::store::{Access, StoreStatus};

/// Arguments of `db`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  roletrail db status\n  roletrail db migrate")]
pub struct DbArgs {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Debug, Subcommand)]
enum DbCommand {
    /// Show schema version, size and contents
    Status,
    /// Bring the schema up to this version's (every writing command does so as well)
    Migrate,
}

/// Looks after the database.
///
/// # Errors
/// [`Failure`] when it cannot be used.
pub fn run(boot: &Boot, output: Output, arguments: &DbArgs) -> Result<Exit, Failure> {
    let store = match arguments.command {
        DbCommand::Status => boot.store_for_reading()?,
        DbCommand::Migrate => boot.open(&boot.settings()?, Access::Write("db migrate"))?,
    };
    let status = store.status()?;
    output.object(&status, || describe(&status))?;
    Ok(Exit::Done)
}

fn describe(status: &StoreStatus) -> String {
    let mut text = format!(
        "file     {}\nschema   version {} (this roletrail knows {})\nsize     {} bytes, write-ahead log {} bytes\n",
        status.path.display(),
        status.schema_version,
        status.newest_known,
        status.size_bytes,
        status.wal_bytes
    );
    if let Some((first, last)) = status.events {
        text += &format!("events   {first} to {last}\n");
    }
    if let Some((kind, ended)) = &status.last_run {
        let ended = ended.map_or_else(|| "not ended".to_owned(), |time| format!("ended {time}"));
        text += &format!("last run {kind}, {ended}\n");
    }
    for (table, rows) in &status.rows {
        text += &format!("rows     {rows:>10} {table}\n");
    }
    text
}
