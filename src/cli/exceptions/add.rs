//! `exceptions add`.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::file::Opened;
use super::{CoveredJson, Exit, Failure, Output, minute, names};
use crate::boot::Boot;
use crate::cli::findings;
use crate::config::{NewException, Period};
use crate::exports::json::ExceptionJson;
use crate::exports::{ExceptionStanding, View};
use crate::findings::Exceptions;
use crate::model::{Exception, ExceptionScope, Finding, Pattern, StoredFinding};

/// Arguments of `exceptions add`.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Accept this finding and no other: its id, or the beginning of it
    #[arg(long, value_name = "ID", required_unless_present_all = ["rule", "account"], conflicts_with_all =
        ["rule", "provider", "account", "region", "profile", "store", "actor", "outcome"])]
    finding: Option<String>,
    /// Rule id; like all parts exact, or a pattern with * and ? after glob:
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Account id
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Provider: aws or alibaba
    #[arg(long)]
    provider: Option<String>,
    /// Region
    #[arg(long)]
    region: Option<String>,
    /// Profile id
    #[arg(long, value_name = "ID")]
    profile: Option<String>,
    /// Id of the store
    #[arg(long, value_name = "ID")]
    store: Option<String>,
    /// ARN or service principal of who did it
    #[arg(long, value_name = "ARN")]
    actor: Option<String>,
    /// What came of it: allowed, denied or failed
    #[arg(long)]
    outcome: Option<String>,
    /// Who answers for it: a team or a person
    #[arg(long)]
    owner: String,
    /// Why it is accepted
    #[arg(long)]
    reason: String,
    /// Where it was decided
    #[arg(long)]
    ticket: String,
    /// Its last day: 90d from now, 2026-12-31 (all of it, in UTC), or a time
    #[arg(long, value_name = "WHEN")]
    expires: String,
    /// Who approved it
    #[arg(long)]
    approver: Option<String>,
    /// What stands in for the control meanwhile
    #[arg(long, value_name = "TEXT")]
    compensating_control: Option<String>,
    /// Its id [default: made from the ticket]
    #[arg(long)]
    id: Option<String>,
    /// How many findings it covers now; without it, one that covers more than one is refused
    #[arg(long, value_name = "N")]
    covers: Option<usize>,
    /// Show what would be written and covered, and write nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct AddedJson {
    file: String,
    written: bool,
    exception: ExceptionJson,
    findings: Vec<CoveredJson>,
}

pub(super) fn run(boot: &Boot, output: Output, arguments: &AddArgs) -> Result<Exit, Failure> {
    let file = Opened::new(boot)?;
    let view = boot.view_with(Exceptions::default())?;
    let (text, added) = file.with(&new(boot, &file, &view, arguments)?)?;
    let covered = view.in_scope(&added.scope)?;
    as_many_as_said(&covered, arguments.covers)?;
    if !arguments.dry_run {
        file.write(&text)?;
    }
    let standing = standing(boot.now(), added, covered.len());
    let json = AddedJson {
        file: file.path.display().to_string(),
        written: !arguments.dry_run,
        exception: (&standing).into(),
        findings: covered.iter().map(Into::into).collect(),
    };
    output.object(&json, || describe(&json, &file.path))?;
    Ok(Exit::Done)
}

fn new(boot: &Boot, file: &Opened, view: &View, arguments: &AddArgs) -> Result<NewException, Failure> {
    let AddArgs { owner, reason, ticket, approver, compensating_control, .. } = arguments;
    Ok(NewException {
        id: arguments.id.clone().unwrap_or_else(|| free_id(ticket, &file.exceptions)),
        scope: scope(view, arguments)?,
        owner: owner.clone(),
        reason: reason.clone(),
        ticket: ticket.clone(),
        created: day(boot.now()),
        expires: expires(boot.now(), &arguments.expires),
        approver: approver.clone(),
        compensating_control: compensating_control.clone(),
    })
}

