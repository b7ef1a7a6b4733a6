//! AWS, live: the inventory of accounts and the events of their trails, through the provider's own SDK.
//!
//! SDK types stay in this folder; what leaves it is plain data and rows of coverage.

mod bucket;
mod caller;
pub mod calls;
mod collect;
mod connections;
mod deliveries;
pub mod doctor;
mod failure;
mod fetched;
mod found;
mod inventory;
mod limits;
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

pub use bucket::Below;
pub use caller::{CallCounts, Caller, Scan};
pub use collect::{Plan, Reached, collect};
pub use failure::Failure;
pub use fetched::{Content, FetchedObject, Kept, ObjectName};
pub use found::{Found, History, Lookup, LookupHistory, LookupPage, MOST_WAITING, Outlet};
pub use limits::Limits;
pub use session::{Hub, Session};
pub use tasks::{Patience, ask_tasks};
