//! `roles`, `stores` and `tasks`.

use clap::Args;

use super::output::{Column, Output};
use super::time::{minute, optional_moment};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::json::{RoleJson, StoreJson, TaskJson};
use crate::model::Provider;
use crate::store::HistoryFilter;

/// Arguments of the history commands.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail roles                              every known state
  roletrail roles --at 2026-09-30T23:59:59Z    what it was at the end of a period
  roletrail stores --account 111122223333 --since 7d")]
pub struct HistoryArgs {
    /// Only this provider
    #[arg(long)]
    provider: Option<Provider>,
    /// Only this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only this profile
    #[arg(long, value_name = "ID")]
    profile: Option<String>,
    /// What held at that time
    #[arg(long, value_name = "TIME", conflicts_with_all = ["since", "until"])]
    at: Option<String>,
    /// What held at or after that time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// What held before that time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

impl HistoryArgs {
    /// The filter that the arguments ask for.
    ///
    /// # Errors
    /// A usage error for a time that is none.
    pub fn filter(&self, boot: &Boot) -> Result<HistoryFilter, Failure> {
        let now = boot.now();
        Ok(HistoryFilter {
            provider: self.provider,
            account: self.account.clone(),
            profile: self.profile.clone(),
            at: optional_moment("--at", self.at.as_deref(), now)?,
            since: optional_moment("--since", self.since.as_deref(), now)?,
            until: optional_moment("--until", self.until.as_deref(), now)?,
            limit: self.limit,
            ..HistoryFilter::default()
        })
    }
}

/// Prints role states.
///
/// # Errors
/// [`Failure`] when the history cannot be read.
pub fn roles(boot: &Boot, output: Output, arguments: &HistoryArgs) -> Result<Exit, Failure> {
    let filter = arguments.filter(boot)?;
    let rows: Vec<RoleJson> = boot.store_for_reading()?.roles(&filter)?.iter().map(Into::into).collect();
    let columns = [
        Column { title: "account", cell: &|row: &RoleJson| format!("{}/{}", row.provider, row.account) },
        Column { title: "profile", cell: &|row: &RoleJson| row.profile.clone() },
        Column { title: "role", cell: &|row: &RoleJson| if row.present { "present" } else { "absent" }.to_owned() },
        Column { title: "role id", cell: &|row: &RoleJson| row.role_id.clone().unwrap_or_default() },
        Column {
            title: "last used",
            cell: &|row: &RoleJson| row.last_used.as_deref().map(minute).unwrap_or_default(),
        },
        Column { title: "from", cell: &|row: &RoleJson| minute(&row.valid_from) },
        Column {
            title: "to",
            cell: &|row: &RoleJson| row.valid_to.as_deref().map_or_else(|| "now".to_owned(), minute),
        },
    ];
    output.rows(&rows, &columns, NO_INVENTORY)?;
    Ok(Exit::Done)
}

/// Prints store states.
///
/// # Errors
/// [`Failure`] when the history cannot be read.
pub fn stores(boot: &Boot, output: Output, arguments: &HistoryArgs) -> Result<Exit, Failure> {
    let mut filter = arguments.filter(boot)?;
    let context = boot.reading_jobs()?;
    filter.kind = filter.profile.as_deref().map(|profile| context.profiles.store_kind(profile).to_owned());
    let rows: Vec<StoreJson> = context.store.stores(&filter)?.iter().map(Into::into).collect();
    let columns = [
        Column { title: "account", cell: &|row: &StoreJson| format!("{}/{}", row.provider, row.account) },
        Column { title: "region", cell: &|row: &StoreJson| row.region.clone() },
        Column { title: "store", cell: &|row: &StoreJson| row.store.clone() },
        Column { title: "name", cell: &|row: &StoreJson| row.name.clone().unwrap_or_default() },
        Column { title: "type", cell: &|row: &StoreJson| row.store_type.clone().unwrap_or_default() },
        Column { title: "state", cell: &store_state },
        Column { title: "from", cell: &|row: &StoreJson| minute(&row.valid_from) },
        Column {
            title: "to",
            cell: &|row: &StoreJson| row.valid_to.as_deref().map_or_else(|| "now".to_owned(), minute),
        },
    ];
    output.rows(&rows, &columns, NO_INVENTORY)?;
    Ok(Exit::Done)
}

/// Prints deletion tasks.
///
/// # Errors
/// [`Failure`] when the history cannot be read.
pub fn tasks(boot: &Boot, output: Output, arguments: &HistoryArgs) -> Result<Exit, Failure> {
    let filter = arguments.filter(boot)?;
    let rows: Vec<TaskJson> = boot.store_for_reading()?.tasks(&filter)?.iter().map(Into::into).collect();
    let columns = [
        Column { title: "account", cell: &|row: &TaskJson| format!("{}/{}", row.provider, row.account) },
        Column { title: "profile", cell: &|row: &TaskJson| row.profile.clone() },
        Column { title: "status", cell: &|row: &TaskJson| row.status.as_str().to_owned() },
        Column { title: "submitted", cell: &|row: &TaskJson| minute(&row.submitted_at) },
        Column { title: "by", cell: &|row: &TaskJson| row.submitted_by.clone().unwrap_or_default() },
        Column { title: "reason", cell: &|row: &TaskJson| row.reason.clone().unwrap_or_default() },
    ];
    output.rows(&rows, &columns, "no deletion of a watched role was asked for, as far as the history knows")?;
    Ok(Exit::Done)
}

const NO_INVENTORY: &str =
    "no inventory is known for this; `roletrail scan` with a [[snapshot]] brings it (the trail alone has none)";

fn store_state(row: &StoreJson) -> String {
    match &row.error_code {
        Some(code) => format!("{} ({code})", row.state),
        None => row.state.to_string(),
    }
}
