//! What is live of AWS.

use std::sync::Arc;

use super::Live;
use crate::config::{Aws, AwsAccounts, AwsTrail, Settings};
use crate::model::{DeletionTask, Provider};
use crate::sources::aws::{self, Hub};
use crate::sources::live::{Outlet, Patience, Plan, Reached};
use crate::trail::Limits;

impl Live for Aws {
    type Hub = Hub;

    const PROVIDER: Provider = Provider::Aws;

    fn all(settings: &Settings) -> &[Self] {
        &settings.aws
    }

    fn is_live(&self) -> bool {
        self.accounts != AwsAccounts::None || self.trail.iter().any(|trail| !matches!(trail, AwsTrail::Files { .. }))
    }

    fn collect(plan: Plan<Self>, outlet: Outlet) -> impl Future<Output = Option<Reached<Hub>>> + Send + 'static {
        aws::collect(plan, outlet)
    }

    fn check_digests(
        plan: Plan<Self>,
        hub: Arc<Hub>,
        limits: Limits,
        outlet: Outlet,
    ) -> impl Future<Output = ()> + Send + 'static {
        aws::check_digests(plan, hub, limits, outlet)
    }

    fn ask_tasks(
        hub: Arc<Hub>,
        tasks: Vec<DeletionTask>,
        patience: Patience,
        outlet: Outlet,
    ) -> impl Future<Output = ()> + Send + 'static {
        aws::ask_tasks(hub, tasks, patience, outlet)
    }
}
