//! `rules`: list, explain, and which controls they support.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{Column, Output};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::json::ControlJson;
use crate::model::{ControlEntry, Provider, Severity};
use crate::rules::{self, Controls, RuleDoc};

/// Arguments of `rules`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail rules
  roletrail rules explain orphaned-role
  roletrail rules controls --framework 'PCI DSS'        what each control gets from which rules")]
pub struct RulesArgs {
    #[command(subcommand)]
    command: Option<RulesCommand>,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// List the rules
    List,
    /// Explain a rule: what it finds, why it matters, when it stays silent, what to do
    Explain {
        /// Id of the rule
        rule: String,
    },
    /// List the controls that findings support, and the rules that they come from
    Controls {
        /// Only this framework: its name, with its version or without
        #[arg(long, value_name = "NAME")]
        framework: Option<String>,
        /// Only what this rule supports
        #[arg(long, value_name = "ID")]
        rule: Option<String>,
    },
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleJson {
    /// Id.
    pub id: &'static str,
    /// Title.
    pub title: String,
    /// The worst severity that it gives.
    pub severity: Severity,
    /// What it finds.
    pub finds: String,
    /// Why it matters.
    pub matters: String,
    /// When it stays silent.
    pub silent: String,
    /// What to do.
    pub remedy: String,
    /// Controls that its findings support.
    pub controls: Vec<ControlJson>,
}

impl RuleJson {
    /// A rule's documentation with the controls that its findings support.
    #[must_use]
    pub fn new(doc: &RuleDoc, controls: &Controls) -> Self {
        Self {
            id: doc.id,
            title: doc.title.to_string(),
            severity: doc.severity,
            finds: doc.finds.to_string(),
            matters: doc.matters.to_string(),
            silent: doc.silent.to_string(),
            remedy: doc.remedy.to_string(),
            controls: controls.of_rule(doc.id).iter().map(Into::into).collect(),
        }
    }
}

/// A control that findings support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ControlRow {
    framework: String,
    id: String,
    title: Option<String>,
    supports: String,
    rules: Vec<String>,
    provider: Option<Provider>,
    quote: Option<String>,
    source: Option<String>,
    unverified: bool,
}

impl From<&ControlEntry> for ControlRow {
    fn from(entry: &ControlEntry) -> Self {
        Self {
            framework: entry.full_framework(),
            id: entry.id.clone(),
            title: entry.title.clone(),
            supports: entry.supports.clone(),
            rules: entry.rules.clone(),
            provider: entry.provider,
            quote: entry.quote.clone(),
            source: entry.source.clone(),
            unverified: entry.unverified,
        }
    }
}

/// Prints the rules or the controls.
///
/// # Errors
/// [`Failure`] for an unknown rule or framework.
pub fn run(boot: &Boot, output: Output, arguments: &RulesArgs) -> Result<Exit, Failure> {
    let known = boot.controls(&boot.settings()?)?;
    match &arguments.command {
        None | Some(RulesCommand::List) => list(output, &known)?,
        Some(RulesCommand::Explain { rule }) => {
            let doc = rules::find(rule).ok_or_else(|| unknown(rule))?.doc();
            let explained = RuleJson::new(doc, &known);
            output.object(&explained, || describe(&explained))?;
        }
        Some(RulesCommand::Controls { framework, rule }) => {
            controls(output, &known, framework.as_deref(), rule.as_deref())?;
        }
    }
    Ok(Exit::Done)
}

fn list(output: Output, controls: &Controls) -> Result<(), Failure> {
    let rows: Vec<_> = rules::all().iter().map(|rule| RuleJson::new(rule.doc(), controls)).collect();
    let columns = [
        Column { title: "rule", cell: &|row: &RuleJson| row.id.to_owned() },
        Column { title: "worst", cell: &|row: &RuleJson| row.severity.to_string() },
        Column { title: "finds", cell: &|row: &RuleJson| first_sentence(&row.finds) },
    ];
    Ok(output.rows(&rows, &columns, "")?)
}

fn controls(output: Output, known: &Controls, framework: Option<&str>, rule: Option<&str>) -> Result<(), Failure> {
    if let Some(rule) = rule {
        rules::find(rule).ok_or_else(|| unknown(rule))?;
    }
    let is_it = |entry: &ControlEntry, name: &str| {
        [&entry.framework, &entry.full_framework()].iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    if let Some(name) = framework
        && !known.entries().iter().any(|entry| is_it(entry, name))
    {
        return Err(unknown_framework(name, known));
    }
    let rows: Vec<ControlRow> = known
        .entries()
        .iter()
        .filter(|entry| framework.is_none_or(|name| is_it(entry, name)))
        .filter(|entry| rule.is_none_or(|rule| entry.rules.iter().any(|named| named == rule)))
        .map(Into::into)
        .collect();
    let columns = [
        Column { title: "framework", cell: &|row: &ControlRow| row.framework.clone() },
        Column { title: "id", cell: &|row: &ControlRow| marked(&row.id, row.unverified) },
        Column { title: "supports", cell: &|row: &ControlRow| row.supports.clone() },
        Column { title: "rules", cell: &|row: &ControlRow| row.rules.join(", ") },
    ];
    Ok(output.rows(&rows, &columns, "no control is supported")?)
}

fn unknown_framework(name: &str, known: &Controls) -> Failure {
    let mut frameworks: Vec<_> = known.entries().iter().map(ControlEntry::full_framework).collect();
    frameworks.dedup();
    Failure::usage(format!("no framework is {name:?}; known are {}", frameworks.join(", ")))
}

/// An id, marked where nobody has compared it with the framework's own text.
fn marked(id: &str, unverified: bool) -> String {
    if unverified { format!("{id} (unverified)") } else { id.to_owned() }
}

/// A control in a sentence.
pub(super) fn control(control: &ControlJson) -> String {
    format!("{} {}", control.framework, marked(&control.id, control.unverified))
}

fn first_sentence(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim_start_matches("- ");
    line.split_inclusive(". ").next().unwrap_or_default().trim_end().to_owned()
}

/// The usage error for a rule that does not exist, with the nearest one that does.
pub(super) fn unknown(rule: &str) -> Failure {
    let ids = rules::all().iter().map(|rule| rule.doc().id);
    let nearest = ids.max_by(|left, right| strsim::jaro(left, rule).total_cmp(&strsim::jaro(right, rule)));
    let hint = nearest.map_or_else(String::new, |id| format!("; did you mean {id:?}?"));
    Failure::usage(format!("no rule has the id {rule:?}{hint} (`roletrail rules` lists them)"))
}

/// A rule's documentation for people.
pub(super) fn describe(rule: &RuleJson) -> String {
    let supports = rule.controls.iter().map(control).collect::<Vec<_>>().join(" · ");
    let sections = [
        ("What it finds", &rule.finds),
        ("Why it matters", &rule.matters),
        ("When it stays silent", &rule.silent),
        ("What to do", &rule.remedy),
        ("Controls that it supports", &supports),
    ];
    let sections = sections.iter().filter(|(_, text)| !text.is_empty());
    let body: Vec<_> = sections.map(|(heading, text)| format!("{heading}\n{}\n", text.trim())).collect();
    format!("{} ({}, at worst {})\n\n{}", rule.id, rule.title, rule.severity, body.join("\n"))
}
