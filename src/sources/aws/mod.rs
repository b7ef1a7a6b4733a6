//! AWS, live: the inventory of accounts and the events of their trails, through the provider's own SDK.
//!
//! SDK types stay in this folder; what leaves it is plain data and rows of coverage.

mod caller;
pub mod calls;
mod collect;
mod failure;
mod found;
mod inventory;
mod limits;
mod lookup_events;
mod lookup_plan;
mod organization;
mod partition;
mod policies;
mod regions;
mod roles;
mod session;
mod stores;

pub use caller::{CallCounts, Caller, Scan};
pub use collect::{Plan, collect};
pub use failure::Failure;
pub use found::{Found, History, Lookup, LookupHistory, LookupPage, MOST_WAITING, Outlet};
pub use limits::Limits;
pub use partition::Partition;
pub use session::{Hub, Session};
