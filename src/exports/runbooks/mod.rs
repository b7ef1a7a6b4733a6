//! A runbook for each alert. What a rule says about itself comes from the rule's own file; the rest is data in
//! `runbooks.toml` beside this file. `dashboards/runbooks/` holds what [`Runbook::markdown`] answers, and the daemon
//! serves the same at `/runbooks/NAME.md`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::rules::{self, RuleDoc};

/// The words about one alert.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runbook {
    /// Name of the alert.
    pub alert: String,
    /// Ids of the rules whose findings it is about.
    #[serde(default)]
    pub rules: Vec<String>,
    /// What it means that it fires.
    means: String,
    /// What to look at first.
    look: Vec<Look>,
    /// What to do, beside what the rules say.
    act: Option<String>,
    /// When it ends.
    clears: String,
    /// How to accept it for a time; where nothing is said, by an exception.
    accept: Option<String>,
}

/// A command, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    run: String,
    shows: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    accept_findings: String,
    runbook: Vec<Runbook>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("runbooks.toml")).expect("the file is compiled in, and a test reads it")
});

/// Every runbook.
#[must_use]
pub fn all() -> &'static [Runbook] {
    &FILE.runbook
}

/// The runbook of an alert.
#[must_use]
pub fn find(alert: &str) -> Option<&'static Runbook> {
    all().iter().find(|runbook| runbook.alert == alert)
}

impl Runbook {
    /// The runbook as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let docs: Vec<_> = self.rules.iter().map(|id| (id, rules::find(id).map(rules::Rule::doc))).collect();
        let known = || docs.iter().filter_map(|(_, doc)| *doc);
        let mut text = format!("# {}\n\n## What it means\n\n{}\n", self.alert, self.means.trim());
        for (id, doc) in &docs {
            text.push_str(&doc.map_or_else(|| unknown_rule(id), meaning));
        }
        text.push_str(&format!("\n## What to look at first\n\n```console\n{}```\n", self.commands()));
        text.push_str("\n## What to do\n");
        for part in self.act.iter().map(|act| act.trim()).chain(known().map(|doc| doc.remedy)) {
            text.push_str(&format!("\n{part}\n"));
        }
        text.push_str(&format!("\n## When it clears\n\n{}\n", self.clears.trim()));
        for doc in known() {
            text.push_str(&format!(
                "\nThe rule `{}` finds nothing where one of these holds:\n\n{}\n",
                doc.id, doc.silent
            ));
        }
        let accept =
            self.accept.as_ref().unwrap_or(&FILE.accept_findings).replace("RULE", self.rule_or_placeholder());
        text.push_str(&format!("\n## How to accept it for a time\n\n{}\n", accept.trim()));
        text
    }

    fn commands(&self) -> String {
        let width = self.look.iter().map(|look| look.run.len()).max().unwrap_or_default();
        self.look.iter().map(|Look { run, shows }| format!("$ {run:<width$}   # {shows}\n")).collect()
    }

    fn rule_or_placeholder(&self) -> &str {
        self.rules.first().map_or("RULE", String::as_str)
    }
}

/// What a rule says about itself, under a heading of its own.
fn meaning(doc: &RuleDoc) -> String {
    let RuleDoc { id, severity, finds, matters, .. } = doc;
    format!("\n### Rule `{id}` (at worst {severity})\n\n{finds}\n\n{matters}\n")
}

fn unknown_rule(id: &str) -> String {
    format!("\n### Rule `{id}`\n\nThis version of roletrail has no rule of that name, so the alert stays silent.\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_runbook_is_complete_and_there_is_one_for_each_name() {
        let mut names = BTreeSet::new();
        for runbook in all() {
            assert!(names.insert(&runbook.alert), "{} twice", runbook.alert);
            assert!(!runbook.look.is_empty() && !runbook.means.is_empty() && !runbook.clears.is_empty());
            let knows_what_to_do =
                runbook.act.is_some() || runbook.rules.iter().any(|rule| rules::find(rule).is_some());
            assert!(knows_what_to_do, "{} does not say what to do", runbook.alert);
        }
        assert_eq!(find("RoletrailDown").map(|runbook| runbook.alert.as_str()), Some("RoletrailDown"));
        assert_eq!(find("RoletrailUp"), None);
    }

    #[test]
    fn a_runbook_about_a_rule_says_what_the_rule_says() {
        let text = find("RoletrailTrustDrift").expect("a runbook").markdown();
        let doc = rules::find("trust-drift").expect("a rule").doc();
        for part in [doc.finds, doc.matters, doc.silent, doc.remedy] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn every_rule_that_can_be_worse_than_low_has_an_alert() {
        let covered: BTreeSet<_> = all().iter().flat_map(|runbook| &runbook.rules).map(String::as_str).collect();
        let all: BTreeSet<_> = rules::all().iter().map(|rule| rule.doc().id).collect();
        let without: Vec<_> = all.difference(&covered).copied().collect();
        // A role that was made anew, or that came before its store, is for the status page and the report.
        assert_eq!(without, ["role-recreated", "role-without-store-history"]);
    }
}
