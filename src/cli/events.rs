//! `events`.

use std::io::{self, Write};

use clap::Args;

use super::history::HistoryArgs;
use super::output::{Column, CsvWriter, Format, Output, ndjson_line};
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
    match output.format() {
        Format::Table => table(&store, output, &filter)?,
        Format::Json => stream(&store, &filter, &mut JsonArray::default(), arguments.raw)?,
        Format::Ndjson => stream(&store, &filter, &mut Lines, arguments.raw)?,
        Format::Csv => stream(&store, &filter, &mut Cells(CsvWriter::new(io::stdout().lock())), arguments.raw)?,
    }
    Ok(Exit::Done)
}

/// Takes events one at a time, so that a history of any size can be printed.
trait EventPrinter {
    fn event(&mut self, event: &EventJson) -> io::Result<()>;
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn stream(store: &Store, filter: &HistoryFilter, printer: &mut dyn EventPrinter, raw: bool) -> Result<(), Failure> {
    let mut written = Ok(());
    store.events(filter, &mut |row| {
        written = printer.event(&EventJson::new(row, raw));
        written.is_ok()
    })?;
    written?;
    Ok(printer.end()?)
}

#[derive(Default)]
struct JsonArray {
    begun: bool,
}

impl EventPrinter for JsonArray {
    fn event(&mut self, event: &EventJson) -> io::Result<()> {
        let mut out = io::stdout().lock();
        write!(out, "{}", if self.begun { ",\n" } else { "[\n" })?;
        self.begun = true;
        Ok(serde_json::to_writer(out, event)?)
    }

    fn end(&mut self) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{}", if self.begun { "\n]" } else { "[]" })
    }
}

struct Lines;

impl EventPrinter for Lines {
    fn event(&mut self, event: &EventJson) -> io::Result<()> {
        ndjson_line(&mut io::stdout().lock(), event)
    }
}

struct Cells<W: Write>(CsvWriter<W>);

impl<W: Write> EventPrinter for Cells<W> {
    fn event(&mut self, event: &EventJson) -> io::Result<()> {
        self.0.row(event)
    }
}

/// Rows of a table that is not limited by the user; a terminal shows no more at a time anyway.
const TABLE_LIMIT: u64 = 200;

fn table(store: &Store, output: Output, filter: &HistoryFilter) -> Result<(), Failure> {
    let limit = filter.limit.unwrap_or(TABLE_LIMIT);
    let filter = HistoryFilter { limit: Some(limit.saturating_add(1)), ..filter.clone() };
    let mut rows = Vec::new();
    store.events(&filter, &mut |row| {
        rows.push(EventJson::new(row, false));
        true
    })?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    output.rows(&rows, &columns(), "no event concerns a watched role or store, as far as the history knows")?;
    if more {
        eprintln!("the newest {limit} of more; --limit N shows others, --format ndjson all of them");
    }
    Ok(())
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
