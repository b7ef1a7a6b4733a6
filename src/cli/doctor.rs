//! `doctor`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use clap::Args;

use super::output::{Column, Format, Output};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::daemon::jobs::{DoctorReport, doctor};
use crate::exports::json::{CheckJson, DoctorJson};
use crate::exports::policies;
use crate::model::{Check, CheckKind, CheckOutcome, Permissions, Provider};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every permission is tried in every account and Region that the configuration needs, by a call that
changes nothing. Nothing is stored, and a daemon may be running. A table shows what does not work;
-v and the other formats show every check.

Outcomes: ok; missing (the provider refuses); failed (no answer, or a wrong one); untested (trying
would change something, or there is nothing to try it on); warning.

Exit codes: 0 everything needed works; 2 something needed is missing or does not work, credentials
included; 3 the configuration is wrong; 4 the history cannot be used.

Examples:
  roletrail doctor --config roletrail.toml
  roletrail doctor -v
  roletrail doctor --format json | jq '.checks[] | select(.outcome == \"missing\")'
  roletrail doctor --format json | jq .grant > missing-permissions.json       for AWS
  roletrail doctor --format json | jq .ram_grant > missing-permissions.json   for Alibaba Cloud")]
pub struct DoctorArgs {}

/// Tries everything and prints what does not work.
///
/// # Errors
/// [`Failure`] for a configuration that cannot be read, and when standard output cannot be written.
pub fn run(boot: &Boot, output: Output, _arguments: &DoctorArgs) -> Result<Exit, Failure> {
    let report = doctor(&boot.doctor()?);
    let grants: BTreeMap<_, _> =
        report.grants.iter().map(|(provider, grant)| (*provider, document(*provider, grant))).collect();
    let parsed = |provider| grants.get(&provider).map(|text: &String| serde_json::from_str(text)).transpose();
    let (grant, ram_grant) = (parsed(Provider::Aws), parsed(Provider::Alibaba));
    let json = DoctorJson::new(report.is_well(), &report.checks);
    let json = json.granting(grant.map_err(io::Error::from)?, ram_grant.map_err(io::Error::from)?);
    match output.format() {
        Format::Json => output.object(&json, String::new)?,
        Format::Ndjson | Format::Csv => output.rows(&json.checks, &[], "")?,
        Format::Table => print(output, &report, boot.verbose(), &grants)?,
    }
    Ok(exit_of(&report, boot))
}

/// What grants something, in the language of the provider.
fn document(provider: Provider, grant: &Permissions) -> String {
    match provider {
        Provider::Aws => policies::json(grant),
        Provider::Alibaba => policies::ram_json(grant),
    }
}

fn exit_of(report: &DoctorReport, boot: &Boot) -> Exit {
    match report {
        _ if boot.stop().is_requested() => Exit::Interrupted,
        _ if report.has_trouble_with(CheckKind::Config) => Exit::Usage,
        _ if report.has_trouble_with(CheckKind::Database) => Exit::Store,
        _ if report.is_well() => Exit::Done,
        _ => Exit::Incomplete,
    }
}

/// The answer in a sentence, then what does not work, then what would grant it.
fn print(
    output: Output,
    report: &DoctorReport,
    everything: bool,
    grants: &BTreeMap<Provider, String>,
) -> io::Result<()> {
    output.sentence(&answer(&report.checks))?;
    let shown = |check: &&Check| everything || !matches!(check.outcome, CheckOutcome::Ok | CheckOutcome::Untested);
    let rows: Vec<CheckJson> = report.checks.iter().filter(shown).map(Into::into).collect();
    if !rows.is_empty() {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let columns = [
            Column { title: "outcome", cell: &outcome },
            Column { title: "check", cell: &|row: &CheckJson| row.check.to_string() },
            Column { title: "account", cell: &|row: &CheckJson| text(&row.account) },
            Column { title: "region", cell: &|row: &CheckJson| text(&row.region) },
            Column { title: "action", cell: &|row: &CheckJson| text(&row.action) },
            Column { title: "detail", cell: &|row: &CheckJson| row.detail.clone() },
        ];
        output.sentence("")?;
        output.rows(&rows, &columns, "")?;
    }
    for (provider, grant) in grants {
        output.sentence(&format!(
            "\nThis policy grants what is missing; `roletrail policy {provider}` prints all that is needed:"
        ))?;
        output.sentence(grant.trim_end())?;
    }
    Ok(())
}

