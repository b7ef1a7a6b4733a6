//! What live sources have in common: how a provider is asked, and how what is found is handed over.

mod caller;
mod failure;
mod fetched;
mod found;
mod limits;
mod room;

pub use caller::{CallCounts, Caller, Scan};
pub use failure::Failure;
pub(super) use failure::{Again, chain, one_line};
pub use fetched::{Content, FetchedObject, Kept, ObjectName};
pub use found::{Found, History, Lookup, LookupHistory, LookupPage, MOST_WAITING, Outlet, Patience};
pub use limits::{AccountLimits, Api, Limits, Rate};
