//! `coverage`.

use clap::Args;

use super::history::HistoryArgs;
use super::output::{Column, Output};
use super::time::minute;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::json::CoverageJson;

/// Arguments of `coverage`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail coverage                  how every place stands now
  roletrail coverage --gaps           only what could not be read
  roletrail coverage --since 30d      with its history")]
pub struct CoverageArgs {
    #[command(flatten)]
    history: HistoryArgs,
    /// Only what could not be read
    #[arg(long)]
    gaps: bool,
}

/// Prints coverage rows.
///
/// # Errors
/// [`Failure`] when the history cannot be read.
pub fn run(boot: &Boot, output: Output, arguments: &CoverageArgs) -> Result<Exit, Failure> {
    let mut filter = arguments.history.filter(boot)?;
    if filter.since.is_none() && filter.until.is_none() {
        filter.at = filter.at.or(Some(boot.now()));
    }
    filter.gaps = arguments.gaps;
    let rows: Vec<CoverageJson> = boot.store_for_reading()?.coverage(&filter)?.iter().map(Into::into).collect();
    let columns = [
        Column { title: "outcome", cell: &|row: &CoverageJson| row.outcome.to_string() },
        Column { title: "account", cell: &account },
        Column { title: "region", cell: &|row: &CoverageJson| row.region.clone().unwrap_or_default() },
        Column { title: "api", cell: &|row: &CoverageJson| row.api.clone() },
        Column { title: "about", cell: &|row: &CoverageJson| row.subject.clone().unwrap_or_default() },
        Column { title: "from", cell: &|row: &CoverageJson| minute(&row.from) },
        Column { title: "to", cell: &|row: &CoverageJson| minute(&row.to) },
        Column { title: "detail", cell: &|row: &CoverageJson| row.detail.clone() },
    ];
    let empty = if arguments.gaps { "nothing is missing" } else { "nothing was collected yet" };
    output.rows(&rows, &columns, empty)?;
    Ok(Exit::Done)
}

fn account(row: &CoverageJson) -> String {
    format!("{}/{}", row.provider, row.account.as_deref().unwrap_or("any"))
}
