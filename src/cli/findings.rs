//! `findings`: list, show, explain.

use clap::{Args, Subcommand};

use super::collect::judged;
use super::output::{Format, Output};
use super::rules::RuleJson;
use super::time::{minute, optional_moment};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::json::{FindingDetailJson, FindingExceptionJson, FindingJson};
use crate::model::{Basis, FindingStatus, Provider, Severity};
use crate::rules;
use crate::store::FindingFilter;

/// Characters of an id that tables show; every command takes the beginning of an id.
const SHOWN_ID: usize = 8;

/// Arguments of `findings`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail findings                                    what is open, worst first
  roletrail findings --rule unexpected-assumer --format json
  roletrail findings --status all --since 30d
  roletrail findings show 3f9c                          one finding with its life (a beginning of its id will do)
  roletrail findings explain 3f9c                       why it matters and what to do
  roletrail findings --fail-on high                     exit code 1 when something grave is open")]
pub struct FindingsArgs {
    #[command(subcommand)]
    command: Option<FindingsCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum FindingsCommand {
    /// List findings
    List(ListArgs),
    /// Show one finding with its events and its life
    Show(OneArgs),
    /// Explain one finding: why it matters, who can fix it, the next step
    Explain(OneArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Where they stand: open, resolved, excepted or all
    #[arg(long, default_value = "open", value_parser = ["open", "resolved", "excepted", "all"])]
    status: String,
    /// Only this rule
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// Only this severity and worse
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<Severity>,
    /// Only this provider
    #[arg(long)]
    provider: Option<Provider>,
    /// Only this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only those seen at or after that time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// As they stood at that time
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// List every event id, not only the newest 20
    #[arg(long)]
    all_events: bool,
    /// End with exit code 1 when one at or above this severity is listed as open
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
}

#[derive(Debug, Args)]
struct OneArgs {
    /// Id of the finding, or its beginning
    id: String,
    /// List every event id, not only the newest 20
    #[arg(long)]
    all_events: bool,
}

/// Prints findings.
///
/// # Errors
/// [`Failure`] when the history cannot be read or no such finding exists.
pub fn run(boot: &Boot, output: Output, arguments: &FindingsArgs) -> Result<Exit, Failure> {
    match &arguments.command {
        None => list(boot, output, &arguments.list),
        Some(FindingsCommand::List(list_arguments)) => list(boot, output, list_arguments),
        Some(FindingsCommand::Show(one)) => show(boot, output, one),
        Some(FindingsCommand::Explain(one)) => explain(boot, output, one),
    }
}

/// Prints the open findings.
pub(super) fn open(boot: &Boot, output: Output) -> Result<Exit, Failure> {
    let arguments = ListArgs {
        status: FindingStatus::Open.as_str().to_owned(),
        rule: None,
        severity: None,
        provider: None,
        account: None,
        since: None,
        at: None,
        all_events: false,
        fail_on: None,
    };
    list(boot, output, &arguments)
}

fn list(boot: &Boot, output: Output, arguments: &ListArgs) -> Result<Exit, Failure> {
    if let Some(rule) = &arguments.rule {
        rules::find(rule).ok_or_else(|| super::rules::unknown(rule))?;
    }
    let filter = FindingFilter {
        status: status(&arguments.status),
        rule: arguments.rule.clone(),
        severity: arguments.severity,
        provider: arguments.provider,
        account: arguments.account.clone(),
        since: optional_moment("--since", arguments.since.as_deref(), boot.now())?,
        at: optional_moment("--at", arguments.at.as_deref(), boot.now())?,
        limit: None,
    };
    let limit = (!arguments.all_events).then_some(FindingJson::LISTED_EVENTS);
    let rows = boot.view()?.findings(&filter, limit)?;
    match output.format() {
        Format::Table if rows.is_empty() => output.sentence("no finding matches")?,
        Format::Table => rows.iter().try_for_each(|row| output.sentence(&block(row, output)))?,
        _ => output.rows(&rows, &[], "")?,
    }
    let worst = rows.iter().filter(|row| row.status == FindingStatus::Open).map(|row| row.severity).max();
    Ok(arguments.fail_on.map_or(Exit::Done, |fail_on| judged(Exit::Done, worst, fail_on)))
}

fn status(word: &str) -> Option<FindingStatus> {
    [FindingStatus::Open, FindingStatus::Resolved, FindingStatus::Excepted]
        .into_iter()
        .find(|status| status.as_str() == word)
}

/// A finding in two lines: where to look, and what was seen. Sentences with ARNs in them fit no column.
fn block(row: &FindingJson, output: Output) -> String {
    let id: String = row.id.chars().take(SHOWN_ID).collect();
    format!(
        "{:<8}  {id}  {}  {}/{}  {}  {}\n          {}",
        output.colored(row.severity.as_str()),
        row.rule,
        row.provider,
        super::text::one_line(&row.account),
        standing(row),
        minute(&row.last_seen),
        super::text::one_line(&row.summary)
    )
}

/// Where a finding stands, with what weakens it.
fn standing(row: &FindingJson) -> String {
    let mut words = vec![match &row.exception {
        Some(exception) => format!("excepted by {} until {}", exception.id, minute(&exception.expires)),
        None => row.status.as_str().to_owned(),
    }];
    words.extend(row.stale.then(|| "stale".to_owned()));
    words.extend((row.basis == Basis::Inferred).then(|| "inferred".to_owned()));
    words.join(", ")
}

fn one(boot: &Boot, arguments: &OneArgs) -> Result<FindingDetailJson, Failure> {
    let limit = (!arguments.all_events).then_some(FindingJson::LISTED_EVENTS);
    boot.view()?.finding(&arguments.id, limit)?.ok_or_else(|| no_such(&arguments.id))
}

/// The usage error for an id that no finding has, or more than one.
pub(super) fn no_such(prefix: &str) -> Failure {
    Failure::usage(format!(
        "no single finding has an id that begins with {prefix:?}; `roletrail findings --status all` lists them"
    ))
}

fn show(boot: &Boot, output: Output, arguments: &OneArgs) -> Result<Exit, Failure> {
    let detail = one(boot, arguments)?;
    output.object(&detail, || describe(&detail))?;
    Ok(Exit::Done)
}

fn describe(detail: &FindingDetailJson) -> String {
    let finding = &detail.finding;
    let mut lines = vec![
        format!("{} · {} · {}", finding.severity, finding.rule, standing(finding)),
        finding.summary.as_ref().to_owned(),
        String::new(),
        format!("finding     {}", finding.id),
        format!("account     {}/{}", finding.provider, finding.account),
    ];
    let facts = [
        ("region", &finding.region),
        ("profile", &finding.profile),
        ("role", &finding.role),
        ("store", &finding.store),
        ("actor", &finding.actor),
    ];
    lines.extend(facts.iter().filter_map(|(name, value)| Some(format!("{name:<11} {}", value.as_ref()?))));
    lines.push(seen(finding));
    lines.push(format!("basis       {}", finding.basis.as_str()));
    lines.push(format!("fix         by the {}: {}", finding.fix.who.as_str(), finding.fix.how));
    lines.push(format!("clears when {}", finding.clears_when));
    lines.extend(finding.exception.as_deref().map(excepted).into_iter().flatten());
    let controls: Vec<_> = finding.controls.iter().map(super::rules::control).collect();
    lines.push(format!("supports    {}", controls.join(" · ")));
    lines.extend(finding.events.iter().map(|id| format!("event       {id}")));
    lines.extend(detail.history.iter().map(|step| format!("history     {} {}", step.at, step.change.name())));
    lines.iter().map(|line| super::text::one_line(line) + "\n").collect()
}

/// Who has accepted it, why, and until when.
fn excepted(exception: &FindingExceptionJson) -> [String; 4] {
    let FindingExceptionJson { id, owner, reason, ticket, expires } = exception;
    [
        format!("excepted    by {id}, until {}", minute(expires)),
        format!("owner       {owner}"),
        format!("ticket      {ticket}"),
        format!("reason      {reason}"),
    ]
}

fn seen(finding: &FindingJson) -> String {
    match finding.count {
        0 | 1 => format!("seen        {} to {}", minute(&finding.first_seen), minute(&finding.last_seen)),
        count => {
            format!("seen        {count} times, {} to {}", minute(&finding.first_seen), minute(&finding.last_seen))
        }
    }
}

#[derive(serde::Serialize)]
struct Explanation {
    #[serde(flatten)]
    finding: FindingJson,
    rule_doc: RuleJson,
}

fn explain(boot: &Boot, output: Output, arguments: &OneArgs) -> Result<Exit, Failure> {
    let finding = one(boot, arguments)?.finding;
    let doc = rules::find(&finding.rule).ok_or_else(|| super::rules::unknown(&finding.rule))?.doc();
    let controls = boot.controls(&boot.settings()?)?;
    let explanation = Explanation { finding, rule_doc: RuleJson::new(doc, &controls) };
    output.object(&explanation, || {
        let finding = &explanation.finding;
        let heading = super::text::one_line(&finding.summary);
        let next = super::text::one_line(&finding.fix.how);
        format!(
            "{heading}\n\nNext step, by the {}\n{next}\n\n{}",
            finding.fix.who.as_str(),
            super::rules::describe(&explanation.rule_doc)
        )
    })?;
    Ok(Exit::Done)
}
