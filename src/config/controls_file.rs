//! A file of controls: `[[control]]` with framework, version, id, what is supported, and by which rules.

use std::path::Path;

use toml::de::DeValue;

use super::problem::{ConfigError, Problem};
use super::reader::{Document, Section, nearest};
use super::value::{Leaf, word};
use crate::model::{ControlEntry, Provider};

const SYNTAX_REMEDY: &str = "see the form at https://toml.io; `roletrail rules controls` shows what rows look like";

/// Reads a file of controls. `rules` are the ids of the rules that exist.
///
/// # Errors
/// [`ConfigError`] with everything that is wrong.
pub fn read_controls(file: &Path, rules: &[&str]) -> Result<Vec<ControlEntry>, ConfigError> {
    let bytes = std::fs::read(file).map_err(|error| {
        let message = format!("cannot read {}: {error}", file.display());
        let remedy = "make the file readable, or take the setting out";
        ConfigError::Invalid { problems: vec![Problem::new("controls.file", message, remedy)] }
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|error| ConfigError::NotText { path: file.to_owned(), offset: error.utf8_error().valid_up_to() })?;
    parse_controls(&text, file, rules)
}

/// Parses the text of a file of controls that stands, or would stand, at `file`.
///
/// # Errors
/// [`ConfigError::Invalid`] with everything that is wrong.
pub fn parse_controls(text: &str, file: &Path, rules: &[&str]) -> Result<Vec<ControlEntry>, ConfigError> {
    let document = Document::new(file, text).with_syntax_remedy(SYNTAX_REMEDY);
    let (entries, report) = document.read(|root| {
        let mut read: Vec<(ControlEntry, String)> = Vec::new();
        root.sections("control", |section| {
            let entry = control(section, rules);
            if let Some((_, place)) = read.iter().find(|(known, _)| known.is_same_control(&entry)) {
                let message = format!("{} {} is {place} as well", entry.full_framework(), entry.id);
                section.problem("id", message, "write one row for it with all of its rules");
            }
            read.push((entry.clone(), section.path().to_owned()));
            entry
        })
    });
    let problems = report.problems;
    if problems.is_empty() { Ok(entries) } else { Err(ConfigError::Invalid { problems }) }
}

fn control(section: &mut Section<'_, '_>, rules: &[&str]) -> ControlEntry {
    let entry = ControlEntry {
        framework: section.required("framework"),
        version: section.required("version"),
        id: section.required("id"),
        supports: section.required("supports"),
        rules: section.required("rules"),
        provider: section.optional("provider"),
        title: section.optional("title"),
        quote: section.optional("quote"),
        source: section.optional("source"),
        unverified: section.value("unverified", false),
    };
    if entry.rules.is_empty() && section.has("rules") {
        section.problem("rules", "names no rule", "name those whose findings support it, or take the row out");
    }
    for (number, rule) in entry.rules.iter().enumerate() {
        if !rules.contains(&rule.as_str()) {
            let near = nearest(rule, rules).unwrap_or_default();
            let remedy = format!("did you mean {near:?}? `roletrail rules` lists them");
            section.problem("rules", format!("no rule is {rule:?}"), remedy);
        } else if entry.rules[..number].contains(rule) {
            section.problem("rules", format!("{rule:?} stands twice"), "name it once");
        }
    }
    entry
}

impl Leaf for Provider {
    const EXPECTED: &'static str = "\"aws\" or \"alibaba\", or leave it out where the framework speaks of both";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        word(value, &Self::ALL.map(|provider| (provider.as_str(), provider)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILTIN: &str = include_str!("../../config/controls.toml");
    const RULES: [&str; 2] = ["orphaned-role", "trust-drift"];

    fn check(text: &str, problems: &[&[&str]]) {
        let Err(ConfigError::Invalid { problems: found }) = parse_controls(text, Path::new("my.toml"), &RULES) else {
            panic!("problems were expected of {text}");
        };
        assert_eq!(found.len(), problems.len(), "{found:?}");
        for (found, parts) in found.iter().map(Problem::to_string).zip(problems) {
            for part in *parts {
                assert!(found.contains(part), "{part:?} is not in {found:?}");
            }
        }
    }

    fn row(more: &str) -> String {
        format!("[[control]]\nframework = \"Ours\"\nversion = \"1\"\nid = \"A\"\nsupports = \"shows\"\n{more}\n")
    }

    #[test]
    fn a_row_is_read_with_all_that_it_may_say() {
        let more = "rules = [\"trust-drift\"]\nprovider = \"aws\"\ntitle = \"T\"\nquote = \"Q\"\nsource = \"S\"\nunverified = true";
        let entries = parse_controls(&row(more), Path::new("my.toml"), &RULES).expect("right");
        let [entry] = &entries[..] else { panic!("one row: {entries:?}") };
        assert_eq!(entry.full_framework(), "Ours 1");
        assert_eq!((entry.provider, entry.unverified), (Some(Provider::Aws), true));
        assert_eq!(
            (entry.title.as_deref(), entry.quote.as_deref(), entry.source.as_deref()),
            (Some("T"), Some("Q"), Some("S"))
        );
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        check(
            &row("rules = [\"trust-drif\"]"),
            &[&["my.toml:6:9", "control[0].rules", "did you mean \"trust-drift\""]],
        );
        check(&row("rules = []"), &[&["names no rule"]]);
        check(&row("rules = [\"trust-drift\", \"trust-drift\"]"), &[&["twice"]]);
        check(&row(""), &[&["control[0].rules: is missing"]]);
        check(&row("rules = [\"trust-drift\"]\nprovider = \"gcp\""), &[&["my.toml:7:12", "\"gcp\"", "aws"]]);
        check(&row("rules = [\"trust-drift\"]\nsuports = \"x\""), &[&["my.toml:7:1", "did you mean \"supports\""]]);
        check(&row("rules = [\"trust-drift\"]").repeat(2), &[&["my.toml:10:6", "is control[0] as well"]]);
        check("[control]\n", &[&["write [[control]]"]]);
    }

    #[test]
    fn the_built_in_file_is_read_alike_by_both_of_its_readers() {
        #[derive(serde::Deserialize)]
        struct ControlsFile {
            control: Vec<ControlEntry>,
        }
        let compiled_in: ControlsFile = toml::from_str(BUILTIN).expect("right");
        let rules: Vec<_> = compiled_in.control.iter().flat_map(|entry| &entry.rules).map(String::as_str).collect();
        let read = parse_controls(BUILTIN, Path::new("controls.toml"), &rules).expect("right");
        assert_eq!(read, compiled_in.control);
    }
}
