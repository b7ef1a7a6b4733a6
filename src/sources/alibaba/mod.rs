//! Alibaba Cloud, live: the inventory of accounts and the events of their trails, through the provider's own APIs.
//!
//! Names and shapes of the wire stay in this folder; what leaves it is plain data and rows of coverage.

#[cfg_attr(not(test), expect(dead_code, reason = "until the collectors ask"))]
mod answer;
pub mod calls;
#[cfg_attr(not(test), expect(dead_code, reason = "until the collectors ask"))]
mod client;
#[cfg_attr(not(test), expect(dead_code, reason = "until the collectors ask"))]
mod credentials;
#[cfg_attr(not(test), expect(dead_code, reason = "until the collectors ask"))]
mod endpoint;
#[cfg_attr(not(test), expect(dead_code, reason = "until the collectors ask"))]
mod failure;
#[cfg_attr(not(test), expect(dead_code, reason = "until the collectors ask"))]
mod oss_signer;
#[cfg_attr(not(test), expect(dead_code, reason = "until the collectors ask"))]
mod session;
#[cfg_attr(not(test), expect(dead_code, reason = "until the collectors ask"))]
mod signer;

pub use session::Session;
