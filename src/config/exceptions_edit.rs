//! Changes of the text of a file of exceptions. Whatever else stands in it, comments and order included, stays as it is.

use std::ops::Range;

use toml_edit::{Document, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use crate::model::ExceptionScope;

/// An exception to be written; times as the file has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewException {
    /// Its name.
    pub id: String,
    /// What it covers.
    pub scope: ExceptionScope,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Where it was decided.
    pub ticket: String,
    /// Its first day.
    pub created: String,
    /// Its last day.
    pub expires: String,
    /// Who approved it.
    pub approver: Option<String>,
    /// What stands in for the control meanwhile.
    pub compensating_control: Option<String>,
}

/// Why the text was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is no TOML.
    #[error("the file cannot be read as TOML: {0}")]
    Syntax(String),
    /// `exception` is something else than a list.
    #[error("`exception` is no list; write [[exception]]")]
    NoList,
    /// No exception has that id.
    #[error("no exception has the id {0:?}")]
    Unknown(String),
}

const KEY: &str = "exception";

/// The text with one more exception at its end.
///
/// # Errors
/// [`EditError`] when the text is none of exceptions.
pub fn add_exception(text: &str, new: &NewException) -> Result<String, EditError> {
    match document(text)?.get(KEY) {
        None | Some(Item::ArrayOfTables(_)) => Ok(appended(text, new)),
        Some(Item::Value(Value::Array(_))) => inline(text, new),
        Some(_) => Err(EditError::NoList),
    }
}

/// Nothing that is there is written anew.
fn appended(text: &str, new: &NewException) -> String {
    let mut table = Table::new();
    new.members().into_iter().for_each(|(key, text)| table[key] = value(text));
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let blank = if text.is_empty() { "" } else { "\n" };
    format!("{text}{end}{blank}[[{KEY}]]\n{table}")
}

fn inline(text: &str, new: &NewException) -> Result<String, EditError> {
    let mut document: DocumentMut = text.parse().map_err(syntax)?;
    if let Some(list) = document.get_mut(KEY).and_then(Item::as_array_mut) {
        list.push(new.members().into_iter().collect::<InlineTable>());
    }
    Ok(document.to_string())
}

/// The text with the exception `id` ending at `at`.
///
/// # Errors
/// [`EditError`] when there is no such exception.
pub fn end_exception(text: &str, id: &str, at: &str) -> Result<String, EditError> {
    let document = document(text)?;
    let place = match document.get(KEY) {
        Some(Item::ArrayOfTables(list)) => list.iter().find_map(|table| expiry_of(table, id)),
        Some(Item::Value(Value::Array(list))) => {
            list.iter().filter_map(Value::as_inline_table).find_map(|table| expiry_of(table, id))
        }
        _ => None,
    };
    let place = place.ok_or_else(|| EditError::Unknown(id.to_owned()))?;
    Ok(format!("{}{}{}", &text[..place.start], Value::from(at), &text[place.end..]))
}

/// Where the expiry of the exception `id` stands, if the table is that one.
fn expiry_of(table: &dyn TableLike, id: &str) -> Option<Range<usize>> {
    let is_it = table.get("id").and_then(Item::as_str) == Some(id);
    table.get("expires").filter(|_| is_it)?.span()
}

fn document(text: &str) -> Result<Document<&str>, EditError> {
    Document::parse(text).map_err(syntax)
}

#[allow(clippy::needless_pass_by_value, reason = "an error is given away")]
fn syntax(error: toml_edit::TomlError) -> EditError {
    EditError::Syntax(error.to_string())
}

impl NewException {
    fn members(&self) -> Vec<(&'static str, String)> {
        let scope = &self.scope;
        let part = |part: &Option<crate::model::Pattern>| part.as_ref().map(ToString::to_string);
        let text = |text: &String| Some(text.clone());
        let members = [
            ("id", text(&self.id)),
            ("finding", scope.finding.clone()),
            ("rule", part(&scope.rule)),
            ("provider", part(&scope.provider)),
            ("account", part(&scope.account)),
            ("region", part(&scope.region)),
            ("profile", part(&scope.profile)),
            ("store", part(&scope.store)),
            ("actor", part(&scope.actor)),
            ("outcome", part(&scope.outcome)),
            ("owner", text(&self.owner)),
            ("reason", text(&self.reason)),
            ("ticket", text(&self.ticket)),
            ("created", text(&self.created)),
            ("expires", text(&self.expires)),
            ("approver", self.approver.clone()),
            ("compensating_control", self.compensating_control.clone()),
        ];
        members.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()
    }
}
