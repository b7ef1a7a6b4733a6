//! Reads sections of a TOML document key by key, so that every problem is found and every origin is known.
//!
//! Deserialising the whole document would stop at its first error and forget where a value stood.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem};
use super::value::{Leaf, Period, found};

/// A document while it is read.
pub(super) struct Document<'a> {
    file: &'a Path,
    /// What relative paths in the file are relative to.
    base: &'a Path,
    text: &'a str,
    /// What to do about broken syntax.
    syntax_remedy: &'static str,
    report: RefCell<Report>,
}

/// What reading a document leaves besides the settings.
#[derive(Default)]
pub(super) struct Report {
    pub(super) problems: Vec<Problem>,
    /// Where each setting stands that the file holds.
    pub(super) origins: BTreeMap<String, Place>,
}

impl<'a> Document<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        let base = file.parent().unwrap_or(Path::new(""));
        let syntax_remedy = "see the form at https://toml.io, or begin again with `roletrail config init`";
        Self { file, base, text, syntax_remedy, report: RefCell::default() }
    }

    /// The same with another remedy for broken syntax.
    pub(super) fn with_syntax_remedy(self, syntax_remedy: &'static str) -> Self {
        Self { syntax_remedy, ..self }
    }

    /// Reads the document with `read`; with broken syntax nothing but the syntax is reported, because every
    /// value behind the break may be a wrong one.
    pub(super) fn read<T: Default>(self, read: impl FnOnce(&mut Section<'_, '_>) -> T) -> (T, Report) {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            self.report_syntax(error);
        }
        let mut settings = T::default();
        if errors.is_empty() {
            let mut section = Section::new(&self, String::new(), root.get_ref(), root.span());
            settings = read(&mut section);
            section.finish();
        }
        let mut report = self.report.into_inner();
        report.problems.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
        (settings, report)
    }

    fn report_syntax(&self, error: &toml::de::Error) {
        let place = self.place(error.span().map_or(0, |span| span.start));
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        let problem = Problem { place: Some(place), ..Problem::new("", message, self.syntax_remedy) };
        self.report.borrow_mut().problems.push(problem);
    }

    fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        Place { file: self.file.to_owned(), line, column: before[line_start..].chars().count() + 1 }
    }
}

/// A table of the document. Keys that were not asked for are unknown when the section is finished.
pub(super) struct Section<'a, 'i> {
    document: &'a Document<'a>,
    path: String,
    table: &'a DeTable<'i>,
    span: Range<usize>,
    known: Vec<&'static str>,
}

impl<'a, 'i> Section<'a, 'i> {
    fn new(document: &'a Document<'a>, path: String, table: &'a DeTable<'i>, span: Range<usize>) -> Self {
        Self { document, path, table, span, known: Vec::new() }
    }

    /// The value of `key`, or `default` where it is absent or wrong.
    pub(super) fn value<T: Leaf>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// The value of `key`, if there is one.
    pub(super) fn optional<T: Leaf>(&mut self, key: &'static str) -> Option<T> {
        let value = self.take(key)?;
        self.leaf(&self.path_of(key), value)
    }

    /// The value of `key`, without which the section means nothing.
    pub(super) fn required<T: Leaf + Default>(&mut self, key: &'static str) -> T {
        if !self.table.contains_key(key) {
            self.known.push(key);
            self.problem(key, "is missing", format!("give {}", T::EXPECTED));
            return T::default();
        }
        self.optional(key).unwrap_or_default()
    }

    /// A whole number within `range`.
    pub(super) fn number(&mut self, key: &'static str, default: u64, range: RangeInclusive<u64>) -> u64 {
        self.optional_number(key, range).unwrap_or(default)
    }

    /// A whole number within `range`, if there is one.
    pub(super) fn optional_number(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let number = self.optional(key)?;
        if range.contains(&number) {
            return Some(number);
        }
        let remedy = format!("give a number from {} to {}", range.start(), range.end());
        self.problem(key, format!("{number} is out of range"), remedy);
        None
    }

