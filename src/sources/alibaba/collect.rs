//! What reading a source takes of Alibaba Cloud.

use tokio::sync::mpsc;

use super::calls::Call;
use super::oss::Bucket;
use super::{Failure, Hub, Plan, Reached, Session, deliveries, inventory, lookup_events, organization, regions};
use crate::config::{self, Alibaba, AlibabaAccounts};
use crate::model::{Collection, Coverage};
use crate::sources::live::bucket::Reading;
use crate::sources::live::{self, Entered, Listed, Outlet, Regions, Source, Which};

/// Reads a source to its end and hands over what it finds; what could not be read is among it. Answers `None` where
/// the source could not be opened.
pub async fn collect(plan: Plan, outlet: Outlet) -> Option<Reached> {
    live::collect(plan, outlet).await
}

impl Source for Alibaba {
    type Call = Call;
    type Hub = Hub;
    type Session = Session;
    type Bucket = Bucket;

    const LIST: Call = Call::ListAccounts;

    fn which(&self) -> Which<'_> {
        match &self.accounts {
            AlibabaAccounts::None => Which::None,
            AlibabaAccounts::Own => Which::Own,
            AlibabaAccounts::List(ids) => Which::Listed(ids),
            AlibabaAccounts::ResourceDirectory => Which::All,
        }
    }

    fn regions(&self) -> &config::Regions {
        &self.regions
    }

    async fn list(hub: &Hub, accounts: &mpsc::Sender<Listed>) -> Result<(), Failure> {
        organization::list(hub, accounts).await
    }

    async fn every_region(session: &Session) -> Regions {
        regions::every(session).await
    }

    async fn inventory(plan: &Plan, account: &Entered<Self>) -> Collection {
        inventory::collect(plan, account).await
    }

    fn has_events(&self) -> bool {
        lookup_events::wanted(self)
    }

    async fn events(plan: &Plan, account: &Entered<Self>, outlet: &Outlet) {
        let regions = account.regions(plan).await;
        lookup_events::read(plan, &account.session, regions, outlet).await;
    }

    async fn deliveries(plan: &Plan, hub: &Hub, outlet: &Outlet) -> Vec<Reading> {
        deliveries::read(plan, hub, outlet).await
    }

    fn no_deliveries(plan: &Plan, failure: &Failure) -> Vec<Coverage> {
        deliveries::closed(plan, failure)
    }
}