fn outcome(row: &CheckJson) -> String {
    let optional = row.outcome.is_bad() && !row.needed;
    if optional { format!("{} (optional)", row.outcome) } else { row.outcome.to_string() }
}

/// The answer in one sentence.
fn answer(checks: &[Check]) -> String {
    let permissions: Vec<_> = checks.iter().filter(|check| check.kind == CheckKind::Permission).collect();
    let rest = checks.iter().filter(|check| check.kind != CheckKind::Permission && check.is_trouble()).count();
    let mut sentence = if permissions.is_empty() {
        "No live source is configured: there is no permission to try.".to_owned()
    } else {
        of_permissions(&permissions)
    };
    if 0 < rest {
        sentence += &format!(" {} other than permissions.", counted(rest, "check fails", "checks fail"));
    }
    sentence
}

fn of_permissions(permissions: &[&Check]) -> String {
    let count = |outcome| permissions.iter().filter(|check| check.outcome == outcome).count();
    let (missing, failed) = (count(CheckOutcome::Missing), count(CheckOutcome::Failed));
    let untested = count(CheckOutcome::Untested);
    let tried = permissions.len() - untested;
    let mut sentence = if tried == 0 {
        String::new()
    } else if missing + failed == 0 {
        let accounts: BTreeSet<_> = permissions.iter().filter_map(|check| check.account.as_deref()).collect();
        let regions: BTreeSet<_> = permissions.iter().filter_map(|check| check.region.as_deref()).collect();
        let places = format!(
            "{} and {}",
            counted(accounts.len(), "account", "accounts"),
            counted(regions.len(), "Region", "Regions")
        );
        format!("All {} work in {places}.", counted(tried, "permission", "permissions"))
    } else {
        let verb = if missing == 1 { "is" } else { "are" };
        let parts = [
            (missing, format!("{missing} of {tried} permissions {verb} missing")),
            (failed, format!("{failed} of {tried} gave no proper answer")),
        ];
        let parts: Vec<_> = parts.into_iter().filter(|(number, _)| 0 < *number).map(|(_, part)| part).collect();
        format!("{}.", parts.join("; "))
    };
    if 0 < untested {
        let word = counted(untested, "permission was", "permissions were");
        sentence += &format!("{}{word} not tried (-v tells why).", if sentence.is_empty() { "" } else { " " });
    }
    sentence
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(outcome: CheckOutcome, account: &str, region: Option<&str>) -> Check {
        Check {
            account: Some(account.to_owned()),
            region: region.map(str::to_owned),
            ..Check::new(CheckKind::Permission, outcome, "")
        }
    }

    #[test]
    fn the_answer_is_one_sentence() {
        let ok = || permission(CheckOutcome::Ok, "1", Some("eu-west-1"));
        let other = || permission(CheckOutcome::Ok, "2", None);
        let missing = || permission(CheckOutcome::Missing, "2", None);
        let failed = || permission(CheckOutcome::Failed, "2", None);
        let untested = || permission(CheckOutcome::Untested, "2", None);
        for (checks, said) in [
            (vec![], "No live source is configured: there is no permission to try."),
            (vec![ok(), other()], "All 2 permissions work in 2 accounts and 1 Region."),
            (vec![ok(), missing()], "1 of 2 permissions is missing."),
            (vec![ok(), missing(), failed()], "1 of 3 permissions is missing; 1 of 3 gave no proper answer."),
            (
                vec![ok(), untested()],
                "All 1 permission work in 2 accounts and 1 Region. 1 permission was not tried (-v tells why).",
            ),
            (
                vec![untested(), Check::new(CheckKind::Credentials, CheckOutcome::Failed, "")],
                "1 permission was not tried (-v tells why). 1 check fails other than permissions.",
            ),
        ] {
            assert_eq!(answer(&checks), said);
        }
    }
}
