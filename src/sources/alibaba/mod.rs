//! Alibaba Cloud, live: the inventory of accounts and the events of their trails, through the provider's own APIs.
//!
//! Names and shapes of the wire stay in this folder; what leaves it is plain data and rows of coverage.

pub mod calls;
#[allow(dead_code, unused_imports, reason = "the hub that asks with these credentials comes with the collection")]
mod credentials;
