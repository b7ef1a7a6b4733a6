//! The accounts of a source, read side by side and each handed over as soon as it is read.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{Id, JoinError, JoinSet};

use super::plan::hand_over;
use super::rows::{account_row, list_row};
use super::source::{Entered, Open, Source, Which, list_accounts};
use super::{Failure, Found, Outlet};
use crate::model::{Coverage, Outcome};

/// Accounts that are read side by side: enough that the calls of some fill the pauses of others, few enough that
/// memory does not grow with the organization.
const ACCOUNTS_AT_ONCE: usize = 64;

/// Accounts whose event history is read side by side. They have turns of their own: a history of 90 days takes long,
/// and the inventory of other accounts must not wait for it.
const LOOKUPS_AT_ONCE: usize = 64;

/// An account of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) enum Listed {
    /// To be read.
    Active(String),
    /// Suspended, closed or not there yet: nothing is asked of it. With its state.
    Inactive(String, String),
}

/// Reads every account; answers those that were there to be read.
pub(super) async fn read_all<S: Source>(open: &Arc<Open<S>>, outlet: &Outlet) -> BTreeSet<String> {
    let now = open.plan.now;
    let mut reached = BTreeSet::new();
    let (sender, mut listed) = mpsc::channel(ACCOUNTS_AT_ONCE);
    let asking = Arc::clone(open);
    let listing = tokio::spawn(async move { list_accounts(&*asking.plan.source, &asking.hub, &sender).await });
    let turns = Turns::default();
    let mut under_way = UnderWay::default();
    while let Some(account) = listed.recv().await {
        match account {
            Listed::Active(id) => {
                reached.insert(id.clone());
                hand_over(outlet, Found::Accounts(1)).await;
                let turn = turns.take().await;
                let (open, outlet, account) = (Arc::clone(open), outlet.clone(), id.clone());
                under_way.begin(id, async move { read_whole(&*open, &account, turn, &outlet).await });
            }
            Listed::Inactive(id, state) => {
                let row = account_row(S::PROVIDER, &id, Outcome::NotEnabled, state, now);
                hand_over(outlet, Found::Coverage(vec![row])).await;
            }
        }
    }
    let whole = listing.await.unwrap_or_else(|error| Err(Failure::new(Outcome::Error, error.to_string())));
    if open.plan.source.which() == Which::All {
        hand_over(outlet, Found::Coverage(vec![list_row(S::PROVIDER, S::LIST, &whole, now)])).await;
    }
    for id in under_way.end().await {
        let detail = "reading the account broke off, which is a bug of roletrail; please report it".to_owned();
        let row = account_row(S::PROVIDER, &id, Outcome::Error, detail, now);
        hand_over(outlet, Found::Coverage(vec![row])).await;
    }
    reached
}

/// Reads the event history of one account and nothing else of it.
pub(super) async fn read_events<S: Source>(open: &Open<S>, account: &str, outlet: &Outlet) {
    if !open.plan.source.has_events() {
        return;
    }
    match enter(open, account).await {
        Ok(entered) => S::events(&open.plan, &entered, outlet).await,
        Err(row) => hand_over(outlet, Found::Coverage(vec![row])).await,
    }
}

/// Turns of accounts.
struct Turns {
    accounts: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        let [accounts, lookups] = [ACCOUNTS_AT_ONCE, LOOKUPS_AT_ONCE].map(|most| Arc::new(Semaphore::new(most)));
        Self { accounts, lookups }
    }
}

/// The turn of one account: for its inventory, and later for its event history.
struct Turn {
    inventory: OwnedSemaphorePermit,
    lookups: Arc<Semaphore>,
}

impl Turns {
    async fn take(&self) -> Turn {
        let inventory = Arc::clone(&self.accounts).acquire_owned().await.expect("nobody closes this semaphore");
        Turn { inventory, lookups: Arc::clone(&self.lookups) }
    }
}

async fn read_whole<S: Source>(open: &Open<S>, id: &str, turn: Turn, outlet: &Outlet) {
    let entered = match enter(open, id).await {
        Ok(entered) => entered,
        Err(row) => return hand_over(outlet, Found::Coverage(vec![row])).await,
    };
    let Turn { inventory: turn, lookups } = turn;
    let inventory = async {
        let collection = S::inventory(&open.plan, &entered).await;
        hand_over(outlet, Found::Inventory(Box::new(collection))).await;
        drop(turn);
    };
    let events = async {
        if open.plan.source.has_events() {
            let _turn = lookups.acquire().await.expect("nobody closes this semaphore");
            S::events(&open.plan, &entered, outlet).await;
        }
    };
    join(inventory, events).await;
}

async fn enter<S: Source>(open: &Open<S>, id: &str) -> Result<Entered<S>, Coverage> {
    let entered = open.enter(id).await;
    entered.map_err(|failure| account_row(S::PROVIDER, id, failure.outcome, failure.detail, open.plan.now))
}

/// Accounts that are being read.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    accounts: HashMap<Id, String>,
    broken: Vec<String>,
}

impl UnderWay {
    fn begin(&mut self, account: String, work: impl Future<Output = ()> + Send + 'static) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.note(&ended);
        }
        let id = self.tasks.spawn(work).id();
        self.accounts.insert(id, account);
    }

    /// Waits for all; answers the accounts whose reading broke off, so that they are not taken for read.
    async fn end(mut self) -> Vec<String> {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.note(&ended);
        }
        self.broken
    }

    fn note(&mut self, ended: &Result<(Id, ()), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
        let account = self.accounts.remove(&id);
        if ended.is_err() {
            self.broken.extend(account);
        }
    }
}
