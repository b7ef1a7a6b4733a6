//! The accounts of an organization.

use tokio::sync::mpsc;

use super::calls::Call;
use super::{Failure, Hub};
use crate::sources::live::{Listed, Pages};

/// Pages of the list of accounts that are read at most: an organization of 10,000 accounts has 500.
const MOST_PAGES: usize = 5_000;

/// Hands over every account of the organization, page by page.
///
/// # Errors
/// [`Failure`] when the list could not be read to its end: accounts may be missing.
pub(super) async fn list(hub: &Hub, outlet: &mpsc::Sender<Listed>) -> Result<(), Failure> {
    let session = hub.own();
    let (client, region) = (session.organizations(), hub.own().global_region());
    let mut pages = Pages::of("the list of accounts", MOST_PAGES);
    loop {
        let ask = || client.list_accounts().set_next_token(pages.token()).send();
        let page = session.caller.call(Call::ListAccounts, region, ask).await?;
        let Some(accounts) = page.accounts else {
            return Err(Failure::protocol("an answer without a list of accounts"));
        };
        for account in accounts {
            let Some(id) = account.id else { return Err(Failure::protocol("an account without an id")) };
            // `Status` is retired since September 2026; older stand-ins know nothing else.
            let word = account.state.map(|state| state.as_str().to_owned());
            let state = word.or_else(|| account.status.map(|status| status.as_str().to_owned()));
            let listed = match state.as_deref() {
                Some("ACTIVE") => Listed::Active(id),
                state => Listed::Inactive(id, state.unwrap_or("no state told").to_owned()),
            };
            if outlet.send(listed).await.is_err() {
                return Ok(());
            }
        }
        if !pages.go_on(page.next_token)? {
            return Ok(());
        }
    }
}
