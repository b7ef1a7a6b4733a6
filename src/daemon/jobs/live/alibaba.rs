//! What is live of Alibaba Cloud.

use std::sync::Arc;

use super::Live;
use crate::config::{Alibaba, AlibabaAccounts, AlibabaTrail, Settings};
use crate::model::{DeletionTask, Provider};
use crate::sources::alibaba::{self, Hub};
use crate::sources::live::{Outlet, Patience, Plan, Reached};
use crate::trail::Limits;

impl Live for Alibaba {
    type Hub = Hub;

    const PROVIDER: Provider = Provider::Alibaba;

    fn all(settings: &Settings) -> &[Self] {
        &settings.alibaba
    }

    fn is_live(&self) -> bool {
        let is_live = |trail: &AlibabaTrail| !matches!(trail, AlibabaTrail::Files { .. });
        self.accounts != AlibabaAccounts::None || self.trail.iter().any(is_live)
    }

    fn collect(plan: Plan<Self>, outlet: Outlet) -> impl Future<Output = Option<Reached<Hub>>> + Send + 'static {
        alibaba::collect(plan, outlet)
    }

    /// `ActionTrail` writes no digests.
    async fn check_digests(_: Plan<Self>, _: Arc<Hub>, _: Limits, _: Outlet) {}

    fn ask_tasks(
        hub: Arc<Hub>,
        tasks: Vec<DeletionTask>,
        patience: Patience,
        outlet: Outlet,
    ) -> impl Future<Output = ()> + Send + 'static {
        alibaba::ask_tasks(hub, tasks, patience, outlet)
    }
}
