//! Alibaba Cloud, live: the inventory of accounts and the events of their trails, through the provider's own APIs.
//!
//! Names and shapes of the wire stay in this folder; what leaves it is plain data and rows of coverage.

#![expect(clippy::struct_field_names, reason = "fields of answers have the names that the provider gives them")]

mod answer;
pub mod calls;
mod client;
mod clusters;
mod collect;
mod credentials;
mod deliveries;
pub mod doctor;
mod endpoint;
mod failure;
mod hub;
pub(super) mod instance;
mod inventory;
mod lookup_events;
mod lookup_plan;
mod lookup_regions;
mod organization;
mod oss;
mod oss_signer;
mod pages;
pub mod permissions;
mod policies;
pub(super) mod ram;
mod regions;
mod roles;
mod security_tokens;
mod session;
mod signer;
mod stores;
mod tasks;
pub(super) mod trails;

use std::sync::Arc;

use super::live::{self, Failure, Outlet, Patience};
use crate::config::Alibaba;
use crate::model::DeletionTask;
pub use collect::collect;
pub use hub::Hub;
pub use oss::Below;
pub use session::Session;

/// Everything that reading a source takes.
pub type Plan = live::Plan<Alibaba>;

/// How far a source reaches.
pub type Reached = live::Reached<Hub>;

/// Asks how deletions stand, each in its account, and hands the answers over.
pub async fn ask_tasks(hub: Arc<Hub>, tasks: Vec<DeletionTask>, patience: Patience, outlet: Outlet) {
    live::ask_tasks(hub, tasks, patience, outlet).await;
}
