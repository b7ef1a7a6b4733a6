//! AWS, live: the inventory of accounts and the events of their trails, through the provider's own SDK.
//!
//! SDK types stay in this folder; what leaves it is plain data and rows of coverage.

mod bucket;
pub mod calls;
mod collect;
mod connections;
mod deliveries;
mod digest_checks;
mod digests;
pub mod doctor;
mod failure;
mod inventory;
mod lookup_events;
mod lookup_plan;
mod organization;
mod partition;
pub mod permissions;
mod policies;
mod queue;
mod regions;
mod roles;
mod session;
mod stores;
mod tasks;
mod trails;

use std::sync::Arc;

use super::live::{self, Caller, Failure, Outlet, Patience, Scan};
use crate::config::Aws;
use crate::model::DeletionTask;
pub use bucket::Below;
pub use collect::collect;
pub use digest_checks::check_digests;
pub use digests::{DigestBucket, DigestScope, PublicKeys};
pub use session::{Hub, Session};

/// Everything that reading a source takes.
pub type Plan = live::Plan<Aws>;

/// How far a source reaches.
pub type Reached = live::Reached<Hub>;

/// Asks how deletions stand, each in its account, and hands the answers over.
pub async fn ask_tasks(hub: Arc<Hub>, tasks: Vec<DeletionTask>, patience: Patience, outlet: Outlet) {
    live::ask_tasks(hub, tasks, patience, outlet).await;
}
