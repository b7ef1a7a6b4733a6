//! CSV as RFC 4180 has it, for commands and reports alike, with cells that no spreadsheet takes for a formula.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::visible::{json, lines};

/// Writes rows as CSV, the header before the first.
pub struct CsvWriter<W: Write> {
    writer: csv::Writer<W>,
    columns: Option<Vec<String>>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer that ends lines as RFC 4180 says. Its columns are the members of the first row.
    pub fn new(out: W) -> Self {
        let writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        Self { writer, columns: None }
    }

    /// A writer whose columns are told, so that the header is there even where no row is.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn with_columns<'a>(out: W, columns: impl IntoIterator<Item = &'a str>) -> io::Result<Self> {
        let mut writer = Self::new(out);
        writer.begin(columns.into_iter().map(str::to_owned).collect())?;
        Ok(writer)
    }

    /// Writes one row, a member of the object for each column; nested values are compact JSON in their cell.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn row<T: Serialize>(&mut self, row: &T) -> io::Result<()> {
        let Value::Object(members) = serde_json::to_value(row)? else { return Ok(()) };
        if self.columns.is_none() {
            self.begin(members.keys().cloned().collect())?;
        }
        let columns = self.columns.iter().flatten();
        let cells: Vec<_> = columns.map(|name| cell(members.get(name).unwrap_or(&Value::Null))).collect();
        self.writer.write_record(cells).map_err(cause)
    }

    /// Writes one row of cells, as many as there are columns.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn cells(&mut self, cells: &[Value]) -> io::Result<()> {
        self.writer.write_record(cells.iter().map(cell)).map_err(cause)
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn begin(&mut self, columns: Vec<String>) -> io::Result<()> {
        let header = columns.iter().map(|name| cell(&Value::from(name.as_str())));
        self.writer.write_record(header).map_err(cause)?;
        self.columns = Some(columns);
        Ok(())
    }
}

/// The writer's own error: a reader that went away must be told from a failure.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A cell. A text that a spreadsheet would take for a formula gets an apostrophe before it, and characters that RFC
/// 4180 has no room for, or that a reader cannot see, become visible; a number stays a number.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        Value::Array(_) | Value::Object(_) => json(&value.to_string()),
        number_or_bool => number_or_bool.to_string(),
    }
}

fn harmless(text: &str) -> String {
    let shown = lines(text);
    if begins_like_formula(text) { format!("'{shown}") } else { shown }
}

/// OWASP's list for CSV injection, and the full-width forms that spreadsheets take for the same. Some drop white space
/// before they look.
fn begins_like_formula(text: &str) -> bool {
    let word = text.trim_start_matches(|first: char| first.is_whitespace() || first == '\0');
    let dropped = &text[..text.len() - word.len()];
    dropped.contains(['\t', '\r', '\n', '\0']) || word.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The field of a line of one cell, read as strictly as RFC 4180 allows, and the rest after its line end.
    fn read(line: &str) -> String {
        let field = line.strip_suffix("\r\n").expect("a line ends in CR and LF");
        let Some(quoted) = field.strip_prefix('"') else {
            assert!(!field.contains(['"', ',', '\r', '\n']), "{field:?} wants quotes");
            return field.to_owned();
        };
        let inner = quoted.strip_suffix('"').expect("a closing quote");
        assert!(!inner.replace("\"\"", "").contains('"'), "{inner:?} has a bare quote");
        inner.replace("\"\"", "\"")
    }

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        let mut writer = CsvWriter::with_columns(&mut out, ["cell"]).expect("memory");
        writer.cells(&[Value::from(text)]).expect("memory");
        writer.finish().expect("memory");
        let out = String::from_utf8(out).expect("UTF-8");
        read(out.strip_prefix("cell\r\n").expect("a header"))
    }

    #[test]
    fn formulas_become_text_and_nothing_else_changes() {
        for formula in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "  =1", "\u{a0}=1", "\u{a0}\t1"]
        {
            assert_eq!(cell(&Value::from(formula)), format!("'{formula}"));
        }
        assert_eq!(cell(&Value::from("\0=1")), "'\\u{0}=1");
        assert_eq!(cell(&Value::from("a=b")), "a=b");
        assert_eq!(cell(&Value::from(-3)), "-3");
        assert_eq!(cell(&Value::Null), "");
        assert_eq!(cell(&serde_json::json!(["\u{202e}\0"])), r#"["\u202e\u0000"]"#);
    }

    #[test]
    fn a_header_stands_over_no_rows() {
        let mut out = Vec::new();
        CsvWriter::with_columns(&mut out, ["a", "b"]).expect("memory").finish().expect("memory");
        assert_eq!(out, b"a,b\r\n");
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_what_it_was_made(text in any::<String>()) {
            let read = written(&text);
            prop_assert_eq!(&read, &harmless(&text));
            prop_assert_eq!(read.strip_prefix('\'').unwrap_or(&read), lines(text.strip_prefix('\'').unwrap_or(&text)));
        }

        #[test]
        fn no_text_begins_like_a_formula(space in "[ \u{a0}\t]{0,2}", sign in "[=+@\t\r\n\0＝＋－＠-]", rest in any::<String>()) {
            let cell = written(&format!("{space}{sign}{rest}"));
            prop_assert!(cell.starts_with('\''));
        }
    }
}
