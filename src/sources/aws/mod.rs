//! AWS, live: the inventory of accounts and the events of their trails, through the provider's own SDK.
//!
//! SDK types stay in this folder; what leaves it is plain data and rows of coverage.

mod bucket;
pub mod calls;
mod collect;
mod connections;
mod deliveries;
pub mod doctor;
mod failure;
mod inventory;
mod lookup_events;
mod lookup_plan;
mod organization;
mod paging;
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

use super::live::{Caller, Failure, Scan};
pub use bucket::Below;
pub use collect::{Plan, Reached, collect};
pub use session::{Hub, Session};
pub use tasks::ask_tasks;
