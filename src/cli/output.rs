//! Printing rows: a table for people, JSON, newline-delimited JSON or CSV for programs.

use std::io::{self, IsTerminal, Write};

use comfy_table::{Attribute, Cell, ColumnConstraint, ContentArrangement, Table, presets};
use serde::Serialize;

use super::Failure;
use super::text::one_line;
use crate::exports::csv::CsvWriter;

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    Table,
    /// One JSON value.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// RFC 4180, with cells that a spreadsheet would take for formulas made harmless.
    Csv,
}

/// Every value that `--format` has with some command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum AnyFormat {
    /// [`Format::Table`].
    Table,
    /// [`Format::Json`]; of a policy, the document itself.
    Json,
    /// [`Format::Ndjson`].
    Ndjson,
    /// [`Format::Csv`].
    Csv,
    /// A policy for Terraform.
    #[value(hide = true)]
    Terraform,
    /// A policy for `CloudFormation`.
    #[value(hide = true)]
    Cloudformation,
    /// A report as a page.
    #[value(hide = true)]
    Html,
    /// A report as a document.
    #[value(hide = true)]
    Pdf,
    /// A report's findings in OCSF.
    #[value(hide = true)]
    Ocsf,
    /// A report's findings for AWS Security Hub.
    #[value(hide = true)]
    Asff,
    /// A report's findings as SARIF results.
    #[value(hide = true)]
    Sarif,
    /// A report as OSCAL assessment results.
    #[value(hide = true)]
    Oscal,
}

impl AnyFormat {
    /// The format of rows.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a format that rows do not have.
    pub fn of_rows(self) -> Result<Format, Failure> {
        match self {
            Self::Table => Ok(Format::Table),
            Self::Json => Ok(Format::Json),
            Self::Ndjson => Ok(Format::Ndjson),
            Self::Csv => Ok(Format::Csv),
            Self::Terraform | Self::Cloudformation => Err(Failure::usage(
                "only `roletrail policy` has that format; this command prints table, json, ndjson or csv",
            )),
            Self::Html | Self::Pdf | Self::Ocsf | Self::Asff | Self::Sarif | Self::Oscal => Err(Failure::usage(
                "only `roletrail report` has that format; this command prints table, json, ndjson or csv",
            )),
        }
    }
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A column of a table: its title and how to fill a cell.
pub struct Column<'a, T> {
    /// Title.
    pub title: &'a str,
    /// The cell's text.
    pub cell: &'a dyn Fn(&T) -> String,
}

/// Where and how a command prints its data. Everything that is no data goes to standard error.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
    color: bool,
}

impl Output {
    /// The output that was asked for; without a format, a table on a terminal and JSON in a pipe.
    #[must_use]
    pub fn new(format: Option<Format>, color: ColorChoice, no_color: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            format: format.unwrap_or(if terminal { Format::Table } else { Format::Json }),
            color: match color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => terminal && !no_color,
            },
        }
    }

    /// The format.
    #[must_use]
    pub fn format(self) -> Format {
        self.format
    }

    /// Whether people read it.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        self.format == Format::Table
    }

    /// Prints a list of rows.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn rows<T: Serialize>(self, rows: &[T], columns: &[Column<'_, T>], empty: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match self.format {
            Format::Table if rows.is_empty() => writeln!(out, "{empty}"),
            Format::Table => writeln!(out, "{}", self.table(rows, columns)),
            Format::Json => json(&mut out, &rows),
            Format::Ndjson => rows.iter().try_for_each(|row| ndjson_line(&mut out, row)),
            Format::Csv => csv_rows(&mut out, rows),
        }
    }

    /// Prints one object; `table` gives its form for people.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn object<T: Serialize>(self, value: &T, table: impl FnOnce() -> String) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match self.format {
            Format::Table => writeln!(out, "{}", table().trim_end()),
            Format::Json => json(&mut out, value),
            Format::Ndjson => ndjson_line(&mut out, value),
            Format::Csv => csv_rows(&mut out, std::slice::from_ref(value)),
        }
    }

    /// Prints a sentence for people; in every other format it is left out.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn sentence(self, text: &str) -> io::Result<()> {
        if self.format == Format::Table { writeln!(io::stdout().lock(), "{text}") } else { Ok(()) }
    }

    /// A table of rows: columns keep their words whole as far as the terminal has room, the uneven ones wrap first.
    #[must_use]
    pub fn table<T>(self, rows: &[T], columns: &[Column<'_, T>]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        // A terminal that does not know its size says that it has none.
        if !io::stdout().is_terminal() || table.width().is_some_and(|width| width < NARROWEST) {
            table.set_width(PIPE_WIDTH);
        }
        table.set_header(columns.iter().map(|column| self.heading(column.title)));
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| columns.iter().map(|column| one_line(&(column.cell)(row))).collect()).collect();
        for row in &cells {
            table.add_row(row.iter().map(|text| self.value(text)));
        }
        let room = usize::from(table.width().unwrap_or(PIPE_WIDTH));
        let widths: Vec<_> = table.column_max_content_widths().into_iter().map(usize::from).collect();
        let whole = whole_columns(&widths, &cells, room);
        table.column_iter_mut().zip(whole).filter(|(_, whole)| *whole).for_each(|(column, _)| {
            column.set_constraint(ColumnConstraint::ContentWidth);
        });
        let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    /// A word in its colour, padded as the formatter asks for.
    #[must_use]
    pub fn colored(self, word: &str) -> impl std::fmt::Display + use<> {
        let code = match (self.color, color_of(word)) {
            (true, Some(comfy_table::Color::Red)) => Some(31),
            (true, Some(comfy_table::Color::Yellow)) => Some(33),
            (true, Some(comfy_table::Color::Green)) => Some(32),
            _ => None,
        };
        Colored { word: word.to_owned(), code }
    }

    fn heading(self, title: &str) -> Cell {
        let cell = Cell::new(title.to_uppercase());
        if self.color { cell.add_attribute(Attribute::Bold) } else { cell }
    }

    fn value(self, text: &str) -> Cell {
        let cell = Cell::new(text);
        match color_of(text) {
            Some(color) if self.color => cell.fg(color),
            _ => cell,
        }
    }
}

