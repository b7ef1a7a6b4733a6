//! `exceptions check`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::file::Opened;
use super::{CoveredJson, Exit, Failure, Output, minute, names};
use crate::boot::Boot;
use crate::cli::findings;
use crate::cli::text::one_line;
use crate::exports::json::ExceptionJson;
use crate::exports::{ExceptionStanding, View};
use crate::findings::{differences, holds};
use crate::model::{ExceptionScope, ExceptionState, FindingStatus, Pattern, StoredFinding, is_wildcard};
use crate::store::StoreError;

/// Arguments of `exceptions check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The file [default: that of `[exceptions] file`]
    file: Option<PathBuf>,
    /// Tell which exception covers this finding, and why the others do not
    #[arg(long, value_name = "ID")]
    finding: Option<String>,
}

#[derive(Serialize)]
struct CheckedJson {
    file: String,
    valid: bool,
    /// Whether there is a history, so that it is known what is covered.
    history: bool,
    exceptions: Vec<CheckedExceptionJson>,
    warnings: Vec<WarningJson>,
}

#[derive(Serialize)]
struct CheckedExceptionJson {
    #[serde(flatten)]
    exception: ExceptionJson,
    findings: Vec<CoveredJson>,
}

#[derive(Serialize)]
struct WarningJson {
    exception: String,
    warning: String,
}

pub(super) fn run(boot: &Boot, output: Output, arguments: &CheckArgs) -> Result<Exit, Failure> {
    let file = Opened::at(boot, arguments.file.clone(), true)?;
    let view = match boot.view_with(boot.exceptions_of(file.exceptions.clone())?) {
        Ok(view) => Some(view),
        // A file can be checked where no history is, such as before it is merged.
        Err(Failure::Store(StoreError::Missing { .. })) if arguments.finding.is_none() => None,
        Err(failure) => return Err(failure),
    };
    match (&arguments.finding, &view) {
        (Some(prefix), Some(view)) => explain(output, view, prefix),
        _ => check(boot, output, &file, view.as_ref()),
    }
}

fn check(boot: &Boot, output: Output, file: &Opened, view: Option<&View>) -> Result<Exit, Failure> {
    let exceptions = boot.exceptions_of(file.exceptions.clone())?;
    let (mut rows, mut warnings) = (Vec::new(), Vec::new());
    for exception in exceptions.all() {
        let findings = view.map_or(Ok(Vec::new()), |view| view.in_scope(&exception.scope))?;
        let in_scope = findings.len() as u64;
        let state = exceptions.state(exception, in_scope, boot.now());
        let standing = ExceptionStanding { exception: exception.clone(), state, in_scope };
        let mut told = doubts(&exception.scope);
        told.extend(view.is_some().then(|| warning(&standing)).flatten());
        let id = &exception.id;
        warnings.extend(told.into_iter().map(|warning| WarningJson { exception: id.clone(), warning }));
        let findings = findings.iter().map(Into::into).collect();
        rows.push(CheckedExceptionJson { exception: (&standing).into(), findings });
    }
    let path = file.path.display().to_string();
    let json = CheckedJson { file: path, valid: true, history: view.is_some(), exceptions: rows, warnings };
    output.object(&json, || describe(&json))?;
    Ok(Exit::Done)
}

/// What somebody should do about an exception, if anything.
fn warning(standing: &ExceptionStanding) -> Option<String> {
    let until = minute(&standing.exception.expires.to_string());
    match standing.state {
        ExceptionState::Active | ExceptionState::Pending => None,
        ExceptionState::Expiring => Some(format!("ends {until}; then what it covers is open again")),
        ExceptionState::Unused => {
            Some("no open finding is one that it names; take it out if its reason is gone".to_owned())
        }
        ExceptionState::Expired if standing.in_scope == 0 => Some(format!("ended {until}; it can be taken out")),
        ExceptionState::Expired => {
            Some(format!("ended {until}; {} that it names are open again", plural(standing.in_scope)))
        }
    }
}

fn plural(findings: u64) -> String {
    if findings == 1 { "1 finding".to_owned() } else { format!("{findings} findings") }
}