    /// A period of more than nothing.
    pub(super) fn positive(&mut self, key: &'static str, default: Period) -> Period {
        let period = self.value(key, default);
        if period.is_zero() {
            self.problem(key, "is zero", format!("give {} above zero", Period::EXPECTED));
        }
        period
    }

    /// The section `key` below this one; an absent one reads as an empty one.
    pub(super) fn section<T: Default>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> T {
        let Some(value) = self.take(key) else { return T::default() };
        let path = self.path_of(key);
        self.subsection(path, value, read).unwrap_or_default()
    }

    /// The sections `[[key]]` below this one.
    pub(super) fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Section<'_, '_>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            let message = format!("is {} where a list of sections is expected", found(value.get_ref()));
            self.problem(key, message, format!("write [[{}]]", self.path_of(key)));
            return Vec::new();
        };
        let paths = items.iter().enumerate().map(|(index, item)| (format!("{}[{index}]", self.path_of(key)), item));
        paths.filter_map(|(path, item)| self.subsection(path, item, &mut read)).collect()
    }

    /// A table from names that the user chose to values of one kind.
    pub(super) fn map<T: Leaf>(&mut self, key: &'static str) -> BTreeMap<String, T> {
        let Some(value) = self.take(key) else { return BTreeMap::new() };
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("is {} where a table is expected", found(value.get_ref()));
            self.problem(key, message, format!("write [{}]", self.path_of(key)));
            return BTreeMap::new();
        };
        let path = self.path_of(key);
        let entries = table.iter().filter_map(|(name, value)| {
            let name = name.get_ref().as_ref();
            Some((name.to_owned(), self.leaf(&format!("{path}.{name}"), value)?))
        });
        entries.collect()
    }

    /// Whether `key` is there, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The section's own key, such as `exception[0]`.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Reports what is wrong with `key` beyond its own form, at its place or at that of the section.
    pub(super) fn problem(&self, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        let offset = self.table.get(key).map_or(self.span.start, |value| value.span().start);
        self.report(&self.path_of(key), offset, message.into(), remedy.into());
    }

    /// What relative paths in the file are relative to.
    pub(super) fn base(&self) -> &Path {
        self.document.base
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.table.get(key)
    }

    fn leaf<T: Leaf>(&self, path: &str, value: &Spanned<DeValue<'_>>) -> Option<T> {
        let place = self.document.place(value.span().start);
        self.document.report.borrow_mut().origins.insert(path.to_owned(), place);
        match T::read(value.get_ref(), self.document.base) {
            Ok(leaf) => Some(leaf),
            Err(message) => {
                self.report(path, value.span().start, message, format!("give {}", T::EXPECTED));
                None
            }
        }
    }

    fn subsection<T>(
        &self,
        path: String,
        value: &Spanned<DeValue<'_>>,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("is {} where a section is expected", found(value.get_ref()));
            self.report(&path, value.span().start, message, format!("write [{path}] with its keys below"));
            return None;
        };
        let mut section = Section::new(self.document, path, table, value.span());
        let result = read(&mut section);
        section.finish();
        Some(result)
    }

    fn finish(self) {
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !self.known.contains(&name) {
                let known = self.known.join(", ");
                let remedy = match nearest(name, &self.known) {
                    Some(near) => format!("did you mean {near:?}? Known here: {known}"),
                    None => "remove it".to_owned(),
                };
                self.report(&self.path_of(name), key.span().start, "unknown key".to_owned(), remedy);
            }
        }
    }

    fn report(&self, path: &str, offset: usize, message: String, remedy: String) {
        let place = Some(self.document.place(offset));
        let problem = Problem { place, ..Problem::new(path, message, remedy) };
        self.document.report.borrow_mut().problems.push(problem);
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// The known word that looks most like `word`.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known.iter().copied().min_by_key(|candidate| strsim::damerau_levenshtein(word, candidate))
}
