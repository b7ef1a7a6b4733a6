//! Reading one source: its accounts side by side, its buckets beside them.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::{OnceCell, mpsc};

use super::calls::Call;
use super::regions::{self, Regions};
use super::{Failure, Hub, Plan, Reached, Session, deliveries, inventory, lookup_events, organization};
use crate::config::AlibabaAccounts;
use crate::model::{Collection, Provider};
use crate::sources::live::{
    Accounts, Found, Listed, Outlet, account_row, hand_over, list_row, read_all, read_events,
};

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
    let source = Arc::new(Source { plan: plan.clone(), hub: Arc::clone(&hub) });
    let accounts = async {
        if plan.source.accounts == AlibabaAccounts::None {
            // Without inventory the trail is that of the hub's own account.
            read_events(&*source, &hub.account, plan.now, &outlet).await;
            return BTreeSet::new();
        }
        read_all(Arc::clone(&source), plan.now, &outlet).await
    };
    let (accounts, held) = join(accounts, deliveries::read(&plan, &hub, &outlet)).await;
    deliveries::note_silent(&plan, &accounts, held, &outlet).await;
    Some(Reached { hub, accounts })
}

/// Without credentials nothing of the source can be read: what it was to read is unknown.
async fn closed(plan: &Plan, failure: &Failure, outlet: &Outlet) {
    let row = |id: &String| account_row(Provider::Alibaba, id, failure.outcome, failure.detail.clone(), plan.now);
    let mut rows = match &plan.source.accounts {
        AlibabaAccounts::List(ids) => ids.iter().map(row).collect(),
        // Nobody's inventory is missing, and a row about it would never be followed by a better one.
        AlibabaAccounts::None => Vec::new(),
        _ => vec![list_row(Provider::Alibaba, Call::ListAccounts.action(), &Err(failure.clone()), plan.now)],
    };
    rows.extend(deliveries::closed(plan, failure));
    hand_over(outlet, Found::Coverage(rows)).await;
}

/// A source that is open.
struct Source {
    plan: Plan,
    hub: Arc<Hub>,
}

/// An account that was entered. Its Regions are asked for once, by whoever needs them first.
struct Entered {
    session: Session,
    regions: OnceCell<Regions>,
}

impl Accounts for Source {
    type Session = Entered;

    const PROVIDER: Provider = Provider::Alibaba;

    fn list_call(&self) -> Option<&'static str> {
        (self.plan.source.accounts == AlibabaAccounts::ResourceDirectory).then(|| Call::ListAccounts.action())
    }

    async fn list(&self, accounts: &mpsc::Sender<Listed>) -> Result<(), Failure> {
        organization::list(&self.hub, &self.plan.source.accounts, accounts).await
    }

    async fn enter(&self, account: &str) -> Result<Entered, Failure> {
        Ok(Entered { session: self.hub.enter(account).await?, regions: OnceCell::new() })
    }

    async fn inventory(&self, account: &Entered) -> Collection {
        inventory::collect(&self.plan, &account.session, &account.regions).await
    }

    fn has_events(&self) -> bool {
        lookup_events::wanted(&self.plan.source)
    }

    async fn events(&self, account: &Entered, outlet: &Outlet) {
        let regions = account.regions.get_or_init(|| regions::of(&self.plan, &account.session)).await;
        let (expected, trouble) = (&regions.expected, regions.trouble());
        lookup_events::read(&self.plan, &account.session, expected, trouble, outlet).await;
    }
}
