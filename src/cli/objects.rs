//! `objects`.

use clap::{Args, ValueEnum};

use super::output::{Column, Output};
use super::stream::Listing;
use super::text::count;
use super::time::{minute, optional_moment};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::json::LedgerJson;
use crate::store::{LedgerFilter, ObjectFate};

/// Arguments of `objects`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail objects                                 every object of a trail that was read or tried
  roletrail objects --fate rejected                 those that could not be read
  roletrail objects --prefix s3://trail-logs/ --since 7d
  roletrail objects --format csv > evidence.csv     with their hashes (see `roletrail ingest --sha256`)

sha256 is of the bytes as stored, sha256_uncompressed of the content: that one is in CloudTrail's digest files.")]
pub struct ObjectsArgs {
    /// Only those whose names begin so
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// Only those that ended so
    #[arg(long, value_enum)]
    fate: Option<Fate>,
    /// Read at or after that time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Read before that time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

/// How an object ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fate {
    /// Read to its end
    Read,
    /// No log
    Skipped,
    /// Could not be read
    Rejected,
}

impl From<Fate> for ObjectFate {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Read => Self::Read,
            Fate::Skipped => Self::Skipped,
            Fate::Rejected => Self::Rejected,
        }
    }
}

/// Prints the ledger, in the order of names.
///
/// # Errors
/// [`Failure`] when the history cannot be read or the output not written.
pub fn run(boot: &Boot, output: Output, arguments: &ObjectsArgs) -> Result<Exit, Failure> {
    let now = boot.now();
    let filter = LedgerFilter {
        prefix: arguments.prefix.clone().unwrap_or_default(),
        fate: arguments.fate.map(Into::into),
        since: optional_moment("--since", arguments.since.as_deref(), now)?,
        until: optional_moment("--until", arguments.until.as_deref(), now)?,
        limit: arguments.limit,
    };
    let store = boot.store_for_reading()?;
    let columns = columns();
    let empty = "no object of a trail was read, as far as the history knows";
    let listing = Listing { columns: &columns, empty, first: "first", limit: filter.limit };
    listing.print(output, |limit, take| {
        let filter = LedgerFilter { limit, ..filter };
        store.ledger(&filter, &mut |row| take(row.into())).map_err(Failure::from)
    })?;
    Ok(Exit::Done)
}

fn columns<'a>() -> Vec<Column<'a, LedgerJson>> {
    vec![
        Column { title: "object", cell: &|row| row.object.clone() },
        Column { title: "size", cell: &|row| row.size.to_string() },
        Column { title: "fate", cell: &|row| row.fate.to_owned() },
        Column { title: "records", cell: &|row| count(row.records.read) },
        Column { title: "kept", cell: &|row| row.records.kept.to_string() },
        Column { title: "rejected", cell: &|row| row.records.rejected.to_string() },
        Column { title: "sha-256", cell: &|row| row.sha256.clone().unwrap_or_default() },
        Column { title: "read at", cell: &|row| minute(&row.read_at) },
    ]
}