/// Room that a column needs beside its content.
const PADDING: usize = 2;
/// Room that a column gets at least when it has to wrap.
const NARROW: usize = 12;

/// Which columns can keep their width. The one whose cells differ most from the widest of them gives way first: most
/// of its rows will still fit.
fn whole_columns(widths: &[usize], cells: &[Vec<String>], room: usize) -> Vec<bool> {
    let mut whole = vec![true; widths.len()];
    let unevenness = |column: usize| {
        let total: usize = cells.iter().map(|row| row[column].chars().count()).sum();
        widths[column].saturating_sub(total / cells.len().max(1))
    };
    let needed = |whole: &[bool]| -> usize {
        widths.iter().zip(whole).map(|(width, whole)| if *whole { *width } else { NARROW } + PADDING).sum()
    };
    while room < needed(&whole) {
        let widest = (0..widths.len()).filter(|column| whole[*column] && NARROW < widths[*column]);
        let Some(column) = widest.max_by_key(|column| unevenness(*column)) else { break };
        whole[column] = false;
    }
    whole
}

/// Columns of a terminal in which a table can be read at all.
const NARROWEST: u16 = 20;

/// Columns of a table that goes into a pipe or file, where there is no terminal to ask.
const PIPE_WIDTH: u16 = 160;

/// A word with the terminal's code for its colour around it.
struct Colored {
    word: String,
    code: Option<u8>,
}

impl std::fmt::Display for Colored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(code) = self.code else { return f.pad(&self.word) };
        write!(f, "\u{1b}[{code}m")?;
        f.pad(&self.word)?;
        f.write_str("\u{1b}[0m")
    }
}

fn color_of(text: &str) -> Option<comfy_table::Color> {
    use comfy_table::Color;
    match text {
        "critical" | "high" | "orphaned" | "findings" | "expired" => Some(Color::Red),
        "medium" | "unknown" | "denied" | "partial" | "error" | "timed-out" | "throttled" | "expiring" | "unused" => {
            Some(Color::Yellow)
        }
        "clean" | "complete" | "active" => Some(Color::Green),
        _ => None,
    }
}

fn json<T: Serialize + ?Sized>(out: &mut impl Write, value: &T) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// One JSON value and a line feed.
///
/// # Errors
/// When the writer fails.
pub fn ndjson_line<T: Serialize + ?Sized>(out: &mut impl Write, value: &T) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

/// CSV with the members of the first row as columns; nested values are compact JSON in their cell.
fn csv_rows<T: Serialize>(out: &mut impl Write, rows: &[T]) -> io::Result<()> {
    let mut writer = CsvWriter::new(out);
    for row in rows {
        writer.row(row)?;
    }
    writer.finish()
}