/// Parts that say something else than they seem to.
fn doubts(scope: &ExceptionScope) -> Vec<String> {
    let ExceptionScope { rule, provider, account, region, profile, store, actor, outcome, finding: _ } = scope;
    let parts = [
        ("rule", rule),
        ("provider", provider),
        ("account", account),
        ("region", region),
        ("profile", profile),
        ("store", store),
        ("actor", actor),
        ("outcome", outcome),
    ];
    let doubt = |(name, part): (&str, &Option<Pattern>)| match part {
        Some(Pattern::Exact(text)) if text.contains(is_wildcard) => {
            let glob = Pattern::Glob(text.clone()).to_string();
            Some(format!("{name} {text:?} is exact: * and ? stand for themselves; a pattern is {glob:?}"))
        }
        _ => None,
    };
    parts.into_iter().filter_map(doubt).collect()
}

fn describe(checked: &CheckedJson) -> String {
    let mut lines = vec![match checked.exceptions.len() {
        1 => format!("{}: valid, 1 exception", checked.file),
        count => format!("{}: valid, {count} exceptions", checked.file),
    }];
    for row in &checked.exceptions {
        let CheckedExceptionJson { exception, findings } = row;
        let covers = match (checked.history, exception.covers) {
            (false, _) => "there is no history to tell what it covers".to_owned(),
            (true, covers) => format!("covers {}", plural(covers)),
        };
        lines.push(format!("\n{} · {} · {} · {covers}", exception.id, exception.state, names(exception)));
        lines.extend(findings.iter().map(CoveredJson::line));
    }
    if !checked.warnings.is_empty() {
        lines.push("\nwarnings".to_owned());
        lines.extend(checked.warnings.iter().map(|row| format!("  {}: {}", row.exception, row.warning)));
    }
    // A line may begin with an empty one of ours; nothing else of it is ours.
    let safe = |line: &String| {
        let (blank, text) = line.strip_prefix('\n').map_or(("", line.as_str()), |text| ("\n", text));
        format!("{blank}{}\n", one_line(text))
    };
    lines.iter().map(safe).collect()
}

#[derive(Serialize)]
struct ExplainedJson {
    finding: CoveredJson,
    status: FindingStatus,
    covered_by: Option<String>,
    exceptions: Vec<AnswerJson>,
}

#[derive(Serialize)]
struct AnswerJson {
    id: String,
    covers: bool,
    why_not: Vec<String>,
}

fn explain(output: Output, view: &View, prefix: &str) -> Result<Exit, Failure> {
    let stored = view.store().finding(prefix)?.ok_or_else(|| findings::no_such(prefix))?;
    let covering = view.exceptions().covering(&stored, view.now());
    let json = ExplainedJson {
        status: if covering.is_some() { FindingStatus::Excepted } else { stored.status },
        covered_by: covering.map(|exception| exception.id.clone()),
        exceptions: answers(view, &stored),
        finding: (&stored).into(),
    };
    output.object(&json, || {
        let mut lines = vec![format!("{} ({})", json.finding.line().trim_start(), json.status.as_str())];
        lines.push(match &json.covered_by {
            Some(id) => format!("covered by {id}"),
            None => "no exception covers it".to_owned(),
        });
        let not = json.exceptions.iter().filter(|answer| !answer.covers);
        lines.extend(not.map(|answer| format!("  not by {}: {}", answer.id, answer.why_not.join("; "))));
        lines.iter().map(|line| one_line(line) + "\n").collect()
    })?;
    Ok(Exit::Done)
}

fn answers(view: &View, stored: &StoredFinding) -> Vec<AnswerJson> {
    let answer = |exception: &crate::model::Exception| {
        let mut why_not = differences(&exception.scope, stored);
        if !holds(exception, view.now()) {
            let ended = exception.expires <= view.now();
            let at = if ended { Some(exception.expires) } else { exception.created };
            let at = minute(&at.map(|at| at.to_string()).unwrap_or_default());
            why_not.push(if ended { format!("it ended {at}") } else { format!("it begins {at}") });
        }
        if stored.status == FindingStatus::Resolved {
            why_not.push("the finding is resolved".to_owned());
        }
        AnswerJson { id: exception.id.clone(), covers: why_not.is_empty(), why_not }
    };
    view.exceptions().all().iter().map(answer).collect()
}
