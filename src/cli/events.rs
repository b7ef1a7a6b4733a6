//! `events`.

use clap::Args;

use super::history::HistoryArgs;
use super::output::{Column, Output};
use super::stream::Listing;
use super::time::minute;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::json::{EventJson, RejectJson};
use crate::store::{HistoryFilter, Store};

/// Arguments of `events`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail events --account 111122223333 --since 7d
  roletrail events --format ndjson --raw > evidence.ndjson
  roletrail events --rejected                        records that could not be read, and why")]
pub struct EventsArgs {
    #[command(flatten)]
    history: HistoryArgs,
    /// With the record itself, credentials removed
    #[arg(long)]
    raw: bool,
    /// List what could not be read instead
    #[arg(long)]
    rejected: bool,
}

/// Prints events, newest first.
///
/// # Errors
/// [`Failure`] when the history cannot be read or the output not written.
pub fn run(boot: &Boot, output: Output, arguments: &EventsArgs) -> Result<Exit, Failure> {
    let filter = arguments.history.filter(boot)?;
    let store = boot.store_for_reading()?;
    if arguments.rejected {
        return rejected(&store, output, &filter);
    }
    let columns = columns();
    let listing = Listing {
        columns: &columns,
        empty: "no event concerns a watched role or store, as far as the history knows",
        first: "newest",
        limit: filter.limit,
    };
    listing.print(output, |limit, take| {
        let filter = HistoryFilter { limit, ..filter };
        store.events(&filter, &mut |row| take(EventJson::new(row, arguments.raw))).map_err(Failure::from)
    })?;
    Ok(Exit::Done)
}

fn columns<'a>() -> Vec<Column<'a, EventJson>> {
    vec![
        Column { title: "time", cell: &|row| minute(&row.event_time) },
        Column { title: "account", cell: &|row| format!("{}/{}", row.provider, row.account) },
        Column { title: "region", cell: &|row| row.region.clone().unwrap_or_default() },
        Column { title: "name", cell: &|row| row.name.clone() },
        Column { title: "outcome", cell: &outcome },
        Column { title: "actor", cell: &actor },
        Column { title: "store", cell: &|row| row.store.clone().unwrap_or_default() },
        Column { title: "event", cell: &|row| row.event_id.clone() },
    ]
}

fn outcome(row: &EventJson) -> String {
    row.error_code.as_ref().map_or_else(|| row.outcome.to_string(), |code| format!("{} ({code})", row.outcome))
}

fn actor(row: &EventJson) -> String {
    let actor = &row.actor;
    let named = actor.arn.as_ref().or(actor.invoked_by.as_ref()).or(actor.account.as_ref());
    named.cloned().unwrap_or_default()
}

fn rejected(store: &Store, output: Output, filter: &HistoryFilter) -> Result<Exit, Failure> {
    let rows: Vec<RejectJson> = store.rejects(filter)?.iter().map(Into::into).collect();
    let columns = [
        Column { title: "object", cell: &|row: &RejectJson| row.object.clone() },
        Column { title: "record", cell: &|row: &RejectJson| row.record.map_or("all".to_owned(), |n| n.to_string()) },
        Column { title: "offset", cell: &|row: &RejectJson| row.offset.map_or_else(String::new, |n| n.to_string()) },
        Column { title: "reason", cell: &|row: &RejectJson| row.reason.clone() },
    ];
    output.rows(&rows, &columns, "nothing was rejected")?;
    Ok(Exit::Done)
}