/// What the options name. A finding is named by its id; the parts beside it are those of its identity, and are for whoever
/// reads the file.
fn scope(view: &View, arguments: &AddArgs) -> Result<ExceptionScope, Failure> {
    let part = |part: &Option<String>| part.as_deref().map(Pattern::read);
    let Some(prefix) = &arguments.finding else {
        return Ok(ExceptionScope {
            finding: None,
            rule: part(&arguments.rule),
            provider: part(&arguments.provider),
            account: part(&arguments.account),
            region: part(&arguments.region),
            profile: part(&arguments.profile),
            store: part(&arguments.store),
            actor: part(&arguments.actor),
            outcome: part(&arguments.outcome),
        });
    };
    let stored = view.store().finding(prefix)?.ok_or_else(|| findings::no_such(prefix))?;
    let Finding { rule, account, profile, store, actor, outcome, .. } = stored.finding;
    // A text with spaces around it cannot stand in the file; the id alone tells it.
    let exact = |text: String| (text.trim() == text && !text.is_empty()).then_some(Pattern::Exact(text));
    Ok(ExceptionScope {
        finding: Some(stored.id.0),
        rule: exact(rule),
        provider: exact(account.provider.as_str().to_owned()),
        account: exact(account.id),
        // The Region is no part of a finding's identity and may change.
        region: None,
        profile: profile.and_then(exact),
        store: store.and_then(exact),
        actor: actor.and_then(exact),
        outcome: outcome.and_then(|outcome| exact(outcome.as_str().to_owned())),
    })
}

/// Whoever writes an exception says how much it covers: a scope that was meant narrower hides what nobody has seen.
fn as_many_as_said(covered: &[StoredFinding], said: Option<usize>) -> Result<(), Failure> {
    let count = covered.len();
    let (right, wrong) = match said {
        Some(said) => (count == said, format!("it covers {count} findings now, and not {said}")),
        None => (count <= 1, format!("it covers {count} findings now, and more than one has to be said")),
    };
    if right {
        return Ok(());
    }
    let lines: Vec<_> = covered.iter().map(|stored| CoveredJson::from(stored).line()).collect();
    Err(Failure::usage(format!(
        "{wrong}; nothing was written. Narrow it down (--finding, --region, --profile, --store, --actor, --outcome), or say \
         --covers {count}:\n{}",
        lines.join("\n")
    )))
}

fn standing(now: Timestamp, exception: Exception, in_scope: usize) -> ExceptionStanding {
    let exceptions = Exceptions::new(vec![exception.clone()]);
    let in_scope = in_scope as u64;
    ExceptionStanding { state: exceptions.state(&exception, in_scope, now), exception, in_scope }
}

/// An id that no other exception has, made from the ticket.
fn free_id(ticket: &str, exceptions: &[Exception]) -> String {
    /// Leaves room for a number within the longest id.
    const LONGEST: usize = 48;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let base: String = ticket.chars().map(plain).take(LONGEST).collect();
    let is_free = |id: &String| exceptions.iter().all(|exception| exception.id != *id);
    let numbered = (2_u64..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).find(is_free).unwrap_or(base)
}

fn day(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).date().to_string()
}

/// A number of days ends with a day; what the file cannot hold is refused when it is read.
fn expires(now: Timestamp, text: &str) -> String {
    /// Seconds of a day.
    const DAY: i64 = 24 * 60 * 60;
    let Ok(period) = text.parse::<Period>() else { return text.to_owned() };
    match now.checked_add(period.duration()) {
        Ok(end) if period.duration().as_secs() % DAY == 0 => day(end),
        Ok(end) => Timestamp::from_second(end.as_second()).unwrap_or(end).to_string(),
        Err(_) => text.to_owned(),
    }
}

fn describe(added: &AddedJson, file: &Path) -> String {
    let row = &added.exception;
    let verb = if added.written { "wrote" } else { "would write" };
    let mut lines = vec![
        format!("{verb} {} into {}: {}, until {}", row.id, file.display(), names(row), minute(&row.expires)),
        match added.findings.len() {
            0 => "it covers no finding now".to_owned(),
            1 => "it covers this finding now:".to_owned(),
            more => format!("it covers these {more} findings now:"),
        },
    ];
    lines.extend(added.findings.iter().map(CoveredJson::line));
    lines.iter().map(|line| crate::cli::text::one_line(line) + "\n").collect()
}
