//! What live sources have in common: how a provider is asked, and how what is found is handed over.

mod accounts;
pub(super) mod bucket;
mod caller;
pub mod doctor;
mod failure;
mod fetched;
mod found;
mod limits;
pub(super) mod lookup;
mod paging;
mod permissions;
mod plan;
mod regions;
mod room;
mod rows;
mod source;
mod steady;
mod tasks;

pub(super) use accounts::Listed;
pub use caller::{CallCounts, Caller, Scan};
pub use failure::Failure;
pub(super) use failure::{Again, chain, one_line};
pub use fetched::{Content, FetchedObject, Kept, ObjectName};
pub use found::{Found, History, Lookup, LookupHistory, LookupPage, MOST_WAITING, Outlet, Patience};
pub use limits::{AccountLimits, Api, Limits, Rate};
pub(super) use paging::{Pages, after, marker_of};
pub use permissions::Scope;
pub(super) use permissions::{Grant, MEMBER_ROLE, Needs, Permitted};
pub(super) use plan::hand_over;
pub use plan::{Plan, Reached};
pub(super) use regions::Regions;
use source::list_accounts;
pub(super) use source::{Entered, Hub, Source, Which, collect};
pub(super) use tasks::{Deletions, ask_tasks, forgotten};
