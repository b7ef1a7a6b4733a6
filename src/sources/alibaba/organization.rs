//! The accounts of a resource directory.

use std::num::NonZeroUsize;

use serde::Deserialize;
use tokio::sync::mpsc;

use super::calls::Call;
use super::pages::{Next, Numbered};
use super::regions::HOME;
use super::{Failure, Hub, answer};
use crate::sources::live::Listed;

/// Pages of the list of accounts that are read at most.
const MOST_PAGES: NonZeroUsize = NonZeroUsize::new(5_000).expect("not zero");

/// Accounts to a page: the most that `ListAccounts` gives.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(deserialize_with = "answer::list")]
    accounts: Vec<Account>,
    #[serde(deserialize_with = "answer::count")]
    total_count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    #[serde(deserialize_with = "answer::text")]
    account_id: String,
    #[serde(default, deserialize_with = "answer::optional_text")]
    status: Option<String>,
}

/// Hands over the members of the resource directory, page by page, and the hub itself: whether the management account
/// is in its own list is not documented.
///
/// # Errors
/// [`Failure`] when the list could not be read to its end: accounts may be missing.
pub(super) async fn list(hub: &Hub, outlet: &mpsc::Sender<Listed>) -> Result<(), Failure> {
    if outlet.send(Listed::Active(hub.account.clone())).await.is_err() {
        return Ok(());
    }
    let mut pages = Numbered::of("the list of accounts", MOST_PAGES);
    loop {
        let parameters = [("PageNumber", pages.number()), ("PageSize", PAGE.to_string())];
        let page: Page = hub.own().ask(Call::ListAccounts, HOME, &parameters).await?;
        let next = pages.go_on(page.accounts.len(), page.total_count)?;
        for account in page.accounts.into_iter().filter(|account| account.account_id != hub.account) {
            if outlet.send(account.listed()).await.is_err() {
                return Ok(());
            }
        }
        if next == Next::End {
            return Ok(());
        }
    }
}

impl Account {
    /// An account whose promotion is under way, or came to nothing, is there all the same (Resource Management API,
    /// `ListAccounts`).
    fn listed(self) -> Listed {
        let is_there =
            |status: &str| matches!(status, "CreateSuccess" | "InviteSuccess") || status.starts_with("Promote");
        match self.status {
            Some(status) if is_there(&status) => Listed::Active(self.account_id),
            status => Listed::Inactive(self.account_id, status.unwrap_or_else(|| "no status told".to_owned())),
        }
    }
}
