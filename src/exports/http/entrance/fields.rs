//! Reads sections of the web configuration key by key, so that every problem is found and has its place.

use std::cell::RefCell;
use std::path::Path;

use super::yaml::{At, Flaw, Key, Node, Value};
use crate::config::{Place, Problem, nearest};

/// Problems of one file, as they are found.
pub(super) struct Report<'a> {
    file: &'a Path,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a Path) -> Self {
        Self { file, problems: RefCell::default() }
    }

    /// What was found, in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
        problems
    }

    pub(super) fn add(&self, at: At, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        let place = Some(self.place(at));
        self.problems.borrow_mut().push(Problem { place, ..Problem::new(key, message, remedy) });
    }

    pub(super) fn add_flaw(&self, flaw: Flaw) {
        self.add(flaw.at, "", flaw.message, flaw.remedy);
    }

    pub(super) fn place(&self, at: At) -> Place {
        Place { file: self.file.to_owned(), line: at.line, column: at.column }
    }
}

/// A section. Keys that were not asked for are unknown when it is finished.
pub(super) struct Fields<'a> {
    pub(super) report: &'a Report<'a>,
    path: &'static str,
    /// Where the section begins.
    pub(super) at: At,
    entries: &'a [(Key, Node)],
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The section at `node`; nothing there is an empty one.
    pub(super) fn new(report: &'a Report<'a>, path: &'static str, node: &'a Node) -> Self {
        let entries: &[_] = match &node.value {
            Value::Map(entries) => entries,
            Value::Nothing => &[],
            other => {
                report.add(node.at, path, format!("is {} where keys are expected", found(other)), "write key: value");
                &[]
            }
        };
        Self { report, path, at: node.at, entries, known: Vec::new() }
    }

    /// Whether it says anything at all.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.iter().all(|(_, node)| matches!(node.value, Value::Nothing))
    }

    /// The value of `key`, where there is something.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        let entry = self.entries.iter().find(|(other, _)| other.name == key);
        entry.map(|(_, node)| node).filter(|node| !matches!(node.value, Value::Nothing))
    }

    /// The section `key` below this one, which is the file as a whole.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Fields<'a>> {
        let node = self.take(key)?;
        Some(Fields::new(self.report, key, node))
    }

    /// A text that is not empty; as in the toolkit an empty one is the same as none.
    pub(super) fn text(&mut self, key: &'static str) -> Option<(At, &'a str)> {
        let node = self.take(key)?;
        let text = self.text_of(&self.path_of(key), node)?;
        (!text.is_empty()).then_some((node.at, text))
    }

    /// `true` or `false`, in any of YAML's spellings.
    pub(super) fn switch(&mut self, key: &'static str, default: bool) -> bool {
        let Some(node) = self.take(key) else { return default };
        let Value::Text { text, plain: true } = &node.value else {
            self.wrong(key, node, "true or false, without quotes");
            return default;
        };
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => true,
            "false" | "no" | "off" | "n" => false,
            _ => {
                self.wrong(key, node, "true or false, without quotes");
                default
            }
        }
    }

    /// Texts, each with its place.
    pub(super) fn list(&mut self, key: &'static str) -> Option<Vec<(At, &'a str)>> {
        let node = self.take(key)?;
        let Value::List(items) = &node.value else {
            self.wrong(key, node, "a list: a line `- value` for each");
            return None;
        };
        let path = self.path_of(key);
        Some(items.iter().filter_map(|item| Some((item.at, self.text_of(&path, item)?))).collect())
    }

    /// Texts by names that the user chose. Nothing is an empty text.
    pub(super) fn map(&mut self, key: &'static str) -> Vec<(&'a Key, &'a str)> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let Value::Map(entries) = &node.value else {
            self.wrong(key, node, "a name and a value in each line: `name: value`");
            return Vec::new();
        };
        let path = self.path_of(key);
        let text = |key: &Key, node: &'a Node| match &node.value {
            Value::Nothing => Some(""),
            _ => self.text_of(&format!("{path}.{}", key.name), node),
        };
        entries.iter().filter_map(|(key, node)| Some((key, text(key, node)?))).collect()
    }

    /// Reports what is wrong with `key` at a place.
    pub(super) fn problem(&self, at: At, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        self.report.add(at, &self.path_of(key), message, remedy);
    }

    /// Reports a value that cannot be used.
    pub(super) fn wrong(&self, key: &str, node: &Node, expected: &str) {
        self.problem(node.at, key, format!("{} cannot be used", found(&node.value)), format!("give {expected}"));
    }

    /// Reports keys that nobody asked for.
    pub(super) fn finish(self) {
        for (key, _) in self.entries {
            if !self.known.contains(&key.name.as_str()) {
                let near = nearest(&key.name, &self.known).unwrap_or_default();
                let remedy = format!("did you mean {near:?}? Known here: {}", self.known.join(", "));
                self.problem(key.at, &key.name, "unknown key", remedy);
            }
        }
    }

    fn text_of(&self, path: &str, node: &'a Node) -> Option<&'a str> {
        if let Value::Text { text, .. } = &node.value {
            return Some(text);
        }
        let message = format!("{} cannot be used", found(&node.value));
        self.report.add(node.at, path, message, "give a text");
        None
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// A value in words. Texts are not shown: they may be secrets in the wrong place.
fn found(value: &Value) -> &'static str {
    match value {
        Value::Nothing => "nothing",
        Value::Text { plain: true, .. } => "this text",
        Value::Text { plain: false, .. } => "this text in quotes",
        Value::List(_) => "a list",
        Value::Map(_) => "a section",
    }
}
