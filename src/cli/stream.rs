//! Printing rows one at a time, so that a history of any size can be printed.

use std::io::{self, Stdout, Write};

use serde::Serialize;

use super::output::{Column, Format, Output, ndjson_line};
use crate::exports::csv::CsvWriter;

/// Rows of a table that is not limited by the user; a terminal shows no more at a time anyway.
const TABLE_LIMIT: u64 = 200;

/// How a list that may be long is printed.
pub struct Listing<'a, T> {
    /// Columns of the table.
    pub columns: &'a [Column<'a, T>],
    /// What a table says that has no rows.
    pub empty: &'a str,
    /// What a table says that has not all of them, after "the" and before its number of rows.
    pub first: &'a str,
    /// How many rows the user wants at most.
    pub limit: Option<u64>,
}

impl<T: Serialize> Listing<'_, T> {
    /// Prints the rows that `walk` hands out. `walk` gets how many rows it may hand out, and what takes them; that
    /// answers whether it wants more.
    ///
    /// # Errors
    /// Those of `walk`, and when standard output cannot be written.
    pub fn print<E: From<io::Error>>(
        &self,
        output: Output,
        walk: impl FnOnce(Option<u64>, &mut dyn FnMut(T) -> bool) -> Result<(), E>,
    ) -> Result<(), E> {
        if output.format() == Format::Table {
            return self.table(output, walk);
        }
        let mut printer = Printer::new(output.format());
        let mut written = Ok(());
        walk(self.limit, &mut |row| {
            written = printer.row(&row);
            written.is_ok()
        })?;
        written?;
        Ok(printer.end()?)
    }

    fn table<E: From<io::Error>>(
        &self,
        output: Output,
        walk: impl FnOnce(Option<u64>, &mut dyn FnMut(T) -> bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let limit = self.limit.unwrap_or(TABLE_LIMIT);
        let mut rows = Vec::new();
        walk(Some(limit.saturating_add(1)), &mut |row| {
            rows.push(row);
            true
        })?;
        let more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        output.rows(&rows, self.columns, self.empty)?;
        if more {
            let first = self.first;
            eprintln!("the {first} {limit} of more; --limit N shows others, --format ndjson all of them");
        }
        Ok(())
    }
}

/// Writes rows to standard output, each as it comes.
enum Printer {
    Json { begun: bool },
    Lines,
    Cells(Box<CsvWriter<Stdout>>),
}

impl Printer {
    fn new(format: Format) -> Self {
        match format {
            Format::Csv => Self::Cells(Box::new(CsvWriter::new(io::stdout()))),
            Format::Ndjson => Self::Lines,
            Format::Json | Format::Table => Self::Json { begun: false },
        }
    }

    fn row<T: Serialize>(&mut self, row: &T) -> io::Result<()> {
        match self {
            Self::Json { begun } => {
                let mut out = io::stdout().lock();
                write!(out, "{}", if *begun { ",\n" } else { "[\n" })?;
                *begun = true;
                Ok(serde_json::to_writer(out, row)?)
            }
            Self::Lines => ndjson_line(&mut io::stdout().lock(), row),
            Self::Cells(writer) => writer.row(row),
        }
    }

    fn end(self) -> io::Result<()> {
        match self {
            Self::Json { begun } => writeln!(io::stdout().lock(), "{}", if begun { "\n]" } else { "[]" }),
            Self::Lines => Ok(()),
            Self::Cells(writer) => writer.finish(),
        }
    }
}
