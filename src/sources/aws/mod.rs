//! AWS, live: the inventory of accounts and the events of their trails, through the provider's own SDK.
//!
//! SDK types stay in this folder; what leaves it is plain data and rows of coverage.

pub mod calls;
pub mod permissions;
