//! `rules`: list and explain.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{Column, Output};
use super::{Exit, Failure};
use crate::model::Severity;
use crate::rules::{self, RuleDoc};

/// Arguments of `rules`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  roletrail rules\n  roletrail rules explain orphaned-role")]
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
}

impl From<&RuleDoc> for RuleJson {
    fn from(doc: &RuleDoc) -> Self {
        Self {
            id: doc.id,
            title: doc.title.to_string(),
            severity: doc.severity,
            finds: doc.finds.to_string(),
            matters: doc.matters.to_string(),
            silent: doc.silent.to_string(),
            remedy: doc.remedy.to_string(),
        }
    }
}

/// Prints the rules.
///
/// # Errors
/// [`Failure`] for an unknown rule.
pub fn run(output: Output, arguments: &RulesArgs) -> Result<Exit, Failure> {
    if let Some(RulesCommand::Explain { rule }) = &arguments.command {
        let doc = rules::find(rule).ok_or_else(|| unknown(rule))?.doc();
        output.object(&RuleJson::from(doc), || describe(doc))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<_> = rules::all().iter().map(|rule| RuleJson::from(rule.doc())).collect();
    let columns = [
        Column { title: "rule", cell: &|row: &RuleJson| row.id.to_owned() },
        Column { title: "worst", cell: &|row: &RuleJson| row.severity.to_string() },
        Column { title: "finds", cell: &|row: &RuleJson| first_sentence(&row.finds) },
    ];
    output.rows(&rows, &columns, "")?;
    Ok(Exit::Done)
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
pub(super) fn describe(doc: &RuleDoc) -> String {
    let sections = [
        ("What it finds", &doc.finds),
        ("Why it matters", &doc.matters),
        ("When it stays silent", &doc.silent),
        ("What to do", &doc.remedy),
    ];
    let body: Vec<_> = sections.iter().map(|(heading, text)| format!("{heading}\n{}\n", text.trim())).collect();
    format!("{} ({}, at worst {})\n\n{}", doc.id, doc.title, doc.severity, body.join("\n"))
}
