//! What reading a source takes of AWS.

use tokio::sync::mpsc;

use super::bucket::Bucket;
use super::calls::Call;
use super::{Failure, Hub, Plan, Reached, Session, deliveries, inventory, lookup_events, organization, regions};
use crate::config::{self, Aws, AwsAccounts};
use crate::model::{Collection, Coverage};
use crate::sources::live::bucket::Reading;
use crate::sources::live::{self, Entered, Listed, Outlet, Regions, Source, Which};

/// Reads a source to its end and hands over what it finds; what could not be read is among it. Answers `None` where
/// the source could not be opened.
pub async fn collect(plan: Plan, outlet: Outlet) -> Option<Reached> {
    live::collect(plan, outlet).await
}

impl Source for Aws {
    type Call = Call;
    type Hub = Hub;
    type Session = Session;
    type Bucket = Bucket;

    const LIST: Call = Call::ListAccounts;

    fn which(&self) -> Which<'_> {
        match &self.accounts {
            AwsAccounts::None => Which::None,
            AwsAccounts::Own => Which::Own,
            AwsAccounts::List(ids) => Which::Listed(ids),
            AwsAccounts::Organization => Which::All,
        }
    }

    fn regions(&self) -> &config::Regions {
        &self.regions
    }

    async fn list(hub: &Hub, accounts: &mpsc::Sender<Listed>) -> Result<(), Failure> {
        organization::list(hub, accounts).await
    }

    async fn every_region(session: &Session) -> Regions {
        regions::enabled(session).await
    }

    async fn inventory(plan: &Plan, account: &Entered<Self>) -> Collection {
        inventory::collect(plan, account).await
    }

    fn has_events(&self) -> bool {
        lookup_events::wanted(self).is_some()
    }

    async fn events(plan: &Plan, account: &Entered<Self>, outlet: &Outlet) {
        let Some(denied) = lookup_events::wanted(&plan.source) else { return };
        let regions = account.regions(plan).await;
        lookup_events::read(plan, &account.session, regions, denied, outlet).await;
    }

    async fn deliveries(plan: &Plan, hub: &Hub, outlet: &Outlet) -> Vec<Reading> {
        deliveries::read(plan, hub, outlet).await
    }

    fn no_deliveries(plan: &Plan, failure: &Failure) -> Vec<Coverage> {
        deliveries::closed(plan, failure)
    }
}
