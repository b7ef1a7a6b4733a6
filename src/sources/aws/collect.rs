//! Reading one source: its accounts side by side, each handed over as soon as it is read.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::future::join;
use jiff::Timestamp;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{Id, JoinError, JoinSet};

use super::organization::{self, Listed, account_row, list_row};
use super::regions::{self, Regions};
use super::{Failure, Hub, Scan, Session, deliveries, inventory, lookup_events};
use crate::config::{Aws, AwsAccounts};
use crate::model::{Coverage, Outcome};
use crate::profiles::Profiles;
use crate::sources::live::{Found, History, Outlet};

/// Accounts that are read side by side: enough that the calls of some fill the pauses of others, few enough that
/// memory does not grow with the organization.
const ACCOUNTS_AT_ONCE: usize = 64;

/// Accounts whose event history is read side by side. They have turns of their own: a history of 90 days takes long,
/// and the inventory of other accounts must not wait for it.
const LOOKUPS_AT_ONCE: usize = 64;

/// Everything that reading a source takes.
#[derive(Clone)]
pub struct Plan {
    /// The source.
    pub source: Arc<Aws>,
    /// The profiles.
    pub profiles: Arc<Profiles>,
    /// What earlier runs know.
    pub history: Arc<dyn History>,
    /// Limits, deadline and counts.
    pub scan: Arc<Scan>,
    /// The time of the observation.
    pub now: Timestamp,
}

/// How far a source reaches: whoever asks for more of the same accounts begins here.
#[derive(Debug)]
pub struct Reached {
    /// The account from which the others are entered.
    pub hub: Arc<Hub>,
    /// The accounts that are there to be read.
    pub accounts: BTreeSet<String>,
}

/// Reads a source to its end and hands over what it finds; what could not be read is among it. Answers `None` where
/// the source could not be opened.
pub async fn collect(plan: Plan, outlet: Outlet) -> Option<Reached> {
    let hub = match Hub::open(&plan.source, Arc::clone(&plan.scan)).await {
        Ok(hub) => Arc::new(hub),
        Err(failure) => {
            closed(&plan, &failure, &outlet).await;
            return None;
        }
    };
    let accounts = async {
        if plan.source.accounts == AwsAccounts::None {
            own_events(&plan, &hub, &outlet).await;
            return BTreeSet::new();
        }
        inventories(&plan, &hub, &outlet).await
    };
    let (accounts, held) = join(accounts, deliveries::read(&plan, &hub, &outlet)).await;
    deliveries::note_silent(&plan, &accounts, held, &outlet).await;
    Some(Reached { hub, accounts })
}

/// Without inventory the trail is that of the hub's own account.
async fn own_events(plan: &Plan, hub: &Hub, outlet: &Outlet) {
    if lookup_events::wanted(&plan.source).is_none() {
        return;
    }
    match enter(plan, hub, &hub.account).await {
        Ok(session) => events(plan, &session, &OnceCell::new(), &Semaphore::new(1), outlet).await,
        Err(row) => hand_over(outlet, Found::Coverage(vec![row])).await,
    }
}

/// Without credentials nothing of the source can be read: what it was to read is unknown.
async fn closed(plan: &Plan, failure: &Failure, outlet: &Outlet) {
    let mut rows = match &plan.source.accounts {
        AwsAccounts::List(ids) => {
            ids.iter().map(|id| account_row(id, failure.outcome, failure.detail.clone(), plan.now)).collect()
        }
        // Nobody's inventory is missing, and a row about it would never be followed by a better one.
        AwsAccounts::None => Vec::new(),
        _ => vec![list_row(&Err(failure.clone()), plan.now)],
    };
    rows.extend(deliveries::closed(plan, failure));
    hand_over(outlet, Found::Coverage(rows)).await;
}

/// Hands something over; where nobody takes it any more, the run has failed and says so itself.
pub(super) async fn hand_over(outlet: &Outlet, found: Found) {
    if outlet.send(found).await.is_err() {
        tracing::debug!("nobody takes what is found any more");
    }
}

async fn inventories(plan: &Plan, hub: &Arc<Hub>, outlet: &Outlet) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let (sender, mut listed) = mpsc::channel(ACCOUNTS_AT_ONCE);
    let (asking, accounts) = (Arc::clone(hub), plan.source.accounts.clone());
    let listing = tokio::spawn(async move { organization::list(&asking, &accounts, &sender).await });
    let at_once = Arc::new(Semaphore::new(ACCOUNTS_AT_ONCE));
    let lookups = Arc::new(Semaphore::new(LOOKUPS_AT_ONCE));
    let mut under_way = UnderWay::default();
    while let Some(account) = listed.recv().await {
        match account {
            Listed::Active(id) => {
                reached.insert(id.clone());
                hand_over(outlet, Found::Accounts(1)).await;
                let turn = Arc::clone(&at_once).acquire_owned().await.expect("nobody closes this semaphore");
                let (plan, hub, outlet, account) = (plan.clone(), Arc::clone(hub), outlet.clone(), id.clone());
                let lookups = Arc::clone(&lookups);
                under_way.begin(id, async move {
                    account_whole(&plan, &hub, &account, (turn, &lookups), &outlet).await;
                });
            }
            Listed::Inactive(id, state) => {
                let row = account_row(&id, Outcome::NotEnabled, state, plan.now);
                hand_over(outlet, Found::Coverage(vec![row])).await;
            }
        }
    }
    let whole = listing.await.unwrap_or_else(|error| Err(Failure::new(Outcome::Error, error.to_string())));
    if plan.source.accounts == AwsAccounts::Organization {
        hand_over(outlet, Found::Coverage(vec![list_row(&whole, plan.now)])).await;
    }
    for id in under_way.end().await {
        let detail = "reading the account broke off, which is a bug of roletrail; please report it".to_owned();
        hand_over(outlet, Found::Coverage(vec![account_row(&id, Outcome::Error, detail, plan.now)])).await;
    }
    reached
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

async fn account_whole(
    plan: &Plan,
    hub: &Hub,
    id: &str,
    (turn, lookups): (OwnedSemaphorePermit, &Semaphore),
    outlet: &Outlet,
) {
    let session = match enter(plan, hub, id).await {
        Ok(session) => session,
        Err(row) => return hand_over(outlet, Found::Coverage(vec![row])).await,
    };
    let regions = OnceCell::new();
    let inventory = async {
        let collection = inventory::collect(plan, &session, &regions).await;
        hand_over(outlet, Found::Inventory(Box::new(collection))).await;
        drop(turn);
    };
    join(inventory, events(plan, &session, &regions, lookups, outlet)).await;
}

/// Reads the event history of an account, where the source has one.
async fn events(plan: &Plan, session: &Session, regions: &OnceCell<Regions>, turns: &Semaphore, outlet: &Outlet) {
    let Some(denied) = lookup_events::wanted(&plan.source) else { return };
    let _turn = turns.acquire().await.expect("nobody closes this semaphore");
    let regions = regions.get_or_init(|| regions::of(plan, session)).await;
    lookup_events::read(plan, session, regions, denied, outlet).await;
}

async fn enter(plan: &Plan, hub: &Hub, id: &str) -> Result<Session, Coverage> {
    hub.enter(id).await.map_err(|failure| account_row(id, failure.outcome, failure.detail, plan.now))
}
