//! `verdicts`.

use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;

use super::output::{Column, Format, Output};
use super::time::{minute, moment, optional_moment};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::daemon::jobs::{JobContext, judge_at};
use crate::exports::json::{AssumptionsJson, MissingJson, VerdictJson};
use crate::model::{AccountVerdict, Basis, Outcome, Provider, RolePresence, Verdict};
use crate::store::HistoryFilter;

/// Arguments of `verdicts`.
#[derive(Debug, Default, Args)]
#[command(after_help = "\
Examples:
  roletrail verdicts
  roletrail verdicts --account 111122223333 --since 2026-10-01      assumptions since then
  roletrail verdicts --at 2026-09-30T23:59:59Z                      as it was at the end of a period")]
pub struct VerdictsArgs {
    /// Only this provider
    #[arg(long)]
    provider: Option<Provider>,
    /// Only this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only this profile
    #[arg(long, value_name = "ID")]
    profile: Option<String>,
    /// Judge as of that time, from the history
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Count assumptions since then [default: 90d]
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// Prints the verdicts.
///
/// # Errors
/// [`Failure`] when the history cannot be read.
pub fn run(boot: &Boot, output: Output, arguments: &VerdictsArgs) -> Result<Exit, Failure> {
    let at = optional_moment("--at", arguments.at.as_deref(), boot.now())?;
    let until = at.unwrap_or(boot.now());
    let since = match &arguments.since {
        Some(text) => moment("--since", text, boot.now())?,
        None => until.checked_sub(AssumptionsJson::PERIOD).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    let context = boot.reading_jobs()?;
    let filter = HistoryFilter {
        provider: arguments.provider,
        account: arguments.account.clone(),
        profile: arguments.profile.clone(),
        ..HistoryFilter::default()
    };
    let verdicts = match at {
        None => context.store.verdicts(&filter)?,
        Some(at) => verdicts_at(&context, &filter, at)?,
    };
    let rows = verdicts
        .iter()
        .map(|verdict| {
            let count = context.store.assumptions(&verdict.account, &verdict.profile, since, until)?;
            Ok(VerdictJson::new(verdict, since, count))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let rows = if output.format() == Format::Table { without_unconfigured(rows) } else { rows };
    output.rows(&rows, &columns(), "no account is known yet; `roletrail ingest` or `roletrail scan` brings them")?;
    if let Some(proof) = positive_proof(&rows) {
        output.sentence(&format!("\n{proof}"))?;
    }
    Ok(Exit::Done)
}

/// "Nothing found" is worth as much as a finding when it states its population.
fn positive_proof(rows: &[VerdictJson]) -> Option<String> {
    let clean: Vec<_> = rows.iter().filter(|row| row.verdict == Verdict::Clean).collect();
    let since = minute(&clean.first()?.assumptions.since);
    let accounts: BTreeSet<_> = clean.iter().map(|row| (row.provider, row.account.as_str())).collect();
    let sum = |of: fn(&VerdictJson) -> u64| clean.iter().copied().map(of).sum::<u64>();
    Some(format!(
        "Proof of what is clean: since {since}, {} assumptions of the role in {} accounts, {} of them by the trusted \
         service; {} of {} Regions complete.",
        sum(|row| row.assumptions.total),
        accounts.len(),
        sum(|row| row.assumptions.by_trusted),
        sum(|row| row.coverage.regions_complete),
        sum(|row| row.coverage.regions_expected),
    ))
}

/// Leaves out of a table the rows about which nothing is known because nobody configured anything, and says so.
fn without_unconfigured(rows: Vec<VerdictJson>) -> Vec<VerdictJson> {
    let (hidden, shown): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_unconfigured);
    if shown.is_empty() {
        return hidden;
    }
    let profiles: BTreeSet<_> = hidden.iter().map(|row| row.profile.as_str()).collect();
    if !profiles.is_empty() {
        let profiles = profiles.into_iter().collect::<Vec<_>>().join(", ");
        eprintln!("{} rows are unknown because no inventory is configured for them: {profiles}", hidden.len());
    }
    shown
}

fn is_unconfigured(row: &VerdictJson) -> bool {
    row.verdict == Verdict::Unknown
        && row.role == RolePresence::Unknown
        && row.assumptions.total == 0
        && row.coverage.missing.iter().any(|missing| missing.api.ends_with(":GetRole") && is_not_configured(missing))
}

fn is_not_configured(missing: &MissingJson) -> bool {
    missing.outcome == Outcome::NotConfigured
}

fn verdicts_at(context: &JobContext, filter: &HistoryFilter, at: Timestamp) -> Result<Vec<AccountVerdict>, Failure> {
    let known = context.store.verdicts(filter)?;
    let mut accounts: Vec<_> = known.iter().map(|verdict| verdict.account.clone()).collect();
    accounts.dedup();
    let mut verdicts = Vec::new();
    for account in accounts {
        let mut judged = judge_at(context, &account, at)?.verdicts;
        judged.sort_by(|left, right| left.profile.cmp(&right.profile));
        verdicts.extend(judged);
    }
    verdicts.retain(|verdict| filter.profile.as_ref().is_none_or(|profile| *profile == verdict.profile));
    Ok(verdicts)
}

fn columns<'a>() -> Vec<Column<'a, VerdictJson>> {
    vec![
        Column { title: "coverage", cell: &coverage },
        Column { title: "account", cell: &|row| format!("{}/{}", row.provider, row.account) },
        Column { title: "profile", cell: &|row| row.profile.clone() },
        Column { title: "role", cell: &|row| row.role.as_str().to_owned() },
        Column { title: "stores", cell: &|row| row.stores.needing_role.to_string() },
        Column { title: "verdict", cell: &verdict },
        Column { title: "assumptions", cell: &assumptions },
    ]
}

fn verdict(row: &VerdictJson) -> String {
    match row.basis {
        Basis::Observed => row.verdict.to_string(),
        Basis::Inferred => format!("{} (inferred)", row.verdict),
    }
}

fn coverage(row: &VerdictJson) -> String {
    let Some(first) = row.coverage.missing.first() else {
        return format!("{}/{} Regions", row.coverage.regions_complete, row.coverage.regions_expected);
    };
    let more = match row.coverage.missing.len() {
        1 => String::new(),
        several => format!(" (+{})", several - 1),
    };
    format!(
        "{}/{} Regions, {}{}{more}",
        row.coverage.regions_complete,
        row.coverage.regions_expected,
        // The count of Regions tells which API it was; `coverage --gaps` tells which Region.
        if first.region.is_some() { String::new() } else { format!("{} ", first.api) },
        first.outcome
    )
}

fn assumptions(row: &VerdictJson) -> String {
    match (row.assumptions.total, row.assumptions.by_trusted) {
        (0, _) => "none".to_owned(),
        (total, trusted) if total == trusted => format!("{total}, all trusted"),
        (total, trusted) => format!("{total}, {} by others", total - trusted),
    }
}
